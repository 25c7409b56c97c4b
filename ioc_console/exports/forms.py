"""The forms that a list can be exported in, and the one function that writes any of them."""

from collections.abc import Callable, Iterable
from pathlib import Path

import msgspec

from ioc_console.exports.cells import Progress
from ioc_console.exports.csv_file import write_csv
from ioc_console.exports.listing import Listing, Row
from ioc_console.exports.pdf_file import write_pdf
from ioc_console.exports.xlsx_file import write_xlsx
from ioc_console.model import Refused


class Form(msgspec.Struct, frozen=True):
    """One form: what it is called on the network and in folders, and what writes it."""

    media_type: str
    suffix: str
    write: Callable[[Listing, Iterable[Row], Path, Progress], int]


FORMS = {
    "csv": Form("text/csv; charset=utf-8", ".csv", write_csv),
    "xlsx": Form("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", ".xlsx", write_xlsx),
    "pdf": Form("application/pdf", ".pdf", write_pdf),
}


def form_of(name: str) -> Form:
    """Return a form by its name; raises `Refused` naming those there are."""
    if name not in FORMS:
        raise Refused("export.form_unknown", found=name, allowed=", ".join(FORMS))
    return FORMS[name]


def write(form: str, listing: Listing, rows: Iterable[Row], destination: Path, progress: Progress) -> int:
    """Write a list in a form, whole or not at all, and return how many rows it has.

    `progress` is told how many rows are written and may raise to cancel. Raises `Refused` for a form that there
    is not, for more rows or columns than the form holds, and where the file cannot be written. Blocks: it runs in
    a worker's thread or process, never on a loop.
    """
    if not listing.columns:
        raise Refused("export.no_columns")
    return form_of(form).write(listing, rows, destination, progress)
