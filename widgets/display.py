"""A display: one window on its own loop, with its pictures for whoever looks from afar."""

import asyncio
import time
from collections.abc import Callable
from pathlib import Path

from PySide6.QtGui import QImage

from ioc_console.client import Link
from ioc_console.config import City
from ioc_console.model import Refused
from ioc_console.video.scaling import hasten
from ioc_console.words import Catalogue
from widgets.bridge import Bridge
from widgets.darkroom import save
from widgets.figures import Figures
from widgets.panel import Scene
from widgets.wall import Wall

BEAT_S = 2.0
LATEST_S = 5.0
LOOK_S = 0.1


class Display:
    """One window of a layout."""

    def __init__(self, file: Path, window: str, link: Link, place: tuple[City, Path, Path], text: Catalogue) -> None:
        hasten()
        city, rings, pictures = place
        self.bridge = Bridge(link)
        self.wall = Wall(file, window, Scene(city, self.bridge, rings, pictures, text))

    def keep_figures(self, file: Path) -> None:
        """Write what a bench reads from now on."""
        self.figures = Figures(self.wall, file)

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
        for _ in range(int(patience_s / LOOK_S)):
            if self.is_ready():
                break
            await asyncio.sleep(LOOK_S)
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
