"""The demo city: cameras that show rendered streets over real RTSP."""

import asyncio
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import msgspec

from plugins.demo_city.clips import Shape, render
from plugins.demo_city.scenes import SCENES

SERVER = Path(__file__).with_name("rtsp_server.py")
PYTHON = "/usr/bin/python3"


class Config(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The port of the RTSP server."""

    port: int = 8554


async def run(link: Any, config: Config, place: Any) -> None:
    """Render what is missing, then serve every camera of the site until cancelled."""
    folder = place.cache / "demo_city"
    folder.mkdir(parents=True, exist_ok=True)
    names = await render_all(folder, place.say)
    manifest = place.data / "rtsp.json"
    manifest.parent.mkdir(parents=True, exist_ok=True)
    manifest.write_bytes(msgspec.json.encode({"port": config.port, "mounts": mounts_of(place.site, folder, names)}))
    while True:
        await serve(manifest)
        place.say("rtsp: restart")
        await asyncio.sleep(1.0)


async def render_all(folder: Path, say: Any) -> list[str]:
    """Render every scene in two processes at most; returns the names of their files in the scenes' order."""
    loop, names = asyncio.get_running_loop(), []
    pool = ProcessPoolExecutor(2, mp_context=get_context("spawn"))
    try:
        jobs = [loop.run_in_executor(pool, render, scene, folder, Shape()) for scene in SCENES]
        for done, (scene, job) in enumerate(zip(SCENES, jobs, strict=True), 1):
            names.append(await job)
            say(f"{done}/{len(SCENES)} {scene.name}")
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
    return names


def mounts_of(site: Any, folder: Path, names: list[str]) -> dict[str, dict[str, Any]]:
    """Return the server's mounts: each camera's clip and the second of the loop at which it begins."""
    wide = next(at for at, scene in enumerate(SCENES) if scene.name == "mast_wide")
    mounts = {}
    for at, camera in enumerate(site.cameras):
        name = names[wide if camera.number == 200 else at % len(names)]
        for kind in ("sub", "main"):
            file = str(folder / f"{name}.{kind}.h264")
            mounts[f"/{camera.id}/{kind}"] = {"file": file, "fps": Shape().fps, "phase": at * 7 % 20}
    return mounts


async def serve(manifest: Path) -> None:
    """Run the RTSP server until it ends; it ends with this process, whose pipe it reads."""
    server = await asyncio.create_subprocess_exec(
        PYTHON, str(SERVER), str(manifest), stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.DEVNULL
    )
    try:
        await server.wait()
    finally:
        if server.returncode is None:
            server.terminate()
            await server.wait()
