"""The link over WebSocket: resumes its watches after every reconnection."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path

from ioc_console.client import Carrier, Mirror
from ioc_console.domain.people import Proof
from ioc_console.model import Command, Delta, Done, Entity, Gone, Page, Refused, WorldCommand, kind_of
from ioc_console.outbox import Parcel
from ioc_console.protocol import (
    CarriedFrame,
    CarryFrame,
    Codec,
    DoFrame,
    FollowFrame,
    Frame,
    FromHub,
    LoginFrame,
    LogoutFrame,
    LookFrame,
    OrderFrame,
    PageFrame,
    ParcelFrame,
    PutFrame,
    UnwatchFrame,
    WatchFrame,
    encode_once,
)  # fmt: skip
from ioc_console.views import View
from ioc_console.wire import Wire
from ioc_console.words import Words

MOST_DELTAS = 256


class RemoteLink:
    """Speaks to the hub whose door file it is given, under a role and a name."""

    def __init__(self, words: Words, door: Path, role: str, name: str) -> None:
        self.codec = Codec(words)
        self.name = name
        self.wire = Wire(self.codec, door, role, name, self)
        self.watches: dict[int, RemoteWatch] = {}
        self.carriers: dict[str, Carrier] = {}
        self.running: asyncio.Task[None] | None = None
        self.stay = ""

    @property
    def connected(self) -> bool:
        """Whether the hub answers now."""
        return self.wire.socket is not None

    @property
    def changed(self) -> list[Callable[[], None]]:
        """Who is told when the link comes or goes."""
        return self.wire.changed

    def start(self) -> None:
        """Begin to seek the hub."""
        self.running = asyncio.create_task(self.wire.run())

    async def arrive(self) -> None:
        """Wait until the hub answers."""
        there = asyncio.Event()
        self.changed.append(there.set)
        while not self.connected:
            there.clear()
            await there.wait()
        self.changed.remove(there.set)

    async def close(self) -> None:
        """Leave the hub."""
        if self.running:
            self.running.cancel()
            await asyncio.gather(self.running, return_exceptions=True)
        for watch in tuple(self.watches.values()):
            watch.close()

    def now(self) -> datetime:
        """Return the hub's time by the offset measured last."""
        return datetime.now(UTC) + self.wire.offset

    async def put(self, *entities: Entity) -> int:
        """Put observed entities."""
        answer = await self.wire.ask(lambda n: PutFrame(n, tuple(encode_once(entity) for entity in entities)))
        return int(answer.seq)

    async def withdraw(self, kind: type[Entity], ids: Iterable[str]) -> int:
        """Withdraw observed entities."""
        answer = await self.wire.ask(lambda n: PutFrame(n, (), tuple(Gone(kind_of(kind), id) for id in ids)))
        return int(answer.seq)

    async def do(self, command: Command) -> Done:
        """Give a command; raises `Refused`, `link.lost` where the answer got lost with the link."""
        id, seen = uuid.uuid4().hex, max((watch.mirror.seq for watch in self.watches.values()), default=0)
        answer = await self.wire.ask(lambda n: DoFrame(n, id, encode_once(command), self.name, seen, self.now()))
        return Done(id, answer.seq, answer.facts, answer.told)

    async def login(self, proof: Proof) -> Done:
        """Let a person in at this screen; kept over every reconnection until `logout`."""
        answer = await self.wire.ask(lambda n: LoginFrame(n, proof.name, proof.password, proof.pin, proof.code))
        self.stay = str(answer.told["token"])
        return Done("", answer.seq, answer.facts, answer.told)

    async def logout(self) -> None:
        """Let the person at this screen go."""
        self.stay = ""
        await self.wire.ask(LogoutFrame)

    async def look(self, view: View) -> Page:
        """Read a page."""
        return self.codec.page(await self.wire.ask(lambda n: LookFrame(n, view)))

    def watch(self, *kinds: type[Entity]) -> "RemoteWatch":
        """Watch live kinds, over every reconnection."""
        n = next(self.wire.numbers)
        watch = self.watches[n] = RemoteWatch(self, n, tuple(sorted(map(kind_of, kinds))))
        self.wire.tell(watch.frame())
        return watch

    def carry(self, command: type[WorldCommand], carrier: Carrier) -> None:
        """Offer to carry out a command."""
        tag = str(command.__struct_config__.tag)
        self.carriers[tag] = carrier
        self.wire.tell(CarryFrame((tag,)))

    def opening(self) -> Iterable[Frame]:
        """Return what takes the person's stay, the watches and the offers up again."""
        if self.stay:
            yield LoginFrame(next(self.wire.numbers), token=self.stay)
        for watch in self.watches.values():
            yield watch.frame()
            yield from (FollowFrame(watch.n, view) for view in watch.views)
        if self.carriers:
            yield CarryFrame(tuple(self.carriers))

    async def take(self, frame: FromHub) -> None:
        """Take in a parcel, a page or an order."""
        if isinstance(frame, OrderFrame):
            self.wire.spawn(self.obey(frame))
            return
        watch = self.watches.get(frame.n) if isinstance(frame, ParcelFrame | PageFrame) else None
        if watch and isinstance(frame, ParcelFrame):
            await watch.take(frame)
        elif watch and isinstance(frame, PageFrame):
            await watch.take_page(self.codec.page(frame))

    async def obey(self, frame: OrderFrame) -> None:
        """Carry out an order and answer it."""
        try:
            command = self.codec.command(frame.command)
            assert isinstance(command, WorldCommand)
            facts = await self.carriers[str(command.__struct_config__.tag)](command)
            self.wire.tell(CarriedFrame(frame.n, facts))
        except Refused as refused:
            self.wire.tell(CarriedFrame(frame.n, refused.facts, refused.code))


class RemoteWatch:
    """One watch over the wire."""

    def __init__(self, link: RemoteLink, n: int, kinds: tuple[str, ...]) -> None:
        self.link, self.n, self.kinds = link, n, kinds
        self.mirror = Mirror()
        self.epoch = ""
        self.views: set[View] = set()
        self.parts: list[ParcelFrame] = []
        self.deltas: asyncio.Queue[Delta | None] = asyncio.Queue(MOST_DELTAS)

    def frame(self) -> WatchFrame:
        """Return the frame that begins or resumes the watch."""
        self.parts.clear()
        return WatchFrame(self.n, self.kinds, self.mirror.seq, self.epoch)

    async def __aiter__(self) -> AsyncIterator[Delta]:
        while (delta := await self.deltas.get()) is not None:
            yield delta

    async def take(self, frame: ParcelFrame) -> None:
        """Take in one part of a parcel; the whole goes on once its last part is there."""
        self.parts.append(frame)
        if frame.more:
            return
        parts, self.parts = self.parts, []
        puts = tuple(entity for part in parts for entity in self.link.codec.entities(part.puts))
        self.epoch = self.link.wire.epoch
        await self.deltas.put(self.mirror.take(Parcel(parts[0].fresh, frame.seq, frame.at, puts, frame.gone)))

    async def take_page(self, page: Page) -> None:
        """Take in the newest page of a View."""
        if page.view in self.views:
            await self.deltas.put(Delta(self.mirror.seq, self.link.now(), pages=(page,)))

    def look(self, view: View) -> None:
        """Keep a View's page level."""
        self.views.add(view)
        self.link.wire.tell(FollowFrame(self.n, view))

    def drop(self, view: View) -> None:
        """Stop keeping a View's page level."""
        self.views.discard(view)
        self.link.wire.tell(FollowFrame(self.n, view, False))

    def close(self) -> None:
        """End the watch."""
        if self.link.watches.pop(self.n, None):
            self.link.wire.tell(UnwatchFrame(self.n))
        while self.deltas.full():
            self.deltas.get_nowait()
        self.deltas.put_nowait(None)
