"""The gate: who may put what, give which command, and see which kind."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from ioc_console.model import Actor, Change, Entity, Envelope, Refused, Written
from ioc_console.rights import shipped_rights
from ioc_console.views import View

SKEW = timedelta(seconds=2)
"""How far ahead of the hub a sender's idea of its time may be."""


def actor_of(name: str, role: str) -> Actor:
    """Return who a guest is by the roles that the console comes with; raises `Refused` for a role unknown."""
    return shipped_rights().actor(name, role)


def admit_put(actor: Actor, written: Written, kinds: dict[str, type[Entity]]) -> None:
    """Raise `Refused` where the actor may not put, or withdraw, this."""
    kind = kinds.get(written.key.kind)
    if kind is None:
        raise Refused("entity.kind_unknown", kind=written.key.kind)
    if kind.change is not Change.OBSERVED:
        raise Refused("gate.decided", kind=written.key.kind)
    if kind.source != actor.name:
        raise Refused("gate.not_source", kind=written.key.kind, actor=actor.name)


def admit_command(actor: Actor, envelope: Envelope, now: datetime) -> None:
    """Raise `Refused` where the actor may not give the command, or it comes too late or from the future."""
    needs = type(envelope.command).needs
    if not actor.can(needs):
        raise Refused("gate.forbidden", needs=needs, actor=actor.name)
    age = now - envelope.made
    if age > envelope.command.lives or age < -SKEW:
        raise Refused("command.expired", age_s=round(age.total_seconds(), 1))


def admit_kinds(actor: Actor, names: Iterable[str], kinds: dict[str, type[Entity]]) -> None:
    """Raise `Refused` where the actor may not see one of the kinds, or there is none of that name.

    A screen that lends itself to people may name any kind: what the person there may not see stays empty.
    """
    for name in names:
        kind = kinds.get(name)
        if kind is None:
            raise Refused("entity.kind_unknown", kind=name)
        if not (actor.can(kind.needs) or actor.lends):
            raise Refused("gate.forbidden", needs=kind.needs, actor=actor.name)


def admit_view(actor: Actor, view: View, kinds: dict[str, type[Entity]]) -> None:
    """Raise `Refused` where the actor may not read the View's kind."""
    kind = kinds.get(view.kind)
    if kind is None:
        raise Refused("entity.kind_unknown", kind=view.kind)
    if not actor.can(kind.needs):
        raise Refused("gate.forbidden", needs=kind.needs, actor=actor.name)
