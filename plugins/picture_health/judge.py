"""The judgement of one camera's pictures: frozen, black, blinded, covered, or moved away from their reference.

Light may change as it likes; what counts is whether pictures differ from each other at all, whether they have
contrast and fine detail, and whether the edges of what stands still are where they were.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import cv2
import msgspec

from ioc_console.domain.cameras import PictureHealth, Verdict
from ioc_console.worker import Frame
from plugins.picture_health.measures import Detail, Grey, agreement, detail_of, displacement, hidden, liveliness
from plugins.picture_health.reference import SURE, Reference

Share = Annotated[float, msgspec.Meta(ge=0, le=1)]


class Limits(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """From where on a picture is judged to lie.

    `held` is how many looks in a row must agree before a verdict changes; `view_held` the same for a covered or moved
    view, longer, since a lorry may stand close by; `frozen_held` for a frozen picture, longer still, since an encoder
    may repeat a quiet scene unchanged between its key pictures. `still` is the
    mean difference between two pictures, of 255, of the block that differs most, below which nothing moves, not even
    noise. `dark`, `flat`: mean and deviation of 255. `bright` is the share of saturated pixels. A picture is covered
    below the share `plain` of the reference's contrast, below the share `blurred` of its sharpness, or where more
    than the share `hidden` of its blocks lost their edges. A camera has moved below the share `strayed` of the usual
    agreement, or from the share `shifted` of the width on. `learn` is the looks for a reference.
    """

    held: Annotated[int, msgspec.Meta(ge=1, le=60)] = 3
    view_held: Annotated[int, msgspec.Meta(ge=1, le=600)] = 5
    frozen_held: Annotated[int, msgspec.Meta(ge=1, le=600)] = 6
    still: float = 0.35
    dark: float = 26.0
    flat: float = 7.0
    bright: Share = 0.6
    plain: Share = 0.2
    blurred: Share = 0.45
    hidden: Share = 0.3
    strayed: Share = 0.66
    shifted: Share = 0.02
    learn: Annotated[int, msgspec.Meta(ge=3, le=600)] = 12

    def looks(self, verdict: Verdict) -> int:
        """Return how many looks in a row must agree on a verdict."""
        view = {Verdict.COVERED: self.view_held, Verdict.MOVED: self.view_held}
        return {Verdict.FROZEN: self.frozen_held, **view}.get(verdict, self.held)


SATURATED = 245.0
Judged = tuple[Verdict, float]


def judge_light(grey: Grey, moved_by: float | None, limits: Limits) -> Judged | None:
    """Return the verdict that needs no reference, or None; `moved_by` is the liveliness, None where unknown. Pure."""
    (mean,), (spread,) = (values[0] for values in cv2.meanStdDev(grey))
    if mean < limits.dark and spread < limits.flat:
        return Verdict.BLACK, 1.0 - mean / 255
    # Fewer pixels than that share cannot be saturated in a darker picture.
    saturated = float((grey > SATURATED).mean()) if mean > limits.bright * SATURATED else 0.0
    if saturated > limits.bright or (mean > 200 and spread < limits.flat * 2):
        return Verdict.BLINDED, max(saturated, mean / 255)
    if moved_by is not None and moved_by < limits.still:
        return Verdict.FROZEN, 1.0 - moved_by / limits.still
    return None


def judge_view(detail: Detail, fit: float, reference: Reference, limits: Limits) -> Judged:
    """Return the verdict on a picture beside its reference, with which it agrees so well. Pure."""
    assert reference.edges is not None
    kept = detail.contrast / max(reference.contrast, 0.01)
    sharp = detail.sharpness / max(reference.sharpness, 0.01)
    near = fit / max(reference.usual, 0.01)
    if kept < limits.plain:
        return Verdict.COVERED, 1.0 - kept
    if sharp < limits.blurred:
        return Verdict.COVERED, 1.0 - sharp
    if reference.strayed > limits.shifted:
        return Verdict.MOVED, 0.9
    if near >= 0.9:
        return Verdict.TRUE, near
    far, sure = displacement(reference.edges, detail.edges)
    if far > limits.shifted and sure > SURE:
        return Verdict.MOVED, sure
    lost, rest = hidden(reference.edges, detail.edges)
    if lost > limits.hidden and rest > limits.strayed * reference.usual:
        return Verdict.COVERED, lost
    return (Verdict.MOVED, 1.0 - near) if near < limits.strayed else (Verdict.TRUE, near)


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
        verdict, score = judge(frame.grey, moved_by, reference, limits)
        agreed = agreed + 1 if verdict is candidate else 1
        candidate = verdict
        enough = limits.looks(verdict)
        if (verdict is standing or agreed < enough) and told:
            yield None
            continue
        standing, told = verdict if agreed >= enough else standing, True
        yield PictureHealth(
            id=frame.camera, verdict=standing, since=datetime.fromtimestamp(frame.at, UTC),
            score=min(max(round(score, 2), 0.0), 1.0),
        )  # fmt: skip


def judge(grey: Grey, moved_by: float | None, reference: Reference, limits: Limits) -> Judged:
    """Return the verdict on one picture and how sure it is; the reference learns from one that can be believed."""
    light = judge_light(grey, moved_by, limits)
    if light:
        return light
    detail = detail_of(grey)
    fit = agreement(reference.edges, detail.edges) if reference.edges is not None else 1.0
    verdict, score = judge_view(detail, fit, reference, limits) if reference.edges is not None else (Verdict.TRUE, 1.0)
    if verdict is Verdict.TRUE:
        reference.learn(detail, fit)
    return verdict, score
