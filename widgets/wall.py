"""The wall: reads one window of a layout and hands entities to its panels; it has no feature of its own."""

from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import QFileSystemWatcher, QPoint, QRectF, Qt, QTimer
from PySide6.QtGui import QGuiApplication, QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from ioc_console.model import Delta, Entity, Refused, kind_of
from ioc_console.words import LANGUAGES, Catalogue
from widgets.bridge import LinkState
from widgets.drift import offset
from widgets.layout import Layout, Placed, Window, read_layout, read_panels
from widgets.panel import Panel, Place, Scene
from widgets.screens import is_misplaced, standing
from widgets.theme import NAMES, Theme
from widgets.toast import Help, Toast

SETTLE_MS, SECOND_MS = 750, 1_000


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
        self.beat = timer(self, SECOND_MS, self.tick)
        self.settle = timer(self, SETTLE_MS, self.reread)
        self.begin()

    def begin(self) -> None:
        """Place the window, build its panels and follow link, screens and layout file."""
        self.theme_name: str = self.window_read.theme
        self.theme = Theme(self.theme_name, self.window_read.surface(self.window_read.size[0]))
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
        area = standing(self.window_read)
        if area is None:
            self.hide()
            return
        if self.window_read.kiosk:
            self.setWindowFlags(Qt.WindowType.FramelessWindowHint)
            self.setCursor(Qt.CursorShape.ArrowCursor)
        self.setGeometry(area)
        self.show()

    def build(self) -> None:
        """Build the panels at their rectangles, to the pixel."""
        unit = self.width() / 192
        self.theme = Theme(self.theme_name, self.window_read.surface(self.width()))
        self.setPalette(self.theme.palette())
        for placed in read_panels(self.window_read, self.file, self.window_name):
            self.panels.append(self.make(placed, unit))
        self.drifted = (0, 0)
        self.drift()
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
        panel.setGeometry(self.window_read.area(placed.at, (self.width(), self.height())))
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
        """Keep what changed, and hand it on."""
        for gone in delta.gone:
            self.held.pop((gone.kind, gone.id), None)
        self.held.update(((entity.key.kind, entity.id), entity) for entity in delta.puts)
        for panel in self.panels:
            panel.take(delta)

    def tick(self) -> None:
        """Tell the panels the hub's time."""
        now = self.bridge.now()
        # At the turn of each second, so that no two clocks on a wall differ; first, so that nothing can stop it.
        self.beat.start(SECOND_MS - now.microsecond // 1_000 + 1)
        self.bridge.tick()
        self.drift()
        for panel in self.panels:
            panel.tick(now)

    def drift(self) -> None:
        """Move the content by the pixel that its time asks for, where the layout has it."""
        to = offset(self.bridge.now()) if self.window_read.pixel_shift else (0, 0)
        by = QPoint(to[0] - self.drifted[0], to[1] - self.drifted[1])
        if not by.isNull():
            for panel in self.panels:
                panel.move(panel.pos() + by)
            self.drifted = to
            self.update()

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
        if window.theme != self.window_read.theme:
            self.theme_name = window.theme
        self.error, self.window_read = "", window
        self.toast.leave()
        if changed or not self.isVisible() or is_misplaced(self.window_read, self.geometry()):
            self.clear()
            self.place()
            self.build()

    def clear(self) -> None:
        """Let the panels go."""
        for panel in self.panels:
            panel.part()
        self.panels = []

    def leave(self) -> None:
        """Close the window for good."""
        self.beat.stop()
        self.settle.stop()
        self.clear()
        self.bridge.close()
        self.close()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        held = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
        act = KEYS.get((Qt.Key(event.key()), held))
        if event.text() == "?":
            act = Wall.explain
        if act is None:
            event.ignore()
            return
        act(self)

    def explain(self) -> None:
        """Show the key card, or put it away."""
        self.help.toggle()

    def speak_other(self) -> None:
        """Show everything in the other language."""
        self.text = Catalogue.load(following(LANGUAGES, self.text.language))
        self.rebuild()

    def wear_other(self) -> None:
        """Show everything in the other theme, until the layout's own word on it changes."""
        self.theme_name = following(NAMES, self.theme_name)
        self.rebuild()

    def rebuild(self) -> None:
        """Build the panels anew."""
        self.clear()
        self.build()
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        QPainter(self).fillRect(QRectF(self.rect()), self.theme.bg)


KEYS: dict[tuple[Qt.Key, bool], Callable[[Wall], None]] = {
    (Qt.Key.Key_F1, False): Wall.explain,
    (Qt.Key.Key_L, True): Wall.speak_other,
    (Qt.Key.Key_T, True): Wall.wear_other,
}
"""What a key does on every window, by key and Ctrl."""


def timer(window: QWidget, after_ms: int, then: Callable[[], None]) -> QTimer:
    """Return a timer of a window's that runs once each time it is started."""
    made = QTimer(window)
    made.setInterval(after_ms)
    made.setSingleShot(True)
    made.setTimerType(Qt.TimerType.PreciseTimer)
    made.timeout.connect(then)
    return made


def following(names: Sequence[str], name: str) -> str:
    """Return the name after one, round and round."""
    return names[(names.index(name) + 1) % len(names)]
