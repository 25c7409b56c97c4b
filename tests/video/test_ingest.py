"""Ingest against real streams: every codec reaches its ring, and every fault is named."""

import asyncio
import errno
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import av
import numpy as np
import pytest

from ioc_console.domain.cameras import StreamError, StreamState
from ioc_console.model import Refused
from ioc_console.video.decoder import Source, planes_of
from ioc_console.video.ingest import Ingest
from ioc_console.video.rings import RingReader
from tests.video.conftest import make_clip, serving
from tests.waiting import soon


@contextmanager
def ingesting(rings: Path, source: Callable[[], Source]) -> Iterator[Ingest]:
    ingest = Ingest("c1", "sub", source, rings, 0.0)
    try:
        yield ingest
    finally:
        ingest.stop()
        ingest.thread.join(10)
        assert not ingest.thread.is_alive()


@pytest.mark.parametrize(
    ("codec", "name"), [("libx264", "a.mp4"), ("libx265", "a.mp4"), ("mjpeg", "a.avi")], ids=["h264", "h265", "mjpeg"]
)
async def test_each_codec_reaches_the_ring_and_loops(rings: Path, tmp_path: Path, codec: str, name: str):
    clip = make_clip(tmp_path / name, codec, 64, 48, pictures=10)
    reader = RingReader(rings, "c1", "sub")
    with ingesting(rings, lambda: Source(url=f"file://{clip}")) as ingest:
        await soon(lambda: ingest.pictures > 15, "the second round")
        reader.poll()
        assert reader.size == (64, 48)
        assert (reader.state, ingest.health.reconnections) == (StreamState.LIVE, 0)
        seen = reader.read(lambda picture: (int(picture.y.max()), int(np.abs(picture.u.astype(int) - 128).max())))
        assert seen is None or (30 < seen[0] < 110 and seen[1] < 8)
    assert list(rings.glob("c1-*")) == []
    reader.close()


async def test_another_size_is_another_generation(rings: Path, tmp_path: Path):
    clips = [make_clip(tmp_path / f"{w}.mp4", "libx264", w, 48, pictures=5) for w in (64, 96)]
    link = tmp_path / "now.mp4"
    link.symlink_to(clips[0])
    reader = RingReader(rings, "c1", "sub")
    with ingesting(rings, lambda: Source(url=f"file://{link}")):
        await soon(lambda: reader.poll() and reader.size == (64, 48), "the first size")
        before = reader.poll()
        link.unlink()
        link.symlink_to(clips[1])
        await soon(lambda: reader.poll() and reader.size == (96, 48), "the second size")
        assert reader.poll() > before
    reader.close()


async def test_motion_jpeg_over_http_is_shown_and_its_silence_told(rings: Path):
    flowing = asyncio.Event()
    flowing.set()
    encoder = av.CodecContext.create("mjpeg", "w")
    encoder.width, encoder.height, encoder.pix_fmt, encoder.framerate = 64, 48, "yuvj420p", 20
    image = bytes(encoder.encode(av.VideoFrame(64, 48, "yuvj420p"))[0])

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.0 200 OK\r\nContent-Type: multipart/x-mixed-replace; boundary=frame\r\n\r\n")
        while True:
            head = f"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: {len(image)}\r\n\r\n"
            writer.write(head.encode() + image + b"\r\n")
            await writer.drain()
            await asyncio.sleep(0.02)
            await flowing.wait()

    async with serving(serve) as port:
        with ingesting(rings, lambda: Source(url=f"http://127.0.0.1:{port}/v.mjpg", timeout_s=2)) as ingest:
            await soon(lambda: ingest.pictures > 3, "pictures")
            assert (ingest.health.codec, ingest.health.width) == ("mjpeg", 64)
            flowing.clear()
            await soon(lambda: ingest.health.state is StreamState.STALLED, "the stall")
            assert ingest.health.error is StreamError.TIMED_OUT
            flowing.set()
            await soon(lambda: ingest.health.state is StreamState.LIVE, "pictures")


def answer(text: bytes) -> Callable:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(text)
        await writer.drain()

    return serve


async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read()


async def rtsp_status(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, status: bytes) -> None:
    """Answer OPTIONS well and everything after it with a status."""
    while request := await reader.readuntil(b"\r\n\r\n"):
        number = request.partition(b"CSeq: ")[2].partition(b"\r\n")[0]
        line = b"200 OK" if request.startswith(b"OPTIONS") else status
        writer.write(b"RTSP/1.0 " + line + b"\r\nCSeq: " + number + b"\r\nPublic: DESCRIBE\r\n\r\n")
        await writer.drain()


def status(line: bytes) -> Callable:
    return lambda reader, writer: rtsp_status(reader, writer, line)


@pytest.mark.parametrize(
    ("serve", "scheme", "error"),
    [
        (status(b"401 Unauthorized"), "rtsp", StreamError.UNAUTHORISED),
        (status(b"404 Not Found"), "rtsp", StreamError.NO_STREAM),
        (status(b"453 Not Enough Bandwidth"), "rtsp", StreamError.BUSY),
        (status(b"461 Unsupported Transport"), "rtsp", StreamError.NO_TRANSPORT),
        (status(b"500 Internal Server Error"), "rtsp", StreamError.REJECTED),
        (status(b"503 Service Unavailable"), "rtsp", StreamError.BUSY),
        (silent, "rtsp", StreamError.TIMED_OUT),
        (answer(b"HTTP/1.0 401 Unauthorized\r\n\r\n"), "http", StreamError.UNAUTHORISED),
        (answer(b"HTTP/1.0 404 Not Found\r\n\r\n"), "http", StreamError.NO_STREAM),
        (answer(b"HTTP/1.0 410 Gone\r\n\r\n"), "http", StreamError.REJECTED),
        (answer(b"HTTP/1.0 503 Service Unavailable\r\n\r\n"), "http", StreamError.BUSY),
    ],
    ids=[
        "rtsp-401",
        "rtsp-404",
        "rtsp-453",
        "rtsp-461",
        "rtsp-500",
        "rtsp-503",
        "silent",
        "http-401",
        "http-404",
        "http-410",
        "http-503",
    ],
)
async def test_each_fault_of_a_server_is_named(rings: Path, serve: Callable, scheme: str, error: StreamError):
    async with serving(serve) as port:
        with ingesting(rings, lambda: Source(url=f"{scheme}://127.0.0.1:{port}/x", timeout_s=1)) as ingest:
            await soon(lambda: ingest.health.state is StreamState.OFFLINE, "offline")
            assert ingest.health.error is error


async def test_a_closed_port_refuses(rings: Path):
    async with serving(silent) as port:
        pass
    with ingesting(rings, lambda: Source(url=f"rtsp://127.0.0.1:{port}/x", timeout_s=1)) as ingest:
        await soon(lambda: ingest.health.reconnections >= 2, "two attempts")
        assert ingest.health.error is StreamError.REFUSED


async def test_a_secret_out_of_reach_is_named(rings: Path):
    def source() -> Source:
        raise Refused("config.secret_unreachable", file="x", reference="env:X")

    with ingesting(rings, source) as ingest:
        await soon(lambda: ingest.health.error is StreamError.NO_SECRET, "no secret")


async def test_a_full_memory_is_named(rings: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.posix_fallocate", full)
    clip = make_clip(tmp_path / "a.mp4", "libx264", 64, 48, pictures=5)
    with ingesting(rings, lambda: Source(url=f"file://{clip}")) as ingest:
        await soon(lambda: ingest.health.error is StreamError.NO_ROOM, "no room")


async def test_hardware_that_is_absent_falls_back_to_software(rings: Path, tmp_path: Path):
    clip = make_clip(tmp_path / "a.mp4", "libx264", 64, 48, pictures=5)
    with ingesting(rings, lambda: Source(url=f"file://{clip}", hardware="vaapi")) as ingest:
        await soon(lambda: ingest.pictures > 2, "pictures")
        assert (ingest.health.fallback, ingest.health.decoder) == ("vaapi", "software")


def test_odd_sizes_are_cropped_and_other_formats_made_planar():
    y, u, v = planes_of(av.VideoFrame(67, 49, "rgb24"))
    assert (y.shape, u.shape, v.shape) == ((48, 66), (24, 33), (24, 33))


@pytest.mark.parametrize(
    ("raised", "level"),
    [
        (Refused("ring.no_room", folder="/dev/shm", need_mb=3), logging.WARNING),
        (Refused("store.full"), logging.INFO),
        (ConnectionResetError(errno.ECONNRESET, "reset"), logging.INFO),
        (AttributeError("a mistake"), logging.ERROR),
    ],
    ids=["no room", "another refusal", "a camera's fault", "a mistake"],
)
async def test_a_full_machine_is_logged_louder_than_a_camera_that_goes(
    rings: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch,
    raised: Exception, level: int,
) -> None:  # fmt: skip
    def fail(*_: object) -> None:
        raise raised

    monkeypatch.setattr("ioc_console.video.rings.allocate", fail)
    clip = make_clip(tmp_path / "a.mp4", "libx264", 64, 48, pictures=5)
    caplog.set_level(logging.INFO, "ioc_console.video.ingest")
    with ingesting(rings, lambda: Source(url=f"file://{clip}")):
        await soon(lambda: caplog.records, "a line of the log")
    assert {record.levelno for record in caplog.records if record.name == "ioc_console.video.ingest"} == {level}
