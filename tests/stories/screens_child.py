"""A window of a layout on a real X server, for the test of screens that come and go: says where it stands.

usage: python -m tests.stories.screens_child LAYOUT WINDOW
"""

import json
import sys
from pathlib import Path

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication

from ioc_console.config import City
from ioc_console.words import Catalogue
from tests.widgets.conftest import FakeBridge
from widgets.wall import Scene, Wall


def main() -> None:
    """Print where the window stands whenever that changes."""
    application = QApplication([])
    folder = Path(sys.argv[1]).parent
    scene = Scene(City(name="Vinh"), FakeBridge(), folder / "rings", folder, Catalogue.load("vi"))
    wall, last = Wall(Path(sys.argv[1]), sys.argv[2], scene), [""]

    def look() -> None:
        area = wall.geometry()
        place = [area.x(), area.y(), area.width(), area.height()] if wall.isVisible() else []
        line = json.dumps(place)
        if line != last[0]:
            last[0] = line
            print(line, flush=True)

    timer = QTimer()
    timer.timeout.connect(look)
    timer.start(50)
    application.exec()


main()
