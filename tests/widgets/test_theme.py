"""Type stands as large at the eye as the table of distances asks, and every colour comes from a theme's tokens."""

import re
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from widgets.theme import FAMILIES, NAMES, Surface, Theme, cap_mm, font_px

WIDGETS = Path(__file__).parents[2] / "widgets"
SEVERITIES = {
    "night": {1: "#FF4D4D", 2: "#FFAD33", 3: "#FFF3A3", 4: "#6CB6FF"},
    "day": {1: "#B3001B", 2: "#E07B00", 3: "#FFD60A", 4: "#2C6FB3"},
}
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


@pytest.mark.parametrize("name", NAMES)
def test_a_theme_is_what_the_palette_says(qtbot: QtBot, name: str) -> None:
    theme = Theme(name, Surface(1_210.0, 1_920, 2_000.0))
    assert theme.palette().window().color() == theme.bg
    assert theme.palette().text().color() == theme.text
    assert {level: fill.name().upper() for level, (fill, _) in theme.severities.items()} == SEVERITIES[name]


def test_no_colour_is_written_in_code() -> None:
    written = re.compile(
        r"#[0-9A-Fa-f]{3,8}\b|QColor\([\"'\d]|GlobalColor|fromRgb|fromHsv|setRgb|\.(lighter|darker)\(|\brgba?\("
    )
    found = [
        f"{file.name}:{at}: {line.strip()}"
        for file in sorted(WIDGETS.rglob("*.py"))
        for at, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1)
        if written.search(line) and not line.startswith("Hex = ")
    ]
    assert found == []
