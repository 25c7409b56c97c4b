"""The video process: opens what is wanted, closes what is not, and reports how every stream fares."""

import asyncio
import contextlib
import logging
from collections.abc import Callable, Sequence
from pathlib import Path

from ioc_console.client import Link
from ioc_console.config import CameraSource, Site
from ioc_console.video.report import keep_reporting
from ioc_console.video.ring_files import sweep
from ioc_console.video.sources import Sources

log = logging.getLogger(__name__)
LOOK_S = 0.1


async def run_video(
    site: Site,
    site_file: Path,
    cameras: Sequence[CameraSource],
    rings: Path,
    link: Link,
    ready: Callable[[], None],
) -> None:
    """Serve a group of cameras until cancelled; without the hub the pictures go on, and are reported later."""
    log.info("rings of dead writers swept: %d", sweep(rings))
    sources = Sources(site, site_file, cameras, rings)
    reporting = asyncio.create_task(keep_reporting(link, sources.healths))
    ready()
    try:
        await keep_level(sources)
    finally:
        reporting.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await reporting
        await asyncio.to_thread(sources.close)


async def keep_level(sources: Sources) -> None:
    """Follow the wishes until cancelled."""
    loop = asyncio.get_running_loop()
    while True:
        try:
            sources.level(loop.time())
        except OSError as error:
            log.warning("the wishes cannot be read: %s", error.strerror)
        await asyncio.sleep(LOOK_S)
