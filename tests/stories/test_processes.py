"""The site survives the death of each of its processes, in this order of events."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import psutil
import pytest

from ioc_console.domain.cameras import CameraHealth, StreamState
from ioc_console.domain.health import Guest, Health
from ioc_console.domain.walls import Arrangement, ArrangeWall, Tile
from ioc_console.model import Entity, Key
from ioc_console.remote import RemoteLink
from ioc_console.video.rings import RingReader
from tests.stories.conftest import CAMERAS, Site
from tests.waiting import soon

pytestmark = pytest.mark.timeout(240)


class Watcher:
    """A display's view of the site."""

    def __init__(self, link: RemoteLink) -> None:
        self.link = link
        self.held: dict[Key, Entity] = {}
        self.watch = link.watch(CameraHealth, Health, Guest, Arrangement)
        self.task = asyncio.create_task(self.follow())

    async def follow(self) -> None:
        """Hold what is seen."""
        async for delta in self.watch:
            self.held.update((entity.key, entity) for entity in delta.puts)
            for gone in delta.gone:
                self.held.pop(gone.key, None)

    def live(self) -> bool:
        """Say whether both cameras are live."""
        health = [self.held.get(Key("camera_health", f"{camera}/sub")) for camera in CAMERAS]
        return all(isinstance(one, CameraHealth) and one.state is StreamState.LIVE for one in health)

    def guests(self, role: str) -> set[str]:
        """Return the connections of a role, but for our own."""
        found = [e for e in self.held.values() if isinstance(e, Guest) and e.role == role and e.name != "tester"]
        return {guest.id for guest in found}


@pytest.fixture
async def watcher(site: Site) -> AsyncIterator[Watcher]:
    link = site.link()
    watcher = Watcher(link)
    yield watcher
    await link.close()
    await watcher.task


async def test_the_wall_comes_up(watcher: Watcher) -> None:
    await soon(watcher.live)
    await soon(lambda: len(watcher.guests("display")) == 1)
    await soon(lambda: sum(isinstance(e, Health) for e in watcher.held.values()) == 3)


def test_the_site_tells_its_service_manager_that_it_is_ready_and_well(site: Site) -> None:
    told = {site.manager.recv(4_096), site.manager.recv(4_096)}
    assert told == {b"READY=1", b"WATCHDOG=1"}


async def test_a_killed_video_process_returns_with_its_pictures(site: Site, watcher: Watcher) -> None:
    await soon(watcher.live)
    reader = RingReader(site.rings, "c1", "sub")
    await soon(lambda: reader.poll() > 0)
    before = reader.poll()
    site.child("video").kill()
    await soon(lambda: reader.poll() >= 0 and reader.state is StreamState.OFFLINE)
    await soon(lambda: reader.poll() > before and reader.state is StreamState.LIVE)
    reader.close()


async def test_pictures_run_on_without_the_hub_and_nothing_answered_is_lost(site: Site, watcher: Watcher) -> None:
    await soon(lambda: watcher.link.connected)
    await watcher.link.do(ArrangeWall("story.test", 2, (Tile("c2", 1, 1),)))
    reader = RingReader(site.rings, "c1", "sub")
    site.child("hub").kill()
    await soon(lambda: not watcher.link.connected)
    before = reader.poll()
    await soon(lambda: reader.poll() > before + 2)
    await soon(lambda: watcher.link.connected)
    await soon(lambda: Key("arrangement", "story.test") in watcher.held)
    assert watcher.held[Key("arrangement", "story.test")] == Arrangement(
        id="story.test", side=2, tiles=(Tile("c2", 1, 1),)
    )
    await soon(watcher.live)
    reader.close()


async def test_a_killed_display_returns_and_takes_no_ring_away(site: Site, watcher: Watcher) -> None:
    await soon(lambda: len(watcher.guests("display")) == 1)
    before = watcher.guests("display")
    rings = {file.name for file in site.rings.iterdir() if file.is_file()}
    site.child("display").kill()
    await soon(lambda: len(watcher.guests("display") - before) == 1)
    assert rings <= {file.name for file in site.rings.iterdir()}


async def test_a_display_that_hangs_is_killed_and_replaced(site: Site, watcher: Watcher) -> None:
    await soon(lambda: len(watcher.guests("display")) == 1)
    before, hung = watcher.guests("display"), site.child("display")
    hung.suspend()
    await soon(lambda: len(watcher.guests("display") - before) == 1, "another display", 60)
    assert not hung.is_running()


async def test_no_child_outlives_the_keeper(site: Site) -> None:
    children = psutil.Process(site.process.pid).children(recursive=True)
    with contextlib.suppress(psutil.NoSuchProcess):
        assert len([child for child in children if "main.py" in " ".join(child.cmdline())]) == 3
