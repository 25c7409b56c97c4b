"""Layouts: which windows stand where, and which panels in them, read from a file that names its own errors."""

import pkgutil
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from PySide6.QtCore import QRect

import widgets
from ioc_console.config import Slug, convert, read_toml
from ioc_console.model import Refused
from widgets.drift import inset
from widgets.panel import Panel
from widgets.theme import Surface

LAYOUTS = Path(__file__).parent.parent / "layouts"
COLUMNS, ROWS = 192.0, 108.0
Length = Annotated[float, msgspec.Meta(ge=0, le=COLUMNS)]
Pixels = Annotated[int, msgspec.Meta(ge=320, le=16_384)]


class Screen(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where a window belongs: a screen by name, else a position on the desktop."""

    name: str = ""
    at: tuple[int, int] = (0, 0)


class Window(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One window: its place, its size in pixels, what it is looked at from, and its panels.

    `panel_mm` is the lit area of the display, width and height; `kiosk` is full screen without a frame;
    `pixel_shift` moves the content about by some pixels, against burn-in.
    """

    name: Slug
    screen: Screen = Screen()
    size: tuple[Pixels, Pixels] = (1920, 1080)
    panel_mm: tuple[Annotated[float, msgspec.Meta(gt=0)], Annotated[float, msgspec.Meta(gt=0)]]
    viewing_distance_mm: Annotated[float, msgspec.Meta(ge=300, le=20_000)]
    theme: Literal["night", "day"] = "night"
    kiosk: bool = False
    pixel_shift: bool = False
    panels: Annotated[tuple[dict[str, Any], ...], msgspec.Meta(min_length=1, max_length=40)]

    def area(self, at: tuple[float, float, float, float], size: tuple[int, int]) -> QRect:
        """Return where a rectangle in grid units stands in a window of a size, to the pixel."""
        unit = size[0] / COLUMNS
        left, top, width, height = at
        edges = round(left * unit), round(top * unit), round((left + width) * unit), round((top + height) * unit)
        area = QRect(edges[0], edges[1], edges[2] - edges[0], edges[3] - edges[1])
        return inset(area, size) if self.pixel_shift else area

    def surface(self, width_px: int) -> Surface:
        """Return what the window's type is computed for."""
        return Surface(self.panel_mm[0], width_px, self.viewing_distance_mm)


class Layout(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A whole layout file."""

    schema: Literal[1]
    title: Annotated[str, msgspec.Meta(min_length=1, max_length=80)]
    windows: Annotated[tuple[Window, ...], msgspec.Meta(min_length=1, max_length=16)]

    def window(self, name: str) -> Window:
        """Return a window by name; raises `Refused` naming those that there are."""
        for window in self.windows:
            if window.name == name:
                return window
        raise Refused("layout.window_unknown", found=name, allowed=", ".join(w.name for w in self.windows))


class Placed(msgspec.Struct, frozen=True):
    """A panel's line in a layout: its class, its name, its rectangle in grid units, its settings."""

    panel: type[Panel]
    name: str
    at: tuple[float, float, float, float]
    settings: msgspec.Struct


class Head(msgspec.Struct, frozen=True):
    """What every panel's line has."""

    use: str
    at: tuple[Length, Length, Length, Length]
    name: Slug = ""


def read_layout(file: Path) -> Layout:
    """Read and check a layout file with all its panels; raises `Refused` naming file and key."""
    layout = read_toml(file, Layout)
    names = [window.name for window in layout.windows]
    for at, window in enumerate(layout.windows):
        if window.name in names[:at]:
            first = names.index(window.name)
            raise Refused("config.twice", file=str(file), key=f"windows[{at}].name", found=window.name, first=first)
        read_panels(window, file, f"windows[{at}]")
    return layout


def read_panels(window: Window, file: Path, place: str) -> list[Placed]:
    """Return a window's panels; raises `Refused` where one is unknown, outside, or over another."""
    known, placed = panels(), []
    for at, line in enumerate(window.panels):
        key = f"{place}.panels[{at}]"
        head = at_key(line, Head, file, key)
        panel = known.get(head.use)
        if panel is None:
            allowed = ", ".join(sorted(known))
            raise Refused("layout.panel_unknown", file=str(file), key=f"{key}.use", found=head.use, allowed=allowed)
        left, top, width, height = head.at
        if not (width and height) or left + width > COLUMNS + 0.01 or top + height > ROWS + 0.01:
            raise Refused("layout.outside", file=str(file), key=f"{key}.at", found=str(list(head.at)))
        name = head.name or head.use
        twin = next((at for at, other in enumerate(placed) if other.name == name), None)
        if twin is not None:
            raise Refused("config.twice", file=str(file), key=f"{key}.name", found=name, first=twin)
        clash = next((other for other in placed if overlap(other.at, head.at)), None)
        if clash:
            raise Refused("layout.overlap", file=str(file), key=f"{key}.at", other=clash.name)
        rest = {name: value for name, value in line.items() if name not in ("use", "at", "name")}
        placed.append(Placed(panel, name, head.at, at_key(rest, panel.Settings, file, key)))
    return placed


def at_key(raw: dict[str, Any], shape: type[Any], file: Path, key: str) -> Any:
    """Turn a part of a file into a struct, with the part's place in the errors."""
    try:
        return convert(raw, shape, file)
    except Refused as refused:
        inner = refused.facts["key"]
        refused.facts["key"] = key if inner == "." else f"{key}.{inner}"
        raise


def overlap(a: tuple[float, ...], b: tuple[float, ...]) -> bool:
    """Say whether two rectangles share more than an edge."""
    slack = 0.01
    return all(a[i] + a[i + 2] > b[i] + slack and b[i] + b[i + 2] > a[i] + slack for i in (0, 1))


def panels() -> dict[str, type[Panel]]:
    """Return every panel under widgets/ by its module's name."""
    found = {}
    for info in pkgutil.iter_modules(widgets.__path__):
        module = import_module(f"{widgets.__name__}.{info.name}")
        for value in vars(module).values():
            own = isinstance(value, type) and value.__module__ == module.__name__ and value is not Panel
            if own and issubclass(value, Panel):
                found[info.name] = value
    return found


def layout_text(*panels: str, **window: Any) -> str:
    """Return the text of a layout of one window: each panel a table as TOML has it, and the window's other keys."""
    keys = {"name": "main", "size": (1920, 1080), "panel_mm": (1210, 681), "viewing_distance_mm": 2_000} | window
    # What JSON writes for a text, a number, a truth or a list is TOML too.
    lines = [f"{key} = {msgspec.json.encode(value).decode()}" for key, value in keys.items()]
    rows = "".join(f"  {panel},\n" for panel in panels)
    return "\n".join(['schema = 1\ntitle = "one window"\n\n[[windows]]', *lines, f"panels = [\n{rows}]\n"])


def layout_file(name: str) -> Path:
    """Return the file of a layout given by name or path."""
    return Path(name) if name.endswith(".toml") else LAYOUTS / f"{name}.toml"
