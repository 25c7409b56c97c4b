"""Messages and recipients: every command against every state, the back-off, and who may be written to."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ioc_console.domain.carriage import (
    LONGEST_S,
    MOST_ATTEMPTS,
    MOST_WAIT_S,
    AttemptMessage,
    DeliverMessage,
    FailMessage,
    HoldMessage,
    back_off,
)
from ioc_console.domain.messages import (
    GRACE,
    LASTS,
    MOST_FACTS,
    MOVES,
    CancelMessage,
    DeskMessage,
    ExpireMessage,
    Message,
    MessageState,
    RetryMessage,
    SendMessage,
    ShowMessage,
    Step,
    moved,
)
from ioc_console.domain.recipients import Channel, DefineRecipient, ForgetRecipient, Recipient
from ioc_console.model import MOST_BYTES, Actor, Command, Entity, Gone, Refused
from tests.domain.state import Standing

NOW = datetime(2026, 11, 25, 8, tzinfo=UTC)
BEFORE, LATER = NOW - timedelta(minutes=30), NOW + timedelta(hours=5)
ACTOR = Actor("outbound", "plugin")
LAN = Recipient(id="lan", channel=Channel.EMAIL, address="lan@vinh.example")
SMS = Recipient(id="sms", channel=Channel.WEBHOOK, address="+84912345678", gateway="sms")
DESK = Recipient(id="desk", channel=Channel.DESK, address="duty_wall.left")
WAITING, SENDING, SENT, FAILED, CANCELLED, EXPIRED = MessageState


def message(state: MessageState = WAITING, **fields: object) -> Message:
    kept = {"attempts": 0 if state is WAITING else 1, "made_at": BEFORE, "next_at": BEFORE, "not_after": LATER} | fields
    channel, template = fields.get("channel", Channel.EMAIL), "message.test"
    kept |= {"recipient": "lan", "channel": channel}
    return Message(id="m", template=template, state=state, **kept)


SHOWN = DeskMessage(
    id="m", desk="duty_wall.left", template="message.test", facts={}, language=message().language, urgent=False,
    made_at=BEFORE,
)  # fmt: skip
COMMANDS = {
    Step.ATTEMPT: lambda m: AttemptMessage("m", attempt=m.attempts + 1),
    Step.HOLD: lambda m: HoldMessage("m", until=LATER),
    Step.DELIVER: lambda m: DeliverMessage("m", receipt="ok"),
    Step.PUT_OFF: lambda m: FailMessage("m", attempt=m.attempts, code="outbound.timed_out"),
    Step.GIVE_UP: lambda m: FailMessage("m", attempt=m.attempts, code="outbound.timed_out", final=True),
    Step.CANCEL: lambda m: CancelMessage("m"),
    Step.EXPIRE: lambda m: ExpireMessage("m"),
    Step.RETRY: lambda m: RetryMessage("m"),
    Step.SHOW: lambda m: ShowMessage("m"),
}


@pytest.mark.parametrize("state", MessageState)
@pytest.mark.parametrize("step", Step)
def test_every_command_against_every_state(step: Step, state: MessageState):
    desk = step is Step.SHOW
    before = message(state, channel=Channel.DESK if desk else Channel.EMAIL)
    at = LATER + GRACE if step is Step.EXPIRE else NOW
    standing = Standing(before, LAN)
    after = MOVES.get((step, state))
    if after is None:
        with pytest.raises(Refused, match=r"outbound\.wrong_state"):
            standing.do(COMMANDS[step](before), ACTOR, at)
        assert standing.get(Message, "m") == before
        return
    standing.do(COMMANDS[step](before), ACTOR, at)
    assert standing.get(Message, "m").state is after
    if step in (Step.DELIVER, Step.SHOW) and state is SENT:
        assert standing.get(Message, "m") == before, "what was sent stays as it is"


def test_the_table_leads_out_of_every_state_but_the_cancelled():
    assert {state for _, state in MOVES} == set(MessageState) - {CANCELLED}
    assert moved(message(WAITING), Step.ATTEMPT) is SENDING


@pytest.mark.parametrize(
    ("attempts", "seconds"), [(0, 10), (1, 10), (2, 20), (3, 40), (6, 320), (7, 640), (8, 900), (12, 900), (10**9, 900)]
)
def test_the_back_off_doubles_up_to_its_cap(attempts: int, seconds: float):
    assert back_off(attempts) == timedelta(seconds=seconds)


FAILURES = {
    "the first": ({"attempts": 1}, {}, WAITING, 10),
    "the third": ({"attempts": 3}, {}, WAITING, 40),
    "the other side asked for more": ({"attempts": 1}, {"after_s": 300.0}, WAITING, 300),
    "the other side asked for less": ({"attempts": 5}, {"after_s": 1.0}, WAITING, 160),
    "the other side asked for far too much": ({"attempts": 1, "not_after": NOW + timedelta(days=9)},
                                              {"after_s": 1e12}, WAITING, MOST_WAIT_S),
    "the last": ({"attempts": MOST_ATTEMPTS}, {}, FAILED, None),
    "final": ({"attempts": 1}, {"final": True}, FAILED, None),
    "the next comes too late": ({"attempts": 8, "not_after": NOW + timedelta(seconds=LONGEST_S)}, {}, FAILED, None),
}  # fmt: skip


@pytest.mark.parametrize(("fields", "said", "state", "wait"), FAILURES.values(), ids=FAILURES.keys())
def test_a_failure_is_put_off_or_given_up(fields: dict, said: dict, state: MessageState, wait: float | None):
    before = message(SENDING, **fields)
    failing = FailMessage(
        "m", attempt=before.attempts, code="outbound.mail_refused", facts={"status": 450}, receipt="later", **said
    )
    (after,) = Standing(before).do(failing, ACTOR, NOW)
    assert (after.state, after.error, after.error_facts, after.receipt) == (
        state, "outbound.mail_refused", {"status": 450}, "later",
    )  # fmt: skip
    assert after.next_at == (before.next_at if wait is None else NOW + timedelta(seconds=wait))


def test_it_is_given_up_after_some_eighty_minutes():
    assert sum((back_off(n) for n in range(1, MOST_ATTEMPTS)), timedelta()) == timedelta(minutes=81, seconds=10)


REFUSALS = {
    "no such message": ([], CancelMessage("m"), "outbound.message_unknown"),
    "an attempt that was made already": ([message(SENDING)], AttemptMessage("m", attempt=1), "outbound.other_attempt"),
    "a failure of an attempt before": ([message(SENDING, attempts=3)],
                                       FailMessage("m", attempt=2, code="a.b"), "outbound.other_attempt"),
    "an attempt past its time": ([message(not_after=NOW)], AttemptMessage("m", attempt=1), "outbound.too_late"),
    "an attempt at a desk's": ([message(channel=Channel.DESK)], AttemptMessage("m", attempt=1),
                               "outbound.wrong_channel"),
    "shown, but not at a desk": ([message()], ShowMessage("m"), "outbound.wrong_channel"),
    "held, but urgent": ([message(urgent=True)], HoldMessage("m", until=LATER), "outbound.urgent"),
    "expired before its time": ([message()], ExpireMessage("m"), "outbound.not_yet"),
    "in flight, and not yet past the grace": ([message(SENDING, not_after=NOW)], ExpireMessage("m"),
                                              "outbound.not_yet"),
    "tried again for nobody": ([message(FAILED)], RetryMessage("m"), "outbound.recipient_unknown"),
    "tried again by another channel": ([message(FAILED, channel=Channel.DESK), LAN], RetryMessage("m"),
                                       "outbound.recipient_unknown"),
    "sent to nobody": ([], SendMessage(id="m", recipient="lan", template="message.test"),
                       "outbound.recipient_unknown"),
    "sent too late": ([LAN], SendMessage(id="m", recipient="lan", template="message.test", not_after=NOW),
                      "outbound.too_late"),
    "with facts too large": ([LAN], SendMessage(id="m", recipient="lan", template="message.test",
                                                facts={f"x{n}": "é" * 500 for n in range(9)}),
                             "outbound.facts_too_large"),
    "another of the same id": ([message(), LAN], SendMessage(id="m", recipient="lan", template="message.alarm"),
                               "outbound.id_taken"),
    "nobody to forget": ([], ForgetRecipient("lan"), "outbound.recipient_unknown"),
}  # fmt: skip


@pytest.mark.parametrize(("before", "command", "code"), REFUSALS.values(), ids=REFUSALS.keys())
def test_what_is_refused(before: list[Entity], command: Command, code: str):
    with pytest.raises(Refused, match=code.replace(".", r"\.")):
        Standing(*before).do(command, ACTOR, NOW)


def test_there_is_always_room_for_what_becomes_of_a_message():
    facts = {f"x{n}": "é" * 494 for n in range(8)}
    standing = Standing(LAN)
    standing.do(SendMessage(id="m" * 80, recipient="lan", template="message.test", facts=facts), ACTOR, NOW)
    standing.do(AttemptMessage("m" * 80, attempt=1), ACTOR, NOW)
    why = {f"x{n}": "é" * 200 for n in range(5)}
    failing = FailMessage("m" * 80, attempt=1, code="a.b", facts=why, receipt="€" * 500)
    (after,) = standing.do(failing, ACTOR, NOW)
    assert MOST_FACTS - 300 < len(msgspec.json.encode(after.facts)) <= MOST_FACTS
    assert len(msgspec.json.encode(after)) < MOST_BYTES


def test_a_message_sent_twice_is_one():
    sending = SendMessage(id="m", recipient="sms", template="message.test", facts={"x": 1}, urgent=True)
    standing = Standing(SMS)
    (made,) = standing.do(sending, ACTOR, NOW)
    assert (made.channel, made.gateway, made.state, made.by) == (Channel.WEBHOOK, "sms", WAITING, "outbound")
    assert (made.next_at, made.not_after) == (NOW, NOW + LASTS)
    assert standing.do(sending, ACTOR, NOW + timedelta(hours=1)) == []
    standing.do(AttemptMessage("m", attempt=1), ACTOR, NOW)
    standing.do(DeliverMessage("m", receipt="queued"), ACTOR, NOW)
    assert standing.do(sending, ACTOR, NOW) == []
    assert SMS.address not in repr(standing.held), "an address stands in its own kind, and in no log"


@pytest.mark.parametrize("over", [CancelMessage("m"), ExpireMessage("m"), ShowMessage("m")], ids=repr)
def test_a_desk_shows_what_waits_and_nothing_else(over: Command):
    standing = Standing(DESK)
    made, shown = standing.do(SendMessage(id="m", recipient="desk", template="message.test"), ACTOR, BEFORE)
    assert shown == msgspec.structs.replace(SHOWN, made_at=BEFORE)
    after, gone = standing.do(over, Actor("duty_wall.left", "display"), BEFORE + LASTS)
    assert gone == Gone("desk_message", "m")
    assert after.state is not made.state
    if after.state is EXPIRED:
        assert standing.do(RetryMessage("m"), ACTOR, NOW)[1].desk == "duty_wall.left"
    if after.state is SENT:
        assert (after.receipt, after.sent_at) == ("duty_wall.left", BEFORE + LASTS)


def test_time_expires_what_waits_and_later_what_is_in_flight():
    assert message(WAITING).due().at == LATER
    assert message(SENDING).due().at == LATER + GRACE
    assert message(WAITING).due().command == ExpireMessage("m")
    assert [message(state).due() for state in (SENT, FAILED, CANCELLED, EXPIRED)] == [None] * 4


ADDRESSES = {
    Channel.EMAIL: (["a@b", "lan.nguyen+ioc@vinh.nghean.gov.vn", "o'hara@x-y.example"],
                    ["", "a", "@b", "a@", "a b@c", "a@b\n", "a@b\r\nBcc: x@y", "<a@b>", "a@b,c@d", "a@-b", "a..b@c",
                     ".a@b", "a@b..c", '"a"@b', "a@b>", "lan@vinh.vn\0", "á@b", "a@é.vn", "x" * 65 + "@b",
                     "a@" + "b" * 64]),
    Channel.WEBHOOK: (["+84912345678", "0912345678", "zalo:42", "user@oa"],
                      ["", "+", "12", "091 234 5678", "0912345678\n", "a/b/c", "a?b=c", "x" * 121, "{to}"]),
    Channel.DESK: (["left", "duty_wall.left", "desk-3"], ["", "a b", "../x", "left\n", "x" * 65]),
}  # fmt: skip
CASES = [(c, a, right) for c, pair in ADDRESSES.items() for right, some in zip((True, False), pair, strict=True)
         for a in some]  # fmt: skip


@pytest.mark.parametrize(("channel", "address", "right"), CASES)
def test_what_an_address_looks_like(channel: Channel, address: str, right: bool):
    recipient = Recipient(id="r", channel=channel, address=address, gateway="sms" if channel is Channel.WEBHOOK else "")
    standing = Standing()
    if right:
        assert standing.do(DefineRecipient(recipient), ACTOR, NOW) == [recipient]
        assert standing.do(DefineRecipient(recipient), ACTOR, NOW) == []
        assert standing.do(ForgetRecipient("r"), ACTOR, NOW) == [Gone("recipient", "r")]
        return
    with pytest.raises(Refused, match=r"outbound\.address_wrong") as refusal:
        standing.do(DefineRecipient(recipient), ACTOR, NOW)
    assert refusal.value.facts == {"channel": channel.value}, "a refusal names no address"


@pytest.mark.parametrize(
    ("channel", "address", "gateway"), [(Channel.WEBHOOK, "+84912345678", ""), (Channel.EMAIL, "a@b", "sms")]
)
def test_a_webhook_names_its_gateway_and_nothing_else_does(channel: Channel, address: str, gateway: str):
    recipient = Recipient(id="r", channel=channel, address=address, gateway=gateway)
    with pytest.raises(Refused, match=r"outbound\.gateway_wrong"):
        Standing().do(DefineRecipient(recipient), ACTOR, NOW)


DEEDS = st.one_of(
    st.builds(SendMessage, id=st.just("m"), recipient=st.sampled_from(["lan", "desk"]),
              template=st.just("message.test"), urgent=st.booleans()),
    st.builds(AttemptMessage, st.just("m"), attempt=st.integers(0, 4)),
    st.builds(HoldMessage, st.just("m"), until=st.just(LATER)),
    st.builds(DeliverMessage, st.just("m"), receipt=st.text(max_size=20)),
    st.builds(FailMessage, st.just("m"), attempt=st.integers(0, 4), code=st.just("a.b"), final=st.booleans(),
              after_s=st.floats(0, 1e300)),
    *(st.just(kind("m")) for kind in (CancelMessage, ExpireMessage, RetryMessage, ShowMessage)),
)  # fmt: skip


@given(st.lists(st.tuples(DEEDS, st.integers(0, 90_000)), max_size=30))
def test_whatever_happens_a_message_stands_in_a_lawful_state(deeds: list[tuple[Command, int]]):
    standing, at = Standing(LAN, DESK), NOW
    for command, seconds in deeds:
        before = standing.get(Message, "m")
        at += timedelta(seconds=seconds)
        try:
            standing.do(command, ACTOR, at)
        except Refused:
            assert standing.get(Message, "m") == before
        after = standing.get(Message, "m")
        if before and before.state is not after.state:
            assert (before.state, after.state) in {(come, go) for (_, come), go in MOVES.items()}
        if after:
            assert msgspec.json.decode(msgspec.json.encode(after), type=Message) == after
            waits = after.state is WAITING and after.channel is Channel.DESK
            assert waits == (standing.get(DeskMessage, "m") is not None)
