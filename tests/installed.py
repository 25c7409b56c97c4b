"""Installed: what tests need of the machine beyond Python's packages; resources/setup.sh installs it."""

import os
import shutil
import subprocess

import pytest

SYSTEM_PYTHON = "/usr/bin/python3"
RTSP_SERVER = "import gi; gi.require_version('Gst', '1.0'); gi.require_version('GstRtspServer', '1.0')"
RTSP_SERVER += "; from gi.repository import GstRtspServer"


def require(*programs: str) -> None:
    """Skip the test where a program is missing; where CI is set it fails, since there setup has run."""
    missing = [program for program in programs if not shutil.which(program)]
    if missing:
        lack(f"not installed: {', '.join(missing)}")


def require_rtsp_server() -> None:
    """Skip the test, or fail it where CI is set, where the system's Python has no GStreamer RTSP server."""
    found = (
        shutil.which(SYSTEM_PYTHON)
        and not subprocess.run([SYSTEM_PYTHON, "-c", RTSP_SERVER], capture_output=True, check=False).returncode
    )
    if not found:
        lack("the system's Python has no GStreamer RTSP server (gir1.2-gst-rtsp-server-1.0)")


def lack(what: str) -> None:
    """Skip for want of something, or fail where CI is set."""
    if os.environ.get("CI"):
        pytest.fail(what)
    pytest.skip(what)
