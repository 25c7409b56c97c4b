"""What the console is measured beside and against: a real RTSP server, ffmpeg, VLC; and how processes are counted."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import psutil
import vlc

from tests.bench.x11 import Screen

ROOT = Path(__file__).parent.parent.parent
SERVER = ROOT / "plugins" / "demo_city" / "rtsp_server.py"
PYTHON = "/usr/bin/python3"
VLC_OPTIONS = ("--quiet", "--no-audio", "--no-video-title-show", "--no-osd", "--avcodec-hw=none", "--avcodec-threads=1")
LIGHT_S = 15.0
DARK = 40
LOOPS = ":input-repeat=65535"


def free_port() -> int:
    """Return a port of the loopback that nobody has."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def end(process: subprocess.Popen[Any], patience_s: float = 20.0) -> None:
    """End a process as one does, with force where that takes too long, and what it left behind too."""
    with contextlib.suppress(psutil.NoSuchProcess):
        family = psutil.Process(process.pid).children(recursive=True)
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(patience_s)
        except subprocess.TimeoutExpired:
            process.kill()
        for left in family:
            with contextlib.suppress(psutil.NoSuchProcess):
                left.kill()
    process.wait()


@contextlib.contextmanager
def serving(command: Sequence[str], **more: Any) -> Iterator[subprocess.Popen[bytes]]:
    """Run a server that says READY, and that ends when its standard input does."""
    server = subprocess.Popen([PYTHON, *command], stdin=subprocess.PIPE, stdout=subprocess.PIPE, **more)
    try:
        assert server.stdout is not None
        if not server.stdout.readline().startswith(b"READY"):
            raise OSError(f"{Path(command[0]).name} does not start")
        yield server
    finally:
        server.kill()
        server.wait()


@contextlib.contextmanager
def rtsp(files: Sequence[Path], fps: int, folder: Path) -> Iterator[list[str]]:
    """Serve files as cameras; yields their addresses."""
    port = free_port()
    mounts = {f"/b{at}/sub": {"file": str(file), "fps": fps, "phase": at * 7 % 20} for at, file in enumerate(files)}
    manifest = folder / "rtsp.json"
    manifest.write_text(json.dumps({"port": port, "mounts": mounts}))
    with serving([str(SERVER), str(manifest)]):
        yield [f"rtsp://127.0.0.1:{port}{path}" for path in mounts]


@contextlib.contextmanager
def ffmpegs(urls: Sequence[str]) -> Iterator[list[psutil.Process]]:
    """Decode every stream to nothing, a process each."""
    head = ("ffmpeg", "-nostdin", "-v", "error", "-rtsp_transport", "tcp", "-threads", "1")
    started = [
        subprocess.Popen([*head, "-i", url, "-f", "null", "-"], stderr=subprocess.DEVNULL) for url in urls
    ]  # fmt: skip
    try:
        yield [psutil.Process(one.pid) for one in started]
    finally:
        for one in started:
            one.kill()
            one.wait()


@contextlib.contextmanager
def vlc_tiles(files: Sequence[Path], side: int, size: tuple[int, int]) -> Iterator[list[psutil.Process]]:
    """Show every file with libVLC, a native window each, in one process."""
    shape = [str(part) for part in (side, *size)]
    command = [sys.executable, "-m", "tests.bench.peers", *shape, *map(str, files)]
    player = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_for_light(side, size)
        yield [psutil.Process(player.pid)]
    finally:
        end(player)


def wait_for_light(side: int, size: tuple[int, int]) -> None:
    """Wait until the first tile shows something; raises where VLC cannot open windows."""
    screen, until = Screen(), time.monotonic() + LIGHT_S
    try:
        while screen.grab(0, 0, size[0] // side, size[1] // side)[..., :3].max() < DARK:
            if time.monotonic() > until:
                raise OSError("VLC shows nothing: is the Debian package vlc-plugin-video-output installed?")
            time.sleep(0.1)
    finally:
        screen.close()


def family(pid: int) -> list[psutil.Process]:
    """Return a process and all that it started."""
    top = psutil.Process(pid)
    return [top, *top.children(recursive=True)]


def cpu_s(processes: Sequence[psutil.Process]) -> float:
    """Return the processor time that processes have had, in seconds; raises where one is gone."""
    return float(sum(sum(process.cpu_times()[:2]) for process in processes))


def memory_mb(processes: Sequence[psutil.Process]) -> float:
    """Return what processes occupy: what they share counts once."""
    return float(sum(process.memory_full_info().pss for process in processes)) / 2**20


def play(side: int, width: int, height: int, files: Sequence[str]) -> None:
    """Be the player: tiles in a grid until ended."""
    screen, instance, players = Screen(), vlc.Instance(list(VLC_OPTIONS)), []
    tile = (width // side, height // side)
    for at, file in enumerate(files):
        player = instance.media_player_new()
        player.set_xwindow(screen.window(at % side * tile[0], at // side * tile[1], *tile))
        player.set_media(instance.media_new_path(file))
        player.get_media().add_option(LOOPS)
        player.play()
        players.append(player)
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    while True:
        time.sleep(1.0)


if __name__ == "__main__":
    grid, wide, high = (int(part) for part in sys.argv[1:4])
    play(grid, wide, high, sys.argv[4:])
