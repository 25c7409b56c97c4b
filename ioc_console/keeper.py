"""The keeper: starts the processes of a site, and ends them in the reverse of their order."""

import asyncio
import contextlib
import tempfile
from collections.abc import Sequence
from pathlib import Path

from ioc_console.client import Link
from ioc_console.kept import Kept, Service
from ioc_console.model import Refused

REPORT_S = 2.0


class Keeper:
    """Keeps services until cancelled."""

    def __init__(self, services: Sequence[Service]) -> None:
        self.folder = tempfile.TemporaryDirectory(prefix="ioc-keeper-")
        self.kept = {service.name: Kept(service, Path(self.folder.name)) for service in services}

    async def run(self, link: Link) -> None:
        """Keep every service, and report how they fare; they end in the reverse of their order."""
        tasks = [asyncio.create_task(kept.run()) for kept in self.kept.values()]
        tasks.append(asyncio.create_task(self.report(link)))
        try:
            await asyncio.gather(*tasks)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            for kept in reversed(self.kept.values()):
                await kept.stop()
                kept.socket.close()
            self.folder.cleanup()

    async def report(self, link: Link) -> None:
        """Tell the hub how the services fare."""
        while True:
            await asyncio.sleep(REPORT_S)
            health = [kept.measure() for kept in self.kept.values()]
            if link.connected:
                with contextlib.suppress(Refused):
                    await link.put(*health)
