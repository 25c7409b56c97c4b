"""Ingest against a real RTSP server that guards its streams and dies, and against raw servers that misbehave."""

import asyncio
import contextlib
import json
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from ioc_console.domain.cameras import StreamError, StreamState
from ioc_console.video.decoder import Source
from ioc_console.video.ingest import Ingest
from ioc_console.video.rings import RingReader
from tests.installed import SYSTEM_PYTHON, require_rtsp_server
from tests.video.conftest import make_clip, serving
from tests.video.test_ingest import ingesting
from tests.waiting import eventually, soon

SERVER = Path(__file__).resolve().parents[2] / "plugins" / "demo_city" / "rtsp_server.py"
OFFLINE_S, BACK_S = 5.0, 10.0
STREAM = "/c1/sub"
NAME, PASSWORD = "viewer", "p@ss:wörd/1"


class City:
    """A real RTSP server with one guarded stream, at one address over its restarts."""

    def __init__(self, folder: Path) -> None:
        with socket.socket() as found:
            found.bind(("127.0.0.1", 0))
            self.port = found.getsockname()[1]
        loop = make_loop(folder / "loop.h264")
        mounts = {STREAM: {"file": str(loop), "fps": 15}}
        self.manifest = folder / "manifest.json"
        self.manifest.write_text(json.dumps({"port": self.port, "user": NAME, "password": PASSWORD, "mounts": mounts}))
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self.process = subprocess.Popen(
            [SYSTEM_PYTHON, str(SERVER), str(self.manifest)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        assert self.process.stdout.readline() == b"READY\n"

    def kill(self) -> None:
        if self.process:
            self.process.kill()
            self.process.wait()
            self.process.stdin.close()
            self.process.stdout.close()
        self.process = None

    def source(
        self, path: str = STREAM, credentials: tuple[str, str] | None = (NAME, PASSWORD)
    ) -> Callable[[], Source]:
        url = f"rtsp://127.0.0.1:{self.port}{path}"
        return lambda: Source(url=url, credentials=credentials, timeout_s=2.0)


def make_loop(file: Path, width: int = 96, height: int = 64) -> Path:
    """Encode a raw H.264 loop whose access units are delimited and whose key pictures come every second."""
    with av.open(str(file), "w", format="h264") as container:
        stream = container.add_stream("libx264", rate=15)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        stream.options = {"x264-params": "aud=1:bframes=0:keyint=15:min-keyint=15:scenecut=0", "tune": "zerolatency"}
        for at in range(30):
            frame = av.VideoFrame.from_ndarray(
                np.full((height * 3 // 2, width), 40 + at * 5, np.uint8), format="yuv420p"
            )
            frame.pts, frame.time_base = at, Fraction(1, 15)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return file


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[City]:
    require_rtsp_server()
    city = City(tmp_path_factory.mktemp("city"))
    try:
        yield city
    finally:
        city.kill()


@pytest.fixture
def city(served: City) -> City:
    if served.process is None:
        served.start()
    return served


def test_a_real_stream_is_shown(rings: Path, city: City):
    reader = RingReader(rings, "c1", "sub")
    with ingesting(rings, city.source()) as ingest:
        eventually(lambda: ingest.pictures > 20, "pictures")
        eventually(lambda: ingest.health.fps > 0, "figures")
        health = ingest.health
        assert (health.state, health.error, health.codec) == (StreamState.LIVE, StreamError.NONE, "h264")
        assert (health.width, health.height, health.reconnections) == (96, 64, 0)
        assert reader.poll() > 0
        assert (reader.state, reader.size) == (StreamState.LIVE, (96, 64))
    reader.close()


@pytest.mark.parametrize(
    ("credentials", "error"),
    [
        ((NAME, PASSWORD), StreamError.NONE),
        ((NAME, "wrong"), StreamError.UNAUTHORISED),
        (None, StreamError.UNAUTHORISED),
    ],
    ids=["right", "wrong", "none"],
)
def test_a_guarded_stream_wants_its_password(
    rings: Path, city: City, caplog: pytest.LogCaptureFixture, credentials: tuple[str, str] | None, error: StreamError
):
    caplog.set_level("DEBUG")
    with ingesting(rings, city.source(credentials=credentials)) as ingest:
        eventually(lambda: ingest.health.state in (StreamState.LIVE, StreamState.OFFLINE), "an outcome")
        assert ingest.health.error is error
    assert str(city.port) not in caplog.text
    assert not any(part in caplog.text for part in (PASSWORD, "p%40ss", "wrong@"))


def test_a_stream_that_the_server_lacks_is_named(rings: Path, city: City):
    with ingesting(rings, city.source("/nowhere")) as ingest:
        eventually(lambda: ingest.health.state is StreamState.OFFLINE, "offline")
        assert ingest.health.error is StreamError.NO_STREAM


def test_a_server_that_dies_is_noticed_and_its_return_too(rings: Path, city: City):
    reader = RingReader(rings, "c1", "sub")
    with ingesting(rings, city.source()) as ingest:
        eventually(lambda: ingest.pictures > 5, "pictures")
        reader.poll()
        city.kill()
        began = time.monotonic()
        eventually(lambda: ingest.health.state is StreamState.OFFLINE, "offline", OFFLINE_S)
        noticed = time.monotonic() - began
        reader.poll()
        assert reader.state is StreamState.OFFLINE
        last = reader.poll()
        eventually(lambda: ingest.health.error is StreamError.REFUSED, "the refusal", OFFLINE_S)
        city.start()
        began = time.monotonic()
        eventually(lambda: ingest.health.state is StreamState.LIVE, "live", BACK_S)
        print(f"offline after {noticed:.1f} s, back after {time.monotonic() - began:.1f} s")
        eventually(lambda: reader.poll() > last, "a newer picture")
        assert reader.state is StreamState.LIVE
        assert ingest.health.reconnections >= 1
    reader.close()


async def test_a_size_that_changes_within_a_stream_is_another_ring(rings: Path, tmp_path: Path):
    parts = [make_clip(tmp_path / f"{width}.h264", "libx264", width, 48, pictures=10) for width in (64, 96)]
    clip = tmp_path / "both.h264"
    clip.write_bytes(b"".join(part.read_bytes() for part in parts))
    reader, sizes, sequences = RingReader(rings, "c1", "sub"), set(), []
    with ingesting(rings, lambda: Source(url=f"file://{clip}")) as ingest:

        def both() -> bool:
            sequences.append(reader.poll())
            sizes.add(reader.size)
            assert len(list(rings.glob("c1-sub-*"))) <= 2
            return {(64, 48), (96, 48)} <= sizes

        await soon(both, "both sizes")
        assert ingest.health.reconnections == 0
    assert sequences == sorted(sequences)
    reader.close()


async def closes(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.close()


async def garbage(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(ConnectionError):
        while not writer.is_closing():
            writer.write(bytes(range(256)) * 16)
            await writer.drain()
            await asyncio.sleep(0.01)


async def resets(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    linger = b"\x01\x00\x00\x00\x00\x00\x00\x00"
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    writer.transport.abort()


@pytest.mark.parametrize("scheme", ["rtsp", "http"])
@pytest.mark.parametrize("serve", [closes, garbage, resets], ids=lambda serve: serve.__name__)
async def test_whatever_a_server_does_the_stream_goes_offline_and_tries_again(
    rings: Path, serve: Callable, scheme: str
):
    async with serving(serve) as port:
        ingest = Ingest("c1", "sub", lambda: Source(url=f"{scheme}://127.0.0.1:{port}/x", timeout_s=1), rings, 0.0)
        await soon(lambda: ingest.health.state is StreamState.OFFLINE, "offline")
        assert ingest.health.error in (StreamError.ENDED, StreamError.UNDECODABLE, StreamError.TIMED_OUT)
        await soon(lambda: ingest.health.reconnections >= 2, "another attempt", 10)
        ingest.stop()
        await asyncio.to_thread(ingest.thread.join, 5)
        assert not ingest.thread.is_alive()
    assert not rings.exists() or list(rings.iterdir()) == []
