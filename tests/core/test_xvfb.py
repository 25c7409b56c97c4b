"""The virtual screen: there where none is, gone afterwards, and out of reach of a Ctrl-C at the terminal."""

import os

import psutil
import pytest

from ioc_console.model import Refused
from ioc_console.xvfb import screen
from tests.installed import require
from tests.waiting import eventually


@pytest.fixture(autouse=True)
def no_screen(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)


def test_a_virtual_screen_stands_in_a_session_of_its_own_and_goes_with_its_user() -> None:
    require("Xvfb")
    before = set(psutil.Process().children())
    with screen(320, 200) as virtual:
        assert virtual
        assert os.environ["DISPLAY"].startswith(":")
        (server,) = set(psutil.Process().children()) - before
        assert os.getsid(server.pid) != os.getsid(0)
    assert "DISPLAY" not in os.environ
    eventually(lambda: not server.is_running(), "its end")


def test_a_screen_that_is_there_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISPLAY", ":7")
    with screen(320, 200) as virtual:
        assert not virtual


def test_without_the_server_the_remedy_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(Refused, match=r"doctor\.no_xvfb"), screen(320, 200):
        pytest.fail("there is no screen")
