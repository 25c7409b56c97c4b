"""The clerk: puts a message into words, and finds its recipient's address only now that it is needed."""

from ioc_console.client import Link
from ioc_console.domain.messages import Message
from ioc_console.domain.recipients import Recipient
from ioc_console.model import Refused, View, Where
from plugins.outbound.asking import insist
from plugins.outbound.letters import Letter, key_of
from plugins.outbound.wording import Wording


class Clerk:
    """Writes letters for one site."""

    def __init__(self, link: Link, site: str, wording: Wording) -> None:
        self.link, self.site, self.wording = link, site, wording

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
