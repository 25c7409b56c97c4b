"""Strip and rail say how the site fares: cameras live of total, what is lost and since when, link, banner, sequence."""

from collections.abc import Callable
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from PySide6.QtCore import QRectF

from ioc_console.domain.cameras import Camera, CameraHealth, PictureHealth, StreamState, Verdict
from ioc_console.domain.health import Condition, Health
from ioc_console.domain.walls import Playing, Sequence
from tests.widgets.conftest import NOW
from widgets.bridge import LinkState
from widgets.furniture import text_width, wrapped
from widgets.panel import Panel, Place
from widgets.rail import Rail
from widgets.strip import Strip

Written = Callable[[Any], list[str]]
Shown = Callable[[type[Panel]], Panel]
Laid = Callable[[Any], list[tuple[str, QRectF]]]


def camera(number: int) -> Camera:
    return Camera(id=f"c{number}", number=number, name=f"Camera {number}")


def health(number: int, state: StreamState, ago_s: float = 0.0) -> CameraHealth:
    since = NOW - timedelta(seconds=ago_s)
    return CameraHealth(id=f"c{number}/sub", camera=f"c{number}", stream="sub", state=state, since=since)


def test_the_strip_says_the_time_of_the_city_and_how_many_cameras_live(shown: Shown, written: Written) -> None:
    strip = shown(Strip)
    for number, state in ((1, StreamState.LIVE), (2, StreamState.OFFLINE)):
        strip.put(camera(number))
        strip.put(health(number, state))
    texts = written(strip)
    assert texts[:4] == ["13:30:15", "Thứ Tư 25/11", "đồng bộ", "camera 1/2"]
    strip.gone("camera", "c2")
    assert "camera 1/1" in written(strip)


def test_without_the_hub_the_strip_says_since_when_and_claims_nothing(shown: Shown, written: Written) -> None:
    strip = shown(Strip)
    strip.put(camera(1))
    strip.put(health(1, StreamState.LIVE))
    strip.linked(LinkState(up=False, since=NOW - timedelta(seconds=65)))
    texts = written(strip)
    assert "MẤT TRUNG TÂM 01:05" in texts
    assert "camera —/1" in texts
    assert "đồng bộ" not in texts
    strip.linked(LinkState(up=True, since=NOW))
    assert "đồng bộ" in written(strip)


def test_failing_processes_are_counted_until_they_run_again(shown: Shown, written: Written) -> None:
    strip = shown(Strip)
    strip.put(Health(id="video-1", condition=Condition.FAILING, since=NOW))
    assert "1 tiến trình lỗi" in written(strip)
    strip.put(Health(id="video-1", condition=Condition.RUNNING, since=NOW))
    assert "1 tiến trình lỗi" not in written(strip)


@pytest.mark.parametrize(("width", "city"), [(1920, True), (900, False), (500, False)])
def test_the_banner_stays_whatever_else_gives_way(shown: Shown, written: Written, width: int, city: bool) -> None:
    strip = shown(Strip)
    strip.resize(width, 108)
    texts = written(strip)
    assert "DỮ LIỆU MẪU" in texts
    assert ("Thành phố Vinh" in texts) is city


def test_a_rail_without_cameras_says_that_it_waits(shown: Shown, written: Written) -> None:
    rail = shown(Rail)
    assert not rail.ready()
    assert " ".join(written(rail)) == "đang chờ danh sách"


def test_the_rail_counts_and_names_who_is_lost_the_longest_first(shown: Shown, written: Written) -> None:
    rail = shown(Rail)
    for number in range(1, 8):
        rail.put(camera(number))
        rail.put(health(number, StreamState.LIVE if number == 1 else StreamState.OFFLINE, ago_s=number * 60))
    texts = written(rail)
    assert texts[:2] == ["1", "/ 7"]
    assert "6" in texts
    named = [text for text in texts if "·" in text]
    assert named == ["7 · 07:00", "6 · 06:00", "5 · 05:00", "4 · 04:00"]


def test_the_rail_names_pictures_that_cannot_be_believed(shown: Shown, written: Written) -> None:
    rail = shown(Rail)
    rail.put(camera(1))
    rail.put(health(1, StreamState.LIVE))
    rail.put(PictureHealth(id="c1", verdict=Verdict.FROZEN, since=NOW, score=1.0))
    assert any(text.startswith("1 ") for text in written(rail))
    assert "hình đáng ngờ" in " ".join(written(rail))
    rail.put(PictureHealth(id="c1", verdict=Verdict.TRUE, since=NOW, score=1.0))
    assert "hình đáng ngờ" not in " ".join(written(rail))


def test_the_rail_shows_the_sequence_of_its_own_window(shown: Shown, written: Written) -> None:
    rail = shown(Rail)
    rail.put(camera(1))
    rail.put(Sequence(id="s", name="Tuyến chính", cameras=("c1",), dwell_s=10))
    rail.put(Playing(id="other.main.x", sequence="s", started=NOW))
    assert "Tuyến chính" not in " ".join(written(rail))
    rail.put(Playing(id="t.main.cameras", sequence="s", started=NOW - timedelta(seconds=3)))
    texts = " ".join(written(rail))
    assert "Tuyến chính" in texts
    assert "đổi sau 7 s" in texts
    rail.gone("playing", "t.main.cameras")
    assert "Tuyến chính" not in " ".join(written(rail))


def test_nothing_on_a_rail_is_wider_than_the_rail(shown: Shown, written: Written) -> None:
    rail = shown(Rail)
    rail.put(camera(1))
    rail.put(Sequence(id="s", name="Tuyến đường vành đai phía Nam thành phố Vinh", cameras=("c1",), dwell_s=10))
    rail.put(Playing(id="t.main.cameras", sequence="s", started=NOW))
    assert any(text.endswith("…") for text in written(rail))


def test_a_rail_with_too_much_to_say_names_as_many_as_there_is_room_for(shown: Shown, laid: Laid) -> None:
    rail = shown(Rail)
    for number in range(1, 20):
        rail.put(camera(number))
        rail.put(health(number, StreamState.OFFLINE if number < 10 else StreamState.LIVE, ago_s=60))
        if number >= 10:
            rail.put(PictureHealth(id=f"c{number}", verdict=Verdict.FROZEN, since=NOW, score=1.0))
    rail.put(Sequence(id="s", name="Tuyến chính", cameras=("c1",), dwell_s=10))
    rail.put(Playing(id="t.main.cameras", sequence="s", started=NOW))
    for height in (972, 800, 700):
        rail.resize(192, height)
        areas = laid(rail)
        figures = [text for text, area in areas if area.height() > 1.1 * rail.theme.px("figure") and text.isdigit()]
        assert figures == ["10", "9", "10"], "how many is always told"
        below = sorted((one for one in areas if not one[0].startswith("/")), key=lambda one: one[1].top())
        assert all(b.top() >= a.bottom() - 1 for (_, a), (_, b) in pairwise(below))
        assert below[-1][0].startswith("đổi sau")
        assert below[-1][1].bottom() <= height
    assert [text for text, _ in areas if text.startswith("và ")]


@pytest.mark.parametrize(
    ("text", "lines"),
    [("camera trực tiếp", ["camera", "trực tiếp"]), ("mất kết nối", ["mất kết nối"]), ("", []), ("một", ["một"])],
)
def test_a_text_too_wide_is_broken_as_evenly_as_its_words_allow(place: Place, text: str, lines: list[str]) -> None:
    assert wrapped(place.theme.font("body"), text, 160) == lines


def test_a_text_too_long_for_two_lines_is_shortened_in_the_second(place: Place) -> None:
    font = place.theme.font("body")
    first, second = wrapped(font, "Tuyến đường vành đai phía Nam thành phố Vinh", 160)
    assert second.endswith("…")
    assert not first.endswith("…")
    assert max(text_width(font, first), text_width(font, second)) <= 160
