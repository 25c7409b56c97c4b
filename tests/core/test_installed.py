"""What setup installs may be missing on a desk, and may not where CI runs."""

import pytest

from tests.installed import require, require_rtsp_server


@pytest.mark.parametrize("lacks", [lambda: require("no-such-program"), require_rtsp_server])
def test_what_is_missing_skips_on_a_desk_and_fails_under_ci(lacks, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.installed.SYSTEM_PYTHON", "/nowhere/python3")
    monkeypatch.delenv("CI", raising=False)
    with pytest.raises(pytest.skip.Exception):
        lacks()
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception):
        lacks()


def test_what_is_there_is_not_missed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "true")
    require("sh")
