"""The wall's keys: one table from key to what the wall does."""

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent

from ioc_console.domain.walls import PRESETS, StepSequence, StopSequence
from widgets.wall_controls import Controls

SIDES = [int(count**0.5) for count in PRESETS]
Key = Qt.Key
ARROWS = {Key.Key_Left: (-1, 0), Key.Key_Right: (1, 0), Key.Key_Up: (0, -1), Key.Key_Down: (0, 1)}
HELD = Qt.KeyboardModifier.AltModifier | Qt.KeyboardModifier.ControlModifier

KEYS: dict[tuple[Qt.Key, bool | None], Callable[[Controls], None]] = {
    (Key.Key_Return, None): Controls.enter,
    (Key.Key_Enter, None): Controls.enter,
    (Key.Key_Escape, None): Controls.escape,
    (Key.Key_Plus, None): lambda c: c.resize_grid(SIDES, 1),
    (Key.Key_Equal, None): lambda c: c.resize_grid(SIDES, 1),
    (Key.Key_Minus, None): lambda c: c.resize_grid(SIDES, -1),
    (Key.Key_Z, False): lambda c: c.zoom(1.5),
    (Key.Key_Z, True): lambda c: c.zoom(1 / 1.5),
    (Key.Key_X, None): Controls.unzoom,
    (Key.Key_PageDown, None): lambda c: c.page(1),
    (Key.Key_PageUp, None): lambda c: c.page(-1),
    (Key.Key_Space, None): Controls.pause,
    (Key.Key_Period, None): lambda c: c.sequence(partial(StepSequence, steps=1)),
    (Key.Key_Comma, None): lambda c: c.sequence(partial(StepSequence, steps=-1)),
    (Key.Key_S, False): lambda c: c.sequence_list.open(),
    (Key.Key_S, True): lambda c: c.sequence(StopSequence),
    (Key.Key_C, None): lambda c: c.camera_list.open(),
    (Key.Key_Slash, None): lambda c: c.camera_list.open(),
    (Key.Key_P, None): Controls.snapshot,
    (Key.Key_R, None): Controls.reset,
    (Key.Key_T, True): Controls.take_reference,
}
"""By key and Shift (None: with or without)."""


def press(controls: Controls, event: QKeyEvent) -> bool:
    """Do what a key means on a wall; say whether it means anything."""
    key, held = Key(event.key()), bool(event.modifiers() & HELD)
    if held and Key.Key_1.value <= event.key() <= Key.Key_8.value:
        controls.regrid(SIDES[event.key() - Key.Key_1.value])
        return True
    if event.text().isdigit() and not held:
        controls.number.type(event.text())
        return True
    if key in ARROWS:
        controls.move_focus(*ARROWS[key])
        return True
    shifted = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
    action = KEYS.get((key, shifted)) or KEYS.get((key, None))
    if action is None or held:
        return False
    action(controls)
    return True
