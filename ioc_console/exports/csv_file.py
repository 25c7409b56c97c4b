"""The CSV form: RFC 4180 in UTF-8 with a byte-order mark, its head in lines that begin with `#`."""

import csv
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from ioc_console.exports.cells import Cell, Progress, cell, defuse, one_line, told
from ioc_console.exports.destination import replacing
from ioc_console.exports.listing import Listing, Row, facts

MOMENT = "%Y-%m-%d %H:%M:%S"
"""A moment as every spreadsheet reads it, whatever its language."""


def write_csv(listing: Listing, rows: Iterable[Row], destination: Path, progress: Progress) -> int:
    """Write a list as CSV and return how many rows it has; rows are taken one at a time."""
    zone, count = listing.zone, 0
    with replacing(destination) as part, part.open("w", encoding="utf-8-sig", newline="") as file:
        heads = csv.writer(file, lineterminator="\r\n")
        heads.writerows(padded(line, len(listing.columns)) for line in head(listing))
        # Every text in quotes, so that no separator in it begins a cell of its own.
        lines = csv.writer(file, quoting=csv.QUOTE_NONNUMERIC, lineterminator="\r\n")
        lines.writerow([defuse(one_line(column.label)) for column in listing.columns])
        for row in told(rows, progress):
            pairs = zip(row, listing.columns, strict=True)
            lines.writerow([written(cell(value, zone, listing.text)) for value, _ in pairs])
            count += 1
    return count


def head(listing: Listing) -> list[str]:
    """Return the lines before the table: the title, then what a reader must know of the list."""
    known = (f"# {one_line(label)}: {one_line(value)}" for label, value in facts(listing))
    return [f"# {one_line(listing.title)}", *known]


def padded(line: str, width: int) -> list[str]:
    """Return a line of the head as a row as wide as the table, as RFC 4180 has it."""
    return [line, *[""] * (width - 1)]


def written(value: Cell) -> str | int | float | None:
    """Return a cell as it stands in the file."""
    if isinstance(value, datetime):
        return value.strftime(MOMENT)
    return defuse(value) if isinstance(value, str) else value
