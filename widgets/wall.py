"""The wall: reads one window of a layout and hands entities to its panels; it has no feature of its own."""

import logging
from datetime import datetime
from pathlib import Path

import msgspec
from PySide6.QtCore import QFileSystemWatcher, QRect, QRectF, Qt, QTimer
from PySide6.QtGui import QGuiApplication, QKeyEvent, QPainter, QPaintEvent, QScreen
from PySide6.QtWidgets import QWidget

from ioc_console.config import City
from ioc_console.model import Delta, Entity, Refused, kind_of
from ioc_console.words import LANGUAGES, Catalogue
from widgets.bridge import Bridge, LinkState
from widgets.layout import Layout, Placed, Window, read_layout, read_panels
from widgets.panel import Panel, Place
from widgets.theme import Theme
from widgets.toast import Help, Toast

log = logging.getLogger(__name__)
SETTLE_MS = 750


class Scene(msgspec.Struct, frozen=True):
    """What a window is given to hand on to its panels."""

    city: City
    bridge: Bridge
    rings: Path
    pictures: Path
    text: Catalogue


class Wall(QWidget):
    """One window of a layout."""

    def __init__(self, file: Path, window: str, scene: Scene) -> None:
        super().__init__()
        self.file, self.window_name, self.scene = file, window, scene
        self.bridge, self.text = scene.bridge, scene.text
        self.held: dict[tuple[str, str], Entity] = {}
        self.panels: list[Panel] = []
        self.shown: set[type[Entity]] = set()
        self.error = ""
        self.window_read = read_layout(file).window(window)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setWindowTitle(f"IOC Console · {self.window_read.name}")
        self.beat = self.timer(1_000, self.tick)
        self.settle = self.timer(SETTLE_MS, self.reread)
        self.settle.setSingleShot(True)
        self.begin()

    def timer(self, every_ms: int, then: object) -> QTimer:
        """Return a timer of this window's."""
        timer = QTimer(self)
        timer.setInterval(every_ms)
        timer.timeout.connect(then)
        return timer

    def begin(self) -> None:
        """Place the window, build its panels and follow link, screens and layout file."""
        self.theme = Theme(self.window_read.theme, self.window_read.surface(self.window_read.size[0]))
        self.toast, self.help = Toast(self), Help(self)
        self.place()
        self.build()
        self.bridge.delta.connect(self.take)
        self.bridge.state.connect(self.linked)
        self.watcher = QFileSystemWatcher([str(self.file), str(self.file.parent)], self)
        self.watcher.fileChanged.connect(self.settle.start)
        self.watcher.directoryChanged.connect(self.settle.start)
        application = QGuiApplication.instance()
        assert isinstance(application, QGuiApplication)
        # A screen that comes or goes is not touched here: what stands is read anew once all is quiet.
        application.screenAdded.connect(self.settle.start)
        application.screenRemoved.connect(self.settle.start)
        self.beat.start()

    def place(self) -> None:
        """Stand on the screen that the layout names; while that is missing, the window waits hidden."""
        wanted = self.window_read.screen
        screen = screen_named(wanted.name)
        if wanted.name and screen is None:
            log.warning(
                "screen %s is missing; there are %s", wanted.name, [s.name() for s in QGuiApplication.screens()]
            )
            self.hide()
            return
        if self.window_read.kiosk:
            self.setWindowFlags(Qt.WindowType.FramelessWindowHint)
            self.setCursor(Qt.CursorShape.ArrowCursor)
        origin = screen.geometry().topLeft() if screen else None
        left, top = (origin.x(), origin.y()) if origin else wanted.at
        size = (
            (screen.geometry().width(), screen.geometry().height()) if screen and wanted.name else self.window_read.size
        )
        self.setGeometry(left, top, *size)
        self.show()

    def build(self) -> None:
        """Build the panels at their rectangles, to the pixel."""
        unit = self.width() / 192
        self.theme = Theme(self.window_read.theme, self.window_read.surface(self.width()))
        for placed in read_panels(self.window_read, self.file, self.window_name):
            self.panels.append(self.make(placed, unit))
        shown = {kind for panel in self.panels for kind in panel.shows}
        if shown != self.shown:
            self.shown, self.held = shown, {}
            self.bridge.begin(sorted(shown, key=kind_of))
        for panel in self.panels:
            self.fill(panel)
        first = next((p for p in self.panels if p.focusPolicy() != Qt.FocusPolicy.NoFocus), None)
        if first:
            first.setFocus()
        self.toast.dress(self.theme)
        self.help.dress(self.theme, self.text)

    def make(self, placed: Placed, unit: float) -> Panel:
        """Make one panel."""
        surface = f"{self.file.stem}.{self.window_name}.{placed.name}"
        scene = self.scene
        place = Place(surface, self.bridge, self.theme, self.text, scene.city, scene.rings, scene.pictures, unit)
        panel = placed.panel(place, placed.settings, self)
        left, top, width, height = placed.at
        edges = round(left * unit), round(top * unit), round((left + width) * unit), round((top + height) * unit)
        panel.setGeometry(QRect(edges[0], edges[1], edges[2] - edges[0], edges[3] - edges[1]))
        panel.notice.connect(self.toast.say)
        panel.show()
        return panel

    def fill(self, panel: Panel) -> None:
        """Hand a new panel what there is."""
        kinds = {kind_of(kind) for kind in panel.shows}
        for (kind, _), entity in self.held.items():
            if kind in kinds:
                panel.put(entity)
        panel.linked(LinkState(self.bridge.up, self.bridge.since))
        panel.level()

    def take(self, delta: Delta) -> None:
        """Hand on what changed, then let the panels repaint once."""
        for gone in delta.gone:
            self.held.pop((gone.kind, gone.id), None)
        self.held.update(((entity.key.kind, entity.id), entity) for entity in delta.puts)
        for panel in self.panels:
            kinds = {kind_of(kind) for kind in panel.shows}
            puts = [entity for entity in delta.puts if entity.key.kind in kinds]
            gone = [one for one in delta.gone if one.kind in kinds]
            for entity in puts:
                panel.put(entity)
            for one in gone:
                panel.gone(one.kind, one.id)
            for page in delta.pages:
                panel.page(page)
            if puts or gone or delta.pages:
                panel.level()

    def tick(self) -> None:
        """Tell the panels the hub's time."""
        self.bridge.tick()
        now: datetime = self.bridge.now()
        for panel in self.panels:
            panel.tick(now)

    def linked(self, state: LinkState) -> None:
        """Tell the panels that the link came or went."""
        for panel in self.panels:
            panel.linked(state)

    def reread(self) -> None:
        """Take a changed layout or changed screens in; what is invalid leaves the last good one in force."""
        if str(self.file) not in self.watcher.files() and self.file.exists():
            self.watcher.addPath(str(self.file))
        try:
            layout: Layout = read_layout(self.file)
            window: Window = layout.window(self.window_name)
        except Refused as refused:
            self.error = self.text.tell(refused)
            self.toast.stay(self.error)
            return
        changed = window != self.window_read
        self.error, self.window_read = "", window
        self.toast.leave()
        if changed or not self.isVisible() or self.misplaced():
            self.clear()
            self.place()
            self.build()

    def misplaced(self) -> bool:
        """Say whether the window is not where its screen is."""
        screen = screen_named(self.window_read.screen.name)
        return bool(self.window_read.screen.name) and (screen is None or screen.geometry() != self.geometry())

    def clear(self) -> None:
        """Let the panels go."""
        for panel in self.panels:
            panel.leave()
            panel.setParent(None)
            panel.deleteLater()
        self.panels = []

    def leave(self) -> None:
        """Close the window for good."""
        self.beat.stop()
        self.settle.stop()
        self.clear()
        self.bridge.close()
        self.close()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_F1 or event.text() == "?":
            self.help.toggle()
        elif event.key() == Qt.Key.Key_L and event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.speak(next(name for name in LANGUAGES if name != self.text.language))

    def speak(self, language: str) -> None:
        """Show everything in another language."""
        self.text = Catalogue.load(language)
        self.clear()
        self.build()

    def paintEvent(self, event: QPaintEvent) -> None:
        QPainter(self).fillRect(QRectF(self.rect()), self.theme.bg)


def screen_named(name: str) -> QScreen | None:
    """Return the screen of a name, or None."""
    return next((screen for screen in QGuiApplication.screens() if name and screen.name() == name), None)
