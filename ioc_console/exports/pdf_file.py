"""The PDF form: a report on A4 landscape, its filters on the first page, its head on every one."""

import unicodedata
from collections.abc import Callable, Iterable
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import BaseDocTemplate, Frame, PageTemplate

from ioc_console.exports.cells import EVERY, Cell, Progress, cell, clean, cut, one_line, told
from ioc_console.exports.destination import replacing
from ioc_console.exports.fonts import load_fonts
from ioc_console.exports.listing import MOMENT, Listing, Row
from ioc_console.exports.pdf_page import BOTTOM, PAGE, ROOM, SIDE, TOP, draw_foot, masthead, sheet
from ioc_console.model import Refused

MOST_ROWS = 5_000
"""What people read on paper, and what the layout holds in memory."""

MOST_TEXT = 2_000
"""How much of a cell's text is looked at, in UTF-16 units; its lines hold far less."""

COMMA = frozenset({"vi"})
"""Languages that write decimals with a comma."""

Foot = Callable[[Any, int, int], None]


class CountedPages(Canvas):  # type: ignore[misc]
    """A canvas that holds its pages until it knows how many there are, and then draws the foot of each."""

    def __init__(self, *args: Any, foot: Foot, **options: Any) -> None:
        super().__init__(*args, **options)
        self.foot = foot
        self.held: list[dict[str, Any]] = []

    def showPage(self) -> None:  # noqa: N802
        """Hold a page that is full and begin the next."""
        self.held.append(dict(vars(self)))
        self._startPage()

    def save(self) -> None:
        """Finish every page held, and the document."""
        for page, state in enumerate(self.held, 1):
            self.__dict__.update(state)
            self.foot(self, page, len(self.held))
            super().showPage()
        super().save()


def write_pdf(listing: Listing, rows: Iterable[Row], destination: Path, progress: Progress) -> int:
    """Write a list as a printed report and return how many rows it has.

    Raises `Refused` for more rows than people read on paper, for more columns than stand on a page, and where
    the typeface is missing. All text is drawn as it is: none passes through the library's markup.
    """
    load_fonts()
    printed = composed(listing)
    taken = gathered(printed, rows, progress)
    with replacing(destination) as part:
        story = [*masthead(printed, len(taken)), sheet(printed, told(taken, progress), taken[:EVERY])]
        page = PageTemplate(frames=[Frame(SIDE, BOTTOM, ROOM, PAGE[1] - TOP - BOTTOM, 0, 0, 0, 0)])
        page.onPageEnd = lambda canvas, document: progress(len(taken))
        document = BaseDocTemplate(
            str(part),
            pagesize=PAGE,
            pageTemplates=[page],
            title=one_line(printed.title),
            author=one_line(printed.made_by),
            creator="IOC Console",
            lang=printed.text.language,
        )
        document.build(story, canvasmaker=partial(CountedPages, foot=partial(draw_foot, printed)))
    return len(taken)


def composed(listing: Listing) -> Listing:
    """Return a listing with the texts that came from outside ready to print."""
    return msgspec.structs.replace(
        listing,
        title=ready(listing.title),
        city=ready(listing.city),
        made_by=ready(listing.made_by),
        order=ready(listing.order),
        filters=tuple((ready(label), ready(value)) for label, value in listing.filters),
    )


def ready(text: str) -> str:
    """Return clean text with every accent on its letter, as the typeface has them."""
    return unicodedata.normalize("NFC", cut(clean(text), MOST_TEXT, "…"))


def gathered(listing: Listing, rows: Iterable[Row], progress: Progress) -> list[list[str]]:
    """Return all rows as text; raises `Refused` at the first row too many. Cancelling is asked for on the way."""
    zone = listing.zone
    taken: list[list[str]] = []
    for row in rows:
        if len(taken) == MOST_ROWS:
            raise Refused("export.too_many_rows_pdf", most=MOST_ROWS)
        if len(taken) % EVERY == 0:
            progress(0)
        pairs = zip(row, listing.columns, strict=True)
        taken.append([printed(cell(value, zone, listing.text), listing.text.language) for value, _ in pairs])
    return taken


def printed(value: Cell, language: str) -> str:
    """Return a cell as it is printed."""
    if isinstance(value, datetime):
        return value.strftime(MOMENT)
    if isinstance(value, float):
        digits = f"{value:.10g}"
        return digits.replace(".", ",") if language in COMMA else digits
    return "" if value is None else ready(str(value))
