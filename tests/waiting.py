"""Waiting: until something holds, with a deadline generous enough for a loaded machine."""

import asyncio
import time
from collections.abc import Callable

DEADLINE_S = 30.0


def eventually(holds: Callable[[], object], what: str = "it", deadline_s: float = DEADLINE_S) -> float:
    """Wait until something holds; return the seconds that it took."""
    began = time.monotonic()
    while not holds():
        assert time.monotonic() - began < deadline_s, f"{what} did not come about"
        time.sleep(0.02)
    return time.monotonic() - began


async def soon(holds: Callable[[], object], what: str = "it", deadline_s: float = DEADLINE_S) -> None:
    """Wait until something holds, and let others work."""
    end = time.monotonic() + deadline_s
    while not holds():
        assert time.monotonic() < end, f"{what} did not come about"
        await asyncio.sleep(0.02)
