"""The line-up: wishes in their order, handed to the writer's thread in groups, and published once they are stored."""

import asyncio
import logging
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from ioc_console.clock import Now
from ioc_console.model import Refused
from ioc_console.rights import Rights
from ioc_console.store import Store
from ioc_console.wishes import Made, Wish
from ioc_console.words import Words
from ioc_console.writer import Writer

log = logging.getLogger(__name__)
MOST_WAITING = 10_000
GROUP = 500


class Lineup:
    """What waits for the one writer of a store; `group_s` is how long the last group took."""

    def __init__(self, store: Store, words: Words, rights: Rights, now: Now, publish: Callable[[Made], None]) -> None:
        self.writer, self.publish = Writer(store, words, now, rights), publish
        self.waiting: list[tuple[Wish, asyncio.Future[Made]]] = []
        self.wake = asyncio.Event()
        self.thread = ThreadPoolExecutor(1, "writer")
        self.group_s = 0.0

    async def load(self) -> None:
        """Fill the writer's live kinds."""
        await asyncio.get_running_loop().run_in_executor(self.thread, self.writer.load)

    async def submit(self, wish: Wish) -> Made:
        """Queue a wish and wait until it is stored, or refused; raises `Refused` where too many wait."""
        if len(self.waiting) >= MOST_WAITING:
            raise Refused("hub.busy", most=MOST_WAITING)
        future: asyncio.Future[Made] = asyncio.get_running_loop().create_future()
        self.waiting.append((wish, future))
        self.wake.set()
        return await future

    async def run(self) -> None:
        """Hand over what waits, for ever."""
        while True:
            await self.wake.wait()
            self.wake.clear()
            while self.waiting:
                await self.hand_over(self.waiting[:GROUP])

    async def hand_over(self, group: list[tuple[Wish, asyncio.Future[Made]]]) -> None:
        """Have one group carried out, and publish what was stored."""
        began, wishes = time.perf_counter(), [wish for wish, _ in group]
        try:
            made = await asyncio.get_running_loop().run_in_executor(self.thread, self.writer.carry_out, wishes)
        except Exception:  # whatever a bug does to one group, the next is taken
            log.exception("the writer failed")
            made = [Made(answer=Refused("hub.failed"), seq=self.writer.seq) for _ in group]
        del self.waiting[: len(group)]
        self.group_s = time.perf_counter() - began
        late, self.writer.late = self.writer.late, []
        for one in late:
            self.publish(one)
        for (_, future), one in zip(group, made, strict=True):
            self.publish(one)
            if not future.done():
                future.set_result(one)

    async def drain(self) -> None:
        """Wait until all that waits is answered."""
        await asyncio.gather(*(future for _, future in self.waiting))

    async def close(self) -> None:
        """Let the writer's thread end."""
        await asyncio.to_thread(self.thread.shutdown)
