"""Light and weather over a scene: lamps, headlights, signals, rain, the lens's darker corners."""

import cv2
import numpy as np
from numpy.typing import NDArray

from plugins.demo_city.bodies import Place, ways_of
from plugins.demo_city.scenes import Eye, Mover, Scene

Image = NDArray[np.uint8]
LIGHT = {"day": (1.0, 1.0, 1.0), "dusk": (0.72, 0.68, 0.74), "night": (0.36, 0.33, 0.31), "rain": (0.76, 0.74, 0.71)}
LAMPS = {"dusk": 0.35, "night": 0.85}
SIGNAL = {"green": (150, 200, 90), "amber": (80, 180, 235), "red": (70, 70, 225)}
AMBER = 0.07
WARM = np.array([0.72, 0.94, 1.12])


def lamps_of(scene: Scene) -> list[tuple[float, float]]:
    """Return where street lamps stand."""
    if scene.ground in ("plaza", "stalls"):
        return [(x, y) for x in (-14.0, 0.0, 14.0) for y in (0.0, 16.0, 34.0)]
    return [(side * (scene.roads[-1].width / 2 + 0.8), y) for side in (-1, 1) for y in (-12.0, 12.0, 30.0, 50.0, 75.0)]


def light_of(scene: Scene, eye: Eye, width: int, height: int) -> Image:
    """Return what each pixel is multiplied by, 128 for once: the time of day, pools of lamps, darker corners."""
    across, down = np.meshgrid(np.linspace(-1, 1, width), np.linspace(-1, 1, height))
    light = (1 - 0.2 * (across**2 + down**2) / 2)[..., None] * np.array(LIGHT[scene.light])
    pools = np.zeros((height, width), np.float32)
    for x, y in lamps_of(scene) if scene.light in LAMPS else ():
        if y < 5 - scene.back:
            continue
        around = np.array([[x + 7 * np.cos(t), y + 7 * np.sin(t), 0] for t in np.linspace(0, 6.28, 24)])
        pool = np.zeros_like(pools)
        cv2.fillPoly(pool, [np.rint(eye.project(around)).astype(np.int32)], 1.0)
        pools = np.maximum(pools, pool)
    soft = cv2.GaussianBlur(cv2.resize(pools, None, fx=0.125, fy=0.125, interpolation=cv2.INTER_AREA), (0, 0), 6)
    light += cv2.resize(soft, (width, height))[..., None] * WARM * LAMPS.get(scene.light, 0.0)
    return (light * 128).clip(0, 255).astype(np.uint8)


def glow_of(scene: Scene, eye: Eye, placed: list[tuple[Mover, Place]], width: int, height: int) -> Image:
    """Return the light to add: beams and lamps of those who drive, and the street lamps' own heads."""
    glow = np.zeros((height // 4, width // 4, 3), np.uint8)
    sharp = np.zeros_like(glow)
    for x, y in lamps_of(scene) if scene.light in LAMPS else ():
        if y > 2:
            dot(sharp, eye, np.array([x, y, 7.5]), 0.2, (150, 205, 235))
    for mover, place in placed:
        if mover.kind == "person":
            continue
        ahead, side = ways_of(mover)
        nose, tail = (0.9, 0.9) if mover.kind == "motorbike" else (2.2, 2.2) if mover.kind == "car" else (5.0, 5.0)
        beam = [place + ahead * nose, place + ahead * (nose + 5) + side * 1.3, place + ahead * (nose + 5) - side * 1.3]
        pixels = eye.project(np.c_[beam, np.zeros(3)]) / 4
        cv2.fillConvexPoly(glow, np.rint(pixels).astype(np.int32), (24, 34, 38))
        towards = ahead @ (eye.place[:2] - place) > 0
        for aside in (0.0,) if mover.kind == "motorbike" else (-0.65, 0.65):
            spot = place + ahead * (nose if towards else -tail) + side * aside
            colour = (190, 225, 240) if towards else (40, 40, 190)
            dot(sharp, eye, np.array([*spot, 0.75]), 0.2 if towards else 0.13, colour)
    bloom = cv2.GaussianBlur(sharp, (0, 0), 3.5)
    near = cv2.add(cv2.GaussianBlur(glow, (0, 0), 2.5), cv2.add(cv2.GaussianBlur(sharp, (0, 0), 0.7), bloom))
    if scene.light == "rain":
        near = cv2.add(near, cv2.blur(sharp, (1, 15)))
    return cv2.resize(near, (width, height))


def dot(sheet: Image, eye: Eye, point: NDArray[np.float64], radius_m: float, colour: tuple[int, int, int]) -> None:
    """Draw a light on a sheet of a quarter of the size."""
    at, beside = eye.project(np.array([point, np.add(point, (radius_m, 0, 0))])) * 2
    cv2.circle(sheet, np.rint(at).astype(int).tolist(), max(5, int(abs(beside[0] - at[0]))), colour, -1, cv2.LINE_AA, 3)


def state_of(green: tuple[float, float], share: float) -> str:
    """Return what a signal shows at a share of the loop."""
    if green[0] <= share < green[1] - AMBER:
        return "green"
    return "amber" if green[1] - AMBER <= share < green[1] else "red"


def signals(picture: Image, scene: Scene, eye: Eye, share: float) -> None:
    """Draw a junction's signal heads on their poles: each road's in its own corner."""
    if not scene.signals:
        return
    across, along = scene.roads
    for side, road in ((-1, across), (1, along)):
        x, y = side * (along.width / 2 + 1.4), across.y0 + across.width / 2 + 1.2
        foot, head, rim = eye.project(np.array([[x, y, 0], [x, y, 4.6], [x + 0.42, y, 4.6]]))
        wide = max(2.0, rim[0] - head[0])
        cv2.line(
            picture,
            np.rint(foot).astype(int).tolist(),
            np.rint(head).astype(int).tolist(),
            (84, 86, 86),
            max(1, int(wide / 4)),
        )
        corner, other = head - (wide, wide * 2.6), np.add(head, (wide, wide * 2.6))
        cv2.rectangle(
            picture, np.rint(corner).astype(int).tolist(), np.rint(other).astype(int).tolist(), (34, 34, 34), -1
        )
        shown = state_of(road.green, share)
        drop = {"red": -1.6, "amber": 0.0, "green": 1.6}[shown] * wide
        middle = np.rint(np.add(head, (0, drop))).astype(int).tolist()
        cv2.circle(picture, middle, max(1, int(wide * 0.75)), SIGNAL[shown], -1, cv2.LINE_AA)


def rain_of(seed: int, width: int, height: int) -> list[Image]:
    """Return six sheets of faint streaks."""
    chance, sheets = np.random.default_rng(seed), []
    for _ in range(6):
        sheet = np.zeros((height, width, 3), np.uint8)
        for x, y, long in chance.uniform((0, -40, 14), (width, height, 52), (260, 3)).tolist():
            grey = int(12 + long * 0.5)
            cv2.line(sheet, (int(x), int(y)), (int(x - long * 0.12), int(y + long)), (grey, grey, grey), 1, cv2.LINE_AA)
        sheets.append(cv2.GaussianBlur(sheet, (0, 0), 0.8))
    return sheets
