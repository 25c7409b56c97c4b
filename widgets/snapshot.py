"""Snapshots: a camera's picture taken as large as it comes, and the name of its file."""

import asyncio
import re
from datetime import datetime

import numpy as np

from ioc_console.domain.cameras import Camera
from ioc_console.tables import fold
from ioc_console.video.rings import Picture, RingReader
from widgets.darkroom import Shot
from widgets.tile import TileView

PATIENCE_S, LOOK_S = 2.0, 0.05


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
        shot = reader.read(taken)
        if shot is not None:
            return shot
    return None


def taken(picture: Picture) -> Shot:
    """Copy a picture out of its ring."""
    flat = np.concatenate([picture.y.ravel(), picture.u.ravel(), picture.v.ravel()])
    return Shot(flat, picture.width, picture.height, picture.received_at)


def file_name(camera: Camera, at: datetime) -> str:
    """Return a snapshot's file name: number, name without accents, and local time with its offset."""
    slug = re.sub(r"[^a-z0-9]+", "-", fold(camera.name)).strip("-")[:60]
    return f"{camera.number}-{slug}_{at:%Y%m%dT%H%M%S%z}.png"
