"""A whole site of real processes in a folder of its own: two cameras on a file, hub, video and one display."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np
import psutil
import pytest

from ioc_console.remote import RemoteLink
from ioc_console.words import city_words

ROOT = Path(__file__).parents[2]
CAMERAS = ("c1", "c2")
SITE = """
schema = 1
id = "story"
[city]
name = "Vinh"
banner = "THỬ NGHIỆM"
[[cameras]]
id = "c1"
number = 1
name = "Ngã tư Lê Lợi"
sub = "file://{clip}"
[[cameras]]
id = "c2"
number = 2
name = "Chợ Vinh"
sub = "file://{clip}"
[[sequences]]
id = "all"
name = "Cả hai"
cameras = ["c1", "c2"]
"""


class Site:
    """The running site."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.rings = home / "rings"
        self.file = home / "site.toml"
        clip = home / "clip.mkv"
        encode(clip)
        self.file.write_text(SITE.format(clip=clip), encoding="utf-8")
        # A service manager's end of sd_notify.
        self.manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.manager.bind(str(home / "notify"))
        self.manager.settimeout(30)
        environment = {
            **os.environ,
            "NOTIFY_SOCKET": str(home / "notify"),
            "IOC_HOME": str(home),
            "IOC_RINGS": str(self.rings),
            "QT_QPA_PLATFORM": "offscreen",
            "DISPLAY": ":offscreen",
        }
        command = [sys.executable, str(ROOT / "main.py"), "run", "--site", str(self.file), "--layout", "single"]
        self.process = subprocess.Popen(command, env=environment, cwd=ROOT)

    def link(self, name: str = "tester") -> RemoteLink:
        """Return a link that seeks the site's hub as a display."""
        link = RemoteLink(city_words(), self.home / "story" / "run" / "door.json", "display", name)
        link.start()
        return link

    def child(self, role: str) -> psutil.Process:
        """Return the process of a role."""
        found = [p for p in psutil.Process(self.process.pid).children() if role in p.cmdline()]
        assert found, f"no {role} runs"
        return found[0]

    def stop(self) -> None:
        """End the site as a service manager would."""
        self.process.send_signal(signal.SIGTERM)
        assert self.process.wait(20) == 0
        self.manager.close()


def encode(file: Path) -> None:
    """Write a clip of moving bars: 160 × 90, 10 pictures a second, 3 s."""
    with av.open(str(file), "w") as container:
        stream = container.add_stream("libx264", rate=10, options={"preset": "ultrafast", "x264-params": "bframes=0"})
        stream.width, stream.height, stream.pix_fmt = 160, 90, "yuv420p"
        for number in range(30):
            picture = np.full((90, 160, 3), 60, np.uint8)
            picture[:, number * 5 : number * 5 + 10] = 220
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, "rgb24")))
        container.mux(stream.encode(None))


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    site = Site(tmp_path_factory.mktemp("story"))
    yield site
    site.stop()
    left = [file for file in site.rings.iterdir() if file.is_file()]
    assert left == [], "rings are gone with their writers"
