"""Figures: what a bench reads of a window, one line of JSON a second."""

import time
from collections import deque
from pathlib import Path

import msgspec
import numpy as np
from PySide6.QtCore import Qt, QTimer

from widgets.wall import Wall

PROBE_MS = 10
EVERY_MS = 1_000
KEPT = 1_500


class Figures:
    """Writes how late the event loop is, and what the panels have painted."""

    def __init__(self, wall: Wall, file: Path) -> None:
        self.wall, self.file = wall, file
        self.late_ms: deque[float] = deque(maxlen=KEPT)
        self.probed = time.perf_counter()
        self.probe = QTimer(wall)
        self.probe.setTimerType(Qt.TimerType.PreciseTimer)
        self.probe.timeout.connect(self.look)
        self.probe.start(PROBE_MS)
        self.writing = QTimer(wall)
        self.writing.timeout.connect(self.write)
        self.writing.start(EVERY_MS)

    def look(self) -> None:
        """Note how much later than asked for the probe came."""
        now = time.perf_counter()
        self.late_ms.append(max(0.0, (now - self.probed) * 1e3 - PROBE_MS))
        self.probed = now

    def write(self) -> None:
        """Append one line."""
        line = {"at": time.monotonic(), "painted": 0.0, "missed": 0.0, "decode_to_paint_p99_ms": 0.0}
        for panel in self.wall.panels:
            found = panel.figures() if hasattr(panel, "figures") else {}
            line["painted"] += found.get("painted", 0)
            line["missed"] += found.get("missed", 0)
            delay = found.get("decode_to_paint_p99_ms", 0.0)
            line["decode_to_paint_p99_ms"] = max(line["decode_to_paint_p99_ms"], delay)
        line["lateness_p99_ms"] = float(np.percentile(self.late_ms, 99)) if self.late_ms else 0.0
        with self.file.open("ab") as out:
            out.write(msgspec.json.encode(line) + b"\n")
