"""The clock: gives, at their time, the commands that entities declare to be due."""

import asyncio
import heapq
import itertools
import logging
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

from ioc_console.model import Due, Entity, Key

log = logging.getLogger(__name__)
Ring = Callable[[str, Due], Awaitable[bool]]
"""Gives a due command; says whether that is settled, else it is given again."""
Now = Callable[[], datetime]
FAR_S, AGAIN = 3_600.0, timedelta(seconds=1)


def utc_now() -> datetime:
    """Return the machine's time."""
    return datetime.now(UTC)


class Clock:
    """One heap of what is due; an entity that changed since it was entered is looked at anew."""

    def __init__(self, now: Now, ring: Ring) -> None:
        self.now = now
        self.ring = ring
        self.heap: list[tuple[datetime, int, Key, Due]] = []
        self.due: dict[Key, Due] = {}
        self.order = itertools.count()
        self.changed = asyncio.Event()

    def enter(self, entity: Entity) -> None:
        """Note what an entity says is due of it now, in place of what it said before."""
        due = entity.due()
        if due is None:
            self.forget(entity.key)
            return
        self.due[entity.key] = due
        self.push(entity.key, due, due.at)

    def push(self, key: Key, due: Due, at: datetime) -> None:
        """Note when something is to be given."""
        heapq.heappush(self.heap, (at, next(self.order), key, due))
        self.changed.set()

    def forget(self, key: Key) -> None:
        """Note that nothing is due of an entity any more."""
        self.due.pop(key, None)

    async def run(self) -> None:
        """Ring whatever is due, for ever."""
        while True:
            self.changed.clear()
            for key, due in self.take():
                settled = await self.ring(f"clock:{key.kind}:{key.id}:{due.at.isoformat()}", due)
                if not settled and self.due.setdefault(key, due) is due:
                    self.push(key, due, self.now() + AGAIN)
            wait = (self.heap[0][0] - self.now()).total_seconds() if self.heap else FAR_S
            try:
                await asyncio.wait_for(self.changed.wait(), min(max(wait, 0.0), FAR_S))
            except TimeoutError:
                continue

    def take(self) -> list[tuple[Key, Due]]:
        """Take off the heap what is due by now and still stands."""
        ripe = []
        while self.heap and self.heap[0][0] <= self.now():
            _, _, key, due = heapq.heappop(self.heap)
            if self.due.get(key) is due:
                del self.due[key]
                ripe.append((key, due))
        return ripe
