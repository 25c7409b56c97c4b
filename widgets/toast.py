"""Toast and help: words over a window that take no focus and stop nobody."""

from PySide6.QtCore import QSize, Qt, QTimer
from PySide6.QtWidgets import QLabel, QWidget

from ioc_console.words import Catalogue
from widgets.theme import Theme

STAY_MS = 5_000
SHARE = 0.7
KEYS = (
    ("Enter", "help.enlarge"), ("Esc", "help.back"), ("0–9  Enter", "help.number"), ("←  ↑  ↓  →", "help.focus"),
    ("Ctrl+1 … 8", "help.grid"), ("+  −", "help.grid_step"), ("PgUp  PgDn", "help.page"),
    ("Z  Shift+Z  X", "help.zoom"),
    ("C  /", "help.cameras"), ("S  Shift+S", "help.sequence"), ("Space  ,  .", "help.steps"), ("P", "help.snapshot"),
    ("R", "help.reset"), ("Shift+T", "help.reference"), ("Ctrl+L", "help.language"),
    ("Ctrl+T", "help.theme"), ("F1  ?", "help.help"),
)  # fmt: skip


class Toast(QLabel):
    """One line at the window's top that goes by itself, or stays for as long as something is wrong."""

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.lasting = ""
        self.patience = QTimer(self)
        self.patience.setSingleShot(True)
        self.patience.timeout.connect(self.leave_or_last)
        self.hide()

    def dress(self, theme: Theme) -> None:
        """Take the theme's look."""
        tokens, px = theme.tokens, theme.px("body")
        self.setFont(theme.font("body"))
        self.setStyleSheet(
            f"background: {tokens.raised}; color: {tokens.text}; border: {edge_px(theme)}px solid {tokens.text_3};"
            f" padding: {round(0.45 * px)}px {round(0.75 * px)}px;"
        )

    def say(self, words: str) -> None:
        """Show words for a few seconds."""
        self.patience.start(STAY_MS)
        self.put(words)

    def stay(self, words: str) -> None:
        """Show words until `leave`."""
        self.lasting = words
        self.put(words)

    def leave(self) -> None:
        """Take lasting words away."""
        self.lasting = ""
        self.leave_or_last()

    def leave_or_last(self) -> None:
        """Go, unless something is still wrong."""
        self.put(self.lasting) if self.lasting else self.hide()

    def put(self, words: str) -> None:
        """Stand at the top, in the middle."""
        window = self.parentWidget()
        self.setText(words)
        # Left alone, Qt breaks even a few words into lines of its own liking.
        self.setWordWrap(False)
        wide, most = self.sizeHint(), int(window.width() * SHARE)
        self.setWordWrap(wide.width() > most)
        self.resize(QSize(most, self.heightForWidth(most)) if self.wordWrap() else wide)
        self.move((window.width() - self.width()) // 2, int(window.height() * 0.03))
        self.show()
        self.raise_()


class Help(QLabel):
    """The key card."""

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self.setTextFormat(Qt.TextFormat.RichText)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.hide()

    def dress(self, theme: Theme, text: Catalogue) -> None:
        """Write the card in the theme's look."""
        tokens, px = theme.tokens, theme.px("approach")
        above, beside = round(0.2 * px), round(1.4 * px)
        rows = "".join(
            f"<tr><td style='color:{tokens.text}; padding:{above}px {beside}px {above}px 0'><b>{apart(keys)}</b></td>"
            f"<td style='color:{tokens.text_2}; padding:{above}px 0'>{words}</td></tr>"
            for keys, words in ((keys, text.say(key)) for keys, key in KEYS)
        )
        # Keys are pressed from nearby, and the card has to fit however far the wall is.
        self.setFont(theme.font("approach"))
        self.setText(f"<table>{rows}</table>")
        self.setStyleSheet(
            f"background: {tokens.surface}; border: {edge_px(theme)}px solid {tokens.text_3};"
            f" padding: {round(1.1 * px)}px {round(1.4 * px)}px;"
        )

    def toggle(self) -> None:
        """Show the card, or put it away."""
        if self.isVisible():
            self.hide()
            return
        window = self.parentWidget()
        self.adjustSize()
        self.move((window.width() - self.width()) // 2, (window.height() - self.height()) // 2)
        self.show()
        self.raise_()


def apart(keys: str) -> str:
    """Return keys of which each stands apart, which two spaces alone do not do in rich text."""
    return keys.replace("  ", "&nbsp;&nbsp;&nbsp;")


def edge_px(theme: Theme) -> int:
    """Return how wide the edge of what stands over a window is, in pixels."""
    return max(1, round(theme.px("body") / 26))
