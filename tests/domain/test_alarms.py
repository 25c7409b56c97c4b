"""Alarms: raised, counted, cleared and raised again, by their origin alone."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from ioc_console.domain.alarms import Alarm, ClearAlarm, RaiseAlarm
from ioc_console.model import Actor, Command, Entity, Key, Refused
from ioc_console.words import city_words
from tests.domain.state import Standing

NOW = datetime(2026, 11, 25, 8, tzinfo=UTC)
BEFORE = NOW - timedelta(hours=1)
OUTBOUND, OTHER = Actor("outbound", "plugin"), Actor("other", "plugin")
RAISE = RaiseAlarm(id="a", code="outbound.way_failing", facts={"way": "email"}, priority=2)
FIRST = Alarm(
    id="a", code="outbound.way_failing", facts={"way": "email"}, origin="outbound", priority=2, raised_at=BEFORE
)
OVER = msgspec.structs.replace(FIRST, returned_at=BEFORE)
CHANGES = {
    "new": ([], RAISE, [msgspec.structs.replace(FIRST, raised_at=NOW)]),
    "present already": ([FIRST], RAISE, [msgspec.structs.replace(FIRST, count=2)]),
    "present again": ([OVER], RAISE, [msgspec.structs.replace(FIRST, raised_at=NOW, count=2)]),
    "cleared": ([FIRST], ClearAlarm("a"), [msgspec.structs.replace(FIRST, returned_at=NOW)]),
    "cleared twice": ([OVER], ClearAlarm("a"), []),
}


@pytest.mark.parametrize(("before", "command", "after"), CHANGES.values(), ids=CHANGES.keys())
def test_what_becomes_of_an_alarm(before: list[Entity], command: Command, after: list[Entity]):
    assert Standing(*before).do(command, OUTBOUND, NOW) == after
    assert command.reads() == (Key("alarm", "a"),)


@pytest.mark.parametrize(
    ("before", "command", "actor", "code"),
    [
        ([], ClearAlarm("a"), OUTBOUND, "alarm.unknown"),
        ([FIRST], ClearAlarm("a"), OTHER, "alarm.not_origin"),
        ([FIRST], RAISE, OTHER, "alarm.not_origin"),
    ],
)
def test_who_may_not(before: list[Entity], command: Command, actor: Actor, code: str):
    with pytest.raises(Refused, match=code.replace(".", r"\.")):
        Standing(*before).do(command, actor, NOW)


@pytest.mark.parametrize(
    "wrong",
    [
        {"id": "a\n"}, {"id": ""}, {"code": "no_table"}, {"code": "a.b\n"}, {"priority": 0}, {"priority": 5},
        {"facts": {"Not a name": 1}}, {"facts": {"x": "y" * 501}}, {"facts": {f"x{n}": n for n in range(21)}},
        {"facts": {"x": ["a list"]}}, {"facts": {"x": 10**30}},
    ],
    ids=str,
)  # fmt: skip
def test_what_is_malformed_is_not_decoded(wrong: dict[str, object]):
    right = {"command": "alarm.raise", "id": "a", "code": "a.b", "priority": 1, "facts": {"x": 1}}
    decoder = city_words().command_decoder
    assert decoder.decode(msgspec.json.encode(right)).facts == {"x": 1}
    with pytest.raises(msgspec.ValidationError):
        decoder.decode(msgspec.json.encode(right | wrong))
