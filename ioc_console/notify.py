"""The sd_notify protocol: how a process tells whoever supervises it that it is ready, well, and what it does."""

import asyncio
import ctypes
import os
import signal
import socket

PR_SET_PDEATHSIG = 1
BEAT_S = 2.0


class Notifier:
    """Speaks to the socket named in NOTIFY_SOCKET; says nothing where there is none."""

    def __init__(self) -> None:
        address = os.environ.get("NOTIFY_SOCKET", "")
        self.socket: socket.socket | None = None
        if address:
            self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC | socket.SOCK_NONBLOCK)
            self.socket.connect("\0" + address[1:] if address.startswith("@") else address)
        self.status = ""

    def tell(self, message: str) -> None:
        """Send one message; a supervisor that is gone or slow is no reason to stop."""
        if self.socket is None:
            return
        try:
            self.socket.send(message.encode()[:4_000])
        except OSError:
            return

    def ready(self) -> None:
        """Say that the process does its work now."""
        self.tell("READY=1")

    def well(self) -> None:
        """Feed the watchdog."""
        self.tell("WATCHDOG=1")

    async def beat(self) -> None:
        """Feed the watchdog from the running loop, for ever."""
        while True:
            self.well()
            await asyncio.sleep(BEAT_S)

    def say(self, status: str) -> None:
        """Say in one line what the process does."""
        if status != self.status:
            self.status = status
            self.tell(f"STATUS={status.replace(chr(10), ' ')}")


def die_with_parent() -> None:
    """Have the system end this process when its parent ends, however that comes about."""
    parent = os.getppid()
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:
        raise SystemExit(1)
