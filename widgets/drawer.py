"""The drawer: a list at the wall's left edge, searched without accents, chosen from by key or mouse."""

from collections.abc import Callable
from typing import Any

import msgspec
from PySide6.QtCore import (
    QAbstractListModel,
    QEvent,
    QMimeData,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QRectF,
    QSize,
    Qt,
)
from PySide6.QtGui import QKeyEvent, QPainter
from PySide6.QtWidgets import (
    QFrame,
    QLineEdit,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from ioc_console.tables import fold
from ioc_console.words import Catalogue
from widgets.furniture import ALIGN_LEFT, ALIGN_RIGHT, drop, elided, put_text, text_width
from widgets.theme import Theme

Index = QModelIndex | QPersistentModelIndex
CAMERA_MIME = "application/x-ioc-camera"
SHARE = 0.28


class Row(msgspec.Struct, frozen=True):
    """One line of a drawer: what it stands for, its strong and plain words, and a note at its right.

    `also` is searched too, though it is not written on the line.
    """

    id: str
    strong: str
    plain: str
    note: str = ""
    also: str = ""
    heading: bool = False

    @property
    def folded(self) -> str:
        """What the search looks at."""
        return fold(f"{self.strong} {self.plain} {self.note} {self.also}")


class Rows(QAbstractListModel):
    """The rows that match; only what is seen is painted."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.all: list[Row] = []
        self.rows: list[Row] = []

    def show(self, rows: list[Row], search: str) -> None:
        """Show the rows in which every word stands; headings stay where a row below them does."""
        words = fold(search).split()
        kept: list[Row] = []
        for row in reversed(rows):
            if row.heading:
                if kept and not kept[-1].heading:
                    kept.append(row)
            elif all(word in row.folded for word in words):
                kept.append(row)
        self.beginResetModel()
        self.rows = kept[::-1]
        self.endResetModel()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self.rows)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        return self.rows[index.row()].plain if role == Qt.ItemDataRole.DisplayRole else None

    def flags(self, index: Index) -> Qt.ItemFlag:
        if self.rows[index.row()].heading:
            return Qt.ItemFlag.NoItemFlags
        return Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemIsDragEnabled

    def mimeData(self, indexes: Any) -> QMimeData:
        mime = QMimeData()
        mime.setData(CAMERA_MIME, self.rows[indexes[0].row()].id.encode())
        return mime


class RowPainter(QStyledItemDelegate):
    """Paints a row in the theme."""

    def __init__(self, theme: Theme, unit: float, parent: QObject) -> None:
        super().__init__(parent)
        self.theme, self.unit = theme, unit

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(100, round(1.75 * self.theme.px("body")))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        row: Row = index.model().rows[index.row()]
        theme, unit = self.theme, self.unit
        area = QRectF(option.rect).adjusted(1.6 * unit, 0, -1.6 * unit, 0)
        if row.heading:
            put_text(painter, area, row.plain, theme.font("approach"), theme.text_3, ALIGN_LEFT)
            return
        if option.state & QStyle.StateFlag.State_Selected:
            painter.fillRect(option.rect, theme.raised)
            painter.fillRect(
                QRectF(option.rect.left(), option.rect.top(), 0.4 * unit, option.rect.height()), theme.focus
            )
        strong, plain = theme.font("body"), theme.font("approach")
        put_text(painter, area, row.strong, strong, theme.text, ALIGN_LEFT)
        area.translate(0, drop(strong, plain) if row.strong else 0.0)
        note = text_width(plain, row.note) + unit if row.note else 0.0
        put_text(painter, area, row.note, plain, theme.text_3, ALIGN_RIGHT)
        area.setLeft(area.left() + (text_width(strong, row.strong) + unit if row.strong else 0))
        words = elided(plain, row.plain, area.width() - note)
        put_text(painter, area, words, plain, theme.text_2, ALIGN_LEFT)


class Drawer(QFrame):
    """A searched list over the wall; Enter or a double click chooses, Esc closes, a row can be dragged."""

    def __init__(self, wall: QWidget, theme: Theme, text: Catalogue, unit: float, hint: str) -> None:
        super().__init__(wall)
        self.wall = wall
        self.chosen: Callable[[str], None] = lambda id: None
        self.source: Callable[[], list[Row]] = list
        self.search = QLineEdit(self)
        self.search.setPlaceholderText(hint)
        self.search.setMaxLength(80)
        # Qt's own menu speaks Qt's language and has Qt's look.
        self.search.setContextMenuPolicy(Qt.ContextMenuPolicy.NoContextMenu)
        self.list = QListView(self)
        self.model = Rows(self)
        self.list.setModel(self.model)
        self.list.setItemDelegate(RowPainter(theme, unit, self.list))
        self.finish(theme, unit)

    def finish(self, theme: Theme, unit: float) -> None:
        """Lay the drawer out and dress it."""
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(0)
        box.addWidget(self.search)
        box.addWidget(self.list)
        self.search.setFont(theme.font("body"))
        self.list.setUniformItemSizes(True)
        self.list.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.list.setDragEnabled(True)
        self.setStyleSheet(dress(theme, unit))
        self.search.textChanged.connect(self.refresh)
        self.list.doubleClicked.connect(self.choose)
        self.search.installEventFilter(self)
        self.list.installEventFilter(self)
        self.hide()

    def open(self) -> None:
        """Show the drawer and take the keyboard."""
        self.search.clear()
        self.refresh()
        self.fit()
        self.show()
        self.raise_()
        self.search.setFocus()

    def close_up(self) -> None:
        """Hide the drawer; the wall has the keyboard again."""
        self.hide()
        self.wall.setFocus()

    def fit(self) -> None:
        """Stand along the wall's left edge."""
        self.setGeometry(0, 0, max(320, int(self.wall.width() * SHARE)), self.wall.height())

    def refresh(self) -> None:
        """Show what matches, with its first row selected."""
        self.model.show(self.source(), self.search.text())
        first = next((at for at, row in enumerate(self.model.rows) if not row.heading), None)
        if first is not None:
            self.list.setCurrentIndex(self.model.index(first))

    def choose(self) -> None:
        """Choose the selected row."""
        index = self.list.currentIndex()
        if index.isValid() and not self.model.rows[index.row()].heading:
            id = self.model.rows[index.row()].id
            self.close_up()
            self.chosen(id)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() != QEvent.Type.KeyPress or not isinstance(event, QKeyEvent):
            return super().eventFilter(watched, event)
        if event.key() == Qt.Key.Key_Escape:
            self.close_up()
            return True
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.choose()
            return True
        if watched is self.search and event.key() in (Qt.Key.Key_Down, Qt.Key.Key_Up):
            self.step(1 if event.key() == Qt.Key.Key_Down else -1)
            return True
        return super().eventFilter(watched, event)

    def step(self, by: int) -> None:
        """Select the next row that is no heading."""
        at = self.list.currentIndex().row() + by
        while 0 <= at < len(self.model.rows) and self.model.rows[at].heading:
            at += by
        if 0 <= at < len(self.model.rows):
            self.list.setCurrentIndex(self.model.index(at))


def dress(theme: Theme, unit: float) -> str:
    """Return the drawer's style sheet."""
    # A line of text stands two pixels inside its padding.
    tokens, pad, side = theme.tokens, round(1.2 * unit), round(1.6 * unit) - 2
    return (
        f"QFrame, QListView {{ background: {tokens.surface}; border: 0; outline: 0; }}"
        f"QLineEdit {{ background: {tokens.paper}; color: {tokens.text}; border: 0;"
        f" border-bottom: 1px solid {tokens.line}; padding: {pad}px {side}px;"
        f" selection-background-color: {tokens.text_2}; selection-color: {tokens.paper};"
        f" placeholder-text-color: {tokens.text_3}; }}"
        f"QScrollBar:vertical {{ background: {tokens.surface}; width: {round(0.8 * unit)}px; margin: 0; }}"
        f"QScrollBar::handle:vertical {{ background: {tokens.line}; min-height: 40px; }}"
        "QScrollBar::add-line, QScrollBar::sub-line, QScrollBar::add-page, QScrollBar::sub-page {"
        " background: none; border: 0; height: 0; }"
    )
