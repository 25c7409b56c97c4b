"""The clerk: puts a message into words, finds its recipient's address only now that it is needed, and sends it."""

import logging
import traceback

from ioc_console.client import Link
from ioc_console.domain.alarms import Facts
from ioc_console.domain.messages import Message
from ioc_console.domain.recipients import Recipient
from ioc_console.model import Refused
from ioc_console.views import View, Where
from plugins.outbound.asking import insist
from plugins.outbound.lanes import Lane
from plugins.outbound.letters import Failed, Letter, Outcome, key_of
from plugins.outbound.wording import Wording

MOST_FACT = 200
log = logging.getLogger(__name__)


class Clerk:
    """Writes letters for one site."""

    def __init__(self, link: Link, site: str, wording: Wording) -> None:
        self.link, self.site, self.wording = link, site, wording

    async def send(self, lane: Lane, message: Message) -> Outcome:
        """Put a message into words and send it; whatever goes wrong is an outcome."""
        try:
            return await lane.send(await self.write(message))
        except Refused as refused:
            final = refused.code.startswith("outbound.")
            facts: Facts = {name: str(value)[:MOST_FACT] for name, value in refused.facts.items()}
            return Failed(code=refused.code, facts=facts, final=final)
        except Exception as error:
            # The words of an error may name an address: only its type and place go to the log.
            trace = "".join(traceback.format_tb(error.__traceback__))
            log.error("%s: %s failed: %s\n%s", lane.name, message.id, type(error).__name__, trace)
            return Failed(code="outbound.broken")

    async def write(self, message: Message) -> Letter:
        """Return a message as a letter; raises `Refused` where a text, a fact or the recipient is missing."""
        recipient = await self.recipient(message)
        subject, body = self.wording.compose(message)
        return Letter(
            id=message.id, key=key_of(self.site, message.id), address=recipient.address, subject=subject, body=body,
            language=message.language.value, urgent=message.urgent, at=self.link.now(), made_at=message.made_at,
            not_after=message.not_after,
        )  # fmt: skip

    async def recipient(self, message: Message) -> Recipient:
        """Return whom a message is for; raises `Refused` where nobody is reached this way any more."""
        page = await insist(lambda: self.link.look(View("recipient", (Where("id", message.recipient),), limit=1)))
        for row in page.rows:
            if isinstance(row, Recipient) and (row.channel, row.gateway) == (message.channel, message.gateway):
                return row
        raise Refused("outbound.recipient_unknown", recipient=message.recipient)
