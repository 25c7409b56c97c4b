"""The hub's control listener: guests over WebSocket, each with a token, bounded in size, number and patience."""

import asyncio
import contextlib
import logging
import secrets
from collections import Counter
from pathlib import Path
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from ioc_console.door import Door, write_door
from ioc_console.hub import Hub
from ioc_console.protocol import MOST_FRAME, VERSION, Codec, is_token
from ioc_console.session import Session, greet

log = logging.getLogger(__name__)


class Listener:
    """Serves one hub's guests until closed."""

    def __init__(self, hub: Hub, host: str, port: int, door: Path) -> None:
        self.hub, self.host, self.port, self.door = hub, host, port, door
        self.secret = secrets.token_hex(32)
        self.codec = Codec(hub.words)
        self.refusals: Counter[str] = Counter()
        self.server: uvicorn.Server | None = None
        self.serving: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin to listen, then write the door's file (0600) so that guests find it."""
        app = Starlette(routes=[WebSocketRoute("/link", self.receive)])
        config = uvicorn.Config(
            app, host=self.host, port=self.port, log_config=None, access_log=False, ws="websockets-sansio",
            ws_max_size=MOST_FRAME, ws_ping_interval=60.0, ws_ping_timeout=60.0, ws_per_message_deflate=False,
            lifespan="off", server_header=False, timeout_graceful_shutdown=2,
        )  # fmt: skip
        self.server = Quiet(config)
        self.serving = asyncio.create_task(self.server.serve())
        while not self.server.started:
            if self.serving.done():
                await self.serving
                raise OSError(f"cannot listen on {self.host}:{self.port}")
            await asyncio.sleep(0.01)
        port = self.server.servers[0].sockets[0].getsockname()[1]
        host = f"[{self.host}]" if ":" in self.host else self.host
        write_door(self.door, Door(f"ws://{host}:{port}/link", self.secret))

    async def close(self) -> None:
        """Stop listening and let every guest go."""
        self.door.unlink(missing_ok=True)
        if self.server and self.serving:
            self.server.should_exit = True
            await self.serving

    async def receive(self, socket: WebSocket) -> None:
        """Serve one connection from its greeting to its end."""
        if socket.headers.get("origin"):
            self.refusals["gate.origin"] += 1
            await socket.close(4403)
            return
        await socket.accept()
        session: Session | None = None
        try:
            actor = await greet(socket, self.codec, self.admits, self.refusals)
            if actor:
                session = Session(self.hub, self.codec, socket, actor, self.refusals)
                await session.serve(VERSION)
        except (WebSocketDisconnect, RuntimeError):
            log.debug("a guest went")
        finally:
            if session:
                await session.close()

    def admits(self, role: str, name: str, token: str) -> bool:
        """Say whether a token is the one of this start for the role and name."""
        return is_token(token, self.secret, role, name)


class Quiet(uvicorn.Server):
    """A server that leaves the process's signals to whoever started it."""

    @contextlib.contextmanager
    def capture_signals(self) -> Any:
        yield
