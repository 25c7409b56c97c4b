"""The number entry: a camera's number as it is typed, shown large until Enter or until patience ends."""

from PySide6.QtCore import QPointF, QRectF, QTimer
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QWidget

from widgets.furniture import ALIGN_CENTRE, put_text, text_width
from widgets.theme import Theme

NUMBER_MS = 4_000
MOST_DIGITS = 5


class NumberEntry:
    """The digits typed so far on one wall."""

    def __init__(self, wall: QWidget, theme: Theme, unit: float) -> None:
        self.wall, self.theme, self.unit = wall, theme, unit
        self.digits = ""
        self.patience = QTimer(wall)
        self.patience.setSingleShot(True)
        self.patience.timeout.connect(self.clear)

    def type(self, digit: str) -> None:
        """Take a digit in."""
        self.digits = (self.digits + digit)[-MOST_DIGITS:]
        self.patience.start(NUMBER_MS)
        self.wall.update()

    def clear(self) -> None:
        """Forget the digits."""
        self.digits = ""
        self.wall.update()

    def take(self) -> int:
        """Return the number and forget it."""
        number = int(self.digits)
        self.clear()
        return number

    def paint(self, painter: QPainter) -> None:
        """Paint the digits in the middle of the wall."""
        if not self.digits:
            return
        font = self.theme.font("figure")
        box = QRectF(0, 0, text_width(font, self.digits) + 8 * self.unit, 1.6 * font.pixelSize())
        box.moveCenter(QPointF(self.wall.rect().center()))
        painter.fillRect(box, self.theme.paper)
        painter.setPen(self.theme.focus)
        painter.drawRect(box)
        put_text(painter, box, self.digits, font, self.theme.text, ALIGN_CENTRE)
