"""The XLSX form: a sheet that says what the list is, and a sheet of the rows, written with constant memory."""

import re
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
from xlsxwriter import Workbook
from xlsxwriter.exceptions import FileCreateError, FileSizeError
from xlsxwriter.utility import xl_range

from ioc_console.exports.cells import Cell, Progress, cell, clean, cut, executable, one_line, told
from ioc_console.exports.destination import replacing
from ioc_console.exports.listing import MOMENT, Listing, Row, facts
from ioc_console.model import Refused

MOST_ROWS = 1_048_576 - 1
"""What a sheet holds below its head."""

MOST_TEXT = 32_767
MOST_NUMBER = 10**15 - 1
"""The largest whole number of which a spreadsheet keeps every digit."""

FIRST_YEAR = 1900
MISREAD = re.compile(r"\A<r>.*</r>\Z|_x[0-9a-fA-F]{4}_x[0-9a-fA-F]{4}_", re.DOTALL)
"""Text that the library takes for XML of its own and writes unescaped, or of which it escapes half."""

RUNS = re.compile(r"(?<=\A<)|(?<=\A<r)|(?<=_x)(?=[0-9a-fA-F]{4}_)")
"""Where such text is parted into runs, each of which is written right; there are three at least."""

SAMPLE = 200
"""How many rows decide the widths of the columns."""

NARROWEST, WIDEST = 8, 60
"""Widths of columns, in characters."""

OPTIONS = {
    "constant_memory": True,
    "strings_to_formulas": False,
    "strings_to_numbers": False,
    "strings_to_urls": False,
}
FORMATS: dict[str, dict[str, Any]] = {
    "title": {"bold": True, "font_size": 16, "font_color": "#0E5A6B"},
    "label": {"font_color": "#5B6875", "valign": "top"},
    "fact": {"text_wrap": True, "valign": "top", "align": "left"},
    "head": {
        "bold": True,
        "font_color": "#0E5A6B",
        "bg_color": "#E6EEF0",
        "bottom": 1,
        "border_color": "#0E5A6B",
        "text_wrap": True,
        "valign": "top",
    },
    "text": {"valign": "top"},
    "inert": {"valign": "top", "quote_prefix": True},
    "whole": {"valign": "top", "num_format": "0"},
    "decimal": {"valign": "top"},
    "moment": {"valign": "top", "num_format": "dd/mm/yyyy hh:mm:ss", "align": "left"},
}


class Sheet(msgspec.Struct, frozen=True):
    """A sheet with the formats of its book, and what stands where a text was cut."""

    made: Any
    formats: dict[str, Any]
    mark: str

    def put(self, at: int, column: int, value: Cell) -> None:
        """Write one cell: text always as text, numbers and moments as such where a spreadsheet can hold them."""
        if value is None or value == "":
            return
        if isinstance(value, datetime) and value.year >= FIRST_YEAR:
            self.made.write_datetime(at, column, value, self.formats["moment"])
        elif isinstance(value, int) and abs(value) <= MOST_NUMBER:
            self.made.write_number(at, column, value, self.formats["whole"])
        elif isinstance(value, float):
            self.made.write_number(at, column, value, self.formats["decimal"])
        else:
            self.put_text(at, column, str(value), "inert" if executable(str(value)) else "text")

    def put_text(self, at: int, column: int, value: str, form: str) -> None:
        """Write clean text, cut to what a cell holds."""
        text = cut(value, MOST_TEXT, self.mark)
        if MISREAD.search(text):
            self.made.write_rich_string(at, column, *RUNS.split(text), self.formats[form])
            return
        self.made.write_string(at, column, text, self.formats[form])


def write_xlsx(listing: Listing, rows: Iterable[Row], destination: Path, progress: Progress) -> int:
    """Write a list as a workbook and return how many rows it has; rows are taken one at a time.

    Raises `Refused` for more rows than a sheet holds.
    """
    with replacing(destination) as part, opened(part) as book:
        say = listing.text.say
        formats = {name: book.add_format(look) for name, look in FORMATS.items()}
        about, table = (
            Sheet(book.add_worksheet(say(name)), formats, f" {say('export.cut')}")
            for name in ("export.about_sheet", "export.rows_sheet")
        )
        count = put_rows(table, listing, told(rows, progress))
        set_up(table.made, listing, count)
        put_facts(about, listing, count)
        book.set_properties(
            {
                "title": one_line(listing.title),
                "author": one_line(listing.made_by),
                "company": one_line(listing.city),
                "created": listing.made_at.astimezone(UTC).replace(tzinfo=None),
            }
        )
        table.made.activate()
    return count


@contextmanager
def opened(file: Path) -> Iterator[Workbook]:
    """Give a workbook that is written to a file at the end; its rows wait on the file's own disk, not in memory."""
    with tempfile.TemporaryDirectory(dir=file.parent, prefix=".export-") as folder:
        book = Workbook(str(file), {**OPTIONS, "tmpdir": folder})
        try:
            yield book
            book.close()
        except FileCreateError as error:
            raise error.args[0] from error
        except FileSizeError as error:
            raise Refused("export.too_large") from error
        finally:
            for sheet in book.worksheets():
                sheet.row_data_fh.close()  # left open by the library in a book that is given up


def put_rows(sheet: Sheet, listing: Listing, rows: Iterable[Row]) -> int:
    """Write head and rows, set the widths of the columns, and return how many rows there were."""
    zone, count = listing.zone, 0
    widths = [len(column.label) + 4 for column in listing.columns]
    for at, column in enumerate(listing.columns):
        sheet.put_text(0, at, one_line(column.label), "head")
    for count, row in enumerate(rows, 1):
        if count > MOST_ROWS:
            raise Refused("export.too_many_rows_xlsx", most=MOST_ROWS)
        for at, (value, _) in enumerate(zip(row, listing.columns, strict=True)):
            found = cell(value, zone, listing.text)
            sheet.put(count, at, found)
            if count <= SAMPLE:
                widths[at] = max(widths[at], measured(found))
    for at, width in enumerate(widths):
        sheet.made.set_column(at, at, min(max(width, NARROWEST), WIDEST))
    return count


def measured(value: Cell) -> int:
    """Return how many characters wide a cell is."""
    text = value.strftime(MOMENT) if isinstance(value, datetime) else str(value or "")
    return max(map(len, text.split("\n"))) + 2


def set_up(sheet: Any, listing: Listing, count: int) -> None:
    """Set how the table is read and printed: its head stays, its columns filter, pages are A4 and numbered."""
    last = len(listing.columns) - 1
    sheet.freeze_panes(1, 0)
    sheet.autofilter(0, 0, count, last)
    # Codes and telephone numbers are text by intent.
    sheet.ignore_errors({"number_stored_as_text": xl_range(0, 0, count, last)})
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(0)
    sheet.set_footer(f"&L{one_line(listing.title)[:100].replace('&', '&&')}&R&P/&N")


def put_facts(sheet: Sheet, listing: Listing, count: int) -> None:
    """Write what the list is: title, place, filters, order, time, author, and last how many rows it has."""
    sheet.made.set_column(0, 0, 24)
    sheet.made.set_column(1, 1, 90)
    sheet.put_text(0, 0, one_line(listing.title), "title")
    at = 1
    for at, (label, value) in enumerate(facts(listing), 2):
        sheet.put_text(at, 0, one_line(label), "label")
        sheet.put_text(at, 1, clean(value), "fact")
    sheet.put_text(at + 1, 0, listing.text.say("export.rows"), "label")
    sheet.made.write_number(at + 1, 1, count, sheet.formats["fact"])
