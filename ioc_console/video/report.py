"""Report: tells the hub how every stream fares, changes of state at once and figures now and then."""

import asyncio
import itertools
import logging
from collections.abc import Callable

from ioc_console.client import Link
from ioc_console.domain.cameras import CameraHealth
from ioc_console.told import Told, differs

log = logging.getLogger(__name__)
TURN_S = 0.5
FIGURES_EVERY = 4

Healths = dict[str, CameraHealth]


def is_news(told: CameraHealth | None, health: CameraHealth) -> bool:
    """Say whether a stream's state has changed."""
    return told is None or state_of(told) != state_of(health)


def state_of(health: CameraHealth) -> tuple[object, ...]:
    """Return what of a stream's health is told at once."""
    return health.state, health.error, health.effort, health.fallback, health.width, health.height


async def keep_reporting(link: Link, healths: Callable[[], Healths]) -> None:
    """Report until cancelled; whatever befalls the link, the next turn tries again."""
    told: Told[CameraHealth] = Told()
    for turn in itertools.count(1):
        try:
            await told.tell(link, healths().values(), differs if turn % FIGURES_EVERY == 0 else is_news)
        except (OSError, RuntimeError, TimeoutError) as error:
            log.info("camera health not reported: %s", type(error).__name__)
        await asyncio.sleep(TURN_S)
