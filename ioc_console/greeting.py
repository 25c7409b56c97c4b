"""The greeting: a guest says who it is within a few seconds, or is sent away."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from starlette.websockets import WebSocket

from ioc_console.hub import Hub
from ioc_console.model import Actor, Refused
from ioc_console.protocol import VERSION, Codec, Hello, RefusedFrame, encode, is_token
from ioc_console.refusals import Refusals
from ioc_console.tokens import PREFIX

log = logging.getLogger(__name__)
GREET_S = 5.0
STRANGER = "?"
NO_GUESTS = ("clock", "hub")
Admits = Callable[[Hello], Awaitable[Actor]]
"""Says who a guest is by its hello, or raises `Refused`."""


class Entrance:
    """Says who a guest of one hub is."""

    def __init__(self, hub: Hub, secret: str) -> None:
        self.hub, self.secret = hub, secret

    async def admit(self, hello: Hello) -> Actor:
        """Return who a guest is: by this start's secret, or by a token of an account; raises `Refused`."""
        if not hello.token.startswith(PREFIX):
            if not is_token(hello.token, self.secret, hello.role, hello.name):
                raise Refused("gate.token_wrong")
            return self.guest(hello)
        token = await self.hub.desks.find(hello.token)
        mine = token and (hello.name == token.account or hello.name.startswith(f"{token.account}/"))
        if token is None or token.desk or not mine or token.role != hello.role:
            raise Refused("gate.token_wrong")
        return self.guest(hello)

    def guest(self, hello: Hello) -> Actor:
        """Return a guest by its role, where guests may have it: the hub's own and people come in otherwise."""
        actor = self.hub.rights.actor(hello.name, hello.role)
        if actor.person or hello.role in NO_GUESTS:
            raise Refused("gate.no_guest", role=hello.role)
        return actor


async def greet(socket: WebSocket, codec: Codec, admits: Admits, refusals: Refusals) -> tuple[Actor | None, str]:
    """Take a guest's hello within a few seconds; return who it is and its token, or nobody once it is sent away."""
    name = STRANGER
    try:
        hello = codec.read_guest(await asyncio.wait_for(receive(socket), GREET_S))
        if not isinstance(hello, Hello):
            raise Refused("gate.no_hello")
        name = hello.name
        if hello.version != VERSION:
            raise Refused("gate.version", found=hello.version, expected=VERSION)
        return await admits(hello), hello.token
    except TimeoutError:
        refused = Refused("gate.no_hello")
    except Refused as found:
        refused = found
    refusals.count(name, refused.code)
    log.warning("guest refused: %s", refused.code)
    await socket.send_text(encode(RefusedFrame(0, refused.code, refused.facts)))
    await socket.close(4401)
    return None, ""


async def receive(socket: WebSocket) -> str | bytes:
    """Return the next message as text or bytes."""
    message = await socket.receive()
    socket._raise_on_disconnect(message)
    return message.get("text") or message.get("bytes") or b""
