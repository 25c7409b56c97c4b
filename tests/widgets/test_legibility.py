"""A layout is refused where nobody could read it from their seat, and warned of where they only just could."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from ioc_console.model import Refused
from ioc_console.words import LANGUAGES, Catalogue
from widgets.layout import LAYOUTS, layout_text, read_layout
from widgets.legibility import examine

ROOT = Path(__file__).parents[2]
CHECK = """
import os, sys
import os
import subprocess
import sys
from pathlib import Path
from ioc_console.words import Catalogue
from widgets.legibility import check_layout
before = dict(os.environ)
code = check_layout(Path(sys.argv[1]), Catalogue.load("en"))
raise SystemExit(code or any(os.environ.get(name) != before.get(name) for name in ("DISPLAY", "QT_QPA_PLATFORM")))
"""


def layout(
    folder: Path, use: str, distance: int = 2_000, at: tuple[float, float] = (192, 100), **given: object
) -> Path:
    file = folder / "one.toml"
    more = "".join(f", {name} = {value}" for name, value in given.items() if name != "width")
    panel = f'{{ use = "{use}", at = [0, 0, {at[0]}, {at[1]}]{more} }}'
    size = (given.get("width", 1920), 1080)
    file.write_text(layout_text(panel, size=size, viewing_distance_mm=distance))
    return file


def test_a_layout_is_checked_without_a_screen_and_without_a_trace(tmp_path: Path) -> None:
    file = layout(tmp_path, "camera_wall", side=3)
    bare = {name: value for name, value in os.environ.items() if name not in ("DISPLAY", "QT_QPA_PLATFORM")}
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", CHECK, str(file)],
        cwd=ROOT, env=bare, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    assert "well formed" in done.stdout


@pytest.mark.parametrize("name", sorted(file.stem for file in LAYOUTS.glob("*.toml")))
def test_every_shipped_layout_can_be_read(qtbot: QtBot, name: str) -> None:
    file = LAYOUTS / f"{name}.toml"
    assert examine(read_layout(file), file) == []


@pytest.mark.parametrize(
    ("use", "distance", "at", "given", "code"),
    [
        ("camera_wall", 2_000, (192, 100), {"side": 3}, None),
        ("camera_wall", 4_000, (192, 100), {"side": 4}, None),
        ("camera_wall", 4_000, (192, 100), {"side": 6}, "layout.small"),
        ("camera_wall", 4_000, (192, 100), {"side": 16}, "layout.illegible"),
        ("rail", 2_000, (19.2, 97.2), {}, None),
        ("rail", 2_000, (12.3, 97.2), {}, "layout.small"),
        ("rail", 6_000, (19.2, 97.2), {}, "layout.illegible"),
        ("strip", 2_000, (192, 10.8), {}, None),
        ("strip", 6_000, (192, 10.8), {}, "layout.illegible"),
        ("strip", 700, (192, 10.8), {"width": 640}, "layout.coarse"),
    ],
)
def test_what_is_too_small_is_told_by_its_key(
    qtbot: QtBot, tmp_path: Path, use: str, distance: int, at: tuple[float, float], given: dict, code: str | None
) -> None:
    file = layout(tmp_path, use, distance, at, **given)
    if code in ("layout.illegible", "layout.coarse"):
        with pytest.raises(Refused) as caught:
            examine(read_layout(file), file)
        found = [caught.value]
    else:
        found = examine(read_layout(file), file)
    assert [one.code for one in found] == ([code] if code else [])
    for one in found:
        assert one.facts["key"].startswith("windows[0].")
        for language in LANGUAGES:
            assert str(file) in Catalogue.load(language).tell(one)
