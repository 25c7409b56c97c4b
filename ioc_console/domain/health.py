"""Health: how every process and plugin of the centre fares."""

from enum import Enum
from typing import ClassVar

from ioc_console.model import Entity, Keep, Moment


class Condition(Enum):
    """What a process or plugin is doing."""

    STARTING = "starting"
    RUNNING = "running"
    FAILING = "failing"
    STOPPED = "stopped"


class Health(Entity, frozen=True, kw_only=True):
    """How one process or plugin fares; the id is its name (`video-1`, `plugin:demo_city`).

    `status` is what it says of itself (the STATUS of sd_notify), `error` the last failure's words.
    """

    condition: Condition
    since: Moment
    status: str = ""
    error: str = ""
    restarts: int = 0
    cpu_percent: float = 0.0
    rss_mb: int = 0

    source: ClassVar[str] = "keeper"
    keep: ClassVar[Keep] = Keep.PASSING


class Guest(Entity, frozen=True, kw_only=True):
    """Who is connected to the hub; the id is unique to the connection."""

    name: str
    role: str
    since: Moment

    source: ClassVar[str] = "hub"
    keep: ClassVar[Keep] = Keep.PASSING
