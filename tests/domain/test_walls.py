"""Walls and cameras: every command as a table of what stood before and what it makes of it, or its refusal."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ioc_console.domain.cameras import Camera, DeclareCamera, RetireCamera
from ioc_console.domain.walls import (
    Arrangement,
    ArrangeWall,
    DefineSequence,
    DropSequence,
    PauseSequence,
    Playing,
    PlaySequence,
    ResetWall,
    ResumeSequence,
    Sequence,
    StepSequence,
    StopSequence,
    Tile,
    remaining,
    step_of,
)
from ioc_console.model import Actor, Command, E, Entity, Gone, Key, Refused, kind_of

NOW = datetime(2026, 11, 25, 8, tzinfo=UTC)
ACTOR = Actor("left", "display")
WALL = "duty_wall.left.cameras"

C1, C2, C3 = (Camera(id=f"c{at}", number=at, name=f"Camera {at}") for at in (1, 2, 3))
ROUND = Sequence(id="round", name="Round", cameras=("c1", "c2", "c3"), dwell_s=10)
LAID = Arrangement(id=WALL, side=2, tiles=(Tile("c1", 0, 0), Tile("c2", 1, 0)))
RUNS = Playing(id=WALL, sequence="round", started=NOW - timedelta(seconds=13))
HELD = Playing(id=WALL, sequence="round", started=NOW - timedelta(seconds=13), paused_at=NOW - timedelta(seconds=2))
ELSEWHERE = Playing(id="other.wall", sequence="other", started=NOW)


class Facts:
    """A state that holds what it is given."""

    def __init__(self, entities: Iterable[Entity]) -> None:
        self.held = {entity.key: entity for entity in entities}

    def get(self, kind: type[E], id: str) -> E | None:
        return self.held.get(Key(kind_of(kind), id))

    def all(self, kind: type[E]) -> list[E]:
        return [entity for entity in self.held.values() if isinstance(entity, kind)]


def started(seconds_ago: float) -> Playing:
    return msgspec.structs.replace(RUNS, started=NOW - timedelta(seconds=seconds_ago))


DONE = {
    "declare a new camera": ((C1,), DeclareCamera(C2), [C2]),
    "declare a camera that changed": (
        (C1,), DeclareCamera(msgspec.structs.replace(C1, name="Bridge")), [msgspec.structs.replace(C1, name="Bridge")],
    ),
    "declare a camera again": ((C1,), DeclareCamera(C1), []),
    "give a camera a number that is free": (
        (C1, C2), DeclareCamera(msgspec.structs.replace(C1, number=9)), [msgspec.structs.replace(C1, number=9)],
    ),
    "retire a camera": ((C1, C2), RetireCamera("c1"), [Gone("camera", "c1")]),
    "arrange": (
        (C1, C2), ArrangeWall(WALL, 2, (Tile("c1", 0, 0), Tile("c2", 1, 1))),
        [Arrangement(id=WALL, side=2, tiles=(Tile("c1", 0, 0), Tile("c2", 1, 1)))],
    ),
    "arrange with a large tile": (
        (C1, C2, LAID), ArrangeWall(WALL, 3, (Tile("c1", 0, 0, 2), Tile("c2", 2, 2))),
        [Arrangement(id=WALL, side=3, tiles=(Tile("c1", 0, 0, 2), Tile("c2", 2, 2)))],
    ),
    "arrange one camera twice": (
        (C1,), ArrangeWall(WALL, 2, (Tile("c1", 0, 0), Tile("c1", 1, 0))),
        [Arrangement(id=WALL, side=2, tiles=(Tile("c1", 0, 0), Tile("c1", 1, 0)))],
    ),
    "arrange nothing": ((LAID,), ArrangeWall(WALL, 1, ()), [Arrangement(id=WALL, side=1, tiles=())]),
    "reset": ((LAID,), ResetWall(WALL), [Gone("arrangement", WALL)]),
    "reset what was never arranged": ((), ResetWall(WALL), []),
    "define": ((C1, C2, C3), DefineSequence(ROUND), [ROUND]),
    "define again": ((C1, C2, C3, ROUND), DefineSequence(ROUND), []),
    "define otherwise": (
        (C1, C2, C3, ROUND), DefineSequence(msgspec.structs.replace(ROUND, dwell_s=5)),
        [msgspec.structs.replace(ROUND, dwell_s=5)],
    ),
    "drop": ((ROUND,), DropSequence("round"), [Gone("sequence", "round")]),
    "drop what runs": (
        (ROUND, RUNS, ELSEWHERE), DropSequence("round"), [Gone("sequence", "round"), Gone("playing", WALL)],
    ),
    "play": ((ROUND,), PlaySequence(WALL, "round"), [started(0)]),
    "play from the first camera again": ((ROUND, RUNS), PlaySequence(WALL, "round"), [started(0)]),
    "stop": ((ROUND, RUNS), StopSequence(WALL), [Gone("playing", WALL)]),
    "pause": ((ROUND, RUNS), PauseSequence(WALL), [msgspec.structs.replace(RUNS, paused_at=NOW)]),
    "pause what is held": ((ROUND, HELD), PauseSequence(WALL), []),
    "resume": ((ROUND, HELD), ResumeSequence(WALL), [started(11)]),
    "resume what runs": ((ROUND, RUNS), ResumeSequence(WALL), []),
    "step on": ((ROUND, RUNS), StepSequence(WALL), [started(20)]),
    "step back": ((ROUND, RUNS), StepSequence(WALL, -1), [started(0)]),
    "step back over the first": ((ROUND, RUNS), StepSequence(WALL, -2), [started(-10)]),
    "step while held": (
        (ROUND, HELD), StepSequence(WALL, 1), [msgspec.structs.replace(HELD, started=NOW - timedelta(seconds=22))],
    ),
}  # fmt: skip

REFUSED = {
    "a number that is taken": (
        (C1,), DeclareCamera(msgspec.structs.replace(C2, number=1)), "camera.number_taken",
        {"number": 1, "camera": "c1"},
    ),
    "retire an unknown camera": ((), RetireCamera("c1"), "camera.unknown", {"camera": "c1"}),
    "arrange an unknown camera": ((C1,), ArrangeWall(WALL, 1, (Tile("c2", 0, 0),)), "camera.unknown", {"camera": "c2"}),
    "tiles that overlap": (
        (C1, C2), ArrangeWall(WALL, 3, (Tile("c1", 0, 0, 2), Tile("c2", 1, 1))), "wall.tile_misplaced",
        {"camera": "c2"},
    ),
    "a tile outside": ((C1,), ArrangeWall(WALL, 2, (Tile("c1", 2, 0),)), "wall.tile_misplaced", {"camera": "c1"}),
    "a tile that stands out": (
        (C1,), ArrangeWall(WALL, 2, (Tile("c1", 1, 1, 2),)), "wall.tile_misplaced", {"camera": "c1"},
    ),
    "define with an unknown camera": ((C1, C2), DefineSequence(ROUND), "camera.unknown", {"camera": "c3"}),
    "drop an unknown sequence": ((), DropSequence("round"), "sequence.unknown", {"sequence": "round"}),
    "play an unknown sequence": ((), PlaySequence(WALL, "round"), "sequence.unknown", {"sequence": "round"}),
    "stop nothing": ((ROUND,), StopSequence(WALL), "sequence.not_running", {"surface": WALL}),
    "pause nothing": ((ROUND,), PauseSequence(WALL), "sequence.not_running", {"surface": WALL}),
    "resume nothing": ((ROUND,), ResumeSequence(WALL), "sequence.not_running", {"surface": WALL}),
    "step nothing": ((ROUND,), StepSequence(WALL), "sequence.not_running", {"surface": WALL}),
    "step what was dropped": ((RUNS,), StepSequence(WALL), "sequence.unknown", {"sequence": "round"}),
}  # fmt: skip


@pytest.mark.parametrize(("before", "command", "after"), DONE.values(), ids=DONE.keys())
def test_a_command_makes_of_what_stood(before: tuple[Entity, ...], command: Command, after: list[Entity | Gone]):
    assert list(command.apply(Facts(before), ACTOR, NOW)) == after


@pytest.mark.parametrize(("before", "command", "code", "facts"), REFUSED.values(), ids=REFUSED.keys())
def test_a_command_is_refused(before: tuple[Entity, ...], command: Command, code: str, facts: dict[str, object]):
    with pytest.raises(Refused) as caught:
        list(command.apply(Facts(before), ACTOR, NOW))
    assert (caught.value.code, caught.value.facts) == (code, facts)


def test_commands_name_what_they_concern():
    assert ArrangeWall(WALL, 1, ()).reads() == ResetWall(WALL).reads() == (Key("arrangement", WALL),)
    assert DefineSequence(ROUND).reads() == DropSequence("round").reads() == (Key("sequence", "round"),)
    assert DeclareCamera(C1).reads() == RetireCamera("c1").reads() == (Key("camera", "c1"),)
    assert [ArrangeWall.fresh, ResetWall.fresh, PlaySequence.fresh] == [True, False, False]


@pytest.mark.parametrize(
    ("seconds", "screen", "step", "left"),
    [(0, 1, 0, 10), (9.5, 1, 0, 0.5), (10, 1, 1, 10), (29, 1, 2, 1), (30, 1, 0, 10), (10, 2, 1, 10), (20, 2, 0, 10),
     (25, 4, 0, 5)],
)  # fmt: skip
def test_a_sequence_turns_by_the_time_alone(seconds: float, screen: int, step: int, left: float):
    playing = started(seconds)
    assert step_of(playing, ROUND, screen, NOW) == step
    assert remaining(playing, ROUND, NOW) == pytest.approx(left)


def test_a_held_sequence_stands():
    for later in (0, 7, 3_600):
        assert step_of(HELD, ROUND, 1, NOW + timedelta(seconds=later)) == 1
        assert remaining(HELD, ROUND, NOW + timedelta(seconds=later)) == pytest.approx(9)


@given(
    st.floats(0, 86_400).map(lambda s: round(s, 3)), st.integers(-200, 200), st.integers(1, 20),
    st.sampled_from([2.0, 2.3, 7.9, 8.0, 10.1, 60.0]), st.booleans(),
)  # fmt: skip
def test_a_step_is_always_one_step_and_starts_it_whole(ago: float, steps: int, count: int, dwell: float, held: bool):
    sequence = Sequence(id="round", name="Round", cameras=tuple(f"c{at}" for at in range(count)), dwell_s=dwell)
    playing = msgspec.structs.replace(started(ago), paused_at=NOW if held else None)
    (after,) = StepSequence(WALL, steps).apply(Facts([sequence, playing]), ACTOR, NOW)
    assert step_of(after, sequence, 1, NOW) == (step_of(playing, sequence, 1, NOW) + steps) % count
    assert remaining(after, sequence, NOW) == pytest.approx(dwell, abs=1e-3)


@given(st.floats(0, 3_600), st.floats(0, 3_600))
def test_pause_and_resume_lose_no_time(ran: float, held: float):
    (paused,) = PauseSequence(WALL).apply(Facts([ROUND, started(ran)]), ACTOR, NOW)
    later = NOW + timedelta(seconds=held)
    (resumed,) = ResumeSequence(WALL).apply(Facts([ROUND, paused]), ACTOR, later)
    assert step_of(resumed, ROUND, 1, later) == step_of(started(ran), ROUND, 1, NOW)
    assert remaining(resumed, ROUND, later) == pytest.approx(remaining(started(ran), ROUND, NOW), abs=1e-3)
