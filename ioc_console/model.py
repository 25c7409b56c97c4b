"""The grammar: entities, commands, views and refusals, without a word about a city."""

import re
from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import Enum
from fnmatch import fnmatchcase
from typing import Annotated, Any, ClassVar, Protocol, Self, TypeVar

import msgspec

from ioc_console.views import View

MOST_BYTES = 16 * 1024
"""An entity's largest encoded size: what grows is a kind of its own with a parent id."""

Moment = Annotated[datetime, msgspec.Meta(tz=True)]
"""A point in time, always aware; UTC inside the program."""


def snake(name: str) -> str:
    """Return a class name as the kind that stands in tables and frames: `CameraHealth` → `camera_health`."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


class Scope(Enum):
    """Where a kind is held: whole at every display that names it, or read through a View."""

    LIVE = "live"
    ARCHIVE = "archive"


class Change(Enum):
    """How a kind changes: put by its source, or only by commands."""

    OBSERVED = "observed"
    DECIDED = "decided"


class Keep(Enum):
    """What the store holds of a kind: table and revisions, the table only, or nothing."""

    HISTORY = "history"
    LAST = "last"
    PASSING = "passing"


class Key(msgspec.Struct, frozen=True, order=True):
    """Names one entity."""

    kind: str
    id: str


class Refused(Exception):
    """A command, change or file that cannot be accepted, as a code of the text catalogue and its facts."""

    def __init__(self, code: str, /, **facts: Any) -> None:
        super().__init__(code, facts)
        self.code = code
        self.facts = facts

    def __str__(self) -> str:
        facts = ", ".join(f"{name}={value}" for name, value in self.facts.items())
        return f"{self.code} ({facts})" if facts else self.code


class Actor(msgspec.Struct, frozen=True):
    """Who acts or looks: a person, a plugin, a display or the clock, and what they may do.

    `may` holds permission patterns in the shell's form (`camera.*`); a plugin's `name` is what its kinds
    declare as their `source`. `person` says that somebody in particular acts, who answers for it;
    `lends`, that it is a screen at which people log in.
    """

    name: str
    role: str
    may: tuple[str, ...] = ()
    person: bool = False
    lends: bool = False

    def can(self, permission: str) -> bool:
        """Say whether one of the patterns grants the permission."""
        return any(fnmatchcase(permission, pattern) for pattern in self.may)


class Blob(msgspec.Struct, frozen=True):
    """A file by its content: the SHA-256 of it, its size in bytes, its media type, and the name it is shown under.

    An entity names a blob in a field of this type; whoever may see the entity may fetch it.
    """

    hash: Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{64}$")]
    size: Annotated[int, msgspec.Meta(ge=0)]
    media: Annotated[str, msgspec.Meta(max_length=100, pattern=r"^[a-z0-9.+-]+/[a-z0-9.+-]+$")]
    name: Annotated[str, msgspec.Meta(max_length=200)] = ""


class Entity(msgspec.Struct, frozen=True, tag_field="kind", tag=snake):
    """A fact about the world, sent whole; a subclass is a kind and declares how it is kept, seen and changed.

    A kind of personal data is `personal`: it needs a permission of its own to be seen, another (`reveal`) to be
    revealed one at a time with a reason, and it can be erased. `retain` is how long what is over is kept. Where
    the fields of a kind change their meaning, `shape` is raised by one, and a class method `upgrade_N` turns the
    fields of shape N into those of the next.
    """

    id: str

    needs: ClassVar[str] = "console.see"
    scope: ClassVar[Scope] = Scope.LIVE
    most: ClassVar[int] = 2_000
    change: ClassVar[Change] = Change.OBSERVED
    source: ClassVar[str] = ""
    keep: ClassVar[Keep] = Keep.LAST
    retain: ClassVar[timedelta | None] = None
    shape: ClassVar[int] = 1
    indexes: ClassVar[tuple[tuple[str, ...], ...]] = ()
    searched: ClassVar[tuple[str, ...]] = ()
    personal: ClassVar[bool] = False
    reveal: ClassVar[str] = ""

    @property
    def key(self) -> Key:
        """The entity's name among all."""
        return Key(snake(type(self).__name__), self.id)

    def seen(self, actor: Actor) -> Self | None:
        """Return what the actor may see of it: itself, a copy with less in it, or nothing. Pure."""
        return self

    def due(self) -> "Due | None":
        """Return what the clock must do to it, and when, or nothing. Pure."""
        return None


def kind_of(entity: type[Entity]) -> str:
    """Return the kind that a class of entities declares."""
    return snake(entity.__name__)


class Gone(msgspec.Struct, frozen=True):
    """One entity that is no more, or that the watcher may see no longer."""

    kind: str
    id: str

    @property
    def key(self) -> Key:
        """The name of what is gone."""
        return Key(self.kind, self.id)


E = TypeVar("E", bound=Entity)
Written = Entity | Gone


class Past(msgspec.Struct, frozen=True):
    """A command that was carried out: its tag, who gave it and when."""

    tag: str
    actor: str
    at: Moment


class State(Protocol):
    """What `Command.apply` reads: the live kinds, and the archive rows that the command's `reads` names."""

    def get(self, kind: type[E], id: str) -> E | None:
        """Return one entity, or None."""

    def all(self, kind: type[E]) -> Iterable[E]:
        """Return every entity of a live kind."""

    def find(self, key: Key) -> tuple[Entity | None, int]:
        """Return an entity, or None, with the sequence of its last change."""

    def past(self, id: str) -> Past | None:
        """Return a command that was carried out, by the id of its envelope."""

    def changes(self, id: str) -> Iterable[tuple[Key, int, Entity | None]]:
        """Yield what a command changed of *history* kinds: key, sequence, and what stood there before."""

    def undo_window(self, tag: str) -> timedelta | None:
        """Return for how long a command of a tag may be taken back, or None."""

    def command(self, encoded: str) -> "Command":
        """Decode a command that was put aside; raises `Refused`."""


class Command(msgspec.Struct, frozen=True, tag_field="command"):
    """A wish to change something; its tag (`wall.arrange`) names it everywhere.

    `fresh` commands are refused where an entity that they name in `reads` changed after what the sender had
    seen. A command without `apply` acts on the world: it is a `WorldCommand`. `undo` is for how long it may be
    taken back: what it changed is put back as it was, if nobody has changed it since. `also` names permissions
    that it looks at itself.
    """

    needs: ClassVar[str] = ""
    also: ClassVar[tuple[str, ...]] = ()
    fresh: ClassVar[bool] = False
    lives: ClassVar[timedelta] = timedelta(seconds=10)
    undo: ClassVar[timedelta | None] = None

    def reads(self) -> tuple[Key, ...]:
        """Name the entities that the command concerns. Pure."""
        return ()

    def apply(self, state: State, actor: Actor, at: datetime) -> Iterable[Written]:
        """Yield what the command changes, or raise `Refused`. Pure."""
        raise NotImplementedError(type(self).__name__)

    def tells(self, state: State, actor: Actor) -> dict[str, Any]:
        """Return what the answer tells the asker alone; it does not enter the journal. Pure."""
        return {}


def tag_of(command: "Command | type[Command]") -> str:
    """Return the tag that names a command."""
    return str(command.__struct_config__.tag)


class WorldCommand(Command, frozen=True):
    """A command that a plugin carries out on the world and answers as done, failed or unknown."""

    carrier: ClassVar[str] = ""
    lives: ClassVar[timedelta] = timedelta(seconds=2)


class Due(msgspec.Struct, frozen=True):
    """What the clock does to an entity by a command, and when."""

    at: Moment
    command: Command


class Page(msgspec.Struct, frozen=True):
    """The answer to a View: its rows, how many match in all, and how many by the counted field."""

    view: View
    rows: tuple[Entity, ...]
    total: int
    counts: dict[str, int]


class Envelope(msgspec.Struct, frozen=True):
    """A command on its way up: who sends it from where, what the sender had seen, how long it may live.

    `made` is the hub's time as the sender knew it; a repeated `id` gets the first answer.
    """

    id: str
    command: Command
    desk: str
    seen: int
    made: Moment


class Done(msgspec.Struct, frozen=True):
    """The answer to a command that was carried out: the sequence at which, and facts that it returns.

    `told` is for the asker alone and stands nowhere else: a repeated command is answered without it.
    """

    id: str
    seq: int
    facts: dict[str, Any] = {}
    told: dict[str, Any] = {}


class Delta(msgspec.Struct, frozen=True):
    """What changed for one watcher, whole transactions only, and the sequence and hub time it is level to."""

    seq: int
    at: Moment
    puts: tuple[Entity, ...] = ()
    gone: tuple[Gone, ...] = ()
    pages: tuple[Page, ...] = ()
