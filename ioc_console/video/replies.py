"""Replies: the status with which a server refused a stream, heard from the library's own words."""

import contextlib
import logging
import re
import threading
from collections.abc import Iterable, Iterator

import av.logging

Said = tuple[int, str, str]
# What the library says may hold an address with its password.
logging.getLogger("libav").setLevel(logging.CRITICAL + 1)


class Unopened(Exception):
    """A stream that could not be opened: the library's error, and the status that the server gave, or 0."""

    def __init__(self, error: Exception, status: int) -> None:
        super().__init__(str(error))
        self.error, self.status = error, status


class Ear:
    """Has the library speak for as long as any stream is being opened, and hears what it says in one's own thread."""

    lock = threading.Lock()
    open = 0

    @classmethod
    @contextlib.contextmanager
    def listening(cls) -> Iterator[list[Said]]:
        """Collect what is said in this thread."""
        cls.shift(1)
        try:
            with av.logging.Capture(local=True) as said:
                yield said
        finally:
            cls.shift(-1)

    @classmethod
    def shift(cls, by: int) -> None:
        """Count those who listen; for nobody the library keeps silent, which costs it nothing."""
        with cls.lock:
            cls.open += by
            av.logging.set_level(av.logging.WARNING if cls.open else None)


def status_of(said: Iterable[Said]) -> int:
    """Return the status of the last RTSP or HTTP request that failed, such as 453; 0 where none did."""
    found = [re.search(r"(?:method \w+ failed:|HTTP error) (\d{3})\b", words) for _, _, words in said]
    return next((int(match.group(1)) for match in reversed(found) if match), 0)
