"""A virtual screen for a machine that has none."""

import contextlib
import os
import shutil
import subprocess
from collections.abc import Iterator

from ioc_console.model import Refused
from ioc_console.notify import die_with_parent


@contextlib.contextmanager
def screen(width: int, height: int) -> Iterator[bool]:
    """Give a virtual screen where there is none; yields whether it is virtual."""
    if os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"):
        yield False
        return
    if not shutil.which("Xvfb"):
        raise Refused("doctor.no_xvfb")
    read, write = os.pipe()
    size = f"{width}x{height}x24"
    command = ["Xvfb", "-displayfd", str(write), "-screen", "0", size, "-nolisten", "tcp", "-noreset"]
    # In a session of its own, so that a Ctrl-C at the terminal does not take the screen from under the windows.
    server = subprocess.Popen(
        command, pass_fds=[write], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        start_new_session=True, preexec_fn=die_with_parent,
    )  # fmt: skip
    os.close(write)
    with os.fdopen(read) as answer:
        os.environ["DISPLAY"] = f":{answer.readline().strip()}"
    try:
        yield True
    finally:
        del os.environ["DISPLAY"]
        server.terminate()
        server.wait()
