"""Furniture: the few painted shapes that strip, rail and tiles share."""

from datetime import timedelta

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPen

from widgets.theme import Theme

ALIGN_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
ALIGN_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
ALIGN_CENTRE = Qt.AlignmentFlag.AlignCenter
HATCH_UNITS, HATCH_WIDTH, HATCH_ALPHA = 1.6, 0.15, 50


def age_text(seconds: float) -> str:
    """Return an age as 00:42, 03:10 or 2:03:10."""
    whole = timedelta(seconds=int(max(seconds, 0)))
    hours, rest = divmod(int(whole.total_seconds()), 3_600)
    minutes, left = divmod(rest, 60)
    return f"{hours}:{minutes:02d}:{left:02d}" if hours else f"{minutes:02d}:{left:02d}"


def hatch(painter: QPainter, area: QRectF, theme: Theme, unit: float) -> None:
    """Draw 45° lines over an area: what it shows is not current."""
    spacing = HATCH_UNITS * unit
    painter.save()
    painter.setClipRect(area)
    painter.setPen(QPen(veiled(theme.stale, HATCH_ALPHA), max(1.0, HATCH_WIDTH * unit)))
    x = area.left() - area.height()
    while x < area.right():
        painter.drawLine(QPointF(x, area.top()), QPointF(x + area.height(), area.bottom()))
        x += spacing
    painter.restore()


def text_width(font: QFont, text: str) -> float:
    """Return how wide a text is, in pixels."""
    return QFontMetricsF(font).horizontalAdvance(text)


def elided(font: QFont, text: str, width: float) -> str:
    """Return a text shortened to a width."""
    return QFontMetricsF(font).elidedText(text, Qt.TextElideMode.ElideRight, width)


def wrapped(font: QFont, text: str, width: float) -> list[str]:
    """Return a text in one line, else in two as even as its words allow, the last one shortened."""
    words = text.split()
    if len(words) < 2 or text_width(font, text) <= width:
        return [elided(font, text, width)] if words else []
    halves = [(" ".join(words[:at]), " ".join(words[at:])) for at in range(1, len(words))]
    widest = [max(text_width(font, first), text_width(font, second)) for first, second in halves]
    if min(widest) <= width:
        return list(halves[widest.index(min(widest))])
    fitting = [half for half in halves if text_width(font, half[0]) <= width] or halves[:1]
    return [elided(font, line, width) for line in fitting[-1]]


def drop(large: QFont, small: QFont) -> float:
    """Return how much lower a small text stands than a large one of the same middle to share its baseline, in px."""
    return (QFontMetricsF(large).capHeight() - QFontMetricsF(small).capHeight()) / 2


def put_text(painter: QPainter, area: QRectF, text: str, font: QFont, colour: QColor, align: Qt.AlignmentFlag) -> None:
    """Draw one line of text into an area."""
    painter.setFont(font)
    painter.setPen(colour)
    painter.drawText(area, int(align) | int(Qt.TextFlag.TextSingleLine), text)


def veiled(colour: QColor, alpha: int) -> QColor:
    """Return a colour through which what lies below is seen, from 0 (all of it) to 255 (nothing)."""
    veil = QColor(colour)
    veil.setAlpha(alpha)
    return veil
