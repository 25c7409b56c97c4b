"""Recipients: who gets messages, and by which way; their addresses are personal data and stand nowhere else."""

import re
from collections.abc import Iterable
from datetime import datetime
from enum import Enum
from typing import Annotated, ClassVar

import msgspec

from ioc_console.model import Actor, Change, Command, Entity, Gone, Keep, Key, Refused, Scope, State, Written

RecipientId = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}\Z")]
GatewayId = Annotated[str, msgspec.Meta(pattern=r"^([a-z0-9][a-z0-9_-]{0,31})?\Z")]


class Channel(Enum):
    """By which way a message goes."""

    EMAIL = "email"
    WEBHOOK = "webhook"
    DESK = "desk"


MAIL_ADDRESS = re.compile(
    r"(?=.{3,254}\Z)[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]{1,64}(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]{1,64})*"
    r"@[A-Za-z0-9]([A-Za-z0-9-]{0,62})(\.[A-Za-z0-9]([A-Za-z0-9-]{0,62}))*"
)
ADDRESSES = {
    Channel.EMAIL: MAIL_ADDRESS,
    Channel.WEBHOOK: re.compile(r"[A-Za-z0-9+@][A-Za-z0-9+@._:-]{2,119}"),
    Channel.DESK: re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}"),
}
"""What an address looks like: nothing in it can break out of a header, a URL or a line."""


class Recipient(Entity, frozen=True, kw_only=True):
    """Who gets messages: a mail address, a telephone number for a gateway, or a desk; the id says nothing of it.

    `gateway` names the webhook of the site file through which the recipient is reached; empty for other channels.
    """

    name: Annotated[str, msgspec.Meta(max_length=120)] = ""
    channel: Channel
    address: Annotated[str, msgspec.Meta(min_length=1, max_length=254)]
    gateway: GatewayId = ""

    needs: ClassVar[str] = "recipient.see"
    personal: ClassVar[bool] = True
    reveal: ClassVar[str] = "recipient.reveal"
    scope: ClassVar[Scope] = Scope.ARCHIVE
    change: ClassVar[Change] = Change.DECIDED
    keep: ClassVar[Keep] = Keep.LAST
    indexes: ClassVar[tuple[tuple[str, ...], ...]] = (("channel",),)

    def __repr__(self) -> str:
        """Say which it is and nothing else: addresses stand in no log."""
        return f"Recipient({self.id!r})"


class DefineRecipient(Command, frozen=True, tag="recipient.define"):
    """Enter somebody who gets messages, or bring the entry up to date."""

    recipient: Recipient

    needs: ClassVar[str] = "recipient.define"

    def reads(self) -> tuple[Key, ...]:
        return (self.recipient.key,)

    def apply(self, state: State, actor: Actor, at: datetime) -> Iterable[Written]:
        found = self.recipient
        if not ADDRESSES[found.channel].fullmatch(found.address):
            raise Refused("outbound.address_wrong", channel=found.channel.value)
        if (found.channel is Channel.WEBHOOK) != bool(found.gateway):
            raise Refused("outbound.gateway_wrong", channel=found.channel.value)
        if state.get(Recipient, found.id) != found:
            yield found


class ForgetRecipient(Command, frozen=True, tag="recipient.forget"):
    """Strike somebody off; messages that still wait for them fail."""

    recipient: RecipientId

    needs: ClassVar[str] = "recipient.define"

    def reads(self) -> tuple[Key, ...]:
        return (Key("recipient", self.recipient),)

    def apply(self, state: State, actor: Actor, at: datetime) -> Iterable[Written]:
        if state.get(Recipient, self.recipient) is None:
            raise Refused("outbound.recipient_unknown", recipient=self.recipient)
        yield Gone("recipient", self.recipient)
