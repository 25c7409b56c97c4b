"""Faults: errors become words for people, and the library's words lose their secrets."""

import errno

import av
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ioc_console.domain.cameras import Effort, StreamError
from ioc_console.video.decoder import Source
from ioc_console.video.faults import reason_of, scrub
from ioc_console.video.load import Load

secrets = st.text(st.characters(min_codepoint=33, max_codepoint=0x2FF), min_size=6, max_size=20)


@given(secrets, secrets)
def test_no_password_survives_scrubbing(name: str, password: str):
    address = Source(url="rtsp://10.1.2.3:554/stream", credentials=(name, password)).address()
    shown = scrub(f"[Errno 111] Connection refused: '{address}'")
    encoded = address.partition(":")[2].rpartition("@")[0].rpartition(":")[2]
    assert encoded not in shown
    assert "10.1.2.3" not in shown
    assert "Connection refused" in shown


@given(st.text(max_size=2_000))
def test_scrubbed_words_are_bounded_and_hold_no_address(text: str):
    shown = scrub(f"{text} rtsp://a:b@host/x 192.168.1.20:554")
    assert len(shown) <= 200
    assert "://a" not in shown
    assert "192.168.1.20" not in shown


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (av.error.HTTPUnauthorizedError(1, ""), StreamError.UNAUTHORISED),
        (av.error.HTTPForbiddenError(1, ""), StreamError.UNAUTHORISED),
        (av.error.HTTPNotFoundError(1, ""), StreamError.NO_STREAM),
        (av.error.HTTPOtherClientError(1, ""), StreamError.REJECTED),
        (av.error.ExitError(1, ""), StreamError.TIMED_OUT),
        (av.error.EOFError(1, ""), StreamError.ENDED),
        (av.error.InvalidDataError(1, ""), StreamError.UNDECODABLE),
        (OSError(errno.ECONNREFUSED, ""), StreamError.REFUSED),
        (OSError(errno.EHOSTUNREACH, ""), StreamError.UNREACHABLE),
        (OSError(errno.ETIMEDOUT, ""), StreamError.TIMED_OUT),
        (ValueError("what"), StreamError.UNDECODABLE),
    ],
)
def test_each_failure_has_its_reason(error: BaseException, reason: StreamError):
    assert reason_of(error) is reason


def run_load(load: Load, begin: float, seconds: float, late_s: float, idle: float, waited: float = 0.0) -> float:
    """Feed ten pictures a second that come so late; return how long was waited in all."""
    for at in range(int(seconds * 10)):
        waited += idle * 0.1
        load.judge(begin + at / 10 - late_s, begin + at / 10, waited)
    return waited


def test_falling_behind_lightens_the_effort_step_by_step_and_back():
    load = Load(now=0.0)
    waited = run_load(load, 0.0, 2, 0.0, idle=0.9)
    waited = run_load(load, 2.0, 3, 1.0, idle=0.0, waited=waited)
    waited = run_load(load, 5.0, 4, 1.0, idle=0.0, waited=waited)
    assert load.effort is not Effort.ALL
    waited = run_load(load, 9.0, 6, 1.0, idle=0.0, waited=waited)
    assert load.effort is Effort.KEY
    run_load(load, 15.0, 200, 0.0, idle=0.9, waited=waited)
    assert load.effort is Effort.ALL


def test_a_slow_network_is_not_our_fault():
    load = Load(now=0.0)
    waited = run_load(load, 0.0, 5, 0.0, idle=0.9)
    run_load(load, 5.0, 20, 2.0, idle=0.9, waited=waited)
    assert load.effort is Effort.ALL
