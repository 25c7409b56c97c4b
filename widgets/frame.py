"""A frame: the image of one tile, made from a picture's planes at the tile's size."""

import cv2
import numpy as np
from PySide6.QtGui import QImage

from ioc_console.video.rings import Picture
from ioc_console.video.scaling import Plane, scale

Box = tuple[float, float, float]
"""Left, top and side of the part of a picture that is shown, as shares of it."""


class Frame:
    """An RGB image of an even width and height, and the I420 planes of that size that it is made from."""

    def __init__(self, width: int, height: int) -> None:
        luma, half = width * height, (height // 2, width // 2)
        self.image = QImage(width, height, QImage.Format.Format_RGB32)
        self.pixels = np.frombuffer(self.image.bits(), np.uint8).reshape(height, width, 4)
        self.i420 = np.empty((height * 3 // 2, width), np.uint8)
        y, u, v = np.split(self.i420.reshape(-1), (luma, luma * 5 // 4))
        self.planes = y.reshape(height, width), u.reshape(half), v.reshape(half)

    def draw(self, picture: Picture, box: Box) -> None:
        """Scale the planes, then convert the small picture: a tenth of the other order's cost."""
        for plane, target in zip((picture.y, picture.u, picture.v), self.planes, strict=True):
            scale(cropped(plane, box), target.shape[::-1], target)
        cv2.cvtColor(self.i420, cv2.COLOR_YUV2BGRA_I420, dst=self.pixels)


def cropped(plane: Plane, box: Box) -> Plane:
    """Return the part of a plane that a zoom's window shows."""
    left, top, side = box
    if side >= 1.0:
        return plane
    height, width = plane.shape
    y, x = int(top * height), int(left * width)
    return plane[y : y + max(2, int(side * height)), x : x + max(2, int(side * width))]
