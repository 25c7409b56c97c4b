"""Stream processors: a generator that fails harms no other camera, and a worker that dies is replaced."""

import os
import signal
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ioc_console.domain.cameras import PictureHealth, Verdict
from ioc_console.processors import Hands
from ioc_console.video.rings import RingWriter
from ioc_console.worker import Eye, Frame, Processor, Work
from tests.waiting import eventually

SINCE = datetime(2026, 1, 1, tzinfo=UTC)


def finding(frame: Frame) -> PictureHealth:
    return PictureHealth(id=frame.camera, verdict=Verdict.TRUE, since=SINCE, score=float(frame.fresh))


def sound(frames: Iterator[Frame], config: Any) -> Iterator[PictureHealth | None]:
    for frame in frames:
        yield finding(frame)


def raising(frames: Iterator[Frame], config: Any) -> Iterator[PictureHealth | None]:
    for frame in frames:
        raise ZeroDivisionError(frame.camera)
        yield None


def short(frames: Iterator[Frame], config: Any) -> Iterator[PictureHealth | None]:
    yield finding(next(frames))


def silent(frames: Iterator[Frame], config: Any) -> Iterator[PictureHealth | None]:
    for at, frame in enumerate(frames):
        if at % 2 == 0:
            yield finding(frame)


def chatty(frames: Iterator[Frame], config: Any) -> Iterator[PictureHealth | None]:
    for frame in frames:
        yield finding(frame)
        yield finding(frame)


def work(rings: Path, watch: Any, log: Path) -> Work:
    return Work(Processor("trial", (16, 8), 0.02, watch), None, ("c1", "c2"), rings, log)


@pytest.fixture
def writer(tmp_path: Path) -> Iterator[RingWriter]:
    writer = RingWriter(tmp_path / "rings", "c1", "sub", 64, 32)
    chroma = np.full((16, 32), 128, np.uint8)
    writer.write(np.full((32, 64), 90, np.uint8), chroma, chroma)
    yield writer
    writer.close()


def test_a_look_gives_the_generator_the_newest_picture_at_its_size(writer: RingWriter, tmp_path: Path) -> None:
    eye = Eye(work(tmp_path / "rings", sound, tmp_path), "c1")
    first, second = eye.look(), eye.look()
    assert (first.id, first.score, second.score) == ("c1", 1.0, 0.0)
    assert Eye(work(tmp_path / "rings", sound, tmp_path), "c2").look() is None


@pytest.mark.parametrize(
    ("watch", "words"),
    [(raising, "ZeroDivisionError"), (short, "it ended"), (silent, "without yielding"), (chatty, "more than once")],
)
def test_a_generator_that_breaks_its_contract_is_named_and_begun_again(
    watch: Any, words: str, writer: RingWriter, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    eye = Eye(work(tmp_path / "rings", watch, tmp_path), "c1")
    while not caplog.text:
        eye.look()
    assert words in caplog.text
    assert eye.look() is None, "it waits a while"
    eye.again = 0.0
    assert (eye.look() is None) is (watch is raising)


def test_a_torn_ring_harms_no_other_camera(
    writer: RingWriter, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    eye = Eye(work(tmp_path / "rings", sound, tmp_path), "c1")
    eye.reader.poll = lambda: 1 // 0
    assert eye.look() is None
    assert "ZeroDivisionError" in caplog.text


def test_a_worker_that_is_killed_is_replaced(writer: RingWriter, tmp_path: Path) -> None:
    hands = Hands(work(tmp_path / "rings", sound, tmp_path / "log"))
    try:
        hands.level()
        eventually(lambda: hands.take(0.2), "a finding")
        os.kill(hands.process.pid, signal.SIGKILL)
        hands.process.join(10)
        before = hands.process.pid
        hands.level()
        eventually(lambda: hands.take(0.2), "a finding of the next worker")
        assert hands.process.pid != before
        assert (tmp_path / "log" / "worker-trial.log").exists()
    finally:
        hands.close()
