"""What the widget tests share: a bridge to nowhere, a place for a panel, and what a panel writes."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QObject, QRectF, Signal
from pytestqt.qtbot import QtBot

from ioc_console.config import City
from ioc_console.model import Command
from ioc_console.views import View
from ioc_console.words import Catalogue
from widgets import furniture, rail, strip
from widgets.panel import NoSettings, Panel, Place
from widgets.theme import Surface, Theme

SIZES: dict[type[Panel], tuple[int, int]] = {strip.Strip: (1920, 108), rail.Rail: (192, 972)}
NOW = datetime(2026, 11, 25, 6, 30, 15, tzinfo=UTC)


class FakeBridge(QObject):
    """Keeps the commands that a panel gives, and says what a test has it say."""

    delta, state = Signal(object), Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.given: list[Command] = []
        self.looks: list[View] = []
        self.connected = self.up = True
        self.since = NOW

    def now(self) -> datetime:
        return datetime.now(UTC)

    def do(self, command: Command, answered: Callable[[Any], None] | None = None) -> None:
        self.given.append(command)

    def begin(self, kinds: Any) -> None:
        """Watch nothing."""

    def look(self, view: View) -> None:
        self.looks.append(view)

    def drop(self, view: View) -> None:
        self.looks.remove(view)

    def tick(self) -> None:
        """Be as it is."""

    def close(self) -> None:
        """Hold nothing."""


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """A panel's place on a window of 1920 pixels, seen from 2 m."""
    theme, city = Theme("night", Surface(1_210.0, 1_920, 2_000.0)), City(name="Thành phố Vinh", banner="DỮ LIỆU MẪU")
    bridge: Any = FakeBridge()
    return Place("t.main.x", bridge, theme, Catalogue.load("vi"), city, tmp_path / "rings", tmp_path, 10.0)


@pytest.fixture
def shown(qtbot: QtBot, place: Place) -> Callable[[type[Panel]], Panel]:
    """Return a panel at its size on a window of 1920 × 1080."""

    def make(panel: type[Panel]) -> Panel:
        made = panel(place, NoSettings())
        qtbot.addWidget(made)
        made.resize(*SIZES[panel])
        made.tick(NOW)
        return made

    return make


@pytest.fixture
def laid(monkeypatch: pytest.MonkeyPatch) -> Callable[[Any], list[tuple[str, QRectF]]]:
    """Return what a panel writes when it is painted and where, in order."""
    texts: list[tuple[str, QRectF]] = []

    def keep(painter: Any, area: QRectF, text: str, *more: Any) -> None:
        texts.append((text, QRectF(area)))
        furniture.put_text(painter, area, text, *more)

    for module in (rail, strip):
        monkeypatch.setattr(module, "put_text", keep)

    def read(panel: Any) -> list[tuple[str, QRectF]]:
        texts.clear()
        panel.grab()
        return list(texts)

    return read


@pytest.fixture
def written(laid: Callable[[Any], list[tuple[str, QRectF]]]) -> Callable[[Any], list[str]]:
    """Return what a panel writes when it is painted, in order."""
    return lambda panel: [text for text, _ in laid(panel)]
