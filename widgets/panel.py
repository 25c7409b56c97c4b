"""A panel: shows entities, looks at Views, gives commands, and knows nothing of its neighbours."""

from datetime import datetime
from pathlib import Path
from typing import ClassVar

import msgspec
from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from ioc_console.config import City
from ioc_console.model import Command, Delta, Done, Entity, Page, Refused, kind_of
from ioc_console.views import View
from ioc_console.words import Catalogue
from widgets.bridge import Bridge, LinkState
from widgets.theme import Theme


class Place(msgspec.Struct, frozen=True):
    """What a panel is given, and nothing else; `unit` is a 192nd of the window's width, in pixels."""

    surface: str
    bridge: Bridge
    theme: Theme
    text: Catalogue
    city: City
    rings: Path
    pictures: Path
    unit: float


class Scene(msgspec.Struct, frozen=True):
    """What a window is given to hand on to its panels."""

    city: City
    bridge: Bridge
    rings: Path
    pictures: Path
    text: Catalogue


class NoSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A panel that takes no settings."""


class Panel(QWidget):
    """One rectangle of a window; a subclass is one file, found by its module's name."""

    title: ClassVar[str] = ""
    shows: ClassVar[tuple[type[Entity], ...]] = ()
    Settings: ClassVar[type[msgspec.Struct]] = NoSettings

    notice = Signal(str)

    def __init__(self, place: Place, settings: msgspec.Struct, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.place, self.settings = place, settings
        self.views: list[View] = []
        self.theme, self.text, self.bridge = place.theme, place.text, place.bridge
        self.build()

    @classmethod
    def least(cls, theme: Theme, settings: msgspec.Struct) -> tuple[float, float]:
        """Return the width and height in pixels that the panel's text needs at its proper size."""
        return 0.0, 0.0

    def build(self) -> None:
        """Make what the panel is made of."""

    def take(self, delta: Delta) -> None:
        """Take in what of a change is this panel's, then repaint once."""
        kinds = {kind_of(kind) for kind in self.shows}
        puts = [entity for entity in delta.puts if entity.key.kind in kinds]
        gone = [one for one in delta.gone if one.kind in kinds]
        pages = [page for page in delta.pages if page.view in self.views]
        for entity in puts:
            self.put(entity)
        for one in gone:
            self.gone(one.kind, one.id)
        for page in pages:
            self.page(page)
        if puts or gone or pages:
            self.level()

    def put(self, entity: Entity) -> None:
        """Take in an entity that is new or has changed."""

    def gone(self, kind: str, id: str) -> None:
        """Take in that an entity is no more."""

    def page(self, page: Page) -> None:
        """Take in the newest page of a View."""

    def level(self) -> None:
        """Repaint once everything of a change was handed over."""
        self.update()

    def tick(self, now: datetime) -> None:
        """Take in the hub's time, once a second."""

    def linked(self, state: LinkState) -> None:
        """Take in that the link came or went."""

    def ready(self) -> bool:
        """Say whether the panel shows what is live."""
        return True

    def leave(self) -> None:
        """Let go of what the panel holds beyond its widgets."""

    def look(self, view: View) -> None:
        """Have `page` called with a View's pages, until `drop` or until the panel goes."""
        if view not in self.views:
            self.views.append(view)
            self.bridge.look(view)

    def drop(self, view: View) -> None:
        """Look at a View no longer."""
        if view in self.views:
            self.views.remove(view)
            self.bridge.drop(view)

    def part(self) -> None:
        """Go for good: let go of everything, the Views looked at too."""
        self.leave()
        for view in tuple(self.views):
            self.drop(view)
        self.setParent(None)
        self.deleteLater()

    def do(self, command: Command) -> None:
        """Give a command; a refusal is told on the window."""
        self.bridge.do(command, self.answered)

    def answered(self, answer: Done | Refused) -> None:
        """Take in a command's answer."""
        if isinstance(answer, Refused):
            self.notice.emit(self.text.tell(answer))
