"""What the watchers may know: the live entities as stored, and what went, each with the sequence of its change."""

from collections import OrderedDict
from collections.abc import Iterable, Mapping

from ioc_console.model import Entity, Gone, Key, Written

MOST_TOMBS = 20_000


class Published:
    """The published state of the live kinds; a watcher who knows a sequence not below `floor` can resume from it."""

    def __init__(self, seq: int) -> None:
        self.seq = self.floor = seq
        self.live: dict[str, dict[str, tuple[Entity, int]]] = {}
        self.tombs: OrderedDict[Key, int] = OrderedDict()

    def load(self, live: Mapping[str, Mapping[str, Entity]], seqs: Mapping[Key, int]) -> None:
        """Begin with what the store holds."""
        for kind, entities in live.items():
            self.live[kind] = {id: (entity, seqs[entity.key]) for id, entity in entities.items()}

    def show(self, written: Written, seq: int) -> None:
        """Take in one stored change."""
        key = written.key
        live = self.live.get(key.kind)
        if live is None:
            return
        if isinstance(written, Entity):
            live[key.id] = (written, seq)
            self.tombs.pop(key, None)
            return
        live.pop(key.id, None)
        self.tombs[key] = seq
        self.tombs.move_to_end(key)
        if len(self.tombs) > MOST_TOMBS:
            self.floor = self.tombs.popitem(last=False)[1]

    def missed(self, kinds: frozenset[str], since: int) -> Iterable[Written]:
        """Yield what changed after a sequence, the newest of each."""
        for kind in kinds:
            yield from (entity for entity, seq in self.live[kind].values() if seq > since)
        yield from (Gone(key.kind, key.id) for key, seq in self.tombs.items() if seq > since and key.kind in kinds)

    def snapshot(self, kinds: frozenset[str]) -> Iterable[Entity]:
        """Return everything of some kinds."""
        return [entity for kind in sorted(kinds) for entity, _ in self.live[kind].values()]
