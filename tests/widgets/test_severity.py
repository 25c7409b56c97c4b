"""A severity is told without its colour, stays inside its place, and is seen on every ground of both themes."""

from itertools import combinations, product

import numpy as np
import pytest
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QImage, QPainter
from pytestqt.qtbot import QtBot

from widgets.furniture import text_width
from widgets.severity import Standing, chip, chip_size, symbol
from widgets.theme import NAMES, Surface, Theme

SIDE, MARGIN = 64, 8
LEVELS = (1, 2, 3, 4)


def themed(name: str) -> Theme:
    return Theme(name, Surface(1_210.0, 1_920, 2_000.0))


def grey(theme: Theme, level: int, standing: Standing) -> NDArray[np.uint8]:
    """Return a symbol on the theme's surface without its colours, with a margin about its place."""
    whole = SIDE + 2 * MARGIN
    image = QImage(whole, whole, QImage.Format.Format_RGB32)
    image.fill(theme.surface)
    painter = QPainter(image)
    symbol(painter, QRectF(MARGIN, MARGIN, SIDE, SIDE), level, standing, theme)
    painter.end()
    flat = image.convertToFormat(QImage.Format.Format_Grayscale8)
    return np.frombuffer(flat.constBits(), np.uint8).reshape(whole, -1)[:, :whole].copy()


@pytest.mark.parametrize("name", NAMES)
def test_every_severity_in_every_standing_differs_in_grey(qtbot: QtBot, name: str) -> None:
    theme = themed(name)
    drawn = {key: grey(theme, *key).astype(np.int16) for key in product(LEVELS, Standing)}
    for one, other in combinations(drawn, 2):
        changed = np.abs(drawn[one] - drawn[other]) > 40
        assert changed.mean() > 0.01, f"{one} and {other} look alike"


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("standing", Standing)
def test_a_symbol_stays_inside_its_place(qtbot: QtBot, name: str, level: int, standing: Standing) -> None:
    drawn = grey(themed(name), level, standing)
    ground = drawn[0, 0]
    inside = drawn[MARGIN - 1 : -MARGIN + 1, MARGIN - 1 : -MARGIN + 1].copy()
    drawn[MARGIN - 1 : -MARGIN + 1, MARGIN - 1 : -MARGIN + 1] = ground
    assert (drawn == ground).all()
    assert (inside != ground).any()


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("level", LEVELS)
def test_a_chip_is_filled_outlined_and_as_wide_as_its_words(qtbot: QtBot, name: str, level: int) -> None:
    theme, words = themed(name), "ĐÃ HẾT, CHƯA XÁC NHẬN"
    wide, tall = chip_size(theme, words)
    image = QImage(round(wide) + 20, round(tall) + 20, QImage.Format.Format_RGB32)
    image.fill(theme.surface)
    painter = QPainter(image)
    area = chip(painter, QPointF(10, 10), level, words, theme)
    painter.end()
    assert (area.width(), area.height()) == (wide, tall)
    assert wide > text_width(theme.font("label"), words)
    middle = int(area.center().y())
    assert image.pixelColor(12, middle) in (theme.outline, theme.severities[level][0])
    assert image.pixelColor(10, middle) == theme.outline
    assert image.pixelColor(15, 14) == theme.severities[level][0]
    assert image.pixelColor(5, middle) == theme.surface
