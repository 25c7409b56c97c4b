"""One guest's session at the hub: its frames in, its answers and parcels out."""

import asyncio
import logging
import uuid
from typing import Any

from starlette.websockets import WebSocket, WebSocketDisconnect

from ioc_console.domain.health import Guest
from ioc_console.greeting import receive
from ioc_console.hub import Hub
from ioc_console.model import Actor, Done, Envelope, Gone, Refused
from ioc_console.orders import Orders
from ioc_console.outbox import Outbox
from ioc_console.protocol import (
    AnswerFrame,
    CarriedFrame,
    CarryFrame,
    Codec,
    DoFrame,
    FollowFrame,
    Frame,
    LoginFrame,
    LogoutFrame,
    LookFrame,
    PingFrame,
    PongFrame,
    PutFrame,
    RefusedFrame,
    UnwatchFrame,
    WatchFrame,
    WelcomeFrame,
    encode,
    page_frame,
)  # fmt: skip
from ioc_console.refusals import Refusals
from ioc_console.stay import Stay
from ioc_console.views import View

log = logging.getLogger(__name__)
MOST_AT_WORK = 500
MOST_WATCHES = 20
MOST_VIEWS = 50
MOST_MALFORMED = 5
HUB = Actor("hub", "hub")


class Session:
    """A guest that was admitted; answers come in any order, parcels of a watch in theirs."""

    def __init__(self, hub: Hub, codec: Codec, socket: WebSocket, actor: Actor, refusals: Refusals) -> None:
        self.hub, self.codec, self.socket, self.actor, self.refusals = hub, codec, socket, actor, refusals
        self.guest = Guest(id=uuid.uuid4().hex, name=actor.name, role=actor.role, since=hub.now())
        self.watches: dict[int, Outbox] = {}
        self.tasks: set[asyncio.Task[None]] = set()
        self.orders = Orders(hub, actor, self.send)
        self.sending = asyncio.Lock()
        self.stay = Stay(hub.desks, actor, refusals, self.watches.values)

    async def serve(self, version: int) -> None:
        """Welcome the guest and serve it until it goes or misbehaves."""
        await self.send(WelcomeFrame(version, self.hub.watching.epoch, self.hub.now()))
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
            self.hub.watching.unwatch(outbox)
        self.orders.close()
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
        self.refusals.count(self.stay.acting.name, refused.code)
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
        envelope = Envelope(frame.id, self.codec.command(frame.command), self.actor.name, frame.seen, frame.made)
        done: Done = await self.hub.do(self.stay.acting, envelope)
        await self.send(AnswerFrame(frame.n, done.seq, done.facts, done.told))

    async def look(self, frame: LookFrame) -> None:
        """Read a page."""
        await self.send(page_frame(frame.n, await self.hub.look(self.stay.acting, frame.view)))

    async def watch(self, frame: WatchFrame) -> None:
        """Send parcels of a watch until it ends."""
        if len(self.watches) >= MOST_WATCHES or frame.n in self.watches:
            raise Refused("hub.busy", most=MOST_WATCHES)
        outbox = self.hub.watching.watch(self.stay.watching, frozenset(frame.kinds), frame.since, frame.epoch)
        self.watches[frame.n] = outbox
        outbox.filled.set()
        while not outbox.closed:
            await outbox.filled.wait()
            parcel = self.hub.watching.take(outbox)
            for part in self.codec.parcels(frame.n, parcel):
                await self.send(part)
            for page in parcel.pages:
                await self.send(page_frame(frame.n, page))

    async def unwatch(self, frame: UnwatchFrame) -> None:
        """End a watch."""
        outbox = self.watches.pop(frame.n, None)
        if outbox:
            self.hub.watching.unwatch(outbox)

    async def follow(self, frame: FollowFrame) -> None:
        """Keep a View level within a watch, or stop that."""
        views: dict[View, Any] = self.watches[frame.n].views if frame.n in self.watches else {}
        if not frame.on:
            views.pop(frame.view, None)
        elif len(views) >= MOST_VIEWS:
            raise Refused("hub.busy", most=MOST_VIEWS)
        else:
            views.setdefault(frame.view, None)

    async def login(self, frame: LoginFrame) -> None:
        """Let a person in at the guest's screen."""
        await self.send(await self.stay.login(frame))

    async def logout(self, frame: LogoutFrame) -> None:
        """Let the person go."""
        await self.stay.logout()
        await self.send(AnswerFrame(frame.n, 0))

    async def check(self) -> None:
        """End what was revoked or has expired: the person's stay, or the guest's own."""
        if not await self.stay.person_stands():
            await self.refuse(0, Refused("account.expired"))
        if not await self.stay.guest_stands():
            await self.refuse(0, Refused("account.expired"))
            await self.socket.close(4401)

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
    CarryFrame: lambda session, frame: session.orders.carry(frame),
    CarriedFrame: lambda session, frame: session.orders.take(frame),
    PingFrame: Session.ping,
    LoginFrame: Session.login,
    LogoutFrame: Session.logout,
}
