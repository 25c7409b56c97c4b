"""A progress says in words and in its bar how far the work has come and how it ended, and rests while nobody looks."""

from itertools import combinations

import numpy as np
import pytest
from numpy.typing import NDArray
from PySide6.QtCore import QRectF
from PySide6.QtGui import QImage, QPainter
from pytestqt.qtbot import QtBot

from ioc_console.words import LANGUAGES, Catalogue
from widgets.furniture import text_width
from widgets.progress import (
    BLOCK,
    SWING_S,
    Course,
    Progress,
    ProgressBar,
    amount,
    figure,
    filled_part,
    least,
    paint_bar,
)
from widgets.theme import NAMES, Surface, Theme

TRACK = QRectF(10, 0, 400, 12)
FAR = Surface(1_210.0, 1_920, 4_000.0)
NEAR = Surface(1_210.0, 1_920, 2_000.0)


@pytest.mark.parametrize(
    ("progress", "percent"),
    [
        (Progress("t", 0, 10), 0),
        (Progress("t", 1_240, 3_000), 41),
        (Progress("t", 2_999, 3_000), 99),
        (Progress("t", 3_000, 3_000), 100),
        (Progress("t", 4_000, 3_000), 100),
        (Progress("t", -5, 3_000), 0),
        (Progress("t", 7, 0), None),
        (Progress("t", 0, 0, Course.DONE), 100),
        (Progress("t", 10, 30, Course.FAILED), 33),
        (Progress("t", 0, 0, Course.FAILED), None),
    ],
)
def test_a_hundred_percent_is_only_where_all_is_done(progress: Progress, percent: int | None) -> None:
    assert progress.percent == percent


@pytest.mark.parametrize(
    ("progress", "at_right", "below"),
    [
        (Progress("t", 1_240, 3_000), "41 %", "1.240 trên 3.000"),
        (Progress("t"), "", "đang chuẩn bị"),
        (Progress("t", 1_234_567), "", "đã xong 1.234.567"),
        (Progress("t", 3_000, 3_000, Course.DONE), "xong", "3.000 trên 3.000"),
        (Progress("t", 640, 3_000, Course.CANCELLED), "ĐÃ HỦY", "640 trên 3.000"),
        (Progress("t", 0, 0, Course.FAILED), "LỖI", ""),
    ],
)
def test_the_words_say_how_far_and_how_it_ended(progress: Progress, at_right: str, below: str) -> None:
    text = Catalogue.load("vi")
    assert (figure(progress, text), amount(progress, text)) == (at_right, below)


def test_thousands_are_set_apart_as_each_language_has_it() -> None:
    found = {name: amount(Progress("t", 1_240, 3_000), Catalogue.load(name)) for name in LANGUAGES}
    assert found == {"vi": "1.240 trên 3.000", "en": "1,240 of 3,000"}


def test_the_bar_is_as_full_as_the_work() -> None:
    assert filled_part(TRACK, Progress("t", 1, 4), 0.0) == QRectF(10, 0, 100, 12)
    assert filled_part(TRACK, Progress("t", 9, 4), 0.0) == TRACK
    assert filled_part(TRACK, Progress("t", 0, 0, Course.CANCELLED), 0.0).width() == 0


def test_while_nobody_knows_how_much_there_is_a_block_goes_to_and_fro_inside_the_bar() -> None:
    blocks = [filled_part(TRACK, Progress("t"), SWING_S * at / 40) for at in range(81)]
    assert all(TRACK.contains(block) and block.width() == pytest.approx(BLOCK * 400) for block in blocks)
    assert min(block.left() for block in blocks) == pytest.approx(TRACK.left())
    assert max(block.right() for block in blocks) == pytest.approx(TRACK.right())
    assert blocks[0].left() == pytest.approx(blocks[40].left()) == pytest.approx(blocks[80].left())


@pytest.mark.parametrize("name", NAMES)
def test_every_course_is_told_by_its_bar_in_grey(qtbot: QtBot, name: str) -> None:
    theme = Theme(name, NEAR)

    def drawn(state: Course) -> NDArray[np.int16]:
        image = QImage(420, 16, QImage.Format.Format_RGB32)
        image.fill(theme.surface)
        painter = QPainter(image)
        paint_bar(painter, QRectF(10, 2, 400, 12), Progress("t", 1, 2, state), theme, 0.0)
        painter.end()
        grey = image.convertToFormat(QImage.Format.Format_Grayscale8)
        return np.frombuffer(grey.constBits(), np.uint8).reshape(16, -1)[:, :420].astype(np.int16)

    for one, other in combinations(Course, 2):
        assert (np.abs(drawn(one) - drawn(other)) > 25).mean() > 0.05, f"{one} and {other} look alike"


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("surface", [NEAR, FAR])
def test_a_bar_asks_for_the_room_that_its_words_need(qtbot: QtBot, name: str, surface: Surface) -> None:
    theme, text = Theme(name, surface), Catalogue.load("vi")
    wide, tall = least(theme)
    assert tall > 2 * 1.35 * theme.px("body")
    for state in Course:
        words = amount(Progress("t", 999_999, 999_999, state), text)
        assert text_width(theme.font("body"), words) <= wide
    bar = ProgressBar(theme, text)
    qtbot.addWidget(bar)
    assert (bar.sizeHint().width(), bar.sizeHint().height()) == (round(wide), round(tall))


def test_a_title_too_long_is_shortened_before_the_figure(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[str] = []
    monkeypatch.setattr("widgets.progress.put_text", lambda painter, area, text, *more: written.append(text))
    bar = ProgressBar(Theme("night", NEAR), Catalogue.load("vi"))
    qtbot.addWidget(bar)
    bar.resize(bar.sizeHint())
    bar.put(Progress("Nhập danh sách camera của các phường xã từ tệp bảng tính", 5, 10))
    bar.grab()
    title, percent, below = written
    assert title.endswith("…")
    assert (percent, below) == ("50 %", "5 trên 10")


def test_the_block_moves_only_while_it_is_seen_and_needed(qtbot: QtBot) -> None:
    bar = ProgressBar(Theme("night", NEAR), Catalogue.load("vi"))
    qtbot.addWidget(bar)
    bar.put(Progress("Xuất nhật ký"))
    assert not bar.swinging.isActive()
    bar.show()
    assert bar.swinging.isActive()
    first = bar.grab().toImage()
    qtbot.waitUntil(lambda: bar.grab().toImage() != first, timeout=5_000)
    bar.put(Progress("Xuất nhật ký", 1, 10))
    assert not bar.swinging.isActive()
    bar.put(Progress("Xuất nhật ký", 1))
    assert bar.swinging.isActive()
    bar.hide()
    assert not bar.swinging.isActive()


def test_who_listens_is_told_the_same(qtbot: QtBot) -> None:
    bar = ProgressBar(Theme("night", NEAR), Catalogue.load("vi"))
    qtbot.addWidget(bar)
    bar.put(Progress("Xuất nhật ký", 5, 10))
    assert bar.accessibleName() == "Xuất nhật ký 50 % 5 trên 10"
