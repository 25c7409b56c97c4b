"""The hub's listeners: control, for guests with tokens, and public, for the routes that plugins declare so."""

import asyncio
import logging
import secrets
from pathlib import Path

from starlette.applications import Starlette
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from ioc_console.door import Door, write_door
from ioc_console.greeting import STRANGER, Entrance, greet
from ioc_console.hub import Hub
from ioc_console.monitoring import Monitoring
from ioc_console.protocol import VERSION, Codec
from ioc_console.refusals import Refusals
from ioc_console.serving import Address, Served
from ioc_console.session import Session

log = logging.getLogger(__name__)
CHECK_S = 15.0


class Listener:
    """Serves one hub's guests until closed."""

    def __init__(self, hub: Hub, address: Address, door: Path) -> None:
        self.hub, self.address, self.door = hub, address, door
        self.secret = secrets.token_hex(32)
        self.codec = Codec(hub.words)
        self.refusals = Refusals()
        self.entrance = Entrance(hub, self.secret)
        self.sessions: set[Session] = set()
        self.served = Served(Starlette(routes=self.routes()), address)
        self.tasks: list[asyncio.Task[None]] = []

    def routes(self) -> list[BaseRoute]:
        """Return what the control listener answers."""
        monitoring = Monitoring(self.hub, self.secret, self.refusals)
        http = (Route("/health", monitoring.health), Route("/metrics", monitoring.metrics))
        return [WebSocketRoute("/link", self.receive), *http]

    async def start(self) -> None:
        """Begin to listen, then write the door's file (0600) so that guests find it."""
        port = await self.served.start()
        self.tasks = [asyncio.create_task(work) for work in (self.refusals.run(self.hub.note), self.check())]
        write_door(self.door, Door(self.address.url(port), self.secret, authority=self.address.certificate))

    async def close(self) -> None:
        """Stop listening and let every guest go."""
        self.door.unlink(missing_ok=True)
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)
        await self.served.close()

    async def check(self) -> None:
        """End, a few times a minute, the stays and guests whose tokens were revoked or have expired."""
        while True:
            await asyncio.sleep(CHECK_S)
            for session in tuple(self.sessions):
                await session.check()

    async def receive(self, socket: WebSocket) -> None:
        """Serve one connection from its greeting to its end."""
        if socket.headers.get("origin"):
            self.refusals.count(STRANGER, "gate.origin")
            await socket.close(4403)
            return
        await socket.accept()
        session: Session | None = None
        try:
            actor, token = await greet(socket, self.codec, self.entrance.admit, self.refusals)
            if actor:
                session = Session(self.hub, self.codec, socket, actor, self.refusals)
                session.stay.token = token
                self.sessions.add(session)
                await session.serve(VERSION)
        except (WebSocketDisconnect, RuntimeError):
            log.debug("a guest went")
        finally:
            if session:
                self.sessions.discard(session)
                await session.close()
