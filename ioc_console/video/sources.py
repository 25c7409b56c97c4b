"""Sources: which streams of a group of cameras are wanted, opened and closed, and how each of them fares."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path

import msgspec

from ioc_console.config import CameraSource, Site, secret
from ioc_console.domain.cameras import MAIN, SUB, CameraHealth, StreamState
from ioc_console.video.decoder import Source
from ioc_console.video.demand import Key, Wants, Wishes
from ioc_console.video.ingest import Ingest, idle

LINGER_S = 3.0
STAGGER_S = 0.08
MOST_STAGGER_S = 4.0


class Sources:
    """The streams of one group of cameras: nothing is decoded that nobody wants.

    A camera that admits one session gives its main stream alone where that is wanted; its pictures then go
    into the sub stream's ring too, so that no tile goes dark: the sub session is closed first, and until the
    main stream's first picture the tile keeps the last one.
    """

    def __init__(self, site: Site, site_file: Path, cameras: Sequence[CameraSource], rings: Path) -> None:
        self.site, self.site_file, self.rings = site, site_file, rings
        self.cameras = {camera.id: camera for camera in cameras}
        self.running: dict[Key, Ingest] = {}
        self.ending: list[Ingest] = []
        self.unwanted: dict[Key, float] = {}
        self.wishes = Wishes(rings)
        self.asked: Wants | None = None
        self.resting = {
            (camera.id, stream): idle(camera.id, stream)
            for camera in cameras
            for stream in ((SUB, MAIN) if camera.main else (SUB,))
        }

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

    def level(self, now: float) -> None:
        """Open what is wanted and close what has not been wanted for a while."""
        asked, waits = self.wishes.look(now), bool(self.unwanted or self.ending)
        if asked is self.asked and not waits:
            return
        self.asked = asked
        self.ending = [ingest for ingest in self.ending if ingest.thread.is_alive()]
        wishes = {key: tall for key, tall in asked.items() if key in self.resting}
        singles = {id for id, stream in wishes if stream == MAIN and self.cameras[id].sessions == 1}
        sessions = frozenset(key for key in wishes if not (key[1] == SUB and key[0] in singles))
        for key in tuple(self.running):
            self.keep(key, wishes, sessions, now)
        fresh = sorted(key for key in sessions if key not in self.running and not self.is_held(key))
        for at, (camera, stream) in enumerate(fresh):
            delay = min(at * STAGGER_S, MOST_STAGGER_S) if stream == SUB else 0.0
            source = partial(self.source, self.cameras[camera], stream)
            self.running[camera, stream] = Ingest(camera, stream, source, self.rings, delay)
            self.keep((camera, stream), wishes, sessions, now)

    def keep(self, key: Key, wishes: Wants, sessions: frozenset[Key], now: float) -> None:
        """Keep a running stream, or end it once it was unwanted for long enough or stands in another's way."""
        camera, stream = key
        if key in sessions:
            self.unwanted.pop(key, None)
            shared = stream == MAIN and self.cameras[camera].sessions == 1 and (camera, SUB) in wishes
            fed = (SUB, MAIN) if shared else (stream,)
            self.running[key].feeds = {one: wishes[camera, one] for one in fed}
            return
        in_the_way = self.cameras[camera].sessions == 1 and any(one == camera for one, _ in sessions)
        if in_the_way or now - self.unwanted.setdefault(key, now) > LINGER_S:
            self.end(key)

    def end(self, key: Key) -> None:
        """Let a stream end; it is not opened again before it has."""
        self.unwanted.pop(key, None)
        ingest = self.running.pop(key)
        ingest.stop()
        self.ending.append(ingest)
        self.resting[key] = idle(*key)

    def is_held(self, key: Key) -> bool:
        """Say whether a session that must end first still stands."""
        single = self.cameras[key[0]].sessions == 1
        if single and any(running[0] == key[0] for running in self.running):
            return True
        return any(i.camera == key[0] and (single or i.stream == key[1]) for i in self.ending)

    def healths(self) -> dict[str, CameraHealth]:
        """Return how every stream fares by its id, those that nobody wants too."""
        found = dict(self.resting)
        for key, ingest in tuple(self.running.items()):
            health = found[key] = ingest.health
            for fed in ingest.feeds.keys() - {ingest.stream}:
                found[ingest.camera, fed] = msgspec.structs.replace(health, id=f"{ingest.camera}/{fed}", stream=fed)
        return {health.id: health for health in found.values()}

    def live(self) -> int:
        """Return how many streams give pictures now."""
        return sum(ingest.health.state is StreamState.LIVE for ingest in self.running.values())

    def close(self) -> None:
        """End every stream and wait until their rings are gone."""
        for key in tuple(self.running):
            self.end(key)
        for ingest in self.ending:
            ingest.thread.join(self.site.video.timeout_s + 2)
