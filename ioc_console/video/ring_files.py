"""Ring files: how they are made, found by generation, and swept once their writer is dead."""

import contextlib
import errno
import fcntl
import os
import time
from collections.abc import Iterator
from pathlib import Path

from ioc_console.model import Refused

DRAFT_S = 10.0


def allocate(file: Path, size: int) -> int:
    """Make and lock a file whose room is really there; return its descriptor; raises `Refused` where memory is full."""
    descriptor = os.open(file, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.posix_fallocate(descriptor, 0, size)
    except OSError as error:
        os.close(descriptor)
        file.unlink(missing_ok=True)
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            raise Refused("ring.no_room", need_mb=-(-size // 2**20), folder=str(file.parent)) from error
        raise
    return descriptor


def generations(folder: Path, prefix: str) -> Iterator[tuple[int, Path]]:
    """Yield the numbers and files of rings whose name begins with a prefix."""
    with contextlib.suppress(FileNotFoundError), os.scandir(folder) as entries:
        for entry in entries:
            stem, _, number = entry.name.rpartition("-")
            if stem == prefix and number.isdigit():
                yield int(number), Path(entry.path)


def newest_generation(folder: Path, camera: str, stream: str) -> tuple[int, Path] | None:
    """Return the number and file of a stream's newest ring."""
    return max(generations(folder, f"{camera}-{stream}"), default=None)


def next_generation(before: tuple[int, Path] | None) -> int:
    """Return a number that comes once while the machine is up, even where every file was swept in between."""
    return max(time.monotonic_ns() // 1_000, before[0] + 1 if before else 0)


def is_locked(descriptor: int) -> bool:
    """Say whether somebody holds a file's lock."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return True
    fcntl.flock(descriptor, fcntl.LOCK_UN)
    return False


def sweep(folder: Path) -> int:
    """Remove the rings of a folder whose writers are dead; return how many."""
    removed = 0
    for file in tuple(folder.iterdir()) if folder.is_dir() else ():
        if file.is_dir():
            continue
        with contextlib.suppress(OSError):
            removed += unlink_dead(file)
    return removed


def unlink_dead(file: Path) -> bool:
    """Remove a file that nobody holds; say whether it was. A draft has a moment to be locked."""
    descriptor = os.open(file, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    try:
        fresh = file.name.startswith(".") and time.time() - os.fstat(descriptor).st_mtime < DRAFT_S
        if fresh or is_locked(descriptor):
            return False
        file.unlink(missing_ok=True)
        return True
    finally:
        os.close(descriptor)
