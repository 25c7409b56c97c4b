"""The carriage of messages: what whoever sends them reports, and when a message that failed is tried again."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Annotated, ClassVar

import msgspec

from ioc_console.domain.alarms import Facts, TextKey
from ioc_console.domain.messages import Message, MessageCommand, Step, known, moved
from ioc_console.domain.recipients import Channel
from ioc_console.model import Actor, Moment, Refused, State, Written

FIRST_S, LONGEST_S = 10.0, 900.0
"""How long is waited after the first failure, twice as long after each further one, and at most."""
MOST_ATTEMPTS = 12
"""How often a message is tried, over some eighty minutes, before it is given up."""
MOST_WAIT_S = 6 * 3_600.0
"""The longest wait that the other side may ask for."""
MOST_RECEIPT = 500

Receipt = Annotated[str, msgspec.Meta(max_length=MOST_RECEIPT)]


def back_off(attempts: int) -> timedelta:
    """Return how long a message waits after so many failed attempts."""
    return timedelta(seconds=min(FIRST_S * 2.0 ** min(max(attempts - 1, 0), 30), LONGEST_S))


class AttemptMessage(MessageCommand, frozen=True, tag="message.attempt"):
    """Say that a message is being sent now, for the `attempt`-th time, before anything of it goes out."""

    attempt: int

    needs: ClassVar[str] = "message.carry"

    def apply(self, state: State, actor: Actor, at: datetime) -> Iterable[Written]:
        message = known(state, self.message)
        if message.channel is Channel.DESK:
            raise Refused("outbound.wrong_channel", message=message.id, channel=message.channel.value)
        after = moved(message, Step.ATTEMPT)
        if message.attempts + 1 != self.attempt:
            raise Refused("outbound.other_attempt", message=message.id, attempts=message.attempts)
        if at >= message.not_after:
            raise Refused("outbound.too_late", message=message.id)
        yield msgspec.structs.replace(message, state=after, attempts=self.attempt)


class HoldMessage(MessageCommand, frozen=True, tag="message.hold"):
    """Have a message wait until the quiet hours are over."""

    until: Moment

    needs: ClassVar[str] = "message.carry"

    def apply(self, state: State, actor: Actor, at: datetime) -> Iterable[Written]:
        message = known(state, self.message)
        if message.urgent:
            raise Refused("outbound.urgent", message=message.id)
        yield msgspec.structs.replace(message, state=moved(message, Step.HOLD), next_at=self.until)


class DeliverMessage(MessageCommand, frozen=True, tag="message.delivered"):
    """Say that the other side has taken a message, and what it answered."""

    receipt: Receipt = ""

    needs: ClassVar[str] = "message.carry"

    def apply(self, state: State, actor: Actor, at: datetime) -> Iterable[Written]:
        message = known(state, self.message)
        after = moved(message, Step.DELIVER)
        if after is not message.state:
            yield msgspec.structs.replace(
                message, state=after, sent_at=at, receipt=self.receipt, error="", error_facts={}
            )


class FailMessage(MessageCommand, frozen=True, tag="message.fail"):
    """Say that the `attempt`-th attempt failed and why; the message is tried again later, or given up.

    It is given up where another attempt cannot help (`final`), after too many, or where the next would come too
    late. `after_s` is how long the other side asked to be left alone.
    """

    attempt: int
    code: TextKey
    facts: Facts = {}
    final: bool = False
    after_s: Annotated[float, msgspec.Meta(ge=0)] = 0.0
    receipt: Receipt = ""

    needs: ClassVar[str] = "message.carry"

    def apply(self, state: State, actor: Actor, at: datetime) -> Iterable[Written]:
        message = known(state, self.message)
        if message.attempts != self.attempt:
            raise Refused("outbound.other_attempt", message=message.id, attempts=message.attempts)
        next_at = at + self.wait(message)
        over = self.final or message.attempts >= MOST_ATTEMPTS or next_at >= message.not_after
        yield msgspec.structs.replace(
            message, state=moved(message, Step.GIVE_UP if over else Step.PUT_OFF),
            next_at=message.next_at if over else next_at, error=self.code, error_facts=self.facts,
            receipt=self.receipt,
        )  # fmt: skip

    def wait(self, message: Message) -> timedelta:
        """Return how long the message waits now: the back-off, or longer where the other side asked for it."""
        return max(back_off(message.attempts), timedelta(seconds=min(self.after_s, MOST_WAIT_S)))
