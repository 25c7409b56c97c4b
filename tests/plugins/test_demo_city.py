"""The demo city: loops that decode and join, truth that follows from the paths, a server that runs on."""

import asyncio
import itertools
import math
import subprocess
import time
from pathlib import Path

import av
import msgspec
import pytest

from ioc_console.config import read_site
from plugins.demo_city import SERVER, serve
from plugins.demo_city.clips import Shape, render, truth_of
from plugins.demo_city.scenes import SCENES, Eye, Mover, movers_of
from tests.installed import SYSTEM_PYTHON, require_rtsp_server

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


def test_the_truth_keeps_to_the_picture_and_to_the_signals() -> None:
    scene, shape = SCENES[0], Shape(width=320, height=180)
    movers = movers_of(scene, shape.seconds)
    truth = truth_of(scene, Eye(scene, shape.width, shape.height), movers, shape)
    assert all(0 <= low < high <= 1 for box in truth["boxes"] for low, high in pairs(box["box"]))
    assert sum(mover.wait_s > 0 for mover in movers) > 10
    passing = {signal["road"]: (signal["green_s"][0], signal["amber_s"][1]) for signal in truth["signals"]}
    assert len(passing) == 2
    for crossing in truth["crossings"]:
        first, last = passing[crossing["line"]]
        assert first <= crossing["s"] <= last + 4, crossing


def pairs(box: list[float]) -> tuple[tuple[float, float], tuple[float, float]]:
    """Return a box's extents along and down."""
    return (box[0], box[2]), (box[1], box[3])


@pytest.mark.parametrize("metres", [1.0, 8.0, 21.0, 24.9, 25.1, 30.0, 33.5, 90.0])
def test_a_moment_and_the_metres_gone_agree_through_a_wait(metres: float) -> None:
    mover = Mover(0, 0, "car", 0.0, 9.0, (0, 0, 90, 0), (0, 0, 0), stop_m=25.0, wait_s=4.0)
    assert mover.gone(mover.moment(metres)) == pytest.approx(metres)


def test_a_clip_that_is_there_is_not_rendered_again(clip: Path) -> None:
    files = {file: file.stat().st_mtime_ns for file in clip.parent.iterdir()}
    assert render(SCENES[0], clip.parent, TINY) == clip.name
    assert {file: file.stat().st_mtime_ns for file in clip.parent.iterdir()} == files
    assert not list(clip.parent.glob("*.part"))


async def test_time_stamps_run_on_over_the_loop(clip: Path, tmp_path: Path) -> None:
    require_rtsp_server()
    port, manifest = 18654, tmp_path / "m.json"
    mount = {"file": f"{clip}.sub.h264", "fps": 15, "phase": 1}
    manifest.write_bytes(msgspec.json.encode({"port": port, "mounts": {"/a/sub": mount, "/b/sub": mount}}))
    server = asyncio.create_task(serve(manifest))
    try:
        for path in ("a", "b"):
            stamps = await asyncio.wait_for(asyncio.to_thread(read_stamps, f"rtsp://127.0.0.1:{port}/{path}/sub"), 25)
            assert None not in stamps
            assert all(a < b for a, b in itertools.pairwise(stamps))
            assert (len(stamps) - 1) / ((stamps[-1] - stamps[0]) / 90_000) == pytest.approx(15, rel=0.02)
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


def test_a_mount_with_a_user_of_its_own_is_refused_in_words(clip: Path, tmp_path: Path) -> None:
    require_rtsp_server()
    manifest = tmp_path / "m.json"
    mount = {"file": f"{clip}.sub.h264", "fps": 15, "user": "viewer", "password": "hidden"}
    manifest.write_bytes(msgspec.json.encode({"port": 0, "mounts": {"/a/sub": mount}}))
    done = subprocess.run([SYSTEM_PYTHON, SERVER, str(manifest)], capture_output=True, text=True, timeout=30)
    assert done.returncode == 1
    assert "/a/sub" in done.stderr
    assert "user" in done.stderr
    assert "viewer" not in done.stderr
    assert "hidden" not in done.stderr
    assert done.stdout == ""
