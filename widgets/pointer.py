"""The pointer on a wall: clicks, drags and the wheel turned into focus, zoom, and a tile carried to another cell."""

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QEvent, QPointF, QRectF
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QMouseEvent, QPainter, QWheelEvent

from widgets.drawer import CAMERA_MIME

DRAG_PX = 12
WHEEL_FACTOR = 1.25
NOTCH = 120


class Pointer:
    """Acts on one wall, which is given to it whole."""

    def __init__(self, wall: Any) -> None:
        self.wall = wall
        self.pressed: QPointF | None = None
        self.here = QPointF()
        self.carried = ""

    def press(self, event: QMouseEvent) -> None:
        """Begin a click or a drag."""
        self.pressed = self.here = event.position()
        tile = self.wall.tiles.at(event.position())
        if tile and not self.wall.tiles.large:
            self.wall.tiles.focused = tile.camera
        self.wall.setFocus()
        self.wall.update()

    def move(self, event: QMouseEvent) -> None:
        """Pan what is zoomed; carry a tile that is not."""
        if self.pressed is None:
            return
        step = event.position() - self.here
        tile = self.wall.tiles.at(self.pressed)
        if tile and tile.zoom.times > 1:
            tile.zoom.pan(step.x() / tile.rect.width(), step.y() / tile.rect.height())
            tile.renew()
        elif tile and not self.wall.tiles.large and (event.position() - self.pressed).manhattanLength() > DRAG_PX:
            self.carried = tile.camera
        self.here = event.position()
        if self.carried:
            self.wall.update()

    def release(self, event: QMouseEvent) -> None:
        """Put a carried tile down."""
        cell = self.wall.tiles.mosaic().cell(event.position().x(), event.position().y())
        if self.carried and cell:
            self.wall.controls.put_camera(self.carried, *cell)
        self.carried, self.pressed = "", None
        self.wall.update()

    def double_click(self, event: QMouseEvent) -> None:
        """Enlarge a tile, or return to the grid."""
        tile = self.wall.tiles.at(event.position())
        if self.wall.tiles.large:
            self.wall.tiles.shrink()
        elif tile:
            self.wall.tiles.enlarge(tile.camera)

    def wheel(self, event: QWheelEvent) -> None:
        """Zoom about the pointer."""
        at = event.position()
        tile = self.wall.tiles.at(at)
        if tile:
            factor, rect = WHEEL_FACTOR ** (event.angleDelta().y() / NOTCH), tile.rect
            tile.zoom.scale(factor, (at.x() - rect.left()) / rect.width(), (at.y() - rect.top()) / rect.height())
            tile.renew()

    def drag_enter(self, event: QDragEnterEvent) -> None:
        """Take what comes from the camera list."""
        if event.mimeData().hasFormat(CAMERA_MIME):
            event.acceptProposedAction()

    def drop(self, event: QDropEvent) -> None:
        """Put a camera from the list where it is dropped."""
        cell = self.wall.tiles.mosaic().cell(event.position().x(), event.position().y())
        camera = bytes(event.mimeData().data(CAMERA_MIME).data()).decode(errors="replace")
        if cell and camera in self.wall.tiles.plan.cameras:
            self.wall.controls.put_camera(camera, *cell)
            event.acceptProposedAction()

    def paint(self, painter: QPainter) -> None:
        """Paint the tile that is carried."""
        tile = self.wall.tiles.placed.get(self.carried)
        if tile is None:
            return
        rect = QRectF(tile.rect)
        rect.moveCenter(self.here)
        painter.setOpacity(0.7)
        if tile.image:
            painter.drawImage(rect, tile.image)
        else:
            painter.fillRect(rect, self.wall.theme.raised)
        painter.setOpacity(1.0)


HANDLERS: dict[QEvent.Type, Callable[[Pointer, Any], None]] = {
    QEvent.Type.MouseButtonPress: Pointer.press,
    QEvent.Type.MouseMove: Pointer.move,
    QEvent.Type.MouseButtonRelease: Pointer.release,
    QEvent.Type.MouseButtonDblClick: Pointer.double_click,
    QEvent.Type.Wheel: Pointer.wheel,
    QEvent.Type.DragEnter: Pointer.drag_enter,
    QEvent.Type.Drop: Pointer.drop,
}
"""What each event of the pointer does."""
