"""The link in one process with the hub: for tests and previews."""

import uuid
from collections.abc import AsyncIterator, Iterable
from datetime import datetime
from typing import Any

from ioc_console.client import Carrier, Mirror, Watch
from ioc_console.hub import Hub
from ioc_console.model import Actor, Command, Delta, Done, Entity, Envelope, Gone, Page, View, WorldCommand, kind_of


class LocalLink:
    """Speaks to a hub by calling it."""

    connected = True

    def __init__(self, hub: Hub, actor: Actor) -> None:
        self.hub, self.actor = hub, actor
        self.watches: list[LocalWatch] = []
        self.seen = 0

    def now(self) -> datetime:
        """Return the hub's time."""
        return self.hub.now()

    async def put(self, *entities: Entity) -> int:
        """Put observed entities."""
        return await self.hub.put(self.actor, entities)

    async def withdraw(self, kind: type[Entity], ids: Iterable[str]) -> int:
        """Withdraw observed entities."""
        return await self.hub.put(self.actor, [Gone(kind_of(kind), id) for id in ids])

    async def do(self, command: Command) -> Done:
        """Give a command."""
        seen = max((watch.mirror.seq for watch in self.watches), default=self.seen)
        return await self.hub.do(self.actor, Envelope(uuid.uuid4().hex, command, self.actor.name, seen, self.now()))

    async def look(self, view: View) -> Page:
        """Read a page."""
        return await self.hub.look(self.actor, view)

    def watch(self, *kinds: type[Entity]) -> Watch:
        """Watch live kinds."""
        watch = LocalWatch(self, frozenset(map(kind_of, kinds)))
        self.watches.append(watch)
        return watch

    def carry(self, command: type[WorldCommand], carrier: Carrier) -> None:
        """Offer to carry out a command."""

        async def carry(envelope: Envelope) -> dict[str, Any]:
            assert isinstance(envelope.command, WorldCommand)
            return await carrier(envelope.command)

        self.hub.carriers[str(command.__struct_config__.tag)] = carry

    async def close(self) -> None:
        """End every watch."""
        for watch in tuple(self.watches):
            watch.close()


class LocalWatch:
    """One watch over a local hub."""

    def __init__(self, link: LocalLink, kinds: frozenset[str]) -> None:
        self.link = link
        self.outbox = link.hub.watch(link.actor, kinds)
        self.mirror = Mirror()

    async def __aiter__(self) -> AsyncIterator[Delta]:
        while True:
            await self.outbox.filled.wait()
            if self.outbox.closed:
                return
            yield self.mirror.take(self.link.hub.take(self.outbox))

    def look(self, view: View) -> None:
        """Keep a View's page level."""
        self.outbox.views.setdefault(view, None)

    def drop(self, view: View) -> None:
        """Stop keeping a View's page level."""
        self.outbox.views.pop(view, None)

    def close(self) -> None:
        """End the watch."""
        self.link.hub.unwatch(self.outbox)
        if self in self.link.watches:
            self.link.watches.remove(self)
