"""Values on their way into a file: what is illegal replaced, what is too long cut, what is executable defused."""

import math
import re
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import TypeVar
from zoneinfo import ZoneInfo

from ioc_console.exports.listing import Plain, local
from ioc_console.words import Catalogue

R = TypeVar("R")

EVERY = 200
"""After how many rows the progress is told."""

Progress = Callable[[int], None]
"""Told how many rows are written; may raise to cancel, and then no file is left."""

Cell = str | int | float | datetime | None
"""What a writer meets: clean text, finite numbers, moments without zone on the city's clocks."""

ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
"""What XML 1.0 forbids and UTF-8 cannot hold."""

REPLACEMENT = "\ufffd"
SIGNS = ("=", "+", "-", "@", "＝", "＋", "－", "＠")
BLANKS = ("\t", "\r", "\n")


def told(rows: Iterable[R], progress: Progress) -> Iterator[R]:
    """Yield rows one at a time as they are asked for, and tell how many have been taken."""
    count = 0
    for count, row in enumerate(rows, 1):
        yield row
        if count % EVERY == 0:
            progress(count)
    progress(count)


def cell(value: Plain, zone: ZoneInfo, text: Catalogue) -> Cell:
    """Return a value of a row as the writers take it."""
    if isinstance(value, bool):
        return text.say("export.yes") if value else text.say("export.no")
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, datetime):
        return local(value, zone)
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value


def clean(text: str) -> str:
    """Return text that any of the forms can hold: line ends as `\\n`, what is illegal as U+FFFD."""
    return ILLEGAL.sub(REPLACEMENT, text.replace("\r\n", "\n").replace("\r", "\n"))


def one_line(text: str) -> str:
    """Return text clean and on one line."""
    return " ".join(clean(text).split())


def cut(text: str, most: int, mark: str) -> str:
    """Return clean text of at most so many UTF-16 units, which spreadsheets count; a mark stands where it was cut."""
    if units(text) <= most:
        return text
    kept = text.encode("utf-16-le")[: 2 * (most - units(mark))]
    return kept.decode("utf-16-le", "ignore") + mark


def units(text: str) -> int:
    """Return how many UTF-16 units text has."""
    return len(text.encode("utf-16-le")) // 2


def executable(text: str) -> bool:
    """Say whether a spreadsheet may take text for a formula."""
    return text.startswith(BLANKS) or text.lstrip().startswith(SIGNS)


def defuse(text: str) -> str:
    """Return text with an apostrophe before it where a spreadsheet may take it for a formula."""
    return f"'{text}" if executable(text) else text
