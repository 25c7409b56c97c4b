"""Kinds and commands for the tests of the core: a note decided on, a reading observed, an archive of letters."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import ClassVar

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
    WorldCommand,
    Written,
)


class Note(Entity, frozen=True, kw_only=True):
    """A text that people decide on; with an expiry it is struck by the clock."""

    text: str
    count: int = 0
    expires: Moment | None = None

    change: ClassVar[Change] = Change.DECIDED
    keep: ClassVar[Keep] = Keep.HISTORY
    most: ClassVar[int] = 300

    def due(self) -> Due | None:
        return Due(self.expires, StrikeNote(self.id)) if self.expires else None


class Reading(Entity, frozen=True, kw_only=True):
    """A figure that a sensor observes, kept as it is now."""

    value: float
    at: Moment

    source: ClassVar[str] = "sensor"
    keep: ClassVar[Keep] = Keep.LAST
    most: ClassVar[int] = 2_000


class Pulse(Entity, frozen=True, kw_only=True):
    """A figure that passes."""

    value: int

    source: ClassVar[str] = "sensor"
    keep: ClassVar[Keep] = Keep.PASSING


class Letter(Entity, frozen=True, kw_only=True):
    """One of very many letters."""

    subject: str
    ward: str
    received: Moment
    urgent: bool = False
    tags: tuple[str, ...] = ()

    source: ClassVar[str] = "sensor"
    scope: ClassVar[Scope] = Scope.ARCHIVE
    keep: ClassVar[Keep] = Keep.LAST
    indexes: ClassVar[tuple[tuple[str, ...], ...]] = (("ward", "received"), ("received",))
    searched: ClassVar[tuple[str, ...]] = ("subject",)


class Secret(Entity, frozen=True, kw_only=True):
    """Something that a wall may not see whole."""

    text: str

    needs: ClassVar[str] = "console.see"
    source: ClassVar[str] = "sensor"
    keep: ClassVar[Keep] = Keep.LAST

    def seen(self, actor: Actor) -> "Secret | None":
        return self if actor.can("secret.see") else None


class Caller(Entity, frozen=True, kw_only=True):
    """Somebody who called, by name and telephone: personal data."""

    name: str
    phone: str

    needs: ClassVar[str] = "caller.see"
    reveal: ClassVar[str] = "caller.reveal"
    personal: ClassVar[bool] = True
    scope: ClassVar[Scope] = Scope.ARCHIVE
    change: ClassVar[Change] = Change.DECIDED
    keep: ClassVar[Keep] = Keep.HISTORY


class NoteCaller(Command, frozen=True, tag="caller.note"):
    """Note who called."""

    id: str
    name: str
    phone: str

    needs: ClassVar[str] = "wall.note"

    def reads(self) -> tuple[Key, ...]:
        return (Key("caller", self.id),)

    def apply(self, state: State, actor: Actor, at: datetime) -> Iterable[Written]:
        if self.name == "nobody":
            raise Refused("sequence.unknown", sequence=self.id)
        yield Caller(id=self.id, name=self.name, phone=self.phone)


class WriteNote(Command, frozen=True, tag="note.write"):
    """Write a note, or write over it."""

    id: str
    text: str
    lasts_s: float = 0.0

    needs: ClassVar[str] = "wall.note"
    undo: ClassVar[timedelta | None] = timedelta(minutes=5)

    def reads(self) -> tuple[Key, ...]:
        return (Key("note", self.id),)

    def apply(self, state: State, actor: Actor, at: datetime) -> Iterable[Written]:
        if self.text == "boom":
            raise ValueError("a bug")
        before = state.get(Note, self.id)
        expires = at + timedelta(seconds=self.lasts_s) if self.lasts_s else None
        yield Note(id=self.id, text=self.text, count=before.count + 1 if before else 1, expires=expires)


class EditNote(WriteNote, frozen=True, tag="note.edit"):
    """Write over a note that nobody has changed meanwhile."""

    fresh: ClassVar[bool] = True


class StrikeNote(Command, frozen=True, tag="note.strike"):
    """Strike a note."""

    id: str

    needs: ClassVar[str] = "wall.note"

    def reads(self) -> tuple[Key, ...]:
        return (Key("note", self.id),)

    def apply(self, state: State, actor: Actor, at: datetime) -> Iterable[Written]:
        if state.get(Note, self.id) is None:
            raise Refused("sequence.unknown", sequence=self.id)
        yield Gone("note", self.id)


class StrikeAll(Command, frozen=True, tag="note.strike_all"):
    """Strike every note: it takes a second person."""

    needs: ClassVar[str] = "wall.note"
    undo: ClassVar[timedelta | None] = timedelta(minutes=5)

    def apply(self, state: State, actor: Actor, at: datetime) -> Iterable[Written]:
        yield from (Gone("note", note.id) for note in state.all(Note))


class Ring(WorldCommand, frozen=True, tag="bell.ring"):
    """Ring the bell."""

    times: int

    needs: ClassVar[str] = "wall.note"
    carrier: ClassVar[str] = "sensor"
