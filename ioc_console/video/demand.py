"""Demand: which camera streams somebody shows or analyses, told through locked files beside the rings."""

import fcntl
import os
import re
import time
import uuid
from collections.abc import Iterable, Mapping
from pathlib import Path

import msgspec

from ioc_console.video.ring_files import sweep

Key = tuple[str, str]
Wants = Mapping[Key, int]
"""Which streams of which cameras are wanted, and how tall in pixels their pictures are shown."""
FOLDER = "demand"
MOST_BYTES = 256 * 1024
SWEEP_S = 1.0
SETTLED_NS = 100_000_000


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
        self.wants: Wants = {}
        self.length = os.pwrite(self.descriptor, b"[]", 0)
        draft.rename(self.file)

    def want(self, wants: Wants) -> None:
        """Say which streams are wanted from now on."""
        if wants == self.wants:
            return
        # One write, never shorter than the last: a reader meets the old wishes or the new ones.
        rows = sorted((camera, stream, tall) for (camera, stream), tall in wants.items())
        self.length = os.pwrite(self.descriptor, msgspec.json.encode(rows).ljust(self.length), 0)
        self.wants = dict(wants)

    def close(self) -> None:
        """Want nothing any more."""
        self.file.unlink(missing_ok=True)
        os.close(self.descriptor)


class Wishes:
    """What all living processes want; a file is read again only once it has changed."""

    def __init__(self, folder: Path) -> None:
        self.place = folder / FOLDER
        self.read: dict[str, tuple[int, Wants]] = {}
        self.swept = float("-inf")
        self.wants: Wants = {}

    def look(self, now: float) -> Wants:
        """Return every stream that is wanted now, as tall as anybody shows it; what the dead left is swept.

        The same object is returned for as long as nothing changes.
        """
        if now - self.swept >= SWEEP_S:
            self.swept = now
            sweep(self.place)
        files = {entry.name: entry for entry in os.scandir(self.place)} if self.place.is_dir() else {}
        kept = {name: self.file(name, entry) for name, entry in files.items() if not name.startswith(".")}
        if kept != self.read:
            self.read = kept
            self.wants = tallest(wants for _, wants in kept.values())
        return self.wants

    def file(self, name: str, entry: "os.DirEntry[str]") -> tuple[int, Wants]:
        """Return when a file was written and what it wants; a write of just now may be followed by another."""
        try:
            written_ns = entry.stat().st_mtime_ns
            known = self.read.get(name)
            if known and known[0] == written_ns and time.time_ns() - written_ns > SETTLED_NS:
                return known
            with open(entry, "rb") as opened:
                found = msgspec.json.decode(opened.read(MOST_BYTES), type=list[tuple[str, str, int]])
        except (OSError, msgspec.MsgspecError):
            return 0, {}
        return written_ns, {(camera, stream): tall for camera, stream, tall in found}


def tallest(many: Iterable[Wants]) -> Wants:
    """Return all that is wanted, each stream as tall as the most demanding wants it."""
    found: dict[Key, int] = {}
    for wants in many:
        for key, tall in wants.items():
            found[key] = max(tall, found.get(key, 0))
    return found
