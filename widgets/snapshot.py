"""Snapshots: a camera's picture at full size as PNG, with its number, name and time in a bar below and in the name."""

import re
from datetime import datetime
from pathlib import Path

import cv2
import numpy as np
from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor, QFont, QImage, QPainter

from ioc_console.domain.cameras import Camera
from ioc_console.tables import fold
from ioc_console.video.rings import Picture, RingReader
from widgets.furniture import ALIGN_LEFT, put_text

BAR = 0.06
FAST = 90
"""How Qt is asked for little compression, which is quick: PNG loses nothing either way."""


def picture_of(reader: RingReader) -> QImage | None:
    """Return a ring's newest picture at full size, or None where there is none."""
    for _ in range(3):
        image = reader.read(full_size)
        if image is not None:
            return image
    return None


def full_size(picture: Picture) -> QImage:
    """Convert a picture at its own size."""
    flat = np.concatenate([picture.y.ravel(), picture.u.ravel(), picture.v.ravel()])
    pixels = cv2.cvtColor(flat.reshape(picture.height * 3 // 2, picture.width), cv2.COLOR_YUV2BGRA_I420)
    stride = picture.width * 4
    return QImage(pixels.data, picture.width, picture.height, stride, QImage.Format.Format_RGB32).copy()


def file_name(camera: Camera, at: datetime) -> str:
    """Return a snapshot's file name: number, name without accents, and local time with its offset."""
    slug = re.sub(r"[^a-z0-9]+", "-", fold(camera.name)).strip("-")[:60]
    return f"{camera.number}-{slug}_{at:%Y%m%dT%H%M%S%z}.png"


def captioned(picture: QImage, words: str, font: QFont) -> QImage:
    """Return a picture with a bar below it that says what it is."""
    bar = max(28, int(picture.height() * BAR))
    whole = QImage(picture.width(), picture.height() + bar, QImage.Format.Format_RGB32)
    whole.fill(QColor("#0F1317"))
    painter = QPainter(whole)
    painter.drawImage(0, 0, picture)
    small = QFont(font)
    small.setPixelSize(int(bar * 0.55))
    area = QRectF(bar * 0.4, picture.height(), picture.width() - bar * 0.8, bar)
    put_text(painter, area, words, small, QColor("#E6EBF0"), ALIGN_LEFT)
    painter.end()
    return whole


def save(image: QImage, file: Path) -> None:
    """Write an image at once or not at all; raises `OSError` where it cannot be written."""
    file.parent.mkdir(parents=True, exist_ok=True)
    fresh = file.with_suffix(".part")
    if not image.save(str(fresh), "PNG", FAST):
        raise OSError(f"cannot write {file}")
    fresh.replace(file)
