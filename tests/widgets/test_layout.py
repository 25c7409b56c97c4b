"""A layout file is taken whole or refused by file and key."""

from pathlib import Path

import pytest

from ioc_console.model import Refused
from widgets.layout import LAYOUTS, layout_file, layout_text, read_layout, read_panels

WALL = '{ use = "camera_wall", name = "cameras", at = [0, 0, 172.8, 97.2], side = 3 }'


@pytest.mark.parametrize("name", sorted(file.stem for file in LAYOUTS.glob("*.toml")))
def test_every_shipped_layout_is_valid(name: str) -> None:
    file = layout_file(name)
    for window in read_layout(file).windows:
        assert read_panels(window, file, window.name)


def test_a_panels_own_keys_go_to_its_settings(tmp_path: Path) -> None:
    file = tmp_path / "one.toml"
    file.write_text(layout_text(WALL))
    (placed,) = read_panels(read_layout(file).window("main"), file, "windows[0]")
    assert placed.name == "cameras"
    assert placed.at == (0, 0, 172.8, 97.2)
    assert placed.settings == placed.panel.Settings(side=3)


@pytest.mark.parametrize(
    ("panels", "code", "key"),
    [
        ('{ use = "nothing", at = [0, 0, 10, 10] }', "layout.panel_unknown", "windows[0].panels[0].use"),
        ('{ use = "strip", at = [100, 0, 100, 10] }', "layout.outside", "windows[0].panels[0].at"),
        ('{ use = "strip", at = [0, 0, 0, 10] }', "layout.outside", "windows[0].panels[0].at"),
        (f'{WALL}, {{ use = "strip", at = [0, 97, 192, 10] }}', "layout.overlap", "windows[0].panels[1].at"),
        ('{ use = "camera_wall", at = [0, 0, 10, 10], side = 99 }', "config.wrong", "windows[0].panels[0].side"),
        ('{ use = "strip", at = [0, 0, 10, 10], colour = 1 }', "config.wrong", "windows[0].panels[0]"),
    ],
)
def test_a_wrong_panel_is_refused_by_file_and_key(tmp_path: Path, panels: str, code: str, key: str) -> None:
    file = tmp_path / "bad.toml"
    file.write_text(layout_text(panels))
    with pytest.raises(Refused) as caught:
        read_layout(file)
    assert caught.value.code == code
    assert caught.value.facts["key"] == key
    assert caught.value.facts["file"] == str(file)


def test_an_unknown_window_names_those_that_there_are(tmp_path: Path) -> None:
    file = tmp_path / "one.toml"
    file.write_text(layout_text(WALL))
    with pytest.raises(Refused) as caught:
        read_layout(file).window("left")
    assert caught.value.facts == {"found": "left", "allowed": "main"}
