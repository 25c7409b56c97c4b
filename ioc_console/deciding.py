"""Deciding: what a command changes and answers, by the gate, its rules, and what the store can hold."""

import math
import re
from datetime import datetime
from typing import Any

import msgspec

from ioc_console.domain.authority import Proposal
from ioc_console.gate import admit_command
from ioc_console.journal import DONE
from ioc_console.model import MOST_BYTES, Done, Entity, Refused, Written, tag_of
from ioc_console.rights import Rights
from ioc_console.wishes import Give
from ioc_console.working import Working

NUL = re.compile(rb"(?<!\\)(\\\\)*\\u0000")
"""The escape of U+0000 in JSON, not the six characters themselves."""


def decide(wish: Give, working: Working, at: datetime, rights: Rights, seq: int) -> tuple[tuple[Written, ...], Done]:
    """Return what a command changes, and its answer; raises `Refused`.

    `seq` is the last sequence given out. A command that takes a second person is tried by its rules and put aside
    as a proposal.
    """
    if isinstance(wish.outcome, Refused):
        raise wish.outcome
    envelope, command = wish.envelope, wish.envelope.command
    if wish.outcome:
        return (), wish.outcome
    admit_command(wish.actor, envelope, at)
    if envelope.seen > seq:
        raise Refused("command.seen_wrong", seen=envelope.seen, seq=seq)
    if command.fresh:
        for key in command.reads():
            if working.find(key)[1] > envelope.seen:
                raise Refused("command.stale", kind=key.kind, id=key.id)
    written, tag = tuple(command.apply(working, wish.actor, at)), tag_of(command)
    if wish.actor.person and rights.takes_second(tag):
        order = msgspec.json.encode(command).decode()
        proposal = Proposal(id=envelope.id, tag=tag, order=order, by=wish.actor.name, desk=envelope.desk, at=at)
        return (proposal,), Done(envelope.id, 0, {"proposal": proposal.id})
    return written, Done(envelope.id, 0, told=command.tells(working, wish.actor))


def first_answer(wish: Give, working: Working) -> Done | Refused | None:
    """Return the answer that a command's id got before, if it did; to anybody else the id is taken."""
    if working.connection is None:
        return None
    entry = working.store.answered(working.connection, wish.envelope.id)
    if entry is None:
        return None
    if entry.actor != wish.actor.name:
        return Refused("command.id_taken")
    facts: dict[str, Any] = msgspec.json.decode(entry.facts) if entry.facts else {}
    return Done(entry.command_id, entry.seq, facts) if entry.outcome == DONE else Refused(entry.outcome, **facts)


def check_storable(entity: Entity) -> None:
    """Raise `Refused` where an entity is larger than a frame may carry, or holds what no database or frame can."""
    encoded = msgspec.json.encode(entity)
    if len(encoded) > MOST_BYTES:
        raise Refused("entity.too_large", kind=entity.key.kind, bytes=len(encoded), most=MOST_BYTES)
    for name in entity.__struct_fields__:
        value = getattr(entity, name)
        if isinstance(value, float) and not math.isfinite(value):
            raise Refused("entity.unstorable", kind=entity.key.kind, field=name)
        if isinstance(value, int) and not -(2**63) <= value < 2**63:
            raise Refused("entity.unstorable", kind=entity.key.kind, field=name)
    if NUL.search(encoded):
        raise Refused("entity.unstorable", kind=entity.key.kind, field="U+0000")
