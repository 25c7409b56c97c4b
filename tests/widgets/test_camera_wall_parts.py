"""The pure parts of the camera wall: freshness, geometry, rearranging, and the crop of a zoomed tile."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ioc_console.domain.cameras import StreamState
from ioc_console.domain.walls import PRESETS, Tile
from widgets.frame import cropped
from widgets.freshness import Freshness, freshness_of
from widgets.mosaic import Mosaic, filled, moved, neighbour
from widgets.tile import MOST_ZOOM, Zoom

LIVE, DOWN = StreamState.LIVE, StreamState.OFFLINE
shares = st.floats(0, 1)


@pytest.mark.parametrize(
    ("age_s", "state", "period_s", "expected"),
    [
        (None, LIVE, 1.0, Freshness.UNKNOWN),
        (None, DOWN, 1.0, Freshness.OFFLINE),
        (1.5, LIVE, 1.0, Freshness.LIVE),
        (1.51, LIVE, 1.0, Freshness.LATE),
        (3.0, LIVE, 1.0, Freshness.LATE),
        (3.01, LIVE, 1.0, Freshness.STALE),
        (60.1, LIVE, 30.0, Freshness.STALE),
        (5.0, DOWN, 1.0, Freshness.OFFLINE),
    ],
)
def test_freshness_follows_the_age_of_the_picture_and_the_transport(
    age_s: float | None, state: StreamState, period_s: float, expected: Freshness
) -> None:
    assert freshness_of(age_s, state, period_s) is expected


@pytest.mark.parametrize("size", [(1920, 1080), (3840, 2160), (1536, 972)])
@pytest.mark.parametrize("count", PRESETS)
def test_tiles_are_exactly_16_to_9_and_stay_inside_the_wall(size: tuple[int, int], count: int) -> None:
    side = round(count**0.5)
    mosaic = Mosaic(*size, side)
    for at in range(count):
        x, y, width, height = mosaic.rect(at % side, at // side)
        assert width * 9 == height * 16
        assert x >= 0
        assert y >= 0
        assert x + width <= size[0]
        assert y + height <= size[1]
        assert mosaic.cell(x + width / 2, y + height / 2) == (at % side, at // side)


def test_a_tile_dropped_on_another_swaps_with_it() -> None:
    tiles = filled(["a", "b", "c"], 2)
    assert set(moved(tiles, "a", 0, 1)) == {Tile("c", 0, 0), Tile("b", 1, 0), Tile("a", 0, 1)}


def test_a_tile_dropped_on_an_empty_cell_moves_there() -> None:
    assert Tile("a", 1, 1) in moved(filled(["a", "b", "c"], 2), "a", 1, 1)


def test_the_focus_moves_to_the_neighbour_and_stays_at_the_edge() -> None:
    tiles = filled(["a", "b", "c", "d"], 2)
    assert neighbour(tiles, "a", 1, 0) == "b"
    assert neighbour(tiles, "a", 0, 1) == "c"
    assert neighbour(tiles, "a", -1, 0) == "a"


@given(factor=st.floats(0.01, 100), x=shares, y=shares, dx=st.floats(-3, 3), dy=st.floats(-3, 3))
def test_a_zoom_never_leaves_the_picture(factor: float, x: float, y: float, dx: float, dy: float) -> None:
    zoom = Zoom()
    zoom.scale(factor, x, y)
    zoom.pan(dx, dy)
    left, top, side = zoom.box()
    assert 1 <= zoom.times <= MOST_ZOOM
    assert min(left, top) >= -1e-9
    assert max(left, top) + side <= 1 + 1e-9
    assert min(cropped(np.zeros((360, 640), np.uint8), zoom.box()).shape) >= 2


def test_the_point_under_the_wheel_stays_where_it_is() -> None:
    zoom = Zoom()
    zoom.scale(2.0, 0.25, 0.75)
    left, top, side = zoom.box()
    assert (left + 0.25 * side, top + 0.75 * side) == pytest.approx((0.25, 0.75))
