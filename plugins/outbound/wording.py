"""The wording of messages: texts of the catalogue filled with facts, in the reader's language and time."""

from collections.abc import Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

import msgspec

from ioc_console.domain.alarms import Fact
from ioc_console.domain.messages import Message
from ioc_console.model import Refused
from ioc_console.words import LANGUAGES, Catalogue
from plugins.outbound.letters import one_line, plain

AS_READ = "%H:%M %d/%m/%Y"


class Wording(msgspec.Struct, frozen=True):
    """Says messages in words for one city."""

    city: str
    zone: ZoneInfo
    catalogues: dict[str, Catalogue]

    @classmethod
    def load(cls, city: str, zone: ZoneInfo) -> "Wording":
        """Read the texts of every language."""
        return cls(city, zone, {language: Catalogue.load(language) for language in LANGUAGES})

    def compose(self, message: Message) -> tuple[str, str]:
        """Return a message's subject, on one line, and its body; raises `Refused` naming the text or fact missing."""
        catalogue = self.catalogues[message.language.value]
        name = message.template.removeprefix("message.")
        facts = self.told(catalogue, message.facts)
        subject = said(catalogue, f"message_subject.{name}", facts)
        return one_line(subject), plain(said(catalogue, f"message.{name}", facts))

    def told(self, catalogue: Catalogue, facts: Mapping[str, Fact]) -> dict[str, Fact]:
        """Return facts as they are read: moments by the city's clock, and for each `X_code` an `X` in words."""
        told: dict[str, Fact] = {"city": self.city}
        told.update((name, self.by_clock(name, value)) for name, value in facts.items())
        for name, code in facts.items():
            whole = name.removesuffix("_code")
            if whole != name and whole not in facts:
                told[whole] = catalogue.tell(Refused(str(code), **told))
        return told

    def by_clock(self, name: str, value: Fact) -> Fact:
        """Return the value of a fact; that of one named `at` or `X_at` by the city's clock, where it is a moment."""
        if not isinstance(value, str) or not (name == "at" or name.endswith("_at")):
            return value
        try:
            moment = datetime.fromisoformat(value)
            return moment.astimezone(self.zone).strftime(AS_READ) if moment.tzinfo else value
        except (ValueError, OverflowError):
            return value


def said(catalogue: Catalogue, key: str, facts: dict[str, Fact]) -> str:
    """Return a text with its facts; raises `Refused` where there is no such text, or a fact is missing or unfit."""
    if key not in catalogue.texts:
        raise Refused("outbound.template_unknown", template=key)
    try:
        return catalogue.say(key, **facts)
    except KeyError as error:
        raise Refused("outbound.fact_missing", template=key, fact=str(error.args[0])) from None
    except (ValueError, TypeError, IndexError, AttributeError):
        raise Refused("outbound.fact_unfit", template=key) from None
