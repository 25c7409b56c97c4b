"""The store: what it cannot do is refused and put right, and what it has answered is never lost."""

import asyncio
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from ioc_console.gate import actor_of
from ioc_console.hub import Hub
from ioc_console.local import LocalLink
from ioc_console.model import Done, Envelope, Refused
from ioc_console.store import Store, Write
from ioc_console.views import View, Where
from ioc_console.wishes import Made
from ioc_console.words import Words
from tests.core.kinds import Letter, Note, Pulse, Reading, StrikeNote, WriteNote
from tests.waiting import soon

ROOT = Path(__file__).resolve().parents[2]
NOW = datetime(2026, 11, 25, tzinfo=UTC)
FIRST_PAGE_S = 1.0
ROWS = 100_000

WRITE_FOR_EVER = """
import asyncio, sys
from ioc_console.gate import actor_of
from ioc_console.hub import Hub
from ioc_console.local import LocalLink
from ioc_console.store import Store
from ioc_console.words import city_words
from tests.core import kinds

async def main():
    words = city_words(kinds)
    hub = Hub(words, Store(sys.argv[1], words.kinds))
    await hub.start()
    link = LocalLink(hub, actor_of("left", "display"))

    async def write(lane):
        for at in range(1_000_000):
            done = await link.do(kinds.WriteNote(f"lane{lane}", f"t{at}"))
            sys.stdout.write(f"{done.id} {done.seq} {lane} {at}\\n")
            sys.stdout.flush()

    await asyncio.gather(*(write(lane) for lane in range(20)))

asyncio.run(main())
"""


@pytest.fixture
def database(file: Path) -> str:
    return f"sqlite:///{file}"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "hub.db"


@pytest.fixture
def display(hub: Hub) -> LocalLink:
    return LocalLink(hub, actor_of("left", "display"))


@pytest.fixture
def sensor(hub: Hub) -> LocalLink:
    return LocalLink(hub, actor_of("sensor", "plugin"))


def bodies(file: Path) -> dict[str, int]:
    """Count the rows of every table that a note writes into."""
    with sqlite3.connect(file) as connection:
        found = {
            table: connection.execute(f"select count(*) from {table}").fetchone()[0]
            for table in ("note", "revision", "journal")
        }
    connection.close()
    return found


async def test_a_locked_database_refuses_and_recovers_by_itself(
    hub: Hub, file: Path, display: LocalLink, sensor: LocalLink
):
    await display.do(WriteNote("a", "before"))
    head = hub.writer.head
    other = sqlite3.connect(file, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        wishes = [asyncio.create_task(display.do(WriteNote(f"n{at}", "x"))) for at in range(5)]
        answers = await asyncio.gather(*wishes, sensor.put(Pulse(id="p", value=1)), return_exceptions=True)
        assert [answer.code for answer in answers[:5]] == ["store.locked"] * 5
        assert isinstance(answers[5], int), "what only passes goes on"
        assert hub.writer.live["pulse"]["p"] == Pulse(id="p", value=1)
        assert list(hub.writer.live["note"]) == ["a"]
    finally:
        other.execute("ROLLBACK")
        other.close()
    assert (hub.writer.number, hub.writer.hash) == (head.number, head.hash)
    assert bodies(file) == {"note": 1, "revision": 1, "journal": 1}
    await display.do(WriteNote("b", "after"))
    assert bodies(file) == {"note": 2, "revision": 2, "journal": 2}
    assert hub.store.verify_journal() is None


async def test_a_command_refused_by_a_locked_database_is_carried_out_when_it_is_sent_again(hub: Hub, file: Path):
    actor, envelope = actor_of("D1", "display"), Envelope("e1", WriteNote("a", "x"), "desk", 0, hub.now())
    other = sqlite3.connect(file, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(Refused, match=r"store\.locked"):
        await hub.do(actor, envelope)
    other.execute("ROLLBACK")
    other.close()
    first = await hub.do(actor, envelope)
    assert await hub.do(actor, envelope) == first
    assert bodies(file) == {"note": 1, "revision": 1, "journal": 1}


async def test_what_falls_due_while_the_database_is_locked_is_done_afterwards(hub: Hub, file: Path, display: LocalLink):
    await display.do(WriteNote("a", "soon gone", lasts_s=0.2))
    other = sqlite3.connect(file, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    refused: list[str] = []
    carry_out = hub.writer.carry_out
    hub.writer.carry_out = lambda wishes: [note(made, refused) for made in carry_out(wishes)]
    await soon(lambda: "store.locked" in refused, "the clock's refusal")
    other.execute("ROLLBACK")
    other.close()
    await soon(lambda: not hub.writer.live["note"], "the note struck")


def note(made: Made, refused: list[str]) -> Made:
    """Note the code of an answer that refuses."""
    if isinstance(made.answer, Refused):
        refused.append(made.answer.code)
    return made


async def test_a_full_disk_refuses_whole_groups_and_recovers(hub: Hub, file: Path, display: LocalLink):
    def limit(pages: int) -> None:
        with hub.store.writer.connect() as connection:
            connection.exec_driver_sql(f"PRAGMA max_page_count={pages}")

    await display.do(WriteNote("a", "before"))
    await asyncio.get_running_loop().run_in_executor(hub.lineup.thread, limit, 1)  # SQLite raises it to what is in use
    refused = None
    for at in range(200):
        before, live = bodies(file), dict(hub.writer.live["note"])
        try:
            await display.do(WriteNote(f"n{at}", "x" * 4_000))
        except Refused as found:
            refused = found
            break
    assert refused is not None
    assert refused.code == "store.full"
    assert bodies(file) == before
    assert hub.writer.live["note"] == live
    await asyncio.get_running_loop().run_in_executor(hub.lineup.thread, limit, 1_000_000)
    await display.do(WriteNote("after", "x" * 4_000))
    assert hub.store.verify_journal() is None
    assert bodies(file)["journal"] == before["journal"] + 1


def test_whatever_was_answered_outlives_a_kill(file: Path, words: Words):
    child = subprocess.Popen(
        [sys.executable, "-c", WRITE_FOR_EVER, f"sqlite:///{file}"],
        cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    lines: list[str] = []
    try:
        while len(lines) < 400 and (line := child.stdout.readline()):
            lines.append(line)
    finally:
        os.kill(child.pid, signal.SIGKILL)
        lines += child.stdout.read().splitlines(keepends=True)
        child.stdout.close()
        child.wait()
    answered = [line.split() for line in lines if line.endswith("\n")]
    assert len(answered) >= 400
    store = Store(f"sqlite:///{file}", words.kinds)
    try:
        assert store.verify_journal() is None
        with store.reader.connect() as connection:
            for id, seq, _, _ in answered:
                entry = store.answered(connection, id)
                assert entry is not None
                assert (entry.seq, entry.outcome) == (int(seq), "done")
        notes = {note.id: note for note, _ in store.load("note")}
        for lane in range(20):
            last = max((int(at) for _, _, one, at in answered if int(one) == lane), default=-1)
            assert last < 0 or notes[f"lane{lane}"].count >= last + 1
    finally:
        store.close()


async def test_a_reopened_hub_holds_what_it_held(words: Words, file: Path):
    hub = Hub(words, Store(f"sqlite:///{file}", words.kinds))
    await hub.start()
    display, sensor = (LocalLink(hub, actor_of(*who)) for who in (("left", "display"), ("sensor", "plugin")))
    await display.do(WriteNote("a", "kept"))
    await display.do(WriteNote("b", "struck"))
    await display.do(StrikeNote("b"))
    await sensor.put(Reading(id="r", value=2.5, at=NOW), Pulse(id="p", value=1))
    seq = hub.writer.seq
    await hub.stop()
    again = Hub(words, Store(f"sqlite:///{file}", words.kinds))
    await again.start()
    try:
        assert again.writer.live["note"] == {"a": Note(id="a", text="kept", count=1)}
        assert again.writer.live["reading"] == {"r": Reading(id="r", value=2.5, at=NOW)}
        assert again.writer.live["pulse"] == {}
        assert again.writer.seq >= seq
        assert again.watching.epoch != hub.watching.epoch
        done = await LocalLink(again, actor_of("left", "display")).do(WriteNote("c", "on"))
        assert done.seq > seq
    finally:
        await again.stop()


def letters(count: int) -> list[Letter]:
    return [
        Letter(
            id=f"l{at}", subject=f"Đơn số {at} về đường Lê Lợi", ward=f"w{at % 20}",
            received=NOW + timedelta(seconds=at), urgent=at % 7 == 0,
        )
        for at in range(count)
    ]  # fmt: skip


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory, words: Words) -> Store:
    store = Store(f"sqlite:///{tmp_path_factory.mktemp('archive')}/hub.db", words.kinds)
    with store.transaction() as connection:
        store.write(connection, [Write(1, NOW, "sensor", "", letter) for letter in letters(ROWS)])
    yield store
    store.close()


@pytest.mark.parametrize(
    ("view", "total"),
    [
        (View("letter", order=("-received",)), ROWS),
        (View("letter", where=(Where("ward", "w3"),), order=("-received",), counts="urgent"), ROWS // 20),
        (View("letter", search="don so 99999"), 1),
        (View("letter", counts="ward"), ROWS),
    ],
    ids=["newest", "by-ward", "search", "counts"],
)
def test_the_first_page_of_a_large_archive_comes_at_once(archive: Store, view: View, total: int):
    began = time.monotonic()
    page = archive.page(view)
    took = time.monotonic() - began
    print(f"{took * 1e3:.0f} ms for the first page of {total} out of {ROWS}")
    assert page.total == total
    assert len(page.rows) == min(view.limit, total)
    if view.order[0] == "-received":
        received = [row.received for row in page.rows]
        assert received == sorted(received, reverse=True)
    if view.counts:
        assert sum(page.counts.values()) == total
    assert took < FIRST_PAGE_S


async def filled(hub: Hub, display: LocalLink) -> list[Done]:
    return [await display.do(WriteNote("n", f"t{at}")) for at in range(5)]


def alter(statement: str) -> Callable[[Store], None]:
    def change(store: Store) -> None:
        with store.transaction() as connection:
            connection.execute(sa.text(statement))

    return change


@pytest.mark.parametrize(
    ("change", "number"),
    [
        (alter("UPDATE journal SET payload = replace(payload, 't2', 't9') WHERE number = 3"), 3),
        (alter("UPDATE journal SET actor = 'someone' WHERE number = 2"), 2),
        (alter("UPDATE journal SET outcome = 'gate.forbidden' WHERE number = 5"), 5),
        (alter("DELETE FROM journal WHERE number = 4"), 5),
        (alter("DELETE FROM journal WHERE number = 1"), 2),
        (alter("UPDATE journal SET payload = NULL WHERE number = 3"), None),
    ],
    ids=["payload", "actor", "outcome", "gap", "first", "erased-by-right"],
)
async def test_a_journal_that_was_tampered_with_is_found(
    hub: Hub, display: LocalLink, change: Callable[[Store], None], number: int | None
):
    await filled(hub, display)
    change(hub.store)
    assert hub.store.verify_journal() == number
