"""The wall's cost: the shipped wall beside bare ffmpeg and VLC tiles on the same streams, in interleaved rounds."""

import argparse
import contextlib
import math
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import psutil

from ioc_console.config import Paths, paths_of
from ioc_console.video.rings import newest_sequence
from ioc_console.xvfb import screen
from plugins.demo_city.clips import Shape
from plugins.demo_city.stock import render_missing
from tests.bench import peers
from widgets.layout import layout_text

ROUNDS = 3
SIZE = (1920, 1080)
SETTLE_S, LEARN_S = 4.0, 26.0
"""How long each is left alone before it is measured; the wall until picture health has learnt its references."""
PATIENCE_S = 45.0
SITE = """schema = 1
id = "{id}"
[city]
name = "Bench"
banner = "BENCH"
[video]
cameras_per_process = 16
"""
CAMERA = '[[cameras]]\nid = "b{at}"\nnumber = {number}\nname = "Camera {number}"\nsub = "{url}"\n'
WALL = '{{ use = "camera_wall", name = "cameras", at = [0, 0, 172.8, 97.2], side = {side} }}'
RAIL, STRIP = '{ use = "rail", at = [172.8, 0, 19.2, 97.2] }', '{ use = "strip", at = [0, 97.2, 192, 10.8] }'
HEALTH = "[plugins.picture_health]\n"
Figures = dict[str, float]


class Bench(msgspec.Struct, frozen=True):
    """What a round is given."""

    urls: list[str]
    films: list[Path]
    side: int
    seconds: float
    folder: Path


def measure(options: argparse.Namespace) -> Figures:
    """Return the figures of the wall: medians of interleaved rounds, CPU in percent of one core."""
    with tempfile.TemporaryDirectory(prefix="ioc-bench-") as temporary:
        folder = Path(temporary)
        clips = clips_of(paths_of("bench").cache, options.cameras)
        films = films_of(clips, folder)
        side = max(1, math.ceil(math.sqrt(options.cameras)))
        with home_in(temporary), peers.rtsp(clips, Shape().fps, folder) as urls, bare_screen():
            bench = Bench(urls, films, side, options.seconds, folder)
            rounds = [one_round(bench, at) for at in range(ROUNDS)]
    found = {key: statistics.median(one[key] for one in rounds) for key in rounds[0]}
    found["ratio_to_ffmpeg"] = statistics.median(one["wall_cpu"] / one["ffmpeg_cpu"] for one in rounds)
    found["ratio_to_vlc"] = statistics.median(one["wall_cpu"] / one["vlc_cpu"] for one in rounds)
    return {key: round(value, 4) for key, value in found.items()} | {
        "cameras": options.cameras,
        "seconds": options.seconds,
    }


def restore(name: str, value: str | None) -> None:
    """Set a variable of the environment back."""
    if value is None:
        os.environ.pop(name, None)
    else:
        os.environ[name] = value


@contextlib.contextmanager
def home_in(folder: str) -> Iterator[None]:
    """Keep what a bench's site writes in a folder of its own."""
    before = os.environ.get("IOC_HOME")
    os.environ["IOC_HOME"] = folder
    try:
        yield
    finally:
        restore("IOC_HOME", before)


@contextlib.contextmanager
def bare_screen() -> Iterator[None]:
    """Give a virtual screen even where there is a real one: the figures are of the same glass everywhere."""
    before = {name: os.environ.pop(name, None) for name in ("DISPLAY", "WAYLAND_DISPLAY")}
    try:
        with screen(*SIZE):
            yield
    finally:
        for name, value in before.items():
            restore(name, value)


def clips_of(cache: Path, count: int) -> list[Path]:
    """Return the cameras' clips, those of the demo city in turn; they are rendered where the cache has none."""
    found = sorted((cache / "demo_city").glob("*.sub.h264"))
    if not found:
        names = render_missing(cache, lambda done, total, name: print(f"{done}/{total} {name}", file=sys.stderr))
        found = [cache / "demo_city" / f"{name}.sub.h264" for name in names]
    return [found[at % len(found)] for at in range(count)]


def films_of(clips: list[Path], folder: Path) -> list[Path]:
    """Return the clips in a container, since VLC takes raw streams for 25 pictures a second."""
    films = []
    for clip in clips:
        film = folder / f"{clip.stem}.mp4"
        if not film.exists():
            rate = ("-r", str(Shape().fps))
            subprocess.run(["ffmpeg", "-v", "error", *rate, "-i", str(clip), "-c", "copy", str(film)], check=True)
        films.append(film)
    return films


def one_round(bench: Bench, at: int) -> Figures:
    """Measure the three in turn."""
    with peers.ffmpegs(bench.urls) as processes:
        time.sleep(SETTLE_S)
        found = {"ffmpeg_cpu": load(lambda: processes, bench.seconds)}
    found |= wall_figures(bench, at)
    with peers.vlc_tiles(bench.films, bench.side, SIZE) as processes:
        time.sleep(SETTLE_S)
        found["vlc_cpu"] = load(lambda: processes, bench.seconds)
        found["vlc_rss_mb"] = peers.memory_mb(processes)
    return found


def load(processes: Callable[[], list[psutil.Process]], seconds: float) -> float:
    """Return what processes take over a while, in percent of one core."""
    began, before = time.monotonic(), peers.cpu_s(processes())
    time.sleep(seconds)
    return (peers.cpu_s(processes()) - before) / (time.monotonic() - began) * 100


def wall_figures(bench: Bench, at: int) -> Figures:
    """Run the shipped wall and return what it takes and what it shows."""
    name = f"bench{os.getpid()}-{at}"
    site, layout, out = (bench.folder / part for part in (f"{name}.toml", "bench.toml", f"figures{at}"))
    out.mkdir()
    health = HEALTH if any((peers.ROOT / "plugins").glob("picture_health*")) else ""
    cameras = [CAMERA.format(at=n, number=n + 1, url=url) for n, url in enumerate(bench.urls)]
    site.write_text(SITE.format(id=name) + "".join(cameras) + health)
    layout.write_text(layout_text(WALL.format(side=bench.side), RAIL, STRIP, size=SIZE))
    options = ["--site", str(site), "--layout", str(layout), "--figures", str(out)]
    wall = subprocess.Popen([sys.executable, str(peers.ROOT / "main.py"), "run", *options], cwd=peers.ROOT)
    try:
        lines = out / "main.jsonl"
        wait_for_pictures(lines, len(bench.urls) * Shape().fps, wall)
        return watch(wall, lines, paths_of(name), bench.seconds)
    finally:
        peers.end(wall)


def last_line(lines: Path) -> Figures:
    """Return the newest line of figures; empty while there is none."""
    with contextlib.suppress(OSError, msgspec.DecodeError):
        whole = lines.read_bytes().rpartition(b"\n")[0].rpartition(b"\n")[2]
        return msgspec.json.decode(whole, type=dict[str, float])
    return {}


def next_line(lines: Path, patience_s: float = PATIENCE_S) -> Figures:
    """Wait for the next line of figures and return it."""
    before, until = last_line(lines), time.monotonic() + patience_s
    while (found := last_line(lines)) == before:
        if time.monotonic() > until:
            raise TimeoutError("the display writes no figures")
        time.sleep(0.005)
    return found


def wait_for_pictures(lines: Path, rate: float, wall: subprocess.Popen[Any]) -> None:
    """Wait until the wall paints nearly all that the cameras send, and has settled."""
    until, before = time.monotonic() + PATIENCE_S, next_line(lines)
    while time.monotonic() < until and wall.poll() is None:
        found = next_line(lines)
        if (found["painted"] - before["painted"]) / (found["at"] - before["at"]) > 0.9 * rate:
            break
        before = found
    time.sleep(LEARN_S)


def watch(wall: subprocess.Popen[Any], lines: Path, paths: Paths, seconds: float) -> Figures:
    """Return the wall's figures over a while, from one line of its display's to another."""
    first, decoded = next_line(lines), decoded_in(paths)
    processes = peers.family(wall.pid)
    before, began = peers.cpu_s(processes), time.monotonic()
    time.sleep(max(0.0, seconds - 0.5))
    last, decoded = next_line(lines), decoded_in(paths) - decoded
    cpu = (peers.cpu_s(processes) - before) / (time.monotonic() - began) * 100
    painted = last["painted"] - first["painted"]
    return {
        "wall_cpu": cpu, "wall_rss_mb": peers.memory_mb(processes), "painted_fps": painted / (last["at"] - first["at"]),
        "painted_share": painted / decoded, "lateness_p99_ms": last["lateness_p99_ms"],
        "decode_to_paint_p99_ms": last["decode_to_paint_p99_ms"],
    }  # fmt: skip


def decoded_in(paths: Paths) -> int:
    """Return how many pictures have been decoded into a site's rings."""
    return sum(newest_sequence(file) for file in paths.rings.iterdir() if not file.name.endswith(".part"))
