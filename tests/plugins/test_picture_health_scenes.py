"""Lies and truths of many strengths over drawn scenes: nearly all lies are told by name, no truth is taken for one."""

from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from ioc_console.domain.cameras import Verdict
from ioc_console.video.scaling import scale
from ioc_console.worker import Frame
from plugins.demo_city.clips import Shape, Studio
from plugins.demo_city.scenes import SCENES
from plugins.picture_health.judge import Limits, watch
from plugins.picture_health.measures import SIZE

Grey = NDArray[np.uint8]
Change = Callable[[Grey, int], Grey]
NAMES = ("avenue_day", "square_night", "street_rain", "market_day", "bridge_dusk")
LEARN, LYING, TRUE_FOR, CREEPING, PICTURES = 14, 7, 24, 300, 16


def clipped(picture: NDArray[np.generic]) -> Grey:
    return np.clip(picture, 0, 255).astype(np.uint8)


def noisy(picture: NDArray[np.generic], number: int, deviation: float) -> Grey:
    return clipped(picture + np.random.default_rng(number).normal(0, deviation, picture.shape))


def turned(picture: Grey, right: float = 0.0, down: float = 0.0, degrees: float = 0.0, times: float = 1.0) -> Grey:
    """Return what a camera shows that was turned by shares of the picture, by degrees, or zoomed."""
    height, width = picture.shape
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, times)
    matrix[:, 2] += right * width, down * height
    return np.asarray(cv2.warpAffine(picture, matrix, (width, height), borderMode=cv2.BORDER_REFLECT), np.uint8)


def covered(picture: Grey, number: int, share: float, level: float) -> Grey:
    width = int(picture.shape[1] * share)
    behind = cv2.GaussianBlur(picture, (0, 0), 25)[:, :width] * 0.3 + level
    return noisy(np.hstack([behind, picture[:, width:]]), number, 1.5)


def defocused(picture: Grey, number: int, deviation: float) -> Grey:
    return noisy(cv2.GaussianBlur(picture, (0, 0), deviation), number, 1.5)


def close_truck(picture: Grey, number: int) -> Grey:
    """Have a lorry pass close by for three looks, six seconds, of twelve."""
    if number % 12 >= 3:
        return picture
    left, patches = 40 + number % 12 * 40, np.random.default_rng(number).integers(60, 200, (4, 5), dtype=np.uint8)
    picture = picture.copy()
    picture[100:330, left : left + 320] = cv2.resize(patches, (320, 230))[:, : 640 - left]
    return picture


def lamps(picture: Grey, number: int) -> Grey:
    glare = cv2.circle(np.zeros_like(picture), (100 + number * 37 % 400, 200), 40, 255, -1)
    return np.asarray(cv2.max(picture, cv2.GaussianBlur(glare, (0, 0), 15)), np.uint8)


LIES: dict[str, tuple[Change, Verdict]] = {
    "covered whole": (lambda p, n: covered(p, n, 1.0, 60), Verdict.COVERED),
    "covered by two thirds": (lambda p, n: covered(p, n, 0.67, 60), Verdict.COVERED),
    "covered by half": (lambda p, n: covered(p, n, 0.5, 30), Verdict.COVERED),
    "out of focus": (lambda p, n: defocused(p, n, 20), Verdict.COVERED),
    "a little out of focus": (lambda p, n: defocused(p, n, 8), Verdict.COVERED),
    "shifted by 3 %": (lambda p, n: turned(p, 0.03), Verdict.MOVED),
    "shifted by 6 %": (lambda p, n: turned(p, 0.06, 0.02), Verdict.MOVED),
    "shifted by 15 %": (lambda p, n: turned(p, 0.15), Verdict.MOVED),
    "turned by 5°": (lambda p, n: turned(p, degrees=5), Verdict.MOVED),
    "turned by 10°": (lambda p, n: turned(p, degrees=10), Verdict.MOVED),
    "zoomed": (lambda p, n: turned(p, times=1.2), Verdict.MOVED),
    "creeping away": (lambda p, n: turned(p, 0.0002 * n), Verdict.MOVED),
    "black": (lambda p, n: noisy(np.zeros_like(p), n, 2), Verdict.BLACK),
    "blinded": (lambda p, n: clipped(p.astype(int) + 190), Verdict.BLINDED),
}
TRUTHS: dict[str, Change] = {
    "as it was": lambda p, n: p,
    "gamma 0.6": lambda p, n: clipped(255 * (p / 255) ** 0.6),
    "gamma 1.6": lambda p, n: clipped(255 * (p / 255) ** 1.6),
    "noise of 8": lambda p, n: noisy(p, n, 8),
    "noise of 15": lambda p, n: noisy(p, n, 15),
    "nightfall": lambda p, n: noisy(p * max(0.3, 1 - n * 0.02), n, 2),
    "exposed longer": lambda p, n: clipped(p * 1.35),
    "exposed shorter": lambda p, n: clipped(p * 0.6),
    "a lorry close by": close_truck,
    "shaking in the wind": lambda p, n: turned(p, (0, 0.003, -0.003, 0.002)[n % 4], (0, 0.002, 0.003, -0.003)[n % 4]),
    "headlights": lamps,
}


@cache
def pictures_of(name: str) -> tuple[Grey, ...]:
    """Return pictures of a scene, a second apart."""
    scene = next(scene for scene in SCENES if scene.name == name)
    studio = Studio(scene, Shape())
    drawn = [cv2.cvtColor(studio.frame(number * 15), cv2.COLOR_BGR2GRAY) for number in range(PICTURES)]
    return tuple(scale(picture, (640, 360)) for picture in drawn)


def last_verdicts(name: str, change: Change, looks: int, folder: Path) -> list[Verdict]:
    """Return the verdicts over honest pictures and then changed ones, each as often as it changes."""
    pictures = pictures_of(name)
    honest = [scale(pictures[at % PICTURES], SIZE) for at in range(LEARN)]
    changed = [scale(change(pictures[(LEARN + at) % PICTURES], at), SIZE) for at in range(looks)]

    def frames() -> Iterator[Frame]:
        for at, picture in enumerate(honest + changed):
            yield Frame("c1", picture, 1_000.0 + at, fresh=True)

    return [health.verdict for health in watch(frames(), (Limits(), folder)) if health]


@pytest.mark.parametrize("scene", NAMES)
def test_nearly_every_lie_is_told_by_its_name(scene: str, tmp_path: Path) -> None:
    missed = []
    for at, (name, (change, verdict)) in enumerate(LIES.items()):
        looks = CREEPING if name == "creeping away" else LYING
        if last_verdicts(scene, change, looks, tmp_path / str(at))[-1] is not verdict:
            missed.append(name)
    assert len(missed) <= 1, missed


@pytest.mark.parametrize("scene", NAMES)
def test_no_change_of_light_weather_or_traffic_is_a_lie(scene: str, tmp_path: Path) -> None:
    for at, (name, change) in enumerate(TRUTHS.items()):
        assert last_verdicts(scene, change, TRUE_FOR, tmp_path / str(at)) == [Verdict.TRUE], name
