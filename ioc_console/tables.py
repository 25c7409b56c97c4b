"""Real tables: one for each kind, derived from its struct, beside `revision` and `journal`."""

import types
import unicodedata
from datetime import UTC, datetime
from enum import Enum
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

import msgspec
import sqlalchemy as sa

from ioc_console.model import Entity, Keep, kind_of
from ioc_console.shapes import upgraded


class UtcDateTime(sa.types.TypeDecorator[datetime]):
    """A moment, always aware and in UTC, also where the database drops the zone."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        return value.astimezone(UTC) if value else None

    def process_result_value(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        if value is None or value.tzinfo:
            return value
        return value.replace(tzinfo=UTC)


COLUMNS: dict[type, Any] = {
    str: sa.Text,
    int: sa.BigInteger,
    float: sa.Double,
    bool: sa.Boolean,
    datetime: UtcDateTime,
}
FOLDED = "folded"


def fold(text: str) -> str:
    """Return text as it is searched: lower case, without accents, đ as d."""
    stripped = unicodedata.normalize("NFD", text.casefold().replace("đ", "d"))
    return "".join(char for char in stripped if not unicodedata.combining(char))


def column_type(hint: Any) -> Any:
    """Return the column type for a field's annotation: scalars and enums are columns, all else JSON."""
    if get_origin(hint) is Annotated:
        return column_type(get_args(hint)[0])
    if get_origin(hint) in (Union, types.UnionType):
        some = [arg for arg in get_args(hint) if arg is not type(None)]
        return column_type(some[0]) if len(some) == 1 else sa.JSON
    if isinstance(hint, type) and issubclass(hint, Enum):
        return sa.Text
    return COLUMNS.get(hint, sa.JSON) if isinstance(hint, type) else sa.JSON


def table_of(kind: type[Entity], metadata: sa.MetaData) -> sa.Table:
    """Return the table of a kind: its fields, the sequence of its last change, and a folded search column."""
    hints = get_type_hints(kind, include_extras=True)
    fields: list[sa.Column[Any]] = [
        sa.Column(name, column_type(hints[name]), primary_key=name == "id", nullable=name != "id")
        for name in kind.__struct_fields__
    ]
    more: list[sa.Column[Any]] = [sa.Column("seq", sa.BigInteger, nullable=False, index=True)]
    if kind.searched:
        more.append(sa.Column(FOLDED, sa.Text, nullable=False, server_default=""))
    name = kind_of(kind)
    indexes = [sa.Index(f"ix_{name}_{'_'.join(index)}", *index) for index in kind.indexes]
    return sa.Table(name, metadata, *fields, *more, *indexes)


class Tables:
    """Every table of a store."""

    def __init__(self, kinds: dict[str, type[Entity]]) -> None:
        self.metadata = sa.MetaData()
        kept = {name: kind for name, kind in kinds.items() if kind.keep is not Keep.PASSING}
        self.kinds = kept
        self.of = {name: table_of(kind, self.metadata) for name, kind in kept.items()}
        self.json = {
            name: frozenset(column.name for column in table.c if isinstance(column.type, sa.JSON))
            for name, table in self.of.items()
        }
        self.revision = revision_table(self.metadata)
        self.journal = journal_table(self.metadata)
        self.site = site_table(self.metadata)
        self.account = account_table(self.metadata)
        self.token = token_table(self.metadata)

    def row(self, entity: Entity, seq: int) -> dict[str, Any]:
        """Return an entity as a row of its kind's table."""
        kind = kind_of(type(entity))
        row = {
            name: msgspec.to_builtins(value) if name in self.json[kind] else plain(value)
            for name, value in ((name, getattr(entity, name)) for name in entity.__struct_fields__)
        }
        row["seq"] = seq
        if entity.searched:
            row[FOLDED] = fold(" ".join(str(getattr(entity, name) or "") for name in entity.searched))
        return row

    def entity(self, kind: str, row: sa.Row[Any]) -> Entity:
        """Return a row as the entity that it holds."""
        fields = self.kinds[kind].__struct_fields__
        mapping = row._mapping
        return msgspec.convert({name: mapping[name] for name in fields}, self.kinds[kind])

    def revived(self, row: sa.Row[Any]) -> Entity | None:
        """Return a revision as the entity of today's shape, or None where it went."""
        if row.body is None:
            return None
        kind = self.kinds[row.kind]
        return msgspec.convert(upgraded(msgspec.json.decode(row.body), kind, row.shape), kind)


def plain(value: Any) -> Any:
    """Return a scalar as the database takes it."""
    return value.value if isinstance(value, Enum) else value


def revision_table(metadata: sa.MetaData) -> sa.Table:
    """Return the table of every state that an entity of a *history* kind has had; no body means that it went."""
    return sa.Table(
        "revision",
        metadata,
        sa.Column("kind", sa.Text, primary_key=True),
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("seq", sa.BigInteger, primary_key=True),
        sa.Column("at", UtcDateTime, nullable=False),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("cause", sa.Text, nullable=False),
        sa.Column("shape", sa.Integer, nullable=False),
        sa.Column("body", sa.Text, nullable=True),
        sa.Index("ix_revision_at", "kind", "at"),
        sa.Index("ix_revision_seq", "seq"),
        sa.Index("ix_revision_cause", "cause"),
    )


def site_table(metadata: sa.MetaData) -> sa.Table:
    """Return the table of what the store knows of itself: the last sequence, and the shape of each kind's rows."""
    return sa.Table(
        "site", metadata, sa.Column("id", sa.Text, primary_key=True), sa.Column("value", sa.Text, nullable=False)
    )


def account_table(metadata: sa.MetaData) -> sa.Table:
    """Return the table of who may log in, with nothing that would let anybody else do so."""
    return sa.Table(
        "account",
        metadata,
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("shown", sa.Text, nullable=False),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("password", sa.Text, nullable=False),
        sa.Column("pin", sa.Text, nullable=False),
        sa.Column("totp", sa.Text, nullable=False),
        sa.Column("totp_step", sa.BigInteger, nullable=False),
        sa.Column("failures", sa.Integer, nullable=False),
        sa.Column("locked_until", UtcDateTime, nullable=True),
        sa.Column("disabled", sa.Boolean, nullable=False),
        sa.Column("made", UtcDateTime, nullable=False),
    )


def token_table(metadata: sa.MetaData) -> sa.Table:
    """Return the table of tokens, by hash: those of screens and plugins, and those of persons at a desk."""
    return sa.Table(
        "token",
        metadata,
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("hash", sa.Text, nullable=False, unique=True),
        sa.Column("account", sa.Text, nullable=False, index=True),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("desk", sa.Text, nullable=False),
        sa.Column("made", UtcDateTime, nullable=False),
        sa.Column("expires", UtcDateTime, nullable=False),
        sa.Column("revoked", UtcDateTime, nullable=True),
    )


def journal_table(metadata: sa.MetaData) -> sa.Table:
    """Return the table of commands and refusals, chained by hash over salted hashes of the payloads."""
    return sa.Table(
        "journal",
        metadata,
        sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("seq", sa.BigInteger, nullable=False),
        sa.Column("at", UtcDateTime, nullable=False),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("desk", sa.Text, nullable=False),
        sa.Column("command_id", sa.Text, nullable=False, unique=True),
        sa.Column("tag", sa.Text, nullable=False),
        sa.Column("outcome", sa.Text, nullable=False),
        sa.Column("facts", sa.Text, nullable=False),
        sa.Column("payload", sa.Text, nullable=True),
        sa.Column("salt", sa.Text, nullable=False),
        sa.Column("payload_hash", sa.Text, nullable=False),
        sa.Column("hash", sa.Text, nullable=False),
        sa.Index("ix_journal_at", "at"),
    )
