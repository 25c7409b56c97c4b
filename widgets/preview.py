"""A preview: one panel alone on a window, on sample data.

usage: python -m widgets.rail [PNG], which writes one picture and ends where a file is named.
"""

import sys
import tempfile
from pathlib import Path

from ioc_console.config import read_site
from ioc_console.words import Catalogue
from widgets.display import Display
from widgets.loop import run_app
from widgets.sample import SITE, sample

LAYOUT = """schema = 1
title = "preview"
[[windows]]
name = "preview"
size = [1920, 1080]
panel_mm = [1210, 681]
viewing_distance_mm = 2000
panels = [ {{ use = "{panel}", at = {at}{settings} }} ]
"""
PATIENCE_S = 3.0


def preview(panel: str, at: list[float], settings: str = "") -> int:
    """Show a panel at its place in the grid until interrupted; return the exit code."""
    with tempfile.TemporaryDirectory(prefix="ioc-preview-") as temporary:
        folder = Path(temporary)
        file = folder / "preview.toml"
        file.write_text(LAYOUT.format(panel=panel, at=at, settings=settings), encoding="utf-8")
        return run_app(lambda: show(file, Path(sys.argv[1]) if len(sys.argv) > 1 else None))


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
