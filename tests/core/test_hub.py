"""The hub's promises, through both skins of the link."""

import asyncio
from datetime import UTC, datetime

import pytest

from ioc_console.hub import Hub
from ioc_console.model import Delta, Entity, Key, Refused
from ioc_console.views import View, Where
from tests.core.conftest import Connect
from tests.core.kinds import EditNote, Letter, Note, Pulse, Reading, Ring, Secret, StrikeNote, WriteNote

NOW = datetime(2026, 11, 25, tzinfo=UTC)


class Held:
    """What a watcher ends up holding."""

    def __init__(self, watch: object) -> None:
        self.entities: dict[Key, Entity] = {}
        self.deltas: list[Delta] = []
        self.watch = watch
        self.task = asyncio.create_task(self.follow())

    async def follow(self) -> None:
        async for delta in self.watch:
            self.deltas.append(delta)
            self.entities.update((entity.key, entity) for entity in delta.puts)
            for gone in delta.gone:
                del self.entities[gone.key]

    async def until(self, holds: object) -> None:
        async with asyncio.timeout(10):
            while not holds(self):
                await asyncio.sleep(0.005)

    def get(self, kind: str, id: str) -> Entity | None:
        return self.entities.get(Key(kind, id))


async def test_what_is_put_reaches_the_watcher_whole(connect: Connect) -> None:
    sensor, display = await connect("plugin", "sensor"), await connect("display", "left")
    await sensor.put(Reading(id="a", value=1.5, at=NOW))
    held = Held(display.watch(Reading, Pulse))
    await held.until(lambda h: h.get("reading", "a"))
    await sensor.put(Reading(id="a", value=2.5, at=NOW), Pulse(id="p", value=1))
    await held.until(lambda h: h.get("pulse", "p"))
    assert held.get("reading", "a") == Reading(id="a", value=2.5, at=NOW)
    assert any(len(delta.puts) == 2 for delta in held.deltas), "a transaction is never split"
    await sensor.withdraw(Pulse, ["p"])
    await held.until(lambda h: not h.get("pulse", "p"))


async def test_commands_see_all_earlier_ones_and_are_journalled(connect: Connect, hub: Hub) -> None:
    display = await connect("display", "left")
    answers = await asyncio.gather(*(display.do(WriteNote("n", f"t{i}")) for i in range(40)))
    held = Held(display.watch(Note))
    await held.until(lambda h: h.get("note", "n"))
    assert held.get("note", "n") == Note(id="n", text="t39", count=40)
    assert sorted({answer.seq for answer in answers}) == [answer.seq for answer in answers]
    assert hub.store.verify_journal() is None
    assert hub.writer.number == 40


async def test_a_watcher_may_not_put_and_a_source_only_its_own_kinds(connect: Connect) -> None:
    display, sensor = await connect("display", "left"), await connect("plugin", "sensor")
    with pytest.raises(Refused, match=r"gate\.not_source"):
        await display.put(Reading(id="a", value=1, at=NOW))
    with pytest.raises(Refused, match=r"gate\.decided"):
        await sensor.put(Note(id="n", text="x"))
    with pytest.raises(Refused, match=r"gate\.forbidden"):
        await sensor.do(WriteNote("n", "x"))


async def test_a_fresh_command_is_refused_after_a_change_unseen(connect: Connect) -> None:
    one, two = await connect("display", "one"), await connect("display", "two")
    held = Held(one.watch(Note))
    await one.do(EditNote("n", "first"))
    await held.until(lambda h: h.get("note", "n"))
    await one.do(EditNote("n", "second"))
    with pytest.raises(Refused, match=r"command\.stale"):
        await two.do(EditNote("n", "blind"))


async def test_a_bug_in_a_rule_is_one_refusal(connect: Connect, caplog: pytest.LogCaptureFixture) -> None:
    display = await connect("display", "left")
    results = await asyncio.gather(
        display.do(WriteNote("a", "x")), display.do(WriteNote("b", "boom")), display.do(WriteNote("c", "x")),
        return_exceptions=True,
    )  # fmt: skip
    assert [isinstance(result, Refused) for result in results] == [False, True, False]
    assert "note.write failed" in caplog.text


async def test_a_live_kind_refuses_to_outgrow_its_maximum(connect: Connect) -> None:
    display = await connect("display", "left")
    for i in range(Note.most):
        await display.do(WriteNote(f"n{i}", "x"))
    with pytest.raises(Refused, match=r"entity\.too_many"):
        await display.do(WriteNote("one more", "x"))
    await display.do(StrikeNote("n0"))
    await display.do(WriteNote("one more", "x"))


async def test_a_large_entity_is_refused(connect: Connect) -> None:
    display = await connect("display", "left")
    with pytest.raises(Refused, match=r"entity\.too_large"):
        await display.do(WriteNote("n", "x" * 17_000))


async def test_what_one_may_not_see_is_not_sent(connect: Connect) -> None:
    sensor, display = await connect("plugin", "sensor"), await connect("display", "left")
    chief = await connect("vault", "v1")
    await sensor.put(Secret(id="s", text="x"), Pulse(id="p", value=1))
    low, high = Held(display.watch(Secret, Pulse)), Held(chief.watch(Secret, Pulse))
    await high.until(lambda h: h.get("secret", "s"))
    await low.until(lambda h: h.get("pulse", "p"))
    assert low.get("secret", "s") is None


async def test_a_command_on_the_world_is_carried_out_by_its_plugin(connect: Connect) -> None:
    sensor, display = await connect("plugin", "sensor"), await connect("display", "left")
    rung: list[int] = []

    async def ring(command: Ring) -> dict[str, int]:
        rung.append(command.times)
        if command.times > 3:
            raise Refused("camera.unknown", camera="bell")
        return {"rung": command.times}

    with pytest.raises(Refused, match=r"command\.no_carrier"):
        await display.do(Ring(1))
    sensor.carry(Ring, ring)
    async with asyncio.timeout(5):
        while True:
            try:
                assert (await display.do(Ring(2))).facts == {"rung": 2}
                break
            except Refused:
                await asyncio.sleep(0.01)
    with pytest.raises(Refused, match=r"camera\.unknown"):
        await display.do(Ring(4))
    assert rung == [2, 4]


async def test_the_clock_does_what_is_due(connect: Connect) -> None:
    display = await connect("display", "left")
    held = Held(display.watch(Note))
    await display.do(WriteNote("n", "soon gone", lasts_s=0.3))
    await held.until(lambda h: h.get("note", "n"))
    await held.until(lambda h: not h.get("note", "n"))


async def test_a_page_is_kept_level(connect: Connect) -> None:
    sensor, display = await connect("plugin", "sensor"), await connect("display", "left")
    await sensor.put(*(letter(i) for i in range(120)))
    view = View("letter", where=(Where("ward", "w1"),), order=("-received",), limit=10, counts="urgent")
    page = await display.look(view)
    assert page.total == 40
    assert [row.id for row in page.rows][:2] == ["118", "115"]
    assert page.counts == {"True": 20, "False": 20}
    watch = display.watch(Pulse)
    held = Held(watch)
    watch.look(view)
    await held.until(lambda h: any(delta.pages for delta in h.deltas))
    await sensor.put(letter(121))
    await held.until(lambda h: any(page.rows[0].id == "121" for delta in h.deltas for page in delta.pages))


async def test_search_ignores_accents(connect: Connect) -> None:
    sensor, display = await connect("plugin", "sensor"), await connect("display", "left")
    await sensor.put(letter(1, "Đường Lê Lợi ngập"), letter(2, "Chợ Vinh"))
    assert [row.id for row in (await display.look(View("letter", search="duong le loi"))).rows] == ["1"]
    assert [row.id for row in (await display.look(View("letter", search="CHỢ"))).rows] == ["2"]


@pytest.mark.parametrize(
    ("view", "code"),
    [
        (View("nothing"), "entity.kind_unknown"),
        (View("letter", order=("tags",)), "view.field_unknown"),
        (View("letter", where=(Where("nope", 1),)), "view.field_unknown"),
        (View("letter", where=(Where("received", "yesterday"),)), "view.moment_wrong"),
        (View("reading", search="x"), "view.not_searchable"),
    ],
)
async def test_a_wrong_view_is_refused(connect: Connect, view: View, code: str) -> None:
    display = await connect("display", "left")
    with pytest.raises(Refused, match=code.replace(".", r"\.")):
        await display.look(view)


def letter(number: int, subject: str = "thư") -> Letter:
    received = NOW.replace(minute=number // 60, second=number % 60)
    return Letter(
        id=f"{number}", subject=subject, ward=f"w{number % 3}", received=received, urgent=number % 2 == 0, tags=("a",)
    )
