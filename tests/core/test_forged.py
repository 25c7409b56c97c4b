"""Forged clients: whatever a guest claims that is not so is refused, counted and entered into the journal."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from ioc_console.hub import Hub
from ioc_console.model import Gone
from ioc_console.protocol import (
    CarriedFrame,
    CarryFrame,
    DoFrame,
    Frame,
    Hello,
    LoginFrame,
    LookFrame,
    PingFrame,
    PutFrame,
    WatchFrame,
    encode,
    encode_once,
    token_of,
)
from ioc_console.server import Listener
from ioc_console.views import View
from tests.core.kinds import EditNote, Note, NoteCaller, Pulse, Reading, Ring, WriteNote
from tests.core.test_listener import admitted, answer, ask, closed, hello, raw

NOW = datetime(2026, 11, 25, tzinfo=UTC)


def do(id: str, command: object, seen: int = 0, late_s: float = 0.0, desk: str = "left") -> DoFrame:
    made = datetime.now(UTC) - timedelta(seconds=late_s)
    return DoFrame(1, id, encode_once(command), desk, seen, made)


def put(entity: object) -> PutFrame:
    return PutFrame(1, (encode_once(entity),))


WRONG: dict[str, tuple[str, str, Frame | Callable[[], Frame], str]] = {
    "a command beyond the role": ("wall", "w1", lambda: do("command-1", WriteNote("n", "x")), "gate.forbidden"),
    "a command on the world beyond the role": ("wall", "w1", lambda: do("command-1", Ring(1)), "gate.forbidden"),
    "a decided kind put": ("plugin", "sensor", put(Note(id="n", text="x")), "gate.decided"),
    "another's kind put": ("plugin", "other", put(Reading(id="r", value=1, at=NOW)), "gate.not_source"),
    "a kind put by a screen": ("display", "left", put(Pulse(id="p", value=1)), "gate.not_source"),
    "another's entity withdrawn": ("plugin", "other", PutFrame(1, (), (Gone("pulse", "p"),)), "gate.not_source"),
    "a kind that there is not": ("plugin", "sensor", PutFrame(1, (), (Gone("nothing", "p"),)), "entity.kind_unknown"),
    "a watch of personal data": ("wall", "w1", WatchFrame(1, ("caller",)), "gate.forbidden"),
    "a watch of an archive": ("display", "left", WatchFrame(1, ("letter",)), "view.only"),
    "a page of personal data": ("display", "left", LookFrame(1, View("caller")), "gate.forbidden"),
    "an offer to carry another's command": ("plugin", "other", CarryFrame(("bell.ring",)), "gate.not_carrier"),
    "a log-in at no station": ("wall", "w1", LoginFrame(1, "lan", "x"), "account.not_here"),
    "a log-in by a wrong word": ("display", "left", LoginFrame(1, "lan", "x"), "account.wrong"),
    "a log-in by a made-up token": ("display", "left", LoginFrame(1, token="ioc_x"), "account.wrong"),
    "a command of the past": (
        "display",
        "left",
        lambda: do("command-1", WriteNote("n", "x"), late_s=11),
        "command.expired",
    ),
    "a command of the future": (
        "display",
        "left",
        lambda: do("command-1", WriteNote("n", "x"), late_s=-9),
        "command.expired",
    ),
    "a hello too many": ("display", "left", Hello(1, "display", "left", "x"), "frame.unexpected"),
}


def lines(hub: Hub) -> list[dict[str, Any]]:
    """Return the journal."""
    table = hub.store.tables.journal
    with hub.store.reading() as connection:
        return [dict(row._mapping) for row in connection.execute(table.select().order_by(table.c.number))]


@pytest.mark.parametrize("case", WRONG.values(), ids=WRONG.keys())
async def test_what_is_not_so_is_refused_counted_and_journalled(
    listener: Listener, hub: Hub, case: tuple[str, str, Frame, str]
):
    role, name, given, code = case
    frame = given() if callable(given) else given
    async with admitted(listener, role, name) as socket:
        told = await ask(socket, frame)
        assert (told["frame"], told["code"]) == ("refused", code)
        assert (await ask(socket, PingFrame(9)))["frame"] == "pong", "the guest stays"
    assert listener.refusals.total[code] == 1
    await listener.refusals.flush(hub.note)
    found = lines(hub)
    noted = [msgspec.json.decode(line["payload"])["counts"] for line in found if line["tag"] == "session.refused"]
    assert sum(count for counts in noted for key, count in counts.items() if key.split()[0] == code) >= 1
    if isinstance(frame, DoFrame):
        assert [line["outcome"] for line in found if line["command_id"] == "command-1"] == [code]
    assert hub.store.verify_journal() is None
    assert not hub.writer.live["note"]


@pytest.mark.parametrize("role", ["clock", "site", "hub", "administrator", "operator", "plugin", "nobody"])
async def test_a_token_proves_one_role_only(listener: Listener, role: str):
    async with raw(listener) as socket:
        mine = hello(listener)
        await socket.send(encode(msgspec.structs.replace(mine, role=role)))
        assert (await answer(socket))["code"] == "gate.token_wrong"
        assert await closed(socket) == 4401


@pytest.mark.parametrize("role", ["clock", "hub", "operator", "nobody"])
async def test_no_token_lets_anybody_in_as_what_no_guest_is(listener: Listener, role: str):
    async with raw(listener) as socket:
        await socket.send(encode(Hello(1, role, "x", token_of(listener.secret, role, "x"))))
        assert (await answer(socket))["code"] in ("gate.role_unknown", "gate.no_guest")


async def test_another_guest_who_replays_an_id_learns_nothing_and_does_nothing(listener: Listener, hub: Hub):
    async with admitted(listener) as one, admitted(listener, "display", "right") as two:
        done = await ask(one, do("command-1", NoteCaller("c1", "Hoa", "0912345678")))
        again = await ask(one, do("command-1", NoteCaller("c1", "other", "0")))
        assert again["seq"] == done["seq"]
        stolen = await ask(two, do("command-1", NoteCaller("c1", "other", "0")))
        assert stolen["code"] == "command.id_taken"
    assert [line["outcome"] for line in lines(hub) if line["command_id"] == "command-1"] == ["done"]


async def test_a_sequence_not_reached_yet_makes_nothing_fresh(listener: Listener, hub: Hub):
    async with admitted(listener) as one, admitted(listener, "display", "right") as two:
        await ask(one, do("command-1", EditNote("n", "first")))
        stale = await ask(two, do("command-2", EditNote("n", "blind"), seen=0))
        assert stale["code"] == "command.stale"
        claimed = await ask(two, do("command-3", EditNote("n", "claimed"), seen=2**52))
        assert claimed["code"] == "command.seen_wrong"
    assert hub.writer.live["note"]["n"] == Note(id="n", text="first", count=1)


async def test_the_desk_is_the_guests_own_whatever_it_says(listener: Listener, hub: Hub):
    async with admitted(listener) as socket:
        await ask(socket, do("command-1", WriteNote("n", "x"), desk="the chief's"))
    assert lines(hub)[0]["desk"] == "left"


async def test_a_flood_is_refused_and_noted_in_a_few_lines(listener: Listener, hub: Hub):
    async with admitted(listener, "wall", "w1") as socket:

        async def read() -> int:
            count = 0
            while count < 3_000:
                count += (await answer(socket))["frame"] == "refused"
            return count

        reading = asyncio.create_task(read())
        for at in range(3_000):
            await socket.send(encode(LookFrame(at, View("caller"))))
        assert await reading == 3_000
    assert listener.refusals.total["gate.forbidden"] + listener.refusals.total["hub.busy"] == 3_000
    await listener.refusals.flush(hub.note)
    noted = [line for line in lines(hub) if line["tag"] == "session.refused"]
    assert 1 <= len(noted) <= 3
    counts = [msgspec.json.decode(line["payload"])["counts"] for line in noted]
    assert sum(sum(one.values()) for one in counts) == 3_000


async def test_names_without_end_are_noted_as_others(hub: Hub, listener: Listener):
    for at in range(1_000):
        listener.refusals.count(f"guest{at}", f"code.x{at}")
        listener.refusals.count("one", f"code.x{at}")
    await listener.refusals.flush(hub.note)
    noted = [msgspec.json.decode(line["payload"]) for line in lines(hub) if line["tag"] == "session.refused"]
    assert len(noted) <= 201
    assert sum(sum(one["counts"].values()) for one in noted) == 2_000
    assert max(len(one["counts"]) for one in noted) <= 41


async def test_an_answer_to_no_order_is_passed_over(listener: Listener):
    async with admitted(listener, "plugin", "sensor") as socket:
        await socket.send(encode(CarriedFrame(77, {"x": 1})))
        assert (await ask(socket, PingFrame(1)))["frame"] == "pong"
