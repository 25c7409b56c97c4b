"""Stream processors: each one's worker is kept at work, and what it finds is put to the hub."""

import asyncio
import logging
import multiprocessing
import queue
from collections.abc import Sequence
from multiprocessing.queues import Queue
from typing import Any

from ioc_console.client import Link
from ioc_console.engine import PluginPlace
from ioc_console.model import Entity
from ioc_console.told import Told
from ioc_console.worker import Processor, Work, labour

log = logging.getLogger(__name__)
MOST_WAITING = 1_000


async def run_processor(
    processor: Processor, config: Any, cameras: Sequence[str], link: Link, place: PluginPlace
) -> None:
    """Keep a processor's worker at work and put what it finds, until cancelled."""
    hands = Hands(Work(processor, config, tuple(cameras), place.rings, place.log))
    held: dict[str, Entity] = {}
    told: Told[Entity] = Told()
    try:
        while True:
            hands.level()
            entities = await asyncio.to_thread(hands.take, 1.0)
            held.update((entity.id, entity) for entity in entities)
            await told.tell(link, held.values())
    finally:
        hands.close()


class Hands:
    """A processor's worker process, and the channel through which it says what it finds."""

    def __init__(self, work: Work) -> None:
        self.work = work
        self.context = multiprocessing.get_context("spawn")
        self.found = self.queue()
        self.process: Any = None

    def queue(self) -> "Queue[Entity]":
        """Return a new channel: one that a killed worker was writing to may stay locked for ever."""
        return self.context.Queue(MOST_WAITING)

    def level(self) -> None:
        """Start the worker where there is none."""
        if self.process is None or not self.process.is_alive():
            if self.process is not None:
                log.warning("the worker of %s ended; starting another", self.work.processor.name)
                self.found.cancel_join_thread()
                self.found.close()
                self.found = self.queue()
            self.process = self.context.Process(target=labour, args=(self.work, self.found), daemon=True)
            self.process.start()

    def take(self, patience_s: float) -> list[Entity]:
        """Return what was found, waiting a while for the first."""
        entities: list[Entity] = []
        try:
            entities.append(self.found.get(timeout=patience_s))
            while True:
                entities.append(self.found.get_nowait())
        except queue.Empty:
            return entities

    def close(self) -> None:
        """End the worker."""
        if self.process is not None:
            self.process.terminate()
            self.process.join(5)
        self.found.cancel_join_thread()
        self.found.close()
