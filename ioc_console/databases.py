"""The databases a store may stand on: how each is opened by one writer and many readers, and what its failures mean."""

import fcntl
import re
from collections.abc import Iterator
from contextlib import contextmanager
from enum import Enum
from pathlib import Path
from typing import IO, Any

import sqlalchemy as sa
import sqlalchemy.dialects.postgresql
import sqlalchemy.dialects.sqlite

from ioc_console.model import Refused

BUSY_MS = 1_000
CONNECT_S = 2
LEADER = 0x10C
"""The advisory lock that the one writer of a PostgreSQL database holds."""
FAILURES = {
    "full": "store.full",
    "locked": "store.locked",
    "readonly": "store.read_only",
    "disk i/o": "store.disk_error",
    "malformed": "store.damaged",
}
"""Signs in SQLite's words, and what they mean."""
STATES = {"53100": "store.full", "55P03": "store.locked", "25006": "store.read_only", "58030": "store.disk_error"}
"""PostgreSQL's codes (SQLSTATE), and what they mean; no code, or classes 08 and 57, mean that it cannot be reached."""
GONE = ("08", "57P")
KEEP_ALIVE = {"keepalives_idle": 5, "keepalives_interval": 2, "keepalives_count": 3, "tcp_user_timeout": 5_000}
"""How soon a server that fell silent is given up, in seconds and milliseconds (libpq's parameters)."""
SESSION = ("tcp_keepalives_idle = 5", "tcp_keepalives_interval = 2", "tcp_keepalives_count = 3")
"""How soon the server gives up a writer that fell silent, so that its lock is free for the next."""


class Use(Enum):
    """What a database is opened for: to lead it as its hub, or to stand beside a hub for a moment."""

    LEAD = "lead"
    BESIDE = "beside"


class Database:
    """One database by URL: `writer` and `reader` engines; raises `Refused` where another hub leads it."""

    def __init__(self, url: str, use: Use) -> None:
        self.use = use
        try:
            self.url = sa.make_url(url)
        except sa.exc.ArgumentError as error:
            raise Refused("store.url_wrong") from error
        self.lock: IO[bytes] | None = None
        if self.url.get_backend_name() == "postgresql":
            self.open_postgresql()
        elif self.url.get_backend_name() == "sqlite":
            self.open_sqlite()
        else:
            raise Refused("store.url_wrong")

    def open_sqlite(self) -> None:
        """Open a file: one writer at a time, by a lock beside it, and readers that only read."""
        if self.use is Use.LEAD:
            self.lock = hold(Path(f"{self.url.database}.lock"))
        self.writer = sa.create_engine(self.url, pool_size=1, max_overflow=0)
        self.reader = sa.create_engine(self.url, pool_size=4, max_overflow=4)
        sa.event.listen(self.writer, "connect", prepare_sqlite_writer)
        sa.event.listen(self.writer, "begin", begin_immediate)
        sa.event.listen(self.reader, "connect", prepare_sqlite_reader)

    def open_postgresql(self) -> None:
        """Open a server's database through psycopg: the writer holds an advisory lock as long as its session lasts."""
        url = self.url.set(drivername="postgresql+psycopg")
        arguments = {"connect_timeout": CONNECT_S, "application_name": "ioc-console", **KEEP_ALIVE}
        self.writer = sa.create_engine(url, pool_size=1, max_overflow=0, connect_args=arguments)
        self.reader = sa.create_engine(
            url, pool_size=4, max_overflow=4, pool_pre_ping=True,
            connect_args={**arguments, "options": "-c default_transaction_read_only=on"},
        )  # fmt: skip
        sa.event.listen(self.writer, "connect", prepare_postgresql_writer)
        if self.use is Use.LEAD:
            sa.event.listen(self.writer, "connect", lead_postgresql)

    def close(self) -> None:
        """Close every connection and let another writer in."""
        self.writer.dispose()
        self.reader.dispose()
        if self.lock:
            self.lock.close()


def hold(file: Path) -> IO[bytes]:
    """Lock a file for as long as it stays open; raises `Refused` where another process holds it."""
    try:
        lock = file.open("ab")
    except OSError as error:
        raise Refused("store.failed", reason=f"{file}: {error.strerror}") from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        lock.close()
        raise Refused("store.led") from error
    return lock


def prepare_sqlite_writer(connection: Any, record: Any) -> None:
    """Set SQLite up for one writer that loses nothing it has answered."""
    connection.isolation_level = None
    for pragma in ("journal_mode=WAL", "synchronous=FULL", f"busy_timeout={BUSY_MS}", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")


def prepare_sqlite_reader(connection: Any, record: Any) -> None:
    """Set SQLite up for reading only."""
    for pragma in (f"busy_timeout={BUSY_MS}", "query_only=ON"):
        connection.execute(f"PRAGMA {pragma}")


def begin_immediate(connection: sa.Connection) -> None:
    """Take the write lock at once, so that a locked database is met before anything is done."""
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def lead_postgresql(connection: Any, record: Any) -> None:
    """Take the leader's advisory lock for this session; raises `Refused` where another session holds it."""
    with connection.cursor() as cursor:
        held = cursor.execute("SELECT pg_try_advisory_lock(%s)", (LEADER,)).fetchone()
    connection.commit()
    if not held or not held[0]:
        raise Refused("store.led")


def prepare_postgresql_writer(connection: Any, record: Any) -> None:
    """Wait no longer for a row's lock than SQLite would, and be given up soon by a server that hears nothing."""
    with connection.cursor() as cursor:
        for setting in (f"lock_timeout = {BUSY_MS}", *SESSION):
            cursor.execute(f"SET {setting}")
    connection.commit()


@contextmanager
def in_words() -> Iterator[None]:
    """Turn the database's errors into refusals."""
    try:
        yield
    except sa.exc.DBAPIError as error:
        raise Refused(code_of(error), reason=re.sub(r"\s+", " ", str(error.orig))[:200]) from error
    except (sa.exc.StatementError, OverflowError) as error:
        raise Refused("store.failed", reason=type(error).__name__) from error
    except sa.exc.TimeoutError as error:
        raise Refused("store.locked") from error


def code_of(error: sa.exc.DBAPIError) -> str:
    """Return what a database's error means, as a refusal's code."""
    if type(error.orig).__module__.startswith("sqlite3"):
        text = str(error.orig).casefold()
        return next((code for sign, code in FAILURES.items() if sign in text), "store.failed")
    state = getattr(error.orig, "sqlstate", None)
    unreachable = isinstance(error, sa.exc.OperationalError) and (state is None or state.startswith(GONE))
    if error.connection_invalidated or unreachable:
        return "store.unreachable"
    return STATES.get(state or "", "store.failed")


def upsert(table: sa.Table, dialect: str) -> Any:
    """Return the statement that puts rows whether or not they are there."""
    insert = sa.dialects.postgresql.insert(table) if dialect == "postgresql" else sa.dialects.sqlite.insert(table)
    changed = {column.name: insert.excluded[column.name] for column in table.c if column.name != "id"}
    return insert.on_conflict_do_update(index_elements=["id"], set_=changed)
