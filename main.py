"""The program: chooses a role and builds its objects; nothing else builds any."""

import argparse
import asyncio
import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

from ioc_console import logs
from ioc_console.commandline import parser
from ioc_console.config import Paths, Site, claim, paths_of, read_site
from ioc_console.model import Refused
from ioc_console.notify import Notifier, die_with_parent
from ioc_console.roles.place import door, join, link_of
from ioc_console.words import Catalogue
from ioc_console.xvfb import screen

HERE = Path(__file__).parent


async def until_stopped(work: Coroutine[Any, Any, Any]) -> None:
    """Do work until it ends or the process is asked to."""
    task = asyncio.ensure_future(work)
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, task.cancel)
    with contextlib.suppress(asyncio.CancelledError):
        await task


def run_display(site: Site, paths: Paths, options: argparse.Namespace) -> int:
    """Be one window."""
    from widgets.display import Display, language_of
    from widgets.layout import layout_file
    from widgets.loop import run_app

    notifier = Notifier()
    pictures = Path(options.pictures) if options.pictures else Path.home() / "IOC"

    async def work() -> int:
        window = f"{layout_file(options.layout).stem}.{options.window}"
        link = link_of(paths, "display", f"{site.hub.join.name}/{window}" if site.hub.join else window)
        place = (site.city, paths.rings, pictures)
        language = language_of(options.language, site.city)
        try:
            display = Display(layout_file(options.layout).resolve(), options.window, link, place, language)
            if options.figures:
                display.keep_figures(Path(options.figures))
            notifier.ready()
            if options.snapshot:
                return await display.snapshot(Path(options.snapshot), options.patience)
            return await display.run(notifier.say, notifier.well, Path(options.latest) if options.latest else None)
        finally:
            await link.close()

    return run_app(work)


def services_of(site: Site, options: argparse.Namespace, latest: Path | None) -> list[Any]:
    """Return the processes of a site: hub, plugins, video, and a display for each window."""
    from ioc_console.kept import Service
    from widgets.layout import layout_file, read_layout

    base = (sys.executable, str(HERE / "main.py"))
    common = ("--site", str(Path(options.site).resolve()))
    groups = max(1, -(-len(site.cameras) // site.video.cameras_per_process))
    found = [] if site.hub.join else [Service("hub", (*base, "hub", *common))]
    found += [Service(f"plugin:{name}", (*base, "plugin", name, *common)) for name in site.plugins]
    found += [
        Service(f"video-{at}", (*base, "video", "--group", f"{at}/{groups}", *common)) for at in range(1, groups + 1)
    ]
    if options.headless:
        return found
    for window in read_layout(layout_file(options.layout)).windows:
        extra = ("--latest", str(latest / f"{window.name}.png")) if latest else ()
        if options.figures:
            extra += ("--figures", str(Path(options.figures).resolve() / f"{window.name}.jsonl"))
        shown = ("--layout", options.layout, "--window", window.name, *language(options), *extra)
        found.append(Service(f"display-{window.name}", (*base, "display", *common, *shown)))
    return found


def language(options: argparse.Namespace) -> tuple[str, ...]:
    """Return the language asked for, as options."""
    return ("--language", options.language) if options.language else ()


async def run_all(site: Site, paths: Paths, options: argparse.Namespace, latest: Path | None) -> None:
    """Keep every process of the site."""
    from ioc_console.keeper import Keeper
    from ioc_console.video.ring_files import sweep

    sweep(paths.rings)
    notifier, link = Notifier(), link_of(paths, "plugin", "keeper")
    beat = asyncio.create_task(notifier.beat())
    notifier.ready()
    try:
        await Keeper(services_of(site, options, latest)).run(link)
    finally:
        beat.cancel()
        await link.close()


def extent(options: argparse.Namespace) -> tuple[int, int]:
    """Return how large a desktop a layout's windows need, in pixels."""
    from widgets.layout import layout_file, read_layout

    windows = read_layout(layout_file(options.layout)).windows
    right = max(window.screen.at[0] + window.size[0] for window in windows)
    bottom = max(window.screen.at[1] + window.size[1] for window in windows)
    return right, bottom


def command_run(site: Site, paths: Paths, options: argparse.Namespace) -> int:
    """Run the whole site until stopped."""
    with screen(*extent(options)) as virtual:
        latest = paths.runtime / "pictures" if virtual else None
        if latest:
            print(f"No display: the wall runs on a virtual one; its latest pictures are in {latest}", flush=True)
        asyncio.run(until_stopped(run_all(site, paths, options, latest)))
    return 0


def command_snapshot(site: Site, paths: Paths, options: argparse.Namespace) -> int:
    """Write one picture of each window of a layout, once its panels are live."""
    from widgets.layout import layout_file, read_layout

    out = Path(options.out)
    out.mkdir(parents=True, exist_ok=True)
    base = [sys.executable, str(HERE / "main.py")]
    common = ["--site", str(Path(options.site).resolve())]
    with screen(*extent(options)):
        background = None
        if not door(paths).exists():
            background = subprocess.Popen([*base, "run", *common, "--layout", options.layout, "--headless"])
        try:
            windows = read_layout(layout_file(options.layout)).windows
            shots = [
                subprocess.Popen(
                    [*base, "display", *common, "--layout", options.layout, "--window", window.name, *language(options),
                     "--snapshot", str(out / f"{window.name}.png"), "--patience", str(options.patience)]
                )
                for window in windows
            ]  # fmt: skip
            results = [shot.wait() for shot in shots]
        finally:
            if background:
                background.terminate()
                background.wait()
    for window, result in zip(windows, results, strict=True):
        print(f"{out / window.name}.png" + ("" if result == 0 else "  (not every panel was live)"))
    return max(results)


def command_check(options: argparse.Namespace) -> int:
    """Check a site or layout file."""
    from widgets.layout import layout_file
    from widgets.legibility import check_layout

    file = Path(options.file) if Path(options.file).exists() else layout_file(options.file)
    if "[[windows]]" in file.read_text(encoding="utf-8", errors="replace"):
        return check_layout(file, Catalogue.load(options.language or "en"))
    site = read_site(file)
    print(f"{file}: {site.city.name}: {len(site.cameras)} cameras, {len(site.sequences)} sequences, well formed")
    return 0


def perform(options: argparse.Namespace) -> int:
    """Do what the command line says."""
    if options.command == "check":
        return command_check(options)
    if options.command == "doctor":
        from ioc_console.doctor import examine

        return examine(Catalogue.load(options.language or "en"))
    site_file = Path(options.site)
    site = read_site(site_file)
    paths = paths_of(site.id)
    for folder in paths.own:
        claim(folder)
    logs.begin(paths.log, options.command if options.command != "display" else f"display-{options.window}")
    if options.command in ("hub", "video", "plugin", "display"):
        die_with_parent()
    if options.command == "bench":
        from tests.bench import measure

        return measure(options)
    join(site, site_file, paths)
    whole = {"run": command_run, "snapshot": command_snapshot, "display": run_display}
    if options.command in whole:
        return whole[options.command](site, paths, options)
    if options.command == "user":
        from ioc_console.roles.office import run_office

        return run_office(site, site_file, paths, options)
    asyncio.run(until_stopped(work_of(site, site_file, paths, options)))
    return 0


def work_of(site: Site, site_file: Path, paths: Paths, options: argparse.Namespace) -> Coroutine[Any, Any, None]:
    """Return the work of a process that has no window."""
    if options.command == "hub":
        from ioc_console.roles.hub import run_hub

        return run_hub(site, site_file, paths)
    from ioc_console.roles.guests import run_demo, run_one_plugin, run_video_group

    if options.command == "video":
        return run_video_group(site, site_file, paths, options.group)
    if options.command == "plugin":
        return run_one_plugin(site, site_file, paths, options.name)
    return run_demo(site, site_file, paths)


def main() -> int:
    """Run the program; return its exit code."""
    arguments = sys.argv[1:]
    if not arguments or (arguments[0].startswith("--") and arguments[0] not in ("--help",)):
        arguments = ["run", *arguments]
    options = parser().parse_args(arguments)
    try:
        return perform(options)
    except Refused as refused:
        vietnamese = os.environ.get("LANG", "").startswith("vi")
        spoken = getattr(options, "language", None) or ("vi" if vietnamese else "en")
        print(Catalogue.load(spoken).tell(refused), file=sys.stderr)
        return 2


if __name__ == "__main__":
    raise SystemExit(main())
