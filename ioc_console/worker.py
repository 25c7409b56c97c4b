"""A worker: one process that looks at the rings of some cameras and runs a generator over each one's frames."""

import logging
import time
from collections.abc import Callable, Iterator
from multiprocessing.queues import Queue
from pathlib import Path
from typing import Any

import msgspec

from ioc_console import logs
from ioc_console.domain.cameras import SUB
from ioc_console.model import Entity
from ioc_console.notify import die_with_parent
from ioc_console.video.demand import Demand
from ioc_console.video.rings import Picture, RingReader
from ioc_console.video.scaling import Plane, hasten, scale

log = logging.getLogger(__name__)
FIRST_RETRY_S, LAST_RETRY_S = 1.0, 60.0
CALMING = 0.98
"""How much shorter the patience gets with every look that went well."""


class Frame(msgspec.Struct, frozen=True):
    """One look at a camera: its picture in grey at the processor's size, and whether it is newer than the last.

    `at` is in seconds since 1970.
    """

    camera: str
    grey: Plane
    at: float
    fresh: bool


Watch = Callable[[Iterator[Frame], Any], Iterator[Entity | None]]


class Processor(msgspec.Struct, frozen=True):
    """A stream processor: its name, the size of the pictures it is given, how often, and its generator."""

    name: str
    size: tuple[int, int]
    every_s: float
    watch: Watch


class Work(msgspec.Struct, frozen=True):
    """What a worker process is given."""

    processor: Processor
    config: Any
    cameras: tuple[str, ...]
    rings: Path
    log: Path


class Eye:
    """Looks at one camera's ring for a generator, which pulls a frame whenever there is one."""

    def __init__(self, work: Work, camera: str) -> None:
        self.work, self.camera = work, camera
        self.reader = RingReader(work.rings, camera, SUB)
        self.frame: Frame | None = None
        self.last = 0
        self.patience, self.again = FIRST_RETRY_S, 0.0
        self.watching = work.processor.watch(self.frames(), work.config)

    def frames(self) -> Iterator[Frame]:
        """Yield the frame of this look; only called when there is one."""
        while self.frame is not None:
            frame, self.frame = self.frame, None
            yield frame

    def grey(self, picture: Picture) -> Plane:
        """Return a picture's luma at the processor's size."""
        return scale(picture.y, self.work.processor.size)

    def look(self) -> Entity | None:
        """Give the generator the newest picture; return what it finds, if anything."""
        try:
            return self.find() if time.monotonic() >= self.again else None
        except StopIteration:
            self.begin_again("it ended, or took a frame without yielding")
        except Exception as error:
            self.begin_again(f"{type(error).__name__}: {error}")
        return None

    def find(self) -> Entity | None:
        """Have the generator look at the newest picture, where there is one."""
        newest = self.reader.poll()
        grey = self.reader.read(self.grey) if newest else None
        if grey is None:
            return None
        self.frame = Frame(self.camera, grey, time.time(), newest != self.last)
        self.last = newest
        found = next(self.watching)
        if self.frame is not None:
            raise ValueError("it yielded more than once for a frame")
        self.patience = max(FIRST_RETRY_S, self.patience * CALMING)
        return found

    def begin_again(self, why: str) -> None:
        """Start the generator anew after a while: the others go on meanwhile."""
        log.warning("%s on %s: %s; again in %.0f s", self.work.processor.name, self.camera, why, self.patience)
        self.again, self.frame = time.monotonic() + self.patience, None
        self.patience = min(self.patience * 2, LAST_RETRY_S)
        self.watching = self.work.processor.watch(self.frames(), self.work.config)


def labour(work: Work, found: "Queue[Entity]") -> None:
    """Be a worker: look at every camera at the processor's pace, for ever."""
    die_with_parent()
    logs.begin(work.log, f"worker-{work.processor.name}")
    hasten()
    demand = Demand(work.rings, work.processor.name)
    demand.want({(camera, SUB): work.processor.size[1] for camera in work.cameras})
    eyes = {camera: Eye(work, camera) for camera in work.cameras}
    pause = work.processor.every_s / max(1, len(eyes))
    while True:
        for eye in eyes.values():
            time.sleep(pause)
            entity = eye.look()
            if entity is not None:
                found.put(entity)
