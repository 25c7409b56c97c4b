"""The door: the file through which a site's guests find its hub, with the secret of the hub's present start."""

from pathlib import Path

import msgspec


class Door(msgspec.Struct, frozen=True):
    """Where the control listener is, and how to prove oneself: the start's secret, or tokens of accounts by guest.

    `tokens` stand under a plugin's name, and under `display` for every screen. `url` is `ws://`, `wss://` or `unix:`
    and a socket's file; `authority` is the file of the certificate, or of the authority that signed it, where the
    system's own do not know it.
    """

    url: str
    secret: str = ""
    tokens: dict[str, str] = {}
    authority: str = ""


def write_door(file: Path, door: Door) -> None:
    """Write the door so that only its owner may read it, at once or not at all."""
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    fresh = file.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    fresh.touch(mode=0o600)
    fresh.write_bytes(msgspec.json.encode(door))
    fresh.replace(file)


def read_door(file: Path) -> Door:
    """Read the door; raises `OSError` or `msgspec.MsgspecError` where there is none yet."""
    return msgspec.json.decode(file.read_bytes(), type=Door)
