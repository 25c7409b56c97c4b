"""A kept process: watched by sd_notify, and started again with patience when it ends or hangs."""

import asyncio
import contextlib
import logging
import os
import signal
import socket
import time
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import psutil

from ioc_console.domain.health import Condition, Health

log = logging.getLogger(__name__)
FIRST_RETRY_S, LAST_RETRY_S, CALM_S = 0.1, 10.0, 30.0
WATCHDOG_S = 10.0
STOP_S = 6.0


class Service(msgspec.Struct, frozen=True):
    """A process to be kept: its name and its command line."""

    name: str
    command: tuple[str, ...]


class Kept:
    """One service: the process that runs now, and what it says of itself."""

    def __init__(self, service: Service, folder: Path) -> None:
        self.service = service
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC | socket.SOCK_NONBLOCK)
        self.address = folder / f"{service.name.replace('/', '_').replace(':', '_')}.notify"
        self.socket.bind(str(self.address))
        self.process: asyncio.subprocess.Process | None = None
        self.measured: psutil.Process | None = None
        self.fed: float | None = None
        self.ready = asyncio.Event()
        self.health = Health(id=service.name, condition=Condition.STARTING, since=datetime.now(UTC))

    async def run(self) -> None:
        """Start the process, again and again."""
        patience = FIRST_RETRY_S
        while True:
            began = time.monotonic()
            code = await self.live()
            calm = time.monotonic() - began > CALM_S
            patience = FIRST_RETRY_S if calm else min(patience * 2, LAST_RETRY_S)
            log.warning("%s ended with %s; again in %.1f s", self.service.name, code, patience)
            self.become(Condition.FAILING, restarts=self.health.restarts + 1, error=f"exit {code}")
            await asyncio.sleep(patience)

    async def live(self) -> int:
        """Run the process once; return its exit code."""
        environment = {**os.environ, "NOTIFY_SOCKET": str(self.address)}
        self.fed = None
        self.process = await asyncio.create_subprocess_exec(
            *self.service.command, env=environment, stdin=asyncio.subprocess.DEVNULL
        )
        with contextlib.suppress(psutil.Error):
            self.measured = psutil.Process(self.process.pid)
        loop = asyncio.get_running_loop()
        loop.add_reader(self.socket, self.hear)
        watch = asyncio.create_task(self.watch(self.process))
        try:
            return await self.process.wait()
        finally:
            watch.cancel()
            loop.remove_reader(self.socket)

    async def watch(self, process: asyncio.subprocess.Process) -> None:
        """Kill the process once it has fed the watchdog and then no longer does."""
        while True:
            await asyncio.sleep(1.0)
            if self.fed is not None and time.monotonic() - self.fed > WATCHDOG_S:
                log.error("%s hangs: killed", self.service.name)
                process.kill()
                return

    def hear(self) -> None:
        """Take in what the process says."""
        with contextlib.suppress(BlockingIOError):
            for line in self.socket.recv(4_096).decode(errors="replace").splitlines():
                name, _, value = line.partition("=")
                if name == "READY":
                    self.ready.set()
                    self.become(Condition.RUNNING, error="")
                elif name == "WATCHDOG":
                    self.fed = time.monotonic()
                elif name == "STATUS":
                    self.health = msgspec.structs.replace(self.health, status=value[:200])

    def become(self, condition: Condition, **fields: object) -> None:
        """Change how the service fares."""
        changed = {"condition": condition, "since": datetime.now(UTC), **fields}
        self.health = msgspec.structs.replace(self.health, **changed)

    def measure(self) -> Health:
        """Return how the service fares, with what it uses."""
        if self.measured is None:
            return self.health
        try:
            cpu, rss = self.measured.cpu_percent(), self.measured.memory_info().rss >> 20
        except psutil.Error:
            return self.health
        self.health = msgspec.structs.replace(self.health, cpu_percent=round(cpu), rss_mb=rss)
        return self.health

    async def stop(self) -> None:
        """End the process, kindly first."""
        if self.process is None or self.process.returncode is not None:
            return
        with contextlib.suppress(ProcessLookupError):
            self.process.send_signal(signal.SIGTERM)
            try:
                await asyncio.wait_for(self.process.wait(), STOP_S)
            except TimeoutError:
                self.process.kill()
                await self.process.wait()
