"""The queue: what the store holds of messages that wait, carried out lane by lane, one at a time to each recipient."""

import asyncio
import logging

from ioc_console.client import Link, Watch
from ioc_console.domain.alarms import Alarm
from ioc_console.domain.carriage import AttemptMessage, DeliverMessage, FailMessage, HoldMessage
from ioc_console.domain.messages import Message, MessageState
from ioc_console.model import Command, Refused
from ioc_console.views import View, Where
from plugins.outbound.asking import insist, passes
from plugins.outbound.clerk import Clerk
from plugins.outbound.lanes import Lane
from plugins.outbound.letters import Outcome, Sent
from plugins.outbound.troubles import Troubles
from plugins.outbound.turns import QuietUntil, newer, ready

log = logging.getLogger(__name__)
LOOK_S, AGAIN_S = 1.0, 0.5
STALE = frozenset({"outbound.wrong_state", "outbound.other_attempt", "outbound.too_late", "outbound.message_unknown"})
"""Refusals that say that a message has moved on since it was looked at."""


def first_of(error: BaseException) -> BaseException:
    """Return the first error of a group, so that whoever reads the log or the plugin's Health sees what it was."""
    return first_of(error.exceptions[0]) if isinstance(error, BaseExceptionGroup) else error


class Queue:
    """Carries messages; it holds nothing that the store does not."""

    def __init__(self, link: Link, lanes: list[Lane], clerk: Clerk, quiet: QuietUntil, troubles: Troubles) -> None:
        self.link, self.lanes, self.clerk, self.quiet, self.troubles = link, lanes, clerk, quiet, troubles
        self.rows: dict[View, tuple[Message, ...]] = {}
        self.in_flight: dict[str, str] = {}
        self.wake = asyncio.Event()

    async def run(self) -> None:
        """Carry messages until the watch ends; what is in flight then is carried again by the next run."""
        watch = self.link.watch(Alarm)
        for lane in self.lanes:
            for view in lane.views():
                watch.look(view)
        try:
            async with asyncio.TaskGroup() as group:
                dispatcher = group.create_task(self.dispatch())
                await self.follow(watch)
                dispatcher.cancel()
        except BaseExceptionGroup as several:
            raise first_of(several) from None
        finally:
            watch.close()

    async def follow(self, watch: Watch) -> None:
        """Take in what changes."""
        async for delta in watch:
            self.troubles.see(delta)
            for page in delta.pages:
                self.rows[page.view] = tuple(row for row in page.rows if isinstance(row, Message))
            self.wake.set()

    async def dispatch(self) -> None:
        """Begin what is ready, for ever."""
        async with asyncio.TaskGroup() as group:
            while True:
                self.wake.clear()
                for lane in self.lanes:
                    for message in self.ready(lane):
                        self.in_flight[message.recipient] = lane.name
                        group.create_task(self.carry(lane, message))
                # Not wait_for: on Python 3.11 it loses a cancellation that comes together with what it waits for.
                try:
                    async with asyncio.timeout(LOOK_S):
                        await self.wake.wait()
                except TimeoutError:
                    continue

    def ready(self, lane: Lane) -> list[Message]:
        """Return what a lane begins now."""
        rows = [row for view in lane.views() for row in self.rows.get(view, ())]
        room = lane.at_once - sum(name == lane.name for name in self.in_flight.values())
        return ready(rows, self.link.now(), self.in_flight.keys(), room)

    async def carry(self, lane: Lane, message: Message) -> None:
        """Carry one message as far as it goes now; its recipient is busy meanwhile."""
        try:
            until = None if message.urgent else self.quiet(self.link.now())
            attempt = message.attempts + 1
            if until:
                taken = await self.order(HoldMessage(message=message.id, until=until))
            else:
                taken = await self.order(AttemptMessage(message=message.id, attempt=attempt))
            if taken and not until:
                await self.report(lane, message.id, attempt, await self.clerk.send(lane, message))
            if taken:
                self.forget(message)
        finally:
            self.in_flight.pop(message.recipient, None)
            self.wake.set()

    def forget(self, message: Message) -> None:
        """Drop what was known of a message before it was carried; what came meanwhile may be newer, and stays."""
        for view, rows in self.rows.items():
            self.rows[view] = newer(rows, message)

    async def order(self, command: Command) -> bool:
        """Give a command; say whether it was taken. Raises `Refused` where it will never be."""
        try:
            await self.link.do(command)
        except Refused as refused:
            if not passes(refused) and refused.code not in STALE:
                raise
            log.info("not now: %s", refused)
            await asyncio.sleep(AGAIN_S)
            return False
        return True

    async def report(self, lane: Lane, message: str, attempt: int, outcome: Outcome) -> None:
        """Tell the hub what became of an attempt, however long it is away, and keep the lane's alarm true."""
        if isinstance(outcome, Sent):
            await self.settle(DeliverMessage(message=message, receipt=outcome.receipt))
            await self.troubles.succeed(lane.name)
            return
        log.info("%s: %s did not go: %s", lane.name, message, outcome.code)
        failing = FailMessage(
            message=message, attempt=attempt, code=outcome.code, facts=outcome.facts, final=outcome.final,
            after_s=outcome.after_s, receipt=outcome.receipt,
        )  # fmt: skip
        await self.settle(failing)
        page = await insist(lambda: self.link.look(View("message", (Where("id", message),), limit=1)))
        given_up = any(isinstance(row, Message) and row.state is MessageState.FAILED for row in page.rows)
        await self.troubles.fail(lane.name, outcome.code, given_up=given_up)

    async def settle(self, command: Command) -> None:
        """Have an outcome taken; one that came too late for its message is dropped."""
        try:
            await insist(lambda: self.link.do(command))
        except Refused as refused:
            if refused.code not in STALE:
                raise
            log.warning("outcome not taken: %s", refused)
