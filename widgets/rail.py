"""The rail at a camera window's side: cameras live of total, who is lost, whose picture lies, and the sequence."""

from datetime import datetime

import msgspec
from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor, QPainter, QPaintEvent

from ioc_console.domain.walls import Playing, Sequence, remaining
from ioc_console.model import Entity
from widgets.bridge import LinkState
from widgets.census import Census
from widgets.furniture import ALIGN_LEFT, age_text, drop, hatch, put_text, text_width, wrapped
from widgets.panel import Panel
from widgets.theme import Theme

MOST_LINES = 5
MARGIN, GAP, LINE = 1.9, 2.4, 1.4


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
        y = GAP * self.place.unit
        if not self.census.cameras:
            self.line(painter, y, self.text.say("rail.waiting"), self.theme.text_2)
            return
        foot = self.sequence(painter)
        y = self.figure(painter, y, str(self.census.live()), f"/ {len(self.census.cameras)}")
        y = self.line(painter, y, self.text.say("rail.live"), self.theme.text_2) + GAP * self.place.unit
        lost, doubtful = self.lost(), self.doubtful()
        y = self.block(painter, y, foot - (self.least_block() if doubtful else 0.0), "rail.lost", lost)
        self.block(painter, y, foot, "rail.doubtful", doubtful)

    def lost(self) -> list[str]:
        """Return a line for each camera that is lost: its number, and for how long."""
        now = self.now
        return [f"{camera.number} · {age_text((now - since).total_seconds())}" for camera, since in self.census.lost()]

    def doubtful(self) -> list[str]:
        """Return a line for each camera whose pictures cannot be believed: its number, and why."""
        say = self.text.say
        return [f"{camera.number} · {say(f'doubt.{told.verdict.value}')}" for camera, told in self.census.doubtful()]

    def block(self, painter: QPainter, y: float, foot: float, caption: str, rows: list[str]) -> float:
        """Draw how many there are, and as many lines on them as there is room for; return where the next begins."""
        if not rows:
            return y
        y = self.figure(painter, y, str(len(rows)), "")
        y = self.line(painter, y, self.text.say(caption), self.theme.text_2) + 0.4 * self.place.unit
        room = min(MOST_LINES, int((foot - y) / self.line_height))
        named = len(rows) if len(rows) <= room else max(0, room - 1)
        for row in rows[:named]:
            y = self.line(painter, y, row, self.ink)
        if named < len(rows) and room > 0:
            y = self.line(painter, y, self.text.say("rail.more", count=len(rows) - named), self.theme.text_2)
        return y + GAP * self.place.unit

    def least_block(self) -> float:
        """Return how tall a block is of which nothing is named."""
        return 1.15 * self.theme.px("figure") + 2 * self.line_height + GAP * self.place.unit

    @property
    def line_height(self) -> float:
        """How tall a line is, in pixels."""
        return LINE * self.theme.px("body")

    def sequence(self, painter: QPainter) -> float:
        """Draw at the foot the sequence that runs on this window, and when it turns; return where it begins."""
        foot = self.height() - GAP * self.place.unit
        window = self.place.surface.rsplit(".", 1)[0]
        playing = next((p for id, p in self.playing.items() if id.rsplit(".", 1)[0] == window), None)
        sequence = self.sequences.get(playing.sequence) if playing else None
        if playing is None or sequence is None:
            return foot
        if playing.paused_at:
            words = self.text.say("rail.paused")
        else:
            words = self.text.say("rail.turns", seconds=max(1, round(remaining(playing, sequence, self.now))))
        colours = {self.text.say("rail.sequence"): self.theme.text_2, sequence.name: self.ink, words: self.theme.text_2}
        top = foot - self.line_height * sum(len(self.broken(text)) for text in colours)
        y = top
        for text, colour in colours.items():
            y = self.line(painter, y, text, colour)
        return top - GAP * self.place.unit

    def figure(self, painter: QPainter, y: float, large: str, small: str) -> float:
        """Draw a figure with what it is out of, below it where there is no room; return where the next line begins."""
        font, body, height = self.theme.font("figure"), self.theme.font("body"), 1.15 * self.theme.px("figure")
        left, taken = MARGIN * self.place.unit, text_width(font, large) + self.place.unit
        put_text(painter, QRectF(left, y, self.width(), height), large, font, self.ink, ALIGN_LEFT)
        if not small:
            return y + height
        if left + taken + text_width(body, small) > self.width():
            return self.line(painter, y + height, small, self.theme.text_2)
        area = QRectF(left + taken, y + drop(font, body), self.width(), height)
        put_text(painter, area, small, body, self.theme.text_2, ALIGN_LEFT)
        return y + height

    def broken(self, text: str) -> list[str]:
        """Return a text as the lines that fit."""
        width = self.width() - (MARGIN + 1) * self.place.unit
        return wrapped(self.theme.font("body"), text, width)

    def line(self, painter: QPainter, y: float, text: str, colour: QColor) -> float:
        """Draw a text of two lines at most; return where the next one begins."""
        font, x = self.theme.font("body"), MARGIN * self.place.unit
        for line in self.broken(text):
            put_text(painter, QRectF(x, y, self.width() - x, self.line_height), line, font, colour, ALIGN_LEFT)
            y += self.line_height
        return y


if __name__ == "__main__":
    from widgets.preview import preview

    raise SystemExit(preview("rail", [172.8, 0, 19.2, 97.2]))
