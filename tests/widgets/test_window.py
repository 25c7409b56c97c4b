"""A window of a layout: reloaded when its file changes, the last good one kept; its toast, key card and drawers."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from ioc_console.config import City
from ioc_console.domain.cameras import Camera
from ioc_console.domain.walls import ArrangeWall, PlaySequence, Sequence
from ioc_console.model import Delta, Gone, Page
from ioc_console.views import View
from ioc_console.words import LANGUAGES, Catalogue
from tests.widgets.conftest import NOW, FakeBridge
from widgets import toast
from widgets.camera_wall import CameraWall
from widgets.layout import layout_text
from widgets.wall import Scene, Wall

CAMERAS = (
    Camera(id="c1", number=201, name="Ngã tư Lê Lợi", ward="Hưng Bình", tags=("giao lộ",)),
    Camera(id="c2", number=202, name="Chợ Vinh", ward="Vinh Tân"),
    Camera(id="c3", number=203, name="Cầu Bến Thủy", ward="Vinh Tân"),
)


def layout(side: int, use: str = "rail", **more: str) -> str:
    """Return a layout of a wall of cameras and another panel."""
    wall = f'{{ use = "camera_wall", name = "cameras", at = [0, 0, 172.8, 97.2], side = {side} }}'
    return layout_text(wall, f'{{ use = "{use}", at = [172.8, 0, 19.2, 97.2] }}', size=(1280, 720), **more)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    file = tmp_path / "layout.toml"
    file.write_text(layout(2), encoding="utf-8")
    return file


@pytest.fixture
def window(qtbot: QtBot, file: Path) -> Iterator[Wall]:
    scene = Scene(City(name="Vinh"), FakeBridge(), file.parent / "rings", file.parent, Catalogue.load("vi"))
    made = Wall(file, "main", scene)
    qtbot.addWidget(made)
    sequence = Sequence(id="s1", name="Tuyến chính", cameras=("c1", "c2"), dwell_s=5)
    made.bridge.delta.emit(Delta(1, NOW, (*CAMERAS, sequence)))
    yield made
    made.leave()


def cameras(window: Wall) -> CameraWall:
    found = window.panels[0]
    assert isinstance(found, CameraWall)
    return found


def test_a_changed_layout_is_taken_in_and_what_is_known_stays(window: Wall, file: Path, qtbot: QtBot) -> None:
    assert set(cameras(window).tiles.placed) == {"c1", "c2", "c3"}
    file.write_text(layout(1), encoding="utf-8")
    qtbot.waitUntil(lambda: cameras(window).tiles.plan.side == 1, timeout=10_000)
    assert set(cameras(window).tiles.placed) == {"c1"}


def test_a_layout_gone_wrong_leaves_the_last_good_one_and_says_where(window: Wall, file: Path, qtbot: QtBot) -> None:
    before = window.panels
    file.write_text(layout(2, "nothing"), encoding="utf-8")
    qtbot.waitUntil(window.toast.isVisible, timeout=10_000)
    assert "panels[1].use" in window.toast.text()
    assert window.panels is before
    file.write_text(layout(2), encoding="utf-8")
    qtbot.waitUntil(lambda: not window.toast.isVisible(), timeout=10_000)


def test_a_file_replaced_as_editors_do_is_still_followed(window: Wall, file: Path, qtbot: QtBot) -> None:
    for side in (1, 3):
        fresh = file.with_suffix(".new")
        fresh.write_text(layout(side), encoding="utf-8")
        fresh.replace(file)
        qtbot.waitUntil(lambda side=side: cameras(window).tiles.plan.side == side, timeout=10_000)


def test_a_panel_gets_the_pages_it_looks_at_and_its_views_go_with_it(window: Wall) -> None:
    view, other = View("revision"), View("revision", limit=9)
    first, second = window.panels
    pages: dict[str, list[Page]] = {"first": [], "second": []}
    first.page, second.page = pages["first"].append, pages["second"].append
    first.look(view)
    first.look(view)
    second.look(other)
    assert window.bridge.looks == [view, other]
    page, another = Page(view, (), 0, {}), Page(other, (), 0, {})
    window.bridge.delta.emit(Delta(2, NOW, pages=(page, another)))
    assert pages == {"first": [page], "second": [another]}
    second.drop(other)
    assert window.bridge.looks == [view]
    second.look(other)
    window.rebuild()
    assert window.bridge.looks == [], "panels that were left look at nothing"


def test_the_clock_turns_with_the_second(window: Wall, qtbot: QtBot) -> None:
    ticks: list[datetime] = []
    window.panels[1].tick = ticks.append
    qtbot.waitUntil(lambda: len(ticks) >= 3, timeout=10_000)
    first, second, third = ticks[:3]
    assert [(later - first).total_seconds() for later in (second, third)] == pytest.approx([1, 2], abs=1.0)
    assert all(tick.microsecond < 400_000 for tick in (second, third)), "soon after the second's turn"
    assert first < second < third


def test_an_entity_that_goes_leaves_the_wall(window: Wall) -> None:
    window.bridge.delta.emit(Delta(2, NOW, gone=(Gone("camera", "c2"),)))
    assert set(cameras(window).tiles.placed) == {"c1", "c3"}
    assert ("camera", "c2") not in window.held


def test_the_key_card_names_every_key_in_the_language_chosen(window: Wall, qtbot: QtBot) -> None:
    qtbot.keyClick(window, Qt.Key.Key_F1)
    assert window.help.isVisible()
    assert all(window.text.say(words) in window.help.text() for _, words in toast.KEYS)
    qtbot.keyClick(window, Qt.Key.Key_F1)
    assert not window.help.isVisible()
    first, other = window.text.language, next(one for one in LANGUAGES if one != window.text.language)
    qtbot.keyClick(window, Qt.Key.Key_L, Qt.KeyboardModifier.ControlModifier)
    assert window.text.language == other
    qtbot.keyClick(window, Qt.Key.Key_F1)
    assert Catalogue.load(other).say("help.enlarge") in window.help.text()
    assert Catalogue.load(first).say("help.enlarge") not in window.help.text()


def test_a_key_turns_night_to_day_until_the_layout_says_otherwise(window: Wall, file: Path, qtbot: QtBot) -> None:
    night = window.theme.bg
    assert window.grab().toImage().pixelColor(1_270, 715) == night
    qtbot.keyClick(window, Qt.Key.Key_T, Qt.KeyboardModifier.ControlModifier)
    assert window.theme.name == "day"
    assert {panel.theme.name for panel in window.panels} == {"day"}
    assert window.grab().toImage().pixelColor(1_270, 715) == window.theme.bg != night
    assert set(cameras(window).tiles.placed) == {"c1", "c2", "c3"}
    file.write_text(layout(1), encoding="utf-8")
    qtbot.waitUntil(lambda: cameras(window).tiles.plan.side == 1, timeout=10_000)
    assert window.theme.name == "day", "what was chosen by hand stays"
    file.write_text(layout(2, theme="day"), encoding="utf-8")
    qtbot.waitUntil(lambda: cameras(window).tiles.plan.side == 2, timeout=10_000)
    qtbot.keyClick(window, Qt.Key.Key_T, Qt.KeyboardModifier.ControlModifier)
    assert window.theme.name == "night"


def test_a_word_goes_by_itself_and_a_lasting_one_comes_back_after_it(
    window: Wall, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(toast, "STAY_MS", 30)
    window.toast.say("<b>một lời</b>")
    assert window.toast.text() == "<b>một lời</b>"
    assert window.toast.textFormat() is Qt.TextFormat.PlainText
    qtbot.waitUntil(lambda: not window.toast.isVisible(), timeout=5_000)
    window.toast.stay("lỗi")
    window.toast.say("khác")
    qtbot.waitUntil(lambda: window.toast.text() == "lỗi", timeout=5_000)
    assert window.toast.isVisible()
    window.toast.leave()
    assert not window.toast.isVisible()


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("le loi", ["c1"]),
        ("LÊ LỢI", ["c1"]),
        ("giao lo", ["c1"]),
        ("203", ["c3"]),
        ("cho vinh", ["c2"]),
        ("vinh tan", ["c2", "c3"]),
        ("zzz", []),
    ],
)
def test_the_camera_list_is_searched_without_accents(window: Wall, qtbot: QtBot, typed: str, found: list[str]) -> None:
    drawer = cameras(window).controls.camera_list
    qtbot.keyClick(cameras(window), Qt.Key.Key_C)
    assert [row.plain for row in drawer.model.rows if row.heading] == ["Hưng Bình", "Vinh Tân"]
    drawer.search.setText(typed)
    assert [row.id for row in drawer.model.rows if not row.heading] == found
    qtbot.keyClick(drawer.search, Qt.Key.Key_Escape)
    assert drawer.isHidden()


def test_a_camera_is_put_on_the_focused_tile_by_keys_alone(window: Wall, qtbot: QtBot) -> None:
    wall = cameras(window)
    qtbot.keyClick(wall, Qt.Key.Key_C)
    drawer = wall.controls.camera_list
    qtbot.keyClicks(drawer.search, "cau ben")
    qtbot.keyClick(drawer.search, Qt.Key.Key_Return)
    command = wall.bridge.given[-1]
    assert isinstance(command, ArrangeWall)
    assert command.surface == "layout.main.cameras"
    assert {(tile.camera, tile.column, tile.row) for tile in command.tiles} >= {("c3", 0, 0)}


def test_a_sequence_is_begun_by_keys_alone(window: Wall, qtbot: QtBot) -> None:
    wall = cameras(window)
    qtbot.keyClick(wall, Qt.Key.Key_S)
    qtbot.keyClick(wall.controls.sequence_list.search, Qt.Key.Key_Return)
    assert wall.bridge.given[-1] == PlaySequence("layout.main.cameras", "s1")


def test_digits_fade_and_an_unknown_number_is_told(window: Wall, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    wall = cameras(window)
    monkeypatch.setattr("widgets.number_entry.NUMBER_MS", 30)
    qtbot.keyClicks(wall, "20")
    assert wall.controls.number.digits == "20"
    qtbot.waitUntil(lambda: wall.controls.number.digits == "", timeout=5_000)
    monkeypatch.setattr("widgets.number_entry.NUMBER_MS", 60_000)
    qtbot.keyClicks(wall, "999")
    qtbot.keyClick(wall, Qt.Key.Key_Return)
    assert wall.tiles.large is None
    assert "999" in window.toast.text()
