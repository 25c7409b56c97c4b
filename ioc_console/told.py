"""What the hub was told by one process: only news goes to it, and after a reconnection everything."""

import logging
from collections.abc import Callable, Iterable
from typing import Generic, TypeVar

from ioc_console.client import Link
from ioc_console.model import Entity, Refused

log = logging.getLogger(__name__)
E = TypeVar("E", bound=Entity)


def differs(told: Entity | None, entity: Entity) -> bool:
    """Say whether an entity is not what was told of it."""
    return told != entity


class Told(Generic[E]):
    """The entities that the hub has from here, by their ids."""

    def __init__(self) -> None:
        self.known: dict[str, E] = {}
        self.was_up = False

    async def tell(self, link: Link, entities: Iterable[E], is_news: Callable[[E | None, E], bool] = differs) -> None:
        """Put in one transaction what is news; what is refused stays news."""
        if link.connected and not self.was_up:
            self.known.clear()
        self.was_up = link.connected
        news = [entity for entity in entities if is_news(self.known.get(entity.id), entity)] if self.was_up else []
        if not news:
            return
        try:
            await link.put(*news)
        except Refused as refused:
            log.info("%d not told: %s", len(news), refused)
            return
        self.known.update((entity.id, entity) for entity in news)
