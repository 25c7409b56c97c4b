"""Cameras: what the city has mounted, how each stream fares, and whether its picture can be trusted."""

from collections.abc import Iterable
from datetime import datetime
from enum import Enum
from typing import Annotated, ClassVar

import msgspec

from ioc_console.model import (
    Actor,
    Change,
    Command,
    Entity,
    Gone,
    Keep,
    Key,
    Moment,
    Refused,
    State,
    WorldCommand,
    Written,
)

SUB = "sub"
MAIN = "main"

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=120)]
CameraId = Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9][a-z0-9_-]{0,31}$")]


class Camera(Entity, frozen=True, kw_only=True):
    """A camera of the site, without its addresses, which never leave the machine that decodes it.

    `bearing_deg` is clockwise from north, `view_deg` the horizontal angle of view; 0 where unknown.
    """

    number: Annotated[int, msgspec.Meta(ge=1, le=99_999)]
    name: Name
    ward: str = ""
    tags: tuple[str, ...] = ()
    lat: float | None = None
    lon: float | None = None
    bearing_deg: float = 0.0
    view_deg: float = 0.0
    streams: tuple[str, ...] = (SUB,)

    change: ClassVar[Change] = Change.DECIDED
    keep: ClassVar[Keep] = Keep.HISTORY
    searched: ClassVar[tuple[str, ...]] = ("name", "ward")


class StreamState(Enum):
    """What the transport of one camera stream is doing."""

    IDLE = "idle"
    CONNECTING = "connecting"
    LIVE = "live"
    STALLED = "stalled"
    OFFLINE = "offline"


class StreamError(Enum):
    """Why a stream gives no picture, in the words of a person who has to mend it."""

    NONE = "none"
    REFUSED = "refused"
    UNAUTHORISED = "unauthorised"
    NO_STREAM = "no_stream"
    TIMED_OUT = "timed_out"
    UNREACHABLE = "unreachable"
    UNDECODABLE = "undecodable"
    BUSY = "busy"
    REJECTED = "rejected"
    NO_TRANSPORT = "no_transport"
    ENDED = "ended"
    NO_SECRET = "no_secret"
    NO_ROOM = "no_room"


class Effort(Enum):
    """How much of a stream is decoded: everything, reference pictures, or key pictures alone."""

    ALL = "all"
    REFERENCE = "reference"
    KEY = "key"


class CameraHealth(Entity, frozen=True, kw_only=True):
    """How one stream of a camera fares; the id is `camera/stream`.

    `bitrate_kbps` and `fps` are over the last seconds; `fallback` names the hardware decoder that was asked
    for and could not be had, or is empty.
    """

    camera: str
    stream: str
    state: StreamState
    error: StreamError = StreamError.NONE
    since: Moment
    fps: float = 0.0
    bitrate_kbps: int = 0
    width: int = 0
    height: int = 0
    codec: str = ""
    decoder: str = ""
    fallback: str = ""
    effort: Effort = Effort.ALL
    pictured_at: Moment | None = None
    reconnections: int = 0

    source: ClassVar[str] = "video"
    keep: ClassVar[Keep] = Keep.PASSING


class Verdict(Enum):
    """What the pictures of a stream look like while its packets flow."""

    TRUE = "true"
    FROZEN = "frozen"
    BLACK = "black"
    BLINDED = "blinded"
    COVERED = "covered"
    MOVED = "moved"


class PictureHealth(Entity, frozen=True, kw_only=True):
    """Whether a camera's pictures can be believed; the id is the camera's.

    `score` is the measure that led to the verdict, 0 to 1, where 1 is certain.
    """

    verdict: Verdict
    since: Moment
    score: float = 0.0

    source: ClassVar[str] = "picture_health"
    keep: ClassVar[Keep] = Keep.PASSING


class DeclareCamera(Command, frozen=True, tag="camera.declare"):
    """Take a camera of the site file into the city's list, or bring its entry up to date."""

    camera: Camera

    needs: ClassVar[str] = "camera.declare"

    def reads(self) -> tuple[Key, ...]:
        return (self.camera.key,)

    def apply(self, state: State, actor: Actor, at: datetime) -> Iterable[Written]:
        twin = next((c for c in state.all(Camera) if c.number == self.camera.number and c.id != self.camera.id), None)
        if twin:
            raise Refused("camera.number_taken", number=self.camera.number, camera=twin.id)
        if state.get(Camera, self.camera.id) != self.camera:
            yield self.camera


class RetireCamera(Command, frozen=True, tag="camera.retire"):
    """Take a camera off the city's list."""

    camera: CameraId

    needs: ClassVar[str] = "camera.declare"

    def reads(self) -> tuple[Key, ...]:
        return (Key("camera", self.camera),)

    def apply(self, state: State, actor: Actor, at: datetime) -> Iterable[Written]:
        if state.get(Camera, self.camera) is None:
            raise Refused("camera.unknown", camera=self.camera)
        yield Gone("camera", self.camera)


class TakeReference(WorldCommand, frozen=True, tag="camera.take_reference"):
    """Accept what the camera shows now as the view it is meant to have."""

    camera: CameraId

    needs: ClassVar[str] = "camera.reference"
    carrier: ClassVar[str] = "picture_health"
