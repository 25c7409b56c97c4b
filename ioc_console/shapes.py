"""Shapes: the fields of an entity as an older version of its kind wrote them, brought up to today's."""

from typing import Any

from ioc_console.model import Entity, Refused, kind_of


def upgraded(fields: dict[str, Any], kind: type[Entity], shape: int) -> dict[str, Any]:
    """Return fields of an older shape as those of today's; raises `Refused` for a shape from the future."""
    if shape > kind.shape:
        raise Refused("store.newer", kind=kind_of(kind), found=shape, known=kind.shape)
    for older in range(shape, kind.shape):
        fields = getattr(kind, f"upgrade_{older}")(fields)
    return fields


def check_upgrades(kind: type[Entity]) -> None:
    """Raise `TypeError` where a kind lacks the step from one of its shapes to the next."""
    lacking = [f"upgrade_{older}" for older in range(1, kind.shape) if not hasattr(kind, f"upgrade_{older}")]
    if lacking:
        raise TypeError(f"{kind.__name__} has shape {kind.shape} and lacks {', '.join(lacking)}")
