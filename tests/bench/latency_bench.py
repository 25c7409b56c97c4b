"""Glass to glass: a camera draws its own time into each picture, and the time is read back from the painted window."""

import argparse
import contextlib
import subprocess
import sys
import tempfile
import threading
import time
import zlib
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import IO, Any

import av
import numpy as np
from numpy.typing import NDArray

from tests.bench import peers
from tests.bench.wall_bench import CAMERA, SITE, bare_screen, home_in
from tests.bench.x11 import Screen
from widgets.layout import layout_text

FPS = 25
SIZE = (640, 360)
COLUMNS, ROWS, CELL, TOP = 10, 4, 64, 48
STAMP_BITS, CHECK_BITS = 32, 8
LOOK_S = 0.01
SETTLE_S = 3.0
PATIENCE_S = 30.0
WALL = '{ use = "camera_wall", name = "cameras", at = [0, 0, 192, 108], side = 1 }'
FFPLAY = ("ffplay", "-v", "error", "-an", "-noborder", "-fflags", "nobuffer", "-flags", "low_delay")
PLACE = ("-left", "0", "-top", "0", "-x", str(SIZE[0]), "-y", str(SIZE[1]), "-rtsp_transport", "tcp")


def measure(options: argparse.Namespace) -> dict[str, float]:
    """Return how long a picture takes from its drawing to the glass, in ms, for the wall and for ffplay."""
    port = peers.free_port()
    url = f"rtsp://127.0.0.1:{port}/b0/sub"
    with tempfile.TemporaryDirectory(prefix="ioc-bench-") as temporary, home_in(temporary), bare_screen():
        script = str(Path(__file__).with_name("time_server.py"))
        with peers.serving([script, str(port)]) as server, drawing(server.stdin):
            ours = delays_of(wall_command(url, Path(temporary)), options.seconds)
            peer = delays_of([*FFPLAY, *PLACE, url], options.seconds)
    p50, p99 = np.percentile(ours, (50, 99))
    peer_p50, peer_p99 = np.percentile(peer, (50, 99))
    found = {"p50_ms": p50, "p99_ms": p99, "peer_p50_ms": peer_p50, "peer_p99_ms": peer_p99}
    counts = {"pictures": len(ours), "peer_pictures": len(peer)}
    return {key: round(float(value), 1) for key, value in found.items()} | counts | {"seconds": options.seconds}


def wall_command(url: str, folder: Path) -> list[str]:
    """Write a site of one camera and return what shows it."""
    site, layout = folder / "site.toml", folder / "layout.toml"
    site.write_text(SITE.format(id="latency") + CAMERA.format(at=0, number=1, url=url))
    layout.write_text(layout_text(WALL, size=SIZE, kiosk=True))
    return [sys.executable, str(peers.ROOT / "main.py"), "run", "--site", str(site), "--layout", str(layout)]


def delays_of(command: list[str], seconds: float) -> list[float]:
    """Run what shows the camera and return the delay of every picture seen, in ms."""
    player = subprocess.Popen(command, cwd=peers.ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    screen = Screen()
    try:
        until = time.monotonic() + PATIENCE_S
        while stamp_of(screen) is None:
            if time.monotonic() > until or player.poll() is not None:
                raise TimeoutError(f"{command[0]} shows no picture")
            time.sleep(LOOK_S)
        time.sleep(SETTLE_S)
        return watch(screen, seconds)
    finally:
        screen.close()
        peers.end(player)


def watch(screen: Screen, seconds: float) -> list[float]:
    """Look at the glass many times a second; a picture counts once, at the first look that finds it."""
    until, seen, delays = time.monotonic() + seconds, stamp_of(screen), []
    while time.monotonic() < until:
        now = time.monotonic_ns() // 1_000_000
        stamp = stamp_of(screen)
        if stamp is not None and stamp != seen:
            delays.append(float((now - stamp) % 2**STAMP_BITS))
            seen = stamp
        time.sleep(LOOK_S)
    return delays


def stamp_of(screen: Screen) -> int | None:
    """Read the time that stands on the glass; None where no whole code does."""
    glass = screen.grab(0, TOP, SIZE[0], ROWS * CELL)
    cells = glass[CELL // 2 :: CELL, CELL // 2 :: CELL, 1] > 127
    code = int("".join("1" if cell else "0" for cell in cells.flat), 2)
    stamp, check = code >> CHECK_BITS, code & (2**CHECK_BITS - 1)
    return stamp if stamp and check_of(stamp) == check else None


def check_of(stamp: int) -> int:
    """Return the check bits of a time."""
    return zlib.crc32(stamp.to_bytes(STAMP_BITS // 8, "big")) & (2**CHECK_BITS - 1)


def picture_of(stamp: int, ground: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Draw a time as black and white cells over a ground."""
    code = f"{stamp << CHECK_BITS | check_of(stamp):0{STAMP_BITS + CHECK_BITS}b}"
    cells = np.array([255 if bit == "1" else 0 for bit in code], np.uint8).reshape(ROWS, COLUMNS)
    picture = ground.copy()
    picture[TOP : TOP + ROWS * CELL] = np.kron(cells, np.ones((CELL, CELL), np.uint8))
    return picture


@contextlib.contextmanager
def drawing(out: IO[bytes] | None) -> Iterator[None]:
    """Draw, encode and send pictures in real time."""
    assert out is not None
    ended = threading.Event()
    thread = threading.Thread(target=draw, args=(out, ended), daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def draw(out: IO[bytes], ended: threading.Event) -> None:
    """Send 25 pictures a second until told to end."""
    encoder: Any = av.CodecContext.create("libx264", "w")
    encoder.width, encoder.height = SIZE
    encoder.pix_fmt, encoder.time_base, encoder.framerate = "yuv420p", Fraction(1, FPS), Fraction(FPS)
    encoder.options = {"preset": "ultrafast", "tune": "zerolatency", "x264-params": "keyint=25:repeat-headers=1:aud=1"}
    encoder.thread_count = 1
    ground = np.random.default_rng(1).integers(90, 160, (SIZE[1], SIZE[0]), np.uint8)
    due = time.monotonic()
    while not ended.is_set():
        stamp = time.monotonic_ns() // 1_000_000 % 2**STAMP_BITS
        picture = picture_of(stamp, ground)
        frame = av.VideoFrame.from_ndarray(np.repeat(picture[..., None], 3, 2), "rgb24")
        for packet in encoder.encode(frame):
            unit = bytes(packet)
            out.write(len(unit).to_bytes(4, "big") + unit)
        out.flush()
        due += 1 / FPS
        ended.wait(max(0.0, due - time.monotonic()))
