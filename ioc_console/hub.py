"""The hub: the only place where entities change, one at a time, in order, published once they are stored."""

import asyncio
import logging
import secrets
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from ioc_console.clock import Clock, Now, utc_now
from ioc_console.gate import actor_of, admit_command, admit_kinds, admit_view
from ioc_console.model import (
    Actor,
    Done,
    Due,
    Entity,
    Envelope,
    Keep,
    Page,
    Refused,
    Scope,
    View,
    WorldCommand,
    Written,
)  # fmt: skip
from ioc_console.outbox import Outbox, Parcel
from ioc_console.published import Published
from ioc_console.store import Store
from ioc_console.words import Words
from ioc_console.writer import CLOSED, Give, Made, Put, Wish, Writer

log = logging.getLogger(__name__)
MOST_WAITING = 10_000
MOST_ANSWERS = 5_000
GROUP = 500
LEVEL_S = 0.25
PASSING = CLOSED | {"hub.busy", "hub.failed"}
"""Refusals that say nothing of the command: it may be tried again."""
Carry = Callable[[Envelope], Awaitable[dict[str, Any]]]


class Hub:
    """Takes puts and commands in order, and keeps every watcher level with what is stored."""

    def __init__(self, words: Words, store: Store, now: Now = utc_now) -> None:
        self.words, self.store, self.now = words, store, now
        self.epoch = secrets.token_hex(8)
        self.writer = Writer(store, words.kinds, now)
        self.published = Published(self.writer.seq)
        self.waiting: list[tuple[Wish, asyncio.Future[Made]]] = []
        self.wake = asyncio.Event()
        self.outboxes: set[Outbox] = set()
        self.touched: set[str] = set()
        self.carriers: dict[str, Carry] = {}
        self.answers: OrderedDict[str, asyncio.Task[Done]] = OrderedDict()
        self.clock = Clock(now, self.ring)
        self.thread = ThreadPoolExecutor(1, "writer")
        self.tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Load the live kinds and begin to take changes."""
        await asyncio.get_running_loop().run_in_executor(self.thread, self.writer.load)
        self.published.load(self.writer.live, self.writer.seqs)
        for kind, declared in self.words.kinds.items():
            if declared.due is Entity.due or declared.keep is Keep.PASSING:
                continue
            for entity, _ in await asyncio.to_thread(self.store.load, kind):
                self.clock.enter(entity)
        self.tasks = [asyncio.create_task(run) for run in (self.write(), self.level(), self.clock.run())]

    async def stop(self) -> None:
        """Answer what waits, then let go of the store."""
        await asyncio.gather(*(future for _, future in self.waiting))
        for task in (*self.tasks, *self.answers.values()):
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)
        for outbox in tuple(self.outboxes):
            outbox.close()
        await asyncio.to_thread(self.thread.shutdown)
        self.store.close()

    async def put(self, actor: Actor, written: Iterable[Written]) -> int:
        """Put or withdraw what a source observed, as one change; return its sequence; raises `Refused`."""
        made = await self.submit(Put(actor, tuple(written)))
        if isinstance(made.answer, Refused):
            raise made.answer
        return made.seq

    async def do(self, actor: Actor, envelope: Envelope) -> Done:
        """Carry out a command and return its answer; a repeated id gets the first one; raises `Refused`."""
        task = self.answers.get(envelope.id)
        if task is None:
            task = self.answers[envelope.id] = asyncio.create_task(self.carry_out(actor, envelope))
            task.add_done_callback(lambda done: self.forget(envelope, done))
            if len(self.answers) > MOST_ANSWERS:
                self.answers.popitem(last=False)
        return await asyncio.shield(task)

    def forget(self, envelope: Envelope, task: asyncio.Task[Done]) -> None:
        """Let a command that was refused in passing be tried again, unless the world may have been acted upon."""
        error = None if task.cancelled() else task.exception()
        passing = isinstance(error, Refused) and error.code in PASSING
        if passing and not isinstance(envelope.command, WorldCommand):
            self.answers.pop(envelope.id, None)

    async def carry_out(self, actor: Actor, envelope: Envelope) -> Done:
        """Have a command decided by the writer, or done on the world by its carrier and then journalled."""
        outcome: Done | Refused | None = None
        if isinstance(envelope.command, WorldCommand):
            try:
                outcome = Done(envelope.id, 0, await self.act(actor, envelope, envelope.command))
            except Refused as refused:
                outcome = refused
        made = await self.submit(Give(actor, envelope, outcome))
        if isinstance(made.answer, Refused):
            raise made.answer
        return made.answer

    async def act(self, actor: Actor, envelope: Envelope, command: WorldCommand) -> dict[str, Any]:
        """Have a plugin carry out a command on the world; raises `Refused`, also where the outcome is unknown."""
        admit_command(actor, envelope, self.now())
        carry = self.carriers.get(str(command.__struct_config__.tag))
        if carry is None:
            raise Refused("command.no_carrier", carrier=command.carrier)
        try:
            return await asyncio.wait_for(carry(envelope), command.lives.total_seconds())
        except TimeoutError as error:
            raise Refused("command.outcome_unknown") from error

    async def look(self, actor: Actor, view: View) -> Page:
        """Read one page of a View; raises `Refused`."""
        admit_view(actor, view, self.words.kinds)
        page = await asyncio.to_thread(self.store.page, view)
        return Page(view, tuple(row for row in (one.seen(actor) for one in page.rows) if row), page.total, page.counts)

    def watch(self, actor: Actor, kinds: frozenset[str], since: int = 0, epoch: str = "") -> Outbox:
        """Open an outbox over live kinds, with what was missed since a sequence, or with a snapshot."""
        admit_kinds(actor, kinds, self.words.kinds)
        for kind in kinds:
            if self.words.kinds[kind].scope is not Scope.LIVE:
                raise Refused("view.only", kind=kind)
        outbox = Outbox(actor, kinds)
        if epoch == self.epoch and since >= self.published.floor:
            outbox.resume(self.published.missed(kinds, since))
        self.outboxes.add(outbox)
        return outbox

    def unwatch(self, outbox: Outbox) -> None:
        """Close an outbox."""
        self.outboxes.discard(outbox)
        outbox.close()

    def take(self, outbox: Outbox) -> Parcel:
        """Take what an outbox holds."""
        return outbox.take(self.published.seq, self.now(), self.published.snapshot)

    async def submit(self, wish: Wish) -> Made:
        """Queue a wish for the writer and wait until it is stored."""
        if len(self.waiting) >= MOST_WAITING:
            raise Refused("hub.busy", most=MOST_WAITING)
        future: asyncio.Future[Made] = asyncio.get_running_loop().create_future()
        self.waiting.append((wish, future))
        self.wake.set()
        return await future

    async def write(self) -> None:
        """Hand what waits to the writer's thread, group by group, and publish what was stored."""
        loop = asyncio.get_running_loop()
        while True:
            await self.wake.wait()
            self.wake.clear()
            while self.waiting:
                group = self.waiting[:GROUP]
                try:
                    made = await loop.run_in_executor(self.thread, self.writer.carry_out, [wish for wish, _ in group])
                except Exception:
                    log.exception("the writer failed")
                    made = [Made(answer=Refused("hub.failed"), seq=self.published.seq) for _ in group]
                del self.waiting[: len(group)]
                late, self.writer.late = self.writer.late, []
                for one in late:
                    self.publish(one)
                for (_, future), one in zip(group, made, strict=True):
                    self.publish(one)
                    if not future.done():
                        future.set_result(one)

    def publish(self, made: Made) -> None:
        """Let the watchers see one stored change."""
        self.published.seq = max(self.published.seq, made.seq)
        for written in made.written:
            self.touched.add(written.key.kind)
            self.published.show(written, made.seq)
            if isinstance(written, Entity):
                self.clock.enter(written)
            else:
                self.clock.forget(written.key)
            for outbox in self.outboxes:
                outbox.offer(written)

    async def level(self) -> None:
        """Keep the pages of open Views level with what is stored."""
        while True:
            await asyncio.sleep(LEVEL_S)
            touched, self.touched = self.touched, set()
            for outbox in tuple(self.outboxes):
                for view, last in tuple(outbox.views.items()):
                    if last is None or view.kind in touched:
                        await self.level_page(outbox, view)

    async def level_page(self, outbox: Outbox, view: View) -> None:
        """Read a View's page anew for one watcher; where the store cannot, the next round tries again."""
        try:
            outbox.offer_page(await self.look(outbox.actor, view))
        except Refused as refused:
            log.warning("view not level: %s", refused)
            self.touched.add(view.kind)

    async def ring(self, id: str, due: Due) -> bool:
        """Give a command that is due, as the clock; say whether it was decided."""
        now = self.now()
        try:
            await self.do(actor_of("clock", "clock"), Envelope(id, due.command, "hub", self.published.seq, now))
        except Refused as refused:
            log.info("due command refused: %s", refused)
            return refused.code not in PASSING
        return True
