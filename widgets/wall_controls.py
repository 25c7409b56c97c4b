"""The wall's controls: keys, wheel and mouse turned into what the wall does and which commands it gives."""

import asyncio
from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QPointF, QRectF, Qt, QTimer
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QWheelEvent

from ioc_console.domain.walls import (
    PRESETS,
    ArrangeWall,
    PauseSequence,
    ResetWall,
    ResumeSequence,
    StepSequence,
    StopSequence,
    Tile,
)
from widgets.camera_list import CameraList
from widgets.furniture import ALIGN_CENTRE, put_text, text_width
from widgets.mosaic import moved, neighbour
from widgets.sequence_list import SequenceList
from widgets.snapshot import captioned, file_name, picture_of, save

NUMBER_MS = 4_000
MOST_DIGITS = 5
DRAG_PX = 12
SIDES = [int(count**0.5) for count in PRESETS]
ARROWS = {
    Qt.Key.Key_Left: (-1, 0),
    Qt.Key.Key_Right: (1, 0),
    Qt.Key.Key_Up: (0, -1),
    Qt.Key.Key_Down: (0, 1),
}


class Controls:
    """Acts on one wall, which is given to it whole."""

    def __init__(self, wall: Any) -> None:
        self.wall = wall
        self.number = ""
        self.pressed: QPointF | None = None
        self.pointer = QPointF()
        self.dragged = ""
        self.tasks: set[asyncio.Future[None]] = set()
        self.patience = QTimer(wall)
        self.patience.setSingleShot(True)
        self.patience.timeout.connect(self.clear_number)
        self.camera_list = CameraList(wall)
        self.sequence_list = SequenceList(wall)

    def close(self) -> None:
        """Stop what runs."""
        self.patience.stop()

    def resize(self) -> None:
        """Fit the drawers to the wall."""
        self.camera_list.fit()
        self.sequence_list.fit()

    def key(self, event: QKeyEvent) -> bool:
        """Do what a key means; say whether it means anything."""
        key = Qt.Key(event.key())
        alone = event.modifiers() & (Qt.KeyboardModifier.AltModifier | Qt.KeyboardModifier.ControlModifier)
        if alone and Qt.Key.Key_1 <= key <= Qt.Key.Key_8:
            self.regrid(SIDES[key - Qt.Key.Key_1])
            return True
        if event.text().isdigit() and not alone:
            self.digit(event.text())
            return True
        if key in ARROWS:
            self.wall.focused = neighbour(self.wall.shown(), self.wall.focused, *ARROWS[key])
            self.wall.update()
            return True
        shifted = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        action = KEYS.get((key, shifted)) or KEYS.get((key, None))
        if action is None:
            return False
        action(self)
        return True

    def digit(self, digit: str) -> None:
        """Collect a camera's number."""
        self.number = (self.number + digit)[-MOST_DIGITS:]
        self.patience.start(NUMBER_MS)
        self.wall.update()

    def clear_number(self) -> None:
        """Forget the digits."""
        self.number = ""
        self.wall.update()

    def enter(self) -> None:
        """Enlarge the camera whose number was typed, else the one in focus."""
        if not self.number:
            self.wall.enlarge(self.wall.focused) if self.wall.focused else None
            return
        number, self.number = int(self.number), ""
        found = next((c.id for c in self.wall.plan.cameras.values() if c.number == number), None)
        if found is None:
            self.wall.notice.emit(self.wall.text.say("camera_wall.no_number", number=number))
        else:
            self.wall.enlarge(found)
        self.wall.update()

    def escape(self) -> None:
        """Go one step back: the digits, the zoom, the enlarged tile."""
        target = self.wall.large
        if self.number:
            self.clear_number()
        elif target and target.zoom.times > 1:
            self.unzoom()
        elif target:
            self.wall.shrink()

    def unzoom(self) -> None:
        """Show whole pictures."""
        for tile in self.wall.views():
            tile.zoom.times = 1.0
            tile.zoom.settle()
            tile.seen = dict.fromkeys(tile.seen, 0)
        self.wall.update()

    def zoom(self, factor: float) -> None:
        """Zoom the tile in focus about its middle."""
        tile = self.wall.large or self.wall.tiles.get(self.wall.focused)
        if tile:
            tile.zoom.scale(factor, 0.5, 0.5)
            tile.seen = dict.fromkeys(tile.seen, 0)

    def regrid(self, side: int) -> None:
        """Ask for another square grid."""
        self.give_tiles(side, self.wall.plan.regrid(side))

    def resize_grid(self, by: int) -> None:
        """Ask for the next larger or smaller grid."""
        side = self.wall.plan.side
        nearest = [s for s in SIDES if (s > side if by > 0 else s < side)]
        if nearest:
            self.regrid(min(nearest) if by > 0 else max(nearest))

    def give_tiles(self, side: int, tiles: tuple[Tile, ...]) -> None:
        """Give the command that arranges the wall."""
        self.wall.plan.page = 0
        self.wall.do(ArrangeWall(self.wall.place.surface, side, tiles))

    def put_camera(self, camera: str, column: int, row: int) -> None:
        """Ask for a camera in a cell."""
        self.give_tiles(self.wall.plan.side, moved(self.wall.plan.first_page(), camera, column, row))

    def put_on_focus(self, camera: str) -> None:
        """Ask for a camera on the tile in focus."""
        tile = next((t for t in self.wall.plan.first_page() if t.camera == self.wall.focused), None)
        self.put_camera(camera, tile.column if tile else 0, tile.row if tile else 0)

    def page(self, by: int) -> None:
        """Turn to another screenful."""
        self.wall.plan.turn_page(by)
        self.wall.arrange()
        words = self.wall.text.say("camera_wall.page", page=self.wall.plan.page + 1, pages=self.wall.plan.pages())
        self.wall.notice.emit(words)

    def sequence(self, command: Callable[[str], Any]) -> None:
        """Give a command to the sequence that runs here."""
        if self.wall.plan.playing:
            self.wall.do(command(self.wall.place.surface))

    def pause(self) -> None:
        """Hold the sequence, or let it run on."""
        playing = self.wall.plan.playing
        self.sequence(ResumeSequence if playing and playing.paused_at else PauseSequence)

    def snapshot(self) -> None:
        """Save the picture in focus, off the GUI's thread."""
        tile = self.wall.large or self.wall.tiles.get(self.wall.focused)
        camera = self.wall.plan.cameras.get(tile.camera) if tile else None
        picture = picture_of(tile.reader) if tile else None
        if camera is None or picture is None:
            self.wall.notice.emit(self.wall.text.say("camera_wall.no_picture"))
            return
        at = self.wall.bridge.now().astimezone(self.wall.zone)
        image = captioned(
            picture, f"{camera.number}  {camera.name}   {at:%d/%m/%Y %H:%M:%S %z}", self.wall.theme.font("body")
        )
        task = asyncio.ensure_future(asyncio.to_thread(save, image, self.wall.place.pictures / file_name(camera, at)))
        self.tasks.add(task)
        task.add_done_callback(self.saved)

    def saved(self, task: "asyncio.Future[None]") -> None:
        """Say where the snapshot is, or that it is not."""
        self.tasks.discard(task)
        key = "camera_wall.not_saved" if task.exception() else "camera_wall.saved"
        words = {
            "camera_wall.saved": self.wall.text.say("camera_wall.saved", folder=self.wall.place.pictures),
            "camera_wall.not_saved": self.wall.text.say("camera_wall.not_saved", folder=self.wall.place.pictures),
        }
        self.wall.notice.emit(words[key])

    def press(self, event: QMouseEvent) -> None:
        """Begin a click or a drag."""
        self.pressed = self.pointer = event.position()
        tile = self.wall.at(event.position().x(), event.position().y())
        if tile and not self.wall.large:
            self.wall.focused = tile.camera
        self.wall.setFocus()
        self.wall.update()

    def drag(self, event: QMouseEvent) -> None:
        """Pan what is zoomed; carry a tile that is not."""
        if self.pressed is None:
            return
        step = event.position() - self.pointer
        tile = self.wall.at(self.pressed.x(), self.pressed.y())
        if tile and tile.zoom.times > 1:
            tile.zoom.pan(step.x() / tile.rect.width(), step.y() / tile.rect.height())
            tile.seen = dict.fromkeys(tile.seen, 0)
        elif tile and not self.wall.large and (event.position() - self.pressed).manhattanLength() > DRAG_PX:
            self.dragged = tile.camera
        self.pointer = event.position()
        if self.dragged:
            self.wall.update()

    def drop(self, event: QMouseEvent) -> None:
        """Put a carried tile down."""
        cell = self.wall.mosaic().cell(event.position().x(), event.position().y())
        if self.dragged and cell:
            self.put_camera(self.dragged, *cell)
        self.dragged, self.pressed = "", None
        self.wall.update()

    def double_click(self, event: QMouseEvent) -> None:
        """Enlarge a tile, or return to the grid."""
        tile = self.wall.at(event.position().x(), event.position().y())
        if self.wall.large:
            self.wall.shrink()
        elif tile:
            self.wall.enlarge(tile.camera)

    def wheel(self, event: QWheelEvent) -> None:
        """Zoom about the pointer."""
        at = event.position()
        tile = self.wall.at(at.x(), at.y())
        if tile:
            factor = 1.25 ** (event.angleDelta().y() / 120)
            rect = tile.rect
            tile.zoom.scale(factor, (at.x() - rect.left()) / rect.width(), (at.y() - rect.top()) / rect.height())
            tile.seen = dict.fromkeys(tile.seen, 0)

    def paint(self, painter: QPainter) -> None:
        """Paint the digits typed, and the tile that is carried."""
        wall = self.wall
        if self.dragged and self.dragged in wall.tiles:
            rect = QRectF(wall.tiles[self.dragged].rect)
            rect.moveCenter(self.pointer)
            painter.setOpacity(0.7)
            image = wall.tiles[self.dragged].image
            painter.drawImage(rect, image) if image else painter.fillRect(rect, wall.theme.raised)
            painter.setOpacity(1.0)
        if self.number:
            font = wall.theme.font("figure")
            width = text_width(font, self.number) + 8 * wall.place.unit
            box = QRectF(0, 0, width, 1.6 * font.pixelSize())
            box.moveCenter(QPointF(wall.rect().center()))
            painter.fillRect(box, wall.theme.bg)
            painter.setPen(wall.theme.focus)
            painter.drawRect(box)
            put_text(painter, box, self.number, font, wall.theme.text, ALIGN_CENTRE)


KEYS: dict[tuple[Qt.Key, bool | None], Callable[[Controls], None]] = {
    (Qt.Key.Key_Return, None): Controls.enter,
    (Qt.Key.Key_Enter, None): Controls.enter,
    (Qt.Key.Key_Escape, None): Controls.escape,
    (Qt.Key.Key_Plus, None): lambda c: c.resize_grid(1),
    (Qt.Key.Key_Equal, None): lambda c: c.resize_grid(1),
    (Qt.Key.Key_Minus, None): lambda c: c.resize_grid(-1),
    (Qt.Key.Key_Z, False): lambda c: c.zoom(1.5),
    (Qt.Key.Key_Z, True): lambda c: c.zoom(1 / 1.5),
    (Qt.Key.Key_X, None): Controls.unzoom,
    (Qt.Key.Key_PageDown, None): lambda c: c.page(1),
    (Qt.Key.Key_PageUp, None): lambda c: c.page(-1),
    (Qt.Key.Key_Space, None): Controls.pause,
    (Qt.Key.Key_Period, None): lambda c: c.sequence(lambda surface: StepSequence(surface, 1)),
    (Qt.Key.Key_Comma, None): lambda c: c.sequence(lambda surface: StepSequence(surface, -1)),
    (Qt.Key.Key_S, False): lambda c: c.sequence_list.open(),
    (Qt.Key.Key_S, True): lambda c: c.sequence(StopSequence),
    (Qt.Key.Key_C, None): lambda c: c.camera_list.open(),
    (Qt.Key.Key_Slash, None): lambda c: c.camera_list.open(),
    (Qt.Key.Key_P, None): Controls.snapshot,
    (Qt.Key.Key_R, None): lambda c: c.wall.do(ResetWall(c.wall.place.surface)),
}
