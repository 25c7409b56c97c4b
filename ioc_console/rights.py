"""Rights: the roles of people, screens and plugins, as patterns of permissions, read from a file."""

import tomllib
from fnmatch import fnmatchcase
from functools import lru_cache
from pathlib import Path
from typing import Annotated

import msgspec

from ioc_console.model import Actor, Refused

SHIPPED = Path(__file__).parent.parent / "resources" / "roles.toml"
Pattern = Annotated[str, msgspec.Meta(pattern=r"^[a-z_*?]+(\.[a-z_*?]+)*$", max_length=80)]
RoleName = Annotated[str, msgspec.Meta(pattern=r"^[a-z][a-z0-9_]{0,31}$")]
OWN: dict[str, tuple[str, ...]] = {"clock": ("*",), "site": ("*",), "hub": ("*",), "keeper": ("console.see",)}
"""The console's own actors; no account may have these roles."""
PLUGIN = ("console.see",)
"""What a plugin may do that the roles do not name."""


class Role(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What a role may do; `lends` lets people log in at such a screen, `totp` demands a second factor of a person."""

    may: tuple[Pattern, ...]
    person: bool = False
    lends: bool = False
    totp: bool = False


class Rights(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Every role, what named plugins may do, and the commands that take a second person."""

    roles: dict[RoleName, Role]
    plugins: dict[RoleName, Role] = {}
    second: tuple[Pattern, ...] = ()

    def actor(self, name: str, role: str) -> Actor:
        """Return who somebody is by name and role; raises `Refused` for a role that there is not."""
        if role == "plugin":
            known = self.plugins.get(name)
            return Actor(name=name, role=role, may=known.may if known else PLUGIN)
        if role in OWN:
            return Actor(name=name, role=role, may=OWN[role])
        found = self.role(role)
        return Actor(name=name, role=role, may=found.may, person=found.person, lends=found.lends)

    def role(self, name: str) -> Role:
        """Return a role that accounts may have; raises `Refused`."""
        if name not in self.roles:
            raise Refused("gate.role_unknown", role=name)
        return self.roles[name]

    def takes_second(self, tag: str) -> bool:
        """Say whether a command by this tag takes a second person."""
        return any(fnmatchcase(tag, pattern) for pattern in self.second)


def read_rights(file: Path) -> Rights:
    """Read a file of roles; raises `Refused` naming file, key and what is wrong."""
    try:
        rights = msgspec.convert(tomllib.loads(file.read_text(encoding="utf-8")), Rights)
    except OSError as error:
        raise Refused("config.unreadable", file=str(file), reason=error.strerror or str(error)) from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise Refused("config.not_toml", file=str(file), reason=str(error)) from error
    except msgspec.ValidationError as error:
        what, _, where = str(error).partition(" - at ")
        raise Refused("config.wrong", file=str(file), key=where.strip("`$."), reason=what, found="") from error
    taken = sorted({"plugin", *OWN} & set(rights.roles))
    if taken:
        raise Refused("config.wrong", file=str(file), key=f"roles.{taken[0]}", reason="reserved", found=taken[0])
    return rights


@lru_cache(1)
def shipped_rights() -> Rights:
    """Return the roles that the console comes with."""
    return read_rights(SHIPPED)
