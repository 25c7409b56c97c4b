"""Walls: which cameras stand where on a surface, and the sequences that pass over it."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Annotated, ClassVar

import msgspec

from ioc_console.domain.cameras import Camera, CameraId
from ioc_console.model import Actor, Change, Command, Entity, Gone, Keep, Key, Moment, Refused, State, Written

PRESETS = (1, 4, 9, 16, 25, 36, 49, 64)
"""How many tiles the square grids hold."""

Cell = Annotated[int, msgspec.Meta(ge=0, le=15)]
Span = Annotated[int, msgspec.Meta(ge=1, le=16)]
SurfaceId = Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9][a-z0-9_.-]{0,63}$")]


class Tile(msgspec.Struct, frozen=True):
    """A camera's place on a grid of square cells, counted from the top left, with its span in cells."""

    camera: CameraId
    column: Cell
    row: Cell
    span: Span = 1


class Arrangement(Entity, frozen=True, kw_only=True):
    """Which cameras stand where on one surface; the id is the surface's (`layout.window.panel`).

    `side` is how many cells the grid has along each edge. `page` counts whole screens further into the
    tiles where a square preset holds more cameras than it has cells.
    """

    side: Annotated[int, msgspec.Meta(ge=1, le=16)]
    tiles: tuple[Tile, ...]

    change: ClassVar[Change] = Change.DECIDED
    keep: ClassVar[Keep] = Keep.HISTORY
    most: ClassVar[int] = 500


class Sequence(Entity, frozen=True, kw_only=True):
    """A named list of cameras shown in turn, each `dwell_s` seconds."""

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=80)]
    cameras: Annotated[tuple[CameraId, ...], msgspec.Meta(min_length=1, max_length=200)]
    dwell_s: Annotated[float, msgspec.Meta(ge=2, le=3_600)] = 8.0

    change: ClassVar[Change] = Change.DECIDED
    keep: ClassVar[Keep] = Keep.HISTORY
    most: ClassVar[int] = 200


class Playing(Entity, frozen=True, kw_only=True):
    """A sequence running on a surface; every display computes the step from the hub's time, so nobody ticks.

    While paused, `paused_at` holds the moment whose step stays on the screen.
    """

    sequence: str
    started: Moment
    paused_at: Moment | None = None

    change: ClassVar[Change] = Change.DECIDED
    keep: ClassVar[Keep] = Keep.LAST
    most: ClassVar[int] = 500


def step_of(playing: Playing, sequence: Sequence, screen: int, now: datetime) -> int:
    """Return which screenful of `screen` cameras a running sequence shows at a moment, counted from 0."""
    screens = -(-len(sequence.cameras) // screen)
    return (((playing.paused_at or now) - playing.started) // dwell_of(sequence)) % screens


def remaining(playing: Playing, sequence: Sequence, now: datetime) -> float:
    """Return the seconds until a running sequence turns to its next step."""
    dwell = dwell_of(sequence)
    return (dwell - ((playing.paused_at or now) - playing.started) % dwell).total_seconds()


def dwell_of(sequence: Sequence) -> timedelta:
    """Return how long a step lasts; counted in whole microseconds, so that a step never falls short by rounding."""
    return timedelta(seconds=sequence.dwell_s)


class ArrangeWall(Command, frozen=True, tag="wall.arrange"):
    """Set which cameras stand where on a surface, for everyone who shows it."""

    surface: SurfaceId
    side: Annotated[int, msgspec.Meta(ge=1, le=16)]
    tiles: Annotated[tuple[Tile, ...], msgspec.Meta(max_length=256)]

    needs: ClassVar[str] = "wall.arrange"
    fresh: ClassVar[bool] = True

    def reads(self) -> tuple[Key, ...]:
        return (Key("arrangement", self.surface),)

    def apply(self, state: State, actor: Actor, at: datetime) -> Iterable[Written]:
        taken: set[tuple[int, int]] = set()
        for tile in self.tiles:
            if state.get(Camera, tile.camera) is None:
                raise Refused("camera.unknown", camera=tile.camera)
            cells = cells_of(tile)
            if taken & cells or not all(column < self.side and row < self.side for column, row in cells):
                raise Refused("wall.tile_misplaced", camera=tile.camera)
            taken |= cells
        yield Arrangement(id=self.surface, side=self.side, tiles=self.tiles)


def cells_of(tile: Tile) -> set[tuple[int, int]]:
    """Return the (column, row) cells that a tile covers."""
    return {(tile.column + dx, tile.row + dy) for dx in range(tile.span) for dy in range(tile.span)}


class ResetWall(Command, frozen=True, tag="wall.reset"):
    """Put a surface back to the arrangement that its layout file gives."""

    surface: SurfaceId

    needs: ClassVar[str] = "wall.arrange"

    def reads(self) -> tuple[Key, ...]:
        return (Key("arrangement", self.surface),)

    def apply(self, state: State, actor: Actor, at: datetime) -> Iterable[Written]:
        if state.get(Arrangement, self.surface):
            yield Gone("arrangement", self.surface)


class DefineSequence(Command, frozen=True, tag="sequence.define"):
    """Give a list of cameras a name under which it can run on any surface."""

    sequence: Sequence

    needs: ClassVar[str] = "sequence.define"

    def reads(self) -> tuple[Key, ...]:
        return (self.sequence.key,)

    def apply(self, state: State, actor: Actor, at: datetime) -> Iterable[Written]:
        for camera in self.sequence.cameras:
            if state.get(Camera, camera) is None:
                raise Refused("camera.unknown", camera=camera)
        if state.get(Sequence, self.sequence.id) != self.sequence:
            yield self.sequence


class DropSequence(Command, frozen=True, tag="sequence.drop"):
    """Forget a sequence; where it was running, the surface returns to its arrangement."""

    sequence: str

    needs: ClassVar[str] = "sequence.define"

    def reads(self) -> tuple[Key, ...]:
        return (Key("sequence", self.sequence),)

    def apply(self, state: State, actor: Actor, at: datetime) -> Iterable[Written]:
        known(state, self.sequence)
        yield Gone("sequence", self.sequence)
        yield from (Gone("playing", p.id) for p in state.all(Playing) if p.sequence == self.sequence)


class PlaySequence(Command, frozen=True, tag="sequence.play"):
    """Run a sequence on a surface from its first camera."""

    surface: SurfaceId
    sequence: str

    needs: ClassVar[str] = "sequence.play"

    def apply(self, state: State, actor: Actor, at: datetime) -> Iterable[Written]:
        known(state, self.sequence)
        yield Playing(id=self.surface, sequence=self.sequence, started=at)


class StopSequence(Command, frozen=True, tag="sequence.stop"):
    """End the sequence on a surface, which returns to its arrangement."""

    surface: SurfaceId

    needs: ClassVar[str] = "sequence.play"

    def apply(self, state: State, actor: Actor, at: datetime) -> Iterable[Written]:
        yield Gone("playing", running(state, self.surface).id)


class PauseSequence(Command, frozen=True, tag="sequence.pause"):
    """Hold the sequence on a surface where it stands."""

    surface: SurfaceId

    needs: ClassVar[str] = "sequence.play"

    def apply(self, state: State, actor: Actor, at: datetime) -> Iterable[Written]:
        playing = running(state, self.surface)
        if playing.paused_at is None:
            yield msgspec.structs.replace(playing, paused_at=at)


class ResumeSequence(Command, frozen=True, tag="sequence.resume"):
    """Let a held sequence run on from where it stands."""

    surface: SurfaceId

    needs: ClassVar[str] = "sequence.play"

    def apply(self, state: State, actor: Actor, at: datetime) -> Iterable[Written]:
        playing = running(state, self.surface)
        if playing.paused_at:
            yield msgspec.structs.replace(playing, started=playing.started + (at - playing.paused_at), paused_at=None)


class StepSequence(Command, frozen=True, tag="sequence.step"):
    """Move the sequence on a surface by so many steps, back where negative."""

    surface: SurfaceId
    steps: Annotated[int, msgspec.Meta(ge=-200, le=200)] = 1

    needs: ClassVar[str] = "sequence.play"

    def apply(self, state: State, actor: Actor, at: datetime) -> Iterable[Written]:
        playing = running(state, self.surface)
        sequence = known(state, playing.sequence)
        moment, dwell = playing.paused_at or at, dwell_of(sequence)
        steps = (moment - playing.started) // dwell + self.steps
        yield msgspec.structs.replace(playing, started=moment - steps * dwell)


def known(state: State, sequence: str) -> Sequence:
    """Return a sequence, or raise `Refused` where there is none of that id."""
    found = state.get(Sequence, sequence)
    if found is None:
        raise Refused("sequence.unknown", sequence=sequence)
    return found


def running(state: State, surface: str) -> Playing:
    """Return what runs on a surface, or raise `Refused` where nothing does."""
    found = state.get(Playing, surface)
    if found is None:
        raise Refused("sequence.not_running", surface=surface)
    return found
