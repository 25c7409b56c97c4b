"""Scaling: a plane made smaller or larger at the least cost."""

import cv2
import numpy as np
from numpy.typing import NDArray

Plane = NDArray[np.uint8]
WHOLE = 1 << 16
"""Taller than any picture: it is wanted as it comes."""


def hasten() -> None:
    """Have this thread scale at the least cost; every one that scales calls it once, as it begins.

    Planes are small, and there are many at once: a second thread for one of them costs more than it saves. What is
    scaled may differ by one grey level from the reference, at less than half its cost.
    """
    cv2.setNumThreads(1)
    # OpenCV keeps this one for each thread apart.
    cv2.ipp.setUseIPP_NotExact(True)


def reduced(width: int, height: int, tall: int) -> tuple[int, int]:
    """Return the size that a picture has after halving it for as long as it stays so tall and its chroma whole."""
    while height // 2 >= tall and width % 4 == 0 and height % 4 == 0:
        width, height = width // 2, height // 2
    return width, height


def scale(plane: Plane, size: tuple[int, int], target: Plane | None = None) -> Plane:
    """Return a plane at a width and height, in `target` where one is given.

    Halving for as long as that is possible is quicker than one step and, since every pixel counts, free of shimmer.
    """
    width, height = size
    if plane.shape == (2 * height, 2 * width):
        return cv2.resize(plane, size, dst=target, interpolation=cv2.INTER_AREA)  # type: ignore[return-value]
    while plane.shape[0] >= 2 * height and plane.shape[1] >= 2 * width:
        half = plane.shape[1] // 2, plane.shape[0] // 2
        even = plane[: half[1] * 2, : half[0] * 2]
        if half == size:
            return np.asarray(cv2.resize(even, half, dst=target, interpolation=cv2.INTER_AREA), np.uint8)
        plane = np.asarray(cv2.resize(even, half, interpolation=cv2.INTER_AREA), np.uint8)
    return np.asarray(cv2.resize(plane, size, dst=target, interpolation=cv2.INTER_LINEAR), np.uint8)
