"""Wishes: what somebody wants changed, on its way to the writer, and what became of it."""

import msgspec

from ioc_console.model import Actor, Done, Envelope, Refused, Written


class Put(msgspec.Struct, frozen=True):
    """Observed entities that their source puts or withdraws, as one change."""

    actor: Actor
    written: tuple[Written, ...]


class Give(msgspec.Struct, frozen=True):
    """A command that somebody gives; `outcome` is set where a plugin has carried it out on the world already."""

    actor: Actor
    envelope: Envelope
    outcome: Done | Refused | None = None


Wish = Put | Give


class Made(msgspec.Struct, frozen=True):
    """What became of one wish: its answer, and what it changed."""

    answer: Done | Refused
    seq: int
    written: tuple[Written, ...] = ()
