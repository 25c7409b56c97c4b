"""What stands on a printed page: the masthead with its facts, the table, and the foot."""

from collections.abc import Iterable, Sequence
from typing import Any

from reportlab.lib.colors import HexColor
from reportlab.lib.pagesizes import A4, landscape
from reportlab.platypus import Flowable, LongTable, Spacer, Table

from ioc_console.exports.cells import one_line
from ioc_console.exports.fonts import BOLD, REGULAR, width
from ioc_console.exports.listing import Listing, Shape, facts
from ioc_console.exports.pdf_layout import LEADING, PADDING, broken, lines_of, shares, size_for

PAGE = landscape(A4)
SIDE, TOP, BOTTOM = 40.0, 32.0, 46.0
ROOM = PAGE[0] - 2 * SIDE
ACROSS = 3
"""How many facts stand side by side."""

CITY, TITLE, LABEL, FACT, FOOT = 8.0, 19.0, 7.0, 9.0, 7.0
"""Sizes of type, in points."""

INK, MUTED, ACCENT = HexColor("#16202A"), HexColor("#5B6875"), HexColor("#0E5A6B")
TINT, HAIRLINE = HexColor("#E6EEF0"), HexColor("#CBD4DA")
RIGHT = frozenset({Shape.NUMBER, Shape.DECIMAL})

Style = tuple[Any, ...]


def masthead(listing: Listing, count: int) -> list[Flowable]:
    """Return what stands over the table on the first page: city, title, and what a reader must know."""
    mark = listing.text.say("export.cut")
    title = broken(one_line(listing.title), ROOM, BOLD, TITLE, mark)
    _, *known = facts(listing)  # the city, which comes first, stands over the title
    known.append((listing.text.say("export.rows"), str(count)))
    return [
        block([[one_line(listing.city).upper()]], [ROOM], type_of(BOLD, CITY, ACCENT)),
        block([[title]], [ROOM], [*type_of(BOLD, TITLE, INK), ("BOTTOMPADDING", (0, 0), (-1, -1), 9)]),
        facts_block(known, mark),
        Spacer(0, 12),
    ]


def facts_block(known: Sequence[tuple[str, str]], mark: str) -> Flowable:
    """Return facts side by side, each with its label over it, under a rule in the accent's colour."""
    room = ROOM / ACROSS
    rows: list[list[str]] = []
    for at in range(0, len(known), ACROSS):
        some = [*known[at : at + ACROSS], *[("", "")] * ACROSS][:ACROSS]
        rows.append([broken(one_line(label), room - 16, REGULAR, LABEL, mark) for label, _ in some])
        rows.append([broken(one_line(value), room - 16, REGULAR, FACT, mark) for _, value in some])
    style = [*type_of(REGULAR, FACT, INK), ("LINEABOVE", (0, 0), (-1, 0), 1.6, ACCENT)]
    for at in range(0, len(rows), 2):
        style += type_of(REGULAR, LABEL, MUTED, (0, at), (-1, at))
        style += [("TOPPADDING", (0, at), (-1, at), 7), ("BOTTOMPADDING", (0, at + 1), (-1, at + 1), 1)]
    return block(rows, [room] * ACROSS, style)


def block(rows: Sequence[Sequence[str]], widths: Sequence[float], style: Sequence[Style]) -> Flowable:
    """Return lines of text without a frame, flush with the page's edge."""
    bare = [(f"{side}PADDING", (0, 0), (-1, -1), 0) for side in ("LEFT", "RIGHT", "TOP", "BOTTOM")]
    return Table(rows, widths, style=[("VALIGN", (0, 0), (-1, -1), "TOP"), *bare, *style], hAlign="LEFT")


def type_of(
    font: str, size: float, colour: Any, first: tuple[int, int] = (0, 0), last: tuple[int, int] = (-1, -1)
) -> list[Style]:
    """Return the style of type for a part of a table."""
    return [
        ("FONT", first, last, font, size, size * LEADING),
        ("TEXTCOLOR", first, last, colour),
    ]


def sheet(listing: Listing, rows: Iterable[Sequence[str]], sample: Sequence[Sequence[str]]) -> Flowable:
    """Return the table: numbered rows under a head that every page repeats; the sample decides the widths."""
    say = listing.text.say
    size = size_for(len(listing.columns))
    heads = [one_line(column.label) for column in listing.columns]
    number = width("5.000", BOLD, size) + 2 * PADDING
    widths = shares(heads, sample, ROOM - number, size)
    mark = say("export.cut")
    lines = [[say("export.number"), *wrapped(heads, widths, BOLD, size, mark)]]
    lines += ([str(at), *wrapped(row, widths, REGULAR, size, mark)] for at, row in enumerate(rows, 1))
    style = table_style(listing, size)
    if len(lines) == 1:
        lines.append([say("export.no_rows"), *[""] * len(widths)])
        style += [("SPAN", (0, 1), (-1, 1)), ("ALIGN", (0, 1), (-1, 1), "LEFT")]
    return LongTable(lines, [number, *widths], repeatRows=1, style=style)


def wrapped(texts: Sequence[str], widths: Sequence[float], font: str, size: float, mark: str) -> list[str]:
    """Return the texts of a row, broken to their columns."""
    pairs = zip(texts, widths, strict=True)
    return [broken(text, room - 2 * PADDING, font, size, mark) for text, room in pairs]


def table_style(listing: Listing, size: float) -> list[Style]:
    """Return the look of the table: hairlines between rows, a tinted head, numbers to the right."""
    shapes = [Shape.NUMBER, *(column.shape for column in listing.columns)]
    numeric = [at for at, shape in enumerate(shapes) if shape in RIGHT]
    return [
        *type_of(REGULAR, size, INK),
        *type_of(REGULAR, size, MUTED, (0, 1), (0, -1)),
        *type_of(BOLD, size, ACCENT, (0, 0), (-1, 0)),
        ("BACKGROUND", (0, 0), (-1, 0), TINT),
        ("LINEBELOW", (0, 0), (-1, 0), 0.8, ACCENT),
        ("LINEBELOW", (0, 1), (-1, -1), 0.35, HAIRLINE),
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("VALIGN", (0, 0), (-1, 0), "BOTTOM"),
        ("LEFTPADDING", (0, 0), (-1, -1), PADDING),
        ("RIGHTPADDING", (0, 0), (-1, -1), PADDING),
        ("TOPPADDING", (0, 0), (-1, -1), 3),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 3.5),
        *(("ALIGN", (at, 0), (at, -1), "RIGHT") for at in numeric),
    ]


def draw_foot(listing: Listing, canvas: Any, page: int, pages: int) -> None:
    """Draw the foot of a page: which list of which city it belongs to, and which page of how many it is."""
    canvas.saveState()
    canvas.setStrokeColor(HAIRLINE)
    canvas.setLineWidth(0.35)
    canvas.line(SIDE, BOTTOM - 12, PAGE[0] - SIDE, BOTTOM - 12)
    canvas.setFillColor(MUTED)
    canvas.setFont(REGULAR, FOOT)
    name = f"{one_line(listing.title)} · {one_line(listing.city)}"
    canvas.drawString(SIDE, BOTTOM - 24, next(lines_of(name, ROOM * 0.7, REGULAR, FOOT)))
    canvas.drawRightString(PAGE[0] - SIDE, BOTTOM - 24, listing.text.say("export.page", page=page, pages=pages))
    canvas.restoreState()
