"""Drift: how far a window's content stands from its place, so that nothing burns in on a panel lit all year."""

from datetime import datetime

from PySide6.QtCore import QRect

RESERVE_PX = 6
"""How far content moves at most each way, and so how much is kept free along every edge."""
STEP_S = 60
ACROSS = 4 * RESERVE_PX
DOWN = ACROSS + 2
"""How many steps there and back take; two more downwards, so that the path runs through every place of the square."""


def offset(now: datetime) -> tuple[int, int]:
    """Return how far right and down content stands at a moment; all windows move together, a pixel at a time."""
    step = int(now.timestamp() // STEP_S)
    return wave(step % ACROSS, pause=0), wave(step % DOWN, pause=1)


def wave(at: int, pause: int) -> int:
    """Return the place of something that goes to and fro between the ends, where it rests for some steps more."""
    whole = 2 * RESERVE_PX
    there = min(at, whole)
    back = max(0, at - whole - pause)
    return min(max(there - back, 0), whole) - RESERVE_PX


def inset(area: QRect, window: tuple[int, int]) -> QRect:
    """Return a panel's rectangle moved in by the reserve; only what touches the right or lower edge gets smaller.

    Pictures at the left and top so keep their exact size, and rail and strip give the room.
    """
    right = min(area.right() + 1 + RESERVE_PX, window[0] - RESERVE_PX)
    bottom = min(area.bottom() + 1 + RESERVE_PX, window[1] - RESERVE_PX)
    left, top = area.left() + RESERVE_PX, area.top() + RESERVE_PX
    return QRect(left, top, right - left, bottom - top)
