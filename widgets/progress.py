"""A progress bar: what long work is about, how far it has come in words and in a bar, and how it ended."""

import time
from enum import Enum

import msgspec
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, QTimer
from PySide6.QtGui import QHideEvent, QPainter, QPaintEvent, QPen, QShowEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from ioc_console.words import Catalogue
from widgets.furniture import ALIGN_LEFT, ALIGN_RIGHT, elided, put_text, text_width
from widgets.theme import Theme

LINE, GAP, BAR = 1.4, 0.3, 0.5
"""How tall a line of text, the gap beside the bar, and the bar are, in sizes of their letters."""
SWING_S, BLOCK = 3.2, 0.22
"""How long the block of unknown progress takes there and back, and how much of the bar it is."""
FRAME_MS = 50
LEAST_EM = 14
POINTS = {"vi": ".", "en": ","}
"""What stands between the thousands, by language."""


class Course(Enum):
    """What has become of the work."""

    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


class Progress(msgspec.Struct, frozen=True):
    """How far a piece of work has come; a total of 0 is one that nobody knows yet."""

    title: str
    done: int = 0
    total: int = 0
    state: Course = Course.RUNNING

    @property
    def share(self) -> float | None:
        """How much is done, from 0 to 1, or None where that is unknown."""
        if self.state is Course.DONE:
            return 1.0
        return min(max(self.done / self.total, 0.0), 1.0) if self.total > 0 else None

    @property
    def percent(self) -> int | None:
        """How much is done in percent, 100 only where all of it is."""
        return None if self.share is None else int(self.share * 100)


class ProgressBar(QWidget):
    """One progress, painted in the theme; its words are large enough for the window's viewing distance."""

    def __init__(self, theme: Theme, text: Catalogue, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.theme, self.text = theme, text
        self.progress = Progress("")
        self.swinging = QTimer(self)
        self.swinging.setInterval(FRAME_MS)
        self.swinging.timeout.connect(self.update)

    def put(self, progress: Progress) -> None:
        """Show how far the work has come."""
        if progress == self.progress:
            return
        self.progress = progress
        self.setAccessibleName(" ".join((progress.title, figure(progress, self.text), amount(progress, self.text))))
        self.swing()
        self.update()

    def swing(self) -> None:
        """Move the block for as long as somebody sees it and nobody knows how much there is to do."""
        unknown = self.progress.state is Course.RUNNING and self.progress.share is None
        if unknown and self.isVisible():
            self.swinging.start()
        else:
            self.swinging.stop()

    def showEvent(self, event: QShowEvent) -> None:
        self.swing()

    def hideEvent(self, event: QHideEvent) -> None:
        self.swinging.stop()

    def sizeHint(self) -> QSize:
        wide, tall = least(self.theme)
        return QSize(round(wide), round(tall))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        paint(painter, QRectF(self.rect()), self.progress, (self.theme, self.text), time.monotonic())


def least(theme: Theme) -> tuple[float, float]:
    """Return the width and height in pixels that a bar's words need at their proper size."""
    body, label = theme.px("body"), theme.px("label")
    return LEAST_EM * body, LINE * label + (2 * GAP + BAR) * body + LINE * body


def paint(painter: QPainter, area: QRectF, progress: Progress, look: tuple[Theme, Catalogue], moment_s: float) -> None:
    """Paint a progress from the area's top down; the moment says where the block of unknown progress is."""
    theme, text = look
    label, body = theme.font("label"), theme.font("body")
    head = QRectF(area.left(), area.top(), area.width(), LINE * label.pixelSize())
    right = figure(progress, text)
    room = head.width() - text_width(label, right) - label.pixelSize()
    put_text(painter, head, elided(label, progress.title, room), label, theme.text, ALIGN_LEFT)
    put_text(painter, head, right, label, theme.text, ALIGN_RIGHT)
    track = QRectF(area.left(), head.bottom() + GAP * body.pixelSize(), area.width(), BAR * body.pixelSize())
    paint_bar(painter, track, progress, theme, moment_s)
    foot = QRectF(area.left(), track.bottom() + GAP * body.pixelSize(), area.width(), LINE * body.pixelSize())
    put_text(painter, foot, elided(body, amount(progress, text), foot.width()), body, theme.text_2, ALIGN_LEFT)


def paint_bar(painter: QPainter, track: QRectF, progress: Progress, theme: Theme, moment_s: float) -> None:
    """Paint the bar alone: solid while all is well, striped where it failed, within dashes where it was called off."""
    thin = max(1.0, theme.px("body") / 20)
    painter.fillRect(track, theme.line)
    filled = filled_part(track, progress, moment_s)
    if progress.state is Course.FAILED:
        stripes(painter, filled, theme)
        frame(painter, track, QPen(theme.text_2, thin))
        return
    painter.fillRect(filled, theme.text_3 if progress.state is Course.CANCELLED else theme.text_2)
    if progress.state is Course.CANCELLED:
        frame(painter, track, QPen(theme.text_2, thin, Qt.PenStyle.DashLine))


def filled_part(track: QRectF, progress: Progress, moment_s: float) -> QRectF:
    """Return the part of a bar that is filled; while nobody knows how much there is, a block goes to and fro."""
    if progress.share is not None:
        return QRectF(track.left(), track.top(), track.width() * progress.share, track.height())
    if progress.state is not Course.RUNNING:
        return QRectF(track.left(), track.top(), 0.0, track.height())
    phase = moment_s / SWING_S % 1.0
    place = 1.0 - abs(2.0 * phase - 1.0)
    left = track.left() + place * (1.0 - BLOCK) * track.width()
    return QRectF(left, track.top(), BLOCK * track.width(), track.height())


def stripes(painter: QPainter, area: QRectF, theme: Theme) -> None:
    """Fill an area with slanting stripes as wide as it is tall: what came so far came to nothing."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setClipRect(area)
    tall = area.height()
    painter.setPen(QPen(theme.text_2, 0.5 * tall, Qt.PenStyle.SolidLine, Qt.PenCapStyle.SquareCap))
    for at in range(int(area.width() / (1.6 * tall)) + 2):
        x = area.left() + (1.6 * at - 1) * tall
        painter.drawLine(QPointF(x, area.bottom()), QPointF(x + tall, area.top()))
    painter.restore()


def frame(painter: QPainter, area: QRectF, line: QPen) -> None:
    """Draw a frame inside an area."""
    half = line.widthF() / 2
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(line)
    painter.drawRect(area.adjusted(half, half, -half, -half))


def figure(progress: Progress, text: Catalogue) -> str:
    """Return what stands at the top right: the percentage of what runs, else how it ended."""
    if progress.state is not Course.RUNNING:
        return text.say(f"progress.{progress.state.value}")
    return "" if progress.percent is None else text.say("progress.percent", percent=progress.percent)


def amount(progress: Progress, text: Catalogue) -> str:
    """Return what stands below the bar: how much of how much."""
    done, total = (grouped(number, text.language) for number in (progress.done, progress.total))
    if progress.total > 0:
        return text.say("progress.of", done=done, total=total)
    if progress.done > 0:
        return text.say("progress.so_far", done=done)
    return text.say("progress.beginning") if progress.state is Course.RUNNING else ""


def grouped(number: int, language: str) -> str:
    """Return a number with its thousands set apart as the language has it."""
    return f"{number:,}".replace(",", POINTS[language])


EXAMPLES = ((1_240, 3_000, Course.RUNNING), (2_999, 3_000, Course.RUNNING), (0, 0, Course.RUNNING))
EXAMPLES += ((412, 0, Course.RUNNING), (3_000, 3_000, Course.DONE))
EXAMPLES += ((1_873, 3_000, Course.FAILED), (640, 3_000, Course.CANCELLED))
"""What the preview shows: how much is done, of how much, and how it ended."""


def examples(theme: Theme, text: Catalogue) -> QWidget:
    """Return a column of bars in every state."""
    column = QWidget()
    box = QVBoxLayout(column)
    margin = theme.px("title")
    box.setContentsMargins(margin, margin, margin, margin)
    for done, total, state in EXAMPLES:
        bar = ProgressBar(theme, text, column)
        bar.put(Progress(text.say("progress.example"), done, total, state))
        box.addWidget(bar)
    return column


if __name__ == "__main__":
    from widgets.preview import preview_element

    raise SystemExit(preview_element(examples))
