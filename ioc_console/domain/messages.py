"""Messages: what the console tells people outside of it and at its desks, and how far each message has come."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import Enum
from typing import Annotated, ClassVar

import msgspec

from ioc_console.domain.alarms import Facts
from ioc_console.domain.recipients import Channel, GatewayId, Recipient, RecipientId
from ioc_console.model import (
    Actor,
    Change,
    Command,
    Due,
    Entity,
    Gone,
    Keep,
    Key,
    Moment,
    Refused,
    Scope,
    State,
    Written,
)

LASTS = timedelta(days=1)
"""How long a message is worth sending where its sender says nothing else."""
MOST_FACTS = 8 * 1024
"""How large a message's facts may be, in bytes: what becomes of it must find room beside them."""
GRACE = timedelta(minutes=5)
"""How long past its time the outcome of a message in flight is waited for."""

MessageId = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.:-]{0,79}\Z")]
Template = Annotated[str, msgspec.Meta(pattern=r"^message\.[a-z0-9_]{1,60}\Z")]
"""Names a text of the catalogue's `message` table."""


class Language(Enum):
    """The language that a message is written in."""

    VI = "vi"
    EN = "en"


class MessageState(Enum):
    """How far a message has come."""

    WAITING = "waiting"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


class Step(Enum):
    """What happens to a message."""

    ATTEMPT = "attempt"
    HOLD = "hold"
    DELIVER = "deliver"
    PUT_OFF = "put_off"
    GIVE_UP = "give_up"
    CANCEL = "cancel"
    EXPIRE = "expire"
    RETRY = "retry"
    SHOW = "show"


MOVES: dict[tuple[Step, MessageState], MessageState] = {
    (Step.ATTEMPT, MessageState.WAITING): MessageState.SENDING,
    (Step.ATTEMPT, MessageState.SENDING): MessageState.SENDING,  # the attempt before was cut off
    (Step.HOLD, MessageState.WAITING): MessageState.WAITING,
    (Step.HOLD, MessageState.SENDING): MessageState.WAITING,
    (Step.DELIVER, MessageState.SENDING): MessageState.SENT,
    (Step.DELIVER, MessageState.EXPIRED): MessageState.SENT,  # the receipt came late, but it came
    (Step.DELIVER, MessageState.SENT): MessageState.SENT,
    (Step.PUT_OFF, MessageState.SENDING): MessageState.WAITING,
    (Step.GIVE_UP, MessageState.SENDING): MessageState.FAILED,
    (Step.CANCEL, MessageState.WAITING): MessageState.CANCELLED,
    (Step.EXPIRE, MessageState.WAITING): MessageState.EXPIRED,
    (Step.EXPIRE, MessageState.SENDING): MessageState.EXPIRED,
    (Step.RETRY, MessageState.FAILED): MessageState.WAITING,
    (Step.RETRY, MessageState.EXPIRED): MessageState.WAITING,
    (Step.SHOW, MessageState.WAITING): MessageState.SENT,
    (Step.SHOW, MessageState.SENT): MessageState.SENT,
}
"""Every change of a message's state that there is."""


class Message(Entity, frozen=True, kw_only=True):
    """One message to one recipient: a text of the catalogue with its facts, not the words themselves.

    It is tried not before `next_at` and not after `not_after`; `receipt` is what the other side answered last,
    `error` the text that says why it has not gone, filled with `error_facts`.
    """

    recipient: RecipientId
    channel: Channel
    gateway: GatewayId = ""
    template: Template
    facts: Facts = {}
    language: Language = Language.VI
    urgent: bool = False
    state: MessageState = MessageState.WAITING
    attempts: int = 0
    made_at: Moment
    next_at: Moment
    not_after: Moment
    sent_at: Moment | None = None
    receipt: str = ""
    error: str = ""
    error_facts: Facts = {}
    by: str = ""

    needs: ClassVar[str] = "message.see"
    scope: ClassVar[Scope] = Scope.ARCHIVE
    change: ClassVar[Change] = Change.DECIDED
    keep: ClassVar[Keep] = Keep.HISTORY
    retain: ClassVar[timedelta | None] = timedelta(days=365)
    indexes: ClassVar[tuple[tuple[str, ...], ...]] = (("state", "channel", "next_at"), ("made_at",))

    def due(self) -> Due | None:
        """Past its time it expires; one in flight is given some minutes for its outcome to be told."""
        late = {MessageState.WAITING: timedelta(), MessageState.SENDING: GRACE}.get(self.state)
        return None if late is None else Due(self.not_after + late, ExpireMessage(self.id))


class DeskMessage(Entity, frozen=True, kw_only=True):
    """A message that waits to be shown at a desk; the id is the message's. Gone once it was shown or is over."""

    desk: str
    template: Template
    facts: Facts
    language: Language
    urgent: bool
    made_at: Moment

    change: ClassVar[Change] = Change.DECIDED
    keep: ClassVar[Keep] = Keep.LAST


def moved(message: Message, step: Step) -> MessageState:
    """Return the state that a step leads a message to; raises `Refused` where it cannot be taken now."""
    state = MOVES.get((step, message.state))
    if state is None:
        raise Refused("outbound.wrong_state", message=message.id, state=message.state.value)
    return state


def known(state: State, message: str) -> Message:
    """Return a message, or raise `Refused` where there is none of that id."""
    found = state.get(Message, message)
    if found is None:
        raise Refused("outbound.message_unknown", message=message)
    return found


def settled(state: State, message: Message) -> Iterable[Written]:
    """Yield a message as it now is, and what its desk is to show or to show no longer."""
    yield message
    waits = state.get(DeskMessage, message.id)
    if waits and message.state is not MessageState.WAITING:
        yield Gone("desk_message", message.id)


def desk_message(message: Message, desk: str) -> DeskMessage:
    """Return what a desk is to show."""
    return DeskMessage(
        id=message.id, desk=desk, template=message.template, facts=message.facts, language=message.language,
        urgent=message.urgent, made_at=message.made_at,
    )  # fmt: skip


class SendMessage(Command, frozen=True, tag="message.send", kw_only=True):
    """Have a message sent; the same one given twice is sent once.

    An `urgent` message passes the quiet hours. After `not_after`, by default a day, it is not worth sending.
    """

    id: MessageId
    recipient: RecipientId
    template: Template
    facts: Facts = {}
    language: Language = Language.VI
    urgent: bool = False
    not_after: Moment | None = None

    needs: ClassVar[str] = "message.send"

    def reads(self) -> tuple[Key, ...]:
        return (Key("message", self.id), Key("recipient", self.recipient))

    def apply(self, state: State, actor: Actor, at: datetime) -> Iterable[Written]:
        before = state.get(Message, self.id)
        if before:
            self.check_same(before)
            return
        recipient = state.get(Recipient, self.recipient)
        if recipient is None:
            raise Refused("outbound.recipient_unknown", recipient=self.recipient)
        if len(msgspec.json.encode(self.facts)) > MOST_FACTS:
            raise Refused("outbound.facts_too_large", message=self.id, most=MOST_FACTS)
        if self.not_after and self.not_after <= at:
            raise Refused("outbound.too_late", message=self.id)
        message = Message(
            id=self.id, recipient=recipient.id, channel=recipient.channel, gateway=recipient.gateway,
            template=self.template, facts=self.facts, language=self.language, urgent=self.urgent, made_at=at,
            next_at=at, not_after=self.not_after or at + LASTS, by=actor.name,
        )  # fmt: skip
        yield message
        if message.channel is Channel.DESK:
            yield desk_message(message, recipient.address)

    def check_same(self, before: Message) -> None:
        """Raise `Refused` where the id belongs to a message of other content."""
        compared = ("recipient", "template", "facts", "language", "urgent")
        if any(getattr(self, name) != getattr(before, name) for name in compared):
            raise Refused("outbound.id_taken", message=self.id)


class MessageCommand(Command, frozen=True):
    """What is done to one message."""

    message: MessageId

    def reads(self) -> tuple[Key, ...]:
        return (Key("message", self.message),)


class CancelMessage(MessageCommand, frozen=True, tag="message.cancel"):
    """Call back a message that still waits; one in flight cannot be called back."""

    needs: ClassVar[str] = "message.cancel"

    def apply(self, state: State, actor: Actor, at: datetime) -> Iterable[Written]:
        message = known(state, self.message)
        yield from settled(state, msgspec.structs.replace(message, state=moved(message, Step.CANCEL)))


class ExpireMessage(MessageCommand, frozen=True, tag="message.expire"):
    """Give a message up whose time has passed; the clock does."""

    needs: ClassVar[str] = "message.expire"

    def apply(self, state: State, actor: Actor, at: datetime) -> Iterable[Written]:
        message = known(state, self.message)
        due = message.due()
        if due and at < due.at:
            raise Refused("outbound.not_yet", message=message.id)
        yield from settled(state, msgspec.structs.replace(message, state=moved(message, Step.EXPIRE)))


class RetryMessage(MessageCommand, frozen=True, tag="message.retry"):
    """Have a message that failed or expired tried again, as if it were new, for another day."""

    needs: ClassVar[str] = "message.retry"

    def apply(self, state: State, actor: Actor, at: datetime) -> Iterable[Written]:
        before = known(state, self.message)
        message = msgspec.structs.replace(
            before, state=moved(before, Step.RETRY), attempts=0, next_at=at, not_after=at + LASTS, error="",
            error_facts={},
        )  # fmt: skip
        recipient = state.get(Recipient, message.recipient)
        if recipient is None or recipient.channel is not message.channel:
            raise Refused("outbound.recipient_unknown", recipient=message.recipient)
        yield message
        if message.channel is Channel.DESK:
            yield desk_message(message, recipient.address)


class ShowMessage(MessageCommand, frozen=True, tag="message.shown"):
    """Say that a desk's message was shown there."""

    needs: ClassVar[str] = "message.shown"

    def apply(self, state: State, actor: Actor, at: datetime) -> Iterable[Written]:
        message = known(state, self.message)
        if message.channel is not Channel.DESK:
            raise Refused("outbound.wrong_channel", message=message.id, channel=message.channel.value)
        after = moved(message, Step.SHOW)
        if after is not message.state:
            yield from settled(state, msgspec.structs.replace(message, state=after, sent_at=at, receipt=actor.name))
