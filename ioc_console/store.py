"""The store: tables, revisions and journal in one database, written by one thread and read by others."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from itertools import groupby
from typing import Any

import msgspec
import sqlalchemy as sa

from ioc_console.databases import Database, Use, in_words, upsert
from ioc_console.journal import GENESIS, Entry, entry_of, verify
from ioc_console.model import Entity, Keep, Key, Moment, Page, Refused, Written
from ioc_console.tables import FOLDED, Tables, UtcDateTime, fold
from ioc_console.views import Is, View

SEQ = "seq"
RELATIONS = {
    Is.EQUAL: lambda column, value: column.is_(None) if value is None else column == value,
    Is.UNEQUAL: lambda column, value: column.is_not(None) if value is None else column != value,
    Is.LESS: lambda column, value: column < value,
    Is.LESS_EQUAL: lambda column, value: column <= value,
    Is.MORE: lambda column, value: column > value,
    Is.MORE_EQUAL: lambda column, value: column >= value,
    Is.ANY_OF: lambda column, value: column.in_(value),
}


class Write(msgspec.Struct, frozen=True):
    """One entity written or gone, at which sequence, by whom and because of which command."""

    seq: int
    at: Moment
    by: str
    cause: str
    written: Written


class Head(msgspec.Struct, frozen=True):
    """How far a store has come: the last sequence, and the journal's last number and hash."""

    seq: int
    number: int
    hash: str


class Store:
    """One site's database; raises `Refused` with a `store.*` code for whatever the database cannot do."""

    def __init__(self, url: str, kinds: dict[str, type[Entity]], use: Use = Use.LEAD) -> None:
        self.tables = Tables(kinds)
        self.database = Database(url, use)
        self.writer, self.reader = self.database.writer, self.database.reader
        with self.transaction() as connection:
            self.tables.metadata.create_all(connection)

    def close(self) -> None:
        """Close every connection."""
        self.database.close()

    @contextmanager
    def transaction(self) -> Iterator[sa.Connection]:
        """Give a connection whose writes commit together at the end, or not at all."""
        with in_words(), self.writer.begin() as connection:
            yield connection

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """Give a connection that only reads."""
        with in_words(), self.reader.connect() as connection:
            yield connection

    def probe(self) -> None:
        """Raise `Refused` where the database does not answer."""
        with self.reading() as connection:
            connection.execute(sa.select(1))

    def load(self, kind: str) -> list[tuple[Entity, int]]:
        """Return every entity of a kind with its sequence."""
        with self.reading() as connection:
            rows = connection.execute(sa.select(self.tables.of[kind]))
            return [(self.tables.entity(kind, row), row.seq) for row in rows]

    def get(self, connection: sa.Connection, key: Key) -> tuple[Entity, int] | None:
        """Return one entity and its sequence, as the connection's transaction sees it."""
        table = self.tables.of[key.kind]
        row = connection.execute(sa.select(table).where(table.c.id == key.id)).first()
        return (self.tables.entity(key.kind, row), row.seq) if row else None

    def head(self, connection: sa.Connection) -> Head:
        """Return how far the store has come, as the connection's transaction sees it."""
        seq = connection.scalar(sa.select(self.tables.site.c.value).where(self.tables.site.c.id == SEQ))
        journal = self.tables.journal
        last = connection.execute(sa.select(journal).order_by(journal.c.number.desc()).limit(1)).first()
        return Head(int(seq or 0), last.number, last.hash) if last else Head(int(seq or 0), 0, GENESIS)

    def advance(self, connection: sa.Connection, seq: int) -> None:
        """Note the last sequence given out."""
        connection.execute(upsert(self.tables.site, connection.dialect.name), {"id": SEQ, "value": str(seq)})

    def write(self, connection: sa.Connection, writes: list[Write]) -> None:
        """Bring tables and revisions up to the writes; where one entity is written twice, the last stands."""
        newest = {write.written.key: write for write in writes}
        ordered = sorted(newest.values(), key=lambda write: write.written.key)
        for kind, group in groupby(ordered, key=lambda write: write.written.key.kind):
            self.write_kind(connection, kind, list(group))
        kept = [write for write in writes if self.tables.kinds[write.written.key.kind].keep is Keep.HISTORY]
        if kept:
            connection.execute(sa.insert(self.tables.revision), [self.revision(write) for write in kept])

    def write_kind(self, connection: sa.Connection, kind: str, writes: list[Write]) -> None:
        """Write the newest states of one kind into its table."""
        table = self.tables.of[kind]
        puts = [write for write in writes if isinstance(write.written, Entity)]
        gone = [{"gone_id": write.written.id} for write in writes if not isinstance(write.written, Entity)]
        if gone:
            connection.execute(sa.delete(table).where(table.c.id == sa.bindparam("gone_id")), gone)
        if puts:
            rows = [self.tables.row(write.written, write.seq) for write in puts if isinstance(write.written, Entity)]
            connection.execute(upsert(table, connection.dialect.name), rows)

    def revision(self, write: Write) -> dict[str, Any]:
        """Return a write as a row of the revisions."""
        entity = write.written if isinstance(write.written, Entity) else None
        key = write.written.key
        return {
            "kind": key.kind, "id": key.id, "seq": write.seq, "at": write.at, "by": write.by, "cause": write.cause,
            "shape": self.tables.kinds[key.kind].shape,
            "body": msgspec.json.encode(entity).decode() if entity else None,
        }  # fmt: skip

    def enter(self, connection: sa.Connection, entries: list[Entry]) -> None:
        """Write entries into the journal."""
        if entries:
            connection.execute(sa.insert(self.tables.journal), [msgspec.structs.asdict(entry) for entry in entries])

    def answered(self, connection: sa.Connection, command_id: str) -> Entry | None:
        """Return the journal's entry of a command, which holds its first answer."""
        journal = self.tables.journal
        row = connection.execute(sa.select(journal).where(journal.c.command_id == command_id)).first()
        return entry_of(row._mapping) if row else None

    def changes(self, connection: sa.Connection, cause: str) -> list[tuple[Key, int, Entity | None]]:
        """Return what a command changed of *history* kinds: key, sequence, and what stood there before."""
        revision = self.tables.revision
        rows = connection.execute(sa.select(revision).where(revision.c.cause == cause)).all()
        return [(Key(row.kind, row.id), row.seq, self.before(connection, row)) for row in rows]

    def before(self, connection: sa.Connection, row: sa.Row[Any]) -> Entity | None:
        """Return what an entity was before one of its revisions."""
        revision = self.tables.revision
        same = (revision.c.kind == row.kind) & (revision.c.id == row.id) & (revision.c.seq < row.seq)
        last = connection.execute(sa.select(revision).where(same).order_by(revision.c.seq.desc()).limit(1)).first()
        return self.tables.revived(last) if last else None

    def verify_journal(self) -> int | None:
        """Return the number of the first entry that breaks the chain, or None."""
        journal = self.tables.journal
        with self.reading() as connection:
            rows = connection.execute(sa.select(journal).order_by(journal.c.number)).yield_per(1_000)
            return verify(entry_of(row._mapping) for row in rows)

    def page(self, view: View) -> Page:
        """Read one page of a View over a stored kind."""
        if view.kind not in self.tables.of:
            raise Refused("view.kind_unknown", kind=view.kind)
        table = self.tables.of[view.kind]
        matching = [condition(table, where.field, where.relation, where.value) for where in view.where]
        if view.search:
            matching += search_conditions(table, view)
        order = [ordering(table, name) for name in view.order]
        rows = sa.select(table).where(*matching).order_by(*order, table.c.id).offset(view.offset).limit(view.limit)
        with self.reading() as connection:
            found = tuple(self.tables.entity(view.kind, row) for row in connection.execute(rows))
            total = connection.scalar(sa.select(sa.func.count()).select_from(table).where(*matching)) or 0
            counts = self.counts(connection, table, view.counts, matching) if view.counts else {}
        return Page(view=view, rows=found, total=total, counts=counts)

    def counts(self, connection: sa.Connection, table: sa.Table, field: str, matching: list[Any]) -> dict[str, int]:
        """Return how many rows match, by the values of a field."""
        column = column_of(table, field)
        rows = connection.execute(sa.select(column, sa.func.count()).where(*matching).group_by(column).limit(1_000))
        return {str(value): count for value, count in rows}


def column_of(table: sa.Table, field: str) -> sa.Column[Any]:
    """Return a kind's scalar column; raises `Refused` where it has none of that name."""
    column = table.c.get(field)
    if column is None or isinstance(column.type, sa.JSON):
        raise Refused("view.field_unknown", kind=str(table.name), field=field)
    return column


def condition(table: sa.Table, field: str, relation: Is, value: Any) -> Any:
    """Return a View's condition in SQL."""
    if isinstance(value, tuple) is not (relation is Is.ANY_OF):
        raise Refused("view.value_wrong", kind=str(table.name), field=field)
    column = column_of(table, field)
    return RELATIONS[relation](column, moments(value) if isinstance(column.type, UtcDateTime) else value)


def moments(value: Any) -> Any:
    """Return the moment, or moments, that ISO 8601 text names; raises `Refused` where it names none."""
    if isinstance(value, tuple):
        return tuple(moments(one) for one in value)
    try:
        found = datetime.fromisoformat(value) if value is not None else None
    except (TypeError, ValueError) as error:
        raise Refused("view.moment_wrong", found=str(value)[:40]) from error
    if found and found.tzinfo is None:
        raise Refused("view.moment_wrong", found=str(value)[:40])
    return found


def ordering(table: sa.Table, name: str) -> Any:
    """Return a View's ordering in SQL."""
    column = column_of(table, name.removeprefix("-"))
    return column.desc() if name.startswith("-") else column.asc()


def search_conditions(table: sa.Table, view: View) -> Iterable[Any]:
    """Return the conditions under which every word searched stands in the folded column."""
    if FOLDED not in table.c:
        raise Refused("view.not_searchable", kind=view.kind)
    return [table.c[FOLDED].contains(word, autoescape=True) for word in fold(view.search).split()]
