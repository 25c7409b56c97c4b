"""A display: one window on its own loop, with its pictures for whoever looks from afar."""

import asyncio
import signal
import sys
import time
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import qasync
from PySide6.QtGui import QGuiApplication, QImage
from PySide6.QtWidgets import QApplication

from ioc_console.client import Link
from ioc_console.config import City
from ioc_console.model import Refused
from ioc_console.words import Catalogue
from widgets.bridge import Bridge
from widgets.snapshot import save
from widgets.wall import Scene, Wall

BEAT_S = 2.0
LATEST_S = 5.0


def run_app(work: Callable[[], Coroutine[Any, Any, int]]) -> int:
    """Run a coroutine on Qt's loop and return its result; ends cleanly at SIGTERM and SIGINT."""
    application = QApplication.instance() or QApplication(sys.argv[:1])
    assert isinstance(application, QApplication)
    application.setQuitOnLastWindowClosed(False)
    QGuiApplication.setDesktopFileName("ioc-console")
    loop = qasync.QEventLoop(application)
    asyncio.set_event_loop(loop)
    task: asyncio.Task[int] = loop.create_task(work())
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: loop.call_soon_threadsafe(task.cancel))
    with loop:
        try:
            return int(loop.run_until_complete(task))
        except asyncio.CancelledError:
            return 0


class Display:
    """One window of a layout."""

    def __init__(self, file: Path, window: str, link: Link, place: tuple[City, Path, Path], text: Catalogue) -> None:
        city, rings, pictures = place
        self.bridge = Bridge(link)
        self.wall = Wall(file, window, Scene(city, self.bridge, rings, pictures, text))

    async def run(self, say: Callable[[str], None], beat: Callable[[], None], latest: Path | None) -> int:
        """Show the window until cancelled: feed the watchdog, and keep its latest picture where that is asked for."""
        pictured = 0.0
        try:
            while True:
                beat()
                say(self.status())
                if latest and time.monotonic() - pictured >= LATEST_S:
                    pictured = time.monotonic()
                    await asyncio.to_thread(save, self.picture(), latest)
                await asyncio.sleep(BEAT_S)
        finally:
            self.wall.leave()

    async def snapshot(self, file: Path, patience_s: float) -> int:
        """Wait until every panel shows what is live, write one picture; 1 where patience ended first."""
        until = time.monotonic() + patience_s
        while not self.is_ready() and time.monotonic() < until:
            await asyncio.sleep(0.1)
        await asyncio.sleep(1.2)
        ready = self.is_ready()
        await asyncio.to_thread(save, self.picture(), file)
        self.wall.leave()
        return 0 if ready else 1

    def is_ready(self) -> bool:
        """Say whether every panel shows what is live."""
        return self.bridge.connected and all(panel.ready() for panel in self.wall.panels)

    def picture(self) -> QImage:
        """Return what the window shows."""
        return self.wall.grab().toImage()

    def status(self) -> str:
        """Return one line on the window."""
        figures = [panel.figures() for panel in self.wall.panels if hasattr(panel, "figures")]
        painted = int(sum(found["painted"] for found in figures))
        return f"{len(self.wall.panels)} panels, {painted} pictures painted"


def language_of(asked: str | None, city: City) -> Catalogue:
    """Return the texts in the language asked for, else the site's."""
    try:
        return Catalogue.load(asked or city.language)
    except Refused:
        return Catalogue.load(city.language)
