"""The decoder: how a source becomes an address, and what of a stream becomes planes."""

from pathlib import Path
from urllib.parse import unquote, urlsplit

import av
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ioc_console.domain.cameras import Effort
from ioc_console.video.decoder import Decoder, Source, planes_of
from ioc_console.video.replies import Unopened
from tests.video.conftest import make_clip

words = st.text(st.characters(blacklist_categories=["Cs", "Cc"]), max_size=20)


@given(words, words)
def test_credentials_survive_the_address(name: str, password: str):
    address = Source(url="rtsp://10.1.2.3:554/live?channel=1&subtype=0", credentials=(name, password)).address()
    user, _, rest = address.removeprefix("rtsp://").rpartition("@")[0].partition(":")
    assert (unquote(user), unquote(rest)) == (name, password)
    assert address.endswith("@10.1.2.3:554/live?channel=1&subtype=0")
    assert urlsplit(address).hostname == "10.1.2.3"


def test_a_file_is_opened_by_its_path():
    source = Source(url="file:///srv/ph%E1%BB%91%20L%C3%AA%20L%E1%BB%A3i.mp4")
    assert (source.is_file, source.address()) == (True, "/srv/phố Lê Lợi.mp4")
    assert not Source(url="rtsp://10.1.2.3/live").is_file


@pytest.mark.parametrize(("scheme", "allowed"), [("rtsp", False), ("http", False), ("file", True)])
def test_a_camera_cannot_send_us_to_a_file(scheme: str, allowed: bool):
    protocols = Source(url=f"{scheme}://10.1.2.3/live").options()["protocol_whitelist"].split(",")
    assert ("file" in protocols) is allowed
    assert not {"concat", "subfile", "data", "pipe"} & set(protocols)


@pytest.mark.parametrize(
    ("codec", "name"), [("libx264", "a.mp4"), ("libx265", "a.mp4"), ("mjpeg", "a.avi"), ("mjpeg", "a.mjpeg")]
)
def test_every_picture_of_a_clip_comes(tmp_path: Path, codec: str, name: str):
    decoder = Decoder(Source(url=f"file://{make_clip(tmp_path / name, codec, 64, 48, pictures=12)}"))
    try:
        shades = [int(planes_of(frame)[0].mean()) for frame in decoder if frame is not None]
    finally:
        decoder.close()
    assert len(shades) == 12
    assert shades == sorted(shades)
    assert decoder.codec in {"h264", "hevc", "mjpeg"}
    assert decoder.bytes_read > 0


def test_key_pictures_alone_are_fewer(tmp_path: Path):
    file = tmp_path / "a.mp4"
    with av.open(str(file), "w") as container:
        stream = container.add_stream("libx264", rate=20)
        stream.width, stream.height, stream.pix_fmt, stream.gop_size = 64, 48, "yuv420p", 10
        for at in range(40):
            noise = np.random.default_rng(at).integers(0, 255, (72, 64), np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(noise, format="yuv420p")))
        container.mux(stream.encode(None))
    counts = {}
    for effort in (Effort.ALL, Effort.KEY):
        decoder = Decoder(Source(url=f"file://{file}"))
        decoder.aim(effort)
        counts[effort] = sum(frame is not None for frame in decoder)
        decoder.close()
    assert counts[Effort.ALL] == 40
    assert 4 <= counts[Effort.KEY] <= 8


@pytest.mark.parametrize("data", [b"", b"\x00" * 5_000, bytes(range(256)) * 40], ids=["empty", "zeros", "noise"])
def test_what_is_no_video_is_an_error_of_the_library(tmp_path: Path, data: bytes):
    file = tmp_path / "a.mp4"
    file.write_bytes(data)
    with pytest.raises((Unopened, av.error.FFmpegError)):
        Decoder(Source(url=f"file://{file}"))


def test_a_clip_without_pictures_is_refused(tmp_path: Path):
    file = tmp_path / "a.wav"
    with av.open(str(file), "w") as container:
        stream = container.add_stream("pcm_s16le", rate=8_000)
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 800), np.int16), format="s16", layout="mono")
        frame.sample_rate = 8_000
        container.mux(stream.encode(frame))
    with pytest.raises((av.error.FFmpegError, ValueError)):
        Decoder(Source(url=f"file://{file}"))
