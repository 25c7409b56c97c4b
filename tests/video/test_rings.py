"""Rings: pictures come whole, generations follow each other, and nobody's death takes anything away."""

import errno
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

from ioc_console.domain.cameras import Effort, StreamError, StreamState
from ioc_console.model import Refused
from ioc_console.video.ring_files import sweep
from ioc_console.video.rings import RingReader, RingWriter
from tests.waiting import eventually

WRITE_FOR_EVER = """
import sys, time
from pathlib import Path
import numpy as np
from ioc_console.domain.cameras import Effort, StreamError, StreamState
from ioc_console.video.rings import RingWriter
writer = RingWriter(Path(sys.argv[1]), "c1", "sub", 32, 16)
writer.mark(StreamState.LIVE, StreamError.NONE, Effort.ALL)
while True:
    writer.write(np.full((16, 32), 7, np.uint8), np.zeros((8, 16), np.uint8), np.zeros((8, 16), np.uint8))
    time.sleep(0.01)
"""
READ_FOR_EVER = """
import sys, time
from pathlib import Path
from ioc_console.video.rings import RingReader
reader = RingReader(Path(sys.argv[1]), "c1", "sub")
while not reader.poll():
    time.sleep(0.01)
print("SEEN", flush=True)
time.sleep(60)
"""


def planes(value: int, width: int = 32, height: int = 16) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    half = (height // 2, width // 2)
    return (np.full((height, width), value, np.uint8), np.full(half, value, np.uint8), np.full(half, value, np.uint8))


def test_a_reader_made_before_the_ring_finds_it(rings: Path):
    reader = RingReader(rings, "c1", "sub")
    assert (reader.poll(), reader.state, reader.size, reader.read(id)) == (0, StreamState.IDLE, (0, 0), None)
    writer = RingWriter(rings, "c1", "sub", 32, 16)
    sequence = writer.write(*planes(9))
    writer.mark(StreamState.LIVE, StreamError.NONE, Effort.REFERENCE)
    eventually(lambda: reader.poll() == sequence)
    assert reader.read(lambda picture: (int(picture.y.min()), int(picture.u.max()), picture.y.shape)) == (
        9,
        9,
        (16, 32),
    )
    assert (reader.state, reader.effort, reader.size) == (StreamState.LIVE, Effort.REFERENCE, (32, 16))
    assert reader.decoded_ns > 0
    writer.close()
    reader.close()


def test_rings_are_for_their_owner_alone(rings: Path):
    writer = RingWriter(rings, "c1", "sub", 32, 16)
    assert writer.file.stat().st_mode & 0o777 == 0o600
    assert rings.stat().st_mode & 0o777 == 0o700
    assert writer.file.stat().st_blocks * 512 >= 3 * 32 * 16 * 3 // 2
    writer.close()


def test_no_torn_picture_is_ever_returned(rings: Path):
    width, height = 640, 360
    writer = RingWriter(rings, "c1", "sub", width, height)
    shades = [planes(value, width, height) for value in range(8)]
    writer.write(*shades[0])
    stop = threading.Event()

    def write() -> None:
        at = 0
        while not stop.is_set():
            writer.write(*shades[at % 8])
            at += 1

    thread = threading.Thread(target=write)
    thread.start()
    reader = RingReader(rings, "c1", "sub")
    reader.poll()
    whole = 0
    try:
        for _ in range(1_500):
            copy = reader.read(
                lambda picture: np.concatenate([picture.y.ravel(), picture.u.ravel(), picture.v.ravel()])
            )
            if copy is not None:
                whole += 1
                assert copy.min() == copy.max()
    finally:
        stop.set()
        thread.join()
    assert whole > 100
    reader.close()
    writer.close()


def test_an_overtaken_read_returns_nothing(rings: Path):
    writer = RingWriter(rings, "c1", "sub", 32, 16)
    writer.write(*planes(1))
    reader = RingReader(rings, "c1", "sub")
    reader.poll()
    assert reader.read(lambda _: [writer.write(*planes(2)) for _ in range(3)]) is None
    assert reader.read(lambda picture: int(picture.y[0, 0])) == 2
    reader.close()
    writer.close()


def test_sequences_never_fall_over_sizes_and_writers(rings: Path):
    first = RingWriter(rings, "c1", "sub", 32, 16)
    before = max(first.write(*planes(1)) for _ in range(50))
    reader = RingReader(rings, "c1", "sub")
    assert reader.poll() == before
    second = RingWriter(rings, "c1", "sub", 64, 32)
    first.close()
    after = second.write(*planes(2, 64, 32))
    assert after > before
    eventually(lambda: reader.poll() == after)
    assert reader.size == (64, 32)
    assert len(list(rings.iterdir())) == 1
    reader.close()
    second.close()


def test_a_killed_writer_reads_offline_until_the_next_generation(rings: Path):
    child = subprocess.Popen([sys.executable, "-c", WRITE_FOR_EVER, str(rings)])
    reader = RingReader(rings, "c1", "sub")
    try:
        eventually(reader.poll, "a picture")
        assert reader.state is StreamState.LIVE
    finally:
        os.kill(child.pid, signal.SIGKILL)
        child.wait()
    eventually(lambda: (reader.poll(), reader.state)[1] is StreamState.OFFLINE, "offline")
    last = reader.poll()
    assert reader.read(lambda picture: int(picture.y[0, 0])) == 7
    assert sweep(rings) == 1
    writer = RingWriter(rings, "c1", "sub", 32, 16)
    writer.mark(StreamState.LIVE, StreamError.NONE, Effort.ALL)
    sequence = writer.write(*planes(8))
    assert sequence > last
    eventually(lambda: reader.poll() == sequence)
    assert reader.state is StreamState.LIVE
    reader.close()
    writer.close()


def test_a_killed_reader_leaves_the_ring(rings: Path):
    writer = RingWriter(rings, "c1", "sub", 32, 16)
    writer.write(*planes(3))
    child = subprocess.Popen([sys.executable, "-c", READ_FOR_EVER, str(rings)], stdout=subprocess.PIPE)
    assert child.stdout.readline() == b"SEEN\n"
    os.kill(child.pid, signal.SIGKILL)
    child.wait()
    child.stdout.close()
    assert sweep(rings) == 0
    reader = RingReader(rings, "c1", "sub")
    sequence = writer.write(*planes(4))
    assert reader.poll() == sequence
    assert reader.read(lambda picture: int(picture.v[0, 0])) == 4
    reader.close()
    writer.close()


def test_a_ring_closed_in_good_order_is_idle_and_keeps_its_last_picture(rings: Path):
    writer = RingWriter(rings, "c1", "sub", 32, 16)
    writer.write(*planes(5))
    reader = RingReader(rings, "c1", "sub")
    reader.poll()
    writer.close()
    reader.look()
    assert reader.state is StreamState.IDLE
    assert reader.read(lambda picture: int(picture.y[0, 0])) == 5
    assert list(rings.iterdir()) == []
    reader.close()


def test_a_full_folder_is_said_in_words(rings: Path, monkeypatch: pytest.MonkeyPatch):
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "posix_fallocate", full)
    with pytest.raises(Refused) as caught:
        RingWriter(rings, "c1", "sub", 640, 360)
    assert caught.value.code == "ring.no_room"
    assert caught.value.facts == {"need_mb": 1, "folder": str(rings)}
    assert list(rings.iterdir()) == []


def test_garbage_in_the_folder_is_not_a_ring(rings: Path):
    rings.mkdir()
    (rings / "c1-sub-000009").write_bytes(b"\x00" * 10_000)
    (rings / "c1-sub-000010").write_bytes(b"")
    reader = RingReader(rings, "c1", "sub")
    assert (reader.poll(), reader.state) == (0, StreamState.IDLE)
    assert sweep(rings) == 2
    reader.close()
