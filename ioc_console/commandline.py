"""The command line: every command of the program with its options."""

import argparse
from collections.abc import Callable
from pathlib import Path

DEMO = Path(__file__).parent.parent / "resources" / "sites" / "demo.toml"
Add = Callable[[str, str], argparse.ArgumentParser]


def parser() -> argparse.ArgumentParser:
    """Return the command line."""
    top = argparse.ArgumentParser(prog="main.py", description="IOC Console: the console of a city's operations centre.")
    commands = top.add_subparsers(dest="command")

    def add(name: str, words: str) -> argparse.ArgumentParser:
        command = commands.add_parser(name, help=words, description=words)
        command.add_argument("--site", default=str(DEMO), help="the site file")
        command.add_argument("--language", choices=("vi", "en"), help="the interface's language; else the site's")
        return command

    run = add("run", "run the whole site: hub, plugins, video and displays")
    run.add_argument("--layout", default="single", help="a layout's name or file")
    run.add_argument("--headless", action="store_true", help="without displays")
    run.add_argument("--figures", help="keep every window's figures in this folder, a line a second")
    add("hub", "be the hub")
    add("video", "be a video process").add_argument(
        "--group", default="1/1", help="which of how many groups of cameras"
    )
    add("plugin", "be a plugin").add_argument("name", help="the plugin's name")
    add("demo", "serve the demo city's cameras alone")
    add_screens(add)
    add_office(add)
    return top


def add_screens(add: Add) -> None:
    """Add the commands that show, check and measure."""
    display = add("display", "be one window of a layout")
    display.add_argument("--layout", default="single")
    display.add_argument("--window", default="main")
    display.add_argument("--pictures", help="where snapshots go")
    display.add_argument("--latest", help="keep the window's latest picture in this file")
    display.add_argument("--figures", help="append the window's figures to this file, a line a second")
    display.add_argument("--snapshot", help="write one picture once all is live, then end")
    snapshot = add("snapshot", "write one picture of each window of a layout")
    snapshot.add_argument("--layout", default="single")
    snapshot.add_argument("--out", default="snapshots", help="the folder for the pictures")
    for command in (display, snapshot):
        command.add_argument("--patience", type=float, default=60.0, help="seconds to wait for live panels")
    add("check", "check a site or layout file").add_argument("file")
    add("doctor", "say what is missing on this machine, and the remedy")
    bench = add("bench", "measure: wall, latency, hub, faults")
    bench.add_argument("what", choices=("wall", "latency", "hub", "faults"))
    bench.add_argument("--cameras", type=int, default=32)
    bench.add_argument("--seconds", type=float, default=15.0)
    bench.add_argument("--json", action="store_true")


def add_office(add: Add) -> None:
    """Add the commands of an administrator."""
    user = add("user", "accounts and tokens: who may log in, and which screens and plugins may come from elsewhere")
    deeds = user.add_subparsers(dest="deed", required=True)
    for name, words in (
        ("add", "add a person's account"),
        ("passwd", "give an account a new password"),
        ("pin", "give an account a PIN for quick change at a station"),
        ("totp", "give an account a second factor"),
        ("disable", "shut an account out"),
        ("enable", "let an account in again"),
        ("token", "make a token for a screen, plugin or monitor on another machine"),
        ("revoke", "revoke a token by its id"),
    ):
        deed = deeds.add_parser(name, help=words, description=words)
        deed.add_argument("name")
        if name in ("add", "token"):
            deed.add_argument("--role", required=name == "add", default="display")
        if name == "add":
            deed.add_argument("--shown", help="the name that others see")
        if name == "token":
            deed.add_argument("--days", type=int, default=365, help="how long it holds")
    deeds.add_parser("list", help="list the accounts")
    deeds.add_parser("tokens", help="list the tokens")
