"""The bridge: a burst of changes is handed over at once, an answer is called back, whatever the link does."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest
from PySide6.QtCore import QCoreApplication
from pytestqt.qtbot import QtBot

from ioc_console.domain.walls import ResetWall
from ioc_console.model import Delta, Done, Page, Refused
from ioc_console.views import View
from tests.waiting import soon
from widgets.bridge import Bridge

COMMAND = ResetWall("t.main.x")


class FakeWatch:
    """A watch into which a test puts deltas."""

    def __init__(self) -> None:
        self.deltas: asyncio.Queue[Delta | None] = asyncio.Queue()
        self.closed = False
        self.views: list[View] = []

    def look(self, view: View) -> None:
        self.views.append(view)

    def drop(self, view: View) -> None:
        self.views.remove(view)

    def __aiter__(self) -> AsyncIterator[Delta]:
        return self

    async def __anext__(self) -> Delta:
        return await self.deltas.get()

    def close(self) -> None:
        self.closed = True


class FakeLink:
    """A link that answers as a test has it answer."""

    def __init__(self) -> None:
        self.connected = True
        self.answer: Any = Done("1", 7)
        self.watches: list[FakeWatch] = []

    def now(self) -> datetime:
        return datetime.now(UTC)

    def watch(self, *kinds: Any) -> FakeWatch:
        self.watches.append(FakeWatch())
        return self.watches[-1]

    async def do(self, command: Any) -> Done:
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


def painted(holds: Any) -> Any:
    """Return a condition before which Qt has done what waits."""

    def look() -> Any:
        QCoreApplication.processEvents()
        return holds()

    return look


async def test_a_burst_is_handed_over_in_order_and_together(qtbot: QtBot) -> None:
    link = FakeLink()
    bridge = Bridge(link)
    seen: list[tuple[int, float]] = []
    bridge.delta.connect(lambda delta: seen.append((delta.seq, asyncio.get_running_loop().time())))
    bridge.begin([])
    for seq in range(500):
        link.watches[0].deltas.put_nowait(Delta(seq, link.now()))
    await soon(painted(lambda: len(seen) == 500), "the burst")
    assert [seq for seq, _ in seen] == list(range(500))
    assert bridge.waiting == []
    bridge.begin([])
    assert link.watches[0].closed
    bridge.close()
    assert link.watches[1].closed
    await soon(lambda: not bridge.tasks, "the end of its work")


@pytest.mark.parametrize(
    ("answer", "code"),
    [(Done("1", 7), None), (Refused("wall.unknown"), "wall.unknown"), (RuntimeError("torn"), "command.failed")],
)
async def test_every_command_is_answered(qtbot: QtBot, answer: Any, code: str | None) -> None:
    link, answers = FakeLink(), []
    link.answer = answer
    bridge = Bridge(link)
    bridge.do(COMMAND, answers.append)
    await soon(lambda: answers, "an answer")
    assert getattr(answers[0], "code", None) == code
    bridge.do(COMMAND)
    await soon(lambda: not bridge.tasks, "the end of its work")
    bridge.close()


VIEW, OTHER = View("revision"), View("revision", limit=10)


async def test_views_live_as_long_as_somebody_looks_and_outlive_a_new_watch(qtbot: QtBot) -> None:
    link = FakeLink()
    bridge = Bridge(link)
    bridge.look(VIEW)
    bridge.begin([])
    assert link.watches[0].views == [VIEW]
    bridge.look(VIEW)
    bridge.look(OTHER)
    assert link.watches[0].views == [VIEW, OTHER]
    bridge.drop(VIEW)
    bridge.begin([])
    assert link.watches[1].views == [VIEW, OTHER]
    bridge.drop(VIEW)
    assert link.watches[1].views == [OTHER]
    bridge.close()
    await soon(lambda: not bridge.tasks, "the end of its work")


async def test_who_looks_second_gets_the_page_that_is_known(qtbot: QtBot) -> None:
    link, pages = FakeLink(), []
    bridge = Bridge(link)
    bridge.delta.connect(lambda delta: pages.extend(delta.pages))
    bridge.begin([])
    page = Page(VIEW, (), 7, {})
    bridge.look(VIEW)
    link.watches[0].deltas.put_nowait(Delta(1, link.now(), pages=(page,)))
    await soon(painted(lambda: pages == [page]), "the first page")
    bridge.look(VIEW)
    await soon(painted(lambda: pages == [page, page]), "the page again")
    bridge.drop(VIEW)
    bridge.drop(VIEW)
    bridge.look(VIEW)
    assert bridge.waiting == [], "a page that nobody looked at is not kept"
    bridge.close()
    await soon(lambda: not bridge.tasks, "the end of its work")


async def test_the_links_state_is_told_when_it_changes(qtbot: QtBot) -> None:
    link, told = FakeLink(), []
    bridge = Bridge(link)
    bridge.state.connect(lambda state: told.append(state.up))
    for connected in (True, True, False, False, True):
        link.connected = connected
        assert bridge.tick().up is connected
    assert told == [True, False, True]
    bridge.close()
