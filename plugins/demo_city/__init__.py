"""The demo city: cameras that show rendered streets over real RTSP."""

import asyncio
import threading
from pathlib import Path
from typing import Any

import msgspec

from plugins.demo_city.clips import Shape
from plugins.demo_city.scenes import SCENES
from plugins.demo_city.stock import fill

SERVER = Path(__file__).with_name("rtsp_server.py")
PYTHON = "/usr/bin/python3"
MAST = 200
READY_S = 10.0
PATIENCE_S = 10.0

FAMILIES = {
    "toàn cảnh": "mast",
    "nút giao": "junction",
    "vòng xuyến": "junction",
    "quảng trường": "square",
    "di tích": "square",
    "trường học": "square",
    "chợ": "market",
    "cầu": "bridge",
    "cửa ngõ": "avenue",
}
"""Which family of scenes a camera's tag calls for; the others show streets."""


class Config(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The port of the RTSP server."""

    port: int = 8554


async def run(link: Any, config: Config, place: Any) -> None:
    """Render what is missing, then serve every camera of the site until cancelled."""
    loop, folder = asyncio.get_running_loop(), place.cache / "demo_city"
    names = await render_all(folder, place.say)
    mounts = mounts_of(place.site, folder, names)
    manifest = place.data / "rtsp.json"
    manifest.parent.mkdir(parents=True, exist_ok=True)
    manifest.write_bytes(msgspec.json.encode({"port": config.port, "mounts": mounts}))
    patience = 1.0
    while True:
        began = loop.time()
        await serve(manifest, lambda: place.say(f"serving {len(mounts)} mounts"))
        patience = 1.0 if loop.time() - began > PATIENCE_S else min(patience * 2, PATIENCE_S)
        place.say(f"rtsp server ended; again in {patience:.0f} s")
        await asyncio.sleep(patience)


async def render_all(folder: Path, say: Any) -> list[str]:
    """Render what a folder lacks in the background; returns the names of the clips' files in the scenes' order."""
    loop, stopped = asyncio.get_running_loop(), threading.Event()

    def progress(done: int, total: int, name: str) -> None:
        if stopped.is_set():
            raise InterruptedError
        loop.call_soon_threadsafe(say, f"{done}/{total} {name}".rstrip())

    try:
        return await asyncio.to_thread(fill, folder, progress)
    finally:
        stopped.set()


def mounts_of(site: Any, folder: Path, names: list[str]) -> dict[str, dict[str, Any]]:
    """Return the server's mounts: each camera's clip and the second of the loop at which it begins."""
    mounts = {}
    for camera in site.cameras:
        name = names[scene_of(camera.tags, camera.number)]
        for kind in ("sub", "main"):
            file = str(folder / f"{name}.{kind}.h264")
            mounts[f"/{camera.id}/{kind}"] = {"file": file, "fps": Shape().fps, "phase": camera.number * 7 % 20}
    return mounts


def scene_of(tags: tuple[str, ...], number: int) -> int:
    """Return which scene a camera shows: one of the family that its first known tag names."""
    family = next((FAMILIES[tag] for tag in tags if tag in FAMILIES), "street")
    fitting = [at for at, scene in enumerate(SCENES) if scene.name.startswith(family)]
    return fitting[number % len(fitting)]


async def serve(manifest: Path, ready: Any = lambda: None) -> None:
    """Run the RTSP server until it ends; it ends with this process, whose pipe it reads."""
    server = await asyncio.create_subprocess_exec(
        PYTHON, str(SERVER), str(manifest), stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    try:
        assert server.stdout is not None
        if (await asyncio.wait_for(server.stdout.readline(), READY_S)).strip() == b"READY":
            ready()
        await server.wait()
    except TimeoutError:
        return
    finally:
        if server.returncode is None:
            server.kill()
            await server.wait()
