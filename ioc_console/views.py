"""Views: how a panel reads an archive kind, a page at a time."""

from enum import Enum
from typing import Annotated

import msgspec


class Is(Enum):
    """How a field is compared in a View."""

    EQUAL = "="
    UNEQUAL = "!="
    LESS = "<"
    LESS_EQUAL = "<="
    MORE = ">"
    MORE_EQUAL = ">="
    ANY_OF = "in"


Scalar = str | int | float | bool | None
"""What a View compares with; a moment stands as its ISO 8601 text."""


class Where(msgspec.Struct, frozen=True):
    """One condition of a View over a scalar field."""

    field: str
    value: Scalar | tuple[Scalar, ...]
    relation: Is = Is.EQUAL


class View(msgspec.Struct, frozen=True):
    """How a panel reads an archive kind, a page at a time.

    `search` is matched without accents against the kind's `searched` fields; `order` names fields, `-` before
    one for descending; `counts` names a field to count by over all that matches.
    """

    kind: str
    where: tuple[Where, ...] = ()
    search: Annotated[str, msgspec.Meta(max_length=200)] = ""
    order: tuple[str, ...] = ("id",)
    offset: Annotated[int, msgspec.Meta(ge=0)] = 0
    limit: Annotated[int, msgspec.Meta(ge=1, le=200)] = 50
    counts: str = ""
