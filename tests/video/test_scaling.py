"""Pictures are kept no larger than anybody shows them, and come back whole as soon as somebody wants them whole."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from ioc_console.video.decoder import Source
from ioc_console.video.rings import RingReader, RingWriter
from ioc_console.video.scaling import WHOLE, reduced, scale
from tests.video.conftest import make_clip
from tests.video.test_ingest import ingesting
from tests.waiting import soon


@pytest.mark.parametrize(
    ("size", "tall", "kept"),
    [
        ((640, 360), WHOLE, (640, 360)),
        ((640, 360), 360, (640, 360)),
        ((640, 360), 181, (640, 360)),
        ((640, 360), 180, (320, 180)),
        ((640, 360), 91, (320, 180)),
        ((640, 360), 90, (160, 90)),
        ((640, 360), 10, (160, 90)),
        ((1920, 1080), 162, (480, 270)),
        ((642, 360), 10, (642, 360)),
        ((2, 2), 1, (2, 2)),
    ],
)
def test_a_picture_is_halved_while_nothing_of_it_is_lost(size: tuple[int, int], tall: int, kept: tuple[int, int]):
    assert reduced(*size, tall) == kept


@pytest.mark.parametrize("size", [(320, 180), (160, 90), (288, 162), (53, 47), (640, 360), (900, 500)])
def test_scaling_keeps_what_stands_where(size: tuple[int, int]):
    plane = np.zeros((360, 640), np.uint8)
    plane[:, 320:], plane[180:, :320] = 200, 100
    target = np.empty(size[::-1], np.uint8)
    for made in (scale(plane, size), scale(plane, size, target)):
        assert made.shape == size[::-1]
        quarters = (
            made[size[1] // 4, size[0] // 4],
            made[-size[1] // 4, size[0] // 4],
            made[size[1] // 4, -size[0] // 4],
        )
        assert [int(value) for value in quarters] == [0, 100, 200]
    assert (target == scale(plane, size)).all()


def test_a_ring_scales_what_it_is_given_and_tells_both_sizes(rings: Path):
    writer, reader = RingWriter(rings, "c1", "sub", 32, 16, (64, 32)), RingReader(rings, "c1", "sub")
    writer.write(np.full((32, 64), 77, np.uint8), np.full((16, 32), 88, np.uint8), np.full((16, 32), 99, np.uint8))
    reader.poll()
    seen = reader.read(lambda picture: (picture.y.shape, picture.y.max(), picture.u.max(), picture.v.min()))
    assert (seen, reader.size, reader.is_whole) == (((16, 32), 77, 88, 99), (64, 32), False)
    reader.close()
    writer.close()


async def test_a_stream_is_kept_as_tall_as_it_is_wanted_and_changes_with_the_wishes(rings: Path, tmp_path: Path):
    clip, reader = make_clip(tmp_path / "a.mp4", "libx264", 160, 96), RingReader(rings, "c1", "sub")
    with ingesting(rings, lambda: Source(url=f"file://{clip}")) as ingest:
        for tall, kept in ((48, (48, 80)), (WHOLE, (96, 160)), (20, (24, 40))):
            ingest.feeds = {"sub": tall}

            def shape(wanted: tuple[int, int] = kept) -> bool:
                return bool(reader.poll()) and reader.read(lambda picture: picture.y.shape) == wanted

            await soon(shape, f"pictures of {kept}")
            assert reader.size == (160, 96)
        assert (ingest.health.width, ingest.health.height) == (160, 96)
    reader.close()


IMPORT_AND_HASTEN = """
import cv2
threads = cv2.getNumThreads()
from ioc_console.video import scaling
assert cv2.getNumThreads() == threads, "importing alone changes nothing"
scaling.hasten()
assert cv2.getNumThreads() == 1
assert cv2.ipp.getIppVersion() == "disabled" or cv2.ipp.useIPP_NotExact()
"""


def test_a_thread_scales_at_the_least_cost_once_it_says_so():
    subprocess.run([sys.executable, "-W", "error", "-c", IMPORT_AND_HASTEN], check=True, timeout=60)
