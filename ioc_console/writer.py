"""The writer: carries out changes one at a time, in order, in groups that commit together."""

import logging
from collections.abc import Callable, Iterable
from contextlib import nullcontext
from datetime import datetime
from typing import Any, cast

import msgspec
import sqlalchemy as sa

from ioc_console.gate import admit_command, admit_put
from ioc_console.journal import DONE, Entry, chained
from ioc_console.model import (
    MOST_BYTES,
    Actor,
    Done,
    E,
    Entity,
    Envelope,
    Gone,
    Keep,
    Key,
    Refused,
    Scope,
    Written,
    kind_of,
)
from ioc_console.store import Store, Write


class Put(msgspec.Struct, frozen=True):
    """Observed entities that their source puts or withdraws, as one change."""

    actor: Actor
    written: tuple[Written, ...]


class Give(msgspec.Struct, frozen=True):
    """A command that somebody gives; `outcome` is set where a plugin has carried it out on the world already."""

    actor: Actor
    envelope: Envelope
    outcome: Done | Refused | None = None


log = logging.getLogger(__name__)
Wish = Put | Give
CLOSED = frozenset({"store.locked", "store.full", "store.read_only", "store.disk_error"})
"""Refusals that every other wish would meet too."""


class Made(msgspec.Struct, frozen=True):
    """What became of one wish: its answer, and what it changed."""

    answer: Done | Refused
    seq: int
    written: tuple[Written, ...] = ()


class Working:
    """The state that a group of wishes sees: the live kinds, what the group has written, and archive rows as read."""

    def __init__(self, live: dict[str, dict[str, Entity]], seqs: dict[Key, int], store: Store) -> None:
        self.live = live
        self.seqs = seqs
        self.store = store
        self.connection: sa.Connection | None = None
        self.written: dict[Key, tuple[Entity | None, int]] = {}

    def find(self, key: Key) -> tuple[Entity | None, int]:
        """Return an entity, or None, with the sequence of its last change."""
        if key in self.written:
            return self.written[key]
        if key.kind in self.live:
            return self.live[key.kind].get(key.id), self.seqs.get(key, 0)
        if self.connection is None or key.kind not in self.store.tables.of:
            return None, 0
        return self.store.get(self.connection, key) or (None, 0)

    def get(self, kind: type[E], id: str) -> E | None:
        """Return one entity, or None."""
        return cast(E | None, self.find(Key(kind_of(kind), id))[0])

    def all(self, kind: type[E]) -> Iterable[E]:
        """Return every entity of a live kind."""
        name = kind_of(kind)
        merged = {
            **self.live[name],
            **{key.id: entity for key, (entity, _) in self.written.items() if key.kind == name},
        }
        return [cast(E, entity) for entity in merged.values() if entity is not None]

    def write(self, written: Written, seq: int) -> None:
        """Let later wishes of the group see a change."""
        self.written[written.key] = (written if isinstance(written, Entity) else None, seq)

    def count(self, kind: str) -> int:
        """Return how many entities of a live kind there are."""
        changed = [(key, entity) for key, (entity, _) in self.written.items() if key.kind == kind]
        live = self.live[kind]
        return len(live) + sum((entity is not None) - (key.id in live) for key, entity in changed)

    def settle(self) -> None:
        """Make the group's changes the state of the live kinds."""
        for key, (entity, seq) in self.written.items():
            if key.kind not in self.live:
                continue
            self.seqs[key] = seq
            if entity is None:
                self.live[key.kind].pop(key.id, None)
            else:
                self.live[key.kind][key.id] = entity


class Writer:
    """Owns the truth: every change passes through `carry_out`, called from one thread at a time."""

    def __init__(self, store: Store, kinds: dict[str, type[Entity]], now: Callable[[], datetime]) -> None:
        self.store = store
        self.kinds = kinds
        self.now = now
        self.live: dict[str, dict[str, Entity]] = {n: {} for n, kind in kinds.items() if kind.scope is Scope.LIVE}
        self.seqs: dict[Key, int] = {}
        self.seq, self.number, self.head = store.head()

    def load(self) -> None:
        """Fill the live kinds from the store."""
        for name in self.live:
            if self.kinds[name].keep is Keep.PASSING:
                continue
            for entity, seq in self.store.load(name):
                self.live[name][entity.id] = entity
                self.seqs[entity.key] = seq

    def carry_out(self, wishes: list[Wish]) -> list[Made]:
        """Carry out a group; where one of its changes cannot be stored, each is tried alone.

        A wish that only passes (nothing of it is stored) is carried out whatever the database does. Where the
        database takes nothing at all, the others are refused together: each alone would wait as long again.
        """
        try:
            return self.group(wishes)
        except Refused as refused:
            alone = len(wishes) > 1 and refused.code not in CLOSED
            refusal = Made(answer=refused, seq=self.seq)
        return [self.carry_out([wish])[0] if alone or not self.is_stored(wish) else refusal for wish in wishes]

    def group(self, wishes: list[Wish]) -> list[Made]:
        """Carry out a group in one transaction; raises `Refused` where it cannot be stored, leaving all as it was."""
        stored = any(self.is_stored(wish) for wish in wishes)
        mark = (self.seq, self.number, self.head)
        working = Working(self.live, self.seqs, self.store)
        try:
            with self.store.transaction() if stored else nullcontext() as connection:
                working.connection = connection
                made, writes, entries = self.make_all(wishes, working)
                if connection is not None:
                    self.store.write(connection, writes)
                    self.store.enter(connection, entries)
        except BaseException:
            self.seq, self.number, self.head = mark
            raise
        working.settle()
        return made

    def make_all(self, wishes: list[Wish], working: Working) -> tuple[list[Made], list[Write], list[Entry]]:
        """Apply wishes one after another; return what became of each, and what is to be stored."""
        made, writes, entries = [], [], []
        at = self.now()
        for wish in wishes:
            outcome, entry = self.make(wish, working, at)
            made.append(outcome)
            cause = wish.envelope.id if isinstance(wish, Give) else ""
            writes += [
                Write(outcome.seq, at, wish.actor.name, cause, written)
                for written in outcome.written
                if self.kinds[written.kind if isinstance(written, Gone) else kind_of(type(written))].keep
                is not Keep.PASSING
            ]
            entries += [entry] if entry else []
        return made, writes, entries

    def make(self, wish: Wish, working: Working, at: datetime) -> tuple[Made, Entry | None]:
        """Apply one wish; return what became of it and its line for the journal."""
        if isinstance(wish, Put):
            return self.make_put(wish, working), None
        first = self.first_answer(wish, working)
        if first:
            return Made(answer=first, seq=self.seq), None
        try:
            written = self.decide(wish, working, at)
            done = wish.outcome if isinstance(wish.outcome, Done) else Done(wish.envelope.id, self.seq + 1)
            made = self.accept(written, working, msgspec.structs.replace(done, seq=self.seq + 1))
        except Refused as refused:
            self.seq += 1
            made = Made(answer=refused, seq=self.seq)
        except Exception:
            log.exception("%s failed", wish.envelope.command.__struct_config__.tag)
            self.seq += 1
            made = Made(answer=Refused("command.failed"), seq=self.seq)
        return made, self.entry(wish, made, at)

    def make_put(self, wish: Put, working: Working) -> Made:
        """Apply what a source observed."""
        try:
            for written in wish.written:
                admit_put(wish.actor, written, self.kinds)
            return self.accept(wish.written, working, Done("", self.seq + 1))
        except Refused as refused:
            return Made(answer=refused, seq=self.seq)

    def decide(self, wish: Give, working: Working, at: datetime) -> tuple[Written, ...]:
        """Return what a command changes; raises `Refused`."""
        if isinstance(wish.outcome, Refused):
            raise wish.outcome
        if wish.outcome:
            return ()
        admit_command(wish.actor, wish.envelope, at)
        command = wish.envelope.command
        if command.fresh:
            for key in command.reads():
                if working.find(key)[1] > wish.envelope.seen:
                    raise Refused("command.stale", kind=key.kind, id=key.id)
        return tuple(command.apply(working, wish.actor, at))

    def accept(self, written: tuple[Written, ...], working: Working, answer: Done) -> Made:
        """Take changes into the working state under one sequence; raises `Refused` where one is out of bounds."""
        for one in written:
            key = one.key
            if isinstance(one, Entity):
                check_size(one)
                kind = self.kinds[key.kind]
                new = key.kind in self.live and working.find(key)[0] is None
                if new and working.count(key.kind) >= kind.most:
                    raise Refused("entity.too_many", kind=key.kind, most=kind.most)
        self.seq += 1
        for one in written:
            working.write(one, self.seq)
        return Made(answer=answer, seq=self.seq, written=written)

    def first_answer(self, wish: Give, working: Working) -> Done | Refused | None:
        """Return the answer that a command's id got before, if it did."""
        if working.connection is None:
            return None
        entry = self.store.answered(working.connection, wish.envelope.id)
        if entry is None:
            return None
        facts: dict[str, Any] = msgspec.json.decode(entry.facts)
        return Done(entry.command_id, entry.seq, facts) if entry.outcome == DONE else Refused(entry.outcome, **facts)

    def entry(self, wish: Give, made: Made, at: datetime) -> Entry:
        """Return a command's line for the journal, chained to the one before."""
        envelope, answer = wish.envelope, made.answer
        self.number += 1
        entry = Entry(
            number=self.number, seq=made.seq, at=at, actor=wish.actor.name, desk=envelope.desk,
            command_id=envelope.id, tag=str(envelope.command.__struct_config__.tag),
            outcome=answer.code if isinstance(answer, Refused) else DONE,
            facts=msgspec.json.encode(answer.facts).decode(),
            payload=msgspec.json.encode(envelope.command).decode(),
        )  # fmt: skip
        sealed = chained(entry, self.head)
        self.head = sealed.hash
        return sealed

    def is_stored(self, wish: Wish) -> bool:
        """Say whether anything of a wish goes to the store: every command does, for the journal."""
        if isinstance(wish, Give):
            return True
        kinds = (self.kinds.get(one.key.kind) for one in wish.written)
        return any(kind is not None and kind.keep is not Keep.PASSING for kind in kinds)


def check_size(entity: Entity) -> None:
    """Raise `Refused` where an entity is larger than a frame may carry."""
    size = len(msgspec.json.encode(entity))
    if size > MOST_BYTES:
        raise Refused("entity.too_large", kind=entity.key.kind, bytes=size, most=MOST_BYTES)
