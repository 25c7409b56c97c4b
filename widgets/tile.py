"""A tile: one camera's pictures from its ring to an image of the tile's size, and what is known of them."""

import time
from pathlib import Path

from PySide6.QtCore import QPointF, QRect
from PySide6.QtGui import QImage, QPixmap

from ioc_console.domain.cameras import MAIN, SUB, Effort, StreamState
from ioc_console.video.demand import Wants
from ioc_console.video.rings import Picture, RingReader
from ioc_console.video.scaling import WHOLE
from widgets.caption import Caption
from widgets.frame import Frame
from widgets.freshness import Freshness, freshness_of

MOST_ZOOM = 8.0
MOST_MAIN_AGE_NS = 2_000_000_000
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
        self.main = self.still = False
        self.frame: Frame | None = None
        self.image: QImage | None = None
        self.fresh_ns = self.painted_ns = 0
        self.missed = 0
        self.stamp: tuple[object, ...] = ()
        self.caption: Caption | None = None
        self.plates: tuple[Caption, QRect, list[tuple[QPointF, QPixmap]]] | None = None

    @property
    def reader(self) -> RingReader:
        """The ring shown now."""
        return self.readers[self.stream]

    def wants(self, has_main: bool, enlarged: bool) -> Wants:  # noqa: FBT001
        """Return the streams to be decoded, and how tall; the sub stream stays until the main one shows."""
        height = self.readers[SUB].size[1]
        if height:
            self.large = self.rect.height() > height * (DOWN if self.large else UP)
        self.main = has_main and (enlarged or self.large or self.zoom.times > 1.5)
        if not self.main:
            self.stream = SUB
            return {(self.camera, SUB): self.tall}
        shows = self.stream == MAIN and self.readers[MAIN].state is StreamState.LIVE
        return dict.fromkeys([(self.camera, stream) for stream in ((MAIN,) if shows else (MAIN, SUB))], self.tall)

    @property
    def tall(self) -> int:
        """How tall pictures have to be, in pixels, for nothing of them to be lost here."""
        return WHOLE if self.still else int(self.rect.height() * self.zoom.times)

    def poll(self) -> bool:
        """Take the newest picture, of the main stream once it has one; say whether there was a new one."""
        main = self.readers[MAIN]
        if self.main and main.poll() and time.monotonic_ns() - main.decoded_ns < MOST_MAIN_AGE_NS:
            return self.follow(MAIN, main)
        return self.follow(SUB, self.readers[SUB])

    def follow(self, stream: str, reader: RingReader) -> bool:
        """Take a stream's newest picture, unless it is shown already."""
        newest = reader.poll()
        if not newest or (newest == self.seen[stream] and stream == self.stream):
            return False
        if not reader.read(self.convert):
            return False
        step = newest - self.seen[stream]
        self.missed += step - 1 if self.seen[stream] and 1 < step < 1_000 else 0
        self.seen[stream], self.stream = newest, stream
        return True

    def convert(self, picture: Picture) -> bool:
        """Make the image of a picture."""
        width, height = self.rect.width() + self.rect.width() % 2, self.rect.height() + self.rect.height() % 2
        if self.frame is None or self.frame.pixels.shape[:2] != (height, width):
            self.frame = Frame(width, height)
        self.frame.draw(picture, self.zoom.box())
        self.image, self.fresh_ns = self.frame.image, picture.decoded_ns
        return True

    def renew(self) -> None:
        """Make the image anew at the next turn, though no new picture came."""
        self.seen = dict.fromkeys(self.seen, 0)

    def age_s(self) -> float | None:
        """Return the age of the newest picture, in seconds, or None where there never was any."""
        newest = max(self.readers[SUB].decoded_ns, self.readers[MAIN].decoded_ns, self.fresh_ns)
        return (time.monotonic_ns() - newest) / 1e9 if newest else None

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
