"""Pictures that lie are told from those that do not: on a drawn street, and on real footage."""

from collections.abc import Callable, Iterator
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from ioc_console.domain.cameras import PictureHealth, Verdict
from ioc_console.worker import Frame
from plugins.picture_health.judge import Limits, watch
from plugins.picture_health.measures import SIZE

Grey = NDArray[np.uint8]
Change = Callable[[Grey, int], Grey]
FOOTAGE = Path(__file__).parents[3] / "shared" / "data" / "video"
LIMITS = Limits(learn=8, held=4, view_held=6, frozen_held=10)
HONEST, LYING = 14, 12


def street(number: int) -> Grey:
    """Draw a street seen at a moment: walls, lanes, cars that pass, and the noise of a sensor."""
    dice = np.random.default_rng(5)
    picture = np.full((90, 160), 120, np.uint8)
    for _ in range(40):
        x, y = (int(v) for v in dice.integers(0, (150, 40)))
        size = tuple(int(v) for v in dice.integers(6, 26, 2))
        cv2.rectangle(picture, (x, y), (x + size[0], y + size[1]), int(dice.integers(40, 220)), -1)
    cv2.fillPoly(picture, [np.array([[20, 90], [140, 90], [95, 40], [65, 40]])], 90)
    for lane in range(4):
        cv2.line(picture, (80, 84 - lane * 12), (80, 78 - lane * 12), 210, 2)
    x = number * 11 % 150
    cv2.rectangle(picture, (x, 62), (x + 18, 74), 30, -1)
    noise = np.random.default_rng(number).normal(0, 2.0, picture.shape)
    return np.clip(picture + noise, 0, 255).astype(np.uint8)


def shifted(picture: Grey, number: int) -> Grey:
    return np.roll(np.roll(picture, 34, axis=1), 12, axis=0)


def turned(picture: Grey, number: int) -> Grey:
    turn = cv2.getRotationMatrix2D((80, 45), 20, 1.3)
    sharp = cv2.INTER_NEAREST  # a camera that is turned stays sharp
    return np.asarray(cv2.warpAffine(picture, turn, SIZE, flags=sharp, borderMode=cv2.BORDER_REFLECT), np.uint8)


def covered(picture: Grey, number: int) -> Grey:
    noise = np.random.default_rng(number).normal(0, 2.0, picture.shape)
    return np.clip(cv2.GaussianBlur(picture, (0, 0), 14) * 0.5 + 40 + noise, 0, 255).astype(np.uint8)


def rain(picture: Grey, number: int) -> Grey:
    dice, wet = np.random.default_rng(number), picture.copy()
    for _ in range(60):
        x, y = (int(v) for v in dice.integers(0, (160, 84)))
        cv2.line(wet, (x, y), (x + 1, y + 6), int(min(255, int(wet[y, min(x, 159)]) + 50)), 1)
    return wet


def dusk(picture: Grey, number: int) -> Grey:
    return np.clip(picture * 0.45 + np.random.default_rng(number).normal(0, 2, picture.shape), 0, 255).astype(np.uint8)


LIES: dict[str, tuple[Change, Verdict]] = {
    "black": (lambda p, n: (np.random.default_rng(n).integers(0, 6, p.shape)).astype(np.uint8), Verdict.BLACK),
    "blinded": (lambda p, n: np.clip(p.astype(int) + 190, 0, 255).astype(np.uint8), Verdict.BLINDED),
    "covered": (covered, Verdict.COVERED),
    "shifted": (shifted, Verdict.MOVED),
    "turned": (turned, Verdict.MOVED),
}
TRUTHS: dict[str, Change] = {
    "as it was": lambda p, n: p,
    "at dusk": dusk,
    "in rain": rain,
    "brighter": lambda p, n: np.clip(p * 1.3, 0, 255).astype(np.uint8),
    "noisier": lambda p, n: np.clip(p + np.random.default_rng(n).normal(0, 8, p.shape), 0, 255).astype(np.uint8),
}


def judged(pictures: list[Grey], folder: Path) -> list[PictureHealth]:
    """Return what the processor says of pictures, a second apart, each as often as it changes its mind."""

    def frames() -> Iterator[Frame]:
        for number, picture in enumerate(pictures):
            yield Frame("c1", picture, 1_000.0 + number, fresh=True)

    return [health for health in watch(frames(), (LIMITS, folder)) if health]


@pytest.mark.parametrize("name", LIES)
def test_a_lie_is_told_by_its_name_and_taken_back(name: str, tmp_path: Path) -> None:
    change, verdict = LIES[name]
    honest = [street(n) for n in range(HONEST)]
    lying = [change(street(n), n) for n in range(HONEST, HONEST + LYING)]
    after = [street(n) for n in range(40, 52)]
    found = [health.verdict for health in judged(honest + lying + after, tmp_path)]
    assert found == [Verdict.TRUE, verdict, Verdict.TRUE]


def test_a_frozen_picture_is_told_although_it_keeps_coming(tmp_path: Path) -> None:
    frozen = [street(HONEST)] * LYING
    found = [health.verdict for health in judged([street(n) for n in range(HONEST)] + frozen, tmp_path)]
    assert found == [Verdict.TRUE, Verdict.FROZEN]


@pytest.mark.parametrize("name", TRUTHS)
def test_light_rain_noise_and_traffic_are_no_lie(name: str, tmp_path: Path) -> None:
    change = TRUTHS[name]
    pictures = [street(n) for n in range(HONEST)] + [change(street(n), n) for n in range(HONEST, 60)]
    assert [health.verdict for health in judged(pictures, tmp_path)] == [Verdict.TRUE]


def test_a_short_lapse_is_no_verdict(tmp_path: Path) -> None:
    pictures = [street(n) for n in range(HONEST)] + [shifted(street(n), n) for n in range(2)]
    pictures += [street(n) for n in range(30, 40)]
    assert [health.verdict for health in judged(pictures, tmp_path)] == [Verdict.TRUE]


def test_a_quiet_scene_repeated_between_key_pictures_is_no_lie(tmp_path: Path) -> None:
    quiet = [street(HONEST + at // 8) for at in range(32)]
    assert [health.verdict for health in judged([street(n) for n in range(HONEST)] + quiet, tmp_path)] == [Verdict.TRUE]


def test_a_damaged_reference_is_learnt_anew(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "c1.npz").write_bytes(b"PK not a reference")
    assert [health.verdict for health in judged([street(n) for n in range(HONEST)], tmp_path)] == [Verdict.TRUE]
    assert "learnt anew" in caplog.text
    assert (tmp_path / "c1.npz").stat().st_size > 1_000


def test_a_reference_outlives_the_process_and_is_taken_anew_on_demand(tmp_path: Path) -> None:
    judged([street(n) for n in range(HONEST)], tmp_path)
    moved = [shifted(street(n), n) for n in range(20, 34)]
    assert [health.verdict for health in judged(moved, tmp_path)][-1] is Verdict.MOVED
    (tmp_path / "retake").mkdir()
    (tmp_path / "retake" / "c1").touch()
    assert [health.verdict for health in judged(moved, tmp_path)] == [Verdict.TRUE]


@pytest.mark.parametrize("file", ["road-from-above.mp4", "people-one-by-one.mp4"])
def test_real_footage_is_believed_and_its_lies_are_not(file: str, tmp_path: Path) -> None:
    if not (FOOTAGE / file).is_file():
        pytest.skip("the real footage is not beside this checkout")
    seen = look(FOOTAGE / file)
    assert [health.verdict for health in judged(seen, tmp_path / "true")] == [Verdict.TRUE]
    for name, (change, verdict) in LIES.items():
        lying = [change(picture, n) for n, picture in enumerate(seen[-LYING:])]
        found = [health.verdict for health in judged(seen[:-LYING] + lying, tmp_path / name)]
        assert found[-1] is verdict, f"{name}: {found}"


def look(file: Path) -> list[Grey]:
    """Return a picture a second of a film, as the processor sees it."""
    pictures: list[Grey] = []
    with av.open(str(file)) as container:
        for frame in container.decode(video=0):
            if frame.time is not None and frame.time >= len(pictures):
                luma = frame.to_ndarray(format="gray")
                pictures.append(np.asarray(cv2.resize(luma, SIZE, interpolation=cv2.INTER_AREA), np.uint8))
    return pictures
