"""Whatever is drawn can be told from its ground: text 4.5:1 and shapes 3:1 by WCAG 2, in both themes."""

import sys
from collections.abc import Iterator
from datetime import timedelta
from itertools import product
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QImage, QPainter, QPixmap
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from ioc_console.domain.cameras import Camera, Effort, PictureHealth, StreamError, StreamState, Verdict
from ioc_console.domain.health import Condition, Health
from ioc_console.domain.walls import Playing, Sequence
from tests.widgets.conftest import NOW
from tests.widgets.test_strip_and_rail import Shown, camera, health
from widgets.bridge import LinkState
from widgets.camera_wall import CameraWall, Settings
from widgets.caption import Caption
from widgets.darkroom import captioned
from widgets.freshness import Freshness
from widgets.panel import Place
from widgets.progress import Course, Progress, least, paint
from widgets.rail import Rail
from widgets.severity import chip, chip_size
from widgets.strip import Strip
from widgets.theme import NAMES, Surface, Theme
from widgets.tile import TileView
from widgets.tile_paint import TilePainter, headline

TEXT, SHAPE = 4.5, 3.0
BLACK, WHITE = np.zeros(3), np.full(3, 255.0)
PICTURES = {"black": Qt.GlobalColor.black, "white": Qt.GlobalColor.white}


class Written(msgspec.Struct, frozen=True):
    """One text that was to be drawn: its colour, where it would have stood, and on what."""

    text: str
    colour: QColor
    rect: QRect
    plate: QImage | None


def luminance(rgb: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the relative luminance of colours of three channels, 0 to 255."""
    share = np.asarray(rgb, np.float64) / 255.0
    linear = np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
    return linear @ np.array([0.2126, 0.7152, 0.0722])


def ratio(one: NDArray[np.float64], other: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the contrast of colours, 1 to 21."""
    a, b = luminance(one), luminance(other)
    return (np.maximum(a, b) + 0.05) / (np.minimum(a, b) + 0.05)


def rgb(colour: QColor) -> NDArray[np.float64]:
    return np.array([colour.red(), colour.green(), colour.blue()], np.float64)


def pixels(image: QImage, rect: QRect) -> NDArray[np.float64]:
    """Return the distinct colours of a part of an image, (n, RGBA)."""
    part = image.copy(rect & image.rect()).convertToFormat(QImage.Format.Format_RGBA8888)
    flat = np.frombuffer(part.constBits(), np.uint8).reshape(part.height(), part.bytesPerLine())
    return np.unique(flat[:, : part.width() * 4].reshape(-1, 4), axis=0).astype(np.float64)


def grounds(one: Written, painted: QImage) -> NDArray[np.float64]:
    """Return every colour on which a text stands; a plate lies over a black picture or a white one."""
    if one.plate is None:
        return pixels(painted, one.rect)[:, :3]
    found = pixels(one.plate, one.rect)
    share = found[:, 3:] / 255.0
    return np.concatenate([found[:, :3] * share + picture * (1 - share) for picture in (BLACK, WHITE)])


def weak(texts: list[Written], painted: QImage) -> list[str]:
    """Return the texts that do not stand out everywhere from what lies below them."""
    least = [(one, float(ratio(grounds(one, painted), rgb(one.colour)).min())) for one in texts]
    return [f"{one.text}: {one.colour.name()} {found:.2f}" for one, found in least if found < TEXT]


@pytest.fixture
def texts(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Written]]:
    """Collect the texts that are drawn, and draw none of them: what is painted is their ground."""
    found: list[Written] = []

    def keep(painter: QPainter, area: QRectF, text: str, font: QFont, colour: QColor, align: Any) -> None:
        if not text:
            return
        width, height = QFontMetricsF(font).horizontalAdvance(text), 0.8 * font.pixelSize()
        box = QRectF(area.left(), area.center().y() - height / 2, min(width, area.width()), height)
        if align & Qt.AlignmentFlag.AlignRight:
            box.moveRight(area.right())
        if align & Qt.AlignmentFlag.AlignHCenter:
            box.moveCenter(area.center())
        device = painter.device()
        plate = device.toImage() if isinstance(device, QPixmap) else None
        found.append(Written(text, QColor(colour), painter.combinedTransform().mapRect(box).toAlignedRect(), plate))

    for name, module in tuple(sys.modules.items()):
        if name.startswith("widgets.") and hasattr(module, "put_text"):
            monkeypatch.setattr(module, "put_text", keep)
    yield found
    assert found, "nothing was written"


@pytest.fixture(params=NAMES)
def theme(request: pytest.FixtureRequest, qtbot: QtBot) -> Theme:
    return Theme(request.param, Surface(1_210.0, 1_920, 2_000.0))


@pytest.fixture
def place(place: Place, theme: Theme) -> Place:
    return msgspec.structs.replace(place, theme=theme)


def drawn(widget: QWidget) -> QImage:
    image = QImage(widget.size(), QImage.Format.Format_RGB32)
    image.fill(Qt.GlobalColor.magenta)
    widget.render(image)
    return image


def canvas(theme: Theme, width: float, height: float) -> QImage:
    image = QImage(round(width), round(height), QImage.Format.Format_RGB32)
    image.fill(theme.surface)
    return image


@pytest.mark.parametrize("up", [True, False])
def test_the_strip(shown: Shown, texts: list[Written], up: bool) -> None:
    strip = shown(Strip)
    strip.put(camera(1))
    strip.put(Health(id="video-1", condition=Condition.FAILING, since=NOW))
    strip.linked(LinkState(up, NOW - timedelta(seconds=65)))
    assert weak(texts, drawn(strip)) == []


@pytest.mark.parametrize("up", [True, False])
@pytest.mark.parametrize("known", [True, False])
def test_the_rail(shown: Shown, texts: list[Written], up: bool, known: bool) -> None:
    rail = shown(Rail)
    if known:
        for number in range(1, 4):
            rail.put(camera(number))
            rail.put(health(number, StreamState.OFFLINE))
        rail.put(PictureHealth(id="c1", verdict=Verdict.FROZEN, since=NOW, score=1.0))
        rail.put(Sequence(id="s", name="Tuyến chính", cameras=("c1",), dwell_s=10))
        rail.put(Playing(id="t.main.cameras", sequence="s", started=NOW))
    rail.linked(LinkState(up, NOW))
    assert weak(texts, drawn(rail)) == []


@pytest.mark.parametrize("picture", PICTURES)
@pytest.mark.parametrize("freshness", Freshness)
@pytest.mark.parametrize("small", [True, False])
@pytest.mark.parametrize("verdict", ["", "frozen", "covered"])
def test_a_tile(
    place: Place, tmp_path: Path, texts: list[Written], picture: str, freshness: Freshness, small: bool, verdict: str
) -> None:
    tile = TileView("c1", QRect(0, 0, 576, 324), tmp_path)
    tile.image = QImage(576, 324, QImage.Format.Format_RGB32)
    tile.image.fill(PICTURES[picture])
    caption = Caption(
        "217", "Ga Vinh – sân trước", freshness, 190, StreamError.UNAUTHORISED, verdict, 30, Effort.KEY, "", "14:06:50",
        small,
    )  # fmt: skip
    image = canvas(place.theme, 576, 324)
    painter = QPainter(image)
    TilePainter(place.theme, place.text, place.unit).paint(painter, tile, caption)
    painter.end()
    assert weak(texts, image) == []


def test_a_wall_without_cameras(place: Place, texts: list[Written]) -> None:
    image = canvas(place.theme, 900, 500)
    image.fill(place.theme.bg_2)
    painter = QPainter(image)
    headline(painter, QRectF(image.rect()), place.text.say("camera_wall.loading"), place.theme)
    painter.end()
    assert weak(texts, image) == []


def test_the_list_of_cameras_and_the_number_typed(place: Place, qtbot: QtBot, texts: list[Written]) -> None:
    wall = CameraWall(place, Settings(side=2))
    qtbot.addWidget(wall)
    wall.resize(1_280, 720)
    wall.put(Camera(id="c1", number=201, name="Ngã tư Lê Lợi", ward="Hưng Bình", tags=("giao lộ",)))
    wall.level()
    wall.controls.camera_list.open()
    wall.controls.number.type("2")
    wall.controls.camera_list.close_up()
    assert weak(texts, drawn(wall)) == []
    texts.clear()
    wall.controls.camera_list.open()
    assert weak(texts, drawn(wall.controls.camera_list.list.viewport())) == []
    assert {"201", "Ngã tư Lê Lợi", "giao lộ", "Hưng Bình"} <= {one.text for one in texts}
    wall.leave()


@pytest.mark.parametrize("level", [1, 2, 3, 4])
def test_a_chip(theme: Theme, texts: list[Written], level: int) -> None:
    image = canvas(theme, *chip_size(theme, "KHẨN CẤP"))
    painter = QPainter(image)
    chip(painter, QPointF(0, 0), level, "KHẨN CẤP", theme)
    painter.end()
    assert weak(texts, image) == []


@pytest.mark.parametrize("state", Course)
@pytest.mark.parametrize("ground", ["bg", "surface", "raised"])
def test_a_progress(theme: Theme, place: Place, texts: list[Written], state: Course, ground: str) -> None:
    image = canvas(theme, *least(theme))
    image.fill(QColor(getattr(theme.tokens, ground)))
    painter = QPainter(image)
    paint(painter, QRectF(image.rect()), Progress("Xuất", 5, 10, state), (theme, place.text), 0.0)
    painter.end()
    assert weak(texts, image) == []


def test_the_bar_below_a_snapshot(theme: Theme, texts: list[Written]) -> None:
    assert weak(texts, captioned(canvas(theme, 640, 360), "217  Ga Vinh", theme)) == []


def token(theme: Theme, name: str) -> NDArray[np.float64]:
    return rgb(QColor(getattr(theme.tokens, name)))


STYLED = [
    ("text", "raised", "toast"), ("text", "surface", "key card: keys"), ("text_2", "surface", "key card: words"),
    ("text", "paper", "search"), ("text_3", "paper", "search: hint"), ("paper", "text_2", "search: selected"),
]  # fmt: skip
"""What style sheets draw: text, ground, and where."""

LINES = [
    ("normal", "bg", "ring of the link"), ("text_3", "bg", "frame of the banner"), ("stale", "bg", "frame of the lost"),
    ("stale", "surface", "dashes of a stale tile"), ("focus", "paper", "frame of the number typed"),
    ("focus", "raised", "bar of the selected row"), ("text_2", "line", "what is done, on its bar"),
    ("text_3", "line", "what was done before it was called off"), ("text_3", "raised", "frame of the toast"),
]  # fmt: skip
"""What is drawn as a line or a shape: its colour, its ground, and where."""


@pytest.mark.parametrize(("ink", "ground", "where"), STYLED)
def test_what_style_sheets_write(theme: Theme, ink: str, ground: str, where: str) -> None:
    assert ratio(token(theme, ink), token(theme, ground)) >= TEXT


@pytest.mark.parametrize(("ink", "ground", "where"), LINES)
def test_lines_that_say_something(theme: Theme, ink: str, ground: str, where: str) -> None:
    assert ratio(token(theme, ink), token(theme, ground)) >= SHAPE


@pytest.mark.parametrize(("level", "ground"), [*product((1, 2, 3, 4), ("bg", "bg_2", "surface", "raised", "paper"))])
def test_a_severity_stands_out_from_every_ground_and_its_words_from_it(theme: Theme, level: int, ground: str) -> None:
    fill, outline = token(theme, f"p{level}"), token(theme, "outline")
    assert max(ratio(fill, token(theme, ground)), ratio(outline, token(theme, ground))) >= SHAPE
    assert ratio(token(theme, f"on_p{level}"), fill) >= TEXT


def test_the_focus_is_seen_on_any_picture(theme: Theme) -> None:
    greys = np.repeat(np.arange(256.0)[:, None], 3, axis=1)
    ring, line = ratio(greys, token(theme, "focus")), ratio(greys, token(theme, "paper"))
    assert np.maximum(ring, line).min() >= SHAPE


@pytest.mark.parametrize(
    ("name", "ink", "ground", "said"),
    [
        ("night", "text", "surface", 13.4), ("night", "text_3", "surface", 5.3), ("night", "p1", "raised", 4.3),
        ("day", "text", "surface", 13.1), ("day", "text_3", "surface", 4.6), ("day", "p2", "surface", 2.2),
    ],
)  # fmt: skip
def test_the_measure_agrees_with_the_published_one(qtbot: QtBot, name: str, ink: str, ground: str, said: float) -> None:
    theme = Theme(name, Surface(1_210.0, 1_920, 2_000.0))
    assert float(ratio(token(theme, ink), token(theme, ground))) == pytest.approx(said, abs=0.06)
