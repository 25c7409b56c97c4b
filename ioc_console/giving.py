"""Giving: commands on their way, each id carried out once, by the writer or on the world by a carrier."""

import asyncio
import logging
from collections import Counter, OrderedDict
from collections.abc import Awaitable, Callable
from typing import Any

from ioc_console.clock import Now
from ioc_console.gate import admit_command
from ioc_console.journal import DONE
from ioc_console.model import Actor, Done, Envelope, Refused, WorldCommand, tag_of
from ioc_console.wishes import Give, Made
from ioc_console.writer import CLOSED

log = logging.getLogger(__name__)
MOST_ANSWERS = 5_000
PASSING = CLOSED | {"hub.busy", "hub.failed"}
"""Refusals that say nothing of the command: it may be tried again."""
Carry = Callable[[Envelope], Awaitable[dict[str, Any]]]
Submit = Callable[[Give], Awaitable[Made]]


class Giving:
    """The commands of late with their answers, and who carries out which on the world."""

    def __init__(self, submit: Submit, now: Now) -> None:
        self.submit, self.now = submit, now
        self.carriers: dict[str, Carry] = {}
        self.answers: OrderedDict[tuple[str, str], asyncio.Task[Done]] = OrderedDict()
        self.outcomes: Counter[str] = Counter()

    async def do(self, actor: Actor, envelope: Envelope) -> Done:
        """Carry out a command and return its answer; an id that its actor repeats gets the first one."""
        key = (actor.name, envelope.id)
        task = self.answers.get(key)
        if task is None:
            task = self.answers[key] = asyncio.create_task(self.carry_out(actor, envelope))
            task.add_done_callback(lambda done: self.forget(key, envelope, done))
            if len(self.answers) > MOST_ANSWERS:
                self.answers.popitem(last=False)
        return await asyncio.shield(task)

    def forget(self, key: tuple[str, str], envelope: Envelope, task: asyncio.Task[Done]) -> None:
        """Let a command that was refused in passing be tried again, unless the world may have been acted upon."""
        error = None if task.cancelled() else task.exception()
        passing = isinstance(error, Refused) and error.code in PASSING
        if passing and not isinstance(envelope.command, WorldCommand):
            self.answers.pop(key, None)

    async def carry_out(self, actor: Actor, envelope: Envelope) -> Done:
        """Have a command decided by the writer, or done on the world by its carrier and then journalled."""
        outcome: Done | Refused | None = None
        if isinstance(envelope.command, WorldCommand):
            try:
                outcome = Done(envelope.id, 0, await self.act(actor, envelope, envelope.command))
            except Refused as refused:
                outcome = refused
        made = await self.submit(Give(actor, envelope, outcome))
        self.outcomes[made.answer.code if isinstance(made.answer, Refused) else DONE] += 1
        if isinstance(made.answer, Refused):
            raise made.answer
        return made.answer

    async def act(self, actor: Actor, envelope: Envelope, command: WorldCommand) -> dict[str, Any]:
        """Have a plugin carry out a command on the world; raises `Refused`, also where the outcome is unknown."""
        admit_command(actor, envelope, self.now())
        carry = self.carriers.get(tag_of(command))
        if carry is None:
            raise Refused("command.no_carrier", carrier=command.carrier)
        try:
            return await asyncio.wait_for(carry(envelope), command.lives.total_seconds())
        except TimeoutError as error:
            raise Refused("command.outcome_unknown") from error

    async def settle(self, actor: Actor, envelope: Envelope) -> bool:
        """Give a command and say whether it was decided, one way or the other."""
        try:
            await self.do(actor, envelope)
        except Refused as refused:
            log.info("due command refused: %s", refused)
            return refused.code not in PASSING
        return True

    def close(self) -> None:
        """Let go of what is still on its way."""
        for task in self.answers.values():
            task.cancel()
