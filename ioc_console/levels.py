"""Levels: the pages of open Views, kept level with what is stored, at most four times a second."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable

from ioc_console.model import Actor, Page, Refused
from ioc_console.outbox import Outbox
from ioc_console.views import View

log = logging.getLogger(__name__)
LEVEL_S = 0.25
Look = Callable[[Actor, View], Awaitable[Page]]


class Levels:
    """Which kinds changed since the last round."""

    def __init__(self, look: Look) -> None:
        self.look = look
        self.touched: set[str] = set()

    async def run(self, outboxes: Iterable[Outbox]) -> None:
        """Keep the pages that watchers follow level, until cancelled."""
        while True:
            await asyncio.sleep(LEVEL_S)
            touched, self.touched = self.touched, set()
            for outbox in tuple(outboxes):
                for view, last in tuple(outbox.views.items()):
                    if last is None or view.kind in touched:
                        await self.level(outbox, view)

    async def level(self, outbox: Outbox, view: View) -> None:
        """Read a View's page anew for one watcher; where the store cannot, the next round tries again."""
        try:
            outbox.offer_page(await self.look(outbox.actor, view))
        except Refused as refused:
            if refused.code.startswith("store."):
                log.warning("view not level: %s", refused)
                self.touched.add(view.kind)
            else:
                outbox.offer_page(Page(view, (), 0, {}))
