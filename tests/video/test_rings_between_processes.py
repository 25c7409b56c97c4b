"""Rings between processes: a writer at full speed never shows a torn picture, and its death never goes back in time."""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from ioc_console.domain.cameras import StreamState
from ioc_console.video.rings import Picture, RingReader
from tests.waiting import eventually

READ_S = 2.0
WRITE_AT_FULL_SPEED = """
import sys
from pathlib import Path
import numpy as np
from ioc_console.domain.cameras import Effort, StreamError, StreamState
from ioc_console.video.rings import RingWriter
width, height = int(sys.argv[2]), int(sys.argv[3])
writer = RingWriter(Path(sys.argv[1]), "c1", "sub", width, height)
writer.mark(StreamState.LIVE, StreamError.NONE, Effort.ALL)
shades = [
    (np.full((height, width), shade, np.uint8), *(np.full((height // 2, width // 2), shade, np.uint8) for _ in "uv"))
    for shade in range(1, 9)
]
at = 0
while True:
    writer.write(*shades[at % 8])
    at += 1
"""


@contextmanager
def writing(rings: Path, width: int, height: int) -> Iterator[subprocess.Popen[bytes]]:
    child = subprocess.Popen([sys.executable, "-c", WRITE_AT_FULL_SPEED, str(rings), str(width), str(height)])
    try:
        yield child
    finally:
        child.kill()
        child.wait()


def copied(picture: Picture) -> tuple[int, np.ndarray]:
    """Return a picture's sequence and a copy of all that is in it."""
    return picture.sequence, np.concatenate([picture.y.ravel(), picture.u.ravel(), picture.v.ravel()])


def test_another_process_at_full_speed_shows_no_torn_picture(rings: Path):
    reader = RingReader(rings, "c1", "sub")
    whole, overtaken, sequences = 0, 0, [0]
    with writing(rings, 320, 180):
        eventually(reader.poll, "a picture")
        end = time.monotonic() + READ_S
        while time.monotonic() < end:
            seen = reader.read(copied)
            if seen is None:
                overtaken += 1
                continue
            whole += 1
            assert seen[1].min() == seen[1].max(), f"a picture of shades {set(seen[1].tolist())}"
            sequences.append(seen[0])
    assert sequences == sorted(sequences)
    assert whole > 10, f"{whole} whole, {overtaken} overtaken"
    print(f"{whole} whole, {overtaken} overtaken, {sequences[-1] - sequences[1]} written")
    reader.close()


def test_writer_after_killed_writer_never_goes_back(rings: Path):
    reader = RingReader(rings, "c1", "sub")
    last = 0
    for width in (64, 96, 64):
        with writing(rings, width, 48):
            eventually(lambda before=last: reader.poll() > before, "a newer picture")
            eventually(lambda wanted=width: reader.poll() and reader.size == (wanted, 48), "its size")
            assert reader.state is StreamState.LIVE
            last = reader.poll()
        eventually(lambda: reader.poll() and reader.state is StreamState.OFFLINE, "offline")
        assert reader.poll() >= last
        last = reader.poll()
    reader.close()
