"""Freshness: whether what a tile shows can be taken for what is, judged by the picture's age alone."""

from enum import Enum

from ioc_console.domain.cameras import StreamState

LIVE_PERIODS, LATE_PERIODS, MOST_LATE_S = 1.5, 3.0, 60.0


class Freshness(Enum):
    """How far a tile can be believed, the best first."""

    LIVE = "live"
    LATE = "late"
    STALE = "stale"
    OFFLINE = "offline"
    UNKNOWN = "unknown"


def freshness_of(age_s: float | None, state: StreamState, period_s: float) -> Freshness:
    """Return the freshness of a picture of an age (None: never any), by its transport and expected period."""
    down = state is StreamState.OFFLINE
    if age_s is None:
        return Freshness.OFFLINE if down else Freshness.UNKNOWN
    if down and age_s > LIVE_PERIODS * period_s:
        return Freshness.OFFLINE
    if age_s <= LIVE_PERIODS * period_s:
        return Freshness.LIVE
    if age_s <= min(LATE_PERIODS * period_s, MOST_LATE_S):
        return Freshness.LATE
    return Freshness.STALE
