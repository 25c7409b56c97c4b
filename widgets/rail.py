"""The rail at a camera window's side: cameras live of total, who is lost, whose picture lies, and the sequence."""

from datetime import datetime

import msgspec
from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor, QPainter, QPaintEvent

from ioc_console.domain.walls import Playing, Sequence, remaining
from ioc_console.model import Entity
from widgets.bridge import LinkState
from widgets.census import Census
from widgets.furniture import ALIGN_LEFT, age_text, hatch, put_text, text_width, wrapped
from widgets.panel import Panel
from widgets.theme import Theme

MOST_NAMED = 4
MARGIN = 1.9


class Rail(Panel):
    """Figures one can read from across the room."""

    title = "rail.title"
    shows = (*Census.shows, Playing, Sequence)

    @classmethod
    def least(cls, theme: Theme, settings: msgspec.Struct) -> tuple[float, float]:
        return text_width(theme.font("figure"), "000") + 1.5 * theme.px("body"), 4 * theme.px(
            "figure"
        ) + 8 * 1.4 * theme.px("body")

    def build(self) -> None:
        self.census = Census()
        self.playing: dict[str, Playing] = {}
        self.sequences: dict[str, Sequence] = {}
        self.now = self.bridge.now()
        self.up = self.bridge.connected

    @property
    def ink(self) -> QColor:
        """What figures are written in: while the hub is away they are no news."""
        return self.theme.text if self.up else self.theme.text_2

    def linked(self, state: LinkState) -> None:
        self.up = state.up
        self.update()

    def put(self, entity: Entity) -> None:
        self.census.put(entity)
        if isinstance(entity, Playing):
            self.playing[entity.id] = entity
        elif isinstance(entity, Sequence):
            self.sequences[entity.id] = entity

    def gone(self, kind: str, id: str) -> None:
        self.census.gone(kind, id)
        {"playing": self.playing, "sequence": self.sequences}.get(kind, {}).pop(id, None)

    def tick(self, now: datetime) -> None:
        self.now = now
        self.update()

    def ready(self) -> bool:
        return bool(self.census.cameras)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), self.theme.bg)
        painter.fillRect(QRectF(0, 0, max(1.0, self.place.unit / 10), self.height()), self.theme.line)
        if not self.up:
            hatch(painter, QRectF(self.rect()), self.theme, self.place.unit)
        y = 2.4 * self.place.unit
        if not self.census.cameras:
            self.line(painter, y, self.text.say("rail.waiting"), "body", self.theme.text_2)
            return
        y = self.figure(painter, y, str(self.census.live()), f"/ {len(self.census.cameras)}")
        y = self.line(painter, y, self.text.say("rail.live"), "body", self.theme.text_2) + 2.4 * self.place.unit
        y = self.lost(painter, y)
        y = self.doubtful(painter, y)
        self.sequence(painter)

    def lost(self, painter: QPainter, y: float) -> float:
        """Draw how many cameras are lost, and which."""
        lost = self.census.lost()
        if not lost:
            return y
        y = self.figure(painter, y, str(len(lost)), "")
        y = self.line(painter, y, self.text.say("rail.lost"), "body", self.theme.text_2)
        for camera, since in lost[:MOST_NAMED]:
            age = age_text((self.now - since).total_seconds())
            y = self.line(painter, y, f"{camera.number} · {age}", "body", self.ink)
        return y + 2.4 * self.place.unit

    def doubtful(self, painter: QPainter, y: float) -> float:
        """Draw whose pictures cannot be believed."""
        doubtful = self.census.doubtful()
        if not doubtful:
            return y
        y = self.figure(painter, y, str(len(doubtful)), "")
        y = self.line(painter, y, self.text.say("rail.doubtful"), "body", self.theme.text_2)
        for camera, health in doubtful[:MOST_NAMED]:
            words = self.text.say(f"verdict.{health.verdict.value}")
            y = self.line(painter, y, f"{camera.number} {words}", "body", self.ink)
        return y + 2.4 * self.place.unit

    def sequence(self, painter: QPainter) -> None:
        """Draw the sequence that runs on this window, and when it turns."""
        window = self.place.surface.rsplit(".", 1)[0]
        playing = next((p for id, p in self.playing.items() if id.rsplit(".", 1)[0] == window), None)
        sequence = self.sequences.get(playing.sequence) if playing else None
        if playing is None or sequence is None:
            return
        y = self.height() - 9.0 * self.theme.px("body")
        y = self.line(painter, y, self.text.say("rail.sequence"), "body", self.theme.text_2)
        y = self.line(painter, y, sequence.name, "body", self.ink)
        if playing.paused_at:
            words = self.text.say("rail.paused")
        else:
            words = self.text.say("rail.turns", seconds=max(1, round(remaining(playing, sequence, self.now))))
        self.line(painter, y, words, "body", self.theme.text_2)

    def figure(self, painter: QPainter, y: float, large: str, small: str) -> float:
        """Draw a figure with what it is out of, below it where there is no room; return where the next line begins."""
        font, body, height = self.theme.font("figure"), self.theme.font("body"), 1.15 * self.theme.px("figure")
        left, taken = MARGIN * self.place.unit, text_width(font, large) + self.place.unit
        put_text(painter, QRectF(left, y, self.width(), height), large, font, self.ink, ALIGN_LEFT)
        if left + taken + text_width(body, small) > self.width():
            return self.line(painter, y + height, small, "body", self.theme.text_2)
        area = QRectF(left + taken, y, self.width(), height)
        put_text(painter, area, small, body, self.theme.text_2, ALIGN_LEFT)
        return y + height

    def line(self, painter: QPainter, y: float, text: str, role: str, colour: QColor) -> float:
        """Draw a text of two lines at most; return where the next one begins."""
        font, height = self.theme.font(role), 1.4 * self.theme.px(role)
        x = MARGIN * self.place.unit
        for line in wrapped(font, text, self.width() - x - self.place.unit):
            put_text(painter, QRectF(x, y, self.width() - x, height), line, font, colour, ALIGN_LEFT)
            y += height
        return y


if __name__ == "__main__":
    from widgets.preview import preview

    raise SystemExit(preview("rail", [172.8, 0, 19.2, 97.2]))
