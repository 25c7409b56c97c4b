"""Orders: the commands on the world that one guest carries out for the hub."""

import asyncio
import itertools
from collections.abc import Awaitable, Callable
from typing import Any

from ioc_console.hub import Hub
from ioc_console.model import Actor, Envelope, Refused
from ioc_console.protocol import CarriedFrame, CarryFrame, Frame, OrderFrame, encode_once

Send = Callable[[Frame], Awaitable[None]]


class Orders:
    """What one guest offers to carry out, and what it was handed and has not answered."""

    def __init__(self, hub: Hub, actor: Actor, send: Send) -> None:
        self.hub, self.actor, self.send = hub, actor, send
        self.open: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self.numbers = itertools.count(1)
        self.carried: set[str] = set()

    async def carry(self, frame: CarryFrame) -> None:
        """Note which commands the guest carries out; only those that name it as their carrier."""
        for tag in frame.tags:
            command = self.hub.words.commands.get(tag)
            if getattr(command, "carrier", None) != self.actor.name:
                raise Refused("gate.not_carrier", tag=tag, actor=self.actor.name)
            self.hub.giving.carriers[tag] = self.order
            self.carried.add(tag)

    async def order(self, envelope: Envelope) -> dict[str, Any]:
        """Hand the guest a command and return its answer's facts; raises `Refused`."""
        n = next(self.numbers)
        future: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self.open[n] = future
        try:
            await self.send(OrderFrame(n, encode_once(envelope.command)))
            return await future
        finally:
            self.open.pop(n, None)

    async def take(self, frame: CarriedFrame) -> None:
        """Take the guest's answer to an order."""
        future = self.open.get(frame.n)
        if future is None or future.done():
            return
        if frame.refused:
            future.set_exception(Refused(frame.refused, **frame.facts))
        else:
            future.set_result(frame.facts)

    def close(self) -> None:
        """Let go of what the guest offered: what it was handed has an unknown outcome."""
        for tag in self.carried:
            if self.hub.giving.carriers.get(tag) == self.order:
                del self.hub.giving.carriers[tag]
        for future in self.open.values():
            if not future.done():
                future.set_exception(Refused("command.outcome_unknown"))
