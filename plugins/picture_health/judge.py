"""The judgement of one camera's pictures: frozen, black, blinded, covered, or moved away from their reference.

All measures are over the luma at 160 × 90. Light may change as it likes; what counts is whether pictures differ
from each other at all, whether they have contrast, and whether the edges of what stands still are where they were.
"""

import logging
from collections import deque
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated
from zipfile import BadZipFile

import cv2
import msgspec
import numpy as np
from numpy.typing import NDArray

from ioc_console.domain.cameras import PictureHealth, Verdict
from ioc_console.worker import Frame

log = logging.getLogger(__name__)
SIZE = (160, 90)
Grey = NDArray[np.uint8]
Edges = NDArray[np.float32]
Share = Annotated[float, msgspec.Meta(ge=0, le=1)]


class Limits(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """From where on a picture is judged to lie.

    `held` is how many looks in a row must agree before a verdict changes; `frozen_held` the same for a frozen
    picture, longer, since an encoder may repeat a quiet scene unchanged between its key pictures. `still` is the
    mean difference between two pictures, of 255, of the block that differs most, below which nothing moves, not even
    noise. `dark`, `flat`: mean and deviation of 255. `bright` is the share of saturated pixels. `lost` is the share
    of the reference's texture below which a picture is covered, `strayed` the correlation with it below which a
    camera has moved, and `shifted` how far, as a share of the width, the picture may be displaced. `learn` is the
    looks for a reference.
    """

    held: Annotated[int, msgspec.Meta(ge=1, le=60)] = 5
    frozen_held: Annotated[int, msgspec.Meta(ge=1, le=600)] = 12
    still: float = 0.35
    dark: float = 26.0
    flat: float = 7.0
    bright: Share = 0.6
    lost: Share = 0.22
    strayed: Share = 0.35
    shifted: Share = 0.045
    learn: Annotated[int, msgspec.Meta(ge=3, le=600)] = 20


class Reference:
    """The edges that a camera is meant to show, kept in a file, following the light but never a shift."""

    def __init__(self, file: Path, learn: int) -> None:
        self.file, self.learn = file, learn
        self.samples: deque[tuple[Edges, float]] = deque(maxlen=learn)
        self.edges: Edges | None = None
        self.texture = 0.0
        try:
            with np.load(file) as saved:
                self.edges = saved["edges"] if saved["edges"].shape == SIZE[::-1] else None
                self.texture = float(saved["texture"])
        except FileNotFoundError:
            return
        except (OSError, ValueError, KeyError, BadZipFile) as error:
            log.warning("%s: %s; the reference is learnt anew", file.name, error)
            self.forget()

    def forget(self) -> None:
        """Begin to learn anew."""
        self.edges = None
        self.samples.clear()
        self.file.unlink(missing_ok=True)

    def take(self, edges: Edges, texture: float) -> None:
        """Learn from a good picture until there are enough, then keep what most of them share."""
        self.samples.append((edges, texture))
        if len(self.samples) == self.learn:
            self.edges = np.median(np.stack([edges for edges, _ in self.samples]), axis=0).astype(np.float32)
            self.texture = float(np.median([texture for _, texture in self.samples]))
            self.save()

    def save(self) -> None:
        """Write the reference at once or not at all."""
        assert self.edges is not None
        self.file.parent.mkdir(parents=True, exist_ok=True)
        draft = self.file.with_name(f".{self.file.stem}.part.npz")
        np.savez_compressed(draft, edges=self.edges, texture=self.texture)
        draft.replace(self.file)

    def follow(self, edges: Edges) -> None:
        """Let the reference drift with the light, by a hundredth of a picture that fits it."""
        assert self.edges is not None
        self.edges += (edges - self.edges) * 0.01


def edges_of(grey: Grey) -> Edges:
    """Return the strength of the edges, evened out so that light and shade weigh alike."""
    smooth = cv2.GaussianBlur(grey, (0, 0), 1.2).astype(np.float32)
    across, down = cv2.Sobel(smooth, cv2.CV_32F, 1, 0), cv2.Sobel(smooth, cv2.CV_32F, 0, 1)
    return np.asarray(cv2.magnitude(across, down), np.float32)


def texture_of(grey: Grey) -> float:
    """Return the deviation of what is neither noise nor mere shading: what a cover or a blur takes away."""
    coarse = grey.astype(np.float32)
    return float((cv2.GaussianBlur(coarse, (0, 0), 1.8) - cv2.GaussianBlur(coarse, (0, 0), 7)).std())


def liveliness(before: Grey, now: Grey) -> float:
    """Return the mean difference of the block that differs most; sensor noise alone is over a half."""
    difference = cv2.absdiff(before, now)
    return float(cv2.resize(difference.astype(np.float32), (16, 9), interpolation=cv2.INTER_AREA).max())


def displacement(reference: Edges, edges: Edges) -> tuple[float, float]:
    """Return how far a picture is displaced against the reference, as a share of the width, and how surely."""
    window = cv2.createHanningWindow(SIZE, cv2.CV_32F)
    (x, y), response = cv2.phaseCorrelate(np.sqrt(reference), np.sqrt(edges), window)
    return float(np.hypot(x, y)) / SIZE[0], float(response)


def agreement(reference: Edges, edges: Edges) -> float:
    """Return the correlation of two edge maps, 1 for the same."""
    a, b = np.sqrt(reference).ravel(), np.sqrt(edges).ravel()
    a, b = a - a.mean(), b - b.mean()
    scale = float(np.linalg.norm(a) * np.linalg.norm(b))
    return float(a @ b) / scale if scale else 0.0


def judge(
    grey: Grey, edges: Edges, moved_by: float | None, reference: Reference, limits: Limits
) -> tuple[Verdict, float]:
    """Return a verdict on one picture and how sure it is; `moved_by` is its liveliness, None where unknown. Pure."""
    mean, spread = float(grey.mean()), float(grey.std())
    if mean < limits.dark and spread < limits.flat:
        return Verdict.BLACK, 1.0 - mean / 255
    saturated = float((grey > 245).mean())
    if saturated > limits.bright or (mean > 200 and spread < limits.flat * 2):
        return Verdict.BLINDED, max(saturated, mean / 255)
    if moved_by is not None and moved_by < limits.still:
        return Verdict.FROZEN, 1.0 - moved_by / limits.still
    if reference.edges is None:
        return Verdict.TRUE, 1.0
    fit, texture = agreement(reference.edges, edges), texture_of(grey)
    if texture < limits.lost * reference.texture and fit < 2 * limits.strayed:
        return Verdict.COVERED, 1.0 - texture / reference.texture
    if fit >= 2 * limits.strayed:
        return Verdict.TRUE, fit
    far, sure = displacement(reference.edges, edges)
    if fit < limits.strayed or (far > limits.shifted and sure > 0.1):
        return Verdict.MOVED, 1.0 - max(fit, 0.0)
    return Verdict.TRUE, max(fit, 0.0)


def watch(frames: Iterator[Frame], settings: tuple[Limits, Path]) -> Iterator[PictureHealth | None]:
    """Judge a camera's pictures one by one; yields its health where it changed, else nothing."""
    limits, folder = settings
    reference: Reference | None = None
    before: Grey | None = None
    standing, candidate, agreed = Verdict.TRUE, Verdict.TRUE, 0
    told = False
    for frame in frames:
        if reference is None:
            reference = Reference(folder / f"{frame.camera}.npz", limits.learn)
        retake = folder / "retake" / frame.camera
        if retake.exists():
            retake.unlink(missing_ok=True)
            reference.forget()
        if not frame.fresh:
            yield None
            continue
        moved_by = liveliness(before, frame.grey) if before is not None else None
        before = frame.grey
        edges = edges_of(frame.grey)
        verdict, score = judge(frame.grey, edges, moved_by, reference, limits)
        if verdict is Verdict.TRUE:
            learn(reference, edges, frame.grey)
        agreed = agreed + 1 if verdict is candidate else 1
        candidate = verdict
        enough = limits.frozen_held if verdict is Verdict.FROZEN else limits.held
        if (verdict is standing or agreed < enough) and told:
            yield None
            continue
        standing, told = verdict if agreed >= enough else standing, True
        yield PictureHealth(
            id=frame.camera, verdict=standing, since=datetime.fromtimestamp(frame.at, UTC),
            score=min(max(round(score, 2), 0.0), 1.0),
        )  # fmt: skip


def learn(reference: Reference, edges: Edges, grey: Grey) -> None:
    """Let the reference learn from a picture that can be believed."""
    if reference.edges is None:
        reference.take(edges, texture_of(grey))
    else:
        reference.follow(edges)
