"""The plan of a wall: which cameras it shows where, from its layout, an arrangement, or a running sequence."""

from datetime import datetime, timedelta

from ioc_console.domain.cameras import Camera
from ioc_console.domain.walls import Arrangement, Playing, Sequence, Tile, step_of
from ioc_console.model import Entity
from widgets.mosaic import filled

LEAD = timedelta(seconds=1.5)
"""How long before a sequence turns its next cameras are opened."""


class Plan:
    """What stands on one surface; the layout's own word counts until somebody arranges it."""

    def __init__(self, surface: str, side: int, cameras: tuple[str, ...], tiles: tuple[Tile, ...]) -> None:
        self.surface, self.first_side, self.listed, self.placed = surface, side, cameras, tiles
        self.cameras: dict[str, Camera] = {}
        self.sequences: dict[str, Sequence] = {}
        self.arrangement: Arrangement | None = None
        self.playing: Playing | None = None
        self.page = 0

    def put(self, entity: Entity) -> None:
        """Take in a camera, a sequence, or what concerns this surface."""
        if isinstance(entity, Camera):
            self.cameras[entity.id] = entity
        elif isinstance(entity, Sequence):
            self.sequences[entity.id] = entity
        elif isinstance(entity, Arrangement) and entity.id == self.surface:
            self.arrangement = entity
        elif isinstance(entity, Playing) and entity.id == self.surface:
            self.playing = entity

    def gone(self, kind: str, id: str) -> None:
        """Take in that an entity is no more."""
        {"camera": self.cameras, "sequence": self.sequences}.get(kind, {}).pop(id, None)
        if id == self.surface:
            self.arrangement = None if kind == "arrangement" else self.arrangement
            self.playing = None if kind == "playing" else self.playing

    @property
    def side(self) -> int:
        """How many cells the grid has along each edge."""
        return self.arrangement.side if self.arrangement else self.first_side

    @property
    def sequence(self) -> Sequence | None:
        """The sequence that runs here."""
        return self.sequences.get(self.playing.sequence) if self.playing else None

    def tiles(self, now: datetime) -> tuple[Tile, ...]:
        """Return which cameras stand where at a moment."""
        if self.playing and self.sequence:
            return self.screenful(now)
        first = self.first_page()
        if self.page == 0:
            return first
        return filled(self.rest(first), self.side, self.page - 1)

    def screenful(self, now: datetime) -> tuple[Tile, ...]:
        """Return the running sequence's tiles at a moment."""
        assert self.playing
        assert self.sequence
        step = step_of(self.playing, self.sequence, self.side**2, now)
        return filled([id for id in self.sequence.cameras if id in self.cameras], self.side, step)

    def coming(self, now: datetime) -> list[str]:
        """Return the cameras that a running sequence shows soon."""
        if not (self.playing and self.sequence) or self.playing.paused_at:
            return []
        return [tile.camera for tile in self.screenful(now + LEAD)]

    def first_page(self) -> tuple[Tile, ...]:
        """Return the arranged tiles, else the layout's, else the cameras in order of their numbers."""
        if self.arrangement:
            return tuple(tile for tile in self.arrangement.tiles if tile.camera in self.cameras)
        if self.placed:
            return tuple(tile for tile in self.placed if tile.camera in self.cameras)
        return filled(self.order(), self.side)

    def order(self) -> list[str]:
        """Return the cameras in the layout's order, else in that of their numbers."""
        known = [id for id in self.listed if id in self.cameras]
        return known or [camera.id for camera in sorted(self.cameras.values(), key=lambda camera: camera.number)]

    def rest(self, first: tuple[Tile, ...]) -> list[str]:
        """Return the cameras that the first page does not show."""
        shown = {tile.camera for tile in first}
        return [id for id in self.order() if id not in shown]

    def pages(self) -> int:
        """Return how many screenfuls there are."""
        return 1 + -(-len(self.rest(self.first_page())) // self.side**2)

    def turn_page(self, by: int) -> None:
        """Turn so many screenfuls on, round and round."""
        self.page = (self.page + by) % self.pages()

    def regrid(self, side: int) -> tuple[Tile, ...]:
        """Return the tiles of another square grid, in the order in which the cameras stand."""
        first = sorted(self.first_page(), key=lambda tile: (tile.row, tile.column))
        return filled([tile.camera for tile in first] + self.rest(tuple(first)), side)
