"""The recovery times: RTSP server, video process, hub and display killed in turn, on a site of real processes."""

import argparse
import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import av
import numpy as np
import psutil

from ioc_console.domain.cameras import StreamState
from ioc_console.domain.health import Guest
from ioc_console.remote import RemoteLink, RemoteWatch
from ioc_console.video.rings import RingReader
from ioc_console.words import city_words
from ioc_console.xvfb import screen
from tests.bench.peers import end, free_port

ROOT = Path(__file__).parents[2]
SERVER = ROOT / "plugins" / "demo_city" / "rtsp_server.py"
CAMERAS = [f"c{number}" for number in range(1, 9)]
DOWN_S, STALE_S, PATIENCE_S = 10.0, 3.0, 40.0
FPS = 15


def measure(options: argparse.Namespace) -> dict[str, Any]:
    """Start a site of eight cameras and return how long each recovery takes, in seconds."""
    with tempfile.TemporaryDirectory() as folder, screen(1920, 1080):
        site = Trial(Path(folder))
        try:
            return asyncio.run(figures(site))
        finally:
            site.close()


class Trial:
    """The site under trial: its RTSP server, its processes, and its rings."""

    def __init__(self, home: Path) -> None:
        self.home, self.port = home, free_port()
        encode(home / "clip.h264")
        mount = {"file": str(home / "clip.h264"), "fps": FPS}
        manifest = {"port": self.port, "mounts": {f"/{camera}/sub": mount for camera in CAMERAS}}
        (home / "manifest.json").write_text(json.dumps(manifest))
        (home / "site.toml").write_text(site_text(self.port))
        self.server = self.serve()
        environment = {**os.environ, "IOC_HOME": str(home), "IOC_RINGS": str(home / "rings")}
        command = [sys.executable, str(ROOT / "main.py"), "run", "--site", str(home / "site.toml")]
        self.began = time.monotonic()
        self.process = subprocess.Popen(command, env=environment, cwd=ROOT)
        self.readers = [RingReader(home / "rings", camera, "sub") for camera in CAMERAS]

    def serve(self) -> "subprocess.Popen[bytes]":
        """Start the RTSP server."""
        return subprocess.Popen(
            ["/usr/bin/python3", str(SERVER), str(self.home / "manifest.json")],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
        )

    def kill(self, role: str) -> None:
        """Kill the process of a role, so that it cannot say good-bye."""
        found = [p for p in psutil.Process(self.process.pid).children() if role in p.cmdline()]
        found[0].kill()

    def close(self) -> None:
        """End the site."""
        end(self.process)
        self.server.kill()
        self.server.wait()

    def ages(self) -> list[float]:
        """Return the age of every camera's newest picture, in seconds."""
        for reader in self.readers:
            reader.poll()
        now = time.monotonic_ns()
        return [(now - reader.decoded_ns) / 1e9 for reader in self.readers]

    def all_live(self) -> bool:
        """Say whether every camera shows what is."""
        return max(self.ages()) < 1.0 and all(reader.state is StreamState.LIVE for reader in self.readers)

    def all_told(self) -> bool:
        """Say whether every tile would say that its picture is not current."""
        pairs = zip(self.ages(), self.readers, strict=True)
        return all(age > STALE_S or reader.state is not StreamState.LIVE for age, reader in pairs)


async def figures(site: Trial) -> dict[str, Any]:
    """Kill one thing after another; return the times."""
    found: dict[str, Any] = {}
    await until(lambda: min(site.ages()) < 1.0)
    found["first_picture_s"] = since(site.began)
    await until(site.all_live)
    found["all_pictures_s"] = since(site.began)
    link = RemoteLink(city_words(), site.home / "faults" / "run" / "door.json", "display", "bench")
    link.start()
    watch, displays = link.watch(Guest), set[str]()
    watching = asyncio.create_task(follow(watch, displays))
    await until(lambda: bool(displays))
    found |= await server_down(site)
    found |= await video_down(site)
    found |= await hub_down(site, watch, displays)
    found |= await display_down(site, displays)
    await link.close()
    await watching
    return found


async def server_down(site: Trial) -> dict[str, Any]:
    """Kill the RTSP server for ten seconds."""
    began = time.monotonic()
    site.server.kill()
    site.server.wait()
    await until(site.all_told)
    told = since(began)
    await asyncio.sleep(max(0.0, DOWN_S - (time.monotonic() - began)))
    site.server = site.serve()
    began = time.monotonic()
    await until(site.all_live)
    return {"rtsp_told_s": told, "rtsp_back_s": since(began)}


async def video_down(site: Trial) -> dict[str, Any]:
    """Kill the video process."""
    began = time.monotonic()
    site.kill("video")
    await until(lambda: not site.all_live())
    await until(site.all_live)
    return {"video_back_s": since(began)}


async def hub_down(site: Trial, watch: RemoteWatch, displays: set[str]) -> dict[str, Any]:
    """Kill the hub; the watcher is level once the first parcel of another hub is there."""
    before, epoch, ages = set(displays), watch.epoch, list[float]()

    def is_level() -> bool:
        ages.append(max(site.ages()))
        return watch.epoch != epoch

    began = time.monotonic()
    site.kill("hub")
    await until(is_level)
    level = since(began)
    await until(lambda: bool(displays) and not displays & before)
    return {"hub_level_s": level, "hub_guests_back_s": since(began), "hub_down_oldest_picture_s": round(max(ages), 2)}


async def display_down(site: Trial, displays: set[str]) -> dict[str, Any]:
    """Kill the display; it is back once the hub has met its next process."""
    before, began = set(displays), time.monotonic()
    site.kill("display")
    await until(lambda: bool(displays - before))
    return {"display_back_s": since(began)}


async def follow(watch: RemoteWatch, displays: set[str]) -> None:
    """Hold the connections of the site's own displays."""
    async for delta in watch:
        own = {g.id for g in delta.puts if isinstance(g, Guest) and g.role == "display" and g.name != "bench"}
        displays -= {gone.id for gone in delta.gone}
        displays |= own


async def until(holds: Callable[[], bool]) -> None:
    """Wait until something holds."""
    async with asyncio.timeout(PATIENCE_S):
        while not holds():
            await asyncio.sleep(0.02)


def since(began: float) -> float:
    """Return the seconds since a moment."""
    return round(time.monotonic() - began, 2)


def site_text(port: int) -> str:
    """Return the site file of eight cameras."""
    cameras = "".join(
        f'[[cameras]]\nid = "{camera}"\nnumber = {at}\nname = "Camera {at}"\nsub = "rtsp://127.0.0.1:{port}/{camera}/sub"\n'
        for at, camera in enumerate(CAMERAS, 1)
    )
    return f'schema = 1\nid = "faults"\n[city]\nname = "Vinh"\n{cameras}'


def encode(file: Path) -> None:
    """Write a loop of moving bars, 640 × 360, four seconds, as the RTSP server wants it."""
    parameters = "aud=1:bframes=0:keyint=15:min-keyint=15:scenecut=0"
    with av.open(str(file), "w", format="h264") as container:
        stream = container.add_stream("libx264", rate=FPS, options={"preset": "superfast", "x264-params": parameters})
        stream.width, stream.height, stream.pix_fmt = 640, 360, "yuv420p"
        for number in range(4 * FPS):
            picture = np.full((360, 640, 3), 70, np.uint8)
            picture[:, number * 10 : number * 10 + 40] = 210
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, "rgb24")))
        container.mux(stream.encode(None))
