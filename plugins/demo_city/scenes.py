"""The scenes of the demo city: roads on a ground plane in metres, who moves on them, and the camera above."""

import math

import msgspec
import numpy as np
from numpy.typing import NDArray

SIZES = {
    "motorbike": (0.6, 1.8, 1.35), "car": (1.8, 4.3, 1.5), "bus": (2.5, 10.0, 3.1), "person": (0.42, 0.35, 1.6),
}  # fmt: skip
BRAKE_M = 8.0
PAINTS = (
    (206, 208, 208), (168, 170, 172), (120, 122, 126), (70, 70, 74), (44, 42, 42), (60, 58, 128), (134, 96, 62),
    (190, 196, 200), (92, 84, 78), (84, 112, 132),
)  # fmt: skip
BUSES = ((92, 122, 74), (196, 192, 186), (70, 118, 168))
TRAFFIC = ("motorbike",) * 8 + ("car",) * 3 + ("bus",)


class Road(msgspec.Struct, frozen=True):
    """A strip of ground from (x0, y0) to (x1, y1), in metres; traffic keeps to the right of its middle.

    `green` is the part of the loop in which it may pass its middle; `stop_m` is how far before that it waits.
    """

    x0: float
    y0: float
    x1: float
    y1: float
    width: float
    movers: int
    kinds: tuple[str, ...] = TRAFFIC
    green: tuple[float, float] = (0.0, 1.0)
    stop_m: float = 14.0


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
    """One that passes along a straight path once per loop, or walks to and fro on it where `roams` says so.

    From `start` seconds on it drives `stop_m` metres, waits `wait_s` there at a red light, and drives on.
    """

    track: int
    road: int
    kind: str
    start: float
    speed: float
    ends: tuple[float, float, float, float]
    colour: tuple[int, int, int]
    stop_m: float = 0.0
    wait_s: float = 0.0
    roams: bool = False

    @property
    def length(self) -> float:
        """The length of its path, in metres."""
        return math.hypot(self.ends[2] - self.ends[0], self.ends[3] - self.ends[1])

    def moment(self, metres: float) -> float:
        """Return how long after its start it has gone so far."""
        if not self.wait_s or metres <= self.stop_m - BRAKE_M:
            return metres / self.speed
        if metres <= self.stop_m:
            rest = math.sqrt((self.stop_m - metres) / BRAKE_M)
            return (self.stop_m + BRAKE_M * (1 - 2 * rest)) / self.speed
        off = (self.stop_m + BRAKE_M) / self.speed + self.wait_s
        gone = metres - self.stop_m
        return off + (2 * math.sqrt(gone * BRAKE_M) if gone < BRAKE_M else gone + BRAKE_M) / self.speed

    def gone(self, seconds: float) -> float:
        """Return how far it has gone so long after its start: what `moment` turns round."""
        halt = (self.stop_m + BRAKE_M) / self.speed
        if not self.wait_s or seconds <= (self.stop_m - BRAKE_M) / self.speed:
            return seconds * self.speed
        if seconds <= halt + self.wait_s:
            rest = max(0.0, (halt - seconds) * self.speed / (2 * BRAKE_M))
            return self.stop_m - BRAKE_M * rest * rest
        run = (seconds - halt - self.wait_s) * self.speed
        return self.stop_m + (run * run / 4 / BRAKE_M if run < 2 * BRAKE_M else run - BRAKE_M)

    def at(self, seconds: float, loop_s: float) -> tuple[float, float] | None:
        """Return where it is on the ground, or None while it is out of the picture."""
        x0, y0, x1, y1 = self.ends
        if self.roams:
            turn = (seconds + self.start) / loop_s * math.tau
            share, aside = 0.5 + 0.5 * math.sin(turn), math.cos(turn) * 0.12
            return x0 + (x1 - x0) * share - (y1 - y0) * aside, y0 + (y1 - y0) * share + (x1 - x0) * aside
        share = self.gone((seconds - self.start) % loop_s) / self.length
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
    chance = np.random.default_rng(scene.seed)
    movers: list[Mover] = []
    for number, road in enumerate(scene.roads):
        for slot in range(road.movers):
            kind = str(chance.choice(road.kinds))
            if kind == "bus" and road.green != (0.0, 1.0) and slot < len(road.kinds) * 2 - 2:
                kind = "motorbike"
            make = walker if road.kinds == ("person",) else driver
            movers.append(
                make(chance, road, Mover(len(movers), number, kind, 0, 1, (0, 0, 0, 0), (0, 0, 0)), slot, loop_s)
            )
    return tuple(movers)


def shade_of(chance: np.random.Generator, kind: str) -> tuple[int, int, int]:
    """Return a muted colour: mostly greys and whites, some blues and reds."""
    base = (
        np.array(PAINTS[int(chance.integers(len(PAINTS)))], float)
        if kind != "bus"
        else np.array(BUSES[int(chance.integers(3))], float)
    )
    blue, green, red = (base * chance.uniform(0.85, 1.1)).clip(20, 225).astype(int).tolist()
    return blue, green, red


def walker(chance: np.random.Generator, road: Road, bare: Mover, slot: int, loop_s: float) -> Mover:
    """Return one who strolls to and fro on a square, so that nobody appears from nothing."""
    x, y = chance.uniform(road.x0, road.x1), road.y0 + chance.uniform(-0.5, 0.5) * road.width
    turn, reach = chance.uniform(0, math.tau), min(3.6, loop_s * 0.2) * chance.uniform(0.15, 1)
    dx, dy = math.cos(turn) * reach, math.sin(turn) * reach
    return msgspec.structs.replace(
        bare, start=chance.uniform(0, loop_s), ends=(x - dx, y - dy, x + dx, y + dy), colour=shade_of(chance, "person"),
        roams=True,
    )  # fmt: skip


def driver(chance: np.random.Generator, road: Road, bare: Mover, slot: int, loop_s: float) -> Mover:
    """Return one that drives down its side of a road, and waits for green where the road has signals."""
    length = math.hypot(road.x1 - road.x0, road.y1 - road.y0)
    ux, uy = (road.x1 - road.x0) / length, (road.y1 - road.y0) / length
    light = bare.kind == "motorbike"
    aside = chance.uniform(0.25, 0.44) * road.width if light else (0.14 + 0.01 * (bare.kind == "bus")) * road.width
    x0, y0, x1, y1 = road.x0 + uy * aside, road.y0 - ux * aside, road.x1 + uy * aside, road.y1 - ux * aside
    if slot % 2:
        x0, y0, x1, y1 = road.x1 - uy * aside, road.y1 + ux * aside, road.x0 - uy * aside, road.y0 + ux * aside
    speed = max(9.0 * (chance.uniform(0.95, 1.1) if light else 1.0), length / loop_s * 1.1)
    mover = msgspec.structs.replace(bare, speed=speed, ends=(x0, y0, x1, y1), colour=shade_of(chance, bare.kind))
    if road.green == (0.0, 1.0):
        return msgspec.structs.replace(mover, start=(slot + chance.uniform(0, 0.7)) / road.movers * loop_s)
    row = slot // 2 // 3
    first, last = (share * loop_s for share in road.green)
    waits = loop_s >= 8 and row < 3 and bare.kind != "bus"
    if not waits:
        middle = chance.uniform(first + (last - first) * 0.6, last)
        return msgspec.structs.replace(mover, start=(middle - length / 2 / speed) % loop_s)
    stop_m = length / 2 - road.stop_m - row * (3.0 if light else 6.0)
    off = first + 0.3 + row * 0.9
    longest = loop_s - (length + 2 * BRAKE_M) / speed - 0.2
    wait_s = min(chance.uniform(0.8, 6.0), longest)
    start = (off - wait_s - (stop_m + BRAKE_M) / speed) % loop_s
    return msgspec.structs.replace(mover, start=start, stop_m=stop_m, wait_s=wait_s)


def crossroads(name: str, seed: int, light: str = "day", **more: object) -> Scene:
    """Return a junction with signals: one road has the first half of the loop, the other the second."""
    roads = (Road(-46, 4, 46, 4, 13, 26, green=(0.0, 0.4), stop_m=11.5),
             Road(0, -50, 0, 58, 12, 26, green=(0.5, 0.9), stop_m=12.5))  # fmt: skip
    return msgspec.structs.replace(Scene(name=name, seed=seed, roads=roads, light=light, signals=True), **more)


def street(name: str, seed: int, light: str = "day", **more: object) -> Scene:
    """Return a street that runs away from the camera."""
    roads = (Road(-3, -22, 3, 110, 13, 34),)
    return msgspec.structs.replace(Scene(name=name, seed=seed, roads=roads, light=light, ground="paving"), **more)


def place(name: str, seed: int, light: str = "day", **more: object) -> Scene:
    """Return a square or a market, where people walk."""
    walks = tuple(Road(-22, y, 22, y, 9, 18, ("person",)) for y in (-4, 6, 16, 28))
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
