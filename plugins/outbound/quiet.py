"""The quiet hours: whether a moment falls into them, and when they end, by a clock that may be put forward or back."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

MINUTE = timedelta(minutes=1)


def is_quiet(moment: datetime, span: tuple[time, time], zone: ZoneInfo) -> bool:
    """Say whether the zone's clock stands within the span at a moment; its end belongs to it no longer."""
    start, end = span
    shown = moment.astimezone(zone).time()
    return start <= shown < end if start < end else shown >= start or shown < end


def quiet_until(moment: datetime, span: tuple[time, time], zone: ZoneInfo) -> datetime | None:
    """Return the first moment from this one on that is not quiet, in the moment's own zone; None where this one is not.

    The clock is followed minute by minute (offsets are whole minutes), so that an hour that is left out or passes
    twice needs no rule of its own.
    """
    if not is_quiet(moment, span, zone):
        return None
    end = moment.replace(second=0, microsecond=0)
    while is_quiet(end, span, zone):
        end += MINUTE
    return end
