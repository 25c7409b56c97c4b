"""Demand: which camera streams somebody shows or analyses, told through locked files beside the rings."""

import contextlib
import fcntl
import os
import re
import uuid
from pathlib import Path

import msgspec

from ioc_console.video.ring_files import unlink_dead

Streams = frozenset[tuple[str, str]]
FOLDER = "demand"
MOST_BYTES = 256 * 1024


class Demand:
    """One wisher's file; it counts for as long as its process holds the lock."""

    def __init__(self, folder: Path, who: str) -> None:
        place = folder / FOLDER
        place.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.file = place / f"{re.sub(r'[^A-Za-z0-9_-]', '_', who)[:64]}-{uuid.uuid4().hex[:8]}"
        # The file bears its name only once it is locked, so that nobody takes it for a dead process's.
        draft = place / f".{self.file.name}"
        self.descriptor = os.open(draft, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        fcntl.flock(self.descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        self.streams: Streams = frozenset()
        self.length = os.pwrite(self.descriptor, b"[]", 0)
        draft.rename(self.file)

    def want(self, streams: Streams) -> None:
        """Say which streams are wanted from now on."""
        if streams == self.streams:
            return
        # One write, never shorter than the last: a reader meets the old wishes or the new ones.
        data = msgspec.json.encode(sorted(streams)).ljust(self.length)
        self.length = os.pwrite(self.descriptor, data, 0)
        self.streams = streams

    def close(self) -> None:
        """Want nothing any more."""
        self.file.unlink(missing_ok=True)
        os.close(self.descriptor)


def wanted(folder: Path) -> Streams:
    """Return every stream that a living process wants; what the dead left is swept."""
    found: set[tuple[str, str]] = set()
    place = folder / FOLDER
    for file in tuple(place.iterdir()) if place.is_dir() else ():
        with contextlib.suppress(OSError, msgspec.MsgspecError):
            found.update(wishes(file))
    return frozenset(found)


def wishes(file: Path) -> list[tuple[str, str]]:
    """Return what one file wants; remove it where its process is dead."""
    if unlink_dead(file) or file.name.startswith("."):
        return []
    with file.open("rb") as opened:
        return msgspec.json.decode(opened.read(MOST_BYTES), type=list[tuple[str, str]])
