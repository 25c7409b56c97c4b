"""The columns of a kind of entities, derived from its struct, and an entity as a row of them."""

import json
from collections.abc import Iterable
from datetime import datetime
from enum import Enum
from typing import Any

import msgspec
from msgspec import inspect

from ioc_console.exports.listing import Column, Plain, Shape
from ioc_console.model import Entity, kind_of, snake
from ioc_console.words import Catalogue

JOINT = "; "
"""What stands between the values of a tuple."""

SHAPES: dict[type[inspect.Type], Shape] = {
    inspect.IntType: Shape.NUMBER,
    inspect.FloatType: Shape.DECIMAL,
    inspect.DateTimeType: Shape.MOMENT,
    inspect.BoolType: Shape.YES_NO,
    inspect.ListType: Shape.LIST,
    inspect.SetType: Shape.LIST,
    inspect.FrozenSetType: Shape.LIST,
    inspect.VarTupleType: Shape.LIST,
    inspect.TupleType: Shape.LIST,
}
"""What is not named here is text."""


def columns_of(kind: type[Entity], text: Catalogue) -> tuple[Column, ...]:
    """Return a kind's columns, one a field in the struct's order."""
    found = inspect.type_info(kind)
    fields = found.fields if isinstance(found, inspect.StructType) else ()
    return tuple(Column(f.name, label_of(kind, f.name, text), shape_of(f.type)) for f in fields)


def label_of(kind: type[Entity], name: str, text: Catalogue) -> str:
    """Return what a field is called: of this kind, of any kind, or its name in words."""
    words = name.replace("_", " ").capitalize()
    return text.texts.get(f"field.{kind_of(kind)}_{name}") or text.texts.get(f"field.{name}") or words


def shape_of(found: inspect.Type) -> Shape:
    """Return the shape of a field's values; that of an optional field is the shape of what may stand there."""
    if not isinstance(found, inspect.UnionType):
        return SHAPES.get(type(found), Shape.TEXT)
    shapes = {shape_of(part) for part in found.types if not isinstance(part, inspect.NoneType)}
    if shapes == {Shape.NUMBER, Shape.DECIMAL}:
        return Shape.DECIMAL
    return shapes.pop() if len(shapes) == 1 else Shape.TEXT


def row_of(entity: Entity, columns: Iterable[Column], text: Catalogue) -> tuple[Plain, ...]:
    """Return an entity's values under the columns named."""
    return tuple(plain(getattr(entity, column.name), text) for column in columns)


def plain(value: Any, text: Catalogue) -> Plain:
    """Return a field's value as what stands in a cell: scalars as they are, tuples joined, structs as JSON."""
    if isinstance(value, Enum):
        return said(value, text)
    if value is None or isinstance(value, str | int | float | datetime):
        return value
    if isinstance(value, tuple | list | set | frozenset):
        parts = sorted(value, key=str) if isinstance(value, set | frozenset) else value
        return JOINT.join(piece(part, text) for part in parts)
    return as_json(value)


def piece(value: Any, text: Catalogue) -> str:
    """Return one value of a tuple as text."""
    found = plain(value, text)
    if isinstance(found, bool):
        return text.say("export.yes") if found else text.say("export.no")
    if isinstance(found, datetime):
        return found.isoformat()
    return "" if found is None else str(found)


def said(value: Enum, text: Catalogue) -> str:
    """Return an enum's value in the catalogue's words, or as it is where the catalogue has none."""
    return text.texts.get(f"{snake(type(value).__name__)}.{value.value}", str(value.value))


def as_json(value: Any) -> str:
    """Return a nested value as compact JSON; what JSON does not know stands as its text."""
    # The standard encoder, for it takes lone surrogates, on which msgspec's raises.
    found = msgspec.to_builtins(value, str_keys=True)
    return found if isinstance(found, str) else json.dumps(found, ensure_ascii=False, separators=(",", ":"))
