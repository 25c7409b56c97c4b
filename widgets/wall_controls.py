"""The wall's controls: what an operator can have a wall do, and the commands that it takes."""

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import Any

from ioc_console.domain.cameras import Camera, TakeReference
from ioc_console.domain.walls import ArrangeWall, PauseSequence, ResetWall, ResumeSequence, Tile
from widgets.camera_list import CameraList
from widgets.darkroom import develop
from widgets.mosaic import moved, neighbour
from widgets.number_entry import NumberEntry
from widgets.sequence_list import SequenceList
from widgets.snapshot import file_name, whole_shot
from widgets.tile import TileView


class Controls:
    """Acts on one wall, which is given to it whole."""

    def __init__(self, wall: Any) -> None:
        self.wall = wall
        self.number = NumberEntry(wall, wall.theme, wall.place.unit)
        self.tasks: set[asyncio.Future[None]] = set()
        self.camera_list = CameraList(wall)
        self.sequence_list = SequenceList(wall)

    def reset(self) -> None:
        """Ask for the layout's own arrangement."""
        self.wall.do(ResetWall(self.wall.place.surface))

    def resize(self) -> None:
        """Fit the drawers to the wall."""
        self.camera_list.fit()
        self.sequence_list.fit()

    def move_focus(self, dx: int, dy: int) -> None:
        """Move the focus to the next tile in a direction."""
        self.wall.tiles.focused = neighbour(
            self.wall.tiles.plan.tiles(self.wall.bridge.now()), self.wall.tiles.focused, dx, dy
        )
        self.wall.update()

    def enter(self) -> None:
        """Enlarge the camera whose number was typed, else the one in focus."""
        if not self.number.digits:
            if self.wall.tiles.focused:
                self.wall.tiles.enlarge(self.wall.tiles.focused)
            return
        number = self.number.take()
        found = next((c.id for c in self.wall.tiles.plan.cameras.values() if c.number == number), None)
        if found is None:
            self.wall.notice.emit(self.wall.text.say("camera_wall.no_number", number=number))
            return
        self.wall.tiles.enlarge(found)

    def escape(self) -> None:
        """Go one step back: the digits, the zoom, the enlarged tile."""
        if self.number.digits:
            self.number.clear()
        elif any(tile.zoom.times > 1 for tile in self.wall.tiles.seen()):
            self.unzoom()
        else:
            self.wall.tiles.shrink()

    def unzoom(self) -> None:
        """Show whole pictures."""
        for tile in self.wall.tiles.seen():
            tile.zoom.scale(0.0, 0.5, 0.5)
            tile.renew()

    def zoom(self, factor: float) -> None:
        """Zoom the tile in focus about its middle."""
        tile = self.wall.tiles.large or self.wall.tiles.placed.get(self.wall.tiles.focused)
        if tile:
            tile.zoom.scale(factor, 0.5, 0.5)
            tile.renew()

    def regrid(self, side: int) -> None:
        """Ask for another square grid."""
        self.give_tiles(side, self.wall.tiles.plan.regrid(side))

    def resize_grid(self, sides: list[int], by: int) -> None:
        """Ask for the next larger or smaller of some grids."""
        here = self.wall.tiles.plan.side
        further = [side for side in sides if (side - here) * by > 0]
        if further:
            self.regrid(min(further) if by > 0 else max(further))

    def give_tiles(self, side: int, tiles: tuple[Tile, ...]) -> None:
        """Give the command that arranges the wall."""
        self.wall.tiles.plan.page = 0
        self.wall.do(ArrangeWall(self.wall.place.surface, side, tiles))

    def put_camera(self, camera: str, column: int, row: int) -> None:
        """Ask for a camera in a cell."""
        self.give_tiles(self.wall.tiles.plan.side, moved(self.wall.tiles.plan.first_page(), camera, column, row))

    def put_on_focus(self, camera: str) -> None:
        """Ask for a camera on the tile in focus."""
        tile = next((t for t in self.wall.tiles.plan.first_page() if t.camera == self.wall.tiles.focused), None)
        self.put_camera(camera, tile.column if tile else 0, tile.row if tile else 0)

    def take_reference(self) -> None:
        """Accept what the camera in focus shows as the view it is meant to have."""
        if self.wall.tiles.focused:
            self.wall.do(TakeReference(self.wall.tiles.focused))

    def page(self, by: int) -> None:
        """Turn to another screenful."""
        plan = self.wall.tiles.plan
        plan.turn_page(by)
        self.wall.level()
        self.wall.notice.emit(self.wall.text.say("camera_wall.page", page=plan.page + 1, pages=plan.pages()))

    def sequence(self, command: Callable[[str], Any]) -> None:
        """Give a command to the sequence that runs here."""
        if self.wall.tiles.plan.playing:
            self.wall.do(command(self.wall.place.surface))

    def pause(self) -> None:
        """Hold the sequence, or let it run on."""
        playing = self.wall.tiles.plan.playing
        self.sequence(ResumeSequence if playing and playing.paused_at else PauseSequence)

    def snapshot(self) -> None:
        """Save the picture in focus, at its full size and with the time at which it was received."""
        tiles = self.wall.tiles
        tile = tiles.large or tiles.placed.get(tiles.focused)
        camera = tiles.plan.cameras.get(tile.camera) if tile else None
        if tile is None or camera is None or not tile.reader.poll():
            self.wall.notice.emit(self.wall.text.say("camera_wall.no_picture"))
            return
        task = asyncio.ensure_future(self.shoot(tile, camera))
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    def leave(self) -> None:
        """Let snapshots that still wait go."""
        for task in self.tasks:
            task.cancel()

    async def shoot(self, tile: TileView, camera: Camera) -> None:
        """Wait for the whole picture, write it off the GUI's thread, and say where it is, or that it is not."""
        wall, say = self.wall, self.wall.text.say
        shot = await whole_shot(tile)
        if shot is None:
            wall.notice.emit(say("camera_wall.no_picture"))
            return
        at = datetime.fromtimestamp(shot.at, wall.tiles.zone)
        words = f"{camera.number}  {camera.name}   {at:%d/%m/%Y %H:%M:%S %z}"
        file = wall.place.pictures / file_name(camera, at)
        try:
            await asyncio.to_thread(develop, shot, words, wall.theme, file)
        except OSError:
            wall.notice.emit(say("camera_wall.not_saved", file=file))
            return
        wall.notice.emit(say("camera_wall.saved", file=file))
