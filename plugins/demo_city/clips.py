"""Renders a scene once into two H.264 loops and the truth about what passes in it."""

import hashlib
import os
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import cv2
import msgspec
import numpy as np
from numpy.typing import NDArray

from plugins.demo_city.air import AMBER, glow_of, light_of, rain_of, signals
from plugins.demo_city.bodies import corners_of, draw_all
from plugins.demo_city.ground import ground_of, strip
from plugins.demo_city.scenes import Eye, Mover, Scene, movers_of

VERSION = 4
SUB_SIZE = (640, 360)
NEAREST_M = 3.0
Image = NDArray[np.uint8]


class Shape(msgspec.Struct, frozen=True):
    """How a loop is rendered."""

    width: int = 1280
    height: int = 720
    fps: int = 15
    seconds: int = 20


class Studio:
    """Holds what is drawn once of a scene, and draws its pictures."""

    def __init__(self, scene: Scene, shape: Shape) -> None:
        size = (shape.width, shape.height)
        self.scene, self.shape = scene, shape
        self.eye, self.movers = Eye(scene, *size), movers_of(scene, shape.seconds)
        self.ground, self.light = ground_of(scene, self.eye, *size), light_of(scene, self.eye, *size)
        self.rain = rain_of(scene.seed, *size) if scene.light == "rain" else []
        chance = np.random.default_rng(scene.seed)
        self.grains = [chance.integers(0, 8, (shape.height, shape.width, 3), np.uint8) for _ in range(4)]

    def placed(self, seconds: float) -> list[tuple[Mover, tuple[float, float]]]:
        """Return those who are before the camera at a moment, and where."""
        where = ((mover, mover.at(seconds, self.shape.seconds)) for mover in self.movers)
        return [(mover, place) for mover, place in where if place and place[1] > NEAREST_M - self.scene.back]

    def frame(self, number: int) -> Image:
        """Return one picture of the loop."""
        seconds, scene = number / self.shape.fps, self.scene
        placed = self.placed(seconds)
        picture = draw_all(self.ground, self.eye, placed, 0.5 if scene.light == "day" else 0.3)
        signals(picture, scene, self.eye, seconds / self.shape.seconds)
        picture = cv2.multiply(picture, self.light, scale=1 / 128)
        if scene.light != "day":
            picture = cv2.add(picture, glow_of(scene, self.eye, placed, self.shape.width, self.shape.height))
        if self.rain:
            picture = cv2.add(picture, self.rain[number % len(self.rain)])
        return cv2.add(picture, self.grains[number % len(self.grains)])


def truth_of(scene: Scene, eye: Eye, movers: tuple[Mover, ...], shape: Shape) -> dict[str, object]:
    """Return what happens in the loop: who crosses the middle of each road, where everybody is at 5 Hz, the signals."""
    size = np.array([shape.width, shape.height])
    boxes = []
    for mover in movers:
        for tick in range(shape.seconds * 5):
            if (place := mover.at(tick / 5, shape.seconds)) and place[1] > NEAREST_M - scene.back:
                points = (eye.project(corners_of(mover, place)) / size).clip(0, 1)
                box = [*points.min(0).tolist(), *points.max(0).tolist()]
                if box[0] < box[2] and box[1] < box[3]:
                    boxes.append({"s": tick / 5, "track": mover.track, "class": mover.kind, "box": box})
    lines = []
    for number, road in enumerate(scene.roads):
        corners = strip(road)
        centre, side = corners.mean(0), (corners[0] - corners[3]) / 2
        ends = eye.project(np.c_[[centre - side, centre + side], np.zeros(2)]) / size
        lines.append({"name": f"road{number}", "ends": ends.tolist(), "direction": "forth"})
    states = [
        {
            "road": f"road{number}",
            "green_s": [road.green[0] * shape.seconds, (road.green[1] - AMBER) * shape.seconds],
            "amber_s": [(road.green[1] - AMBER) * shape.seconds, road.green[1] * shape.seconds],
        }
        for number, road in enumerate(scene.roads)
        if scene.signals
    ]
    crossings = [crossing for mover in movers for crossing in crossings_of(scene, mover, shape)]
    return {"loop_s": shape.seconds, "lines": lines, "crossings": crossings, "boxes": boxes, "signals": states}


def crossings_of(scene: Scene, mover: Mover, shape: Shape) -> list[dict[str, object]]:
    """Return when a mover passes the line across the middle of its road, and which way."""
    road, name = scene.roads[mover.road], f"road{mover.road}"
    ahead = np.array([road.x1 - road.x0, road.y1 - road.y0])
    told = {"line": name, "class": mover.kind, "track": mover.track}
    if not mover.roams:
        forth = np.array([mover.ends[2] - mover.ends[0], mover.ends[3] - mover.ends[1]]) @ ahead > 0
        at = (mover.start + mover.moment(mover.length / 2)) % shape.seconds
        return [{"s": at, "direction": "forth" if forth else "back", **told}]
    times = np.arange(0, shape.seconds + 0.01, 0.01)
    middle = np.array([(road.x0 + road.x1) / 2, (road.y0 + road.y1) / 2])
    far = (np.array([mover.at(float(at), shape.seconds) for at in times]) - middle) @ ahead
    found = np.flatnonzero((far[:-1] < 0) != (far[1:] < 0))
    return [{"s": float(times[at]), "direction": "forth" if far[at] < 0 else "back", **told} for at in found]


def key_of(scene: Scene, shape: Shape) -> str:
    """Return the name of a scene's files, which changes with all that goes into them."""
    return f"{scene.name}-{hashlib.sha256(msgspec.json.encode((VERSION, scene, shape))).hexdigest()[:12]}"


def encoder(file: Path, size: tuple[int, int], shape: Shape, rate: int) -> tuple[Any, Any]:
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
    studio = Studio(scene, shape)
    temporary = {kind: folder / f"{name}.{kind}.{os.getpid()}.part" for kind in ("main", "sub")}
    main = encoder(temporary["main"], (shape.width, shape.height), shape, 2_000_000)
    sub = encoder(temporary["sub"], SUB_SIZE, shape, 450_000)
    for number in range(shape.fps * shape.seconds):
        picture = studio.frame(number)
        for (out, stream), size in ((main, None), (sub, SUB_SIZE)):
            scaled = cv2.resize(picture, size, interpolation=cv2.INTER_AREA) if size else picture
            out.mux(stream.encode(av.VideoFrame.from_ndarray(scaled, "bgr24")))
    for kind, (out, stream) in (("main", main), ("sub", sub)):
        out.mux(stream.encode(None))
        out.close()
        temporary[kind].rename(folder / f"{name}.{kind}.h264")
    part = folder / f"{name}.truth.{os.getpid()}.part"
    part.write_bytes(msgspec.json.encode(truth_of(scene, studio.eye, studio.movers, shape)))
    part.rename(truth)
    return name
