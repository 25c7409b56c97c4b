"""Screens: where a window belongs on the desktop, by the name of a screen or by a position."""

import logging

from PySide6.QtCore import QRect
from PySide6.QtGui import QGuiApplication, QScreen

from widgets.layout import Window

log = logging.getLogger(__name__)


def screen_named(name: str) -> QScreen | None:
    """Return the screen of a name, or None."""
    return next((screen for screen in QGuiApplication.screens() if name and screen.name() == name), None)


def standing(window: Window) -> QRect | None:
    """Return the rectangle that a window takes, or None while the screen that it names is missing."""
    wanted = window.screen
    screen = screen_named(wanted.name)
    if screen:
        return screen.geometry()
    if wanted.name:
        there = [one.name() for one in QGuiApplication.screens()]
        log.warning("screen %s is missing; there are %s", wanted.name, there)
        return None
    return QRect(*wanted.at, *window.size)


def is_misplaced(window: Window, now: QRect) -> bool:
    """Say whether a window does not stand on the screen that it names."""
    screen = screen_named(window.screen.name)
    return bool(window.screen.name) and (screen is None or screen.geometry() != now)
