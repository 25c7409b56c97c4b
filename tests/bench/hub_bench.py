"""The hub's figures: ten displays over WebSocket, sustained puts, resumption, and a View over 100,000 rows."""

import argparse
import asyncio
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import psutil

from ioc_console.remote import RemoteLink
from ioc_console.views import View, Where
from ioc_console.words import city_words
from tests.core import kinds

ROOT = Path(__file__).parents[2]
DISPLAYS, CHANGES_PER_S, CHANGE_S = 10, 50, 10
GROUP, ROWS, MISSED, READINGS = 100, 100_000, 10_000, 1_500
NOW = datetime(2026, 11, 25, tzinfo=UTC)
SECOND = timedelta(seconds=1)
HUB = """
import asyncio, sys
from pathlib import Path
from ioc_console.hub import Hub
from ioc_console.server import Listener
from ioc_console.serving import Address
from ioc_console.store import Store
from ioc_console.words import city_words
from tests.core import kinds

async def main(folder):
    words = city_words(kinds)
    hub = Hub(words, Store(f"sqlite:///{folder / 'hub.db'}", words.kinds))
    await hub.start()
    await Listener(hub, Address(), folder / "door.json").start()
    await asyncio.Event().wait()

asyncio.run(main(Path(sys.argv[1])))
"""


def measure(options: argparse.Namespace) -> dict[str, Any]:
    """Start a hub in a process of its own and measure it from this one."""
    with tempfile.TemporaryDirectory() as folder:
        hub = subprocess.Popen([sys.executable, "-c", HUB, folder], cwd=ROOT)
        try:
            return asyncio.run(figures(Path(folder), psutil.Process(hub.pid), options.seconds))
        finally:
            hub.kill()
            hub.wait()


async def figures(folder: Path, hub: psutil.Process, seconds: float) -> dict[str, Any]:
    """Return every figure."""
    sensor = await link(folder, "plugin", "sensor")
    found: dict[str, Any] = {}
    found |= await fan_out(folder, sensor)
    found |= await commands(folder)
    found |= await sustained(sensor, hub, seconds)
    found |= await resumption(folder, sensor)
    found |= await views(folder, sensor)
    await sensor.close()
    return found


async def link(folder: Path, role: str, name: str) -> RemoteLink:
    """Return a link that is up."""
    made = RemoteLink(city_words(kinds), folder / "door.json", role, name)
    made.start()
    async with asyncio.timeout(20):
        while not made.connected:
            await asyncio.sleep(0.01)
    return made


async def fan_out(folder: Path, sensor: RemoteLink) -> dict[str, Any]:
    """Measure from a put to its arrival at each of ten displays."""
    displays = [await link(folder, "display", f"d{n}") for n in range(DISPLAYS)]
    sent: dict[int, float] = {}
    delays: list[float] = []

    async def follow(display: RemoteLink) -> None:
        async for delta in display.watch(kinds.Pulse):
            now = time.perf_counter()
            delays.extend(now - sent[pulse.value] for pulse in delta.puts if isinstance(pulse, kinds.Pulse))

    tasks = [asyncio.create_task(follow(display)) for display in displays]
    await asyncio.sleep(0.5)
    for number in range(CHANGES_PER_S * CHANGE_S):
        sent[number] = time.perf_counter()
        await sensor.put(kinds.Pulse(id=f"p{number % 50}", value=number))
        await asyncio.sleep(max(0.0, 1 / CHANGES_PER_S - (time.perf_counter() - sent[number])))
    await asyncio.sleep(0.5)
    for display in displays:
        await display.close()
    await asyncio.gather(*tasks)
    return {
        "put_to_received_p99_ms": ms(np.percentile(delays, 99)),
        "received_share": round(len(delays) / (len(sent) * DISPLAYS), 4),
    }


async def commands(folder: Path) -> dict[str, Any]:
    """Measure commands there and back."""
    display, times = await link(folder, "display", "asker"), []
    for number in range(500):
        began = time.perf_counter()
        await display.do(kinds.WriteNote(f"n{number % 50}", "x"))
        times.append(time.perf_counter() - began)
    await display.close()
    return {"command_p50_ms": ms(np.percentile(times, 50)), "command_p99_ms": ms(np.percentile(times, 99))}


async def sustained(sensor: RemoteLink, hub: psutil.Process, seconds: float) -> dict[str, Any]:
    """Measure puts in transactions of a hundred, for so long, and what the hub's memory does meanwhile."""
    before, began, count = hub.memory_info().rss, time.perf_counter(), 0
    while time.perf_counter() - began < seconds:
        await asyncio.gather(*(sensor.put(*readings(count + k * GROUP)) for k in range(4)))
        count += 4 * GROUP
    rate = count / (time.perf_counter() - began)
    return {
        "put_many_per_s": round(rate),
        "rss_mb": hub.memory_info().rss >> 20,
        "rss_before_mb": before >> 20,
    }


def readings(start: int) -> list[kinds.Reading]:
    """Return a hundred readings, of fifteen hundred sensors in turn."""
    return [kinds.Reading(id=f"r{n % READINGS}", value=n, at=NOW) for n in range(start, start + GROUP)]


async def resumption(folder: Path, sensor: RemoteLink) -> dict[str, Any]:
    """Measure how long a display takes to be level after ten thousand changes that it missed."""
    display = await link(folder, "display", "sleeper")
    watch = display.watch(kinds.Reading)
    stream = aiter(watch)
    await anext(stream)
    socket = display.wire.socket
    assert socket
    socket.transport.pause_reading()
    for batch in range(MISSED // GROUP):
        last = await sensor.put(*readings(batch * GROUP))
    socket.transport.abort()
    began = time.perf_counter()
    async for delta in stream:
        if delta.seq >= last:
            break
    taken = time.perf_counter() - began
    assert len(watch.mirror.held) == READINGS
    await display.close()
    return {"resync_s": round(taken, 3)}


async def views(folder: Path, sensor: RemoteLink) -> dict[str, Any]:
    """Measure the first page of a View over a hundred thousand rows."""
    for start in range(0, ROWS, 500):
        await sensor.put(
            *(
                kinds.Letter(
                    id=f"{n}", subject=f"thư {n}", ward=f"w{n % 25}", received=NOW + n * SECOND, urgent=n % 9 == 0
                )
                for n in range(start, start + 500)
            )
        )
    display = await link(folder, "display", "reader")
    some = View("letter", where=(Where("ward", "w7"),), order=("-received",), counts="urgent")
    found = {
        "view_ms": ms(await look_s(display, some, ROWS // 25)),
        "view_all_ms": ms(await look_s(display, View("letter", order=("-received",), counts="urgent"), ROWS)),
        "view_rows": ROWS,
    }
    await display.close()
    return found


async def look_s(display: RemoteLink, view: View, total: int) -> float:
    """Return the median time of a View's first page, in seconds."""
    times = []
    for _ in range(5):
        began = time.perf_counter()
        page = await display.look(view)
        times.append(time.perf_counter() - began)
        assert page.total == total
    return float(np.median(times))


def ms(seconds: Any) -> float:
    """Return seconds in milliseconds."""
    return round(float(seconds) * 1_000, 2)
