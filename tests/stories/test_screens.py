"""Screens that come and go on a real X server: a window waits for its own, moves with it, and is never lost."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from ioc_console.xvfb import screen
from tests.installed import require

LAYOUT = """schema = 1
title = "t"
[[windows]]
name = "main"
screen = { name = "WALL" }
size = [800, 450]
panel_mm = [1210, 681]
viewing_distance_mm = 2000
kiosk = true
panels = [ { use = "strip", at = [0, 0, 192, 108] } ]
"""
pytestmark = pytest.mark.timeout(120)


def xrandr(*words: str) -> None:
    subprocess.run(["xrandr", *words], check=True, capture_output=True)


@pytest.fixture
def window(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator["subprocess.Popen[str]"]:
    require("Xvfb", "xrandr")
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    file = tmp_path / "wall.toml"
    file.write_text(LAYOUT, encoding="utf-8")
    with screen(1600, 900):
        command = [sys.executable, "-m", "tests.stories.screens_child", str(file), "main"]
        environment = {**os.environ, "QT_QPA_PLATFORM": "xcb"}
        child = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
        try:
            yield child
        finally:
            child.kill()
            child.wait()
            child.stdout.close()


def test_a_window_follows_the_screen_it_belongs_to(window: "subprocess.Popen[str]") -> None:
    def stands() -> list[int]:
        return json.loads(window.stdout.readline())

    assert stands() == [], "its screen is missing: it waits hidden"
    xrandr("--setmonitor", "WALL", "800/300x450/170+800+450", "none")
    assert stands() == [800, 450, 800, 450]
    xrandr("--delmonitor", "WALL")
    assert stands() == [], "its screen went"
    xrandr("--setmonitor", "WALL", "640/240x360/135+0+0", "none")
    assert stands() == [0, 0, 640, 360], "it came back elsewhere, at another size"
