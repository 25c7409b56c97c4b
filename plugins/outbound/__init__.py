"""Outbound: sends the console's messages by mail and by webhook, from a queue that the store holds."""

import logging
from datetime import datetime
from zoneinfo import ZoneInfo

from ioc_console.client import Link
from ioc_console.engine import PluginPlace
from ioc_console.model import Refused
from plugins.outbound.clerk import Clerk
from plugins.outbound.lanes import lanes_of
from plugins.outbound.queue import Queue
from plugins.outbound.quiet import quiet_until
from plugins.outbound.settings import Config
from plugins.outbound.troubles import Troubles
from plugins.outbound.wording import Wording

__all__ = ["Config", "run"]
TALKATIVE = ("httpx", "httpcore")
"""Libraries that log the addresses that they speak to."""


async def run(link: Link, config: Config, place: PluginPlace) -> None:
    """Send what waits until cancelled; raises `Refused` where the site's settings cannot be used."""
    for name in TALKATIVE:
        logging.getLogger(name).setLevel(logging.WARNING)
    zone = zone_of(place.site.city.timezone)
    lanes = lanes_of(config, place.site_file)
    clerk = Clerk(link, place.site.id, Wording.load(place.site.city.name, zone))

    def quiet(moment: datetime) -> datetime | None:
        """Return until when what is not urgent waits."""
        return quiet_until(moment, config.quiet.span, zone) if config.quiet else None

    place.say(", ".join(lane.name for lane in lanes))
    await Queue(link, lanes, clerk, quiet, Troubles(link, config.alarm_after)).run()


def zone_of(name: str) -> ZoneInfo:
    """Return a time zone; raises `Refused` where there is none of that name."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise Refused("outbound.zone_unknown", found=name) from error
