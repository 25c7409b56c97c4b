"""Wishes, read once: what tests ask of the processes that want streams."""

from pathlib import Path

from ioc_console.video.demand import Wants, Wishes


def wanted(rings: Path) -> Wants:
    """Return every stream that a living process wants now."""
    return Wishes(rings).look(0.0)
