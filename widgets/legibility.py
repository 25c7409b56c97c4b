"""Legibility: whether each panel of a layout has the room that its text needs to be read from where people sit."""

import sys
from collections.abc import Iterator
from pathlib import Path

from PySide6.QtGui import QGuiApplication

from ioc_console.model import Refused
from ioc_console.words import Catalogue
from widgets.layout import Layout, Window, read_layout, read_panels
from widgets.theme import ARCMIN, LEAST_ARCMIN, Theme

LEAST_PX = 9
"""Below so many pixels a font's marks run together, from however near it is looked at."""


def check_layout(file: Path, text: Catalogue) -> int:
    """Say on the terminal whether a layout is well formed and can be read; raises `Refused` where not."""
    application, layout = QGuiApplication(["", "-platform", "offscreen"]), read_layout(file)
    for small in examine(layout, file):
        print(text.tell(small), file=sys.stderr)
    print(f"{file}: {layout.title}: {len(layout.windows)} windows, well formed")
    application.shutdown()
    return 0


def examine(layout: Layout, file: Path) -> list[Refused]:
    """Return what can only just be read; raises `Refused` for what cannot be read at all.

    The angles are those of NUREG-0700 r2, 1.3.1-4: at least 16 minutes of arc, and 20 preferred, which Vietnamese
    with its marks needs.
    """
    small = []
    for at, window in enumerate(layout.windows):
        for key, arcmin in angles(window, file, f"windows[{at}]"):
            found = Refused(
                "layout.illegible" if arcmin < LEAST_ARCMIN else "layout.small",
                file=str(file), key=key, found=f"{arcmin:.0f}", wanted=f"{ARCMIN['body']:.0f}",
                least=f"{LEAST_ARCMIN:.0f}", distance=f"{window.viewing_distance_mm:.0f}",
            )  # fmt: skip
            if arcmin < LEAST_ARCMIN:
                raise found
            if arcmin < ARCMIN["body"]:
                small.append(found)
    return small


def angles(window: Window, file: Path, place: str) -> Iterator[tuple[str, float]]:
    """Yield each panel's key and how large its text could stand in its rectangle, in minutes of arc."""
    theme = Theme(window.theme, window.surface(window.size[0]))
    if theme.px("body") < LEAST_PX:
        raise Refused("layout.coarse", file=str(file), key=f"{place}.size", found=theme.px("body"), least=LEAST_PX)
    for at, placed in enumerate(read_panels(window, file, place)):
        wide, tall = placed.panel.least(theme, placed.settings)
        area = window.area(placed.at, window.size)
        room = min(1.0, area.width() / max(wide, 1.0), area.height() / max(tall, 1.0))
        yield f"{place}.panels[{at}].at", ARCMIN["body"] * room
