"""The declarations walked: decoders by kind and tag, the permission table, and the text catalogue."""

import inspect
import pkgutil
import tomllib
from collections.abc import Iterator, Mapping
from functools import reduce
from importlib import import_module
from operator import or_
from pathlib import Path
from types import ModuleType
from typing import Any

import msgspec

from ioc_console import domain
from ioc_console.model import MOST_BYTES, Command, Entity, Refused, WorldCommand, kind_of
from ioc_console.shapes import check_upgrades

TEXTS = Path(__file__).parent.parent / "resources" / "i18n"
LANGUAGES = ("vi", "en")


class Catalogue:
    """The texts of one language, by `table.key`."""

    def __init__(self, texts: Mapping[str, str], language: str) -> None:
        self.texts = texts
        self.language = language

    @classmethod
    def load(cls, language: str) -> "Catalogue":
        """Read a language's file; raises `Refused` where there is none."""
        if language not in LANGUAGES:
            raise Refused("config.language_unknown", found=language, allowed=", ".join(LANGUAGES))
        tables = tomllib.loads((TEXTS / f"{language}.toml").read_text(encoding="utf-8"))
        return cls(dict(flatten(tables)), language)

    def say(self, key: str, /, **facts: Any) -> str:
        """Return a text with its facts filled in; raises `KeyError` for a key or a fact that is missing."""
        return self.texts[key].format_map(facts)

    def tell(self, refused: Refused) -> str:
        """Return a refusal in words; a code from a newer or foreign source is shown as it is."""
        try:
            return self.say(refused.code, **refused.facts)
        except (KeyError, ValueError, IndexError):
            return str(refused)


def flatten(tables: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    """Yield every text of nested tables under its dotted key."""
    for name, value in tables.items():
        if isinstance(value, Mapping):
            yield from flatten(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value


class Words:
    """The kinds and commands that a set of modules declares, with the decoders over them."""

    def __init__(self, *modules: ModuleType) -> None:
        self.kinds: dict[str, type[Entity]] = {}
        self.commands: dict[str, type[Command]] = {}
        for module in modules:
            self.take(module)
        self.decoder = msgspec.json.Decoder(union(self.kinds.values()))
        self.command_decoder = msgspec.json.Decoder(union(self.commands.values()))

    def take(self, module: ModuleType) -> None:
        """Add what one module declares; raises `TypeError` for a name taken or a contradiction in it."""
        for found in declared(module, Entity):
            claim(self.kinds, kind_of(found), found)
            check_kind(found)
        for order in declared(module, Command):
            tag = order.__struct_config__.tag
            if isinstance(tag, str) and "." in tag:
                claim(self.commands, tag, order)
                check_command(order)

    def entity(self, kind: str, data: bytes | str) -> Entity:
        """Decode one entity; raises `Refused` where it is malformed, too large or of another kind."""
        if len(data) > MOST_BYTES:
            raise Refused("entity.too_large", kind=kind, bytes=len(data), most=MOST_BYTES)
        try:
            return msgspec.json.decode(data, type=self.kinds[kind])
        except (msgspec.ValidationError, msgspec.DecodeError, KeyError) as error:
            raise Refused("entity.malformed", kind=kind, reason=str(error)) from error

    def permissions(self) -> dict[str, str]:
        """Return every command's tag with the permission that it needs."""
        return {tag: order.needs for tag, order in sorted(self.commands.items())}

    def granted(self) -> set[str]:
        """Return every permission that a declaration speaks of."""
        orders = {name for order in self.commands.values() for name in (order.needs, *order.also)}
        kinds = {name for kind in self.kinds.values() for name in (kind.needs, kind.reveal) if name}
        return orders | kinds


def declared(module: ModuleType, base: type[Any]) -> Iterator[type[Any]]:
    """Yield the proper subclasses of `base` that a module itself declares, in its order."""
    for found in vars(module).values():
        if inspect.isclass(found) and issubclass(found, base) and found.__module__ == module.__name__:
            yield found


def claim(table: dict[str, Any], name: str, found: type[Any]) -> None:
    """Enter a declaration under its name; raises `TypeError` where another has it."""
    if table.setdefault(name, found) is not found:
        raise TypeError(f"{name} is declared by {table[name].__module__} and {found.__module__}")


def check_kind(kind: type[Entity]) -> None:
    """Raise `TypeError` where a kind's declarations contradict each other."""
    if kind.change.value == "observed" and not kind.source:
        raise TypeError(f"{kind.__name__} is observed and names no source")
    if not kind.needs:
        raise TypeError(f"{kind.__name__} needs no permission to be seen")
    if kind.personal and not (kind.reveal and kind.needs != Entity.needs):
        raise TypeError(f"{kind.__name__} is personal and needs permissions of its own to be seen and revealed")
    check_upgrades(kind)
    fields = set(kind.__struct_fields__)
    unknown = [name for index in (*kind.indexes, kind.searched) for name in index if name not in fields]
    if unknown:
        raise TypeError(f"{kind.__name__} indexes {', '.join(unknown)}, which it does not have")


def check_command(order: type[Command]) -> None:
    """Raise `TypeError` where a command lacks a permission, a docstring, or a carrier for the world."""
    if not order.needs or not order.__doc__:
        raise TypeError(f"{order.__name__} needs a permission and a docstring")
    if issubclass(order, WorldCommand) and not order.carrier:
        raise TypeError(f"{order.__name__} acts on the world and names no carrier")


def union(types: Any) -> Any:
    """Return the tagged union of struct types; of none, a type that decodes nothing."""
    found = tuple(types)
    return reduce(or_, found[1:], found[0]) if found else None


def city_words(*more: ModuleType) -> Words:
    """Return the words of every domain module, and of the modules given."""
    names = [info.name for info in pkgutil.iter_modules(domain.__path__, f"{domain.__name__}.")]
    return Words(*(import_module(name) for name in names), *more)
