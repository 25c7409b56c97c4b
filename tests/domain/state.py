"""A state for rules: what stands before, and what a command makes of it."""

from collections.abc import Iterable
from datetime import datetime

from ioc_console.model import Actor, Command, E, Entity, Gone, Key, kind_of


class Standing:
    """A state that holds what it is given."""

    def __init__(self, *entities: Entity) -> None:
        self.held: dict[Key, Entity] = {entity.key: entity for entity in entities}

    def get(self, kind: type[E], id: str) -> E | None:
        return self.held.get(Key(kind_of(kind), id))

    def all(self, kind: type[E]) -> Iterable[E]:
        return [entity for entity in self.held.values() if isinstance(entity, kind)]

    def do(self, command: Command, actor: Actor, at: datetime) -> list[Entity | Gone]:
        """Apply a command; return what it changed."""
        written = list(command.apply(self, actor, at))
        for one in written:
            if isinstance(one, Gone):
                del self.held[one.key]
            else:
                self.held[one.key] = one
        return written
