"""The loop: asyncio on Qt's own, for one coroutine from start to end."""

import asyncio
import logging
import signal
import sys
from collections.abc import Callable, Coroutine
from typing import Any

import qasync
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication

log = logging.getLogger(__name__)


def run_app(work: Callable[[], Coroutine[Any, Any, int]]) -> int:
    """Run a coroutine on Qt's loop and return its result; ends cleanly at SIGTERM and SIGINT."""
    application = QApplication.instance() or QApplication(sys.argv[:1])
    assert isinstance(application, QApplication)
    # Whatever a style draws by itself it draws with the theme's palette; the desktop's style would not.
    application.setStyle("Fusion")
    application.setQuitOnLastWindowClosed(False)
    QGuiApplication.setDesktopFileName("ioc-console")
    loop = qasync.QEventLoop(application)
    asyncio.set_event_loop(loop)
    task: asyncio.Task[int] = loop.create_task(work())
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: loop.call_soon_threadsafe(task.cancel))
    with loop:
        try:
            return int(loop.run_until_complete(task))
        except asyncio.CancelledError:
            return 0
        except RuntimeError:
            if task.done():
                raise
            log.error("the screen is gone")
            return 1
