"""Severity: the symbol of an alarm, told by shape, number and colour together, and the chip that names it."""

from collections.abc import Callable, Iterable
from enum import Enum

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QFont, QPainter, QPainterPath, QPen, QPixmap, QPolygonF
from PySide6.QtWidgets import QLabel, QWidget

from ioc_console.words import Catalogue
from widgets.furniture import ALIGN_CENTRE, ALIGN_LEFT, put_text, text_width
from widgets.theme import Theme

OUTLINE_PX, OUTLINE_SHARE = 2.0, 0.05
STROKE_SHARE = 0.08
NUMBER_SHARE = {1: 0.48, 2: 0.46, 3: 0.62, 4: 0.58}
"""How large the number stands in each shape."""
INNER = {1: (0.68, 0.36), 2: (0.5, 0.36), 3: (0.5, 0.5), 4: (0.5, 0.46)}
"""How far down a hollow shape its mark stands, and how large, as shares of it."""
REACH = {1: (1.65, 2.25, 1.0), 2: (1.42, 1.42, 1.42), 3: (1.0, 1.0, 1.0), 4: (1.0, 1.0, 1.0)}
"""How far beyond a shape's path its line reaches at the sides, the top and the foot, in halves of the line's width."""


class Standing(Enum):
    """How far an alarm has come, which its symbol tells without colour."""

    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    RETURNED = "returned"
    SHELVED = "shelved"


def symbol(painter: QPainter, area: QRectF, level: int, standing: Standing, theme: Theme) -> None:
    """Paint a severity from 1 to 4 into a square: filled while open, else hollow with what became of it.

    The outline stands between the colour and any ground, since on light ones yellow and orange are not seen.
    """
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    fill, on = theme.severities[level]
    if standing is Standing.SHELVED:
        fill = theme.text_3
    edge = max(OUTLINE_PX, OUTLINE_SHARE * area.width())
    if standing is Standing.OPEN:
        path = SHAPES[level](within(area, level, edge))
        painter.setPen(pen(theme.outline, edge))
        painter.setBrush(QBrush(fill))
        painter.drawPath(path)
        put_text(painter, number_area(area, level), str(level), number_font(theme, area, level), on, ALIGN_CENTRE)
    else:
        hollow(painter, area, level, (theme.outline, fill), standing)
        MARKS[standing](painter, inner(area, level), theme)
    painter.restore()


def hollow(painter: QPainter, area: QRectF, level: int, colours: tuple[QColor, QColor], standing: Standing) -> None:
    """Paint the line of a shape in its colour, with the outline on both sides of it."""
    stroke = STROKE_SHARE * area.width()
    edge = max(OUTLINE_PX, OUTLINE_SHARE * area.width())
    path = SHAPES[level](within(area, level, stroke + 2 * edge))
    style = Qt.PenStyle.DotLine if standing is Standing.RETURNED else Qt.PenStyle.SolidLine
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for colour, width in zip(colours, (stroke + 2 * edge, stroke), strict=True):
        line = pen(colour, width)
        if colour is colours[1]:
            line.setStyle(style)
        painter.setPen(line)
        painter.drawPath(path)


def inner(area: QRectF, level: int) -> QRectF:
    """Return the square inside a hollow shape that its mark may fill."""
    down, share = INNER[level]
    mark = QRectF(0, 0, share * area.width(), share * area.height())
    mark.moveCenter(QPointF(area.center().x(), area.top() + down * area.height()))
    return mark


def within(area: QRectF, level: int, width: float) -> QRectF:
    """Return where a shape's path has to stay for its line of a width to stay inside an area."""
    side, top, foot = (share * width / 2 for share in REACH[level])
    return area.adjusted(side, top, -side, -foot)


def pen(colour: QColor, width: float) -> QPen:
    """Return a pen whose corners are sharp."""
    return QPen(colour, width, Qt.PenStyle.SolidLine, Qt.PenCapStyle.FlatCap, Qt.PenJoinStyle.MiterJoin)


def triangle(area: QRectF) -> QPainterPath:
    """Return the shape of what is critical."""
    return closed(QPointF(area.center().x(), area.top()), area.bottomRight(), area.bottomLeft())


def diamond(area: QRectF) -> QPainterPath:
    """Return the shape of what is high."""
    middle = area.center()
    return closed(
        QPointF(middle.x(), area.top()), QPointF(area.right(), middle.y()),
        QPointF(middle.x(), area.bottom()), QPointF(area.left(), middle.y()),
    )  # fmt: skip


def square(area: QRectF) -> QPainterPath:
    """Return the shape of what is medium."""
    path, inset = QPainterPath(), 0.08 * area.width()
    path.addRect(area.adjusted(inset, inset, -inset, -inset))
    return path


def circle(area: QRectF) -> QPainterPath:
    """Return the shape of what is low."""
    path, inset = QPainterPath(), 0.04 * area.width()
    path.addEllipse(area.adjusted(inset, inset, -inset, -inset))
    return path


def closed(*points: QPointF) -> QPainterPath:
    """Return the path around some points."""
    path = QPainterPath()
    path.addPolygon(QPolygonF(points))
    path.closeSubpath()
    return path


def tick(painter: QPainter, area: QRectF, theme: Theme) -> None:
    """Paint that somebody has taken notice."""
    stroke(painter, area, pen(theme.text, 0.16 * area.width()), ((0.24, 0.56), (0.42, 0.74), (0.78, 0.32)))


def hands(painter: QPainter, area: QRectF, theme: Theme) -> None:
    """Paint a clock's hands: it comes back at its time."""
    stroke(painter, area, pen(theme.text_2, 0.16 * area.width()), ((0.5, 0.2), (0.5, 0.6), (0.8, 0.6)))


def stroke(painter: QPainter, area: QRectF, line: QPen, points: Iterable[tuple[float, float]]) -> None:
    """Draw a line through points given as shares of an area."""
    side = area.width()
    painter.setPen(line)
    painter.drawPolyline(QPolygonF([QPointF(area.left() + x * side, area.top() + y * side) for x, y in points]))


def nothing(painter: QPainter, area: QRectF, theme: Theme) -> None:
    """Paint nothing: the dotted line says that the condition has gone and nobody has noticed."""


SHAPES: dict[int, Callable[[QRectF], QPainterPath]] = {1: triangle, 2: diamond, 3: square, 4: circle}
MARKS: dict[Standing, Callable[[QPainter, QRectF, Theme], None]] = {
    Standing.ACKNOWLEDGED: tick, Standing.RETURNED: nothing, Standing.SHELVED: hands,
}  # fmt: skip


def number_area(area: QRectF, level: int) -> QRectF:
    """Return where the number stands: in a triangle below its middle."""
    return area.adjusted(0, 0.22 * area.height(), 0, 0) if level == 1 else area


def number_font(theme: Theme, area: QRectF, level: int) -> QFont:
    """Return the number's font, as large as its shape allows."""
    font = QFont(theme.font("title"))
    font.setPixelSize(max(1, round(NUMBER_SHARE[level] * area.height())))
    return font


def chip_size(theme: Theme, words: str) -> tuple[float, float]:
    """Return the width and height of a chip, in pixels."""
    px = theme.px("label")
    return text_width(theme.font("label"), words) + 2.6 * px, 1.6 * px


def chip(painter: QPainter, place: QPointF, level: int, words: str, theme: Theme) -> QRectF:
    """Paint words on their severity's colour, filled and outlined, behind its shape; return where it stands."""
    px, (width, height) = theme.px("label"), chip_size(theme, words)
    area, (fill, on) = QRectF(place.x(), place.y(), width, height), theme.severities[level]
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(pen(theme.outline, OUTLINE_PX))
    painter.setBrush(QBrush(fill))
    painter.drawRect(area.adjusted(1, 1, -1, -1))
    shape = QRectF(area.left() + 0.6 * px, area.center().y() - 0.4 * px, 0.8 * px, 0.8 * px)
    painter.fillPath(SHAPES[level](shape), on)
    words_area = area.adjusted(1.8 * px, 0, 0, 0)
    put_text(painter, words_area, words, theme.font("label"), on, ALIGN_LEFT)
    painter.restore()
    return area


def examples(theme: Theme, text: Catalogue) -> QWidget:
    """Return a picture of every severity in every standing."""
    side = round(1.6 * theme.px("title"))
    picture = QPixmap((len(Standing) + 6) * 2 * side, (2 * len(SHAPES) + 1) * side)
    picture.fill(theme.surface)
    painter = QPainter(picture)
    for level in SHAPES:
        top = (2 * level - 1) * side
        for at, standing in enumerate(Standing):
            symbol(painter, QRectF((1 + 2 * at) * side, top, side, side), level, standing, theme)
        chip(painter, QPointF((1 + 2 * len(Standing)) * side, top), level, text.say(f"severity.p{level}"), theme)
    painter.end()
    shown = QLabel()
    shown.setPixmap(picture)
    return shown


if __name__ == "__main__":
    from widgets.preview import preview_element

    raise SystemExit(preview_element(examples))
