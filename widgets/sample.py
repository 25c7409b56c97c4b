"""A sample: the demonstration city's cameras on a hub of their own, with pictures and faults of every kind."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from ioc_console.config import read_site
from ioc_console.declaration import declare
from ioc_console.domain.cameras import CameraHealth, Effort, PictureHealth, StreamError, StreamState, Verdict
from ioc_console.gate import actor_of
from ioc_console.hub import Hub
from ioc_console.local import LocalLink
from ioc_console.store import Store
from ioc_console.video.rings import RingWriter
from ioc_console.words import city_words

SITE = Path(__file__).parent.parent / "resources" / "sites" / "demo.toml"
FRAME_S = 1 / 15
FAULTS = (StreamError.NONE, StreamError.UNAUTHORISED, StreamError.TIMED_OUT, StreamError.UNDECODABLE)
LIES = (Verdict.FROZEN, Verdict.COVERED, Verdict.MOVED)
EVERY = 9
"""Every how many cameras one is offline, one stands still, one never came, and one's pictures lie."""


@asynccontextmanager
async def sample(folder: Path) -> AsyncIterator[LocalLink]:
    """Run a hub with the demonstration city in a folder; yields a display's link to it."""
    words, site = city_words(), read_site(SITE)
    hub = Hub(words, Store(f"sqlite:///{folder / 'sample.db'}", words.kinds))
    await hub.start()
    await declare(hub, site)
    cameras = [camera.id for camera in site.cameras]
    await put_states(hub, cameras)
    drawing = asyncio.create_task(draw(folder / "rings", cameras))
    try:
        yield LocalLink(hub, actor_of("preview", "display"))
    finally:
        drawing.cancel()
        await asyncio.gather(drawing, return_exceptions=True)
        await hub.stop()


async def put_states(hub: Hub, cameras: list[str]) -> None:
    """Say of every camera how it fares, and of some that their pictures lie."""
    video, judge = (LocalLink(hub, actor_of(name, "plugin")) for name in ("video", "picture_health"))
    now = datetime.now(UTC)
    for at, camera in enumerate(cameras):
        down = at % EVERY == 2
        state = StreamState.OFFLINE if down else StreamState.LIVE
        error = FAULTS[at // EVERY % len(FAULTS)] if down else StreamError.NONE
        await video.put(
            CameraHealth(id=f"{camera}/sub", camera=camera, stream="sub", state=state, error=error, since=now)
        )
        if at % EVERY == 4:
            verdict = LIES[at // EVERY % len(LIES)]
            await judge.put(PictureHealth(id=camera, verdict=verdict, since=now, score=0.9))


async def draw(rings: Path, cameras: list[str]) -> None:
    """Keep pictures coming into the cameras' rings, but for those that stand still or never came."""
    writers = {
        at: RingWriter(rings, camera, "sub", 320, 180)
        for at, camera in enumerate(cameras)
        if at % EVERY not in (2, 6)
    }  # fmt: skip
    luma = np.add.outer(np.arange(180), np.arange(320)).astype(np.uint8) // 2 + 60
    chroma = np.full((90, 160), 128, np.uint8)
    try:
        for number in range(2**62):
            for at, writer in writers.items():
                if number == 0 or at % EVERY != 3:
                    writer.write(
                        np.roll(luma, number * 3 + at * 20, axis=1), chroma + at * 7 % 40, chroma - at * 5 % 30
                    )
                    writer.mark(StreamState.LIVE, StreamError.NONE, Effort.ALL)
            await asyncio.sleep(FRAME_S)
    finally:
        for writer in writers.values():
            writer.close()
