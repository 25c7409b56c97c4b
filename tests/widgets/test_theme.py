"""Type stands as large at the eye as the table of distances asks."""

import pytest
from pytestqt.qtbot import QtBot

from widgets.theme import FAMILIES, Surface, cap_mm, font_px

INCH = {55: 1210.0, 75: 1650.0, 86: 1895.0}


@pytest.mark.parametrize(("distance", "arcmin", "mm"), [(2000, 16, 9.3), (4000, 20, 23.3), (6000, 45, 78.5)])
def test_capitals_are_as_high_as_their_angle_asks(distance: float, arcmin: float, mm: float) -> None:
    assert cap_mm(distance, arcmin) == pytest.approx(mm, abs=0.05)


@pytest.mark.parametrize(
    ("distance", "role", "fhd", "uhd"),
    [
        (2000, "body", 26, 53), (2000, "title", 40, 79), (2000, "figure", 59, 119),
        (4000, "body", 53, 106), (4000, "title", 79, 158), (6000, "body", 79, 158), (6000, "figure", 178, 356),
    ],
)  # fmt: skip
def test_font_sizes_follow_distance_and_panel(qtbot: QtBot, distance: float, role: str, fhd: int, uhd: int) -> None:
    assert FAMILIES[0] == "Inter"
    # The table is for capitals of 0.70 em; other faces differ by their own capital height.
    assert font_px(Surface(INCH[55], 1920, distance), role) == pytest.approx(fhd, abs=max(1, fhd * 0.05))
    assert font_px(Surface(INCH[55], 3840, distance), role) == pytest.approx(uhd, abs=max(1, uhd * 0.05))
