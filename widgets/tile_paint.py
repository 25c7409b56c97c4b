"""How a tile is painted: picture, plates and chips, and what says that the picture is not current."""

from collections import OrderedDict

from PySide6.QtCore import QPoint, QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPen, QPixmap

from ioc_console.domain.cameras import Effort, StreamError
from ioc_console.words import Catalogue
from widgets.caption import Caption
from widgets.freshness import Freshness
from widgets.furniture import ALIGN_CENTRE, age_text, elided, hatch, put_text, text_width, veiled
from widgets.theme import Theme
from widgets.tile import TileView

MOST_PLATES = 1_000
LINE = 1.4
PLATE_ALPHA, FROZEN_ALPHA = 215, 90
DIM = {Freshness.STALE: 130, Freshness.OFFLINE: 200}
CERTAIN = (Freshness.LIVE, Freshness.LATE)


class TilePainter:
    """Paints tiles; what is written is kept as pixmaps until it changes."""

    def __init__(self, theme: Theme, text: Catalogue, unit: float) -> None:
        self.theme, self.text, self.unit = theme, text, unit
        self.edge = QPen(theme.bg, 1)
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
        if text_width(large, words) > room:
            words = age_text(caption.age_s) if offline else "?"
        if caption.small or not offline:
            return [(words, large, theme.stale)]
        detail = age_text(caption.age_s)
        if caption.error is not StreamError.NONE:
            detail += f" · {self.text.say(f'stream_error.{caption.error.value}')}"
        return [(words, large, theme.stale), (elided(small, detail, room), small, theme.text_2)]

    def lay(self, area: QRectF, caption: Caption) -> list[tuple[QPointF, QPixmap]]:
        """Lay out number, name, the picture's time and the chip of its state."""
        laid = []
        right = self.plate("", caption.clock, area.width() * 0.4) if caption.clock else None
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
        height = 1.35 * (theme.px("body") if strong else theme.px("approach") * 1.25)
        pixmap = QPixmap(max(1, round(width)), max(1, round(height)))
        pixmap.fill(veiled(theme.paper, PLATE_ALPHA))
        painter = QPainter(pixmap)
        box = QRectF(pad, 0, pixmap.width() - pad, pixmap.height())
        put_text(painter, box, strong, first, theme.text, Qt.AlignmentFlag.AlignVCenter)
        box.setLeft(pad + strong_width + gap)
        put_text(painter, box, plain, second, theme.text if strong else theme.text_2, Qt.AlignmentFlag.AlignVCenter)
        painter.end()
        return pixmap


def least(theme: Theme) -> tuple[float, float]:
    """Return how wide and tall a tile has to be for its number and state, over no more than a third of it."""
    return 2.6 * text_width(theme.font("body"), "0000"), 3 * 1.35 * theme.px("body")


def focus_ring(painter: QPainter, area: QRectF, theme: Theme) -> None:
    """Draw the keyboard's focus: a white line with a dark one inside, seen on any picture."""
    painter.setPen(QPen(theme.focus, 3))
    painter.drawRect(area.adjusted(1.5, 1.5, -2, -2))
    painter.setPen(QPen(theme.paper, 1))
    painter.drawRect(area.adjusted(3.5, 3.5, -4, -4))


def headline(painter: QPainter, area: QRectF, words: str, theme: Theme) -> None:
    """Write in the middle of an area what it waits for."""
    put_text(painter, area, words, theme.font("title"), theme.text_2, ALIGN_CENTRE)
