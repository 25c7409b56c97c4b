"""The decoder: one stream opened with PyAV, its pictures as I420 planes, its failures as words."""

import contextlib
import errno
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import av
import msgspec
import numpy as np
from av.codec.hwaccel import HWAccel
from av.container import InputContainer
from av.video.frame import VideoFrame

from ioc_console.domain.cameras import Effort, StreamError
from ioc_console.video.rings import Plane

PLANAR = frozenset({"yuv420p", "yuvj420p"})
SKIP: dict[Effort, Any] = {Effort.ALL: "DEFAULT", Effort.REFERENCE: "NONREF", Effort.KEY: "NONKEY"}
WORDS: tuple[tuple[str, StreamError], ...] = (
    (r"\b401\b|unauthor|\b403\b|forbidden", StreamError.UNAUTHORISED),
    (r"\b404\b|not found|no such", StreamError.NO_STREAM),
    (r"\b453\b|not enough bandwidth|\b503\b", StreamError.BUSY),
    (r"refused", StreamError.REFUSED),
    (r"timed out|timeout|immediate exit", StreamError.TIMED_OUT),
    (r"unreachable|no route|resolve|name or service|network", StreamError.UNREACHABLE),
    (r"end of file", StreamError.ENDED),
)
NUMBERS = {
    errno.ECONNREFUSED: StreamError.REFUSED,
    errno.ETIMEDOUT: StreamError.TIMED_OUT,
    errno.EHOSTUNREACH: StreamError.UNREACHABLE,
    errno.ENETUNREACH: StreamError.UNREACHABLE,
    errno.ENOENT: StreamError.NO_STREAM,
}


class Source(msgspec.Struct, frozen=True):
    """What is to be opened; `credentials` are (name, password), `hardware` a device type or `none`."""

    url: str
    credentials: tuple[str, str] | None = None
    transport: str = "tcp"
    hardware: str = "none"
    timeout_s: float = 4.0

    @property
    def scheme(self) -> str:
        """The address's scheme."""
        return urlsplit(self.url).scheme

    def address(self) -> str:
        """Return the address as the library takes it, credentials and all: never to be logged."""
        if self.scheme == "file":
            return urlsplit(self.url).path
        if self.credentials is None:
            return self.url
        name, password = (quote(part, safe="") for part in self.credentials)
        return self.url.replace("://", f"://{name}:{password}@", 1)


def scrub(text: str) -> str:
    """Return a library's words without addresses and what may be a password in them."""
    without = re.sub(r"\b[a-z][a-z0-9+.-]*://\S*", "…", text, flags=re.IGNORECASE)
    return re.sub(r"\S+@\S+", "…", without)[:200]


def reason_of(error: BaseException) -> StreamError:
    """Return why a stream failed, from the error that the library raised."""
    number = getattr(error, "errno", None)
    if number in NUMBERS:
        return NUMBERS[number]
    text = str(error).casefold()
    return next((reason for pattern, reason in WORDS if re.search(pattern, text)), StreamError.UNDECODABLE)


class Decoder:
    """An open stream; iterating yields its decoded pictures, and `bytes_read` counts what came in."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.fallback = ""
        self.bytes_read = 0
        self.container = self.open()
        try:
            self.stream = self.container.streams.video[0]
        except IndexError as error:
            self.container.close()
            raise av.error.InvalidDataError(errno.EINVAL, "no video stream") from error
        self.stream.thread_type = "NONE"
        self.stream.codec_context.thread_count = 1

    def open(self) -> InputContainer:
        """Open the stream, with hardware where that is asked for and can be had."""
        options = {"fflags": "nobuffer", "flags": "low_delay"}
        if self.source.scheme.startswith("rtsp"):
            options |= {"rtsp_transport": self.source.transport, "timeout": str(int(self.source.timeout_s * 1e6))}
        timeout = (self.source.timeout_s + 1, self.source.timeout_s)
        for hardware in self.devices():
            try:
                return av.open(self.source.address(), options=options, timeout=timeout, hwaccel=hardware)
            except (av.error.FFmpegError, ValueError, RuntimeError):
                if hardware is None:
                    raise
                self.fallback = self.source.hardware
        raise AssertionError("the last device is none")

    def devices(self) -> Iterator[HWAccel | None]:
        """Yield the hardware to try, then none."""
        if self.source.hardware != "none":
            try:
                yield HWAccel(device_type=self.source.hardware, allow_software_fallback=False)
            except (ValueError, RuntimeError, av.error.FFmpegError):
                self.fallback = self.source.hardware
        yield None

    @property
    def codec(self) -> str:
        """The codec's name."""
        return str(self.stream.codec_context.name)

    @property
    def period_s(self) -> float:
        """Seconds between pictures, as the stream says."""
        rate = self.stream.average_rate or self.stream.guessed_rate
        return float(1 / rate) if rate else 0.04

    def aim(self, effort: Effort) -> None:
        """Decode everything, reference pictures, or key pictures alone."""
        self.stream.codec_context.skip_frame = SKIP[effort]

    def __iter__(self) -> Iterator[VideoFrame | None]:
        """Yield pictures, and None for a packet that gave none, so that the caller can judge silence."""
        for packet in self.container.demux(self.stream):
            self.bytes_read += packet.size
            try:
                frames = packet.decode()
            except av.error.InvalidDataError:
                frames = []
            yield from frames or (None,)

    def close(self) -> None:
        """Let go of the stream."""
        with contextlib.suppress(av.error.FFmpegError, OSError):
            self.container.close()


def planes_of(frame: VideoFrame) -> tuple[Plane, Plane, Plane]:
    """Return a picture's planes cropped to even sizes: views into the frame where it is planar already."""
    if frame.format.name not in PLANAR:
        frame = frame.reformat(format="yuv420p")
    width, height = frame.width & ~1, frame.height & ~1
    y, u, v = (view(frame.planes[at]) for at in range(3))
    return y[:height, :width], u[: height // 2, : width // 2], v[: height // 2, : width // 2]


def view(plane: Any) -> Plane:
    """Return a plane of a frame as an array over its memory, padding and all."""
    return np.frombuffer(plane, np.uint8).reshape(-1, plane.line_size)


def is_file(source: Source) -> bool:
    """Say whether a source is a file of this machine, which has to be paced and begun again."""
    return source.scheme == "file" and Path(urlsplit(source.url).path).exists()
