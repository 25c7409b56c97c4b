"""Asking the hub: again, while it is away or busy, until it answers what was asked."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from ioc_console.model import Refused

T = TypeVar("T")
FIRST_S, LONGEST_S = 0.5, 5.0
PASSING = ("link.", "hub.", "store.", "command.expired")
"""How the codes of refusals begin that say nothing of what was asked."""


def passes(refused: Refused) -> bool:
    """Say whether what was refused may be asked again."""
    return refused.code.startswith(PASSING)


async def insist(ask: Callable[[], Awaitable[T]]) -> T:
    """Ask the hub until it answers; raises `Refused` where the answer is a refusal of what was asked."""
    patience = FIRST_S
    while True:
        try:
            return await ask()
        except Refused as refused:
            if not passes(refused):
                raise
        await asyncio.sleep(patience)
        patience = min(patience * 2, LONGEST_S)
