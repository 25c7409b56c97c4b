"""The doctor: looks for what the console needs on a machine, and says the remedy for what is missing."""

import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import msgspec

from ioc_console.exports.fonts import find_fonts
from ioc_console.model import Refused
from ioc_console.words import Catalogue

SHARED = Path("/dev/shm")
LEAST_SHARED_MB = 256
LIBRARIES = ("libEGL.so.1", "libGL.so.1", "libxcb-cursor.so.0", "libxkbcommon-x11.so.0")


class Check(msgspec.Struct, frozen=True):
    """One thing that the console needs: its name, whether it is there, and what to do where it is not."""

    name: str
    holds: Callable[[], bool]
    remedy: str


def python_fits() -> bool:
    """Say whether the interpreter is one that the console runs on."""
    return (3, 11) <= sys.version_info[:2] <= (3, 13)


def has_modules() -> bool:
    """Say whether the Python packages are there."""
    return all(importlib.util.find_spec(name) for name in ("PySide6", "av", "cv2", "qasync", "sqlalchemy", "msgspec"))


def has_libraries() -> bool:
    """Say whether Qt's system libraries are there."""
    listed = subprocess.run(["/sbin/ldconfig", "-p"], capture_output=True, text=True, check=False).stdout
    return all(library in listed for library in LIBRARIES)


def has_font() -> bool:
    """Say whether the typeface is installed."""
    if not shutil.which("fc-list"):
        return False
    return bool(subprocess.run(["fc-list", "Inter"], capture_output=True, text=True, check=False).stdout.strip())


def has_print_font() -> bool:
    """Say whether the typeface of printed lists is installed."""
    try:
        return bool(find_fonts())
    except Refused:
        return False


def has_rtsp_server() -> bool:
    """Say whether the demo city's RTSP server can run under the system's Python."""
    program = "import gi; gi.require_version('GstRtspServer', '1.0'); from gi.repository import GstRtspServer"
    return subprocess.run(["/usr/bin/python3", "-c", program], capture_output=True, check=False).returncode == 0


def has_shared_memory() -> bool:
    """Say whether there is room for the picture rings."""
    return SHARED.is_dir() and shutil.disk_usage(SHARED).free > LEAST_SHARED_MB << 20


def has_screen() -> bool:
    """Say whether there is a display, or a virtual one can be started."""
    shown = os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    return bool(shown) or shutil.which("Xvfb") is not None


CHECKS = (
    Check("doctor.python", python_fits, "doctor.python_remedy"),
    Check("doctor.modules", has_modules, "doctor.modules_remedy"),
    Check("doctor.libraries", has_libraries, "doctor.libraries_remedy"),
    Check("doctor.font", has_font, "doctor.font_remedy"),
    Check("doctor.print_font", has_print_font, "doctor.print_font_remedy"),
    Check("doctor.rtsp", has_rtsp_server, "doctor.rtsp_remedy"),
    Check("doctor.shared", has_shared_memory, "doctor.shared_remedy"),
    Check("doctor.screen", has_screen, "doctor.no_xvfb"),
)


def examine(text: Catalogue) -> int:
    """Print what is there and what is missing; return how many things are missing."""
    missing = 0
    for check in CHECKS:
        if check.holds():
            print(f"  ok   {text.say(check.name)}")
            continue
        missing += 1
        print(f"  --   {text.say(check.name)}: {text.say(check.remedy)}")
    return missing
