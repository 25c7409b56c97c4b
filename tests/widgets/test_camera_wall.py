"""The camera wall on synthetic rings: what keys and the pointer ask for, which streams it wants, what it paints."""

import asyncio
import threading
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QObject, QPoint, Qt
from PySide6.QtGui import QImage
from pytestqt.qtbot import QtBot

from ioc_console.config import City
from ioc_console.domain.cameras import Camera, Effort, StreamError, StreamState
from ioc_console.domain.walls import Arrangement, ArrangeWall, Tile
from ioc_console.video.rings import RingWriter
from ioc_console.video.scaling import WHOLE
from ioc_console.words import Catalogue
from tests.widgets.conftest import FakeBridge
from tests.wishes import wanted
from widgets.camera_wall import CameraWall, Settings
from widgets.darkroom import Shot, image_of
from widgets.freshness import Freshness
from widgets.panel import Place
from widgets.theme import Surface, Theme

SURFACE = "test.left.cameras"
CAMERAS = [Camera(id=f"c{at}", number=200 + at, name=f"Ngã tư Lê Lợi {at}", streams=("sub", "main")) for at in range(4)]


@pytest.fixture
def wall(qtbot: QtBot, tmp_path: Path) -> Iterator[CameraWall]:
    theme = Theme("night", Surface(1_200.0, 1_280, 3_000.0))
    rings = tmp_path / "rings"
    place: Any = Place(SURFACE, FakeBridge(), theme, Catalogue.load("vi"), City(name="Vinh"), rings, tmp_path, 6.6)
    made = CameraWall(place, Settings(side=2))
    qtbot.addWidget(made)
    made.resize(1_280, 720)
    for camera in CAMERAS:
        made.put(camera)
    made.level()
    made.show()
    yield made
    made.leave()


class Painted(QObject):
    """Counts how often a widget is painted."""

    times, last = 0, 0.0

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Paint:
            self.times, self.last = self.times + 1, time.monotonic()
        return False

    def quiet_for(self, seconds: float) -> bool:
        """Say whether nothing was painted for a while, and begin to count."""
        quiet = time.monotonic() - self.last > seconds
        self.times = 0 if quiet else self.times
        return quiet


def written(wall: CameraWall, camera: str, stream: str, grey: int, size: tuple[int, int] = (640, 360)) -> RingWriter:
    ring = RingWriter(wall.place.rings, camera, stream, *size, (640, 360))
    chroma = np.full((180, 320), 128, np.uint8)
    ring.write(np.full((360, 640), grey, np.uint8), chroma, chroma)
    ring.mark(StreamState.LIVE, StreamError.NONE, Effort.ALL)
    return ring


def test_a_new_picture_is_painted_and_its_tile_is_live(wall: CameraWall, qtbot: QtBot) -> None:
    ring = written(wall, "c0", "sub", 200)
    tile = wall.tiles.placed["c0"]
    qtbot.waitUntil(lambda: tile.image is not None, timeout=5_000)
    assert wall.tiles.freshness(tile) is Freshness.LIVE
    assert wall.tiles.freshness(wall.tiles.placed["c1"]) is Freshness.UNKNOWN
    assert wall.grab().toImage().pixelColor(tile.rect.center()).lightness() > 150
    ring.close()


def test_a_key_asks_for_another_grid_and_the_wall_waits_for_the_answer(wall: CameraWall, qtbot: QtBot) -> None:
    qtbot.keyClick(wall, Qt.Key.Key_3, Qt.KeyboardModifier.AltModifier)
    command = wall.bridge.given[-1]
    assert isinstance(command, ArrangeWall)
    assert (command.surface, command.side, len(command.tiles)) == (SURFACE, 3, 4)
    assert wall.tiles.plan.side == 2
    wall.put(Arrangement(id=SURFACE, side=3, tiles=command.tiles))
    wall.level()
    assert wall.tiles.plan.side == 3


def test_a_tile_carried_to_another_asks_for_a_swap(wall: CameraWall, qtbot: QtBot) -> None:
    before = [wall.tiles.placed[id].rect.center() for id in ("c0", "c3")]
    qtbot.mousePress(wall, Qt.MouseButton.LeftButton, pos=before[0])
    qtbot.mouseMove(wall, before[0] + QPoint(40, 40))
    qtbot.mouseMove(wall, before[1])
    qtbot.mouseRelease(wall, Qt.MouseButton.LeftButton, pos=before[1])
    command = wall.bridge.given[-1]
    assert isinstance(command, ArrangeWall)
    assert {Tile("c3", 0, 0), Tile("c0", 1, 1)} <= set(command.tiles)


def test_a_number_and_enter_enlarge_that_camera_and_want_its_main_stream(wall: CameraWall, qtbot: QtBot) -> None:
    qtbot.keyClicks(wall, "202")
    qtbot.keyClick(wall, Qt.Key.Key_Return)
    assert wall.tiles.large is not None
    assert wall.tiles.large.camera == "c2"
    qtbot.waitUntil(lambda: set(wanted(wall.place.rings)) == {("c2", "main"), ("c2", "sub")}, timeout=5_000)
    qtbot.keyClick(wall, Qt.Key.Key_Escape)
    grid = {(camera.id, "sub") for camera in CAMERAS}
    qtbot.waitUntil(lambda: set(wanted(wall.place.rings)) == grid, timeout=5_000)


def test_a_key_that_means_nothing_repaints_nothing(wall: CameraWall, qtbot: QtBot) -> None:
    painted = Painted()
    wall.installEventFilter(painted)
    qtbot.waitUntil(lambda: painted.quiet_for(0.1), timeout=5_000)
    for key in (Qt.Key.Key_F9, Qt.Key.Key_Shift, Qt.Key.Key_Y):
        qtbot.keyClick(wall, key)
    qtbot.wait(50)
    assert painted.times == 0
    qtbot.keyClick(wall, Qt.Key.Key_Right)
    qtbot.waitUntil(lambda: painted.times > 0, timeout=5_000)


def test_a_snapshot_without_a_picture_says_so(wall: CameraWall, qtbot: QtBot) -> None:
    said: list[str] = []
    wall.notice.connect(said.append)
    qtbot.keyClick(wall, Qt.Key.Key_P)
    assert said == [wall.text.say("camera_wall.no_picture")]


async def test_a_snapshot_is_developed_off_the_guis_thread(
    wall: CameraWall, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads: list[threading.Thread] = []

    def convert(shot: Shot) -> QImage:
        threads.append(threading.current_thread())
        return image_of(shot)

    monkeypatch.setattr("widgets.darkroom.image_of", convert)
    ring = written(wall, "c0", "sub", 120)
    wall.turn()
    await wall.controls.shoot(wall.tiles.placed["c0"], CAMERAS[0])
    assert threads
    assert threading.main_thread() not in threads
    (file,) = tmp_path.glob("*.png")
    assert QImage(str(file)).pixelColor(320, 180).lightness() == pytest.approx(121, abs=4)
    ring.close()


async def test_a_snapshot_is_of_the_whole_picture_though_the_tile_wants_less(wall: CameraWall, tmp_path: Path) -> None:
    ring = written(wall, "c0", "sub", 200, (320, 180))
    wall.turn()
    assert wanted(wall.place.rings)["c0", "sub"] == wall.tiles.placed["c0"].rect.height()
    said: list[str] = []
    wall.notice.connect(said.append)
    shooting = asyncio.create_task(wall.controls.shoot(wall.tiles.placed["c0"], CAMERAS[0]))
    await asyncio.sleep(0)
    wall.turn()
    wall.heed()
    wall.turn()
    assert wanted(wall.place.rings)["c0", "sub"] == WHOLE
    whole = written(wall, "c0", "sub", 90, (640, 360))
    taken = datetime.now(wall.tiles.zone)
    await shooting
    (file,) = tmp_path.glob("*.png")
    assert str(file) in said[0]
    assert file.name.startswith(f"200-nga-tu-le-loi-0_{taken:%Y%m%dT%H}")
    image = QImage(str(file))
    assert (image.width(), image.height() > 360) == (640, True)
    assert 80 < image.pixelColor(320, 180).lightness() < 110, "the newest picture"
    band = [image.pixelColor(x, y).lightness() for x in range(640) for y in range(362, image.height())]
    assert max(band) > 180 > 60 > min(band), "number, name and time stand below"
    wall.turns = 0
    wall.turn()
    assert wanted(wall.place.rings)["c0", "sub"] < WHOLE
    ring.close()
    whole.close()
