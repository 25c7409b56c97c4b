"""The outbox: what one watcher has not seen, the newest of each entity only, thrown away whole over its bound."""

import asyncio
from collections.abc import Callable, Iterable

import msgspec

from ioc_console.model import Actor, Entity, Gone, Key, Moment, Page, Written
from ioc_console.views import View

MOST_KEYS = 20_000
Snapshot = Callable[[frozenset[str]], Iterable[Entity]]


class Parcel(msgspec.Struct, frozen=True):
    """What a watcher is to take in at once; `fresh` says that it replaces all that the watcher holds."""

    fresh: bool
    seq: int
    at: Moment
    puts: tuple[Entity, ...] = ()
    gone: tuple[Gone, ...] = ()
    pages: tuple[Page, ...] = ()


class Outbox:
    """Collects changes for one watcher between two of its takes; `kinds` are those it names, with what each needs."""

    def __init__(self, actor: Actor, kinds: dict[str, str], most: int = MOST_KEYS) -> None:
        self.actor, self.kinds, self.most = actor, kinds, most
        self.fresh = True
        self.waiting: dict[Key, Written] = {}
        self.views: dict[View, Page | None] = {}
        self.pages: dict[View, Page] = {}
        self.filled = asyncio.Event()
        self.filled.set()
        self.closed = False

    def turn_to(self, actor: Actor) -> None:
        """Let another actor watch from now on: what it may see is sent anew, what it may not is gone."""
        self.actor = actor
        self.fresh = True
        self.waiting.clear()
        self.views = dict.fromkeys(self.views)
        self.filled.set()

    def resume(self, missed: Iterable[Written]) -> None:
        """Begin with what the watcher missed instead of a snapshot."""
        self.fresh = False
        for written in missed:
            self.offer(written)

    def offer(self, written: Written) -> None:
        """Take in one change of a kind that the watcher names; over the bound all is thrown away for a snapshot."""
        if self.fresh or written.key.kind not in self.kinds:
            return
        self.waiting[written.key] = written
        self.filled.set()
        if len(self.waiting) > self.most:
            self.fresh = True
            self.waiting.clear()

    def offer_page(self, page: Page) -> None:
        """Take in the newest page of a View that is kept level, where it differs from the last."""
        if page.view in self.views and self.views[page.view] != page:
            self.views[page.view] = page
            self.pages[page.view] = page
            self.filled.set()

    def take(self, seq: int, at: Moment, snapshot: Snapshot) -> Parcel:
        """Return everything not seen, as the watcher may see it, and begin anew."""
        fresh, self.fresh = self.fresh, False
        written: Iterable[Written] = snapshot(frozenset(self.kinds)) if fresh else self.waiting.values()
        hidden = {kind for kind, needs in self.kinds.items() if not self.actor.can(needs)}
        shown = [self.show(one, hidden) for one in written]
        pages = tuple(self.pages.values())
        self.waiting, self.pages = {}, {}
        self.filled.clear()
        return Parcel(
            fresh=fresh,
            seq=seq,
            at=at,
            puts=tuple(one for one in shown if isinstance(one, Entity)),
            gone=tuple(one for one in shown if isinstance(one, Gone) and not fresh),
            pages=pages,
        )

    def show(self, written: Written, hidden: set[str]) -> Written:
        """Return a change as the watcher may see it: what it may see no longer is gone."""
        if isinstance(written, Gone):
            return written
        if written.key.kind in hidden:
            return Gone(written.key.kind, written.id)
        return written.seen(self.actor) or Gone(written.key.kind, written.id)

    def close(self) -> None:
        """End the watch; whoever waits for it wakes."""
        self.closed = True
        self.filled.set()
