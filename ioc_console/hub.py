"""The hub: the only place where entities change, one at a time, in order, published once they are stored."""

import asyncio
import secrets
from collections.abc import Iterable

from ioc_console.clock import Clock, Now, utc_now
from ioc_console.desks import Desks
from ioc_console.gate import admit_view
from ioc_console.giving import Giving
from ioc_console.lineup import Lineup
from ioc_console.model import Actor, Command, Done, Due, Entity, Envelope, Keep, Page, Refused, Written
from ioc_console.rights import Rights, shipped_rights
from ioc_console.store import Store
from ioc_console.views import View
from ioc_console.watching import Watching
from ioc_console.wishes import Give, Made, Put
from ioc_console.words import Words

CLOCK = Actor("clock", "clock", ("*",))


class Hub:
    """Takes puts and commands in order, and keeps every watcher level with what is stored."""

    def __init__(self, words: Words, store: Store, now: Now = utc_now, rights: Rights | None = None) -> None:
        self.words, self.store, self.now = words, store, now
        self.rights = rights or shipped_rights()
        self.lineup = Lineup(store, words, self.rights, now, self.publish)
        self.writer = self.lineup.writer
        self.watching = Watching(words.kinds, self.writer.seq, now, self.look)
        self.giving = Giving(self.lineup.submit, now)
        self.clock = Clock(now, self.ring)
        self.desks = Desks(store, self.rights, now, self.note)
        self.tasks: list[asyncio.Task[None]] = []

    @property
    def seq(self) -> int:
        """The sequence of the last published change."""
        return self.watching.published.seq

    def held(self, kind: str) -> dict[str, Entity]:
        """Return the entities of a live kind as they are published, by id."""
        return {id: entity for id, (entity, _) in self.watching.published.live[kind].items()}

    async def start(self) -> None:
        """Load the live kinds and begin to take changes."""
        await self.lineup.load()
        self.watching.published.load(self.writer.live, self.writer.seqs)
        for kind, declared in self.words.kinds.items():
            if declared.due is Entity.due or declared.keep is Keep.PASSING:
                continue
            for entity, _ in await asyncio.to_thread(self.store.load, kind):
                self.clock.enter(entity)
        work = (self.lineup.run(), self.watching.levels.run(self.watching.outboxes), self.clock.run())
        self.tasks = [asyncio.create_task(one) for one in work]

    async def stop(self) -> None:
        """Answer what waits, then let go of the store."""
        await self.lineup.drain()
        self.giving.close()
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)
        self.watching.close()
        await self.lineup.close()
        self.store.close()

    async def put(self, actor: Actor, written: Iterable[Written]) -> int:
        """Put or withdraw what a source observed, as one change; return its sequence; raises `Refused`."""
        made = await self.lineup.submit(Put(actor, tuple(written)))
        if isinstance(made.answer, Refused):
            raise made.answer
        return made.seq

    async def do(self, actor: Actor, envelope: Envelope) -> Done:
        """Carry out a command and return its answer; a repeated id gets the first one; raises `Refused`."""
        return await self.giving.do(actor, envelope)

    async def give(self, actor: Actor, command: Command) -> Done:
        """Give a command from within the hub's process; raises `Refused`."""
        return await self.do(actor, Envelope(secrets.token_hex(16), command, actor.name, self.seq, self.now()))

    async def note(self, name: str, command: Command) -> None:
        """Enter something that happened into the journal, as done by somebody."""
        actor = Actor(name, "hub", ("session.note",))
        envelope = Envelope(secrets.token_hex(16), command, name, self.seq, self.now())
        await self.lineup.submit(Give(actor, envelope))

    async def look(self, actor: Actor, view: View) -> Page:
        """Read one page of a View; raises `Refused`."""
        admit_view(actor, view, self.words.kinds)
        page = await asyncio.to_thread(self.store.page, view)
        return Page(view, tuple(row for row in (one.seen(actor) for one in page.rows) if row), page.total, page.counts)

    async def is_well(self) -> bool:
        """Say whether what is put now would be stored."""
        alive = bool(self.tasks) and not any(task.done() for task in self.tasks)
        try:
            await asyncio.to_thread(self.store.probe)
        except Refused:
            return False
        return alive

    def publish(self, made: Made) -> None:
        """Let the watchers and the clock know of one stored change."""
        self.watching.publish(made)
        for written in made.written:
            if isinstance(written, Entity):
                self.clock.enter(written)
            else:
                self.clock.forget(written.key)

    async def ring(self, id: str, due: Due) -> bool:
        """Give a command that is due, as the clock; say whether it was decided."""
        return await self.giving.settle(CLOCK, Envelope(id, due.command, "hub", self.seq, self.now()))
