"""The X server asked directly, through ctypes: what stands on the glass, and plain windows for players."""

import ctypes
import ctypes.util
from typing import Any

import numpy as np
from numpy.typing import NDArray

ALL_PLANES, Z_PIXMAP = 0xFFFFFFFF, 2


class Image(ctypes.Structure):
    """The head of an XImage."""

    _fields_ = [
        ("width", ctypes.c_int), ("height", ctypes.c_int), ("xoffset", ctypes.c_int), ("format", ctypes.c_int),
        ("data", ctypes.c_void_p), ("byte_order", ctypes.c_int), ("bitmap_unit", ctypes.c_int),
        ("bitmap_bit_order", ctypes.c_int), ("bitmap_pad", ctypes.c_int), ("depth", ctypes.c_int),
        ("bytes_per_line", ctypes.c_int),
    ]  # fmt: skip


def library() -> Any:
    """Return libX11 with the types of what is called."""
    x11 = ctypes.CDLL(ctypes.util.find_library("X11") or "libX11.so.6")
    handle, number, natural = ctypes.c_void_p, ctypes.c_int, ctypes.c_uint
    long = ctypes.c_ulong
    x11.XOpenDisplay.restype, x11.XOpenDisplay.argtypes = handle, [ctypes.c_char_p]
    x11.XDefaultRootWindow.restype, x11.XDefaultRootWindow.argtypes = long, [handle]
    x11.XCreateSimpleWindow.restype = long
    x11.XCreateSimpleWindow.argtypes = [handle, long, number, number, natural, natural, natural, long, long]
    x11.XMapWindow.argtypes = [handle, long]
    x11.XSync.argtypes = [handle, number]
    x11.XGetImage.restype = ctypes.POINTER(Image)
    x11.XGetImage.argtypes = [handle, long, number, number, natural, natural, long, number]
    x11.XDestroyImage.argtypes = [ctypes.POINTER(Image)]
    x11.XCloseDisplay.argtypes = [handle]
    return x11


class Screen:
    """A connection to the X server that DISPLAY names."""

    def __init__(self) -> None:
        self.x11 = library()
        self.display = self.x11.XOpenDisplay(None)
        if not self.display:
            raise OSError("no X server answers")
        self.root = self.x11.XDefaultRootWindow(self.display)

    def window(self, x: int, y: int, width: int, height: int) -> int:
        """Make and show a plain window; return its number."""
        made = self.x11.XCreateSimpleWindow(self.display, self.root, x, y, width, height, 0, 0, 0)
        self.x11.XMapWindow(self.display, made)
        self.x11.XSync(self.display, 0)
        return int(made)

    def grab(self, x: int, y: int, width: int, height: int) -> NDArray[np.uint8]:
        """Return what stands on a part of the glass now, (height, width, BGRX)."""
        found = self.x11.XGetImage(self.display, self.root, x, y, width, height, ALL_PLANES, Z_PIXMAP)
        if not found:
            raise OSError("the glass cannot be read there")
        try:
            head = found.contents
            raw = ctypes.string_at(head.data, head.bytes_per_line * height)
            return np.frombuffer(raw, np.uint8).reshape(height, -1, 4)[:, :width]
        finally:
            self.x11.XDestroyImage(found)

    def close(self) -> None:
        """Let go of the server; the windows made here go too."""
        self.x11.XCloseDisplay(self.display)
