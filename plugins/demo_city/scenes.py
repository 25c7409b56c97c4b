"""The scenes of the demo city: roads on a ground plane in metres, who moves on them, and the camera above."""

import math

import msgspec
import numpy as np
from numpy.typing import NDArray

SIZES = {
    "motorbike": (0.6, 1.8, 1.35), "car": (1.8, 4.3, 1.5), "bus": (2.5, 10.0, 3.1), "person": (0.42, 0.35, 1.6),
}  # fmt: skip
TRAFFIC = ("motorbike",) * 8 + ("car",) * 3 + ("bus",)


class Road(msgspec.Struct, frozen=True):
    """A strip of ground from (x0, y0) to (x1, y1), in metres; traffic keeps to the right of its middle."""

    x0: float
    y0: float
    x1: float
    y1: float
    width: float
    movers: int
    kinds: tuple[str, ...] = TRAFFIC
    phase: tuple[float, float] = (0.0, 1.0)


class Scene(msgspec.Struct, frozen=True, kw_only=True):
    """A place as the camera sees it; `light` is one of day, dusk, night and rain, `ground` what is not road."""

    name: str
    seed: int
    roads: tuple[Road, ...]
    height: float = 11.0
    back: float = 24.0
    ahead: float = 12.0
    view_deg: float = 62.0
    light: str = "day"
    ground: str = "grass"
    signals: bool = False


class Mover(msgspec.Struct, frozen=True):
    """One that passes along a straight path once per loop, from `start` seconds on."""

    track: int
    road: int
    kind: str
    start: float
    speed: float
    ends: tuple[float, float, float, float]
    colour: tuple[int, int, int]

    def at(self, seconds: float, loop_s: float) -> tuple[float, float] | None:
        """Return where it is on the ground, or None while it is out of the picture."""
        x0, y0, x1, y1 = self.ends
        length = math.hypot(x1 - x0, y1 - y0)
        share = (seconds - self.start) % loop_s * self.speed / length
        return (x0 + (x1 - x0) * share, y0 + (y1 - y0) * share) if share < 1 else None


class Eye:
    """The camera: projects ground metres and heights into pixels."""

    def __init__(self, scene: Scene, width: int, height: int) -> None:
        self.place = np.array([0.0, -scene.back, scene.height])
        ahead = np.array([0.0, scene.ahead, 0.0]) - self.place
        ahead /= np.linalg.norm(ahead)
        right = np.array([1.0, 0.0, 0.0])
        self.axes = np.stack([right, np.cross(ahead, right), ahead])
        self.focus = width / 2 / math.tan(math.radians(scene.view_deg) / 2)
        self.middle = np.array([width / 2, height / 2])

    def project(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return pixels (n, 2) for points (n, 3) in metres."""
        seen = (points - self.place) @ self.axes.T
        return seen[:, :2] / np.maximum(seen[:, 2:], 0.5) * self.focus + self.middle


def movers_of(scene: Scene, loop_s: float) -> tuple[Mover, ...]:
    """Return the traffic of a scene, the same for the same seed."""
    chance, movers = np.random.default_rng(scene.seed), []
    for number, road in enumerate(scene.roads):
        length = math.hypot(road.x1 - road.x0, road.y1 - road.y0)
        ux, uy = (road.x1 - road.x0) / length, (road.y1 - road.y0) / length
        for _ in range(road.movers):
            kind = str(chance.choice(road.kinds))
            aside = chance.uniform(0.08, 0.42) * road.width
            there = (road.x0 + uy * aside, road.y0 - ux * aside, road.x1 + uy * aside, road.y1 - ux * aside)
            back = (road.x1 - uy * aside, road.y1 + ux * aside, road.x0 - uy * aside, road.y0 + ux * aside)
            slowest = length / loop_s * 1.02
            wish = chance.uniform(0.9, 1.5) if kind == "person" else chance.uniform(6, 11)
            start = chance.uniform(*road.phase) * loop_s
            shade = int(chance.integers(45, 190))
            colour = (shade, int(shade * chance.uniform(0.85, 1.05)), int(shade * chance.uniform(0.8, 1.1)))
            ends = there if chance.random() < 0.5 else back
            movers.append(Mover(len(movers), number, kind, start, max(wish, slowest), ends, colour))
    return tuple(movers)


def crossroads(name: str, seed: int, light: str = "day", **more: object) -> Scene:
    """Return a junction with signals: one road has the first half of the loop, the other the second."""
    roads = (Road(-60, 4, 60, 4, 13, 26, phase=(0.0, 0.35)), Road(0, -22, 0, 80, 12, 24, phase=(0.5, 0.85)))
    return msgspec.structs.replace(Scene(name=name, seed=seed, roads=roads, light=light, signals=True), **more)


def street(name: str, seed: int, light: str = "day", **more: object) -> Scene:
    """Return a street that runs away from the camera."""
    roads = (Road(-3, -22, 3, 110, 13, 34),)
    return msgspec.structs.replace(Scene(name=name, seed=seed, roads=roads, light=light, ground="paving"), **more)


def place(name: str, seed: int, light: str = "day", **more: object) -> Scene:
    """Return a square or a market, where people walk."""
    walks = tuple(Road(-16, y, 16, y + 3, 9, 16, ("person",)) for y in (-4, 6, 16, 28))
    return msgspec.structs.replace(Scene(name=name, seed=seed, roads=walks, light=light, ground="plaza"), **more)


SCENES = (
    crossroads("junction_day", 1), crossroads("junction_dusk", 2, "dusk", height=14.0),
    crossroads("junction_night", 3, "night"), crossroads("junction_rain", 4, "rain", view_deg=70.0),
    street("street_day", 5), street("street_night", 6, "night"), street("street_rain", 7, "rain", height=9.0),
    street("street_dusk", 8, "dusk", view_deg=54.0), place("square_day", 9, height=16.0),
    place("square_night", 10, "night"), place("market_day", 11, ground="stalls", height=9.0),
    place("market_rain", 12, "rain", ground="stalls"), street("bridge_day", 13, ground="water"),
    street("bridge_dusk", 14, "dusk", ground="water", height=16.0),
    crossroads("mast_wide", 15, height=26.0, back=40.0, view_deg=88.0), street("avenue_day", 16, height=18.0),
)  # fmt: skip
