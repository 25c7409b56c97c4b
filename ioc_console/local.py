"""The link in one process with the hub: for tests and previews."""

import uuid
from collections.abc import AsyncIterator, Iterable
from datetime import datetime
from typing import Any

from ioc_console.accounts import Admitted, joined
from ioc_console.client import Carrier, Mirror, Watch
from ioc_console.domain.people import Proof
from ioc_console.hub import Hub
from ioc_console.model import Actor, Command, Delta, Done, Entity, Envelope, Gone, Page, Refused, WorldCommand, kind_of
from ioc_console.views import View


class LocalLink:
    """Speaks to a hub by calling it."""

    connected = True

    def __init__(self, hub: Hub, actor: Actor) -> None:
        self.hub, self.actor = hub, actor
        self.person: Admitted | None = None
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
        return await self.hub.do(self.acting, Envelope(uuid.uuid4().hex, command, self.actor.name, seen, self.now()))

    async def look(self, view: View) -> Page:
        """Read a page."""
        return await self.hub.look(self.acting, view)

    @property
    def acting(self) -> Actor:
        """Who gives the commands: the person at the screen, else the guest itself."""
        return self.person.actor if self.person else self.actor

    async def login(self, proof: Proof) -> Done:
        """Let a person in at this screen."""
        if not self.actor.lends:
            raise Refused("account.not_here", desk=self.actor.name)
        person = self.person = await self.hub.desks.admit(proof, self.actor.name)
        self.turn()
        facts = {"name": person.actor.name, "shown": person.shown, "role": person.actor.role}
        return Done("", 0, facts, {"token": person.token, "expires": person.expires.isoformat()})

    async def logout(self) -> None:
        """Let the person at this screen go."""
        person, self.person = self.person, None
        self.turn()
        if person:
            await self.hub.desks.dismiss(person, self.actor.name)

    def turn(self) -> None:
        """Let every watch show what the person now at the screen may see."""
        for watch in self.watches:
            watch.outbox.turn_to(joined(self.actor, self.person))

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

        self.hub.giving.carriers[str(command.__struct_config__.tag)] = carry

    async def close(self) -> None:
        """End every watch."""
        for watch in tuple(self.watches):
            watch.close()


class LocalWatch:
    """One watch over a local hub."""

    def __init__(self, link: LocalLink, kinds: frozenset[str]) -> None:
        self.link = link
        self.outbox = link.hub.watching.watch(joined(link.actor, link.person), kinds)
        self.mirror = Mirror()

    async def __aiter__(self) -> AsyncIterator[Delta]:
        while True:
            await self.outbox.filled.wait()
            if self.outbox.closed:
                return
            yield self.mirror.take(self.link.hub.watching.take(self.outbox))

    def look(self, view: View) -> None:
        """Keep a View's page level."""
        self.outbox.views.setdefault(view, None)

    def drop(self, view: View) -> None:
        """Stop keeping a View's page level."""
        self.outbox.views.pop(view, None)

    def close(self) -> None:
        """End the watch."""
        self.link.hub.watching.unwatch(self.outbox)
        if self in self.link.watches:
            self.link.watches.remove(self)
