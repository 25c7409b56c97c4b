"""Ingest: one thread for each wanted stream, from connection to ring, seeking the camera again for ever."""

import logging
import random
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from ioc_console.domain.cameras import CameraHealth, StreamError, StreamState
from ioc_console.model import Refused
from ioc_console.video.decoder import Decoded, Decoder, Source, planes_of
from ioc_console.video.faults import EXPECTED, reason_of, scrub
from ioc_console.video.load import Load, Rates
from ioc_console.video.rings import RingWriter
from ioc_console.video.scaling import WHOLE, hasten, reduced

log = logging.getLogger(__name__)
FIRST_RETRY_S, LAST_RETRY_S = 0.5, 5.0
PATIENCE = {StreamError.UNAUTHORISED: 10.0, StreamError.NO_SECRET: 10.0, StreamError.BUSY: 4.0}
FIGURES_S = 1.0
NO_ROOM = "ring.no_room"


class Ingest:
    """Keeps one stream of one camera in its rings until told to stop; `health` says how it fares.

    `feeds` names the streams whose rings get the pictures, and how tall: its own, and the sub stream's too where the
    camera admits one session and that session is the main stream's.
    """

    def __init__(self, camera: str, stream: str, source: Callable[[], Source], rings: Path, delay_s: float) -> None:
        self.camera, self.stream, self.source, self.rings = camera, stream, source, rings
        self.health = idle(camera, stream)
        self.feeds = {stream: WHOLE}
        self.writers: dict[str, RingWriter] = {}
        self.stopping = threading.Event()
        self.delay_s = delay_s
        self.pictures = 0
        self.thread = threading.Thread(target=self.run, name=f"{camera}/{stream}", daemon=True)
        self.thread.start()

    def stop(self) -> None:
        """Begin to end; the thread is gone within the timeout."""
        self.stopping.set()

    def run(self) -> None:
        """Seek the camera until told to stop."""
        hasten()
        patience = FIRST_RETRY_S
        self.become(StreamState.CONNECTING, StreamError.NONE)
        self.stopping.wait(self.delay_s)
        while not self.stopping.is_set():
            before = self.pictures
            error = self.attempt()
            if self.stopping.is_set():
                break
            flowed = self.pictures > before
            patience = FIRST_RETRY_S if flowed else min(patience * 2, LAST_RETRY_S)
            stalled = flowed and error in (StreamError.TIMED_OUT, StreamError.UNDECODABLE)
            self.become(StreamState.STALLED if stalled else StreamState.OFFLINE, error)
            self.change(reconnections=self.health.reconnections + 1)
            # The spread keeps cameras that went together from coming back in one stampede.
            self.stopping.wait(PATIENCE.get(error, patience) * random.uniform(0.5, 1.0))
        for writer in self.writers.values():
            writer.close()
        self.writers = {}

    def attempt(self) -> StreamError:
        """Connect and read until the stream ends; return why it did."""
        try:
            source = self.source()
        except (Refused, OSError, UnicodeError):
            return StreamError.NO_SECRET
        began, before = time.monotonic(), self.pictures
        try:
            self.follow(source)
        except Exception as error:
            # A stream's thread outlives whatever a camera sends; the words may hold its address.
            reason = reason_of(error, source.host)
            # The library calls a server that accepts and then keeps silent "invalid data".
            silent = not self.health.codec and self.pictures == before
            if silent and reason is StreamError.UNDECODABLE and time.monotonic() - began > 0.9 * source.timeout_s:
                reason = StreamError.TIMED_OUT
            log.log(level_of(error), "%s/%s: %s: %s", self.camera, self.stream, reason.value, scrub(str(error)))
            return reason
        return StreamError.ENDED

    def follow(self, source: Source) -> None:
        """Read a stream to its end; a file is begun again for as long as it has pictures."""
        while not self.stopping.is_set():
            before = self.pictures
            decoder = Decoder(source)
            try:
                self.change(codec=decoder.codec, decoder=decoder.device, fallback=decoder.fallback)
                self.read(decoder)
            finally:
                decoder.close()
            if not source.is_file or self.pictures == before:
                return

    def read(self, decoder: Decoder) -> None:
        """Read pictures into the rings until the stream ends, or yields packets but no picture for too long."""
        load, rates, paced = Load(), Rates(), decoder.source.is_file
        began = marked = last = time.monotonic()
        first: float | None = None
        for frame in decoder:
            now = time.monotonic()
            if self.stopping.is_set():
                return
            if frame is None:
                if now - last > decoder.source.timeout_s:
                    raise ValueError("packets without pictures")
                continue
            last = now
            if paced:
                first = frame.time if first is None else first
                self.pace(began, (frame.time or 0.0) - (first or 0.0))
            elif (effort := load.judge(frame.time, now, decoder.waited_s)) is not self.health.effort:
                decoder.aim(effort)
                self.change(effort=effort)
                self.mark()
            self.take(frame)
            if now - marked >= FIGURES_S:
                marked = now
                fps, kbps = rates.mark(now, self.pictures, decoder.bytes_read)
                self.change(fps=round(fps, 1), bitrate_kbps=kbps, pictured_at=datetime.now(UTC))

    def pace(self, began: float, stamp_s: float) -> None:
        """Wait until a file's picture is due."""
        self.stopping.wait(min(max(0.0, began + stamp_s - time.monotonic()), 1.0))

    def take(self, frame: Decoded) -> None:
        """Put one picture into the rings, no larger than anybody shows it; another size is another ring."""
        y, u, v = planes_of(frame)
        native, feeds = (y.shape[1], y.shape[0]), self.feeds
        for stream in self.writers.keys() - feeds.keys():
            self.writers.pop(stream).close()
        for stream, tall in feeds.items():
            writer, size = self.writers.get(stream), reduced(*native, tall)
            if writer is None or (writer.size, writer.native) != (size, native):
                writer = self.renew(stream, size, native)
            writer.write(y, u, v)
        self.pictures += 1
        if self.health.state is not StreamState.LIVE:
            self.change(pictured_at=datetime.now(UTC))
            self.become(StreamState.LIVE, StreamError.NONE)

    def renew(self, stream: str, size: tuple[int, int], native: tuple[int, int]) -> RingWriter:
        """Make the ring of another size; the one before stands until there is room."""
        writer = RingWriter(self.rings, self.camera, stream, *size, native)
        writer.mark(self.health.state, self.health.error, self.health.effort)
        before = self.writers.get(stream)
        self.writers[stream] = writer
        if before:
            before.close()
        self.change(width=native[0], height=native[1])
        return writer

    def become(self, state: StreamState, error: StreamError) -> None:
        """Change the stream's state, here and in the rings' headers."""
        if (state, error) != (self.health.state, self.health.error):
            silent = {} if state is StreamState.LIVE else {"fps": 0.0, "bitrate_kbps": 0}
            self.change(state=state, error=error, since=datetime.now(UTC), **silent)
            self.mark()

    def mark(self) -> None:
        """Say in the rings' headers how the stream fares."""
        for writer in self.writers.values():
            writer.mark(self.health.state, self.health.error, self.health.effort)

    def change(self, **fields: object) -> None:
        """Change what is known of the stream; only its own thread does."""
        self.health = msgspec.structs.replace(self.health, **fields)


def level_of(error: Exception) -> int:
    """Return how loud an ended stream is logged: cameras go and come, but a full machine and our mistakes do not."""
    if isinstance(error, Refused) and error.code == NO_ROOM:
        return logging.WARNING
    return logging.INFO if isinstance(error, EXPECTED) else logging.ERROR


def idle(camera: str, stream: str) -> CameraHealth:
    """Return how a stream fares that nobody wants."""
    now = datetime.now(UTC)
    return CameraHealth(id=f"{camera}/{stream}", camera=camera, stream=stream, state=StreamState.IDLE, since=now)
