"""The wire: one WebSocket to the hub, sought again for ever, with questions and answers paired over it."""

import asyncio
import itertools
import logging
import random
import ssl
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

import msgspec
from websockets.asyncio.client import ClientConnection, connect, unix_connect
from websockets.exceptions import WebSocketException

from ioc_console.door import Door, read_door
from ioc_console.model import Refused
from ioc_console.protocol import (
    MOST_FRAME,
    VERSION,
    AnswerFrame,
    Codec,
    Frame,
    FromHub,
    Hello,
    PageFrame,
    PingFrame,
    PongFrame,
    RefusedFrame,
    WelcomeFrame,
    encode,
    token_of,
)  # fmt: skip

log = logging.getLogger(__name__)
FIRST_RETRY_S, LAST_RETRY_S = 0.1, 1.0
PING_S = 2.0
SILENCE_S = 8.0
ANSWER_S = 15.0


def reach(door: Door) -> connect:
    """Return the connection to a hub that its door describes."""
    options: dict[str, Any] = {
        "max_size": MOST_FRAME * 4, "ping_interval": 60, "ping_timeout": 60, "compression": None, "proxy": None,
    }  # fmt: skip
    if door.url.startswith("unix:"):
        return unix_connect(door.url.removeprefix("unix:"), "ws://localhost/link", **options)
    if door.url.startswith("wss:"):
        options["ssl"] = ssl.create_default_context(cafile=door.authority or None)
    return connect(door.url, **options)


class Owner(Protocol):
    """Whoever speaks over a wire."""

    def opening(self) -> Iterable[Frame]:
        """Return what is to be said first after every connection."""

    async def take(self, frame: FromHub) -> None:
        """Take in a frame that answers no question."""


class Wire:
    """Keeps the connection of one guest; nothing waits over a reconnection."""

    def __init__(self, codec: Codec, door: Path, role: str, name: str, owner: Owner) -> None:
        self.codec, self.door, self.role, self.name, self.owner = codec, door, role, name, owner
        self.socket: ClientConnection | None = None
        self.epoch = ""
        self.offset = timedelta()
        self.numbers = itertools.count(1)
        self.asked: dict[int, asyncio.Future[Any]] = {}
        self.beside: set[asyncio.Task[None]] = set()
        self.changed: list[Callable[[], None]] = []
        self.heard = 0.0
        self.refused: Refused | None = None

    async def ask(self, frame: Callable[[int], Frame]) -> Any:
        """Send a question and return its answer's frame; raises `Refused`."""
        if self.socket is None:
            raise Refused("link.down")
        n = next(self.numbers)
        future = self.asked[n] = asyncio.get_running_loop().create_future()
        try:
            await self.socket.send(encode(frame(n)))
            return await asyncio.wait_for(future, ANSWER_S)
        except TimeoutError as error:
            raise Refused("link.timed_out") from error
        except WebSocketException as error:
            raise Refused("link.lost") from error
        finally:
            self.asked.pop(n, None)

    def tell(self, frame: Frame) -> None:
        """Send a frame that needs no answer, if the hub is there; at the next connection it is told anyway."""
        if self.socket is not None:
            self.spawn(self.send(self.socket, frame))

    async def send(self, socket: ClientConnection, frame: Frame) -> None:
        """Send one frame; a link that breaks meanwhile is noticed by its reader."""
        try:
            await socket.send(encode(frame))
        except WebSocketException:
            log.debug("frame not sent")

    def spawn(self, work: Any) -> None:
        """Do something beside the reading of frames."""
        task = asyncio.create_task(work)
        self.beside.add(task)
        task.add_done_callback(self.beside.discard)

    async def run(self) -> None:
        """Connect, read, and seek the hub again, until cancelled."""
        patience = FIRST_RETRY_S
        while True:
            try:
                door = read_door(self.door)
                async with reach(door) as socket:
                    await self.converse(socket, door)
                    patience = FIRST_RETRY_S
            except (OSError, msgspec.MsgspecError, WebSocketException, TimeoutError) as error:
                log.debug("link: %s", type(error).__name__)
            except Refused as refused:
                if refused != self.refused:
                    log.warning("the hub refuses this guest: %s", refused)
                self.refused = refused
                self.announce()
                patience = LAST_RETRY_S
            finally:
                self.lose()
            await asyncio.sleep(patience * random.uniform(0.5, 1.0))
            patience = min(patience * 2, LAST_RETRY_S)

    async def converse(self, socket: ClientConnection, door: Door) -> None:
        """Greet the hub, take the watches up again and read until the link breaks."""
        token = door.tokens.get(self.name if self.role == "plugin" else self.role)
        token = token or token_of(door.secret, self.role, self.name)
        await socket.send(encode(Hello(VERSION, self.role, self.name, token)))
        welcome = self.codec.read_hub(await asyncio.wait_for(socket.recv(), ANSWER_S))
        if isinstance(welcome, RefusedFrame):
            raise Refused(welcome.code, **welcome.facts)
        if not isinstance(welcome, WelcomeFrame):
            raise Refused("frame.unexpected")
        self.epoch, self.offset = welcome.epoch, welcome.at - datetime.now(UTC)
        self.socket, self.refused = socket, None
        self.heard = asyncio.get_running_loop().time()
        for frame in self.owner.opening():
            await socket.send(encode(frame))
        self.announce()
        beat = asyncio.create_task(self.beat(socket))
        try:
            async for data in socket:
                self.heard = asyncio.get_running_loop().time()
                await self.hear(self.codec.read_hub(data))
        finally:
            beat.cancel()

    async def beat(self, socket: ClientConnection) -> None:
        """Ask for the hub's time, and give a link up that has been silent for long."""
        loop = asyncio.get_running_loop()
        while True:
            asked = loop.time()
            try:
                pong: PongFrame = await self.ask(PingFrame)
                self.offset = pong.at + timedelta(seconds=(loop.time() - asked) / 2) - datetime.now(UTC)
            except Refused:
                log.debug("no answer to a ping")
            if loop.time() - self.heard > SILENCE_S:
                await socket.close(1001)
            await asyncio.sleep(PING_S)

    def lose(self) -> None:
        """Note that the link is gone: whoever waits for an answer learns it."""
        if self.socket is None:
            return
        self.socket = None
        for future in self.asked.values():
            if not future.done():
                future.set_exception(Refused("link.lost"))
        self.announce()

    def announce(self) -> None:
        """Tell those who asked that the link came or went."""
        for callback in self.changed:
            callback()

    def settle(self, frame: Any) -> None:
        """Give an answer to whoever asked."""
        future = self.asked.get(frame.n)
        if future is None or future.done():
            if isinstance(frame, RefusedFrame):
                log.warning("the hub refused: %s %s", frame.code, frame.facts)
            return
        if isinstance(frame, RefusedFrame):
            future.set_exception(Refused(frame.code, **frame.facts))
        else:
            future.set_result(frame)

    async def hear(self, frame: FromHub) -> None:
        """Take in one frame: an answer goes to whoever asked, all else to the owner."""
        if isinstance(frame, RefusedFrame | AnswerFrame | PongFrame) or (
            isinstance(frame, PageFrame) and frame.n in self.asked
        ):
            self.settle(frame)
        else:
            await self.owner.take(frame)
