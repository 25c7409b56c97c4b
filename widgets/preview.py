"""A preview: one panel alone on a window, on sample data, or one element in every state.

usage: python -m widgets.rail [day] [PNG], which writes one picture and ends where a file is named.
"""

import asyncio
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from PySide6.QtWidgets import QWidget

from ioc_console.config import read_site
from ioc_console.words import LANGUAGES, Catalogue
from widgets.darkroom import save
from widgets.display import Display
from widgets.layout import layout_text
from widgets.loop import run_app
from widgets.sample import SITE, sample
from widgets.theme import NAMES, Surface, Theme

PATIENCE_S = 3.0


def preview(panel: str, at: list[float], settings: str = "") -> int:
    """Show a panel at its place in the grid until interrupted; return the exit code."""
    theme, picture = asked(sys.argv[1:])
    with tempfile.TemporaryDirectory(prefix="ioc-preview-") as temporary:
        folder = Path(temporary)
        file = folder / "preview.toml"
        line = f'{{ use = "{panel}", at = {at}{settings} }}'
        file.write_text(layout_text(line, name="preview", theme=theme), encoding="utf-8")
        return run_app(lambda: show(file, picture))


def preview_element(make: Callable[[Theme, Catalogue], QWidget]) -> int:
    """Show an element alone, as it is on a panel of 1210 mm and 1920 pixels seen from 2 m; return the exit code."""
    name, picture = asked(sys.argv[1:])
    return run_app(lambda: show_element(make, name, picture))


async def show_element(make: Callable[[Theme, Catalogue], QWidget], name: str, picture: Path | None) -> int:
    """Show an element until interrupted, or write one picture of it."""
    theme = Theme(name, Surface(1_210.0, 1_920, 2_000.0))
    element = make(theme, Catalogue.load(LANGUAGES[0]))
    element.setPalette(theme.palette())
    element.resize(1_920, 1_080)
    if picture:
        save(element.grab().toImage(), picture)
        return 0
    element.show()
    await asyncio.Event().wait()
    return 0


def asked(words: list[str]) -> tuple[str, Path | None]:
    """Return the theme and the file that a command line names."""
    files = [word for word in words if word not in NAMES]
    theme = next((word for word in words if word in NAMES), NAMES[0])
    return theme, Path(files[0]) if files else None


async def show(file: Path, picture: Path | None) -> int:
    """Run the sample and the window over it."""
    city, folder = read_site(SITE).city, file.parent
    async with sample(folder) as link:
        display = Display(file, "preview", link, (city, folder / "rings", folder), Catalogue.load(city.language))
        if picture:
            # Some of the sample's cameras never come, so that not every tile gets ready.
            await display.snapshot(picture, PATIENCE_S)
            return 0
        return await display.run(lambda status: None, lambda: None, None)
