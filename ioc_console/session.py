"""One guest's session at the hub: its frames in, its answers and parcels out."""

import asyncio
import itertools
import logging
import uuid
from collections import Counter
from collections.abc import Callable
from typing import Any

from starlette.websockets import WebSocket, WebSocketDisconnect

from ioc_console.domain.health import Guest
from ioc_console.gate import actor_of
from ioc_console.hub import Hub
from ioc_console.model import Actor, Done, Envelope, Gone, Refused, View
from ioc_console.outbox import Outbox
from ioc_console.protocol import (
    VERSION,
    AnswerFrame,
    CarriedFrame,
    CarryFrame,
    Codec,
    DoFrame,
    FollowFrame,
    Frame,
    Hello,
    LookFrame,
    OrderFrame,
    PingFrame,
    PongFrame,
    PutFrame,
    RefusedFrame,
    UnwatchFrame,
    WatchFrame,
    WelcomeFrame,
    encode,
    encode_once,
    page_frame,
)  # fmt: skip

log = logging.getLogger(__name__)
GREET_S = 5.0
MOST_AT_WORK = 500
MOST_WATCHES = 20
MOST_VIEWS = 50
MOST_MALFORMED = 5
HUB = Actor("hub", "hub")


async def greet(
    socket: WebSocket, codec: Codec, admits: Callable[[str, str, str], bool], refusals: Counter[str]
) -> Actor | None:
    """Take a guest's hello within a few seconds; return who it is, or close the connection and return None."""
    try:
        hello = codec.read_guest(await asyncio.wait_for(receive(socket), GREET_S))
        if not isinstance(hello, Hello):
            raise Refused("gate.no_hello")
        if hello.version != VERSION:
            raise Refused("gate.version", found=hello.version, expected=VERSION)
        if not admits(hello.role, hello.name, hello.token):
            raise Refused("gate.token_wrong")
        return actor_of(hello.name, hello.role)
    except TimeoutError:
        refused = Refused("gate.no_hello")
    except Refused as found:
        refused = found
    refusals[refused.code] += 1
    log.warning("guest refused: %s", refused.code)
    await socket.send_text(encode(RefusedFrame(0, refused.code, refused.facts)))
    await socket.close(4401)
    return None


async def receive(socket: WebSocket) -> str | bytes:
    """Return the next message as text or bytes."""
    message = await socket.receive()
    socket._raise_on_disconnect(message)
    return message.get("text") or message.get("bytes") or b""


class Session:
    """A guest that was admitted; answers come in any order, parcels of a watch in theirs."""

    def __init__(self, hub: Hub, codec: Codec, socket: WebSocket, actor: Actor, refusals: Counter[str]) -> None:
        self.hub, self.codec, self.socket, self.actor, self.refusals = hub, codec, socket, actor, refusals
        self.guest = Guest(id=uuid.uuid4().hex, name=actor.name, role=actor.role, since=hub.now())
        self.watches: dict[int, Outbox] = {}
        self.tasks: set[asyncio.Task[None]] = set()
        self.orders: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self.numbers = itertools.count(1)
        self.carried: set[str] = set()
        self.sending = asyncio.Lock()

    async def serve(self, version: int) -> None:
        """Welcome the guest and serve it until it goes or misbehaves."""
        await self.send(WelcomeFrame(version, self.hub.epoch, self.hub.now()))
        await self.hub.put(HUB, (self.guest,))
        malformed = 0
        while True:
            try:
                frame = self.codec.read_guest(await receive(self.socket))
            except Refused as refused:
                malformed += 1
                await self.refuse(0, refused)
                if malformed >= MOST_MALFORMED:
                    await self.socket.close(4400)
                    return
                continue
            if len(self.tasks) >= MOST_AT_WORK:
                await self.refuse(getattr(frame, "n", 0), Refused("hub.busy", most=MOST_AT_WORK))
                continue
            self.spawn(self.answer(frame))
            await asyncio.sleep(0)

    async def close(self) -> None:
        """Let go of all that the guest held."""
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)
        for outbox in self.watches.values():
            self.hub.unwatch(outbox)
        for tag in self.carried:
            self.hub.carriers.pop(tag, None)
        for future in self.orders.values():
            if not future.done():
                future.set_exception(Refused("command.outcome_unknown"))
        if self.hub.tasks and not self.hub.tasks[0].done():
            await self.hub.put(HUB, (Gone("guest", self.guest.id),))

    def spawn(self, work: Any) -> None:
        """Do something beside the reading of frames."""
        task = asyncio.create_task(work)
        self.tasks.add(task)
        task.add_done_callback(self.finish)

    def finish(self, task: asyncio.Task[None]) -> None:
        """Note how a piece of work ended."""
        self.tasks.discard(task)
        if not task.cancelled() and task.exception():
            log.debug("session work ended: %s", task.exception())

    async def answer(self, frame: Any) -> None:
        """Answer one frame."""
        handler = HANDLERS.get(type(frame))
        try:
            if handler is None:
                raise Refused("frame.unexpected")
            await handler(self, frame)
        except Refused as refused:
            await self.refuse(getattr(frame, "n", 0), refused)
        except (WebSocketDisconnect, RuntimeError):
            raise
        except Exception:
            log.exception("%s failed", type(frame).__name__)
            await self.refuse(getattr(frame, "n", 0), Refused("hub.failed"))

    async def refuse(self, n: int, refused: Refused) -> None:
        """Count a refusal and tell the guest."""
        self.refusals[refused.code] += 1
        await self.send(RefusedFrame(n, refused.code, refused.facts))

    async def send(self, frame: Frame) -> None:
        """Send one frame."""
        async with self.sending:
            await self.socket.send_text(encode(frame))

    async def put(self, frame: PutFrame) -> None:
        """Put what a source observed."""
        entities = self.codec.entities(frame.puts)
        await self.send(AnswerFrame(frame.n, await self.hub.put(self.actor, (*entities, *frame.gone))))

    async def do(self, frame: DoFrame) -> None:
        """Have a command carried out."""
        envelope = Envelope(frame.id, self.codec.command(frame.command), frame.desk, frame.seen, frame.made)
        done: Done = await self.hub.do(self.actor, envelope)
        await self.send(AnswerFrame(frame.n, done.seq, done.facts))

    async def look(self, frame: LookFrame) -> None:
        """Read a page."""
        await self.send(page_frame(frame.n, await self.hub.look(self.actor, frame.view)))

    async def watch(self, frame: WatchFrame) -> None:
        """Send parcels of a watch until it ends."""
        if len(self.watches) >= MOST_WATCHES or frame.n in self.watches:
            raise Refused("hub.busy", most=MOST_WATCHES)
        outbox = self.hub.watch(self.actor, frozenset(frame.kinds), frame.since, frame.epoch)
        self.watches[frame.n] = outbox
        outbox.filled.set()
        while not outbox.closed:
            await outbox.filled.wait()
            parcel = self.hub.take(outbox)
            for part in self.codec.parcels(frame.n, parcel):
                await self.send(part)
            for page in parcel.pages:
                await self.send(page_frame(frame.n, page))

    async def unwatch(self, frame: UnwatchFrame) -> None:
        """End a watch."""
        outbox = self.watches.pop(frame.n, None)
        if outbox:
            self.hub.unwatch(outbox)

    async def follow(self, frame: FollowFrame) -> None:
        """Keep a View level within a watch, or stop that."""
        views: dict[View, Any] = self.watches[frame.n].views if frame.n in self.watches else {}
        if not frame.on:
            views.pop(frame.view, None)
        elif len(views) >= MOST_VIEWS:
            raise Refused("hub.busy", most=MOST_VIEWS)
        else:
            views.setdefault(frame.view, None)

    async def carry(self, frame: CarryFrame) -> None:
        """Note which commands the guest carries out; only those that name it as their carrier."""
        for tag in frame.tags:
            command = self.hub.words.commands.get(tag)
            if getattr(command, "carrier", None) != self.actor.name:
                raise Refused("gate.not_carrier", tag=tag, actor=self.actor.name)
            self.hub.carriers[tag] = self.order
            self.carried.add(tag)

    async def order(self, envelope: Envelope) -> dict[str, Any]:
        """Hand the guest a command and return its answer's facts; raises `Refused`."""
        n = next(self.numbers)
        future: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self.orders[n] = future
        try:
            await self.send(OrderFrame(n, encode_once(envelope.command)))
            return await future
        finally:
            self.orders.pop(n, None)

    async def take_carried(self, frame: CarriedFrame) -> None:
        """Take a plugin's answer to an order."""
        future = self.orders.get(frame.n)
        if future is None or future.done():
            return
        if frame.refused:
            future.set_exception(Refused(frame.refused, **frame.facts))
        else:
            future.set_result(frame.facts)

    async def ping(self, frame: PingFrame) -> None:
        """Tell the hub's time."""
        await self.send(PongFrame(frame.n, self.hub.now()))


HANDLERS: dict[type, Any] = {
    PutFrame: Session.put,
    DoFrame: Session.do,
    LookFrame: Session.look,
    WatchFrame: Session.watch,
    UnwatchFrame: Session.unwatch,
    FollowFrame: Session.follow,
    CarryFrame: Session.carry,
    CarriedFrame: Session.take_carried,
    PingFrame: Session.ping,
}
