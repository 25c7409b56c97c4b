"""The camera wall: tiles of live pictures on one painted surface, arranged by commands, all from the keyboard."""

import time
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import cv2
import msgspec
import numpy as np
from PySide6.QtCore import QEvent, QRect, QRectF, Qt, QTimer
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QResizeEvent, QWheelEvent

from ioc_console.domain.cameras import Camera, CameraHealth, CameraId, PictureHealth, StreamState, Verdict
from ioc_console.domain.walls import Arrangement, Playing, Sequence, Tile
from ioc_console.model import Entity
from ioc_console.video.demand import Demand
from widgets.arrangement import Plan
from widgets.freshness import Freshness
from widgets.mosaic import Mosaic
from widgets.panel import Panel
from widgets.tile import TileView
from widgets.tile_paint import Caption, TilePainter, focus_ring
from widgets.wall_controls import Controls

TICK_MS = 33
BUDGET_S = 0.012
PERIOD_S = 1.0
SMALL_FROM = 25


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How a wall begins: cells along each edge, and its cameras in order, or free tiles."""

    side: int = 3
    cameras: tuple[CameraId, ...] = ()
    tiles: tuple[Tile, ...] = ()


class CameraWall(Panel):
    """Shows cameras; has no timer for a rule, only one for repainting."""

    title = "camera_wall.title"
    shows = (Camera, CameraHealth, PictureHealth, Arrangement, Sequence, Playing)
    Settings = Settings

    def build(self) -> None:
        assert isinstance(self.settings, Settings)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        cv2.setNumThreads(1)
        self.plan = Plan(self.place.surface, self.settings.side, self.settings.cameras, self.settings.tiles)
        self.healths: dict[str, CameraHealth] = {}
        self.verdicts: dict[str, PictureHealth] = {}
        self.tiles: dict[str, TileView] = {}
        self.large: TileView | None = None
        self.focused = ""
        self.painter = TilePainter(self.theme, self.text, self.place.unit)
        self.zone = ZoneInfo(self.place.city.timezone)
        self.demand = Demand(self.place.rings, self.place.surface)
        self.controls = Controls(self)
        self.painted = self.first = 0
        self.delays = np.zeros(4_096, np.float32)
        self.timer = QTimer(self)
        self.timer.setTimerType(Qt.TimerType.PreciseTimer)
        self.timer.timeout.connect(self.turn)
        self.timer.start(TICK_MS)

    def leave(self) -> None:
        self.timer.stop()
        for tile in self.views():
            tile.close()
        self.demand.close()
        self.controls.close()

    def put(self, entity: Entity) -> None:
        if isinstance(entity, CameraHealth):
            self.healths[entity.id] = entity
        elif isinstance(entity, PictureHealth):
            self.verdicts[entity.id] = entity
        else:
            self.plan.put(entity)

    def gone(self, kind: str, id: str) -> None:
        {"camera_health": self.healths, "picture_health": self.verdicts}.get(kind, {}).pop(id, None)
        self.plan.gone(kind, id)

    def level(self) -> None:
        self.arrange()

    def tick(self, now: datetime) -> None:
        self.arrange()
        self.update()

    def ready(self) -> bool:
        """Say whether every tile shows a live picture, or says why not."""
        return bool(self.tiles) and all(self.fresh(tile) is not Freshness.UNKNOWN for tile in self.views())

    def views(self) -> list[TileView]:
        """Return the tiles that can be seen."""
        return [self.large] if self.large else list(self.tiles.values())

    def arrange(self) -> None:
        """Bring the tiles to where they are meant to be; those that stay keep their picture."""
        mosaic = self.mosaic()
        placed = {tile.camera: QRect(*mosaic.rect(tile.column, tile.row, tile.span)) for tile in self.shown()}
        for camera in tuple(self.tiles):
            if camera not in placed:
                self.tiles.pop(camera).close()
        for camera, rect in placed.items():
            if camera not in self.tiles:
                self.tiles[camera] = TileView(camera, rect, self.place.rings)
            self.tiles[camera].rect = rect
        if self.focused not in placed:
            self.focused = next(iter(placed), "")
        self.update()

    def shown(self) -> tuple[Tile, ...]:
        """Return which cameras stand where now."""
        return self.plan.tiles(self.bridge.now())

    def mosaic(self) -> Mosaic:
        """Return the grid at the panel's size."""
        return Mosaic(self.width(), self.height(), self.plan.side)

    def turn(self) -> None:
        """Take new pictures, for as long as the repaint tick can afford, and repaint what changed."""
        began, wants = time.perf_counter(), set()
        views = self.views()
        for at in range(len(views)):
            tile = views[(self.first + at) % len(views)]
            camera = self.plan.cameras.get(tile.camera)
            streams = tile.wants(camera is not None and "main" in camera.streams, tile is self.large)
            wants |= streams
            if time.perf_counter() - began > BUDGET_S:
                self.first += at
                continue
            if tile.poll(any(stream == "main" for _, stream in streams)):
                self.update(tile.rect)
        wants |= {(camera, "sub") for camera in self.plan.coming(self.bridge.now())}
        self.demand.want(frozenset(wants))

    def fresh(self, tile: TileView) -> Freshness:
        """Return how far a tile can be believed."""
        health = self.healths.get(f"{tile.camera}/sub")
        return tile.freshness(health.state if health else StreamState.IDLE, PERIOD_S)

    def caption(self, tile: TileView) -> Caption:
        """Return what is written on a tile."""
        camera = self.plan.cameras.get(tile.camera)
        health = self.healths.get(f"{tile.camera}/{tile.stream}")
        verdict = self.verdicts.get(tile.camera)
        age = tile.age_s()
        since = (self.bridge.now() - health.since).total_seconds() if health else 0.0
        pictured = datetime.now(UTC) - timedelta(seconds=age) if age is not None else None
        return Caption(
            number=str(camera.number) if camera else tile.camera,
            name=camera.name if camera else "",
            freshness=self.fresh(tile),
            age_s=since if age is None else age,
            error=tile.reader.error if tile.reader.state is not StreamState.IDLE or not health else health.error,
            verdict=verdict.verdict.value if verdict and verdict.verdict is not Verdict.TRUE else "",
            effort=tile.effort,
            fallback=health.fallback if health else "",
            pictured=pictured.astimezone(self.zone) if pictured else None,
            small=self.plan.side**2 >= SMALL_FROM and tile is not self.large,
        )

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, now = QPainter(self), time.monotonic_ns()
        region = event.region()
        if not self.large:
            covered = sum(tile.rect.width() * tile.rect.height() for tile in self.views())
            if covered < region.boundingRect().width() * region.boundingRect().height():
                painter.fillRect(region.boundingRect(), self.theme.bg_2)
        for tile in self.views():
            if not region.intersects(tile.rect):
                continue
            self.painter.paint(painter, tile, self.caption(tile))
            if tile.fresh_ns and now - tile.fresh_ns < 1_000_000_000:
                self.delays[self.painted % len(self.delays)] = (now - tile.fresh_ns) / 1e6
                self.painted += 1
            if tile.camera == self.focused and self.hasFocus() and len(self.tiles) > 1 and not self.large:
                focus_ring(painter, QRectF(tile.rect), self.theme)
        self.controls.paint(painter)

    def enlarge(self, camera: str) -> None:
        """Show one camera over the whole panel; its picture stays until the main stream's first one."""
        self.shrink()
        mosaic = Mosaic(self.width(), self.height(), 1)
        self.large = TileView(camera, QRect(*mosaic.rect(0, 0)), self.place.rings)
        before = self.tiles.get(camera)
        if before and before.image is not None:
            self.large.image = before.image.scaled(self.large.rect.size())
            self.large.fresh_ns = before.fresh_ns
        self.focused = camera if camera in self.tiles else self.focused
        self.update()

    def shrink(self) -> None:
        """Return to the grid."""
        if self.large:
            self.large.close()
        self.large = None
        self.update()

    def at(self, x: float, y: float) -> TileView | None:
        """Return the tile under a point."""
        return next((tile for tile in self.views() if tile.rect.contains(int(x), int(y))), None)

    def figures(self) -> dict[str, float]:
        """Return what a bench reads: pictures painted, pictures missed, and decode to paint in ms."""
        filled = self.delays[: min(self.painted, len(self.delays))]
        p99 = float(np.percentile(filled, 99)) if len(filled) else 0.0
        return {"painted": self.painted, "missed": sum(t.missed for t in self.views()), "decode_to_paint_p99_ms": p99}

    def resizeEvent(self, event: QResizeEvent) -> None:
        self.arrange()
        if self.large:
            self.large.rect = QRect(*Mosaic(self.width(), self.height(), 1).rect(0, 0))
        self.controls.resize()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if not self.controls.key(event):
            super().keyPressEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.controls.press(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self.controls.drag(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self.controls.drop(event)

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.MouseButtonDblClick and isinstance(event, QMouseEvent):
            self.controls.double_click(event)
            return True
        if event.type() == QEvent.Type.Wheel and isinstance(event, QWheelEvent):
            self.controls.wheel(event)
            return True
        return super().event(event)
