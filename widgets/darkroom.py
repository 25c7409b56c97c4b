"""The darkroom: shots made into PNG files, with what they show in a bar below; any thread may work here."""

from pathlib import Path

import cv2
import msgspec
import numpy as np
from PySide6.QtCore import QRectF
from PySide6.QtGui import QFont, QImage, QPainter

from ioc_console.video.scaling import Plane
from widgets.furniture import ALIGN_LEFT, put_text
from widgets.theme import Theme

BAR = 0.06
FAST = 90
"""How Qt is asked for little compression, which is quick: PNG loses nothing either way."""


class Shot(msgspec.Struct, frozen=True):
    """A picture's planes, one after the other, at the size in which it was kept, and when it was received.

    `at` is in seconds since 1970. Taking it is a copy; the dear work is done by `develop`.
    """

    flat: Plane
    width: int
    height: int
    at: float


def develop(shot: Shot, words: str, theme: Theme, file: Path) -> None:
    """Write a shot with a bar of words; any thread may. Raises `OSError` where it cannot be written."""
    save(captioned(image_of(shot), words, theme), file)


def image_of(shot: Shot) -> QImage:
    """Convert a shot at its own size."""
    width, height = shot.width, shot.height
    image = QImage(width, height, QImage.Format.Format_RGB32)
    pixels = np.frombuffer(image.bits(), np.uint8).reshape(height, image.bytesPerLine() // 4, 4)[:, :width]
    cv2.cvtColor(shot.flat.reshape(height * 3 // 2, width), cv2.COLOR_YUV2BGRA_I420, dst=pixels)
    return image


def captioned(picture: QImage, words: str, theme: Theme) -> QImage:
    """Return a picture with a bar below it that says what it is."""
    bar = max(28, int(picture.height() * BAR))
    whole = QImage(picture.width(), picture.height() + bar, QImage.Format.Format_RGB32)
    whole.fill(theme.paper)
    painter = QPainter(whole)
    painter.drawImage(0, 0, picture)
    small = QFont(theme.font("body"))
    small.setPixelSize(int(bar * 0.55))
    area = QRectF(bar * 0.4, picture.height(), picture.width() - bar * 0.8, bar)
    put_text(painter, area, words, small, theme.text, ALIGN_LEFT)
    painter.end()
    return whole


def save(image: QImage, file: Path) -> None:
    """Write an image at once or not at all; raises `OSError` where it cannot be written."""
    file.parent.mkdir(parents=True, exist_ok=True)
    fresh = file.with_suffix(".part")
    if not image.save(str(fresh), "PNG", FAST):
        raise OSError(f"cannot write {file}")
    fresh.replace(file)
