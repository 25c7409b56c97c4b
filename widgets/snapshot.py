"""Snapshots: a camera's picture at full size as PNG, with its number, name and time in a bar below and in the name."""

import asyncio
import re
from datetime import datetime
from pathlib import Path

import cv2
import msgspec
import numpy as np
from PySide6.QtCore import QRectF
from PySide6.QtGui import QFont, QImage, QPainter

from ioc_console.domain.cameras import Camera
from ioc_console.tables import fold
from ioc_console.video.rings import Picture, RingReader
from widgets.furniture import ALIGN_LEFT, put_text
from widgets.theme import Theme
from widgets.tile import TileView

BAR = 0.06
PATIENCE_S, LOOK_S = 2.0, 0.05
FAST = 90
"""How Qt is asked for little compression, which is quick: PNG loses nothing either way."""


class Shot(msgspec.Struct, frozen=True):
    """A picture at the size in which it was kept, and when it was received, in seconds since 1970."""

    image: QImage
    at: float


async def whole_shot(tile: TileView) -> Shot | None:
    """Return a tile's picture as large as it comes, or as large as it can be had in time; None where there is none."""
    tile.still = True
    try:
        for _ in range(int(PATIENCE_S / LOOK_S)):
            if tile.reader.poll() and tile.reader.is_whole:
                break
            await asyncio.sleep(LOOK_S)
        return shot_of(tile.reader)
    finally:
        tile.still = False


def shot_of(reader: RingReader) -> Shot | None:
    """Return a ring's newest picture, or None where there is none."""
    for _ in range(3):
        shot = reader.read(lambda picture: Shot(image_of(picture), picture.received_at))
        if shot is not None:
            return shot
    return None


def image_of(picture: Picture) -> QImage:
    """Convert a picture at its own size."""
    flat = np.concatenate([picture.y.ravel(), picture.u.ravel(), picture.v.ravel()])
    pixels = cv2.cvtColor(flat.reshape(picture.height * 3 // 2, picture.width), cv2.COLOR_YUV2BGRA_I420)
    stride = picture.width * 4
    return QImage(pixels.data, picture.width, picture.height, stride, QImage.Format.Format_RGB32).copy()


def file_name(camera: Camera, at: datetime) -> str:
    """Return a snapshot's file name: number, name without accents, and local time with its offset."""
    slug = re.sub(r"[^a-z0-9]+", "-", fold(camera.name)).strip("-")[:60]
    return f"{camera.number}-{slug}_{at:%Y%m%dT%H%M%S%z}.png"


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
