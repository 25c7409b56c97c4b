"""The tiles of one wall: which cameras stand where, their pictures, and how far each can be believed."""

from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from PySide6.QtCore import QPointF, QRect
from PySide6.QtGui import QRegion

from ioc_console.domain.cameras import MAIN, SUB, CameraHealth, PictureHealth, StreamState, Verdict
from ioc_console.model import Entity
from ioc_console.video.demand import Wants
from widgets.arrangement import Plan
from widgets.caption import Caption
from widgets.freshness import LIVE_PERIODS, Freshness
from widgets.mosaic import Mosaic
from widgets.tile import TileView

PERIOD_S = 1.0
SMALL_FROM = 25
"""From how many tiles on a tile bears its number and state alone."""


class Tiles:
    """What a wall shows, at the size that it has."""

    def __init__(self, plan: Plan, rings: Path, zone: ZoneInfo) -> None:
        self.plan, self.rings, self.zone = plan, rings, zone
        self.healths: dict[str, CameraHealth] = {}
        self.verdicts: dict[str, PictureHealth] = {}
        self.placed: dict[str, TileView] = {}
        self.rects: dict[str, QRect] = {}
        self.region = QRegion()
        self.large: TileView | None = None
        self.focused = ""
        self.size = (16, 9)
        self.missed_before = 0

    def put(self, entity: Entity) -> None:
        """Take in what is known of cameras, arrangements and sequences."""
        if isinstance(entity, CameraHealth):
            self.healths[entity.id] = entity
            self.restamp(entity.camera)
        elif isinstance(entity, PictureHealth):
            self.verdicts[entity.id] = entity
            self.restamp(entity.id)
        else:
            self.plan.put(entity)
            self.restamp(entity.id)

    def gone(self, kind: str, id: str) -> None:
        """Take in that an entity is no more."""
        {"camera_health": self.healths, "picture_health": self.verdicts}.get(kind, {}).pop(id, None)
        self.plan.gone(kind, id)
        self.restamp(id.partition("/")[0])

    def restamp(self, camera: str) -> None:
        """Have a camera's captions made anew."""
        for tile in (self.placed.get(camera), self.large):
            if tile and tile.camera == camera:
                tile.stamp = ()

    def mosaic(self, side: int = 0) -> Mosaic:
        """Return the grid at the wall's size."""
        return Mosaic(*self.size, side or self.plan.side)

    def seen(self) -> list[TileView]:
        """Return the tiles that can be seen."""
        return [self.large] if self.large else list(self.placed.values())

    def covered(self) -> QRegion:
        """Return what tiles cover of the wall."""
        if self.large:
            return QRegion(self.large.rect)
        return self.region

    def arrange(self, now: datetime) -> bool:
        """Bring the tiles to where they are meant to be, and say whether any moved; those that stay keep a picture."""
        mosaic = self.mosaic()
        rects = {t.camera: QRect(*mosaic.rect(t.column, t.row, t.span)) for t in self.plan.tiles(now)}
        for camera in tuple(self.placed):
            if camera not in rects:
                self.let_go(self.placed.pop(camera))
        for camera, rect in rects.items():
            if camera not in self.placed:
                self.placed[camera] = TileView(camera, rect, self.rings)
            self.placed[camera].rect = rect
        if self.focused not in rects:
            self.focused = next(iter(rects), "")
        if self.large:
            self.large.rect = QRect(*self.mosaic(1).rect(0, 0))
        if rects == self.rects:
            return False
        self.rects, self.region = rects, QRegion()
        for rect in rects.values():
            self.region = self.region.united(rect)
        return True

    def enlarge(self, camera: str) -> None:
        """Show one camera over the whole wall; its picture stays until the main stream's first one."""
        self.shrink()
        self.large = TileView(camera, QRect(*self.mosaic(1).rect(0, 0)), self.rings)
        before = self.placed.get(camera)
        if before and before.image is not None:
            self.large.image = before.image.scaled(self.large.rect.size())
            self.large.fresh_ns = before.fresh_ns
            self.focused = camera

    def shrink(self) -> None:
        """Return to the grid."""
        if self.large:
            self.let_go(self.large)
        self.large = None

    def let_go(self, tile: TileView) -> None:
        """Close a tile; what it missed still counts."""
        self.missed_before += tile.missed
        tile.close()

    def at(self, point: QPointF) -> TileView | None:
        """Return the tile under a point."""
        return next((tile for tile in self.seen() if tile.rect.contains(point.toPoint())), None)

    def wants(self, tile: TileView) -> Wants:
        """Return the streams that a tile needs."""
        camera = self.plan.cameras.get(tile.camera)
        return tile.wants(camera is not None and MAIN in camera.streams, tile is self.large)

    def freshness(self, tile: TileView) -> Freshness:
        """Return how far a tile can be believed."""
        health = self.healths.get(f"{tile.camera}/{SUB}")
        return tile.freshness(health.state if health else StreamState.IDLE, PERIOD_S)

    def caption(self, tile: TileView, now: datetime) -> Caption:
        """Return what is written on a tile; it is made anew only where it may have changed."""
        age, moment = tile.age_s(), now.timestamp()
        fresh = age is not None and age <= LIVE_PERIODS * PERIOD_S
        stamp = (int(moment), int(moment - (age or 0.0)), fresh, tile.stream, self.small(tile), *tile.reader.marks)
        if tile.caption is None or stamp != tile.stamp:
            tile.stamp, tile.caption = stamp, self.describe(tile, now, age)
        return tile.caption

    def small(self, tile: TileView) -> bool:
        """Say whether a tile has room for its number and state alone."""
        return self.plan.side**2 >= SMALL_FROM and tile is not self.large

    def is_changed(self, tile: TileView, now: datetime) -> bool:
        """Say whether what is written on a tile is no longer true."""
        return tile.caption != self.caption(tile, now)

    def describe(self, tile: TileView, now: datetime, age: float | None) -> Caption:
        """Return what is to be written on a tile."""
        camera = self.plan.cameras.get(tile.camera)
        health = self.healths.get(f"{tile.camera}/{tile.stream}")
        verdict = self.verdicts.get(tile.camera)
        since = (now - health.since).total_seconds() if health else 0.0
        small = self.small(tile)
        pictured = now - timedelta(seconds=age) if age is not None and not small else None
        told = tile.reader.state is StreamState.IDLE and health is not None
        return Caption(
            number=str(camera.number) if camera else tile.camera,
            name=camera.name if camera else "",
            freshness=self.freshness(tile),
            age_s=int(since if age is None else age),
            error=health.error if told and health else tile.reader.error,
            verdict=verdict.verdict.value if verdict and verdict.verdict is not Verdict.TRUE else "",
            verdict_s=int((now - verdict.since).total_seconds()) if verdict else 0,
            effort=tile.effort,
            fallback=health.fallback if health else "",
            clock=f"{pictured.astimezone(self.zone):%H:%M:%S}" if pictured else "",
            small=small,
        )

    def close(self) -> None:
        """Let go of every ring."""
        self.shrink()
        for tile in self.placed.values():
            tile.close()
        self.placed = {}
