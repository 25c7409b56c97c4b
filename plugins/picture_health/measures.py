"""Measures of one picture: liveliness, edges and bands of detail, over the luma at 160 × 90."""

import cv2
import msgspec
import numpy as np
from numpy.typing import NDArray

SIZE = (160, 90)
BLOCKS = (16, 9)
Grey = NDArray[np.uint8]
Map = NDArray[np.float32]


class Detail(msgspec.Struct, frozen=True):
    """What a picture shows, free of how bright it is.

    `edges` is the square root of the gradient's strength, so that light and shade weigh alike. `contrast` is the
    deviation of what is between 3 and 9 pixels wide, in grey levels; `sharpness` is how much finer detail there is
    for each of these, which defocus takes away and no change of light does.
    """

    edges: Map
    contrast: float
    sharpness: float


def detail_of(grey: Grey) -> Detail:
    """Return the detail of a picture."""
    smooth = cv2.GaussianBlur(grey, (5, 5), 1.2).astype(np.float32)
    across, down = cv2.Sobel(smooth, cv2.CV_32F, 1, 0), cv2.Sobel(smooth, cv2.CV_32F, 0, 1)
    whole = grey.astype(np.float32)
    middle = cv2.blur(whole, (3, 3))
    contrast = deviation(middle - cv2.blur(whole, (9, 9)))
    edges = np.asarray(cv2.sqrt(cv2.magnitude(across, down)), np.float32)
    return Detail(edges, contrast, deviation(whole - middle) / max(contrast, 0.5))


def deviation(values: Map) -> float:
    """Return the standard deviation."""
    return moments(values)[1]


def liveliness(before: Grey, now: Grey) -> float:
    """Return the mean difference of the block that differs most; sensor noise alone is over a half."""
    return float(cv2.resize(cv2.absdiff(before, now).astype(np.float32), BLOCKS, interpolation=cv2.INTER_AREA).max())


def agreement(reference: Map, edges: Map, where: NDArray[np.bool_] | None = None) -> float:
    """Return Pearson's correlation of two maps, 1 for the same, over all blocks or over some."""
    if where is not None:
        mask = cv2.resize(where.astype(np.uint8), SIZE, interpolation=cv2.INTER_NEAREST).astype(bool)
        reference, edges = reference[mask], edges[mask]
    (mean_a, spread_a), (mean_b, spread_b) = moments(reference), moments(edges)
    if not spread_a * spread_b:
        return 0.0
    # Not a dot product: for maps of this size the library would wake a second thread.
    return (float((reference * edges).mean()) - mean_a * mean_b) / (spread_a * spread_b)


def moments(values: Map) -> tuple[float, float]:
    """Return mean and standard deviation; zeros for no values."""
    mean, spread = cv2.meanStdDev(values) if values.size else (np.zeros((1, 1)), np.zeros((1, 1)))
    return float(mean[0, 0]), float(spread[0, 0])


def displacement(reference: Map, edges: Map) -> tuple[float, float]:
    """Return how far a map is displaced against another, as a share of the width, and how surely (0 to 1).

    By phase correlation: Kuglin and Hines, "The phase correlation image alignment method", 1975.
    """
    window = cv2.createHanningWindow(SIZE, cv2.CV_32F)
    # The library multiplies the window into what it is given.
    (x, y), sure = cv2.phaseCorrelate(reference.copy(), edges.copy(), window)
    return float(np.hypot(x, y)) / SIZE[0], float(sure)


def hidden(reference: Map, edges: Map) -> tuple[float, float]:
    """Return the share of the reference's lively blocks that lost their edges, and how well the other blocks agree.

    The edges of a covered part are gone while the rest stands where it was; a camera that moved shows others there.
    """
    before, now = (cv2.resize(one, BLOCKS, interpolation=cv2.INTER_AREA) for one in (reference, edges))
    lively = before > 0.6 * np.median(before)
    kept = now / np.maximum(before, 1e-3)
    if not lively.any():
        return 0.0, 1.0
    lost = kept < 0.5 * np.percentile(kept[lively], 80)
    return float(lost[lively].mean()), agreement(reference, edges, ~lost)
