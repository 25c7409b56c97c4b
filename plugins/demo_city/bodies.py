"""Draws those who move: boxes for cars and buses, rounder shapes for riders and walkers, soft shadows under all."""

import cv2
import numpy as np
from numpy.typing import NDArray

from plugins.demo_city.scenes import SIZES, Eye, Mover

Image = NDArray[np.uint8]
Place = tuple[float, float]
GLASS = (52, 46, 42)
SKIN = (112, 132, 160)
TYRE = (38, 38, 38)


def ways_of(mover: Mover) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the unit vectors ahead and to the right of a mover."""
    ahead = np.array([mover.ends[2] - mover.ends[0], mover.ends[3] - mover.ends[1]])
    ahead /= np.linalg.norm(ahead)
    return ahead, np.array([ahead[1], -ahead[0]])


def box_of(
    mover: Mover, place: Place, along: tuple[float, float], wide: float, rise: tuple[float, float]
) -> NDArray[np.float64]:
    """Return eight corners in metres of a part of a body: from `along[0]` to `along[1]` metres ahead of its middle."""
    ahead, side = ways_of(mover)
    base = [
        place + ahead * a + side * s * wide / 2
        for a, s in ((along[1], 1), (along[1], -1), (along[0], -1), (along[0], 1))
    ]
    return np.r_[np.c_[base, np.full(4, rise[0])], np.c_[base, np.full(4, rise[1])]]


def corners_of(mover: Mover, place: Place) -> NDArray[np.float64]:
    """Return the eight corners of a mover's body in metres, the lower four first."""
    wide, long, tall = SIZES[mover.kind]
    return box_of(mover, place, (-long / 2, long / 2), wide, (0.0, tall))


def solid(picture: Image, eye: Eye, body: NDArray[np.float64], colour: tuple[float, ...]) -> None:
    """Draw a box: each side in its own shade, the farthest first, and the lightest on top."""
    pixels = np.rint(eye.project(body) * 8).astype(np.int32)
    depth = ((body[:4] - eye.place) ** 2).sum(1)
    sides = sorted(((0, 1), (1, 2), (2, 3), (3, 0)), key=lambda pair: -(depth[pair[0]] + depth[pair[1]]))
    for a, b in sides[2:]:
        normal = body[b, :2] - body[a, :2]
        light = 0.55 + 0.22 * abs(normal[1]) / (np.linalg.norm(normal) + 1e-9)
        quad = pixels[[a, b, b + 4, a + 4]]
        cv2.fillConvexPoly(picture, quad, tuple(c * light for c in colour), cv2.LINE_AA, 3)
    cv2.fillConvexPoly(picture, pixels[4:], colour, cv2.LINE_AA, 3)


def car(picture: Image, eye: Eye, mover: Mover, place: Place) -> None:
    """Draw a car: wheels' dark foot, body, glass, roof."""
    wide, long, tall = SIZES["car"]
    solid(picture, eye, box_of(mover, place, (-long / 2 + 0.1, long / 2 - 0.1), wide * 0.96, (0, 0.4)), TYRE)
    solid(picture, eye, box_of(mover, place, (-long / 2, long / 2), wide, (0.3, 0.85)), mover.colour)
    solid(picture, eye, box_of(mover, place, (-1.7, 0.9), wide * 0.9, (0.85, 1.3)), GLASS)
    solid(picture, eye, box_of(mover, place, (-1.4, 0.45), wide * 0.82, (1.3, tall)), mover.colour)


def bus(picture: Image, eye: Eye, mover: Mover, place: Place) -> None:
    """Draw a bus: body, a band of windows, roof."""
    wide, long, tall = SIZES["bus"]
    solid(picture, eye, box_of(mover, place, (-long / 2, long / 2), wide * 0.97, (0, 0.5)), TYRE)
    solid(picture, eye, box_of(mover, place, (-long / 2, long / 2), wide, (0.4, 1.5)), mover.colour)
    solid(picture, eye, box_of(mover, place, (-long / 2, long / 2), wide * 0.99, (1.5, 2.5)), GLASS)
    solid(
        picture,
        eye,
        box_of(mover, place, (-long / 2, long / 2), wide, (2.5, tall)),
        tuple(c * 0.5 + 105 for c in mover.colour),
    )


def blob(
    picture: Image, eye: Eye, middle: NDArray[np.float64], half: tuple[float, float], colour: tuple[float, ...]
) -> None:
    """Draw an upright ellipse around a point in metres."""
    around = np.array([middle, np.add(middle, (half[0], 0, 0)), np.add(middle, (0, 0, half[1]))])
    at, beside, above = eye.project(around) * 8
    axes = (max(4, int(abs(beside[0] - at[0]))), max(4, int(abs(above[1] - at[1]))))
    cv2.ellipse(picture, np.rint(at).astype(int).tolist(), axes, 0, 0, 360, colour, -1, cv2.LINE_AA, 3)


def motorbike(picture: Image, eye: Eye, mover: Mover, place: Place) -> None:
    """Draw a motorbike with its rider: wheels, seat, a shirt, a helmet."""
    ahead, _ = ways_of(mover)
    solid(picture, eye, box_of(mover, place, (-0.9, 0.9), 0.12, (0, 0.55)), TYRE)
    solid(picture, eye, box_of(mover, place, (-0.7, 0.55), 0.34, (0.4, 0.75)), (62, 60, 66))
    seat = np.array([*(place - ahead * 0.15), 1.05])
    blob(picture, eye, seat, (0.27, 0.36), mover.colour)
    helmet = tuple(150 + (c % 40) for c in mover.colour) if mover.track % 3 else (70, 66, 64)
    blob(picture, eye, np.add(seat, (*(ahead * 0.1), 0.47)), (0.15, 0.17), helmet)


def person(picture: Image, eye: Eye, mover: Mover, place: Place) -> None:
    """Draw a walker: legs, a shirt, a head."""
    foot = np.array([*place, 0.0])
    blob(picture, eye, np.add(foot, (0, 0, 0.42)), (0.13, 0.45), (58, 54, 56))
    blob(picture, eye, np.add(foot, (0, 0, 1.05)), (0.22, 0.36), mover.colour)
    blob(picture, eye, np.add(foot, (0, 0, 1.5)), (0.11, 0.14), (40, 42, 46) if mover.track % 2 else SKIN)


DRAWN = {"car": car, "bus": bus, "motorbike": motorbike, "person": person}


def shade(picture: Image, eye: Eye, placed: list[tuple[Mover, Place]], depth: float) -> Image:
    """Darken the ground softly under and beside all who stand on it."""
    mask = np.zeros((picture.shape[0] // 2, picture.shape[1] // 2), np.uint8)
    for mover, place in placed:
        body = corners_of(mover, place)
        tall = body[4, 2]
        cast = np.r_[body[:4], np.add(body[:4], (tall * 0.35, -tall * 0.08, 0))]
        pixels = np.rint(eye.project(cast) * 4).astype(np.int32)
        cv2.fillConvexPoly(mask, cv2.convexHull(pixels), int(255 * depth), cv2.LINE_AA, 3)
    mask = cv2.resize(cv2.GaussianBlur(mask, (0, 0), 1.6), (picture.shape[1], picture.shape[0]))
    return cv2.subtract(picture, cv2.multiply(picture, cv2.cvtColor(mask, cv2.COLOR_GRAY2BGR), scale=1 / 255))


def draw_all(picture: Image, eye: Eye, placed: list[tuple[Mover, Place]], depth: float) -> Image:
    """Return the picture with shadows and all who move in it, the farthest drawn first."""
    picture = shade(picture, eye, placed, depth)
    for mover, place in sorted(placed, key=lambda one: -one[1][1]):
        DRAWN[mover.kind](picture, eye, mover, place)
    return picture
