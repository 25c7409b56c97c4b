"""Tokens: long random words, kept by their hash, that prove a screen, a plugin or a person until they expire."""

import hashlib
import secrets
from collections.abc import Callable
from datetime import datetime, timedelta

import msgspec
import sqlalchemy as sa

from ioc_console.model import Moment, Refused
from ioc_console.store import Store

PREFIX, TRUST = "ioc_", "trust"
KEPT = timedelta(days=90)
"""How long an expired or revoked token stays in the list, so that somebody can see that there was one."""


class Token(msgspec.Struct, frozen=True, kw_only=True):
    """One token as its administrator sees it: the name that it proves, and the desk, where it holds only there."""

    id: str
    account: str
    role: str
    desk: str
    made: Moment
    expires: Moment
    revoked: Moment | None


class Tokens:
    """The tokens of one store."""

    def __init__(self, store: Store, now: Callable[[], datetime]) -> None:
        self.store, self.now, self.table = store, now, store.tables.token

    def issue(self, account: str, role: str, desk: str, lasts: timedelta) -> tuple[str, Token]:
        """Make a token; return the word, which is nowhere kept, and its entry."""
        word, now = PREFIX + secrets.token_urlsafe(32), self.now()
        token = Token(
            id=secrets.token_hex(4), account=account, role=role, desk=desk, made=now, expires=now + lasts, revoked=None
        )
        with self.store.transaction() as connection:
            connection.execute(sa.delete(self.table).where(self.table.c.expires < now - KEPT))
            connection.execute(sa.insert(self.table), {**msgspec.structs.asdict(token), "hash": digest(word)})
        return word, token

    def find(self, word: str) -> Token | None:
        """Return the token that a word proves, if it has neither expired nor been revoked."""
        table = self.table
        with self.store.reading() as connection:
            row = connection.execute(sa.select(table).where(table.c.hash == digest(word))).first()
        if row is None or row.role == TRUST or row.revoked or row.expires <= self.now():
            return None
        return token_of_row(row)

    def trusted_until(self, account: str, desk: str) -> datetime | None:
        """Return until when a desk trusts a person's PIN: a shift from the last password there, unless revoked."""
        table = self.table
        mine = (table.c.account == account) & (table.c.desk == desk) & (table.c.role == TRUST)
        alive = table.c.revoked.is_(None) & (table.c.expires > self.now())
        with self.store.reading() as connection:
            until: datetime | None = connection.scalar(sa.select(sa.func.max(table.c.expires)).where(mine, alive))
        return until

    def list(self) -> list[Token]:
        """Return every token, by account."""
        with self.store.reading() as connection:
            rows = connection.execute(sa.select(self.table).order_by(self.table.c.account, self.table.c.made)).all()
        return [token_of_row(row) for row in rows]

    def revoke(self, id: str) -> None:
        """Revoke one token; raises `Refused` where there is none of that id."""
        with self.store.transaction() as connection:
            mine = self.table.c.id == id
            changed = connection.execute(sa.update(self.table).where(mine).values(revoked=self.now()))
        if changed.rowcount == 0:
            raise Refused("account.token_unknown", id=id)

    def end(self, word: str) -> None:
        """Revoke the token that a word proves; a word that proves none changes nothing."""
        with self.store.transaction() as connection:
            mine = self.table.c.hash == digest(word)
            connection.execute(sa.update(self.table).where(mine).values(revoked=self.now()))

    def revoke_all(self, account: str) -> None:
        """Revoke every token of an account."""
        with self.store.transaction() as connection:
            mine = (self.table.c.account == account) & self.table.c.revoked.is_(None)
            connection.execute(sa.update(self.table).where(mine).values(revoked=self.now()))


def token_of_row(row: "sa.Row[tuple[object, ...]]") -> Token:
    """Return a row as its token."""
    return Token(**{name: row._mapping[name] for name in Token.__struct_fields__})


def digest(word: str) -> str:
    """Return the hash under which a token is kept: it is long and random, so a quick hash is enough."""
    return hashlib.sha256(word.encode()).hexdigest()
