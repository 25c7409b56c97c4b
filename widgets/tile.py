"""A tile: one camera's pictures from its ring to an image of the tile's size, and what is known of them."""

import time
from pathlib import Path

import cv2
import numpy as np
from PySide6.QtCore import QRect
from PySide6.QtGui import QImage

from ioc_console.domain.cameras import MAIN, SUB, Effort, StreamState
from ioc_console.video.rings import Picture, Plane, RingReader
from widgets.freshness import Freshness, freshness_of

MOST_ZOOM = 8.0
UP, DOWN = 1.25, 1.1
"""How much taller than its sub stream a tile is before it takes the main stream, and at which it lets it go."""


class Zoom:
    """A window into the picture: its centre and how many times it is enlarged."""

    def __init__(self) -> None:
        self.x = self.y = 0.5
        self.times = 1.0

    def box(self) -> tuple[float, float, float]:
        """Return left, top and side of the window, as shares of the picture."""
        side = 1.0 / self.times
        left = min(max(self.x - side / 2, 0.0), 1.0 - side)
        top = min(max(self.y - side / 2, 0.0), 1.0 - side)
        return left, top, side

    def scale(self, factor: float, x: float, y: float) -> None:
        """Enlarge about a point, given as shares of the tile, which stays where it is."""
        left, top, side = self.box()
        at_x, at_y = left + x * side, top + y * side
        self.times = min(max(self.times * factor, 1.0), MOST_ZOOM)
        fresh = 1.0 / self.times
        self.x, self.y = at_x - x * fresh + fresh / 2, at_y - y * fresh + fresh / 2
        self.settle()

    def pan(self, dx: float, dy: float) -> None:
        """Move the window by shares of the tile."""
        self.x -= dx / self.times
        self.y -= dy / self.times
        self.settle()

    def settle(self) -> None:
        """Keep the window inside the picture."""
        left, top, side = self.box()
        self.x, self.y = left + side / 2, top + side / 2


class TileView:
    """A camera at a rectangle of the wall."""

    def __init__(self, camera: str, rect: QRect, rings: Path) -> None:
        self.camera, self.rect = camera, rect
        self.readers = {stream: RingReader(rings, camera, stream) for stream in (SUB, MAIN)}
        self.seen = {SUB: 0, MAIN: 0}
        self.stream = SUB
        self.large = False
        self.zoom = Zoom()
        self.image: QImage | None = None
        self.buffer: np.ndarray | None = None
        self.fresh_ns = 0
        self.missed = 0
        self.painted_ns = 0

    @property
    def reader(self) -> RingReader:
        """The ring shown now."""
        return self.readers[self.stream]

    def wants(self, has_main: bool, enlarged: bool) -> frozenset[tuple[str, str]]:  # noqa: FBT001
        """Return the streams to be decoded: the sub stream stays until the main one shows."""
        height = self.readers[SUB].size[1]
        if height:
            self.large = self.rect.height() > height * (DOWN if self.large else UP)
        main = has_main and (enlarged or self.large or self.zoom.times > 1.5)
        if not main:
            self.stream = SUB
            return frozenset({(self.camera, SUB)})
        shows = self.stream == MAIN and self.readers[MAIN].state is StreamState.LIVE
        return frozenset({(self.camera, MAIN)} if shows else {(self.camera, MAIN), (self.camera, SUB)})

    def poll(self, main: bool) -> bool:  # noqa: FBT001
        """Take the newest picture, of the main stream once it has one; say whether there was a new one."""
        streams = (MAIN, SUB) if main else (SUB,)
        for stream in streams:
            newest = self.readers[stream].poll()
            age_s = (time.monotonic_ns() - self.readers[stream].decoded_ns) / 1e9
            if stream == MAIN and (not newest or age_s > 2.0):
                continue
            if newest == self.seen[stream] and stream == self.stream:
                return False
            return self.take(stream, newest) if newest else False
        return False

    def take(self, stream: str, newest: int) -> bool:
        """Make an image of a stream's newest picture."""
        if not self.readers[stream].read(self.convert):
            return False
        step = newest - self.seen[stream]
        self.missed += step - 1 if self.seen[stream] and 1 < step < 1_000 else 0
        self.seen[stream], self.stream = newest, stream
        return True

    def convert(self, picture: Picture) -> bool:
        """Scale the planes to the tile, then convert the small picture: a tenth of the other order's cost."""
        width, height = self.rect.width() + self.rect.width() % 2, self.rect.height() + self.rect.height() % 2
        if self.image is None or (self.image.width(), self.image.height()) != (width, height):
            self.buffer = np.empty(width * height * 3 // 2, np.uint8)
            self.image = QImage(width, height, QImage.Format.Format_RGB32)
        assert self.buffer is not None
        luma, box = width * height, self.zoom.box()
        places = ((0, luma, 1), (luma, luma * 5 // 4, 2), (luma * 5 // 4, luma * 3 // 2, 2))
        for plane, (start, end, part) in zip((picture.y, picture.u, picture.v), places, strict=True):
            target = self.buffer[start:end].reshape(height // part, width // part)
            cv2.resize(cropped(plane, box), (width // part, height // part), dst=target, interpolation=cv2.INTER_LINEAR)
        pixels = np.frombuffer(self.image.bits(), np.uint8).reshape(height, width, 4)
        cv2.cvtColor(self.buffer.reshape(height * 3 // 2, width), cv2.COLOR_YUV2BGRA_I420, dst=pixels)
        self.fresh_ns = picture.decoded_ns
        return True

    def renew(self) -> None:
        """Make the image anew at the next turn, though no new picture came."""
        self.seen = dict.fromkeys(self.seen, 0)

    def age_s(self) -> float | None:
        """Return the age of the picture shown, in seconds, or None where there never was any."""
        newest = max(reader.decoded_ns for reader in self.readers.values())
        return (time.monotonic_ns() - max(newest, self.fresh_ns)) / 1e9 if newest or self.fresh_ns else None

    def freshness(self, told: StreamState, period_s: float) -> Freshness:
        """Return how far the tile can be believed, by the ring and by what the hub was told."""
        state = self.reader.state
        return freshness_of(self.age_s(), told if state is StreamState.IDLE else state, period_s)

    @property
    def effort(self) -> Effort:
        """How much of the stream shown is decoded."""
        return self.reader.effort

    def close(self) -> None:
        """Let go of the rings."""
        for reader in self.readers.values():
            reader.close()


def cropped(plane: Plane, box: tuple[float, float, float]) -> Plane:
    """Return the part of a plane that a zoom's window shows."""
    left, top, side = box
    if side >= 1.0:
        return plane
    height, width = plane.shape
    y, x = int(top * height), int(left * width)
    return plane[y : y + max(2, int(side * height)), x : x + max(2, int(side * width))]
