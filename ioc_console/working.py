"""The state that a group of wishes works on before it is stored: what lives, what the group wrote, archive rows."""

from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import cast

import msgspec
import sqlalchemy as sa

from ioc_console.journal import DONE
from ioc_console.model import Command, E, Entity, Key, Past, Refused, Written, kind_of
from ioc_console.store import Store
from ioc_console.words import Words


class Working:
    """The state that a group of wishes sees: the live kinds, what the group has written, and archive rows as read."""

    def __init__(self, live: dict[str, dict[str, Entity]], seqs: dict[Key, int], store: Store, words: Words) -> None:
        self.live, self.seqs, self.store, self.words = live, seqs, store, words
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

    def past(self, id: str) -> Past | None:
        """Return a command that was carried out, by its id."""
        entry = self.store.answered(self.connection, id) if self.connection is not None else None
        return Past(entry.tag, entry.actor, entry.at) if entry and entry.outcome == DONE else None

    def changes(self, id: str) -> Iterator[tuple[Key, int, Entity | None]]:
        """Yield what a command changed of *history* kinds, and what stood there before."""
        if self.connection is not None:
            yield from self.store.changes(self.connection, id)

    def undo_window(self, tag: str) -> timedelta | None:
        """Return for how long a command of a tag may be taken back."""
        order = self.words.commands.get(tag)
        return order.undo if order else None

    def command(self, encoded: str) -> Command:
        """Decode a command that was put aside."""
        try:
            return self.words.command_decoder.decode(encoded)  # type: ignore[no-any-return]
        except msgspec.MsgspecError as error:
            raise Refused("frame.malformed", reason=str(error)[:200]) from error

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
