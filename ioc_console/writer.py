"""The writer: carries out changes one at a time, in order, in groups that commit together."""

import logging
from collections.abc import Callable
from contextlib import nullcontext
from datetime import datetime

import msgspec

from ioc_console.deciding import check_storable, decide, first_answer
from ioc_console.gate import admit_put
from ioc_console.journal import DONE, Entry, chained
from ioc_console.model import (
    Done,
    Entity,
    Gone,
    Keep,
    Key,
    Refused,
    Scope,
    Written,
    kind_of,
    tag_of,
)
from ioc_console.rights import Rights
from ioc_console.store import Head, Store, Write
from ioc_console.wishes import Give, Made, Put, Wish
from ioc_console.words import Words
from ioc_console.working import Working

log = logging.getLogger(__name__)
CLOSED = frozenset(
    {"store.locked", "store.full", "store.read_only", "store.disk_error", "store.unreachable", "store.led"}
)
"""Refusals that every other wish would meet too."""


class Doubt(msgspec.Struct, frozen=True):
    """A group whose commit failed, so that only the database knows whether it stands."""

    working: Working
    made: list[Made]
    head: Head


class Writer:
    """Owns the truth: every change passes through `carry_out`, called from one thread at a time."""

    def __init__(self, store: Store, words: Words, now: Callable[[], datetime], rights: Rights) -> None:
        self.store, self.words, self.now, self.rights = store, words, now, rights
        self.kinds = kinds = words.kinds
        self.live: dict[str, dict[str, Entity]] = {n: {} for n, kind in kinds.items() if kind.scope is Scope.LIVE}
        self.seqs: dict[Key, int] = {}
        with store.transaction() as connection:
            self.head = store.head(connection)
        self.doubt: Doubt | None = None
        self.late: list[Made] = []

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
            self.settle_doubt()
            return self.group(wishes)
        except Refused as refused:
            alone = len(wishes) > 1 and refused.code not in CLOSED
            refusal = Made(answer=refused, seq=self.seq)
        if alone:
            return [self.carry_out([wish])[0] for wish in wishes]
        return [refusal if self.is_stored(wish) else self.group([wish])[0] for wish in wishes]

    @property
    def head(self) -> Head:
        """How far the writer has come."""
        return Head(self.seq, self.number, self.hash)

    @head.setter
    def head(self, head: Head) -> None:
        self.seq, self.number, self.hash = head.seq, head.number, head.hash

    def settle_doubt(self) -> None:
        """Learn whether a group whose commit failed stands after all: then it is published late, as of now.

        The refusals that its commands got are no lie to whoever tries again: the journal gives the first answer.
        """
        if self.doubt is None:
            return
        doubt = self.doubt
        with self.store.transaction() as connection:
            stands = self.store.head(connection) == doubt.head
        self.doubt = None
        if not stands:
            return
        seq = max(self.seq, doubt.head.seq) + 1
        self.head = msgspec.structs.replace(doubt.head, seq=seq)
        doubt.working.written = {key: (entity, seq) for key, (entity, _) in doubt.working.written.items()}
        doubt.working.settle()
        self.late += [msgspec.structs.replace(made, seq=seq) for made in doubt.made]

    def group(self, wishes: list[Wish]) -> list[Made]:
        """Carry out a group in one transaction; raises `Refused` where it cannot be stored, leaving all as it was."""
        mark = self.head
        working = Working(self.live, self.seqs, self.store, self.words)
        try:
            with self.store.transaction() if any(map(self.is_stored, wishes)) else nullcontext() as connection:
                working.connection = connection
                made, writes, entries = self.make_all(wishes, working)
                if connection is not None:
                    self.store.write(connection, writes)
                    self.store.enter(connection, entries)
                    self.store.advance(connection, self.seq)
                    self.doubt = Doubt(working, made, self.head)
        except BaseException:
            self.head = mark
            raise
        if connection is not None:
            self.doubt = None
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
        first = first_answer(wish, working)
        if first:
            return Made(answer=first, seq=self.seq), None
        try:
            written, done = decide(wish, working, at, self.rights, self.seq)
            done = msgspec.structs.replace(done, seq=self.seq + 1)
            made = self.accept(written, working, done)
        except Refused as refused:
            self.seq += 1
            made = Made(answer=refused, seq=self.seq)
        except Exception:
            log.exception("%s failed", tag_of(wish.envelope.command))
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

    def accept(self, written: tuple[Written, ...], working: Working, answer: Done) -> Made:
        """Take changes into the working state under one sequence; raises `Refused` where one is out of bounds."""
        for one in written:
            key = one.key
            if isinstance(one, Entity):
                check_storable(one)
                kind = self.kinds[key.kind]
                new = key.kind in self.live and working.find(key)[0] is None
                if new and working.count(key.kind) >= kind.most:
                    raise Refused("entity.too_many", kind=key.kind, most=kind.most)
        self.seq += 1
        for one in written:
            working.write(one, self.seq)
        return Made(answer=answer, seq=self.seq, written=written)

    def entry(self, wish: Give, made: Made, at: datetime) -> Entry:
        """Return a command's line for the journal, chained to the one before."""
        envelope, answer = wish.envelope, made.answer
        self.number += 1
        entry = Entry(
            number=self.number, seq=made.seq, at=at, actor=wish.actor.name, desk=envelope.desk,
            command_id=envelope.id, tag=tag_of(envelope.command),
            outcome=answer.code if isinstance(answer, Refused) else DONE,
            facts=msgspec.json.encode(answer.facts).decode(),
            payload=msgspec.json.encode(envelope.command).decode(),
        )  # fmt: skip
        sealed = chained(entry, self.hash)
        self.hash = sealed.hash
        return sealed

    def is_stored(self, wish: Wish) -> bool:
        """Say whether anything of a wish goes to the store: every command does, for the journal."""
        if isinstance(wish, Give):
            return True
        kinds = (self.kinds.get(one.key.kind) for one in wish.written)
        return any(kind is not None and kind.keep is not Keep.PASSING for kind in kinds)
