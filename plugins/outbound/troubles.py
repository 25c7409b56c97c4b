"""Troubles: one alarm for each way by which messages do not go through, until one does again."""

import logging
from collections import Counter

from ioc_console.client import Link
from ioc_console.domain.alarms import Alarm, ClearAlarm, Facts, RaiseAlarm
from ioc_console.model import Command, Delta, Refused

log = logging.getLogger(__name__)
PRIORITY = 2


def alarm_of(way: str) -> str:
    """Return the id of a way's alarm."""
    return f"outbound-{way}"


class Troubles:
    """Counts failures in a row by way; what was raised stands in the hub, also over a restart."""

    def __init__(self, link: Link, most: int) -> None:
        self.link, self.most = link, most
        self.failures: Counter[str] = Counter()
        self.standing: set[str] = set()

    def see(self, delta: Delta) -> None:
        """Take in which alarms stand."""
        for entity in delta.puts:
            if isinstance(entity, Alarm):
                (self.standing.add if entity.is_active else self.standing.discard)(entity.id)
        self.standing.difference_update(gone.id for gone in delta.gone if gone.kind == "alarm")

    async def fail(self, way: str, code: str, *, given_up: bool) -> None:
        """Note a failure; raise the alarm for a message given up, or at the `most`-th in a row."""
        self.failures[way] += 1
        failures, alarm = self.failures[way], alarm_of(way)
        if given_up or (failures >= self.most and alarm not in self.standing):
            facts: Facts = {"way": way, "failures": failures, "error": code}
            raising = RaiseAlarm(id=alarm, code="outbound.way_failing", facts=facts, priority=PRIORITY)
            if await self.tell(raising):
                self.standing.add(alarm)

    async def succeed(self, way: str) -> None:
        """Note that a message went through; clear the alarm."""
        self.failures.pop(way, None)
        alarm = alarm_of(way)
        if alarm in self.standing and await self.tell(ClearAlarm(alarm)):
            self.standing.discard(alarm)

    async def tell(self, command: Command) -> bool:
        """Give a command; where it cannot be taken now, the next failure or success gives another."""
        try:
            await self.link.do(command)
        except Refused as refused:
            log.warning("alarm not told: %s", refused)
            return False
        return True
