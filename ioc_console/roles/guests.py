"""The processes that are guests of the hub: video and plugins."""

import asyncio
from pathlib import Path

from ioc_console.config import Paths, Site
from ioc_console.engine import PluginPlace, load_plugin, run_plugin
from ioc_console.notify import Notifier
from ioc_console.roles.place import link_of
from ioc_console.video.process import run_video


async def run_video_group(site: Site, site_file: Path, paths: Paths, group: str) -> None:
    """Be one of the video processes; `group` is I/N."""
    at, of = (int(part) for part in group.split("/"))
    notifier, link = Notifier(), link_of(paths, "plugin", "video")
    beat = asyncio.create_task(notifier.beat())
    try:
        await run_video(site, site_file, site.cameras[at - 1 :: of], paths.rings, link, notifier.ready)
    finally:
        beat.cancel()
        await link.close()


async def run_one_plugin(site: Site, site_file: Path, paths: Paths, name: str) -> None:
    """Be a plugin in a process of its own."""
    notifier, link = Notifier(), link_of(paths, "plugin", name)

    def say(status: str) -> None:
        notifier.say(status)
        print(f"{name}: {status}", flush=True)

    place = PluginPlace(site, site_file, paths.data / name, paths.cache, paths.log, paths.rings, say)
    notifier.ready()
    try:
        plugin = load_plugin(name, site.plugins.get(name, {}), site_file)
        await run_plugin(plugin, link, place, lambda condition, words: notifier.say(f"{condition.value}: {words}"))
    finally:
        await link.close()


async def run_demo(site: Site, site_file: Path, paths: Paths) -> None:
    """Serve the demo city alone, its progress on the terminal."""
    plugin = load_plugin("demo_city", site.plugins.get("demo_city", {}), site_file)
    say = lambda words: print(words, flush=True)  # noqa: E731
    place = PluginPlace(site, site_file, paths.data / "demo_city", paths.cache, paths.log, paths.rings, say)
    await plugin.run(None, plugin.config, place)
