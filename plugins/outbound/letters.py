"""Letters: a message with its words and address, ready to go out, and what became of it."""

import hashlib
import re
import unicodedata

import msgspec

from ioc_console.domain.alarms import Facts
from ioc_console.domain.carriage import MOST_RECEIPT
from ioc_console.model import Moment

TURNING = re.compile("[\u202a-\u202e\u2066-\u2069]")
"""Characters that turn the direction of writing, and can make a line read as what it is not."""
HIDDEN = "…"
TOLD_DIGITS = 8
"""How many digits tell a telephone number."""


class Letter(msgspec.Struct, frozen=True, kw_only=True):
    """A message in words, to an address, at a moment; `key` is the same for every attempt and like no other."""

    id: str
    key: str
    address: str
    subject: str
    body: str
    language: str
    urgent: bool
    at: Moment
    made_at: Moment
    not_after: Moment

    def __repr__(self) -> str:
        """Say which it is and nothing else: addresses stand in no log."""
        return f"Letter({self.id!r})"


class Sent(msgspec.Struct, frozen=True):
    """The other side has taken the letter, and answered so."""

    receipt: str = ""


class Failed(msgspec.Struct, frozen=True, kw_only=True):
    """The letter has not gone, or nobody knows; `final` where trying again cannot help."""

    code: str
    facts: Facts = {}
    final: bool = False
    after_s: float = 0.0
    receipt: str = ""


Outcome = Sent | Failed


def key_of(site: str, message: str) -> str:
    """Return by which key a receiver knows a message again; safe in any header."""
    return "ioc-" + hashlib.sha256(f"{site}\0{message}".encode()).hexdigest()[:40]


def plain(text: str) -> str:
    """Return text with its line breaks as they are read here, without control characters or turned writing."""
    text = "\n".join(text.encode("utf-8", "replace").decode("utf-8").splitlines())
    kept = (char for char in TURNING.sub("", text) if char in "\n\t" or unicodedata.category(char) != "Cc")
    return "".join(kept)


def one_line(text: str) -> str:
    """Return text as one line, fit for a header."""
    return " ".join(plain(text).split())


def receipt_of(answer: bytes | str, address: str) -> str:
    """Return what the other side answered as one bounded line from which the address is struck."""
    text = answer.decode("utf-8", "replace") if isinstance(answer, bytes) else answer
    text = re.sub(re.escape(address), HIDDEN, one_line(text), flags=re.IGNORECASE)
    digits = re.sub(r"\D", "", address)[-TOLD_DIGITS:]
    if len(digits) == TOLD_DIGITS:
        text = re.sub(r"\+?[\d .()-]{0,8}" + r"[ .()-]*".join(digits), HIDDEN, text)
    return text[:MOST_RECEIPT]
