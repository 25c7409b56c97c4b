"""The settings of outbound messages: the mail server, the gateways, the quiet hours; addresses hold no secrets."""

import re
from datetime import time
from ipaddress import ip_address
from typing import Annotated, Literal
from urllib.parse import SplitResult, urlsplit

import msgspec

from ioc_console.config import SecretRef
from ioc_console.domain.recipients import MAIL_ADDRESS
from ioc_console.model import Refused

Host = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9:]([A-Za-z0-9.:-]{0,252})\Z")]
GatewayName = Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9][a-z0-9_-]{0,31}\Z")]
TimeOfDay = Annotated[str, msgspec.Meta(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]\Z")]
Limit = Annotated[float, msgspec.Meta(ge=1, le=120)]
AtOnce = Annotated[int, msgspec.Meta(ge=1, le=20)]


class QuietHours(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """When messages that are not urgent wait, by the city's clock; over midnight where `start` is after `end`."""

    start: TimeOfDay
    end: TimeOfDay

    def __post_init__(self) -> None:
        if self.start == self.end:
            raise Refused("outbound.quiet_always", key="quiet.end", found=self.end)

    @property
    def span(self) -> tuple[time, time]:
        """The first moment that is quiet and the first that is not."""
        return time.fromisoformat(self.start), time.fromisoformat(self.end)


class MailServer(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The SMTP server that takes mail; without TLS it must be on this machine.

    `ca` is a file of certificates that are trusted instead of the system's, relative to the site file; `timeout_s`
    is for one message from connecting to the receipt.
    """

    host: Host
    port: Annotated[int, msgspec.Meta(ge=1, le=65_535)] = 587
    security: Literal["starttls", "tls", "none"] = "starttls"
    credentials: SecretRef | None = None
    sender: Annotated[str, msgspec.Meta(max_length=254)]
    name: Annotated[str, msgspec.Meta(max_length=80)] = ""
    ca: str = ""
    timeout_s: Limit = 30.0
    at_once: AtOnce = 2

    def __post_init__(self) -> None:
        if not MAIL_ADDRESS.fullmatch(self.sender):
            raise Refused("outbound.sender_wrong", key="email.sender", found=self.sender)
        if self.security == "none" and not is_loopback(self.host):
            raise Refused("outbound.mail_in_clear", key="email.security", host=self.host)


class Gateway(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A webhook that takes messages, such as an SMS gateway; beyond this machine by https only.

    `credentials` refer to `name:key`: the name is sent along, the key signs what is sent.
    """

    url: Annotated[str, msgspec.Meta(max_length=500)]
    credentials: SecretRef
    ca: str = ""
    timeout_s: Limit = 10.0
    at_once: AtOnce = 4

    def __post_init__(self) -> None:
        parts = split(self.url)
        if parts is None or parts.scheme not in ("http", "https") or not parts.hostname or parts.fragment:
            raise Refused("outbound.url_wrong", key="gateways.*.url")
        if parts.username is not None or parts.password is not None:
            raise Refused("outbound.url_password", key="gateways.*.url")
        if parts.scheme == "http" and not is_loopback(parts.hostname):
            raise Refused("outbound.url_in_clear", key="gateways.*.url", host=parts.hostname)


class Config(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How messages leave; `alarm_after` is how many failures in a row of one way raise an alarm."""

    email: MailServer | None = None
    gateways: Annotated[dict[GatewayName, Gateway], msgspec.Meta(max_length=15)] = {}
    quiet: QuietHours | None = None
    alarm_after: Annotated[int, msgspec.Meta(ge=1, le=100)] = 3


def split(url: str) -> SplitResult | None:
    """Return a URL's parts, or None where it is none."""
    try:
        parts = urlsplit(url)
        return parts if parts.port != 0 and not re.search(r"[\x00-\x20\x7f-\U0010ffff]", url) else None
    except ValueError:
        return None


def is_loopback(host: str) -> bool:
    """Say whether a host is this machine."""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
