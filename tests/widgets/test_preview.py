"""Every panel shows itself alone, by its module's name, in every state."""

import subprocess
import sys
from pathlib import Path

import pytest
from PySide6.QtGui import QImage

from widgets.layout import panels

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("panel", [*sorted(panels()), "progress", "severity"])
def test_a_panel_is_previewed_by_its_modules_name(panel: str, tmp_path: Path) -> None:
    file = tmp_path / "preview.png"
    done = subprocess.run(
        [sys.executable, "-W", "error", "-m", f"widgets.{panel}", str(file)],
        cwd=ROOT, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    image = QImage(str(file))
    assert (image.width(), image.height()) == (1920, 1080)
    assert len({image.pixel(x, y) for x in range(0, 1920, 7) for y in range(0, 1080, 7)}) > 5, "something is painted"
