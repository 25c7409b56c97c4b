"""PostgreSQL: a server that goes and comes again costs nothing that was answered."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from ioc_console.gate import actor_of
from ioc_console.hub import Hub
from ioc_console.local import LocalLink
from ioc_console.model import Done, Envelope, Refused
from ioc_console.store import Store
from ioc_console.words import Words
from ioc_console.writer import CLOSED
from tests.core.kinds import Note, Pulse, WriteNote
from tests.core.test_hub import Held
from tests.postgres import Server
from tests.waiting import soon

DURABLE = ("listen_addresses=''", "fsync=on", "max_connections=50")
AWAY_S = 10.0


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    server = Server(*DURABLE)
    yield server
    server.close()


@pytest.fixture
def database(server: Server) -> str:
    return server.database()


class Middleman:
    """Stands between a hub and its server on a socket of its own; may cut a COMMIT's answer off."""

    def __init__(self, server: Server, folder: Path) -> None:
        self.server, self.folder = server, folder
        self.cutting = self.closed = False
        self.cuts = 0
        self.tasks: set[asyncio.Task[None]] = set()
        self.ends: list[asyncio.StreamWriter] = []

    @contextlib.asynccontextmanager
    async def stand(self) -> AsyncIterator[None]:
        listener = await asyncio.start_unix_server(self.meet, str(self.folder / ".s.PGSQL.5432"))
        yield
        listener.close()
        for end in self.ends:
            end.close()
        await asyncio.gather(*(end.wait_closed() for end in self.ends), *self.tasks, return_exceptions=True)

    async def meet(self, near_in: asyncio.StreamReader, near_out: asyncio.StreamWriter) -> None:
        self.ends.append(near_out)
        if self.closed:
            near_out.close()
            return
        far_in, far_out = await asyncio.open_unix_connection(str(self.server.folder / ".s.PGSQL.5432"))
        self.ends.append(far_out)
        lost = asyncio.Event()
        for work in (self.up(near_in, far_out, lost), self.down(far_in, near_out, lost)):
            self.tasks.add(asyncio.create_task(work))

    async def up(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter, lost: asyncio.Event) -> None:
        while data := await source.read(65_536):
            if self.cutting and b"COMMIT" in data:
                self.cutting, self.cuts, self.closed = False, self.cuts + 1, True
                lost.set()
            sink.write(data)
            await sink.drain()
        sink.close()

    async def down(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter, lost: asyncio.Event) -> None:
        while data := await source.read(65_536):
            if lost.is_set():
                break
            sink.write(data)
            await sink.drain()
        sink.close()


async def test_a_commit_whose_answer_was_lost_stands_is_published_and_answers_whoever_asks_again(
    server: Server, words: Words, tmp_path: Path
):
    middleman = Middleman(server, tmp_path)
    async with middleman.stand():
        url = server.database().replace(str(server.folder), str(tmp_path))
        hub = await asyncio.to_thread(lambda: Hub(words, Store(url, words.kinds)))
        await hub.start()
        actor, desk = actor_of("left", "display"), LocalLink(hub, actor_of("left", "display"))
        sensor = LocalLink(hub, actor_of("sensor", "plugin"))
        held = Held(desk.watch(Note, Pulse))
        await desk.do(WriteNote("before", "x"))
        middleman.cutting = True
        envelope = Envelope("doubtful", WriteNote("doubtful", "x"), "desk", 0, hub.now())
        with pytest.raises(Refused, match=r"store\.unreachable"):
            await hub.do(actor, envelope)
        assert middleman.cuts == 1
        for at in range(3):
            await sensor.put(Pulse(id="p", value=at))
        middleman.closed = False
        done = await hub.do(actor, envelope)
        assert isinstance(done, Done)
        await held.until(lambda h: h.get("note", "doubtful"))
        assert held.get("note", "doubtful") == Note(id="doubtful", text="x", count=1), "carried out once"
        assert [delta.seq for delta in held.deltas] == sorted(delta.seq for delta in held.deltas)
        assert (await desk.do(WriteNote("after", "x"))).seq > done.seq
        assert await asyncio.to_thread(hub.store.verify_journal) is None
        await desk.close()
        await hub.stop()


async def test_a_second_hub_is_refused_the_database(hub: Hub, database: str, words: Words):
    with pytest.raises(Refused, match=r"store\.led"):
        Store(database, words.kinds)
    await hub.stop()
    Store(database, words.kinds).close()


async def test_a_server_gone_for_ten_seconds_under_load_loses_nothing_that_was_answered(
    hub: Hub, server: Server, words: Words, database: str
):
    desk, sensor = (LocalLink(hub, actor_of(*who)) for who in (("left", "display"), ("sensor", "plugin")))
    answered: dict[str, int] = {}
    refused: set[str] = set()
    going = True

    async def write(lane: int) -> None:
        at = 0
        while going:
            at += 1
            try:
                done = await desk.do(WriteNote(f"lane{lane}", f"t{at}"))
                answered[done.id] = done.seq
            except Refused as found:
                refused.add(found.code)
                await asyncio.sleep(0.05)

    tasks = [asyncio.create_task(write(lane)) for lane in range(10)]
    await soon(lambda: len(answered) > 200, "the first answers")
    await asyncio.to_thread(server.stop)
    before = len(answered)
    end = asyncio.get_running_loop().time() + AWAY_S
    while asyncio.get_running_loop().time() < end:
        await sensor.put(Pulse(id="p", value=1))
        await asyncio.sleep(0.1)
    assert len(answered) <= before + 10, "nothing is answered that is not stored"
    await asyncio.to_thread(server.start)
    await soon(lambda: len(answered) > before + 200, "answers again, by itself")
    going = False
    await asyncio.gather(*tasks)
    assert refused <= CLOSED
    assert hub.store.verify_journal() is None
    with hub.store.reader.connect() as connection:
        for id, seq in answered.items():
            entry = hub.store.answered(connection, id)
            assert entry is not None
            assert (entry.seq, entry.outcome) == (seq, "done")
    live = dict(hub.writer.live["note"])
    await hub.stop()
    again = Hub(words, Store(database, words.kinds))
    await again.start()
    assert again.writer.live["note"] == live
    await again.stop()


@pytest.mark.parametrize("text", ["a\x00b", "\x00"])
async def test_what_no_database_can_hold_is_refused_alone(hub: Hub, text: str):
    desk = LocalLink(hub, actor_of("left", "display"))
    answers = await asyncio.gather(
        desk.do(WriteNote("a", "fine")), desk.do(WriteNote("b", text)), desk.do(WriteNote("c", "fine")),
        return_exceptions=True,
    )  # fmt: skip
    assert [getattr(answer, "code", "done") for answer in answers] == ["done", "entity.unstorable", "done"]
