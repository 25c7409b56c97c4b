"""The office: what an administrator does from the command line, beside a hub that may be running."""

import argparse
import asyncio
from pathlib import Path

from ioc_console.accounts import Accounts
from ioc_console.administration import Office
from ioc_console.clock import utc_now
from ioc_console.config import Paths, Site
from ioc_console.databases import Use
from ioc_console.model import Actor, Command, Envelope, Refused
from ioc_console.roles.place import link_of, rights_of, store_url
from ioc_console.store import Store
from ioc_console.wishes import Give
from ioc_console.words import Catalogue, city_words
from ioc_console.writer import Writer

ANSWER_S = 10.0
SITE = Actor("site", "site", ("*",))


def run_office(site: Site, site_file: Path, paths: Paths, options: argparse.Namespace) -> int:
    """Change accounts and tokens; every change is entered into the journal."""
    paths.data.mkdir(parents=True, exist_ok=True, mode=0o700)
    url, rights = store_url(site, paths), rights_of(site, site_file)
    store = Store(url, city_words().kinds, Use.BESIDE)
    try:
        accounts = Accounts(store, rights, utc_now)
        text = Catalogue.load(options.language or site.city.language)
        return Office(accounts, lambda command: note(command, url, site, site_file, paths), text).perform(options)
    finally:
        store.close()


def note(command: Command, url: str, site: Site, site_file: Path, paths: Paths) -> None:
    """Enter a change into the journal: at the hub's place where none runs, else through it."""
    words = city_words()
    try:
        store = Store(url, words.kinds)
    except Refused as refused:
        if refused.code != "store.led":
            raise
        asyncio.run(give(command, paths))
        return
    try:
        writer = Writer(store, words, utc_now, rights_of(site, site_file))
        envelope = Envelope(f"office-{utc_now().timestamp()}", command, "office", writer.seq, utc_now())
        writer.carry_out([Give(SITE, envelope)])
    finally:
        store.close()


async def give(command: Command, paths: Paths) -> None:
    """Give a command to the hub that runs, as the site; raises `Refused`."""
    link = link_of(paths, "site", "site")
    try:
        async with asyncio.timeout(ANSWER_S):
            await link.arrive()
            await link.do(command)
    except TimeoutError as error:
        raise Refused("link.timed_out") from error
    finally:
        await link.close()
