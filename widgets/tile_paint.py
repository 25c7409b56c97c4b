"""How a tile is painted: picture, plates and chips, and what says that the picture is not current."""

from collections import OrderedDict

from PySide6.QtCore import QPoint, QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPen, QPixmap

from ioc_console.domain.cameras import Effort, StreamError
from ioc_console.words import Catalogue
from widgets.caption import Caption
from widgets.freshness import Freshness
from widgets.furniture import ALIGN_CENTRE, age_text, drop, elided, hatch, put_text, text_width, veiled, wrapped
from widgets.theme import Theme
from widgets.tile import TileView

MOST_PLATES = 1_000
LINE = 1.4
PLATE_LINE = 1.45
ROOMY = 20
"""From how many times its letters' size on a tile is wide."""
PLATE_ALPHA, FROZEN_ALPHA = 215, 90
DIM = {Freshness.STALE: 130, Freshness.OFFLINE: 200}
CERTAIN = (Freshness.LIVE, Freshness.LATE)


class TilePainter:
    """Paints tiles; what is written is kept as pixmaps until it changes."""

    def __init__(self, theme: Theme, text: Catalogue, unit: float) -> None:
        self.theme, self.text, self.unit = theme, text, unit
        self.edge = QPen(theme.bg, max(1.0, 0.1 * unit))
        self.plates: OrderedDict[tuple[object, ...], QPixmap] = OrderedDict()

    def paint(self, painter: QPainter, tile: TileView, caption: Caption) -> None:
        """Paint one tile whole."""
        rect = tile.rect
        if tile.image is None or caption.freshness is Freshness.UNKNOWN:
            painter.fillRect(rect, self.theme.surface)
        elif tile.image.size() == rect.size():
            painter.drawImage(rect.topLeft(), tile.image)
        else:
            painter.drawImage(rect.topLeft(), tile.image, QRect(QPoint(), rect.size()))
        if caption.freshness not in CERTAIN or caption.verdict == "frozen":
            self.doubt(painter, QRectF(rect), caption)
        for place, plate in self.laid(tile, caption):
            painter.drawPixmap(place, plate)
        painter.setPen(self.edge)
        painter.drawRect(rect.adjusted(0, 0, -1, -1))

    def laid(self, tile: TileView, caption: Caption) -> list[tuple[QPointF, QPixmap]]:
        """Return the plates of a tile and their places, which stay until its caption or its place changes."""
        if tile.plates is None or tile.plates[0] is not caption or tile.plates[1] != tile.rect:
            tile.plates = caption, QRect(tile.rect), self.lay(QRectF(tile.rect), caption)
        return tile.plates[2]

    def doubt(self, painter: QPainter, area: QRectF, caption: Caption) -> None:
        """Paint over a picture that is not current, so that it cannot be taken for live."""
        if caption.freshness is not Freshness.UNKNOWN:
            painter.fillRect(area, veiled(self.theme.surface, DIM.get(caption.freshness, FROZEN_ALPHA)))
            hatch(painter, area, self.theme, self.unit)
        if caption.freshness is Freshness.STALE:
            pen = QPen(self.theme.stale, max(2.0, 0.3 * self.unit), Qt.PenStyle.DashLine)
            painter.setPen(pen)
            painter.drawRect(area.adjusted(2, 2, -3, -3))
        if caption.freshness in (Freshness.OFFLINE, Freshness.UNKNOWN):
            self.headline(painter, area, caption)

    def headline(self, painter: QPainter, area: QRectF, caption: Caption) -> None:
        """Write in the middle of a tile what it lacks, since when and why, on a plate that no picture shows through."""
        room, lines = area.width() - 4 * self.unit, self.lines(caption, area.width() - 4 * self.unit)
        box = QRectF(0, 0, 0, 0)
        for words, font, _ in lines:
            box.setWidth(max(box.width(), min(room, text_width(font, words)) + 3 * self.unit))
            box.setHeight(box.height() + LINE * font.pixelSize())
        box.moveCenter(area.center())
        painter.fillRect(box, self.theme.surface)
        top = box.top()
        for words, font, colour in lines:
            height = LINE * font.pixelSize()
            put_text(painter, QRectF(box.left(), top, box.width(), height), words, font, colour, ALIGN_CENTRE)
            top += height

    def lines(self, caption: Caption, room: float) -> list[tuple[str, QFont, QColor]]:
        """Return the lines of a headline with their fonts and colours; a small tile has room for one."""
        theme, offline = self.theme, caption.freshness is Freshness.OFFLINE
        large, small = theme.font("label" if caption.small else "title"), theme.font("body")
        words = self.text.say("tile.offline") if offline else self.text.say("tile.unknown")
        if caption.small or not offline:
            broken = wrapped(large, words, room)
            if any(text_width(large, line) > room or line.endswith("…") for line in broken):
                broken = [age_text(caption.age_s) if offline else "?"]
            return [(line, large, theme.stale) for line in broken]
        detail = age_text(caption.age_s)
        if caption.error is not StreamError.NONE:
            detail += f" · {self.text.say(f'stream_error.{caption.error.value}')}"
        return [(words, large, theme.stale), (elided(small, detail, room), small, theme.text_2)]

    def lay(self, area: QRectF, caption: Caption) -> list[tuple[QPointF, QPixmap]]:
        """Lay out number, name, the picture's time and the chip of its state."""
        laid = []
        # The time of a live picture is the strip's too: where there is little room, the name needs it more.
        clocked = caption.clock and (caption.freshness is not Freshness.LIVE or self.is_roomy(area.width()))
        right = self.plate("", caption.clock, area.width() * 0.4) if clocked else None
        room = area.width() - (right.width() if right else 0) - 8
        left = self.plate(caption.number, "" if caption.small else caption.name, room)
        laid.append((QPointF(area.left(), area.bottom() - left.height()), left))
        if right:
            laid.append((QPointF(area.right() - right.width(), area.bottom() - right.height()), right))
        chip = self.chip_words(caption)
        if chip:
            plate = self.plate(chip, "", area.width() - 4)
            laid.append((QPointF(area.right() - plate.width(), area.top()), plate))
        return laid

    def is_roomy(self, width: float) -> bool:
        """Say whether a tile has room for a name and a time beside each other."""
        return width >= ROOMY * self.theme.px("body")

    def chip_words(self, caption: Caption) -> str:
        """Return what stands at the top right: the state first, then how the pictures are made."""
        age = age_text(caption.age_s)
        if caption.freshness is Freshness.STALE:
            return self.text.say("tile.stale", age=age)
        if caption.freshness is Freshness.LATE:
            return self.text.say("tile.late", age=age)
        if caption.freshness is not Freshness.LIVE:
            return ""
        if caption.verdict:
            return f"{self.text.say(f'verdict.{caption.verdict}')} {age_text(caption.verdict_s)}"
        if caption.effort is not Effort.ALL:
            return self.text.say(f"effort.{caption.effort.value}")
        return self.text.say("tile.software", device=caption.fallback) if caption.fallback else ""

    def plate(self, strong: str, plain: str, most: float) -> QPixmap:
        """Return a dark plate with a strong text (wall text) and a plain one (approach text), made once."""
        key = (strong, plain, round(most))
        found = self.plates.get(key)
        if found is None:
            found = self.plates[key] = self.make_plate(strong, plain, most)
            if len(self.plates) > MOST_PLATES:
                self.plates.popitem(last=False)
        return found

    def make_plate(self, strong: str, plain: str, most: float) -> QPixmap:
        """Paint a plate no wider than `most` pixels."""
        theme, pad = self.theme, 0.8 * self.unit
        first, second = theme.font("body"), theme.font("approach")
        strong_width = text_width(first, strong) if strong else 0.0
        gap = pad if strong and plain else 0.0
        plain = elided(second, plain, max(0.0, most - strong_width - gap - 2 * pad - 2)) if plain else ""
        width = min(most, strong_width + gap + (text_width(second, plain) if plain else 0) + 2 * pad + 2)
        height = PLATE_LINE * theme.px("body")
        pixmap = QPixmap(max(1, round(width)), max(1, round(height)))
        pixmap.fill(veiled(theme.paper, PLATE_ALPHA))
        painter = QPainter(pixmap)
        box = QRectF(pad, 0, pixmap.width() - pad, pixmap.height())
        put_text(painter, box, strong, first, theme.text, Qt.AlignmentFlag.AlignVCenter)
        box.setLeft(pad + strong_width + gap)
        box.translate(0, drop(first, second) if strong else 0.0)
        put_text(painter, box, plain, second, theme.text if strong else theme.text_2, Qt.AlignmentFlag.AlignVCenter)
        painter.end()
        return pixmap


def least(theme: Theme) -> tuple[float, float]:
    """Return how wide and tall a tile has to be for its number and state, over little more than a third of it."""
    return 2.6 * text_width(theme.font("body"), "0000"), 2.8 * PLATE_LINE * theme.px("body")


def focus_ring(painter: QPainter, area: QRectF, theme: Theme, unit: float) -> None:
    """Draw the keyboard's focus: a line and one of its opposite inside, of which one is seen on any picture."""
    wide, thin = max(3.0, 0.3 * unit), max(1.0, 0.1 * unit)
    lines = ((theme.focus, wide, wide / 2), (theme.paper, thin, wide + thin / 2))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for colour, width, inset in lines:
        painter.setPen(QPen(colour, width, Qt.PenStyle.SolidLine, Qt.PenCapStyle.FlatCap, Qt.PenJoinStyle.MiterJoin))
        painter.drawRect(area.adjusted(inset, inset, -inset, -inset))


def focus_line(painter: QPainter, area: QRectF, theme: Theme, unit: float) -> None:
    """Draw where the keyboard's focus would be if this window had it."""
    thin = max(1.0, 0.1 * unit)
    painter.setPen(QPen(theme.text_3, thin))
    painter.drawRect(area.adjusted(thin / 2, thin / 2, -thin / 2, -thin / 2))


def headline(painter: QPainter, area: QRectF, words: str, theme: Theme) -> None:
    """Write in the middle of an area what it waits for."""
    put_text(painter, area, words, theme.font("title"), theme.text_2, ALIGN_CENTRE)
