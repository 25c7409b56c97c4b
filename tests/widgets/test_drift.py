"""Content drifts a pixel at a time through every place of its reserve, and never out of its window."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, QRect
from pytestqt.qtbot import QtBot

from ioc_console.config import City
from ioc_console.words import Catalogue
from tests.widgets.conftest import FakeBridge
from widgets.drift import RESERVE_PX, STEP_S, offset
from widgets.layout import layout_file, layout_text, read_layout
from widgets.panel import Scene
from widgets.wall import Wall

PANELS = (
    '{ use = "camera_wall", name = "cameras", at = [0, 0, 172.8, 97.2], side = 3 }',
    '{ use = "rail", at = [172.8, 0, 19.2, 97.2] }',
    '{ use = "strip", at = [0, 97.2, 192, 10.8] }',
)
MIDNIGHT = datetime(2026, 11, 25, tzinfo=UTC)


def places(steps: int) -> list[tuple[int, int]]:
    return [offset(MIDNIGHT + timedelta(seconds=STEP_S * at)) for at in range(steps)]


def test_the_path_runs_through_every_place_by_single_pixels() -> None:
    path = places(313)
    across = range(-RESERVE_PX, RESERVE_PX + 1)
    assert set(path) == {(x, y) for x in across for y in across}
    assert all(max(abs(b[0] - a[0]), abs(b[1] - a[1])) <= 1 for a, b in pairwise(path))
    assert path[0] == path[312]


def test_content_rests_between_two_steps() -> None:
    assert offset(MIDNIGHT) == offset(MIDNIGHT + timedelta(seconds=STEP_S - 1))


class Clocked(FakeBridge):
    """A bridge whose time a test sets."""

    moment = MIDNIGHT

    def now(self) -> datetime:
        return self.moment


@pytest.fixture
def window(qtbot: QtBot, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Wall]:
    file = tmp_path / "layout.toml"
    file.write_text(layout_text(*PANELS, pixel_shift=request.param), encoding="utf-8")
    made = Wall(file, "main", Scene(City(name="Vinh"), Clocked(), tmp_path / "rings", tmp_path, Catalogue.load("vi")))
    qtbot.addWidget(made)
    yield made
    made.leave()


def wander(window: Wall, steps: int) -> list[list[QRect]]:
    """Return where the panels stand at each of some steps."""
    found = []
    for at in range(steps):
        window.bridge.moment = MIDNIGHT + timedelta(seconds=STEP_S * at)
        window.tick()
        found.append([panel.geometry() for panel in window.panels])
    return found


@pytest.mark.parametrize("window", [True], indirect=True)
def test_panels_move_together_inside_the_window_and_keep_their_size(window: Wall) -> None:
    found = wander(window, 312)
    moves = {(rects[0].x() - found[0][0].x(), rects[0].y() - found[0][0].y()) for rects in found}
    assert len(moves) == 169
    for rects in found:
        by = rects[0].topLeft() - found[0][0].topLeft()
        assert rects == [first.translated(by) for first in found[0]]
        assert all(window.rect().contains(rect) for rect in rects)
    assert {(rect.left(), rect.top()) for rects in found for rect in rects[:1]} >= {(0, 0), (12, 12)}
    cameras = window.panels[0]
    assert (cameras.width(), cameras.height()) == (1728, 972), "pictures keep their exact size"


@pytest.mark.parametrize("window", [True], indirect=True)
def test_what_is_built_anew_stands_where_it_stood(window: Wall) -> None:
    (before,) = wander(window, 40)[-1:]
    window.rebuild()
    assert [panel.geometry() for panel in window.panels] == before


@pytest.mark.parametrize("window", [True], indirect=True)
def test_where_content_has_left_there_is_ground(window: Wall) -> None:
    window.bridge.moment = MIDNIGHT + timedelta(seconds=STEP_S * 3)
    window.tick()
    image = window.grab().toImage()
    corner = window.panels[0].pos()
    assert corner != QPoint(0, 0)
    assert image.pixelColor(0, 0) == window.theme.bg
    assert image.pixelColor(corner) == window.theme.bg_2


@pytest.mark.parametrize("window", [False], indirect=True)
def test_without_the_layouts_word_nothing_moves(window: Wall) -> None:
    found = wander(window, 30)
    assert all(rects == found[0] for rects in found)
    assert found[0][0].topLeft() == QPoint(0, 0)


def test_the_duty_wall_drifts_and_a_station_does_not() -> None:
    assert {window.pixel_shift for window in read_layout(layout_file("duty_wall")).windows} == {True}
    assert {window.pixel_shift for window in read_layout(layout_file("single")).windows} == {False}
