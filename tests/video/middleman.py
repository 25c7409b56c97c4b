"""A middleman between the console and a real RTSP server, who can spoil what the server sends."""

import asyncio
import contextlib
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

from tests.video.conftest import serving

Spoil = Callable[[bytes], bytes]
CHANNEL = ord("$")


def whole(payload: bytes) -> bytes:
    """Leave a packet as it is."""
    return payload


class Middleman:
    """Forwards RTSP over TCP; `spoil` changes the interleaved packets, `mute` holds everything back.

    `most` is how many sessions are admitted at a time: one more is told 453, as a camera does.
    """

    def __init__(self, port: int, most: int = 99) -> None:
        self.port, self.most = port, most
        self.spoil: Spoil = whole
        self.mute = False
        self.open = self.peak = self.turned_away = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection to its end."""
        if self.open >= self.most:
            self.turned_away += 1
            await refuse(reader, writer)
            return
        self.open += 1
        self.peak = max(self.peak, self.open)
        there, back = await asyncio.open_connection("127.0.0.1", self.port)
        asking = asyncio.create_task(self.forward(reader, back))
        try:
            await self.answer(there, writer)
        finally:
            self.open -= 1
            asking.cancel()
            back.close()

    async def forward(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Hand on what the client asks."""
        with contextlib.suppress(ConnectionError):
            while data := await reader.read(65_536):
                writer.write(data)
                await writer.drain()
        writer.close()

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Hand on what the server sends, packet by packet."""
        while head := await reader.read(1):
            if head[0] == CHANNEL:
                channel, size = await reader.readexactly(1), int.from_bytes(await reader.readexactly(2), "big")
                payload = await reader.readexactly(size)
                payload = self.spoil(payload) if channel == b"\x00" else b""
                head += channel + len(payload).to_bytes(2, "big") + payload
                if not payload:
                    continue
            while self.mute:
                await asyncio.sleep(0.02)
            writer.write(head)
            await writer.drain()


async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer OPTIONS, and everything else with 453."""
    while request := await reader.readuntil(b"\r\n\r\n"):
        lines = request.decode(errors="replace").split("\r\n")
        number = next(line.partition(":")[2].strip() for line in lines if line.lower().startswith("cseq"))
        options = lines[0].startswith("OPTIONS")
        status = "200 OK" if options else "453 Not Enough Bandwidth"
        writer.write(f"RTSP/1.0 {status}\r\nCSeq: {number}\r\nPublic: OPTIONS, DESCRIBE\r\n\r\n".encode())
        await writer.drain()


def between(middleman: Middleman) -> AbstractAsyncContextManager[int]:
    """Stand between; yields the port."""
    return serving(middleman.serve)
