"""The link: how everything that is not the hub reads entities and gives commands."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from datetime import datetime
from typing import Any, Protocol

from ioc_console.domain.people import Proof
from ioc_console.model import Command, Delta, Done, Entity, Gone, Key, Page, WorldCommand
from ioc_console.outbox import Parcel
from ioc_console.views import View

Carrier = Callable[[WorldCommand], Awaitable[dict[str, Any]]]
"""Carries out a command on the world and returns facts, or raises `Refused`."""


class Watch(Protocol):
    """What one watcher sees: deltas only, also after a reconnection, since the link keeps a mirror."""

    def __aiter__(self) -> AsyncIterator[Delta]:
        """Iterate over the changes; the first delta brings what there is."""

    def look(self, view: View) -> None:
        """Keep a View's page level, at most four times a second, until `drop`."""

    def drop(self, view: View) -> None:
        """Stop keeping a View's page level."""

    def close(self) -> None:
        """End the watch."""


class Link(Protocol):
    """The two ways: entities down, commands up."""

    @property
    def connected(self) -> bool:
        """Whether the hub answers now."""

    def now(self) -> datetime:
        """Return the hub's time, as UTC, by the measured offset."""

    async def put(self, *entities: Entity) -> int:
        """Put observed entities in one transaction; return the sequence they got."""

    async def withdraw(self, kind: type[Entity], ids: Iterable[str]) -> int:
        """Withdraw observed entities of the guest's own kind; return the sequence."""

    async def do(self, command: Command) -> Done:
        """Give a command; raises `Refused` (`link.down`, `link.timed_out` too)."""

    async def look(self, view: View) -> Page:
        """Read one page of a View, once."""

    async def login(self, proof: Proof) -> Done:
        """Let a person in at this screen, who gives the commands from now on; raises `Refused`."""

    async def logout(self) -> None:
        """Let the person at this screen go."""

    def watch(self, *kinds: type[Entity]) -> Watch:
        """Watch live kinds."""

    def carry(self, command: type[WorldCommand], carrier: Carrier) -> None:
        """Offer to carry out a command on the world; offered again after every reconnection."""

    async def close(self) -> None:
        """Leave the hub."""


class Mirror:
    """What one watcher holds, so that a fresh snapshot reaches it as the difference."""

    def __init__(self) -> None:
        self.held: dict[Key, Entity] = {}
        self.seq = 0

    def take(self, parcel: Parcel) -> Delta:
        """Take a parcel in; return what it changes for the watcher."""
        gone = list(parcel.gone)
        if parcel.fresh:
            arrived = {entity.key for entity in parcel.puts}
            gone += [Gone(key.kind, key.id) for key in self.held if key not in arrived]
        puts = tuple(entity for entity in parcel.puts if self.held.get(entity.key) != entity)
        went = tuple(one for one in gone if self.held.pop(one.key, None) is not None)
        self.held.update((entity.key, entity) for entity in puts)
        self.seq = parcel.seq
        return Delta(parcel.seq, parcel.at, puts, went, parcel.pages)
