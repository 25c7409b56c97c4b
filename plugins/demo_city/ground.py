"""Paints what stands still in a scene: ground, trees, houses and stalls, under a hazy sky, once per clip."""

import cv2
import numpy as np
from numpy.typing import NDArray

from plugins.demo_city.bodies import solid
from plugins.demo_city.scenes import Eye, Road, Scene

Image = NDArray[np.uint8]
GROUND = {
    "grass": (74, 98, 84), "paving": (128, 134, 136), "plaza": (142, 150, 154), "stalls": (112, 120, 124),
    "water": (128, 122, 102),
}  # fmt: skip
SKY = {"day": (206, 202, 196), "dusk": (168, 160, 176), "night": (72, 60, 52), "rain": (190, 186, 182)}
WALLS = ((176, 190, 198), (158, 178, 190), (186, 184, 174), (148, 160, 172), (192, 200, 204), (140, 168, 178))
CLOTHS = ((92, 96, 148), (132, 108, 74), (150, 158, 164), (96, 124, 92), (110, 138, 166))
PIXELS_PER_METRE, WIDE_M, DEEP_M, BEHIND_M = 12, 120, 130, 24


def flat(metres: NDArray[np.float64]) -> NDArray[np.int32]:
    """Return pixels of the ground's plan for metres."""
    return (np.add(metres, (WIDE_M / 2, BEHIND_M)) * PIXELS_PER_METRE).astype(np.int32)


def strip(road: Road, share: float = 1.0, longer_m: float = 0.0) -> NDArray[np.float64]:
    """Return the corners of a road's part around its middle, in metres."""
    ends = np.array([[road.x0, road.y0], [road.x1, road.y1]], np.float64)
    ahead = (ends[1] - ends[0]) / np.linalg.norm(ends[1] - ends[0])
    side = np.array([ahead[1], -ahead[0]]) * road.width / 2 * share
    ends += np.array([-ahead, ahead]) * longer_m
    return np.array([ends[0] + side, ends[1] + side, ends[1] - side, ends[0] - side])


def clear_of(spot: NDArray[np.float64], roads: tuple[Road, ...], margin_m: float) -> bool:
    """Say whether a spot lies off every road and so far from its kerb."""
    for road in roads:
        along = np.array([road.x1 - road.x0, road.y1 - road.y0])
        aside = abs(along[0] * (spot[1] - road.y0) - along[1] * (spot[0] - road.x0)) / np.linalg.norm(along)
        if aside < road.width / 2 + margin_m:
            return False
    return True


def plan_of(scene: Scene) -> Image:
    """Paint the ground as seen from above."""
    noise = np.random.default_rng(scene.seed)
    top = np.full((DEEP_M * PIXELS_PER_METRE, WIDE_M * PIXELS_PER_METRE, 3), GROUND[scene.ground], np.float32)
    paved = scene.ground not in ("plaza", "stalls")
    for share, colour in ((1.5, (138, 144, 146)), (1.04, (160, 164, 166)), (1.0, (88, 88, 87))):
        for road in scene.roads if paved else ():
            cv2.fillPoly(top, [flat(strip(road, share, 80))], colour)
    if paved:
        mark(top, scene)
    else:
        for metre in range(0, WIDE_M, 3):
            at = metre * PIXELS_PER_METRE
            cv2.line(top, (at, 0), (at, top.shape[0]), tuple(c - 9 for c in GROUND[scene.ground]), 2)
            cv2.line(top, (0, at), (top.shape[1], at), tuple(c - 9 for c in GROUND[scene.ground]), 2)
    for cells, strength in ((8, 6.0), (90, 4.0), (700, 5.0)):
        coarse = noise.normal(0, strength, (cells, cells)).astype(np.float32)
        top += cv2.resize(coarse, (top.shape[1], top.shape[0]), interpolation=cv2.INTER_CUBIC)[..., None]
    if scene.light == "rain":
        damp = cv2.resize(
            noise.normal(0, 1, (40, 30)).astype(np.float32), top.shape[1::-1], interpolation=cv2.INTER_CUBIC
        )
        top += ((damp - 0.4).clip(0, 0.6) * 70)[..., None]
    return top.clip(0, 255).astype(np.uint8)


def mark(top: NDArray[np.float32], scene: Scene) -> None:
    """Paint lane marks, and where roads meet a bare middle, stop lines and zebras."""
    white = (182, 188, 190)
    for road in scene.roads:
        ends = strip(road, 0.0, 80)
        steps = np.linspace(ends[0], ends[1], 70)
        for a, b in zip(steps[::2], steps[1::2], strict=True):
            cv2.line(top, flat(a).tolist(), flat(b).tolist(), white, 2)
        for share in (0.94, -0.94):
            edge = strip(road, share, 80)
            cv2.line(top, flat(edge[0]).tolist(), flat(edge[1]).tolist(), (150, 156, 158), 1)
    if not scene.signals:
        return
    across, along = scene.roads
    half = (along.width / 2, across.width / 2)
    box = np.array([[-half[0] - 4, across.y0 - half[1] - 4], [half[0] + 4, across.y0 + half[1] + 4]])
    cv2.rectangle(
        top,
        flat(np.array([-half[0], box[0, 1]])).tolist(),
        flat(np.array([half[0], box[1, 1]])).tolist(),
        (88, 88, 87),
        -1,
    )
    cv2.rectangle(
        top,
        flat(np.array([box[0, 0], across.y0 - half[1]])).tolist(),
        flat(np.array([box[1, 0], across.y0 + half[1]])).tolist(),
        (88, 88, 87),
        -1,
    )
    for step in np.arange(-half[0] + 0.5, half[0], 1.0):
        for y in (box[0, 1] + 0.6, box[1, 1] - 3.4):
            cv2.rectangle(
                top, flat(np.array([step, y])).tolist(), flat(np.array([step + 0.45, y + 2.8])).tolist(), white, -1
            )
    for step in np.arange(across.y0 - half[1] + 0.5, across.y0 + half[1], 1.0):
        for x in (box[0, 0] + 0.6, box[1, 0] - 3.4):
            cv2.rectangle(
                top, flat(np.array([x, step])).tolist(), flat(np.array([x + 2.8, step + 0.45])).tolist(), white, -1
            )


def ground_of(scene: Scene, eye: Eye, width: int, height: int) -> Image:
    """See the painted ground through the camera, with sky, haze and all that stands on it."""
    corners = np.array([[-20.0, -8], [20, -8], [30, 90], [-30, 90]])
    seen = eye.project(np.c_[corners, np.zeros(4)]).astype(np.float32)
    look = cv2.getPerspectiveTransform(flat(corners).astype(np.float32), seen)
    picture = cv2.warpPerspective(
        plan_of(scene), look, (width, height), flags=cv2.INTER_AREA, borderMode=cv2.BORDER_REPLICATE
    )
    skyline = int(eye.project(np.array([[0.0, 5_000, 0]]))[0, 1])
    haze = np.exp(-np.abs(np.arange(height) - skyline) / (height * 0.06))[:, None, None] * 0.75
    haze[: max(0, skyline)] = 1.0
    hazy = picture * (1 - haze) + np.array(SKY[scene.light]) * haze
    picture = hazy.clip(0, 255).astype(np.uint8)
    if skyline > 0:
        chance = np.random.default_rng(scene.seed + 7)
        hills = np.interp(np.arange(width), np.linspace(0, width, 24), chance.uniform(0.004, 0.05, 24)) * height
        line = np.c_[np.arange(width), skyline - hills]
        far = np.r_[line, [[width, skyline + 2], [0, skyline + 2]]].astype(np.int32)
        cv2.fillPoly(picture, [far], tuple(c * 0.86 for c in SKY[scene.light]), cv2.LINE_AA)
    stand(picture, scene, eye)
    return picture


def stand(picture: Image, scene: Scene, eye: Eye) -> None:
    """Put houses, trees or stalls on the ground, the farthest first."""
    chance, things = np.random.default_rng(scene.seed + 100), []
    for x, y in chance.uniform((-40, -12), (40, 95), (130, 2)).tolist():
        hides = scene.signals and y < scene.roads[0].y0
        if scene.ground in ("grass", "paving") and not hides and clear_of(np.array([x, y]), scene.roads, 2.5):
            things.append((y, tree, x))
        if scene.ground == "plaza" and (y > 36 or abs(x) > 26):
            things.append((y, tree, x))
    if scene.ground in ("grass", "paving"):
        rows = 2 if scene.height < 25 else 9
        spots = [(side * (15 + 11 * row), y) for side in (-1, 1) for row in range(rows) for y in range(4, 170, 7)]
        things += [(y, house, x) for x, y in spots if clear_of(np.array([x, y]), scene.roads, 7.5)]
    if scene.ground in ("plaza", "stalls"):
        things += [(50 + 9 * row, house, x) for row in (0, 1) for x in range(-60, 61, 9)]
    if scene.ground == "stalls":
        things += [(y + 5, stall, x) for y in (-4, 6, 16, 28) for x in range(-26, 27, 4)]
    if scene.ground == "water":
        things += [(y, rail, side * scene.roads[0].width * 0.74) for side in (-1, 1) for y in range(-20, 110, 5)]
    for y, put, x in sorted(things, key=lambda thing: -thing[0]):
        put(picture, eye, float(x), float(y), chance)


def tree(picture: Image, eye: Eye, x: float, y: float, chance: np.random.Generator) -> None:
    """Draw a tree as soft blobs, lighter towards its top, with its shadow."""
    tall = chance.uniform(3.0, 5.5)
    foot, crown, rim = eye.project(np.array([[x, y, 0], [x, y, tall], [x + tall * 0.36, y, tall]]))
    radius = max(1, int(rim[0] - crown[0]))
    cv2.ellipse(
        picture, (int(foot[0] + radius), int(foot[1])), (radius, radius // 3), 0, 0, 360, (64, 72, 70), -1, cv2.LINE_AA
    )
    cv2.line(picture, foot.astype(int).tolist(), crown.astype(int).tolist(), (62, 74, 84), max(1, radius // 7))
    leaves = crown + chance.normal(0, 0.4, (46, 2)) * radius
    for leaf in leaves[np.argsort(-leaves[:, 1])]:
        green = (46, 74, 60) + chance.normal(0, 3, 3) + (crown[1] - leaf[1]) / radius * 15
        cv2.circle(picture, leaf.astype(int).tolist(), max(1, radius // 4), green.tolist(), -1, cv2.LINE_AA)


def upright(x: float, y: float, size: tuple[float, float], rise: tuple[float, float]) -> NDArray[np.float64]:
    """Return the eight corners of a box that stands square to the axes."""
    base = [(x + a * size[0] / 2, y + b * size[1] / 2) for a, b in ((1, 1), (1, -1), (-1, -1), (-1, 1))]
    return np.r_[np.c_[base, np.full(4, rise[0])], np.c_[base, np.full(4, rise[1])]]


def house(picture: Image, eye: Eye, x: float, y: float, chance: np.random.Generator) -> None:
    """Draw a narrow house of two to four floors, with windows and a tin or flat roof."""
    floors, wall = int(chance.integers(2, 5)), np.array(WALLS[int(chance.integers(len(WALLS)))]) * 0.92
    body = upright(x, y, (9.0, 6.4), (0, floors * 3.2))
    solid(picture, eye, body, tuple(wall))
    roof = ((96, 100, 128), (132, 128, 118), (104, 92, 84))[int(chance.integers(3))]
    solid(picture, eye, upright(x, y, (9.4, 6.6), (floors * 3.2, floors * 3.2 + 0.5)), roof)
    inner = (x - np.sign(x) * 4.5, y) if abs(x) > 1 else (x - 4.5, y)
    for floor in range(floors):
        low, high = floor * 3.2 + 0.9, floor * 3.2 + 2.5
        for step in (-2.0, 1.0):
            pane = np.array(
                [[inner[0], y + step, z] for z in (low, high)] + [[inner[0], y + step + 1.3, z] for z in (high, low)]
            )
            front = np.array(
                [[x + step, y - 3.2, z] for z in (low, high)] + [[x + step + 1.6, y - 3.2, z] for z in (high, low)]
            )
            for quad in (pane, front):
                cv2.fillConvexPoly(picture, np.rint(eye.project(quad)).astype(np.int32), (92, 86, 78), cv2.LINE_AA)


def stall(picture: Image, eye: Eye, x: float, y: float, chance: np.random.Generator) -> None:
    """Draw a market stall: a table of goods under a cloth."""
    cloth, goods = (CLOTHS[int(chance.integers(len(CLOTHS)))] for _ in range(2))
    solid(picture, eye, upright(x, y, (2.8, 1.2), (0, 0.8)), goods)
    solid(picture, eye, upright(x, y + 0.4, (3.4, 2.2), (2.2, 2.45)), cloth)


def rail(picture: Image, eye: Eye, x: float, y: float, chance: np.random.Generator) -> None:
    """Draw a length of a bridge's railing."""
    solid(picture, eye, upright(x, y, (0.3, 0.3), (0, 1.3)), (150, 156, 158))
    solid(picture, eye, upright(x, y + 2.5, (0.15, 5.0), (1.1, 1.3)), (164, 170, 172))
