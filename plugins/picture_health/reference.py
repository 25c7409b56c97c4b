"""The reference: what a camera is meant to show, kept in a file, following the light but never a shift."""

import logging
from collections import deque
from pathlib import Path
from zipfile import BadZipFile

import numpy as np

from plugins.picture_health.measures import SIZE, Detail, Map, agreement, displacement

log = logging.getLogger(__name__)
FOLLOW = 0.01
"""How much of a picture that fits goes into the reference."""
COMPARE_EVERY = 30
SURE = 0.2
"""From what response on a displacement is believed; between unlike pictures it stays below."""


class Reference:
    """The median edges of the pictures learnt from, and how well, how sharp and how rich in contrast they were.

    The `anchor` is the edges as first learnt: a camera that turns so slowly that the reference follows it is told
    by the two growing apart.
    """

    def __init__(self, file: Path, learn: int) -> None:
        self.file = file
        self.samples: deque[Detail] = deque(maxlen=learn)
        self.edges: Map | None = None
        self.anchor: Map | None = None
        self.usual = self.contrast = self.sharpness = self.strayed = 0.0
        self.followed = 0
        try:
            with np.load(file) as saved:
                self.restore(saved["edges"], saved["anchor"], *(float(value) for value in saved["figures"]))
        except FileNotFoundError:
            return
        except (OSError, ValueError, KeyError, TypeError, BadZipFile) as error:
            log.warning("%s: %s; the reference is learnt anew", file.name, error)
            self.forget()

    def restore(self, edges: Map, anchor: Map, usual: float, contrast: float, sharpness: float) -> None:
        """Take in what was saved; raises `ValueError` where it is of another shape."""
        if edges.shape != SIZE[::-1] or anchor.shape != edges.shape or not np.isfinite(edges).all():
            raise ValueError("not edges of a picture")
        self.edges, self.anchor = edges.astype(np.float32), anchor.astype(np.float32)
        self.usual, self.contrast, self.sharpness = usual, contrast, sharpness

    def forget(self) -> None:
        """Begin to learn anew."""
        self.edges = self.anchor = None
        self.strayed = 0.0
        self.samples.clear()
        self.file.unlink(missing_ok=True)

    def learn(self, detail: Detail, fit: float) -> None:
        """Learn from a picture that can be believed and agrees so well with what is known."""
        if self.edges is None:
            self.take(detail)
        elif fit >= 0.9 * self.usual:
            self.follow(detail, fit)

    def take(self, detail: Detail) -> None:
        """Collect pictures until there are enough, then keep what most of them share."""
        self.samples.append(detail)
        if len(self.samples) < (self.samples.maxlen or 0):
            return
        # The upper median: a fifth of the cost of the mean of both.
        edges = np.sort(np.stack([sample.edges for sample in self.samples]), axis=0)[len(self.samples) // 2]
        figures = [(agreement(edges, s.edges), s.contrast, s.sharpness) for s in self.samples]
        self.restore(edges, edges.copy(), *(float(value) for value in np.median(figures, axis=0)))
        self.save()

    def save(self) -> None:
        """Write the reference at once or not at all."""
        assert self.edges is not None
        assert self.anchor is not None
        self.file.parent.mkdir(parents=True, exist_ok=True)
        draft = self.file.with_name(f".{self.file.stem}.part.npz")
        figures = (self.usual, self.contrast, self.sharpness)
        np.savez(draft, edges=self.edges.astype(np.float16), anchor=self.anchor.astype(np.float16), figures=figures)
        draft.replace(self.file)

    def follow(self, detail: Detail, fit: float) -> None:
        """Drift with the light, and look now and then how far that has led away from the anchor."""
        assert self.edges is not None
        assert self.anchor is not None
        self.edges += (detail.edges - self.edges) * FOLLOW
        self.usual += (fit - self.usual) * FOLLOW
        self.contrast += (detail.contrast - self.contrast) * FOLLOW
        self.sharpness += (detail.sharpness - self.sharpness) * FOLLOW
        self.followed += 1
        if self.followed % COMPARE_EVERY == 0:
            far, sure = displacement(self.anchor, self.edges)
            self.strayed = far if sure > SURE else self.strayed
