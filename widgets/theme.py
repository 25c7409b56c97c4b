"""The theme: colour tokens, and type whose size follows from viewing distance and panel size."""

from pathlib import Path
from typing import Annotated

import msgspec
from PySide6.QtGui import QColor, QFont, QFontMetricsF

from ioc_console.config import read_toml

THEMES = Path(__file__).parent.parent / "resources" / "themes"
FAMILIES = ["Inter", "Noto Sans"]
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
    """The colours of a theme's file."""

    bg: Hex
    bg_2: Hex
    surface: Hex
    raised: Hex
    line: Hex
    text: Hex
    text_2: Hex
    text_3: Hex
    normal: Hex
    focus: Hex
    on_severity: Hex
    p1: Hex
    p2: Hex
    p3: Hex
    p4: Hex
    stale: Hex


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
        self.tokens = read_toml(THEMES / f"{name}.toml", Tokens)
        self.surface_px = surface
        self.fonts: dict[str, QFont] = {}
        tokens = self.tokens
        self.bg, self.bg_2, self.surface = QColor(tokens.bg), QColor(tokens.bg_2), QColor(tokens.surface)
        self.raised, self.line = QColor(tokens.raised), QColor(tokens.line)
        self.text, self.text_2, self.text_3 = QColor(tokens.text), QColor(tokens.text_2), QColor(tokens.text_3)
        self.normal, self.focus, self.stale = QColor(tokens.normal), QColor(tokens.focus), QColor(tokens.stale)
        self.p1, self.p2, self.p3, self.p4 = map(QColor, (tokens.p1, tokens.p2, tokens.p3, tokens.p4))
        self.on_severity = QColor(tokens.on_severity)

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
