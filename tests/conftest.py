"""What every test stands on: no screen, and a site's folders of its own."""

import os
from pathlib import Path

import pytest

os.environ["QT_QPA_PLATFORM"] = "offscreen"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Put a site's folders, its rings too, under the test's own folder; return the one `IOC_HOME` names."""
    folder = tmp_path / "home"
    monkeypatch.setenv("IOC_HOME", str(folder))
    monkeypatch.setenv("IOC_RINGS", str(tmp_path / "rings"))
    return folder
