"""Renders a scene once into two H.264 loops and the truth about what passes in it."""

import hashlib
import os
from fractions import Fraction
from pathlib import Path

import av
import cv2
import msgspec
import numpy as np
from numpy.typing import NDArray

from plugins.demo_city.scenes import SIZES, Eye, Mover, Road, Scene, movers_of

VERSION = 2
SUB_SIZE = (640, 360)
GROUND = {
    "grass": (74, 98, 84), "paving": (128, 134, 136), "plaza": (146, 152, 154), "stalls": (112, 122, 128),
    "water": (118, 112, 92),
}  # fmt: skip
LIGHT = {"day": (1.0, 1.0, 1.0), "dusk": (0.62, 0.66, 0.78), "night": (0.42, 0.44, 0.46), "rain": (0.7, 0.68, 0.65)}
Image = NDArray[np.uint8]


class Shape(msgspec.Struct, frozen=True):
    """How a loop is rendered."""

    width: int = 1280
    height: int = 720
    fps: int = 15
    seconds: int = 20


def strip(road: Road, share: float = 1.0) -> NDArray[np.float64]:
    """Return the corners of a road's part around its middle, in metres."""
    ends = np.array([[road.x0, road.y0], [road.x1, road.y1]])
    ahead = (ends[1] - ends[0]) / np.linalg.norm(ends[1] - ends[0])
    side = np.array([ahead[1], -ahead[0]]) * road.width / 2 * share
    return np.array([ends[0] + side, ends[1] + side, ends[1] - side, ends[0] - side])


def ground_of(scene: Scene, eye: Eye, shape: Shape) -> Image:
    """Paint the ground from above and see it through the camera, under a hazy sky."""
    scale, wide, deep = 12, 120, 130
    noise = np.random.default_rng(scene.seed)
    top = np.full((deep * scale, wide * scale, 3), GROUND[scene.ground], np.float32)
    flat = lambda metres: (np.add(metres, (wide / 2, 22)) * scale).astype(np.int32)  # noqa: E731
    if scene.ground != "plaza":
        for road in scene.roads:
            cv2.fillPoly(top, [flat(strip(road, 1.45))], (142, 148, 150))
        for road in scene.roads:
            cv2.fillPoly(top, [flat(strip(road))], (88, 88, 86))
    for road in (r for r in scene.roads if r.kinds != ("person",)):
        steps = np.linspace([road.x0, road.y0], [road.x1, road.y1], 42)
        for a, b in zip(steps[::2], steps[1::2], strict=True):
            cv2.line(top, flat(a).tolist(), flat(b).tolist(), (178, 184, 186), 2)
    for cells, strength in ((8, 9.0), (90, 6.0), (700, 5.0)):
        coarse = noise.normal(0, strength, (cells, cells)).astype(np.float32)
        top += cv2.resize(coarse, (top.shape[1], top.shape[0]), interpolation=cv2.INTER_CUBIC)[..., None]
    corners = np.array([[-20.0, -8], [20, -8], [30, 90], [-30, 90]])
    seen = eye.project(np.c_[corners, np.zeros(4)]).astype(np.float32)
    look = cv2.getPerspectiveTransform(flat(corners).astype(np.float32), seen)
    sky = tuple(c * 1.0 for c in (196, 192, 184))
    picture = cv2.warpPerspective(top.clip(0, 255).astype(np.uint8), look, (shape.width, shape.height),
                               flags=cv2.INTER_AREA, borderValue=sky)  # fmt: skip
    stand(picture, scene, eye)
    return picture


def stand(picture: Image, scene: Scene, eye: Eye) -> None:
    """Put trees, or stalls, on the ground beside the roads, the farthest first."""
    chance, carriage = np.random.default_rng(scene.seed + 100), list(scene.roads)
    spots = chance.uniform((-34, -6), (34, 95), (170, 2))
    spots = spots[[scene.ground != "water" and clear_of(spot, carriage) for spot in spots]]
    for x, y in sorted(spots.tolist(), key=lambda spot: -spot[1]):
        tall = chance.uniform(3.0, 6.0)
        foot, crown, rim = eye.project(np.array([[x, y, 0], [x, y, tall], [x + tall * 0.38, y, tall]]))
        radius = max(1, int(rim[0] - crown[0]))
        cv2.ellipse(picture, (int(foot[0] + radius), int(foot[1])), (radius, radius // 3), 0, 0, 360, (60, 72, 66), -1)
        cv2.line(picture, foot.astype(int).tolist(), crown.astype(int).tolist(), (62, 74, 84), max(1, radius // 6))
        for _ in range(14):
            leaf = crown + chance.normal(0, 0.42, 2) * radius
            green = (52, 84, 64) + chance.normal(0, 7, 3) + (crown[1] - leaf[1]) / radius * 16
            cv2.circle(picture, leaf.astype(int).tolist(), max(1, radius // 2), green.tolist(), -1, cv2.LINE_AA)


def clear_of(spot: NDArray[np.float64], roads: list[Road]) -> bool:
    """Say whether a spot lies off every road and its pavement."""
    for road in roads:
        along = np.array([road.x1 - road.x0, road.y1 - road.y0])
        aside = abs(along[0] * (spot[1] - road.y0) - along[1] * (spot[0] - road.x0)) / np.linalg.norm(along)
        if aside < road.width * 0.75:
            return False
    return True


def corners_of(mover: Mover, place: tuple[float, float]) -> NDArray[np.float64]:
    """Return the eight corners of a mover's body in metres, the lower four first."""
    wide, long, tall = SIZES[mover.kind]
    ahead = np.array([mover.ends[2] - mover.ends[0], mover.ends[3] - mover.ends[1]])
    ahead /= np.linalg.norm(ahead)
    side = np.array([ahead[1], -ahead[0]])
    base = np.array([place + ahead * a * long / 2 + side * s * wide / 2
                     for a, s in ((1, 1), (1, -1), (-1, -1), (-1, 1))])  # fmt: skip
    return np.r_[np.c_[base, np.zeros(4)], np.c_[base, np.full(4, tall)]]


def draw(picture: Image, eye: Eye, mover: Mover, place: tuple[float, float]) -> None:
    """Draw one mover: its shadow, its sides, its lighter top."""
    body = corners_of(mover, place)
    pixels = np.rint(eye.project(body)).astype(np.int32)
    shadow = np.rint(eye.project(np.add(body[:4], (0.5, -0.2, 0)))).astype(np.int32)
    cv2.fillConvexPoly(picture, cv2.convexHull(shadow), (58, 58, 56), cv2.LINE_AA)
    cv2.fillConvexPoly(picture, cv2.convexHull(pixels), tuple(c * 0.6 for c in mover.colour), cv2.LINE_AA)
    cv2.fillConvexPoly(picture, cv2.convexHull(pixels[4:]), mover.colour, cv2.LINE_AA)


def frame_of(scene: Scene, ground: Image, eye: Eye, movers: tuple[Mover, ...], at: float, loop_s: float) -> Image:
    """Return the picture at a moment of the loop."""
    picture = ground.copy()
    placed = [(mover, place) for mover in movers if (place := mover.at(at, loop_s))]
    for mover, place in sorted(placed, key=lambda one: -one[1][1]):
        if place[1] > 3 - scene.back:
            draw(picture, eye, mover, place)
    picture = cv2.multiply(picture, (*LIGHT[scene.light], 1.0))
    if scene.light in ("night", "dusk"):
        glow = np.zeros_like(picture)
        for mover, place in placed:
            if mover.kind != "person" and place[1] > 3 - scene.back:
                spot = eye.project(np.array([[*place, 0.8]]))[0]
                radius = max(2, int(eye.focus / (place[1] + scene.back) * 0.7))
                cv2.circle(glow, (int(spot[0]), int(spot[1])), radius, (120, 165, 185), -1)
        small = cv2.GaussianBlur(cv2.resize(glow, None, fx=0.25, fy=0.25), (0, 0), 4)
        picture = cv2.add(picture, cv2.resize(small, (picture.shape[1], picture.shape[0])))
    return picture


def truth_of(scene: Scene, eye: Eye, movers: tuple[Mover, ...], shape: Shape) -> dict[str, object]:
    """Return what happens in the loop: who crosses the middle of each road, and where everybody is, at 5 Hz."""
    size = np.array([shape.width, shape.height])
    crossings, boxes = [], []
    for mover in movers:
        x0, y0, x1, y1 = mover.ends
        at = (mover.start + np.hypot(x1 - x0, y1 - y0) / 2 / mover.speed) % shape.seconds
        road = scene.roads[mover.road]
        way = "forth" if (x1 - x0) * (road.x1 - road.x0) + (y1 - y0) * (road.y1 - road.y0) > 0 else "back"
        crossings.append({"s": float(at), "line": f"road{mover.road}", "class": mover.kind, "direction": way,
                          "track": mover.track})  # fmt: skip
        for tick in range(shape.seconds * 5):
            if (place := mover.at(tick / 5, shape.seconds)) and place[1] > 3 - scene.back:
                points = eye.project(corners_of(mover, place)) / size
                box = [*points.min(0).tolist(), *points.max(0).tolist()]
                boxes.append({"s": tick / 5, "track": mover.track, "class": mover.kind, "box": box})
    lines = []
    for number, road in enumerate(scene.roads):
        cut = strip(road).reshape(2, 2, 2)
        middle = np.array([(cut[0, 0] + cut[0, 1]) / 2, (cut[1, 0] + cut[1, 1]) / 2])
        ends = eye.project(np.c_[middle, np.zeros(2)]) / size
        lines.append({"name": f"road{number}", "ends": ends.tolist(), "direction": "forth"})
    return {"loop_s": shape.seconds, "lines": lines, "crossings": crossings, "boxes": boxes}


def key_of(scene: Scene, shape: Shape) -> str:
    """Return the name of a scene's files, which changes with all that goes into them."""
    return f"{scene.name}-{hashlib.sha256(msgspec.json.encode((VERSION, scene, shape))).hexdigest()[:12]}"


def encoder(file: Path, size: tuple[int, int], shape: Shape, rate: int) -> tuple[av.container.OutputContainer, object]:
    """Open a file of raw H.264 with delimiters, without pictures that refer forward, a key picture each second."""
    out = av.open(str(file), "w", format="h264")
    stream = out.add_stream("libx264", rate=Fraction(shape.fps))
    stream.width, stream.height = size
    stream.pix_fmt, stream.bit_rate, stream.thread_count = "yuv420p", rate, 1
    params = f"aud=1:bframes=0:keyint={shape.fps}:min-keyint={shape.fps}:scenecut=0:repeat-headers=1"
    stream.options = {"preset": "superfast", "tune": "zerolatency", "x264-params": params}
    return out, stream


def render(scene: Scene, folder: Path, shape: Shape) -> str:
    """Render what is missing of a scene, whole or not at all; returns the name its files share."""
    name = key_of(scene, shape)
    truth = folder / f"{name}.truth.json"
    if truth.exists():
        return name
    eye, movers = Eye(scene, shape.width, shape.height), movers_of(scene, shape.seconds)
    ground, grain = ground_of(scene, eye, shape), np.random.default_rng(scene.seed)
    temporary = {kind: folder / f"{name}.{kind}.{os.getpid()}.part" for kind in ("main", "sub")}
    main, sub = (encoder(temporary["main"], (shape.width, shape.height), shape, 2_000_000),
                 encoder(temporary["sub"], SUB_SIZE, shape, 450_000))  # fmt: skip
    grains = [grain.integers(0, 7, ground.shape, np.uint8) for _ in range(4)]
    for number in range(shape.fps * shape.seconds):
        picture = frame_of(scene, ground, eye, movers, number / shape.fps, shape.seconds)
        picture = cv2.add(picture, grains[number % 4])
        for (out, stream), size in ((main, None), (sub, SUB_SIZE)):
            scaled = cv2.resize(picture, size, interpolation=cv2.INTER_AREA) if size else picture
            out.mux(stream.encode(av.VideoFrame.from_ndarray(scaled, "bgr24")))
    for kind, (out, stream) in (("main", main), ("sub", sub)):
        out.mux(stream.encode(None))
        out.close()
        temporary[kind].rename(folder / f"{name}.{kind}.h264")
    part = truth.with_suffix(f".{os.getpid()}.part")
    part.write_bytes(msgspec.json.encode(truth_of(scene, eye, movers, shape)))
    part.rename(truth)
    return name
