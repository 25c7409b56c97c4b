"""Where an export goes: a file that is there whole or not at all."""

import errno
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ioc_console.model import Refused

OURS = frozenset(
    {
        errno.EACCES,
        errno.EPERM,
        errno.ENOENT,
        errno.ENOTDIR,
        errno.EISDIR,
        errno.EROFS,
        errno.ENOSPC,
        errno.EDQUOT,
        errno.EFBIG,
        errno.EIO,
        errno.ENAMETOOLONG,
    }
)
"""What goes wrong with files; any other error of the system is the caller's own."""


@contextmanager
def replacing(destination: Path) -> Iterator[Path]:
    """Give an empty file beside the destination that takes its place at the end, or goes where anything is raised.

    The file is its owner's alone. Raises `Refused` where the folder or the disk does not take it.
    """
    try:
        with beside(destination) as part:
            yield part
            synced(part)
            part.replace(destination)
    except OSError as error:
        if error.errno not in OURS:
            raise
        raise Refused("export.not_written", file=str(destination), reason=error.strerror) from error


@contextmanager
def beside(destination: Path) -> Iterator[Path]:
    """Give an empty file in the destination's folder, which is removed at the end if it is still there."""
    handle, name = tempfile.mkstemp(dir=destination.parent, prefix=".export-", suffix=".part")
    os.close(handle)
    part = Path(name)
    try:
        yield part
    finally:
        part.unlink(missing_ok=True)


def synced(file: Path) -> None:
    """Have the system put a file's content on the disk."""
    handle = os.open(file, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
