"""The video process: opens what is wanted, closes what is not, and reports how every stream fares."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import cv2

from ioc_console.client import Link
from ioc_console.config import CameraSource, Site, secret
from ioc_console.domain.cameras import MAIN, SUB, CameraHealth, Effort, StreamState
from ioc_console.model import Refused
from ioc_console.video.decoder import Source
from ioc_console.video.demand import wanted
from ioc_console.video.ingest import Ingest, idle

log = logging.getLogger(__name__)
LOOK_S = 0.1
LINGER_S = 3.0
FIGURES_EVERY = 20
STAGGER_S = 0.08
MOST_STAGGER_S = 4.0
Key = tuple[str, str]


class Video:
    """The streams of one group of cameras."""

    def __init__(self, site: Site, site_file: Path, cameras: Sequence[CameraSource], rings: Path) -> None:
        self.site, self.site_file, self.rings = site, site_file, rings
        self.cameras = {camera.id: camera for camera in cameras}
        self.running: dict[Key, Ingest] = {}
        self.ending: list[Ingest] = []
        self.unwanted: dict[Key, float] = {}
        self.reported: dict[str, CameraHealth] = {}

    def source(self, camera: CameraSource, stream: str) -> Source:
        """Return what to open for a stream; raises `Refused` where its credentials cannot be reached."""
        video = self.site.video
        return Source(
            url=camera.main if stream == MAIN and camera.main else camera.sub,
            credentials=secret(camera.credentials, self.site_file),
            transport=camera.transport or video.transport,
            hardware=video.hardware,
            timeout_s=video.timeout_s,
        )

    def wishes(self) -> frozenset[Key]:
        """Return the streams wanted that are ours; a camera that admits one session gives its main alone."""
        ours = {key for key in wanted(self.rings) if key[0] in self.cameras}
        ours -= {(id, stream) for id, stream in ours if stream == MAIN and not self.cameras[id].main}
        single = {id for id, stream in ours if stream == MAIN and self.cameras[id].sessions == 1}
        return frozenset(key for key in ours if not (key[1] == SUB and key[0] in single))

    def level(self, now: float) -> None:
        """Open what is wanted and close what has not been wanted for a while."""
        wishes = self.wishes()
        singles = {id for id, stream in wishes if stream == MAIN and self.cameras[id].sessions == 1}
        for key in tuple(self.running):
            if key in wishes:
                self.unwanted.pop(key, None)
            elif now - self.unwanted.setdefault(key, now) > LINGER_S or key[0] in singles:
                self.end(key)
        fresh = sorted(key for key in wishes if key not in self.running and not self.is_ending(key))
        for at, (camera, stream) in enumerate(fresh):
            delay = min(at * STAGGER_S, MOST_STAGGER_S) if stream == SUB else 0.0
            source = partial(self.source, self.cameras[camera], stream)
            self.running[camera, stream] = Ingest(camera, stream, source, self.rings, delay)

    def end(self, key: Key) -> None:
        """Let a stream end; it is not opened again before it has."""
        self.unwanted.pop(key, None)
        ingest = self.running.pop(key)
        ingest.stop()
        self.ending.append(ingest)

    def is_ending(self, key: Key) -> bool:
        """Say whether a stream's last session still stands; one that admits one session counts whole."""
        self.ending = [ingest for ingest in self.ending if ingest.thread.is_alive()]
        single = self.cameras[key[0]].sessions == 1
        return any(i.camera == key[0] and (single or i.stream == key[1]) for i in self.ending)

    def healths(self) -> dict[str, CameraHealth]:
        """Return how every stream fares, those that nobody wants too."""
        found = {}
        for camera in self.cameras.values():
            for stream in (SUB, MAIN) if camera.main else (SUB,):
                ingest = self.running.get((camera.id, stream))
                known = self.reported.get(f"{camera.id}/{stream}")
                resting = known if known and known.state is StreamState.IDLE else idle(camera.id, stream)
                found[f"{camera.id}/{stream}"] = ingest.health if ingest else resting
        return found

    def news(self, healths: dict[str, CameraHealth], figures: bool) -> list[CameraHealth]:  # noqa: FBT001
        """Return what is to be reported: changes of state at once, figures only when it is their turn."""
        return [
            health
            for id, health in healths.items()
            if (known := self.reported.get(id)) is None
            or (figures and known != health)
            or (known.state, known.error, known.effort, known.fallback)
            != (health.state, health.error, health.effort, health.fallback)
        ]

    async def close(self) -> None:
        """End every stream and wait until their rings are gone."""
        for key in tuple(self.running):
            self.end(key)
        patience = self.site.video.timeout_s + 2
        await asyncio.gather(*(asyncio.to_thread(ingest.thread.join, patience) for ingest in self.ending))


async def run_video(
    site: Site, site_file: Path, cameras: Sequence[CameraSource], rings: Path, link: Link, say: Callable[[str], None]
) -> None:
    """Serve a group of cameras until cancelled; without the hub the pictures go on, and are reported later."""
    cv2.setNumThreads(1)
    video = Video(site, site_file, cameras, rings)
    loop = asyncio.get_running_loop()
    turn, was_up = 0, False
    try:
        while True:
            video.level(loop.time())
            if link.connected and not was_up:
                video.reported.clear()
            was_up = link.connected
            if was_up:
                await report(video, link, figures=turn % FIGURES_EVERY == 0)
            if turn % FIGURES_EVERY == 0:
                say(summary(video))
            turn += 1
            await asyncio.sleep(LOOK_S)
    finally:
        await video.close()


async def report(video: Video, link: Link, *, figures: bool) -> None:
    """Tell the hub what changed; what it does not take is told again."""
    news = video.news(video.healths(), figures)
    if not news:
        return
    try:
        await link.put(*news)
    except Refused as refused:
        log.info("health not reported: %s", refused)
        return
    video.reported.update((health.id, health) for health in news)


def summary(video: Video) -> str:
    """Return one line on the process: live of running streams, and what is degraded."""
    states = [ingest.health for ingest in video.running.values()]
    live = sum(health.state is StreamState.LIVE for health in states)
    easier = sum(health.effort is not Effort.ALL for health in states)
    return f"{live}/{len(states)} live" + (f", {easier} degraded" if easier else "")
