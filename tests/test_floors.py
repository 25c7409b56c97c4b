"""The core stands without the floors above it: no module of it needs Qt."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

IMPORT_WITHOUT_QT = """
import importlib, sys, traceback

for absent in ("PySide6", "qasync"):
    sys.modules[absent] = None  # any import of it, or of a module in it, now fails
failed = 0
for name in sys.argv[1:]:
    try:
        importlib.import_module(name)
    except Exception:
        failed += 1
        print(f"--- {name}")
        traceback.print_exc(file=sys.stdout)
sys.exit(failed > 0)
"""


def import_without_qt(*names: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", IMPORT_WITHOUT_QT, *names]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def core_modules() -> list[str]:
    files = sorted((ROOT / "ioc_console").rglob("*.py"))
    names = [".".join(path.relative_to(ROOT).with_suffix("").parts) for path in files if path.stem != "__main__"]
    return [name.removesuffix(".__init__") for name in names]


def test_qt_is_kept_out():
    assert import_without_qt("PySide6.QtCore").returncode == 1
    assert import_without_qt("qasync").returncode == 1


def test_core_imports_without_qt():
    names = core_modules()
    assert "ioc_console.model" in names
    result = import_without_qt(*names)
    assert result.returncode == 0, result.stdout + result.stderr
