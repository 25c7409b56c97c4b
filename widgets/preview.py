"""A preview: one panel alone on a window, on sample data.

usage: python -m widgets.rail [day] [PNG], which writes one picture and ends where a file is named.
"""

import sys
import tempfile
from pathlib import Path

from ioc_console.config import read_site
from ioc_console.words import Catalogue
from widgets.display import Display
from widgets.layout import layout_text
from widgets.loop import run_app
from widgets.sample import SITE, sample
from widgets.theme import NAMES

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
