"""Lanes: each way by which messages leave, with what waits for it and how many go at once."""

import asyncio
import ssl
from collections.abc import Awaitable, Callable
from pathlib import Path

import msgspec

from ioc_console.config import secret
from ioc_console.domain.messages import MessageState
from ioc_console.domain.recipients import Channel
from ioc_console.model import Refused
from ioc_console.views import Is, View, Where
from plugins.outbound.letters import Failed, Letter, Outcome
from plugins.outbound.mail import send_mail
from plugins.outbound.settings import Config, Gateway, MailServer
from plugins.outbound.webhook import post

MOST_ROWS = 50
"""How many messages of a lane are looked at together; each may be 16 KB, and a page must fit into a frame."""
OPEN = (MessageState.WAITING.value, MessageState.SENDING.value)

Send = Callable[[Letter], Awaitable[Outcome]]


class Lane(msgspec.Struct, frozen=True):
    """One way: its name, which messages take it, how many at once, and how one is sent."""

    name: str
    where: tuple[Where, ...]
    at_once: int
    send: Send

    def views(self) -> tuple[View, ...]:
        """Return what waits for the lane, what is urgent first, each in the order of its time."""
        is_open = Where("state", OPEN, Is.ANY_OF)
        return tuple(
            View("message", (*self.where, is_open, Where("urgent", urgent)), order=("next_at",), limit=MOST_ROWS)
            for urgent in (True, False)
        )


def lanes_of(config: Config, site_file: Path) -> list[Lane]:
    """Return every lane; what is meant for a way that the site file does not name has one too, in which it fails."""
    email = (Where("channel", Channel.EMAIL.value),)
    webhook = Where("channel", Channel.WEBHOOK.value)
    others = (webhook, *(Where("gateway", name, Is.UNEQUAL) for name in config.gateways))
    lanes = [gateway_lane(name, gateway, webhook, site_file) for name, gateway in config.gateways.items()]
    lanes.append(mail_lane(config.email, email, site_file) if config.email else unknown_lane("email", email))
    return [*lanes, unknown_lane("webhook", others)]


def mail_lane(server: MailServer, where: tuple[Where, ...], site_file: Path) -> Lane:
    """Return the lane of mail; raises `Refused` where its certificates cannot be read."""
    context = context_of(server.ca, site_file)

    async def send(letter: Letter) -> Outcome:
        """Hand a letter to the mail server."""
        login = await asyncio.to_thread(secret, server.credentials, site_file)
        return await send_mail(server, login, context, letter)

    return Lane("email", where, server.at_once, send)


def gateway_lane(name: str, gateway: Gateway, where: Where, site_file: Path) -> Lane:
    """Return the lane of one gateway; raises `Refused` where its certificates cannot be read."""
    context = context_of(gateway.ca, site_file)

    async def send(letter: Letter) -> Outcome:
        """Post a letter to the gateway."""
        login = await asyncio.to_thread(secret, gateway.credentials, site_file)
        return await post(gateway, login or ("", ""), context, letter)

    return Lane(f"webhook:{name}", (where, Where("gateway", name)), gateway.at_once, send)


def unknown_lane(name: str, where: tuple[Where, ...]) -> Lane:
    """Return the lane of what the site file does not say how to send: it fails, and is tried again."""

    async def send(letter: Letter) -> Outcome:
        """Fail, until the site file names the way."""
        return Failed(code="outbound.way_unknown", facts={"way": name})

    return Lane(name, where, 1, send)


def context_of(ca: str, site_file: Path) -> ssl.SSLContext:
    """Return what is trusted: a file of certificates, or the system's; raises `Refused`."""
    try:
        return ssl.create_default_context(cafile=str(site_file.parent / ca) if ca else None)
    except OSError as error:
        raise Refused("outbound.ca_unreadable", file=ca, reason=error.strerror or type(error).__name__) from error
