"""The typeface of printed lists: Noto Sans of the Debian package fonts-noto-core, which has every Vietnamese letter."""

from pathlib import Path

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont

from ioc_console.model import Refused

FOLDERS = (
    Path("/usr/share/fonts/truetype/noto"),
    Path("/usr/share/fonts/noto"),
    Path("/usr/share/fonts/google-noto"),
    Path("/usr/local/share/fonts"),
)
REGULAR = "NotoSans-Regular"
BOLD = "NotoSans-Bold"


def find_fonts() -> tuple[Path, Path]:
    """Return the files of the regular and the bold face; raises `Refused` naming the package where they are missing."""
    for folder in FOLDERS:
        regular, bold = folder / f"{REGULAR}.ttf", folder / f"{BOLD}.ttf"
        if regular.is_file() and bold.is_file():
            return regular, bold
    raise Refused("export.font_missing", font="Noto Sans", package="fonts-noto-core")


def load_fonts() -> None:
    """Make both faces known to the PDF library under their names; raises `Refused` where they are missing."""
    known = pdfmetrics.getRegisteredFontNames()
    for name, file in zip((REGULAR, BOLD), find_fonts(), strict=True):
        if name not in known:
            pdfmetrics.registerFont(TTFont(name, str(file)))


def width(text: str, font: str, size: float) -> float:
    """Return how wide text is in points."""
    return float(pdfmetrics.stringWidth(text, font, size))
