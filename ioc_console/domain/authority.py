"""Authority: what takes a second person, taking back, revealing and erasing personal data, and who comes and goes."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Annotated, Any, ClassVar

import msgspec

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

STANDS = timedelta(minutes=10)
Reason = Annotated[str, msgspec.Meta(min_length=3, max_length=500)]


class Proposal(Entity, frozen=True, kw_only=True):
    """A command that takes a second person, waiting for one; `order` is the command, encoded."""

    tag: str
    order: str
    by: str
    desk: str
    at: Moment

    needs: ClassVar[str] = "proposal.see"
    change: ClassVar[Change] = Change.DECIDED
    keep: ClassVar[Keep] = Keep.HISTORY
    most: ClassVar[int] = 200

    def due(self) -> Due | None:
        """Nobody answers for ever: it lapses."""
        return Due(self.at + STANDS, DropProposal(self.id))


class ApproveProposal(Command, frozen=True, tag="proposal.approve"):
    """Agree to a command that another person proposed, so that it is carried out."""

    id: str

    needs: ClassVar[str] = "proposal.approve"
    fresh: ClassVar[bool] = True

    def reads(self) -> tuple[Key, ...]:
        return (Key("proposal", self.id),)

    def apply(self, state: State, actor: Actor, at: datetime) -> Iterable[Written]:
        proposal = state.get(Proposal, self.id)
        if proposal is None:
            raise Refused("proposal.unknown", id=self.id)
        if proposal.by == actor.name or not actor.person:
            raise Refused("proposal.same_person", tag=proposal.tag)
        order = state.command(proposal.order)
        if not actor.can(order.needs):
            raise Refused("gate.forbidden", needs=order.needs, actor=actor.name)
        yield from order.apply(state, actor, at)
        yield Gone("proposal", self.id)


class DropProposal(Command, frozen=True, tag="proposal.drop"):
    """Set a proposed command aside: its proposer, anyone who could agree to it, or time."""

    id: str

    needs: ClassVar[str] = "proposal.drop"

    def reads(self) -> tuple[Key, ...]:
        return (Key("proposal", self.id),)

    def apply(self, state: State, actor: Actor, at: datetime) -> Iterable[Written]:
        if state.get(Proposal, self.id) is None:
            raise Refused("proposal.unknown", id=self.id)
        yield Gone("proposal", self.id)


class Undo(Command, frozen=True, tag="command.undo"):
    """Take back what a command changed, where nobody has changed it since; taking back can be taken back."""

    id: Annotated[str, msgspec.Meta(min_length=1, max_length=120)]

    needs: ClassVar[str] = "command.undo"
    also: ClassVar[tuple[str, ...]] = ("command.undo_any",)
    undo: ClassVar[timedelta | None] = timedelta(minutes=5)

    def apply(self, state: State, actor: Actor, at: datetime) -> Iterable[Written]:
        past = state.past(self.id)
        if past is None:
            raise Refused("undo.unknown", id=self.id)
        window = state.undo_window(past.tag)
        if window is None:
            raise Refused("undo.impossible", tag=past.tag)
        if at > past.at + window:
            raise Refused("undo.too_late", tag=past.tag, minutes=round(window.total_seconds() / 60))
        if past.actor != actor.name and not actor.can("command.undo_any"):
            raise Refused("undo.not_yours", actor=past.actor)
        changes = list(state.changes(self.id))
        if not changes:
            raise Refused("undo.impossible", tag=past.tag)
        for key, seq, _ in changes:
            if state.find(key)[1] != seq:
                raise Refused("undo.changed", kind=key.kind, id=key.id)
        for key, _, before in changes:
            yield before or Gone(key.kind, key.id)


class Reveal(Command, frozen=True, tag="personal.reveal"):
    """Show one person's data to whoever asks, for a reason; the answer goes to the asker alone."""

    kind: str
    id: str
    reason: Reason

    needs: ClassVar[str] = "personal.reveal"

    def reads(self) -> tuple[Key, ...]:
        return (Key(self.kind, self.id),)

    def apply(self, state: State, actor: Actor, at: datetime) -> Iterable[Written]:
        self.find(state, actor)
        return ()

    def tells(self, state: State, actor: Actor) -> dict[str, Any]:
        return {"entity": msgspec.to_builtins(self.find(state, actor))}

    def find(self, state: State, actor: Actor) -> Entity:
        """Return what is to be revealed; raises `Refused`."""
        found, _ = state.find(Key(self.kind, self.id))
        if found is None or not found.personal:
            raise Refused("personal.unknown", kind=self.kind, id=self.id)
        if not actor.can(found.reveal):
            raise Refused("gate.forbidden", needs=found.reveal, actor=actor.name)
        return found


class Erase(Command, frozen=True, tag="personal.erase"):
    """Erase one person's data for ever: the entry, its revisions, and the commands that wrote it."""

    kind: str
    id: str
    reason: Reason

    needs: ClassVar[str] = "personal.erase"

    def reads(self) -> tuple[Key, ...]:
        return (Key(self.kind, self.id),)

    def apply(self, state: State, actor: Actor, at: datetime) -> Iterable[Written]:
        found, _ = state.find(Key(self.kind, self.id))
        if found is None or not found.personal:
            raise Refused("personal.unknown", kind=self.kind, id=self.id)
        yield Gone(self.kind, self.id)
        yield Erasure(id=f"{self.kind}:{self.id}", kind_erased=self.kind, by=actor.name, reason=self.reason, at=at)


class Erasure(Entity, frozen=True, kw_only=True):
    """The ledger of what was erased: whose, by whom and why; never what."""

    kind_erased: str
    by: str
    reason: str
    at: Moment
    finished: Moment | None = None

    needs: ClassVar[str] = "erasure.see"
    scope: ClassVar[Scope] = Scope.ARCHIVE
    change: ClassVar[Change] = Change.DECIDED
    keep: ClassVar[Keep] = Keep.HISTORY
    indexes: ClassVar[tuple[tuple[str, ...], ...]] = (("finished",),)


class FinishErasure(Command, frozen=True, tag="personal.erased"):
    """Note that nothing is left of what was to be erased, in store, copies and files."""

    id: str

    needs: ClassVar[str] = "personal.erased"

    def reads(self) -> tuple[Key, ...]:
        return (Key("erasure", self.id),)

    def apply(self, state: State, actor: Actor, at: datetime) -> Iterable[Written]:
        ledger = state.get(Erasure, self.id)
        if ledger is None:
            raise Refused("personal.unknown", kind="erasure", id=self.id)
        yield msgspec.structs.replace(ledger, finished=at)


class Enter(Command, frozen=True, tag="session.enter"):
    """Note that a person came to a desk."""

    desk: str
    by: str

    needs: ClassVar[str] = "session.note"

    def apply(self, state: State, actor: Actor, at: datetime) -> Iterable[Written]:
        return ()


class Leave(Command, frozen=True, tag="session.leave"):
    """Note that a person left a desk."""

    desk: str

    needs: ClassVar[str] = "session.note"

    def apply(self, state: State, actor: Actor, at: datetime) -> Iterable[Written]:
        return ()


class NoteRefusals(Command, frozen=True, tag="session.refused"):
    """Note what a guest was refused beside its commands: how often, by code, in a while."""

    guest: str
    counts: dict[str, int]

    needs: ClassVar[str] = "session.note"

    def apply(self, state: State, actor: Actor, at: datetime) -> Iterable[Written]:
        return ()


class ChangeAccount(Command, frozen=True, tag="account.change"):
    """Note that an account or a token was changed, by its administrator at the command line."""

    name: str
    what: str
    role: str = ""

    needs: ClassVar[str] = "account.change"

    def apply(self, state: State, actor: Actor, at: datetime) -> Iterable[Written]:
        return ()
