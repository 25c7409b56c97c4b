"""Serving: one HTTP and WebSocket server at an address, from `start` to `close`."""

import asyncio
import contextlib
from pathlib import Path
from typing import Any

import msgspec
import uvicorn
from starlette.applications import Starlette

from ioc_console.protocol import MOST_FRAME

MOST_CONNECTIONS = 1_000


class Address(msgspec.Struct, frozen=True, kw_only=True):
    """Where to listen: a host and port (0 lets the system choose), or a socket's file; TLS by certificate and key."""

    host: str = "127.0.0.1"
    port: int = 0
    socket: str = ""
    certificate: str = ""
    private_key: str = ""

    def url(self, port: int) -> str:
        """Return the address of the link as a guest reaches it."""
        if self.socket:
            return f"unix:{self.socket}"
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'wss' if self.certificate else 'ws'}://{host}:{port}/link"


class Served:
    """One server."""

    def __init__(self, app: Starlette, address: Address) -> None:
        config = uvicorn.Config(
            app, host=address.host, port=address.port, uds=address.socket or None,
            ssl_certfile=address.certificate or None, ssl_keyfile=address.private_key or None,
            log_config=None, access_log=False, ws="websockets-sansio", ws_max_size=MOST_FRAME,
            ws_ping_interval=60.0, ws_ping_timeout=60.0, ws_per_message_deflate=False, lifespan="off",
            server_header=False, timeout_graceful_shutdown=2, limit_concurrency=MOST_CONNECTIONS,
        )  # fmt: skip
        self.address, self.server = address, Quiet(config)
        self.serving: asyncio.Task[None] | None = None

    async def start(self) -> int:
        """Begin to listen; return the port, 0 for a socket's file; raises `OSError`."""
        self.serving = asyncio.create_task(self.server.serve())
        while not self.server.started:
            if self.serving.done():
                await self.serving
                raise OSError(f"cannot listen on {self.address.socket or self.address.host}:{self.address.port}")
            await asyncio.sleep(0.01)
        if self.address.socket:
            await asyncio.to_thread(Path(self.address.socket).chmod, 0o600)
            return 0
        return int(self.server.servers[0].sockets[0].getsockname()[1])

    async def close(self) -> None:
        """Stop listening."""
        if self.serving:
            self.server.should_exit = True
            await self.serving


class Quiet(uvicorn.Server):
    """A server that leaves the process's signals to whoever started it."""

    @contextlib.contextmanager
    def capture_signals(self) -> Any:
        yield
