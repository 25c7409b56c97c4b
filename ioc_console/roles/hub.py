"""The hub's process: the store, the hub over it, and its listeners."""

import asyncio
from pathlib import Path

from ioc_console.config import Paths, Site
from ioc_console.declaration import declare
from ioc_console.hub import Hub
from ioc_console.notify import Notifier
from ioc_console.roles.place import door, rights_of, store_url
from ioc_console.server import Listener
from ioc_console.serving import Address
from ioc_console.store import Store
from ioc_console.words import city_words

BEAT_S = 2.0


def address(site: Site, site_file: Path, paths: Paths) -> Address:
    """Return where the control listener is to be."""
    hub = site.hub
    if hub.host == "unix":
        return Address(socket=str(paths.runtime / "control"))
    files = (str(site_file.parent / file) if file else "" for file in (hub.certificate, hub.private_key))
    certificate, private_key = files
    return Address(host=hub.host, port=hub.port, certificate=certificate, private_key=private_key)


async def run_hub(site: Site, site_file: Path, paths: Paths) -> None:
    """Be the hub."""
    notifier, words = Notifier(), city_words()
    paths.data.mkdir(parents=True, exist_ok=True, mode=0o700)
    hub = Hub(words, Store(store_url(site, paths), words.kinds), rights=rights_of(site, site_file))
    await hub.start()
    await declare(hub, site)
    listener = Listener(hub, address(site, site_file, paths), door(paths))
    await listener.start()
    notifier.ready()
    try:
        while True:
            notifier.well()
            notifier.say(f"sequence {hub.seq}, {len(hub.watching.outboxes)} watchers")
            await asyncio.sleep(BEAT_S)
    finally:
        await listener.close()
        await hub.stop()
