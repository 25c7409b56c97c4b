"""A caption: what is written on a tile, and how far what it shows can be believed."""

import msgspec

from ioc_console.domain.cameras import Effort, StreamError
from widgets.freshness import Freshness


class Caption(msgspec.Struct, frozen=True):
    """What is written on a tile: its camera, how far it can be believed, and since when."""

    number: str
    name: str
    freshness: Freshness
    age_s: int
    error: StreamError = StreamError.NONE
    verdict: str = ""
    verdict_s: int = 0
    effort: Effort = Effort.ALL
    fallback: str = ""
    clock: str = ""
    small: bool = False
