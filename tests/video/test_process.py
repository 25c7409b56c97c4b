"""The video process: what is wanted is decoded, what is not is closed, and the hub hears of both."""

import asyncio
import contextlib
from pathlib import Path

from ioc_console.config import CameraSource, City, Site
from ioc_console.domain.cameras import CameraHealth, StreamState
from ioc_console.model import Refused
from ioc_console.video.demand import Demand
from ioc_console.video.process import run_video
from ioc_console.video.scaling import WHOLE
from tests.video.conftest import make_clip
from tests.waiting import soon


class Told:
    """The hub's end of a link that can be down."""

    def __init__(self) -> None:
        self.connected = False
        self.states: dict[str, StreamState] = {}

    async def put(self, *entities: CameraHealth) -> int:
        if not self.connected:
            raise Refused("link.down")
        self.states.update((entity.id, entity.state) for entity in entities)
        return 1


async def test_wishes_open_and_close_streams_and_a_dead_link_stops_none(rings: Path, tmp_path: Path):
    clip = make_clip(tmp_path / "a.mp4", "libx264", 64, 48)
    camera = CameraSource(id="c1", number=1, name="C1", sub=f"file://{clip}", main=f"file://{clip}", sessions=1)
    site = Site(schema=1, id="t", city=City(name="T"), cameras=(camera,))
    told, ready = Told(), asyncio.Event()
    task = asyncio.create_task(run_video(site, tmp_path / "site.toml", [camera], rings, told, ready.set))
    await ready.wait()
    demand = Demand(rings, "display")
    demand.want(dict.fromkeys({("c1", "sub")}, WHOLE))
    await soon(lambda: list(rings.glob("c1-sub-*")), "a ring without a link")
    told.connected = True
    await soon(lambda: told.states == {"c1/sub": StreamState.LIVE, "c1/main": StreamState.IDLE}, "a report")
    demand.want(dict.fromkeys({("c1", "sub"), ("c1", "main")}, WHOLE))
    await soon(lambda: list(rings.glob("c1-main-*")) and list(rings.glob("c1-sub-*")), "both rings of one session")
    demand.close()
    await soon(lambda: set(told.states.values()) == {StreamState.IDLE} and not list(rings.glob("c1-*")), "idle")
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
