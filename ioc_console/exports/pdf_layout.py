"""How a table stands on paper: the size of its type, the widths of its columns, and text broken into lines."""

from collections.abc import Iterator, Sequence
from itertools import pairwise

from ioc_console.exports.fonts import BOLD, REGULAR, width
from ioc_console.model import Refused

SIZES = ((6, 9.0), (10, 8.0), (14, 7.0), (99, 6.5))
"""Up to so many columns, type of so many points."""

LEADING = 1.35
"""Lines apart, in sizes of the type: Vietnamese capitals carry two marks."""

PADDING = 4.0
"""Points free on each side of a cell."""

NARROWEST = 36.0
"""The least a column may have, in points, padding and all."""

WIDEST_WORD, WIDEST_LINE = 110.0, 260.0
"""How far a word, and a whole line, may ask for room, in points."""

MOST_LINES = 12
"""The tallest cell: a row always fits on a page."""


def size_for(columns: int) -> float:
    """Return the size of the type for so many columns, in points."""
    return next(size for most, size in SIZES if columns <= most)


def shares(heads: Sequence[str], rows: Sequence[Sequence[str]], room: float, size: float) -> list[float]:
    """Return the widths of the columns that together fill the room; raises `Refused` where not all can stand in it.

    The columns grow together from the least there may be: to what their longest word needs, to what their longest
    line would like, and last to what their head would like.
    """
    most = int(room / NARROWEST)
    if len(heads) > most:
        raise Refused("export.too_many_columns", found=len(heads), most=most)
    columns = [[row[at] for row in rows] for at in range(len(heads))]
    least = [word_width(head, column, size) for head, column in zip(heads, columns, strict=True)]
    lines = [max(low, line_width(column, REGULAR, size)) for low, column in zip(least, columns, strict=True)]
    whole = [max(low, line_width([head], BOLD, size)) for low, head in zip(lines, heads, strict=True)]
    for low, high in pairwise(([NARROWEST] * len(heads), least, lines, whole)):
        if sum(high) > room:
            return between(low, high, room)
    return [wish * room / sum(whole) for wish in whole]


def between(low: Sequence[float], high: Sequence[float], room: float) -> list[float]:
    """Return widths that fill the room, all at the same part of the way from low to high."""
    part = (room - sum(low)) / (sum(high) - sum(low))
    return [least + (most - least) * part for least, most in zip(low, high, strict=True)]


def word_width(head: str, column: Sequence[str], size: float) -> float:
    """Return the room that a column's longest word needs."""
    words = (width(word, REGULAR, size) for text in column for word in text.split())
    widest = max([*words, *(width(word, BOLD, size) for word in head.split())], default=0.0)
    return max(NARROWEST, min(widest, WIDEST_WORD) + 2 * PADDING + 1)


def line_width(texts: Sequence[str], font: str, size: float) -> float:
    """Return the room in which none of the texts would need a second line, within reason."""
    lines = (width(line, font, size) for text in texts for line in text.split("\n"))
    return min(max(lines, default=0.0), WIDEST_LINE) + 2 * PADDING + 1


def broken(text: str, room: float, font: str, size: float, mark: str) -> str:
    """Return text in lines that fit the room, at most `MOST_LINES`, ending in a mark where more would follow."""
    lines: list[str] = []
    for line in lines_of(text, room, font, size):
        if len(lines) == MOST_LINES:
            return "\n".join([*lines[:-1], mark])
        lines.append(line)
    return "\n".join(lines)


def lines_of(text: str, room: float, font: str, size: float) -> Iterator[str]:
    """Yield text line by line: broken between words, and within a word that alone is too wide."""
    for paragraph in text.split("\n"):
        line = ""
        for word in paragraph.split():
            longer = f"{line} {word}" if line else word
            if width(longer, font, size) <= room:
                line = longer
                continue
            if line:
                yield line
            *full, line = pieces(word, room, font, size)
            yield from full
        yield line


def pieces(word: str, room: float, font: str, size: float) -> Iterator[str]:
    """Yield a word in pieces that fit the room, each of one letter at least."""
    begin, used = 0, 0.0
    for at, letter in enumerate(word):
        more = width(letter, font, size)
        if used + more > room and at > begin:
            yield word[begin:at]
            begin, used = at, 0.0
        used += more
    yield word[begin:]
