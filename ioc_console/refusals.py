"""Refusals: every one counted by code, and by guest for the journal, where they are noted a few at a time."""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable

from ioc_console.domain.authority import NoteRefusals
from ioc_console.model import Command

FLUSH_S = 10.0
MOST_GUESTS, MOST_CODES = 200, 40
OTHERS = "others"
Note = Callable[[str, Command], Awaitable[None]]


class Refusals:
    """What was refused since the start, and what of it is not in the journal yet: bounded, whoever floods."""

    def __init__(self) -> None:
        self.total: Counter[str] = Counter()
        self.waiting: defaultdict[str, Counter[str]] = defaultdict(Counter)

    def count(self, guest: str, code: str) -> None:
        """Count a refusal."""
        self.total[code] += 1
        self.mark(guest, code)

    def mark(self, guest: str, key: str) -> None:
        """Have something noted in the journal that is no refusal of its own: which account somebody tried, say."""
        name = guest if guest in self.waiting or len(self.waiting) < MOST_GUESTS else OTHERS
        counts = self.waiting[name]
        counts[key if key in counts or len(counts) < MOST_CODES else OTHERS] += 1

    async def flush(self, note: Note) -> None:
        """Note in the journal what waits."""
        waiting, self.waiting = self.waiting, defaultdict(Counter)
        for guest, counts in waiting.items():
            await note(guest, NoteRefusals(guest, dict(counts)))

    async def run(self, note: Note) -> None:
        """Note what waits every few seconds, until cancelled; then a last time."""
        try:
            while True:
                await asyncio.sleep(FLUSH_S)
                await self.flush(note)
        finally:
            await self.flush(note)
