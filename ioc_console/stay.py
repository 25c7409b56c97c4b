"""A stay: the person who is logged in at a guest's screen, and what changes when somebody comes or goes."""

import asyncio
from collections.abc import Callable, Iterable

from ioc_console.accounts import NAME, Admitted, joined
from ioc_console.desks import Desks
from ioc_console.domain.people import Proof
from ioc_console.model import Actor, Refused
from ioc_console.outbox import Outbox
from ioc_console.protocol import AnswerFrame, LoginFrame
from ioc_console.refusals import Refusals
from ioc_console.tokens import PREFIX


class Stay:
    """Who acts and who watches at one guest's screen; `token` is the guest's own, where it came by one."""

    def __init__(self, desks: Desks, guest: Actor, refusals: Refusals, watches: Callable[[], Iterable[Outbox]]) -> None:
        self.desks, self.guest, self.refusals, self.watches = desks, guest, refusals, watches
        self.person: Admitted | None = None
        self.token = ""
        self.admitting = asyncio.Lock()

    @property
    def acting(self) -> Actor:
        """Who gives the commands: the person at the screen, else the guest itself."""
        return self.person.actor if self.person else self.guest

    @property
    def watching(self) -> Actor:
        """Who watches: at a screen with a person, one who may see what either may."""
        return joined(self.guest, self.person)

    async def login(self, frame: LoginFrame) -> AnswerFrame:
        """Let a person in, one try at a time; raises `Refused`."""
        if not self.guest.lends:
            raise Refused("account.not_here", desk=self.guest.name)
        if self.admitting.locked():
            raise Refused("hub.busy", most=1)
        proof = Proof(name=frame.name, password=frame.password, pin=frame.pin, code=frame.code, token=frame.token)
        async with self.admitting:
            try:
                admitted = await self.desks.admit(proof, self.guest.name)
            except Refused as refused:
                if NAME.fullmatch(frame.name):
                    self.refusals.mark(self.guest.name, f"{refused.code} {frame.name}")
                raise
            self.turn_to(admitted)
        facts = {"name": admitted.actor.name, "shown": admitted.shown, "role": admitted.actor.role}
        return AnswerFrame(frame.n, 0, facts, {"token": admitted.token, "expires": admitted.expires.isoformat()})

    async def logout(self) -> None:
        """Let the person go."""
        person = self.person
        self.turn_to(None)
        if person:
            await self.desks.dismiss(person, self.guest.name)

    def turn_to(self, person: Admitted | None) -> None:
        """Let every watch show what the person now at the screen may see."""
        self.person = person
        for outbox in self.watches():
            outbox.turn_to(self.watching)

    async def person_stands(self) -> bool:
        """Say whether the person may stay; one whose stay was revoked or has expired is let go."""
        if self.person is None or await self.desks.stands(self.person.token):
            return True
        self.turn_to(None)
        return False

    async def guest_stands(self) -> bool:
        """Say whether the guest's own token still holds."""
        return not self.token.startswith(PREFIX) or await self.desks.stands(self.token)
