"""Ingest: one thread for each wanted stream, from connection to ring, seeking the camera again for ever."""

import contextlib
import logging
import random
import threading
import time
from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import av
import msgspec
from av.video.frame import VideoFrame

from ioc_console.domain.cameras import CameraHealth, Effort, StreamError, StreamState
from ioc_console.model import Refused
from ioc_console.video.decoder import Decoder, Source, is_file, planes_of, reason_of, scrub
from ioc_console.video.rings import RingWriter

log = logging.getLogger(__name__)
FIRST_RETRY_S, LAST_RETRY_S = 0.5, 4.0
PATIENCE = {StreamError.UNAUTHORISED: 10.0, StreamError.NO_SECRET: 10.0, StreamError.BUSY: 4.0}
LATE_S, SOON_S = 0.6, 0.15
HOLD_S = 3.0
EASIER = {Effort.ALL: Effort.REFERENCE, Effort.REFERENCE: Effort.KEY, Effort.KEY: Effort.KEY}
HARDER = {Effort.KEY: Effort.REFERENCE, Effort.REFERENCE: Effort.ALL, Effort.ALL: Effort.ALL}


class Load:
    """Whether decoding keeps up: how far each picture comes after the moment its stamp promised, with hysteresis.

    A stream's own clock is anchored at the earliest picture seen; lateness over it is backlog, since a camera
    that is merely late is late always.
    """

    def __init__(self) -> None:
        self.anchor: float | None = None
        self.effort = Effort.ALL
        self.since = time.monotonic()

    def judge(self, stamp_s: float | None, now: float) -> Effort:
        """Take one picture's stamp in; return how much to decode from now on."""
        if stamp_s is None:
            return self.effort
        offset = now - stamp_s
        if self.anchor is None or offset < self.anchor or offset - self.anchor > 30:
            self.anchor = offset
        late = offset - self.anchor
        if now - self.since < HOLD_S:
            return self.effort
        target = EASIER[self.effort] if late > LATE_S else HARDER[self.effort] if late < SOON_S else self.effort
        if target is not self.effort:
            self.effort, self.since = target, now
        return self.effort


class Rates:
    """Pictures and bits a second over the last few seconds."""

    def __init__(self) -> None:
        self.marks: deque[tuple[float, int, int]] = deque(maxlen=8)

    def mark(self, now: float, pictures: int, received: int) -> tuple[float, int]:
        """Take the counts in once a second; return pictures a second and kilobits a second."""
        self.marks.append((now, pictures, received))
        before = self.marks[0]
        seconds = now - before[0]
        if seconds <= 0:
            return 0.0, 0
        return (pictures - before[1]) / seconds, round((received - before[2]) * 8 / seconds / 1_000)


class Ingest:
    """Keeps one stream of one camera in its ring until told to stop; `health` says how it fares."""

    def __init__(self, camera: str, stream: str, source: Callable[[], Source], rings: Path, delay_s: float) -> None:
        self.camera, self.stream, self.source, self.rings = camera, stream, source, rings
        self.health = idle(camera, stream)
        self.ring: RingWriter | None = None
        self.stopping = threading.Event()
        self.delay_s = delay_s
        self.pictures = 0
        self.pictured = 0.0
        self.thread = threading.Thread(target=self.run, name=f"{camera}/{stream}", daemon=True)
        self.thread.start()

    def stop(self) -> None:
        """Begin to end; the thread is gone within the timeout."""
        self.stopping.set()

    def run(self) -> None:
        """Seek the camera until told to stop."""
        patience = FIRST_RETRY_S
        self.stopping.wait(self.delay_s)
        while not self.stopping.is_set():
            before = self.pictures
            error = self.attempt()
            if self.stopping.is_set():
                break
            patience = FIRST_RETRY_S if self.pictures > before else min(patience * 2, LAST_RETRY_S)
            self.become(StreamState.OFFLINE, error)
            self.change(reconnections=self.health.reconnections + 1)
            self.stopping.wait(PATIENCE.get(error, patience) * random.uniform(0.5, 1.0))
        if self.ring:
            self.ring.close()

    def attempt(self) -> StreamError:
        """Connect and read until the stream ends; return why it did."""
        if self.health.state is StreamState.IDLE:
            self.become(StreamState.CONNECTING, StreamError.NONE)
        decoder: Decoder | None = None
        try:
            source = self.source()
            decoder = Decoder(source)
            self.change(codec=decoder.codec, decoder=decoder.codec, fallback=decoder.fallback)
            self.read(decoder, is_file(source))
        except Refused as refused:
            return StreamError.NO_ROOM if refused.code == "ring.no_room" else StreamError.NO_SECRET
        except (av.error.FFmpegError, OSError, ValueError) as error:
            reason = reason_of(error)
            log.info("%s/%s: %s: %s", self.camera, self.stream, reason.value, scrub(str(error)))
            return reason
        finally:
            if decoder:
                with contextlib.suppress(Exception):
                    decoder.close()
        return StreamError.ENDED

    def read(self, decoder: Decoder, paced: bool) -> None:  # noqa: FBT001
        """Read pictures into the ring until the stream ends, or yields packets but no picture for too long."""
        load, rates = Load(), Rates()
        marked = last = time.monotonic()
        for frame in decoder:
            now = time.monotonic()
            if self.stopping.is_set():
                return
            if frame is not None:
                last = now
                effort = load.judge(frame.time, now) if not paced else Effort.ALL
                if effort is not self.health.effort:
                    decoder.aim(effort)
                    self.change(effort=effort)
                self.take(frame)
                if paced:
                    self.stopping.wait(max(0.0, decoder.period_s - (time.monotonic() - now)))
            elif now - last > decoder.source.timeout_s:
                raise av.error.InvalidDataError(0, "packets without pictures")
            if now - marked >= 1.0:
                marked = now
                fps, kbps = rates.mark(now, self.pictures, decoder.bytes_read)
                self.change(fps=round(fps, 1), bitrate_kbps=kbps, pictured_at=datetime.now(UTC))

    def take(self, frame: VideoFrame) -> None:
        """Put one picture into the ring; another size is another ring."""
        y, u, v = planes_of(frame)
        height, width = y.shape
        if self.ring is None or (self.ring.mapped.width, self.ring.mapped.height) != (width, height):
            before, self.ring = self.ring, RingWriter(self.rings, self.camera, self.stream, width, height)
            if before:
                before.close()
            self.change(width=width, height=height)
            self.ring.mark(self.health.state, self.health.error, self.health.effort)
        self.ring.write(y, u, v)
        self.pictures += 1
        self.pictured = time.monotonic()
        if self.health.state is not StreamState.LIVE:
            self.become(StreamState.LIVE, StreamError.NONE)

    def become(self, state: StreamState, error: StreamError) -> None:
        """Change the stream's state, here and in the ring's header."""
        if (state, error) != (self.health.state, self.health.error):
            silent = {} if state is StreamState.LIVE else {"fps": 0.0, "bitrate_kbps": 0}
            self.change(state=state, error=error, since=datetime.now(UTC), **silent)
        if self.ring:
            self.ring.mark(state, error, self.health.effort)

    def change(self, **fields: object) -> None:
        """Change what is known of the stream; only its own thread does."""
        self.health = msgspec.structs.replace(self.health, **fields)


def idle(camera: str, stream: str) -> CameraHealth:
    """Return how a stream fares that nobody wants."""
    now = datetime.now(UTC)
    return CameraHealth(id=f"{camera}/{stream}", camera=camera, stream=stream, state=StreamState.IDLE, since=now)
