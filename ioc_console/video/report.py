"""Report: tells the hub how every stream fares, changes of state at once and figures now and then."""

import asyncio
import logging
from collections.abc import Callable

from ioc_console.client import Link
from ioc_console.domain.cameras import CameraHealth
from ioc_console.model import Refused

log = logging.getLogger(__name__)
TURN_S = 0.5
FIGURES_EVERY = 4

Healths = dict[str, CameraHealth]


class Reporter:
    """What the hub was told, and what it is still to be told."""

    def __init__(self) -> None:
        self.told: Healths = {}
        self.turn = 0
        self.was_up = False

    def news(self, healths: Healths) -> list[CameraHealth]:
        """Return what is to be told now: changed states, and every fourth turn changed figures too."""
        self.turn += 1
        figures = self.turn % FIGURES_EVERY == 0
        return [health for id, health in healths.items() if is_news(self.told.get(id), health, figures=figures)]

    async def tell(self, link: Link, healths: Healths) -> None:
        """Tell the hub what changed, in one transaction; after its return, everything."""
        if link.connected and not self.was_up:
            self.told.clear()
        self.was_up = link.connected
        news = self.news(healths) if self.was_up else []
        if not news:
            return
        try:
            await link.put(*news)
        except Refused as refused:
            log.info("camera health not reported: %s", refused)
            return
        self.told.update((health.id, health) for health in news)


def is_news(told: CameraHealth | None, health: CameraHealth, *, figures: bool) -> bool:
    """Say whether a stream's health is to be told."""
    if told is None:
        return True
    return told != health if figures else state_of(told) != state_of(health)


def state_of(health: CameraHealth) -> tuple[object, ...]:
    """Return what of a stream's health is told at once."""
    return health.state, health.error, health.effort, health.fallback, health.width, health.height


async def keep_reporting(link: Link, healths: Callable[[], Healths]) -> None:
    """Report until cancelled; whatever befalls the link, the next turn tries again."""
    reporter = Reporter()
    while True:
        try:
            await reporter.tell(link, healths())
        except (OSError, RuntimeError, TimeoutError) as error:
            log.info("camera health not reported: %s", type(error).__name__)
        await asyncio.sleep(TURN_S)
