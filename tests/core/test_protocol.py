"""The protocol: nothing that comes over the wire raises anything but a refusal."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ioc_console.model import Gone, Refused
from ioc_console.protocol import (
    VERSION,
    CarriedFrame,
    CarryFrame,
    Codec,
    DoFrame,
    FollowFrame,
    Frame,
    Hello,
    LookFrame,
    PingFrame,
    PutFrame,
    UnwatchFrame,
    WatchFrame,
    encode,
    encode_once,
)
from ioc_console.views import View, Where
from ioc_console.words import city_words
from tests.core import kinds
from tests.core.kinds import Pulse, WriteNote

NOW = datetime(2026, 11, 25, tzinfo=UTC)
CODEC = Codec(city_words(kinds))
NOTE = encode_once(WriteNote("n", "x"))
FRAMES: list[Frame] = [
    Hello(VERSION, "display", "left", "t"),
    PutFrame(1, (encode_once(Pulse(id="p", value=1)),), (Gone("pulse", "q"),)),
    DoFrame(2, "c" * 12, NOTE, "left", 0, NOW),
    LookFrame(3, View("letter", where=(Where("ward", "w1"),))),
    WatchFrame(4, ("note", "pulse"), 7, "epoch"),
    FollowFrame(4, View("letter")),
    UnwatchFrame(4),
    CarryFrame(("bell.ring",)),
    CarriedFrame(5, {"rung": 1}),
    PingFrame(6),
]
WHOLE = [encode(frame).encode() for frame in FRAMES]


def refusal(work: Callable[[], object]) -> Refused | None:
    """Do something; return its refusal. Whatever else it raises is a fault."""
    try:
        work()
    except Refused as refused:
        return refused
    return None


def take_in(data: bytes | str) -> None:
    """Read data as the session does, down to the entities and commands."""
    frame = CODEC.read_guest(data)
    if isinstance(frame, PutFrame):
        CODEC.entities(frame.puts)
    if isinstance(frame, DoFrame):
        CODEC.command(frame.command)


def digest(data: bytes | str) -> None:
    """Read data on both sides of the wire."""
    for refused in (refusal(lambda: take_in(data)), refusal(lambda: CODEC.read_hub(data))):
        assert refused is None or refused.code == "frame.malformed"
        assert refused is None or len(refused.facts["reason"]) <= 200


@given(st.binary(max_size=300))
def test_noise_is_refused(data: bytes):
    digest(data)


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    data = bytearray(draw(st.sampled_from(WHOLE)))
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(data)))
        data[at : at + draw(st.integers(0, 6))] = draw(st.binary(max_size=6) | st.sampled_from(FRAGMENTS))
    return bytes(data)


FRAGMENTS = [
    b'"',
    b"{",
    b"[",
    b"null",
    b"-1",
    b"1e999",
    b"9" * 30,
    b'"kind":"note"',
    b"\\ud800",
    b"\xc3",
    b"\x00",
    b"[" * 5_000,
]


@given(mutated())
def test_damaged_frames_are_read_or_refused(data: bytes):
    digest(data)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=8,
)


@given(st.sampled_from(WHOLE), st.data())
def test_frames_with_other_values_are_read_or_refused(whole: bytes, data: st.DataObject):
    raw: dict[str, Any] = msgspec.json.decode(whole)
    field = data.draw(st.sampled_from(sorted(raw)))
    raw[field] = data.draw(json_values)
    digest(msgspec.json.encode(raw))


@pytest.mark.parametrize("whole", WHOLE, ids=[type(frame).__name__ for frame in FRAMES])
def test_a_frame_survives_the_wire(whole: bytes):
    assert encode(CODEC.read_guest(whole)).encode() == whole
