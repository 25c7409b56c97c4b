"""Turns: which messages go now, and what is old of what was known of one that went."""

from collections.abc import Callable, Collection, Iterable
from datetime import datetime

import msgspec

from ioc_console.domain.carriage import MOST_ATTEMPTS
from ioc_console.domain.messages import Message, MessageState

MOST_TRIES = 2 * MOST_ATTEMPTS
QuietUntil = Callable[[datetime], datetime | None]
"""Says until when what is not urgent waits, or None."""


def ready(rows: Iterable[Message], now: datetime, busy: Collection[str], room: int) -> list[Message]:
    """Return which messages are sent now: in their order, one to a recipient, as many as there is room for.

    One in flight that nobody carries any more was cut off, and goes at once; one that was cut off ever again is
    left to expire, since it may be what cuts us off.
    """
    chosen: dict[str, Message] = {}
    for message in rows:
        waits = message.state is MessageState.WAITING and message.next_at > now
        over = now >= message.not_after or message.attempts >= MOST_TRIES
        if waits or over or message.recipient in busy:
            continue
        if len(chosen) < room:
            chosen.setdefault(message.recipient, message)
    return list(chosen.values())


def newer(rows: Iterable[Message], message: Message) -> tuple[Message, ...]:
    """Return rows without what was known of a message before and during the attempt at it; what came since stays."""
    trying = msgspec.structs.replace(message, state=MessageState.SENDING, attempts=message.attempts + 1)
    return tuple(row for row in rows if row not in (message, trying))
