"""The demo city: loops that decode and join, truth that follows from the paths, a server that runs on."""

import asyncio
import itertools
import math
import time
from pathlib import Path

import av
import msgspec
import pytest

from ioc_console.config import read_site
from plugins.demo_city import serve
from plugins.demo_city.clips import Shape, render
from plugins.demo_city.scenes import SCENES, movers_of

TINY = Shape(width=640, height=360, seconds=2)
SITE = Path(__file__).parents[2] / "resources/sites/demo.toml"


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("clips")
    return folder / render(SCENES[0], folder, TINY)


def test_the_site_file_holds_the_mast_and_thirty_two_cameras() -> None:
    assert [c.number for c in read_site(SITE).cameras] == list(range(200, 233))


def test_a_clip_decodes_whole_with_a_key_picture_each_second(clip: Path) -> None:
    with av.open(f"{clip}.sub.h264") as file:
        frames = list(file.decode(video=0))
    assert [at for at, frame in enumerate(frames) if frame.key_frame] == [0, 15]
    assert len(frames) == 30


def test_every_mover_stands_where_it_stood_one_loop_before() -> None:
    for mover in movers_of(SCENES[0], 20):
        for at in (0.0, 3.3, 19.9):
            before, after = mover.at(at, 20), mover.at(at + 20, 20)
            assert (before is None) == (after is None)
            assert before is None or after is None or math.dist(before, after) < 1e-6


def test_a_crossing_happens_when_the_mover_is_half_way(clip: Path) -> None:
    truth = msgspec.json.decode(Path(f"{clip}.truth.json").read_bytes())
    movers = {mover.track: mover for mover in movers_of(SCENES[0], TINY.seconds)}
    assert len(truth["crossings"]) == len(movers)
    for crossing in truth["crossings"]:
        x0, y0, x1, y1 = movers[crossing["track"]].ends
        place = movers[crossing["track"]].at(crossing["s"], TINY.seconds)
        assert place is not None
        assert math.dist(place, ((x0 + x1) / 2, (y0 + y1) / 2)) < 0.01


async def test_time_stamps_run_on_over_the_loop(clip: Path, tmp_path: Path) -> None:
    port, manifest = 18654, tmp_path / "m.json"
    mount = {"file": f"{clip}.sub.h264", "fps": 15, "phase": 1}
    manifest.write_bytes(msgspec.json.encode({"port": port, "mounts": {"/a/sub": mount, "/b/sub": mount}}))
    server = asyncio.create_task(serve(manifest))
    try:
        for path in ("a", "b"):
            stamps = await asyncio.wait_for(asyncio.to_thread(read_stamps, f"rtsp://127.0.0.1:{port}/{path}/sub"), 25)
            assert None not in stamps
            assert all(a < b for a, b in itertools.pairwise(stamps))
    finally:
        server.cancel()
        await asyncio.gather(server, return_exceptions=True)


def read_stamps(url: str) -> list[int]:
    """Read more than two loops' worth of time stamps, once the server listens."""
    for _ in range(100):
        try:
            with av.open(url, options={"rtsp_transport": "tcp"}, timeout=5) as stream:
                stamps = []
                for number, packet in enumerate(stream.demux(video=0)):
                    if number == 0:  # FFmpeg gives the very first packet of this stream no time stamp.
                        continue
                    stamps.append(packet.pts)
                    if len(stamps) > 70:
                        return stamps
        except av.error.ConnectionRefusedError:
            time.sleep(0.1)
    raise AssertionError("the server never listened")
