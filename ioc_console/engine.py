"""The engine: loads plugins by name and keeps each one running, whatever it does."""

import asyncio
import logging
import pkgutil
import time
from collections.abc import Awaitable, Callable
from importlib import import_module
from importlib.metadata import entry_points
from pathlib import Path
from types import ModuleType
from typing import Any

import msgspec

from ioc_console.client import Link
from ioc_console.config import Site, convert
from ioc_console.domain.health import Condition
from ioc_console.model import Refused

log = logging.getLogger(__name__)
PACKAGE = "plugins"
GROUP = "ioc_console.plugins"
FIRST_RETRY_S, LAST_RETRY_S, CALM_S = 1.0, 60.0, 60.0
Report = Callable[[Condition, str], None]


class PluginPlace(msgspec.Struct, frozen=True):
    """What a plugin is given beside its link: the site, its folders, and how it says what it does."""

    site: Site
    site_file: Path
    data: Path
    cache: Path
    log: Path
    rings: Path
    say: Callable[[str], None]


class Plugin(msgspec.Struct, frozen=True):
    """A loaded plugin with its settings."""

    name: str
    config: Any
    run: Callable[[Link | None, Any, PluginPlace], Awaitable[None]]


class NoConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The settings of a plugin that takes none."""


def known_plugins() -> dict[str, Callable[[], ModuleType]]:
    """Return how to load every plugin there is, by name: those beside the core, then installed ones."""
    home = import_module(PACKAGE)
    found: dict[str, Callable[[], ModuleType]] = {entry.name: entry.load for entry in entry_points(group=GROUP)}
    for info in pkgutil.iter_modules(home.__path__):
        found[info.name] = lambda name=info.name: import_module(f"{PACKAGE}.{name}")  # type: ignore[misc]
    return found


def load_plugin(name: str, settings: dict[str, Any], site_file: Path) -> Plugin:
    """Load a plugin and read its settings; raises `Refused` naming the plugins there are, or the wrong key."""
    known = known_plugins()
    if name not in known:
        raise Refused("plugin.unknown", file=str(site_file), name=name, allowed=", ".join(sorted(known)))
    module = known[name]()
    try:
        config = convert(settings, getattr(module, "Config", NoConfig), site_file)
    except Refused as refused:
        inner = refused.facts["key"]
        refused.facts["key"] = f"plugins.{name}" if inner == "." else f"plugins.{name}.{inner}"
        raise
    return Plugin(name, config, module.run)


async def run_plugin(plugin: Plugin, link: Link | None, place: PluginPlace, report: Report) -> None:
    """Run a plugin until it returns; a crash is logged, reported and tried again with growing patience."""
    patience = FIRST_RETRY_S
    while True:
        began = time.monotonic()
        report(Condition.RUNNING, plugin.name)
        try:
            await plugin.run(link, plugin.config, place)
        except Exception as error:
            log.exception("%s crashed", plugin.name)
            calm = time.monotonic() - began > CALM_S
            patience = FIRST_RETRY_S if calm else patience
            report(Condition.FAILING, f"{type(error).__name__}: {error}"[:200])
            await asyncio.sleep(patience)
            patience = min(patience * 2, LAST_RETRY_S)
            continue
        report(Condition.STOPPED, plugin.name)
        return
