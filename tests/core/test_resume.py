"""The link over WebSocket: a hub that goes and comes again leaves no watcher behind."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest

from ioc_console.gate import actor_of
from ioc_console.hub import Hub
from ioc_console.local import LocalLink
from ioc_console.model import Refused
from ioc_console.remote import RemoteLink
from ioc_console.server import Listener
from ioc_console.serving import Address
from ioc_console.store import Store
from ioc_console.words import Words
from tests.core.conftest import up
from tests.core.kinds import Note, Reading, StrikeNote, WriteNote
from tests.core.test_hub import Held

NOW = datetime(2026, 11, 25, tzinfo=UTC)
MISSED = 2_000


@pytest.fixture
async def links(words: Words, listener: Listener) -> AsyncIterator[tuple[RemoteLink, RemoteLink]]:
    made = (RemoteLink(words, listener.door, "display", "left"), RemoteLink(words, listener.door, "plugin", "sensor"))
    for link in made:
        link.start()
        await up(link)
    yield made
    for link in made:
        await link.close()


async def down(link: RemoteLink) -> None:
    async with asyncio.timeout(5):
        while link.connected:
            await asyncio.sleep(0.01)


def readings(held: Held) -> dict[str, float]:
    return {key.id: entity.value for key, entity in held.entities.items() if key.kind == "reading"}


async def test_what_was_missed_is_made_up_for(hub: Hub, listener: Listener, links: tuple[RemoteLink, RemoteLink]):
    display, sensor = links
    inside = LocalLink(hub, actor_of("sensor", "plugin"))
    desk = LocalLink(hub, actor_of("right", "display"))
    await desk.do(WriteNote("struck meanwhile", "x"))
    await inside.put(*(Reading(id=f"r{at}", value=0, at=NOW) for at in range(MISSED)))
    held = Held(display.watch(Reading, Note))
    await held.until(lambda h: len(readings(h)) == MISSED and h.get("note", "struck meanwhile"))
    await listener.close()
    await down(display)
    with pytest.raises(Refused, match=r"link\.down"):
        await display.do(WriteNote("n", "x"))
    for at in range(MISSED):
        await inside.put(Reading(id=f"r{at}", value=at + 1, at=NOW))
    await desk.do(StrikeNote("struck meanwhile"))
    await desk.do(WriteNote("new", "x"))
    before = len(held.deltas)
    again = Listener(hub, Address(), listener.door)
    await again.start()
    try:
        await up(display)
        await held.until(lambda h: h.get("note", "new"))
        assert readings(held) == {f"r{at}": at + 1 for at in range(MISSED)}
        assert held.get("note", "struck meanwhile") is None
        assert sum(len(delta.puts) for delta in held.deltas[before:]) == MISSED + 1, "what was missed and no more"
        await up(sensor)
        await sensor.put(Reading(id="r0", value=-1, at=NOW))
        await held.until(lambda h: readings(h)["r0"] == -1)
    finally:
        await again.close()


async def test_a_hub_that_was_started_anew_is_level_again(
    database: str, words: Words, hub: Hub, listener: Listener, links: tuple[RemoteLink, RemoteLink]
):
    display, _ = links
    await display.do(WriteNote("stays", "x"))
    await display.do(WriteNote("goes", "x"))
    held = Held(display.watch(Note))
    await held.until(lambda h: len(h.entities) == 2)
    await listener.close()
    await down(display)
    desk = LocalLink(hub, actor_of("right", "display"))
    await desk.do(StrikeNote("goes"))
    await desk.do(WriteNote("came", "x"))
    await hub.stop()
    other = Hub(words, Store(database, words.kinds))
    await other.start()
    again = Listener(other, Address(), listener.door)
    await again.start()
    try:
        await held.until(lambda h: h.get("note", "came"))
        assert {key.id for key in held.entities} == {"stays", "came"}
        await up(display)
        assert (await display.do(WriteNote("stays", "y"))).seq > desk.hub.writer.seq
        await held.until(lambda h: h.get("note", "stays").text == "y")
    finally:
        await again.close()
        await other.stop()


async def test_puts_and_commands_at_once_lose_none(hub: Hub, links: tuple[RemoteLink, RemoteLink]):
    display, sensor = links
    held = Held(display.watch(Reading, Note))

    async def put(lane: int) -> None:
        for at in range(25):
            await sensor.put(Reading(id=f"r{lane}-{at}", value=at, at=NOW))

    async def write(lane: int) -> None:
        for at in range(25):
            await display.do(WriteNote(f"n{lane}", f"t{at}"))

    await asyncio.gather(*(work(lane) for lane in range(20) for work in (put, write)))
    await held.until(lambda h: len(h.entities) == 20 * 25 + 20)
    await held.until(lambda h: all(h.get("note", f"n{lane}").count == 25 for lane in range(20)))
    assert readings(held) == {f"r{lane}-{at}": at for lane in range(20) for at in range(25)}
    assert all(held.get("note", f"n{lane}").text == "t24" for lane in range(20))
    assert [delta.seq for delta in held.deltas] == sorted(delta.seq for delta in held.deltas)
    assert hub.writer.number == 500
    assert hub.store.verify_journal() is None


async def test_a_burst_beyond_what_a_session_works_on_is_refused_and_not_lost_in_silence(
    links: tuple[RemoteLink, RemoteLink],
):
    display, _ = links
    answers = await asyncio.gather(
        *(display.do(WriteNote(f"n{at % 50}", "x")) for at in range(1_500)), return_exceptions=True
    )
    refused = {answer.code for answer in answers if isinstance(answer, Refused)}
    assert refused <= {"hub.busy"}
    assert all(isinstance(answer, Refused) or answer.seq > 0 for answer in answers)
