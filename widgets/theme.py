"""The theme: colour tokens, and type whose size follows from viewing distance and panel size."""

from pathlib import Path
from typing import Annotated

import msgspec
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPalette

from ioc_console.config import read_toml

THEMES = Path(__file__).parent.parent / "resources" / "themes"
FAMILIES = ["Inter", "Noto Sans"]
NAMES = ("night", "day")
"""The themes, the first of them the one that walls begin with."""
Hex = Annotated[str, msgspec.Meta(pattern=r"^#[0-9A-F]{6}$")]

ARCMIN = {"approach": 22.0, "body": 20.0, "label": 22.0, "title": 30.0, "figure": 45.0, "clock": 60.0}
"""How large each role's capitals stand at the eye, in minutes of arc."""
LEAST_ARCMIN = 16.0
WEIGHTS = {
    "approach": QFont.Weight.Medium,
    "body": QFont.Weight.Medium,
    "label": QFont.Weight.DemiBold,
    "title": QFont.Weight.DemiBold,
    "figure": QFont.Weight.DemiBold,
    "clock": QFont.Weight.DemiBold,
}
APPROACH_MM = 1_500.0
"""From where *approach* text, which never carries state, has to be legible."""


class Tokens(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The colours of a theme's file.

    Surfaces from `bg` to `raised` are one step of grey apart; `paper` is written into, and lies under text over a
    picture. `on_p1` to `on_p4` are for text on the severities, which `outline` sets off from their ground.
    """

    bg: Hex
    bg_2: Hex
    surface: Hex
    raised: Hex
    line: Hex
    text: Hex
    text_2: Hex
    text_3: Hex
    normal: Hex
    paper: Hex
    focus: Hex
    p1: Hex
    p2: Hex
    p3: Hex
    p4: Hex
    on_p1: Hex
    on_p2: Hex
    on_p3: Hex
    on_p4: Hex
    outline: Hex
    stale: Hex


PALETTE: dict[QPalette.ColorRole, str] = {
    QPalette.ColorRole.Window: "bg", QPalette.ColorRole.WindowText: "text", QPalette.ColorRole.Base: "paper",
    QPalette.ColorRole.AlternateBase: "surface", QPalette.ColorRole.Text: "text", QPalette.ColorRole.Button: "surface",
    QPalette.ColorRole.ButtonText: "text", QPalette.ColorRole.BrightText: "text", QPalette.ColorRole.Link: "text",
    QPalette.ColorRole.Highlight: "text_2", QPalette.ColorRole.HighlightedText: "paper",
    QPalette.ColorRole.PlaceholderText: "text_3", QPalette.ColorRole.ToolTipBase: "raised",
    QPalette.ColorRole.ToolTipText: "text", QPalette.ColorRole.Light: "raised", QPalette.ColorRole.Mid: "line",
    QPalette.ColorRole.Dark: "line", QPalette.ColorRole.Shadow: "bg",
}  # fmt: skip
"""Which token stands for what Qt draws by itself, so that nothing has Qt's own look."""


class Surface(msgspec.Struct, frozen=True):
    """What a theme is computed for: the panel's width in mm and pixels, and how far the eye is, in mm."""

    panel_mm: float
    panel_px: int
    distance_mm: float


def cap_mm(distance_mm: float, arcmin: float) -> float:
    """Return the height of capitals seen under an angle at a distance (NUREG-0700 r2, 1.3.1-4), in mm."""
    return 6.283 * distance_mm * arcmin / 21_600


class Theme:
    """Colours as attributes, fonts by role."""

    def __init__(self, name: str, surface: Surface) -> None:
        self.name = name
        self.tokens = read_toml(THEMES / f"{name}.toml", Tokens)
        self.surface_px = surface
        self.fonts: dict[str, QFont] = {}
        tokens = self.tokens
        self.bg, self.bg_2, self.surface = QColor(tokens.bg), QColor(tokens.bg_2), QColor(tokens.surface)
        self.raised, self.line, self.paper = QColor(tokens.raised), QColor(tokens.line), QColor(tokens.paper)
        self.text, self.text_2, self.text_3 = QColor(tokens.text), QColor(tokens.text_2), QColor(tokens.text_3)
        self.normal, self.focus, self.stale = QColor(tokens.normal), QColor(tokens.focus), QColor(tokens.stale)
        self.outline = QColor(tokens.outline)
        self.severities = {
            level: (QColor(getattr(tokens, f"p{level}")), QColor(getattr(tokens, f"on_p{level}")))
            for level in range(1, 5)
        }

    def palette(self) -> QPalette:
        """Return what Qt is to draw with where it draws by itself."""
        palette = QPalette()
        for role, token in PALETTE.items():
            palette.setColor(role, QColor(getattr(self.tokens, token)))
        return palette

    def px(self, role: str) -> int:
        """Return a role's font size in pixels."""
        return font_px(self.surface_px, role)

    def font(self, role: str) -> QFont:
        """Return a role's font, figures tabular."""
        if role not in self.fonts:
            font = typeface(self.px(role))
            font.setWeight(WEIGHTS[role])
            self.fonts[role] = font
        return self.fonts[role]


def typeface(px: int) -> QFont:
    """Return the one typeface at a size, with tabular figures."""
    font = QFont(FAMILIES)
    font.setPixelSize(max(px, 1))
    font.setFeature(QFont.Tag("tnum"), 1)
    font.setHintingPreference(QFont.HintingPreference.PreferNoHinting)
    return font


def font_px(surface: Surface, role: str) -> int:
    """Return the font size whose capitals stand under the role's angle, in pixels."""
    distance = min(surface.distance_mm, APPROACH_MM) if role == "approach" else surface.distance_mm
    cap_px = cap_mm(distance, ARCMIN[role]) * surface.panel_px / surface.panel_mm
    reference = QFontMetricsF(typeface(1_000))
    return round(cap_px * 1_000 / reference.capHeight())
