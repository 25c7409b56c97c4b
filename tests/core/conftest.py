"""A hub in a folder of its own, and links to it of both skins."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path

import pytest

from ioc_console.client import Link
from ioc_console.hub import Hub
from ioc_console.local import LocalLink
from ioc_console.remote import RemoteLink
from ioc_console.rights import Rights, Role, shipped_rights
from ioc_console.server import Listener
from ioc_console.serving import Address
from ioc_console.store import Store
from ioc_console.words import Words, city_words
from tests.core import kinds
from tests.postgres import Server
from tests.waiting import soon

RIGHTS = Rights(
    roles={
        **shipped_rights().roles,
        "vault": Role(may=("console.see", "secret.see")),
        "clerk": Role(may=("console.see", "wall.*", "command.undo", "proposal.*", "personal.reveal"), person=True),
        "chief": Role(may=("*",), person=True),
        "guarded": Role(may=("console.see",), person=True, totp=True),
    },
    second=("note.strike_all", "personal.erase"),
)
Connect = Callable[[str, str], Awaitable[Link]]


@pytest.fixture(scope="session")
def words() -> Words:
    return city_words(kinds)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    server = Server()
    yield server
    server.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Return the URL of an empty database, of each sort in turn."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/hub.db"
    return str(request.getfixturevalue("postgres").database())


@pytest.fixture
async def hub(database: str, words: Words) -> AsyncIterator[Hub]:
    hub = Hub(words, Store(database, words.kinds), rights=RIGHTS)
    await hub.start()
    yield hub
    await hub.stop()


@pytest.fixture
async def listener(hub: Hub, tmp_path: Path) -> AsyncIterator[Listener]:
    listener = Listener(hub, Address(), tmp_path / "run" / "door.json")
    await listener.start()
    yield listener
    await listener.close()


@pytest.fixture(params=["local", "remote"])
async def connect(request: pytest.FixtureRequest, hub: Hub, listener: Listener, words: Words) -> AsyncIterator[Connect]:
    """Make links by (role, name) in the skin under test."""
    links: list[Link] = []

    async def make(role: str, name: str) -> Link:
        if request.param == "local":
            links.append(LocalLink(hub, RIGHTS.actor(name, role)))
            return links[-1]
        link = RemoteLink(words, listener.door, role, name)
        links.append(link)
        link.start()
        await up(link)
        return link

    yield make
    for link in links:
        await link.close()


async def up(link: Link) -> None:
    """Wait until a link is there."""
    await soon(lambda: link.connected, "the link")
