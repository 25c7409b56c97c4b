"""Watching: what the watchers may know, and each one's outbox."""

import secrets

from ioc_console.clock import Now
from ioc_console.gate import admit_kinds
from ioc_console.levels import Levels, Look
from ioc_console.model import Actor, Entity, Refused, Scope
from ioc_console.outbox import Outbox, Parcel
from ioc_console.published import Published
from ioc_console.wishes import Made


class Watching:
    """The published state of the live kinds, the outboxes over it, and the pages kept level."""

    def __init__(self, kinds: dict[str, type[Entity]], seq: int, now: Now, look: Look) -> None:
        self.kinds, self.now = kinds, now
        self.epoch = secrets.token_hex(8)
        self.published = Published(seq)
        self.outboxes: set[Outbox] = set()
        self.levels = Levels(look)

    def watch(self, actor: Actor, kinds: frozenset[str], since: int = 0, epoch: str = "") -> Outbox:
        """Open an outbox over live kinds, with what was missed since a sequence, or with a snapshot."""
        admit_kinds(actor, kinds, self.kinds)
        for kind in kinds:
            if self.kinds[kind].scope is not Scope.LIVE:
                raise Refused("view.only", kind=kind)
        outbox = Outbox(actor, {kind: self.kinds[kind].needs for kind in kinds})
        if epoch == self.epoch and since >= self.published.floor:
            outbox.resume(self.published.missed(kinds, since))
        self.outboxes.add(outbox)
        return outbox

    def unwatch(self, outbox: Outbox) -> None:
        """Close an outbox."""
        self.outboxes.discard(outbox)
        outbox.close()

    def take(self, outbox: Outbox) -> Parcel:
        """Take what an outbox holds."""
        return outbox.take(self.published.seq, self.now(), self.published.snapshot)

    def publish(self, made: Made) -> None:
        """Let the watchers see one stored change."""
        self.published.seq = max(self.published.seq, made.seq)
        for written in made.written:
            self.levels.touched.add(written.key.kind)
            self.published.show(written, made.seq)
            for outbox in self.outboxes:
                outbox.offer(written)

    def close(self) -> None:
        """End every watch."""
        for outbox in tuple(self.outboxes):
            outbox.close()
