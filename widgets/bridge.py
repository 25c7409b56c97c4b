"""The bridge: the one place where the link's coroutines and the panels' calls meet."""

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import datetime

import msgspec
from PySide6.QtCore import QObject, QTimer, Signal

from ioc_console.client import Link, Watch
from ioc_console.model import Command, Delta, Done, Entity, Page, Refused
from ioc_console.views import View

log = logging.getLogger(__name__)
HAND_OVER_MS = 33
Answered = Callable[[Done | Refused], None]


class LinkState(msgspec.Struct, frozen=True):
    """Whether the hub answers, and since when that is so."""

    up: bool
    since: datetime


class Bridge(QObject):
    """Hands deltas over at most thirty times a second, and takes commands without waiting for them."""

    delta = Signal(object)
    state = Signal(object)

    def __init__(self, link: Link) -> None:
        super().__init__()
        self.link = link
        self.watch: Watch | None = None
        self.tasks: set[asyncio.Task[None]] = set()
        self.waiting: list[Delta] = []
        self.views: Counter[View] = Counter()
        self.pages: dict[View, Page] = {}
        self.up = False
        self.since = link.now()
        self.timer = QTimer(self)
        self.timer.setSingleShot(True)
        self.timer.setInterval(HAND_OVER_MS)
        self.timer.timeout.connect(self.hand_over)

    @property
    def connected(self) -> bool:
        """Whether the hub answers now."""
        return self.link.connected

    def now(self) -> datetime:
        """Return the hub's time."""
        return self.link.now()

    def begin(self, kinds: Iterable[type[Entity]]) -> None:
        """Watch kinds from now on, in place of those watched before."""
        if self.watch:
            self.watch.close()
        self.watch = self.link.watch(*kinds)
        for view in self.views:
            self.watch.look(view)
        self.spawn(self.follow(self.watch))

    def look(self, view: View) -> None:
        """Keep a View's page level until it is dropped as often as looked at; a page that is known comes again."""
        self.views[view] += 1
        if self.views[view] == 1 and self.watch:
            self.watch.look(view)
        elif view in self.pages:
            self.collect(Delta(0, self.now(), pages=(self.pages[view],)))

    def drop(self, view: View) -> None:
        """Stop keeping a View's page level, unless somebody else looks at it too."""
        self.views[view] -= 1
        if self.views[view] > 0:
            return
        del self.views[view]
        self.pages.pop(view, None)
        if self.watch:
            self.watch.drop(view)

    def do(self, command: Command, answered: Answered | None = None) -> None:
        """Give a command; the answer is called back."""
        self.spawn(self.give(command, answered))

    async def give(self, command: Command, answered: Answered | None) -> None:
        """Give a command and call its answer back."""
        answer: Done | Refused
        try:
            answer = await self.link.do(command)
        except Refused as refused:
            answer = refused
        except Exception:
            log.exception("command failed")
            answer = Refused("command.failed")
        if answered:
            answered(answer)

    async def follow(self, watch: Watch) -> None:
        """Collect what changes."""
        async for delta in watch:
            self.collect(delta)

    def collect(self, delta: Delta) -> None:
        """Keep a change until the next hand-over."""
        self.waiting.append(delta)
        if not self.timer.isActive():
            self.timer.start()

    def hand_over(self) -> None:
        """Hand over what was collected."""
        waiting, self.waiting = self.waiting, []
        for delta in waiting:
            self.pages.update((page.view, page) for page in delta.pages if page.view in self.views)
            self.delta.emit(delta)

    def tick(self) -> LinkState:
        """Return, and tell when it changed, whether the hub answers."""
        if self.link.connected != self.up:
            self.up, self.since = self.link.connected, self.link.now()
            self.state.emit(LinkState(self.up, self.since))
        return LinkState(self.up, self.since)

    def spawn(self, work: object) -> None:
        """Do something beside the painting."""
        task = asyncio.ensure_future(work)
        self.tasks.add(task)
        task.add_done_callback(self.finish)

    def finish(self, task: "asyncio.Task[None]") -> None:
        """Note how a piece of work ended."""
        self.tasks.discard(task)
        if not task.cancelled() and task.exception():
            log.error("bridge work failed", exc_info=task.exception())

    def close(self) -> None:
        """Stop watching."""
        self.timer.stop()
        if self.watch:
            self.watch.close()
        for task in self.tasks:
            task.cancel()
