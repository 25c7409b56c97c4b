"""Ingest of real RTSP streams of every codec and transport, and of streams that somebody spoils on their way."""

import asyncio
import random
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from ioc_console.config import CameraSource, City, Site
from ioc_console.domain.cameras import MAIN, SUB, StreamError, StreamState
from ioc_console.video.decoder import Source
from ioc_console.video.demand import Demand
from ioc_console.video.ingest import Ingest
from ioc_console.video.rings import RingReader
from ioc_console.video.scaling import WHOLE
from ioc_console.video.sources import Sources
from tests.installed import SYSTEM_PYTHON, require_rtsp_server
from tests.video.conftest import make_clip
from tests.video.middleman import Middleman, between, whole
from tests.video.test_ingest import ingesting
from tests.video.test_ingest_faults import City as Loops
from tests.video.test_ingest_faults import make_loop
from tests.waiting import soon

SERVER = Path(__file__).with_name("launch_server.py")
FILE = "filesrc location={} ! matroskademux ! {} name=pay0 pt=96"
PAYERS = {"h264": "h264parse ! rtph264pay", "hevc": "h265parse ! rtph265pay", "mjpeg": "rtpjpegpay"}
ENCODERS = {"h264": "libx264", "hevc": "libx265", "mjpeg": "mjpeg"}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """Serve one clip of each codec at its codec's name; yields the port."""
    require_rtsp_server()
    folder = tmp_path_factory.mktemp("clips")
    with closing(socket.socket()) as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    mounts = []
    for codec, encoder in ENCODERS.items():
        clip = make_clip(folder / f"{codec}.mkv", encoder, 160, 96, pictures=100)
        mounts.append(f"/{codec}=" + FILE.format(clip, PAYERS[codec]))
    process = subprocess.Popen(
        [SYSTEM_PYTHON, str(SERVER), str(port), *mounts], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )  # fmt: skip
    assert process.stdout.readline() == b"READY\n"
    yield port
    process.kill()
    process.wait()
    process.stdin.close()
    process.stdout.close()


@pytest.mark.parametrize("transport", ["tcp", "udp"])
@pytest.mark.parametrize("codec", ["h264", "hevc", "mjpeg"])
async def test_every_codec_comes_over_either_transport(rings: Path, server: int, codec: str, transport: str):
    url = f"rtsp://127.0.0.1:{server}/{codec}"
    with ingesting(rings, lambda: Source(url=url, transport=transport)) as ingest:
        await soon(lambda: ingest.pictures > 10, "pictures")
        assert (ingest.health.codec, ingest.health.width, ingest.health.height) == (codec, 160, 96)


@pytest.fixture
def loops(tmp_path: Path, server: int) -> Iterator[Loops]:
    """A real server of one endless loop, without a log-in."""
    found = Loops(tmp_path)
    found.start()
    yield found
    found.kill()


def source(loops: Loops, port: int) -> Source:
    return Source(url=f"rtsp://127.0.0.1:{port}/c1/sub", credentials=loops.source()().credentials, timeout_s=1.5)


async def test_a_stream_that_falls_silent_with_its_socket_open_is_stalled_and_taken_up_again(rings: Path, loops: Loops):
    middleman, reader = Middleman(loops.port), RingReader(rings, "c1", "sub")
    async with between(middleman) as port:
        with ingesting(rings, lambda: source(loops, port)) as ingest:
            await soon(lambda: reader.poll(), "a picture")
            middleman.mute = True
            await soon(lambda: ingest.health.state is StreamState.STALLED, "the stall")
            assert ingest.health.error is StreamError.TIMED_OUT
            assert (reader.poll() > 0, reader.state) == (True, StreamState.STALLED)
            before, middleman.mute = reader.poll(), False
            await soon(lambda: ingest.health.state is StreamState.LIVE and reader.poll() > before, "newer pictures")
            assert ingest.health.reconnections >= 1
    reader.close()


async def test_a_stream_that_never_begins_to_flow_times_out(rings: Path, loops: Loops):
    middleman = Middleman(loops.port)
    middleman.spoil = lambda payload: b""
    async with between(middleman) as port:
        with ingesting(rings, lambda: source(loops, port)) as ingest:
            await soon(lambda: ingest.health.reconnections >= 1, "another attempt")
            assert (ingest.health.error, ingest.pictures) == (StreamError.TIMED_OUT, 0)
            middleman.spoil = lambda payload: payload
            await soon(lambda: ingest.health.state is StreamState.LIVE, "pictures")


@pytest.mark.parametrize("share", [0.2, 1.0], ids=["some", "all"])
async def test_truncated_packets_end_no_stream_for_good(rings: Path, loops: Loops, share: float):
    middleman, dice = Middleman(loops.port), random.Random(7)
    async with between(middleman) as port:
        with ingesting(rings, lambda: source(loops, port)) as ingest:
            await soon(lambda: ingest.pictures > 10, "pictures")
            spoilt = 0

            def cut(payload: bytes) -> bytes:
                nonlocal spoilt
                if dice.random() > share:
                    return payload
                spoilt += 1
                return payload[: dice.randrange(1, max(2, len(payload)))]

            middleman.spoil = cut
            await soon(lambda: spoilt > 60, "truncated packets")
            assert ingest.thread.is_alive()
            middleman.spoil = lambda payload: payload
            before = ingest.pictures
            await soon(lambda: ingest.pictures > before + 20 and ingest.health.state is StreamState.LIVE, "pictures")


async def test_a_stream_whose_framing_is_lost_is_taken_up_again(rings: Path, loops: Loops):
    middleman, reader, cut = Middleman(loops.port), RingReader(rings, "c1", "sub"), [0]
    async with between(middleman) as port:
        with ingesting(rings, lambda: source(loops, port)) as ingest:
            await soon(lambda: reader.poll(), "a picture")

            def stump(payload: bytes) -> bytes:
                cut[0] += 1
                return payload[:5]

            middleman.spoil = stump
            await soon(lambda: cut[0] > 60, "packets too short for a header")
            middleman.spoil = whole
            before = ingest.pictures
            await soon(lambda: ingest.pictures > before + 20 and ingest.health.state is StreamState.LIVE, "pictures")
    reader.close()


async def test_cameras_that_went_together_do_not_come_back_in_a_stampede(rings: Path, loops: Loops):
    asked: list[float] = []

    def noted() -> Source:
        asked.append(time.monotonic())
        return loops.source()()

    cameras = [Ingest(f"c{at}", "sub", noted, rings, 0.0) for at in range(12)]
    await soon(lambda: all(camera.health.state is StreamState.LIVE for camera in cameras), "all cameras")
    loops.kill()
    await soon(lambda: all(camera.health.reconnections >= 3 for camera in cameras), "some attempts")
    loops.start()
    asked.clear()
    await soon(lambda: all(camera.health.state is StreamState.LIVE for camera in cameras), "all cameras again")
    for camera in cameras:
        camera.stop()
    for camera in cameras:
        await asyncio.to_thread(camera.thread.join, 10)
    busiest = max(sum(begin <= one < begin + 0.2 for one in asked) for begin in asked)
    assert busiest <= len(cameras) // 2, sorted(round(one - asked[0], 2) for one in asked)


async def test_a_stream_of_garbled_packets_goes_on_or_says_why_not(rings: Path, loops: Loops):
    middleman, dice = Middleman(loops.port), random.Random(9)
    async with between(middleman) as port:
        with ingesting(rings, lambda: source(loops, port)) as ingest:
            await soon(lambda: ingest.pictures > 10, "pictures")
            middleman.spoil = lambda payload: payload[:12] + dice.randbytes(len(payload) - 12)
            await soon(lambda: ingest.health.state is not StreamState.LIVE, "the doubt")
            assert ingest.health.error in (StreamError.UNDECODABLE, StreamError.TIMED_OUT, StreamError.ENDED)
            middleman.spoil = lambda payload: payload
            await soon(lambda: ingest.health.state is StreamState.LIVE, "pictures")


async def test_a_size_that_changes_within_one_session_is_another_ring(rings: Path, tmp_path: Path, server: int):
    loops, reader, sizes = Loops(tmp_path), RingReader(rings, "c1", "sub"), set()
    both = tmp_path / "loop.h264"
    both.write_bytes(both.read_bytes() + make_loop(tmp_path / "other.h264", 128, 96).read_bytes())
    loops.start()
    with ingesting(rings, lambda: source(loops, loops.port)) as ingest:

        def seen() -> bool:
            reader.poll()
            sizes.add(reader.size)
            return {(96, 64), (128, 96)} <= sizes

        await soon(seen, "both sizes")
        assert ingest.health.reconnections == 0
    reader.close()
    loops.kill()


async def test_a_camera_that_comes_back_with_another_codec_is_shown(rings: Path, loops: Loops, server: int):
    middleman, reader = Middleman(loops.port), RingReader(rings, "c1", "sub")
    async with between(middleman) as port:
        path = ["c1/sub"]
        login = loops.source()().credentials
        with ingesting(
            rings, lambda: Source(url=f"rtsp://127.0.0.1:{port}/{path[0]}", credentials=login, timeout_s=1.5)
        ) as ingest:
            await soon(lambda: ingest.health.codec == "h264" and reader.poll(), "the first codec")
            before, path[0], middleman.port = reader.poll(), "hevc", server
            loops.kill()
            await soon(lambda: ingest.health.codec == "hevc" and reader.poll() > before, "the other codec")
            assert reader.size == (160, 96)
    reader.close()


async def test_a_camera_of_one_session_serves_both_rings_and_tells_others_that_it_is_busy(
    rings: Path, loops: Loops, tmp_path: Path
):
    middleman, (name, password) = Middleman(loops.port, most=1), loops.source()().credentials
    (tmp_path / "login").write_text(f"{name}:{password}", encoding="utf-8")
    async with between(middleman) as port:
        url = f"rtsp://127.0.0.1:{port}/c1/sub"
        camera = CameraSource(
            id="c1", number=1, name="C1", sub=url, main=url, sessions=1, credentials="file:login"
        )  # fmt: skip
        site = Site(schema=1, id="t", city=City(name="T"), cameras=(camera,))
        sources, demand = Sources(site, tmp_path / "site.toml", [camera], rings), Demand(rings, "display")
        readers = {stream: RingReader(rings, "c1", stream) for stream in (SUB, MAIN)}
        loop = asyncio.get_running_loop()

        def flows(*streams: str) -> bool:
            sources.level(loop.time())
            return all(readers[stream].poll() and readers[stream].state is StreamState.LIVE for stream in streams)

        demand.want({("c1", SUB): WHOLE})
        await soon(lambda: flows(SUB), "the sub stream")
        demand.want({("c1", SUB): WHOLE, ("c1", MAIN): WHOLE})
        await soon(lambda: flows(SUB, MAIN), "both rings")
        assert middleman.peak == 1
        with ingesting(rings / "other", lambda: source(loops, port)) as other:
            await soon(lambda: other.health.error is StreamError.BUSY, "the refusal")
            demand.want({})
            await asyncio.to_thread(sources.close)
            await soon(lambda: other.health.state is StreamState.LIVE, "its turn")
        assert middleman.peak == 1
        for reader in readers.values():
            reader.close()
        demand.close()
