"""People at desks, through both skins of the link: what they may see and do follows who is there."""

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest

from ioc_console.domain.authority import ApproveProposal, DropProposal, Erase, Proposal, Reveal, Undo
from ioc_console.domain.people import Proof
from ioc_console.door import Door, read_door, write_door
from ioc_console.hub import Hub
from ioc_console.model import Refused
from ioc_console.remote import RemoteLink
from ioc_console.server import Listener
from ioc_console.views import View
from ioc_console.words import Words
from tests.core.conftest import Connect, up
from tests.core.kinds import Caller, Note, NoteCaller, Pulse, Secret, StrikeAll, StrikeNote, WriteNote
from tests.core.test_hub import Held
from tests.waiting import soon

WORD = "correct horse 1"
PHONE = "0912345678"


@pytest.fixture
async def people(hub: Hub) -> None:
    for name, role in (("lan", "clerk"), ("minh", "clerk"), ("chi", "chief")):
        await asyncio.to_thread(hub.desks.accounts.add, name, name.title(), role, WORD)


def journal(hub: Hub) -> list[tuple[str, str, str, str]]:
    """Return (actor, desk, tag, outcome) of every line."""
    table = hub.store.tables.journal
    with hub.store.reading() as connection:
        rows = connection.execute(table.select().order_by(table.c.number)).all()
    return [(row.actor, row.desk, row.tag, row.outcome) for row in rows]


def written(hub: Hub) -> str:
    """Return the whole journal as one text."""
    with hub.store.reading() as connection:
        return str(connection.execute(hub.store.tables.journal.select()).all())


async def test_commands_are_the_persons_at_the_desk_and_the_journal_says_so(connect: Connect, hub: Hub, people: None):
    desk = await connect("display", "d1")
    await desk.do(WriteNote("a", "nobody here"))
    done = await desk.login(Proof(name="lan", password=WORD))
    assert done.facts == {"name": "lan", "shown": "Lan", "role": "clerk"}
    await desk.do(WriteNote("a", "lan here"))
    await desk.logout()
    await desk.do(WriteNote("a", "nobody again"))
    assert journal(hub) == [
        ("d1", "d1", "note.write", "done"), ("lan", "lan", "session.enter", "done"),
        ("lan", "d1", "note.write", "done"), ("lan", "lan", "session.leave", "done"),
        ("d1", "d1", "note.write", "done"),
    ]  # fmt: skip
    assert WORD not in written(hub)


async def test_what_a_screen_shows_follows_who_is_there(connect: Connect, people: None):
    sensor, desk = await connect("plugin", "sensor"), await connect("display", "d1")
    await sensor.put(Secret(id="s", text="x"), Pulse(id="p", value=1))
    held = Held(desk.watch(Secret, Pulse))
    await held.until(lambda h: h.get("pulse", "p"))
    assert held.get("secret", "s") is None
    await desk.login(Proof(name="chi", password=WORD))
    await held.until(lambda h: h.get("secret", "s"))
    await desk.logout()
    await held.until(lambda h: not h.get("secret", "s"))
    assert held.get("pulse", "p"), "what anybody may see stays"


async def test_nobody_logs_in_where_there_is_no_desk(connect: Connect, people: None):
    for role, name in (("plugin", "sensor"), ("wall", "w1")):
        with pytest.raises(Refused, match=r"account\.not_here"):
            await (await connect(role, name)).login(Proof(name="lan", password=WORD))


async def test_a_second_person_agrees_and_only_then_is_it_done(connect: Connect, hub: Hub, people: None):
    one, two = await connect("display", "d1"), await connect("display", "d2")
    await one.login(Proof(name="lan", password=WORD))
    held, own = Held(two.watch(Note, Proposal)), Held(one.watch(Proposal))
    await one.do(WriteNote("a", "x"))
    proposal = (await one.do(StrikeAll())).facts["proposal"]
    with pytest.raises(Refused, match=r"gate\.forbidden"):
        await two.do(ApproveProposal(proposal))
    await two.login(Proof(name="minh", password=WORD))
    await held.until(lambda h: h.get("proposal", proposal) and h.get("note", "a"))
    await own.until(lambda h: h.get("proposal", proposal))
    with pytest.raises(Refused, match=r"proposal\.same_person"):
        await one.do(ApproveProposal(proposal))
    await two.do(ApproveProposal(proposal))
    await held.until(lambda h: not h.get("note", "a") and not h.get("proposal", proposal))
    with pytest.raises(Refused, match=r"proposal\.unknown|command\.stale"):
        await two.do(ApproveProposal(proposal))
    assert [line[2:] for line in journal(hub) if line[0] == "minh"][1] == ("proposal.approve", "done")
    again = (await one.do(StrikeAll())).facts["proposal"]
    await one.do(DropProposal(again))


async def test_a_command_is_taken_back_exactly_and_only_where_nobody_changed_it_since(
    connect: Connect, hub: Hub, people: None
):
    one, two = await connect("display", "d1"), await connect("display", "d2")
    await one.login(Proof(name="lan", password=WORD))
    held = Held(two.watch(Note))
    await one.do(WriteNote("a", "first"))
    second = await one.do(WriteNote("a", "second"))
    await held.until(lambda h: getattr(h.get("note", "a"), "text", "") == "second")
    with pytest.raises(Refused, match=r"gate\.forbidden"):
        await two.do(Undo(second.id))
    await two.login(Proof(name="minh", password=WORD))
    with pytest.raises(Refused, match=r"undo\.not_yours"):
        await two.do(Undo(second.id))
    back = await one.do(Undo(second.id))
    await held.until(lambda h: h.get("note", "a") == Note(id="a", text="first", count=1))
    with pytest.raises(Refused, match=r"undo\.changed"):
        await one.do(Undo(second.id))
    await one.do(Undo(back.id))
    await held.until(lambda h: h.get("note", "a") == Note(id="a", text="second", count=2))
    made = await one.do(WriteNote("b", "new"))
    await one.do(Undo(made.id))
    await held.until(lambda h: h.get("note", "b") is None)
    struck = await one.do(StrikeNote("a"))
    with pytest.raises(Refused, match=r"undo\.impossible"):
        await one.do(Undo(struck.id))
    with pytest.raises(Refused, match=r"undo\.unknown"):
        await one.do(Undo("nothing at all"))
    assert hub.store.verify_journal() is None


async def test_personal_data_are_hidden_revealed_for_a_reason_and_never_journalled(
    connect: Connect, hub: Hub, people: None
):
    desk = await connect("display", "d1")
    await desk.do(NoteCaller("c1", "Hoa", PHONE))
    with pytest.raises(Refused, match=r"gate\.forbidden"):
        await desk.look(View("caller"))
    await desk.login(Proof(name="lan", password=WORD))
    with pytest.raises(Refused, match=r"gate\.forbidden"):
        await desk.do(Reveal("caller", "c1", "wants to call back"))
    await desk.logout()
    await desk.login(Proof(name="chi", password=WORD))
    assert (await desk.look(View("caller"))).rows == (Caller(id="c1", name="Hoa", phone=PHONE),)
    done = await desk.do(Reveal("caller", "c1", "wants to call back"))
    assert done.told["entity"]["phone"] == PHONE
    with pytest.raises(Refused, match=r"personal\.unknown"):
        await desk.do(Reveal("note", "c1", "not personal at all"))
    table = hub.store.tables.journal
    with hub.store.reading() as connection:
        lines = connection.execute(table.select().where(table.c.tag == "personal.reveal")).all()
    assert "wants to call back" in lines[-2].payload
    assert PHONE not in str(lines)


async def test_erasing_takes_two_and_leaves_a_ledger(connect: Connect, hub: Hub, people: None):
    one, two = await connect("display", "d1"), await connect("display", "d2")
    await asyncio.to_thread(hub.desks.accounts.add, "dung", "Dũng", "chief", WORD)
    await one.do(NoteCaller("c1", "Hoa", PHONE))
    await one.login(Proof(name="chi", password=WORD))
    await two.login(Proof(name="dung", password=WORD))
    watched = Held(two.watch(Proposal))
    proposal = (await one.do(Erase("caller", "c1", "asked for by letter"))).facts["proposal"]
    await watched.until(lambda h: h.get("proposal", proposal))
    await two.do(ApproveProposal(proposal))
    assert (await two.look(View("caller"))).total == 0
    ledger = (await two.look(View("erasure"))).rows[0]
    assert (ledger.id, ledger.by, ledger.reason) == ("caller:c1", "dung", "asked for by letter")


async def test_a_stay_and_a_guest_end_within_seconds_once_they_are_revoked(
    listener: Listener, words: Words, hub: Hub, people: None, tmp_path: Path
):
    accounts = hub.desks.accounts
    word, token = await asyncio.to_thread(accounts.tokens.issue, "lobby", "display", "", timedelta(days=1))
    door = tmp_path / "far.json"
    write_door(door, Door(read_door(listener.door).url, tokens={"display": word}))
    desk = RemoteLink(words, door, "display", "lobby/duty_wall.main")
    desk.start()
    await up(desk)
    await desk.login(Proof(name="lan", password=WORD))
    assert (await desk.do(WriteNote("a", "x"))).seq
    session = next(iter(listener.sessions))
    await asyncio.to_thread(accounts.disable, "lan")
    await session.check()
    await desk.do(WriteNote("a", "y"))
    assert [line[:2] for line in journal(hub) if line[2] == "note.write"] == [
        ("lan", "lobby/duty_wall.main"), ("lobby/duty_wall.main", "lobby/duty_wall.main"),
    ]  # fmt: skip
    await asyncio.to_thread(accounts.tokens.revoke, token.id)
    await session.check()
    await soon(lambda: not desk.connected and desk.wire.refused, "the guest sent away")
    assert desk.wire.refused.code == "gate.token_wrong"
    await desk.close()


async def test_a_stay_outlives_a_lost_link(listener: Listener, words: Words, hub: Hub, people: None):
    desk = RemoteLink(words, listener.door, "display", "d1")
    desk.start()
    await up(desk)
    await desk.login(Proof(name="lan", password=WORD))
    desk.wire.socket.transport.abort()
    await soon(lambda: not desk.connected, "the link lost")
    await up(desk)
    await soon(lambda: next(iter(listener.sessions)).stay.person, "the person back")
    await desk.do(WriteNote("a", "x"))
    assert journal(hub)[-1][:3] == ("lan", "d1", "note.write")
    await desk.close()
