"""Alarms: conditions that somebody should know of, whatever raised them."""

from collections.abc import Iterable
from datetime import datetime
from typing import Annotated, ClassVar

import msgspec

from ioc_console.model import Actor, Change, Command, Entity, Keep, Key, Moment, Refused, State, Written

AlarmId = Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9][a-z0-9_.:-]{0,79}\Z")]
TextKey = Annotated[str, msgspec.Meta(pattern=r"^[a-z][a-z0-9_]{0,39}\.[a-z0-9_]{1,60}\Z")]
"""Names a text of the catalogue."""
FactName = Annotated[str, msgspec.Meta(pattern=r"^[a-z][a-z0-9_]{0,39}\Z")]
Whole = Annotated[int, msgspec.Meta(ge=-(2**53), le=2**53)]
Fact = Annotated[str, msgspec.Meta(max_length=500)] | Whole | float | bool
Facts = Annotated[dict[FactName, Fact], msgspec.Meta(max_length=20)]
"""What a text is filled with; a moment stands as its ISO 8601 text."""
Priority = Annotated[int, msgspec.Meta(ge=1, le=4)]


class Alarm(Entity, frozen=True, kw_only=True):
    """One condition, present until `returned_at`; the id names the condition, not its occurrence.

    `code` is the text that says what is wrong, filled with `facts`; `origin` is who raised it and alone may clear
    it; `priority` is 1 (at once) to 4 (when there is time); `count` is how often it was raised in all.
    """

    code: TextKey
    facts: Facts = {}
    origin: str
    priority: Priority
    raised_at: Moment
    returned_at: Moment | None = None
    count: int = 1

    change: ClassVar[Change] = Change.DECIDED
    keep: ClassVar[Keep] = Keep.HISTORY
    most: ClassVar[int] = 2_000

    @property
    def is_active(self) -> bool:
        """Whether the condition is present."""
        return self.returned_at is None


class RaiseAlarm(Command, frozen=True, tag="alarm.raise", kw_only=True):
    """Say that a condition is present; one that is present already is counted, one that had returned begins anew."""

    id: AlarmId
    code: TextKey
    facts: Facts = {}
    priority: Priority = 3

    needs: ClassVar[str] = "alarm.raise"

    def reads(self) -> tuple[Key, ...]:
        return (Key("alarm", self.id),)

    def apply(self, state: State, actor: Actor, at: datetime) -> Iterable[Written]:
        before = state.get(Alarm, self.id)
        if before and before.origin != actor.name:
            raise Refused("alarm.not_origin", alarm=self.id, origin=before.origin)
        yield Alarm(
            id=self.id,
            code=self.code,
            facts=self.facts,
            origin=actor.name,
            priority=self.priority,
            raised_at=before.raised_at if before and before.is_active else at,
            count=before.count + 1 if before else 1,
        )


class ClearAlarm(Command, frozen=True, tag="alarm.clear"):
    """Say that a condition is present no longer."""

    id: AlarmId

    needs: ClassVar[str] = "alarm.clear"

    def reads(self) -> tuple[Key, ...]:
        return (Key("alarm", self.id),)

    def apply(self, state: State, actor: Actor, at: datetime) -> Iterable[Written]:
        alarm = state.get(Alarm, self.id)
        if alarm is None:
            raise Refused("alarm.unknown", alarm=self.id)
        if alarm.origin != actor.name:
            raise Refused("alarm.not_origin", alarm=self.id, origin=alarm.origin)
        if alarm.is_active:
            yield msgspec.structs.replace(alarm, returned_at=at)
