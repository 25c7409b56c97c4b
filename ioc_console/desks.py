"""Desks: people who log in at screens, and the tokens by which they and other guests stay."""

import asyncio
from collections.abc import Awaitable, Callable

from ioc_console.accounts import Accounts, Admitted
from ioc_console.clock import Now
from ioc_console.domain.authority import Enter, Leave
from ioc_console.domain.people import Proof
from ioc_console.model import Command, Refused
from ioc_console.rights import Rights
from ioc_console.store import Store
from ioc_console.tokens import Token

Note = Callable[[str, Command], Awaitable[None]]


class Desks:
    """Lets people in and out; `note` enters it into the journal."""

    def __init__(self, store: Store, rights: Rights, now: Now, note: Note) -> None:
        self.accounts, self.note = Accounts(store, rights, now), note

    async def admit(self, proof: Proof, desk: str) -> Admitted:
        """Admit a person at a desk, and note it; raises `Refused`."""
        admitted = await asyncio.to_thread(self.accounts.admit, proof, desk)
        by = "token" if proof.token else "pin" if proof.pin else "password"
        await self.note(admitted.actor.name, Enter(desk, by))
        return admitted

    async def dismiss(self, person: Admitted, desk: str) -> None:
        """Let a person leave a desk, so that the token of this stay opens no more."""
        await asyncio.to_thread(self.accounts.tokens.end, person.token)
        await self.note(person.actor.name, Leave(desk))

    async def find(self, word: str) -> Token | None:
        """Return the token that a word proves."""
        return await asyncio.to_thread(self.accounts.tokens.find, word)

    async def stands(self, word: str) -> bool:
        """Say whether a token has neither expired nor been revoked; while the store is away, it is believed."""
        try:
            return await self.find(word) is not None
        except Refused:
            return True
