"""Where a site's hub is: its door, the links through it, its store's address, and who may do what there."""

from pathlib import Path

from ioc_console.config import Paths, Site, bearer
from ioc_console.door import Door, write_door
from ioc_console.remote import RemoteLink
from ioc_console.rights import SHIPPED, Rights, read_rights
from ioc_console.words import Words, city_words


def door(paths: Paths) -> Path:
    """Return the file through which a site's guests find its hub."""
    return paths.runtime / "door.json"


def join(site: Site, site_file: Path, paths: Paths) -> None:
    """Where the site joins a hub on another machine, write the door to it."""
    if site.hub.join is None:
        return
    authority = str(site_file.parent / site.hub.join.authority) if site.hub.join.authority else ""
    tokens = {guest: bearer(reference, site_file) for guest, reference in site.hub.join.tokens.items()}
    write_door(door(paths), Door(site.hub.join.url, tokens=tokens, authority=authority))


def link_of(paths: Paths, role: str, name: str, words: Words | None = None) -> RemoteLink:
    """Return a link that seeks the site's hub."""
    link = RemoteLink(words or city_words(), door(paths), role, name)
    link.start()
    return link


def store_url(site: Site, paths: Paths) -> str:
    """Return the address of the site's database; without one in the site file, a file in the data folder."""
    return site.hub.store or f"sqlite:///{paths.data / 'ioc.db'}"


def rights_of(site: Site, site_file: Path) -> Rights:
    """Return the site's roles: its own file's, else those that the console comes with."""
    return read_rights(site_file.parent / site.roles if site.roles else SHIPPED)
