"""The listener, met by a raw client: whoever may not come in stays out, and whoever misbehaves is let go."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from ioc_console.door import read_door
from ioc_console.hub import Hub
from ioc_console.model import Gone
from ioc_console.protocol import (
    MOST_FRAME,
    VERSION,
    CarryFrame,
    DoFrame,
    Frame,
    Hello,
    PingFrame,
    PutFrame,
    WatchFrame,
    encode,
    encode_once,
    token_of,
)
from ioc_console.server import Listener
from ioc_console.serving import Address
from ioc_console.store import Store
from ioc_console.words import Words
from tests.core.kinds import Note, Ring, WriteNote

NOW = datetime(2026, 11, 25, tzinfo=UTC)
NOTE = encode_once(WriteNote("n", "x"))


@asynccontextmanager
async def raw(listener: Listener, **more: Any) -> AsyncIterator[ClientConnection]:
    door = read_door(listener.door)
    async with connect(door.url, compression=None, proxy=None, max_size=None, **more) as socket:
        yield socket


def hello(listener: Listener, role: str = "display", name: str = "left") -> Hello:
    return Hello(VERSION, role, name, token_of(read_door(listener.door).secret, role, name))


def changed(**other: Any) -> Callable[[Listener], str]:
    """Return a greeting with the token for a display that says something else."""
    return lambda listener: encode(msgspec.structs.replace(hello(listener), **other))


async def answer(socket: ClientConnection) -> dict[str, Any]:
    async with asyncio.timeout(8):
        return msgspec.json.decode(await socket.recv())


async def ask(socket: ClientConnection, frame: Frame) -> dict[str, Any]:
    await socket.send(encode(frame))
    return await answer(socket)


async def closed(socket: ClientConnection) -> int | None:
    """Read on until the connection ends; return its code."""
    async with asyncio.timeout(8):
        try:
            while True:
                await socket.recv()
        except ConnectionClosed as ended:
            return ended.rcvd.code if ended.rcvd else None


@pytest.mark.parametrize(
    ("greeting", "code"),
    [
        (changed(token="0" * 64), "gate.token_wrong"),
        (changed(token="đ"), "gate.token_wrong"),
        (changed(role="administrator"), "gate.token_wrong"),
        (changed(name="right"), "gate.token_wrong"),
        (changed(version=99), "gate.version"),
        (lambda listener: encode(hello(listener, role="emperor")), "gate.role_unknown"),
        (lambda _: encode(PingFrame(1)), "gate.no_hello"),
        (lambda _: "{", "frame.malformed"),
        (lambda _: b"\xff\x00", "frame.malformed"),
    ],
    ids=["token", "token-not-ascii", "role", "name", "version", "no-role", "ping-first", "broken", "binary"],
)
async def test_whoever_may_not_come_in_is_told_and_let_go(
    listener: Listener, greeting: Callable[[Listener], str | bytes], code: str
):
    async with raw(listener) as socket:
        await socket.send(greeting(listener))
        told = await answer(socket)
        assert (told["frame"], told["code"]) == ("refused", code)
        assert await closed(socket) == 4401
    assert listener.refusals.total[code] == 1


async def test_silence_is_not_waited_for(listener: Listener, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("ioc_console.greeting.GREET_S", 0.2)
    async with raw(listener) as socket:
        assert (await answer(socket))["code"] == "gate.no_hello"
        assert await closed(socket) == 4401


async def test_a_page_of_a_browser_is_refused(listener: Listener):
    with pytest.raises(InvalidStatus):
        async with raw(listener, origin="http://evil.example"):
            pass
    assert listener.refusals.total["gate.origin"] == 1


@asynccontextmanager
async def admitted(listener: Listener, role: str = "display", name: str = "left") -> AsyncIterator[ClientConnection]:
    async with raw(listener) as socket:
        await socket.send(encode(hello(listener, role, name)))
        assert (await answer(socket))["frame"] == "welcome"
        yield socket


async def misbehave_by_size(socket: ClientConnection) -> None:
    await socket.send("x" * (MOST_FRAME + 1))


async def misbehave_by_form(socket: ClientConnection) -> None:
    for _ in range(5):
        await socket.send('{"frame":"nonsense"}')


@pytest.mark.parametrize(
    ("misbehave", "code"), [(misbehave_by_size, 1009), (misbehave_by_form, 4400)], ids=["size", "form"]
)
async def test_a_guest_that_misbehaves_is_let_go_and_another_served(
    listener: Listener, hub: Hub, misbehave: Callable[[ClientConnection], Awaitable[None]], code: int
):
    async with admitted(listener, name="right") as good:
        async with admitted(listener) as bad:
            await misbehave(bad)
            assert await closed(bad) == code
        assert (await ask(good, PingFrame(1)))["frame"] == "pong"
    async with asyncio.timeout(5):
        while hub.writer.live["guest"]:
            await asyncio.sleep(0.01)


async def test_four_slips_are_forgiven(listener: Listener):
    async with admitted(listener) as socket:
        for _ in range(4):
            await socket.send("nonsense")
            assert (await answer(socket))["code"] == "frame.malformed"
        assert (await ask(socket, PingFrame(9)))["n"] == 9


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        (Hello(VERSION, "display", "left", ""), "frame.unexpected"),
        (PutFrame(7, (msgspec.Raw(b'{"kind":"pulse","id":1}'),)), "frame.malformed"),
        (PutFrame(7, (), (Gone("nothing", "x"),)), "entity.kind_unknown"),
        (DoFrame(7, "c" * 12, msgspec.Raw(b'{"command":"no.such"}'), "left", 0, NOW), "frame.malformed"),
        (DoFrame(7, "c" * 12, NOTE, "left", 0, NOW), "command.expired"),
        (WatchFrame(7, ("nothing",)), "entity.kind_unknown"),
        (WatchFrame(7, ("letter",)), "view.only"),
        (CarryFrame(("bell.ring",)), "gate.not_carrier"),
    ],
    ids=["hello-again", "bad-entity", "bad-kind", "bad-command", "expired", "no-kind", "archive", "carry"],
)
async def test_a_wrong_wish_is_one_refusal(listener: Listener, frame: Frame, code: str):
    async with admitted(listener) as socket:
        told = await ask(socket, frame)
        assert (told["frame"], told["code"], told["n"]) == ("refused", code, getattr(frame, "n", 0))
        assert (await ask(socket, PingFrame(8)))["frame"] == "pong"


def give(id: str, text: str, n: int, made: datetime | None = None) -> DoFrame:
    return DoFrame(n, id, encode_once(WriteNote("n", text)), "left", 0, made or datetime.now(UTC))


async def test_a_command_too_old_or_of_the_future_is_refused(listener: Listener, hub: Hub):
    async with admitted(listener) as socket:
        for n, apart in enumerate((-11, 5)):
            told = await ask(socket, give(f"command-{n}", "x", n, datetime.now(UTC) + timedelta(seconds=apart)))
            assert told["code"] == "command.expired"
        assert (await ask(socket, give("command-9", "x", 9, datetime.now(UTC) - timedelta(seconds=5))))[
            "frame"
        ] == "answer"
    assert hub.writer.live["note"]["n"].count == 1


async def test_a_repeated_command_gets_its_first_answer_over_a_restart(
    database: str, hub: Hub, listener: Listener, words: Words
):
    async with admitted(listener) as socket:
        first = await ask(socket, give("command-1", "x", 1))
        again = await ask(socket, give("command-1", "other", 2))
        refused = await ask(socket, give("command-2", "boom", 3))
        assert (first["frame"], again["seq"]) == ("answer", first["seq"])
        assert (refused["frame"], refused["code"]) == ("refused", "command.failed")
    await listener.close()
    await hub.stop()
    later = Hub(words, Store(database, words.kinds))
    await later.start()
    reopened = Listener(later, Address(), listener.door)
    await reopened.start()
    try:
        async with admitted(reopened) as socket:
            assert (await ask(socket, give("command-1", "other", 4)))["seq"] == first["seq"]
            assert (await ask(socket, give("command-2", "fine now", 5)))["code"] == "command.failed"
            assert (await ask(socket, give("command-3", "new", 6)))["seq"] > first["seq"]
        assert later.writer.live["note"]["n"] == Note(id="n", text="new", count=2)
    finally:
        await reopened.close()
        await later.stop()


async def test_a_carrier_that_goes_leaves_the_outcome_unknown_and_no_trace(listener: Listener, hub: Hub):
    async with admitted(listener) as display:
        async with admitted(listener, "plugin", "sensor") as sensor:
            await sensor.send(encode(CarryFrame(("bell.ring",))))
            assert (await ask(sensor, PingFrame(1)))["frame"] == "pong"
            await display.send(encode(DoFrame(2, "command-1", encode_once(Ring(1)), "left", 0, datetime.now(UTC))))
            assert (await answer(sensor))["frame"] == "order"
        assert (await answer(display))["code"] == "command.outcome_unknown"
        again = DoFrame(3, "command-2", encode_once(Ring(1)), "left", 0, datetime.now(UTC))
        assert (await ask(display, again))["code"] == "command.no_carrier"
    assert hub.giving.carriers == {}
    assert hub.store.verify_journal() is None
