"""What is exported: a list's title, columns and filters, and who made it, when and where."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from enum import Enum
from zoneinfo import ZoneInfo

import msgspec

from ioc_console.model import Moment, Refused
from ioc_console.words import Catalogue

MOMENT = "%d/%m/%Y %H:%M:%S"
"""How a moment is printed for people."""

Plain = str | int | float | bool | datetime | None
"""What stands in a row; a moment is aware."""

Row = Sequence[Plain]


class Shape(Enum):
    """What a column's values are, which decides how they are aligned and written."""

    TEXT = "text"
    NUMBER = "number"
    DECIMAL = "decimal"
    MOMENT = "moment"
    YES_NO = "yes_no"
    LIST = "list"


class Column(msgspec.Struct, frozen=True):
    """One column: the field that it shows, what stands over it, and the shape of its values."""

    name: str
    label: str
    shape: Shape = Shape.TEXT


class Listing(msgspec.Struct, frozen=True, kw_only=True):
    """A list to export, without its rows.

    `filters` are (label, value) pairs and `order` a phrase, both in words; `made_at` is aware, `timezone` a name
    such as `Asia/Ho_Chi_Minh`, and `text` gives the language of all that is printed around the rows.
    """

    title: str
    columns: tuple[Column, ...]
    filters: tuple[tuple[str, str], ...] = ()
    order: str = ""
    made_at: Moment
    made_by: str
    city: str
    timezone: str
    text: Catalogue

    @property
    def zone(self) -> ZoneInfo:
        """The city's time zone; raises `Refused` where the machine knows none of that name."""
        try:
            return ZoneInfo(self.timezone)
        except (KeyError, ValueError, OSError) as error:
            raise Refused("export.zone_unknown", found=self.timezone) from error


def local(moment: datetime, zone: ZoneInfo) -> datetime:
    """Return an aware moment on the clocks of a zone, without its zone; raises `ValueError` for one that is naive."""
    if moment.tzinfo is None:
        raise ValueError("a moment without a time zone")
    try:
        return moment.astimezone(zone).replace(tzinfo=None)
    except OverflowError:  # within a day of the calendar's first or last moment
        return moment.replace(tzinfo=None)


def facts(listing: Listing) -> Iterator[tuple[str, str]]:
    """Yield what a reader must know of a list before its rows, as (label, value): place, filters, order, time, who."""
    say = listing.text.say
    yield say("export.city"), listing.city
    yield from listing.filters or ((say("export.filters"), say("export.no_filter")),)
    if listing.order:
        yield say("export.order"), listing.order
    yield say("export.made_at"), local(listing.made_at, listing.zone).strftime(MOMENT)
    yield say("export.zone"), zone_name(listing)
    yield say("export.made_by"), listing.made_by


def zone_name(listing: Listing) -> str:
    """Return the time zone with its distance from UTC when the list was made: `Asia/Ho_Chi_Minh (UTC+07:00)`."""
    offset = listing.made_at.astimezone(listing.zone).isoformat(timespec="minutes")[len("2026-11-25T15:00") :]
    return f"{listing.timezone} (UTC{offset})"
