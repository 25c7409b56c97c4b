"""A post for tests: a hub with a clock of its own, a gateway and a mail server on this machine, and the plugin."""

import asyncio
import contextlib
import hashlib
import hmac
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import msgspec
import uvicorn
from aiosmtpd.smtp import SMTP, AuthResult, Envelope
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ioc_console.config import Site
from ioc_console.domain.alarms import Alarm
from ioc_console.domain.messages import DeskMessage, Message, MessageState, SendMessage
from ioc_console.domain.recipients import Channel, DefineRecipient, Recipient
from ioc_console.engine import PluginPlace, load_plugin
from ioc_console.hub import Hub
from ioc_console.local import LocalLink
from ioc_console.model import Actor, Entity, Key
from ioc_console.store import Store
from ioc_console.views import View, Where
from ioc_console.words import Words
from tests.waiting import soon

NEEDED = ("console.see", "message.see", "message.carry", "recipient.see", "alarm.raise", "alarm.clear")
"""All that the plugin may do."""
LAN = Recipient(id="lan", channel=Channel.EMAIL, address="lan.nguyen@vinh.example")
TAM = Recipient(id="tam", channel=Channel.WEBHOOK, address="+84912345678", gateway="sms")
BINH = Recipient(id="binh", channel=Channel.WEBHOOK, address="+84987654321", gateway="sms")
MAIL_LOGIN, KEY = ("ioc", "mail-secret-7391"), "hmac-secret-5527"
SECRETS = (MAIL_LOGIN[1], KEY, LAN.address, TAM.address, BINH.address, "912345678", "lan.nguyen")
"""What must stand in no log."""

Answer = Callable[[Request], Awaitable[Response]]


class Moments:
    """The hub's time: the machine's, and what the test puts it forward by."""

    def __init__(self) -> None:
        self.ahead = timedelta()

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.ahead


class Centre:
    """A hub, somebody who may do everything at it, and the plugin beside it."""

    def __init__(self, folder: Path, words: Words) -> None:
        self.folder, self.words, self.moments = folder, words, Moments()
        self.plugin: asyncio.Task[None] | None = None

    async def start_hub(self) -> None:
        self.hub = Hub(self.words, Store(f"sqlite:///{self.folder}/hub.db", self.words.kinds), self.moments)
        await self.hub.start()
        self.chief = LocalLink(self.hub, Actor("chief", "administrator", ("*",)))
        self.held: dict[Key, Entity] = {}
        self.following = asyncio.create_task(self.follow())

    async def follow(self) -> None:
        """Hold what a display would hold."""
        async for delta in self.chief.watch(Alarm, DeskMessage):
            self.held.update((entity.key, entity) for entity in delta.puts)
            for gone in delta.gone:
                self.held.pop(gone.key, None)

    async def begin(self, settings: dict[str, Any], link: type[LocalLink] = LocalLink) -> None:
        site = msgspec.convert({"schema": 1, "id": "test", "city": {"name": "Vinh"}}, Site)
        file, folder = self.folder / "site.toml", self.folder
        place = PluginPlace(site, file, folder, folder, folder, folder, lambda words: None)
        plugin = load_plugin("outbound", settings, file)
        self.link = link(self.hub, Actor("outbound", "plugin", NEEDED))
        self.plugin = asyncio.create_task(plugin.run(self.link, plugin.config, place))

    async def kill(self) -> None:
        """End the plugin in the middle of whatever it does."""
        if self.plugin:
            self.plugin.cancel()
            await asyncio.gather(self.plugin, return_exceptions=True)

    async def stop(self) -> None:
        await self.kill()
        await self.hub.stop()
        await self.following

    async def define(self, *recipients: Recipient) -> None:
        for recipient in recipients:
            await self.chief.do(DefineRecipient(recipient))

    async def send(self, id: str, recipient: Recipient, **more: Any) -> None:
        template = more.pop("template", "message.test")
        await self.chief.do(SendMessage(id=id, recipient=recipient.id, template=template, **more))

    async def message(self, id: str) -> Message:
        (row,) = (await self.chief.look(View("message", (Where("id", id),)))).rows
        return row

    async def until(self, id: str, state: MessageState, attempts: int = 0) -> Message:
        """Wait until a message is in a state, after so many attempts at least."""
        async with asyncio.timeout(20):
            while (found := await self.message(id)).state is not state or found.attempts < attempts:
                assert self.plugin is None or not self.plugin.done(), self.plugin
                await asyncio.sleep(0.02)
        return found

    async def pass_time(self, id: str) -> None:
        """Put the clock forward to a message's next attempt."""
        wait = (await self.message(id)).next_at - self.moments()
        self.moments.ahead += max(wait, timedelta()) + timedelta(milliseconds=1)

    def alarm(self, way: str) -> Alarm | None:
        found = self.held.get(Key("alarm", f"outbound-{way}"))
        return found if isinstance(found, Alarm) else None


class Quiet(uvicorn.Server):
    """A server that leaves the process's signals to the tests."""

    @contextlib.contextmanager
    def capture_signals(self) -> Any:
        yield


class SmsGateway:
    """A gateway as the handbook tells to build one: it checks who posts before it reads what."""

    def __init__(self) -> None:
        self.posts: list[dict[str, Any]] = []
        self.keys: list[str] = []
        self.forged = 0
        self.now = self.most = 0
        self.answer: Answer = accept

    async def receive(self, request: Request) -> Response:
        body = await request.body()
        if not is_genuine(KEY.encode(), request.headers["X-IOC-Signature"], body, datetime.now(UTC).timestamp()):
            self.forged += 1
            return Response(status_code=401)
        assert request.headers["Content-Type"] == "application/json"
        assert request.headers["X-IOC-Key"] == "vinh"
        self.posts.append(msgspec.json.decode(body))
        self.keys.append(request.headers["Idempotency-Key"])
        self.now += 1
        self.most = max(self.most, self.now)
        try:
            return await self.answer(request)
        finally:
            self.now -= 1


async def accept(request: Request) -> Response:
    return Response("queued", 202)


def is_genuine(key: bytes, header: str, body: bytes, now: float) -> bool:
    """Check a signature by its description, not by the code that made it; the tests' clocks may be far apart."""
    parts = dict(part.split("=", 1) for part in header.split(","))
    made = hmac.new(key, parts["t"].encode() + b"." + body, hashlib.sha256).hexdigest()
    return hmac.compare_digest(made, parts["v1"]) and abs(now - int(parts["t"])) < 10 * 86_400


@contextlib.asynccontextmanager
async def serving(gateway: SmsGateway, context: Any = None) -> AsyncIterator[int]:
    """Run a gateway; give its port. `context` configures TLS on the server's side."""
    app = Starlette(routes=[Route("/send", gateway.receive, methods=["POST"])])
    config = uvicorn.Config(
        app, host="127.0.0.1", port=0, log_config=None, access_log=False, lifespan="off", ws="none",
        timeout_graceful_shutdown=1,
    )  # fmt: skip
    config.load()
    config.ssl = context
    server = Quiet(config)
    running = asyncio.create_task(server.serve())
    await soon(lambda: server.started, "the gateway")
    try:
        yield server.servers[0].sockets[0].getsockname()[1]
    finally:
        server.should_exit = True
        await running


class PostOffice:
    """What a mail server got, and how it answers."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.logins: list[tuple[str, str]] = []
        self.rcpt = self.data = "250 2.0.0 OK"

    async def handle_RCPT(self, server: SMTP, session: Any, envelope: Envelope, address: str, options: list) -> str:
        envelope.rcpt_tos.append(address)
        return self.rcpt

    async def handle_DATA(self, server: SMTP, session: Any, envelope: Envelope) -> str:
        if self.data.startswith("250"):
            self.mails.append(message_from_bytes(envelope.content, policy=policy.default))
        return f"{self.data} for {envelope.rcpt_tos[0]}"

    def authenticate(self, server: SMTP, session: Any, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:
        found = (data.login.decode(), data.password.decode())
        self.logins.append(found)
        return AuthResult(success=found == MAIL_LOGIN, handled=False)


@contextlib.asynccontextmanager
async def mailing(
    office: PostOffice, security: str = "none", context: ssl.SSLContext | None = None, login: bool = False
) -> AsyncIterator[int]:
    """Run a mail server; give its port."""
    options: dict[str, Any] = {"hostname": "mail.test", "loop": asyncio.get_running_loop()}
    options |= {"authenticator": office.authenticate, "auth_require_tls": security == "starttls"}
    if security == "starttls":
        options |= {"tls_context": context, "require_starttls": True, "auth_required": login}
    implicit = context if security == "tls" else None
    server = await asyncio.get_running_loop().create_server(
        lambda: SMTP(office, **options), "127.0.0.1", 0, ssl=implicit
    )
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


@contextlib.asynccontextmanager
async def speaking(
    speak: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]],
) -> AsyncIterator[int]:
    """Run a server that says whatever it likes; give its port."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.CancelledError):
            await speak(reader, writer)
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
