"""The strip along a window's foot: time, link, cameras live of total, processes that fail, and the banner."""

from datetime import datetime
from zoneinfo import ZoneInfo

import msgspec
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QPainter, QPaintEvent, QPen

from ioc_console.domain.health import Condition, Health
from ioc_console.model import Entity
from widgets.bridge import LinkState
from widgets.census import Census
from widgets.furniture import ALIGN_CENTRE, ALIGN_LEFT, ALIGN_RIGHT, age_text, hatch, put_text, text_width
from widgets.panel import Panel
from widgets.theme import Theme

SAMPLE = "    Thứ Hai 00/00    MẤT TRUNG TÂM 0:00:00    camera 000/000    DỮ LIỆU MẪU"


class Strip(Panel):
    """The only furniture that every wall has."""

    title = "strip.title"
    shows = (*Census.shows, Health)

    @classmethod
    def least(cls, theme: Theme, settings: msgspec.Struct) -> tuple[float, float]:
        clock, words = text_width(theme.font("title"), "00:00:00"), text_width(theme.font("body"), SAMPLE)
        return clock + words, 1.35 * theme.px("title")

    def build(self) -> None:
        self.census = Census()
        self.failing: dict[str, Health] = {}
        self.now = self.bridge.now()
        self.link = LinkState(self.bridge.connected, self.now)
        self.zone = ZoneInfo(self.place.city.timezone)

    def put(self, entity: Entity) -> None:
        self.census.put(entity)
        if isinstance(entity, Health):
            self.failing.pop(entity.id, None)
            if entity.condition is Condition.FAILING:
                self.failing[entity.id] = entity

    def gone(self, kind: str, id: str) -> None:
        self.census.gone(kind, id)
        if kind == "health":
            self.failing.pop(id, None)

    def tick(self, now: datetime) -> None:
        self.now = now
        self.update()

    def linked(self, state: LinkState) -> None:
        self.link = state
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        theme, unit, height = self.theme, self.place.unit, float(self.height())
        painter.fillRect(self.rect(), theme.bg)
        painter.fillRect(QRectF(0, 0, self.width(), max(1.0, unit / 10)), theme.line)
        local = self.now.astimezone(self.zone)
        x = 2.6 * unit
        x = self.item(painter, x, local.strftime("%H:%M:%S"), "title")
        weekday = self.text.say(f"weekday.d{local.weekday()}")
        x = self.item(painter, x, f"{weekday} {local:%d/%m}", "body", theme.text_2)
        x = self.link_item(painter, x, height)
        total = len(self.census.cameras)
        words = self.text.say("strip.cameras", live=self.census.live(), total=total)
        if not self.link.up:
            words = self.text.say("strip.cameras", live="—", total=total)
        x = self.item(painter, x, words, "body", theme.text if total and self.link.up else theme.text_2)
        if self.failing:
            x = self.item(painter, x, self.text.say("strip.failing", count=len(self.failing)), "body")
        self.banner(painter, height, x)

    def item(self, painter: QPainter, x: float, text: str, role: str, colour: object = None) -> float:
        """Draw one item and return where the next begins."""
        font = self.theme.font(role)
        width = text_width(font, text)
        area = QRectF(x, 0, width + 2, self.height())
        put_text(painter, area, text, font, colour or self.theme.text, ALIGN_LEFT)
        return x + width + 4.2 * self.place.unit

    def link_item(self, painter: QPainter, x: float, height: float) -> float:
        """Draw the state of the link: a quiet ring, or a hatched plate with the age of what is shown."""
        theme, unit = self.theme, self.place.unit
        if self.link.up:
            radius = 0.55 * unit
            painter.setPen(QPen(theme.normal, max(1.0, 0.2 * unit)))
            painter.drawEllipse(QPointF(x + radius, height / 2), radius, radius)
            return self.item(painter, x + 2 * unit, self.text.say("strip.synced"), "body", theme.text_2)
        age = age_text((self.now - self.link.since).total_seconds())
        text, font = self.text.say("strip.lost", age=age), theme.font("label")
        area = QRectF(x, height * 0.18, text_width(font, text) + 3 * unit, height * 0.64)
        painter.fillRect(area, theme.raised)
        hatch(painter, area, theme, unit)
        painter.setPen(QPen(theme.stale, max(1.0, 0.2 * unit)))
        painter.drawRect(area)
        put_text(painter, area, text, font, theme.text, ALIGN_CENTRE)
        return area.right() + 3 * unit

    def banner(self, painter: QPainter, height: float, left: float) -> None:
        """Draw the site's banner, which is never hidden: what else there is gives way to it."""
        banner, theme, unit = self.place.city.banner, self.theme, self.place.unit
        city = self.place.city.name
        font = theme.font("label")
        x = self.width() - 2.6 * unit
        if banner:
            width = text_width(font, banner) + 3 * unit
            area = QRectF(x - width, height * 0.2, width, height * 0.6)
            painter.setPen(QPen(theme.text_3, max(1.0, 0.1 * unit)))
            painter.drawRect(area)
            put_text(painter, area, banner, font, theme.text, ALIGN_CENTRE)
            x = area.left() - 2.6 * unit
        if x - text_width(theme.font("body"), city) > left:
            put_text(painter, QRectF(0, 0, x, height), city, theme.font("body"), theme.text_2, ALIGN_RIGHT)


if __name__ == "__main__":
    from widgets.preview import preview

    raise SystemExit(preview("strip", [0, 97.2, 192, 10.8]))
