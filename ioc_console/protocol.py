"""The frames between hub and guests: tagged structs in JSON, small, bounded, decoded to the same entities."""

import hashlib
import hmac
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Annotated, Any

import msgspec

from ioc_console.model import Command, Entity, Gone, Moment, Page, Refused
from ioc_console.outbox import Parcel
from ioc_console.views import View
from ioc_console.words import Words

VERSION = 1
MOST_FRAME = 1024 * 1024
"""The largest frame that either side accepts, in bytes."""
CHUNK = 256 * 1024
"""How much of a snapshot goes into one frame, in bytes."""
Number = Annotated[int, msgspec.Meta(ge=0, lt=2**53)]
Short = Annotated[str, msgspec.Meta(max_length=80, pattern=r"^[^\x00]*$")]
Secret = Annotated[str, msgspec.Meta(max_length=200)]
Names = Annotated[tuple[str, ...], msgspec.Meta(max_length=200)]


class Frame(msgspec.Struct, frozen=True, tag_field="frame"):
    """One message; `n` pairs a question with its answer."""


class Hello(Frame, frozen=True, tag="hello"):
    """A guest says who it is; the token is `token_of` the hub's secret for that role and name."""

    version: int
    role: str
    name: Annotated[str, msgspec.Meta(min_length=1, max_length=80, pattern=r"^[^\x00]*$")]
    token: Annotated[str, msgspec.Meta(max_length=128)]


class PutFrame(Frame, frozen=True, tag="put"):
    """A source puts observed entities, and withdraws others, as one change."""

    n: Number
    puts: Annotated[tuple[msgspec.Raw, ...], msgspec.Meta(max_length=5_000)]
    gone: Annotated[tuple[Gone, ...], msgspec.Meta(max_length=5_000)] = ()


class DoFrame(Frame, frozen=True, tag="do"):
    """A guest gives a command: its envelope, with the command still encoded."""

    n: Number
    id: Annotated[str, msgspec.Meta(min_length=8, max_length=80, pattern=r"^[^\x00]*$")]
    command: msgspec.Raw
    desk: Short
    seen: Number
    made: Moment


class LookFrame(Frame, frozen=True, tag="look"):
    """A guest reads one page of a View."""

    n: Number
    view: View


class WatchFrame(Frame, frozen=True, tag="watch"):
    """A guest watches live kinds from a sequence on, under the watch number `n`."""

    n: Number
    kinds: Names
    since: Number = 0
    epoch: str = ""


class FollowFrame(Frame, frozen=True, tag="follow"):
    """A guest wants a View kept level within a watch, or no longer."""

    n: Number
    view: View
    on: bool = True


class UnwatchFrame(Frame, frozen=True, tag="unwatch"):
    """A guest ends a watch."""

    n: Number


class CarryFrame(Frame, frozen=True, tag="carry"):
    """A plugin offers to carry out commands on the world, by tag."""

    tags: Names


class CarriedFrame(Frame, frozen=True, tag="carried"):
    """A plugin answers an order: done with facts, or refused with a code."""

    n: Number
    facts: dict[str, Any] = {}
    refused: str = ""


class LoginFrame(Frame, frozen=True, tag="login"):
    """A person logs in at the guest's screen; the answer's `told` holds a token that logs in again."""

    n: Number
    name: Short = ""
    password: Secret = ""
    pin: Secret = ""
    code: Secret = ""
    token: Secret = ""


class LogoutFrame(Frame, frozen=True, tag="logout"):
    """The person at the guest's screen leaves."""

    n: Number


class PingFrame(Frame, frozen=True, tag="ping"):
    """A guest asks for the hub's time."""

    n: Number


class WelcomeFrame(Frame, frozen=True, tag="welcome"):
    """The hub admits a guest."""

    version: int
    epoch: str
    at: Moment


class AnswerFrame(Frame, frozen=True, tag="answer"):
    """The hub answers a put or a command."""

    n: Number
    seq: Number
    facts: dict[str, Any] = {}
    told: dict[str, Any] = {}


class RefusedFrame(Frame, frozen=True, tag="refused"):
    """The hub refuses, by code."""

    n: Number
    code: str
    facts: dict[str, Any] = {}


class PageFrame(Frame, frozen=True, tag="page"):
    """The hub answers a look, rows still encoded."""

    n: Number
    view: View
    rows: tuple[msgspec.Raw, ...]
    total: int
    counts: dict[str, int]


class ParcelFrame(Frame, frozen=True, tag="parcel"):
    """What a watcher takes in; `more` says that its transaction or snapshot goes on in the next frame."""

    n: Number
    fresh: bool
    more: bool
    seq: Number
    at: Moment
    puts: tuple[msgspec.Raw, ...] = ()
    gone: tuple[Gone, ...] = ()


class OrderFrame(Frame, frozen=True, tag="order"):
    """The hub hands a plugin a command to carry out on the world."""

    n: Number
    command: msgspec.Raw


class PongFrame(Frame, frozen=True, tag="pong"):
    """The hub tells its time."""

    n: Number
    at: Moment


FromGuest = (
    Hello | PutFrame | DoFrame | LookFrame | WatchFrame
    | FollowFrame | UnwatchFrame | CarryFrame | CarriedFrame | PingFrame | LoginFrame | LogoutFrame
)  # fmt: skip
FromHub = WelcomeFrame | AnswerFrame | RefusedFrame | PageFrame | ParcelFrame | OrderFrame | PongFrame


def token_of(secret: str, role: str, name: str) -> str:
    """Return the token by which a guest proves its role and name to whoever knows the start's secret."""
    return hmac.new(secret.encode(), f"{role}\0{name}".encode(), hashlib.sha256).hexdigest()


def is_token(token: str, secret: str, role: str, name: str) -> bool:
    """Say whether a token is that of a role and name; takes as long whatever the answer is."""
    return hmac.compare_digest(token.encode(), token_of(secret, role, name).encode())


class Codec:
    """Encodes and decodes frames over a set of words."""

    def __init__(self, words: Words) -> None:
        self.words = words
        self.from_guest = msgspec.json.Decoder(FromGuest)
        self.from_hub = msgspec.json.Decoder(FromHub)
        self.encode_entity = lru_cache(4_096)(encode_once)

    def read_guest(self, data: bytes | str) -> FromGuest:
        """Decode a guest's frame; raises `Refused`."""
        return self.read(self.from_guest, data)  # type: ignore[no-any-return]

    def read_hub(self, data: bytes | str) -> FromHub:
        """Decode a frame of the hub's; raises `Refused`."""
        return self.read(self.from_hub, data)  # type: ignore[no-any-return]

    def read(self, decoder: Any, data: bytes | str) -> Any:
        """Decode with a decoder; raises `Refused` where the data is not what it expects."""
        try:
            return decoder.decode(data)
        except (msgspec.MsgspecError, UnicodeError, ValueError, RecursionError) as error:
            raise Refused("frame.malformed", reason=str(error)[:200]) from error

    def entities(self, raws: Iterable[msgspec.Raw]) -> tuple[Entity, ...]:
        """Decode entities; raises `Refused`."""
        return tuple(self.read(self.words.decoder, raw) for raw in raws)

    def command(self, raw: msgspec.Raw) -> Command:
        """Decode a command; raises `Refused`."""
        return self.read(self.words.command_decoder, raw)  # type: ignore[no-any-return]

    def page(self, frame: PageFrame) -> Page:
        """Return a page with its rows decoded."""
        return Page(frame.view, self.entities(frame.rows), frame.total, frame.counts)

    def parcels(self, n: int, parcel: Parcel) -> Iterator[ParcelFrame]:
        """Cut a parcel into frames of bounded size."""
        chunk: list[msgspec.Raw] = []
        size, fresh = 0, parcel.fresh
        for entity in parcel.puts:
            raw = self.encode_entity(entity)
            if chunk and size + len(bytes(raw)) > CHUNK:
                yield ParcelFrame(n, fresh, True, parcel.seq, parcel.at, tuple(chunk))
                size, chunk, fresh = 0, [], False
            chunk.append(raw)
            size += len(bytes(raw))
        yield ParcelFrame(n, fresh, False, parcel.seq, parcel.at, tuple(chunk), parcel.gone)


def encode_once(entity: Entity | Command) -> msgspec.Raw:
    """Encode an entity; cached by whoever sends the same one to many."""
    return msgspec.Raw(msgspec.json.encode(entity))


def encode(frame: Frame) -> str:
    """Encode a frame as text."""
    return msgspec.json.encode(frame).decode()


def page_frame(n: int, page: Page) -> PageFrame:
    """Return a page as a frame."""
    return PageFrame(n, page.view, tuple(encode_once(row) for row in page.rows), page.total, page.counts)
