"""The decoder: one stream opened with PyAV, its pictures as I420 planes."""

import contextlib
import errno
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, unquote, urlsplit

import av
import msgspec
import numpy as np
from av.codec.hwaccel import HWAccel
from av.container import InputContainer
from av.video.frame import VideoFrame

from ioc_console.domain.cameras import Effort
from ioc_console.video.replies import Ear, Unopened, status_of
from ioc_console.video.scaling import Plane

Decoded = VideoFrame
PLANAR = frozenset({"yuv420p", "yuvj420p"})
SKIP: dict[Effort, Any] = {Effort.ALL: "DEFAULT", Effort.REFERENCE: "NONREF", Effort.KEY: "NONKEY"}
PROTOCOLS = {"file": "file"}
NETWORK = "rtsp,rtsps,rtp,srtp,udp,tcp,tls,http,https"
MOST_PIXELS = 7_680 * 4_320


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

    @property
    def host(self) -> str:
        """The host's name; empty for a file."""
        return urlsplit(self.url).hostname or ""

    @property
    def is_file(self) -> bool:
        """Whether it is a file of this machine, which has to be paced and begun again."""
        return self.scheme == "file"

    def address(self) -> str:
        """Return the address as the library takes it, credentials and all: never to be logged."""
        if self.is_file:
            return unquote(urlsplit(self.url).path)
        if self.credentials is None:
            return self.url
        name, password = (quote(part, safe="") for part in self.credentials)
        return self.url.replace("://", f"://{name}:{password}@", 1)

    def options(self) -> dict[str, str]:
        """Return the library's options; a camera cannot send it to another protocol, such as a file."""
        # Not `nobuffer`: it throws away the key picture that was met while probing, and so a whole interval.
        options = {} if self.is_file else {"flags": "low_delay", "fpsprobesize": "0"}
        options["protocol_whitelist"] = PROTOCOLS.get(self.scheme, NETWORK)
        limit = str(int(self.timeout_s * 1e6))
        if self.scheme.startswith("rtsp"):
            options |= {"rtsp_transport": self.transport, "timeout": limit, "allowed_media_types": "video"}
        elif not self.is_file:
            options |= {"rw_timeout": limit}
        return options


class Decoder:
    """An open stream; iterating yields its decoded pictures.

    `bytes_read` counts what came in, `waited_s` how long it was waited for; `fallback` names the hardware that
    was asked for and could not be had.
    """

    def __init__(self, source: Source) -> None:
        self.source = source
        self.fallback = ""
        self.bytes_read = 0
        self.waited_s = 0.0
        self.container = self.open()
        try:
            self.stream = self.container.streams.video[0]
        except IndexError as error:
            self.container.close()
            raise av.error.InvalidDataError(errno.EINVAL, "no video stream") from error
        self.stream.thread_type = "NONE"
        self.stream.codec_context.thread_count = 1

    def open(self) -> InputContainer:
        """Open the stream, with hardware where that is asked for and can be had; raises `Unopened`."""
        # Beside the socket's own limit: a stream whose framing is lost keeps a read busy for ever.
        timeout = (self.source.timeout_s, self.source.timeout_s)
        for hardware in self.devices():
            try:
                with Ear.listening() as said:
                    return av.open(
                        self.source.address(), options=self.source.options(), timeout=timeout, hwaccel=hardware
                    )
            except (av.error.FFmpegError, ValueError, RuntimeError, NotImplementedError) as error:
                if hardware is None:
                    raise Unopened(error, status_of(said)) from error
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
        return str(self.stream.codec_context.codec.name)

    @property
    def device(self) -> str:
        """What decodes: the hardware's name, or `software`."""
        asked = self.source.hardware
        return "software" if asked == "none" or self.fallback else asked

    def aim(self, effort: Effort) -> None:
        """Decode everything, reference pictures, or key pictures alone."""
        self.stream.codec_context.skip_frame = SKIP[effort]

    def __iter__(self) -> Iterator[Decoded | None]:
        """Yield pictures, and None for a packet that gave none, so that the caller can judge silence."""
        packets = self.container.demux(self.stream)
        asked = time.monotonic()
        for packet in packets:
            self.waited_s += time.monotonic() - asked
            self.bytes_read += packet.size
            try:
                frames = packet.decode()
            except av.error.InvalidDataError:
                frames = []
            sound = [frame for frame in frames if not frame.is_corrupt]
            yield from sound or (None,)
            asked = time.monotonic()

    def close(self) -> None:
        """Let go of the stream."""
        with contextlib.suppress(av.error.FFmpegError, OSError):
            self.container.close()


def planes_of(frame: Decoded) -> tuple[Plane, Plane, Plane]:
    """Return a picture's planes cropped to even sizes: views into the frame where it is planar already."""
    width, height = frame.width, frame.height
    if not 4 <= width * height <= MOST_PIXELS or min(width, height) < 2:
        raise av.error.InvalidDataError(errno.EINVAL, "a picture of an impossible size")
    if frame.format.name not in PLANAR:
        frame = frame.reformat(format="yuv420p")
    width, height = width & ~1, height & ~1
    half = height // 2, width // 2
    y, u, v = frame.planes
    return view(y, height, width), view(u, *half), view(v, *half)


def view(plane: Any, height: int, width: int) -> Plane:
    """Return so much of a plane of a frame as an array over its memory."""
    stride = plane.line_size
    whole = np.frombuffer(plane, np.uint8, height * stride).reshape(height, stride)
    return whole if stride == width else whole[:, :width]
