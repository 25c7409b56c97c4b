"""The camera wall: tiles of live pictures on one painted surface, arranged by commands, all from the keyboard."""

import time
from datetime import datetime
from typing import Annotated
from zoneinfo import ZoneInfo

import msgspec
import numpy as np
from PySide6.QtCore import QEvent, QRectF, Qt, QTimer
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent, QResizeEvent

from ioc_console.domain.cameras import SUB, Camera, CameraHealth, CameraId, PictureHealth
from ioc_console.domain.walls import Arrangement, Playing, Sequence, Tile
from ioc_console.model import Entity
from ioc_console.video.demand import Demand, tallest
from widgets import arrangement, freshness, panel, pointer, tile_paint, tiles, wall_controls, wall_keys
from widgets.theme import Theme

TICK_MS = 33
BUDGET_S = 0.012
WISH_TURNS = 3
"""Every how many turns it is said which streams are wanted; whatever an operator does is heeded at the next."""


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How a wall begins: cells along each edge, and its cameras in order, or free tiles."""

    side: Annotated[int, msgspec.Meta(ge=1, le=16)] = 3
    cameras: tuple[CameraId, ...] = ()
    tiles: tuple[Tile, ...] = ()


class CameraWall(panel.Panel):
    """Shows cameras; has no timer for a rule, only one for repainting."""

    title = "camera_wall.title"
    shows = (Camera, CameraHealth, PictureHealth, Arrangement, Sequence, Playing)
    Settings = Settings

    @classmethod
    def least(cls, theme: Theme, settings: msgspec.Struct) -> tuple[float, float]:
        assert isinstance(settings, Settings)
        wide, tall = tile_paint.least(theme)
        return settings.side * wide, settings.side * tall

    def build(self) -> None:
        assert isinstance(self.settings, Settings)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setAcceptDrops(True)
        settings, place = self.settings, self.place
        plan = arrangement.Plan(place.surface, settings.side, settings.cameras, settings.tiles)
        self.tiles = tiles.Tiles(plan, place.rings, ZoneInfo(place.city.timezone))
        self.painter = tile_paint.TilePainter(self.theme, self.text, place.unit)
        self.demand = Demand(place.rings, place.surface)
        self.controls = wall_controls.Controls(self)
        self.pointer = pointer.Pointer(self)
        self.painted = self.first = self.turns = 0
        self.delays = np.zeros(4_096, np.float32)
        self.timer = QTimer(self)
        self.timer.setTimerType(Qt.TimerType.PreciseTimer)
        self.timer.timeout.connect(self.turn)
        self.timer.start(TICK_MS)

    def leave(self) -> None:
        self.timer.stop()
        self.controls.leave()
        self.tiles.close()
        self.demand.close()

    def put(self, entity: Entity) -> None:
        self.tiles.put(entity)

    def gone(self, kind: str, id: str) -> None:
        self.tiles.gone(kind, id)

    def level(self) -> None:
        self.tick(self.bridge.now())

    def tick(self, now: datetime) -> None:
        if self.tiles.arrange(now) or not self.tiles.seen():
            self.update()
        for tile in self.tiles.seen():
            if self.tiles.is_changed(tile, now):
                self.update(tile.rect)

    def ready(self) -> bool:
        """Say whether every tile shows a live picture, or says why not."""
        seen = self.tiles.seen()
        return bool(seen) and all(self.tiles.freshness(t) is not freshness.Freshness.UNKNOWN for t in seen)

    def turn(self) -> None:
        """Take new pictures, for as long as the repaint tick can afford, and repaint what changed."""
        if self.turns % WISH_TURNS == 0:
            self.wish()
        self.turns += 1
        until, seen = time.perf_counter() + BUDGET_S, self.tiles.seen()
        for at in range(len(seen)):
            tile = seen[(self.first + at) % len(seen)]
            if time.perf_counter() > until:
                self.first += at
                return
            if tile.poll():
                self.update(tile.rect)

    def wish(self) -> None:
        """Say which streams are to be decoded: those seen, and those that a sequence shows soon."""
        cell = self.tiles.mosaic().cell_height
        coming = {(camera, SUB): cell for camera in self.tiles.plan.coming(self.bridge.now())}
        self.demand.want(tallest([coming, *map(self.tiles.wants, self.tiles.seen())]))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, now, moment = QPainter(self), time.monotonic_ns(), self.bridge.now()
        region, seen = event.region(), self.tiles.seen()
        for gap in region.subtracted(self.tiles.covered()):
            painter.fillRect(gap, self.theme.bg_2)
        if not seen:
            words = self.text.say("camera_wall.empty") if self.bridge.up else self.text.say("camera_wall.loading")
            tile_paint.headline(painter, QRectF(self.rect()), words, self.theme)
        ringed = self.window().focusWidget() is self and len(seen) > 1
        ring = tile_paint.focus_ring if self.isActiveWindow() else tile_paint.focus_line
        for tile in seen:
            if not region.intersects(tile.rect):
                continue
            # Under the clip of many tiles Qt paints span by span; under one rectangle it copies.
            painter.setClipRect(tile.rect)
            self.painter.paint(painter, tile, self.tiles.caption(tile, moment))
            if tile.fresh_ns != tile.painted_ns:
                tile.painted_ns = tile.fresh_ns
                self.delays[self.painted % len(self.delays)] = (now - tile.fresh_ns) / 1e6
                self.painted += 1
            if ringed and tile.camera == self.tiles.focused:
                ring(painter, QRectF(tile.rect), self.theme, self.place.unit)
        painter.setClipping(False)
        self.pointer.paint(painter)
        self.controls.number.paint(painter)

    def figures(self) -> dict[str, float]:
        """Return what a bench reads: pictures painted, pictures missed, and decode to paint in ms."""
        filled = self.delays[: min(self.painted, len(self.delays))]
        p99 = float(np.percentile(filled, 99)) if len(filled) else 0.0
        missed = self.tiles.missed_before + sum(tile.missed for tile in self.tiles.seen())
        return {"painted": self.painted, "missed": missed, "decode_to_paint_p99_ms": p99}

    def resizeEvent(self, event: QResizeEvent) -> None:
        self.tiles.size = (self.width(), self.height())
        self.level()
        self.controls.resize()

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.ActivationChange:
            self.update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if wall_keys.press(self.controls, event):
            self.heed()
        else:
            super().keyPressEvent(event)

    def heed(self) -> None:
        """Repaint whole, and look at the next turn at which streams are wanted: the operator did something."""
        self.turns = 0
        self.update()

    def event(self, event: QEvent) -> bool:
        handler = pointer.HANDLERS.get(event.type())
        if handler is None:
            return super().event(event)
        handler(self.pointer, event)
        if event.type() != QEvent.Type.MouseMove:
            self.heed()
        return True


if __name__ == "__main__":
    from widgets.preview import preview

    raise SystemExit(preview("camera_wall", [0, 0, 172.8, 97.2], ", side = 6"))
