"""Letters: words and facts, headers that nothing breaks out of, receipts without addresses, what answers mean."""

import ssl
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from zoneinfo import ZoneInfo

import aiosmtplib
import httpx
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ioc_console.domain.messages import Language, Message, MessageState
from ioc_console.domain.recipients import Channel
from ioc_console.model import Refused
from ioc_console.words import LANGUAGES, Catalogue
from plugins.outbound import mail, webhook
from plugins.outbound.letters import Failed, Letter, Outcome, Sent, key_of, one_line, plain, receipt_of
from plugins.outbound.mail import mime_of
from plugins.outbound.settings import MailServer
from plugins.outbound.turns import MOST_TRIES, newer, ready
from plugins.outbound.webhook import after_s, headers_of, outcome_of, signature
from plugins.outbound.wording import Wording

NOW = datetime(2026, 11, 25, 8, tzinfo=UTC)
WORDING = Wording.load("Vinh", ZoneInfo("Asia/Ho_Chi_Minh"))
SERVER = MailServer(host="mail.example", sender="ioc@vinh.example", name="Trung tâm điều hành")
LETTER = Letter(
    id="m", key=key_of("test", "m"), address="lan@vinh.example", subject="Thử", body="Đây là tin nhắn thử.",
    language="vi", urgent=True, at=NOW, made_at=NOW, not_after=NOW + timedelta(days=1),
)  # fmt: skip
HEADERS = {"From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "Content-Language", "Importance",
           "MIME-Version", "Content-Type", "Content-Transfer-Encoding"}  # fmt: skip
ALARM = {"priority": 2, "at": "2026-11-25T15:05:00+00:00", "what": "Camera 204 mất hình"}


def message(id: str = "m", **fields: object) -> Message:
    kept = {"recipient": "lan", "channel": Channel.EMAIL, "template": "message.test", "made_at": NOW, "next_at": NOW}
    return Message(id=id, **(kept | {"not_after": NOW + timedelta(days=1)} | fields))


def test_a_message_is_said_in_its_language_and_the_city_s_time():
    subject, body = WORDING.compose(message(template="message.alarm", facts=ALARM))
    assert subject == "Cảnh báo mức 2: Camera 204 mất hình"
    assert body.splitlines() == [
        "Camera 204 mất hình", "Cảnh báo mức 2, phát sinh lúc 22:05 25/11/2026.", "Trung tâm điều hành Vinh",
    ]  # fmt: skip
    subject, _ = WORDING.compose(message(language=Language.EN))
    assert subject == "Test message of the operations centre, Vinh"


def test_a_fact_that_names_a_text_is_said_in_words():
    facts = {"priority": 2, "at": "now", "what_code": "camera.unknown", "camera": "c9"}
    assert "Không có camera “c9”" in WORDING.compose(message(template="message.alarm", facts=facts))[1]
    facts["what_code"] = "no.text"
    assert "no.text" in WORDING.compose(message(template="message.alarm", facts=facts))[1]


@pytest.mark.parametrize(
    ("template", "facts", "code", "said"),
    [
        ("message.alarm", {"priority": 1, "what": "x"}, "outbound.fact_missing",
         {"template": "message.alarm", "fact": "at"}),
        ("message.none", {}, "outbound.template_unknown", {"template": "message_subject.none"}),
    ],
)  # fmt: skip
def test_what_cannot_be_said_is_refused_in_words(template: str, facts: dict, code: str, said: dict):
    with pytest.raises(Refused) as refusal:
        WORDING.compose(message(template=template, facts=facts))
    assert (refusal.value.code, refusal.value.facts) == (code, said)


def test_every_text_to_send_has_a_subject_and_says_what_its_facts_allow():
    for language in LANGUAGES:
        texts = Catalogue.load(language).texts
        bodies, subjects = ({key.partition(".")[2] for key in texts if key.startswith(f"{table}.")}
                            for table in ("message", "message_subject"))  # fmt: skip
        assert bodies == subjects >= {"alarm", "escalation", "job_failed", "test"}


VALUES = st.one_of(st.text(max_size=200), st.integers(-(2**53), 2**53), st.floats(allow_nan=False), st.booleans())
NAMES = st.sampled_from(["what", "at", "priority", "minutes", "job", "what_code", "job_at", "city", "x", "key", "self"])
TEXT = st.text(
    st.one_of(st.characters(), st.sampled_from('\r\n\0\t\x0b\x0c\x1c\x85\u2028\u202e:{}<>,"=?')), max_size=300
)


@given(
    st.sampled_from(["message.alarm", "message.escalation", "message.job_failed", "message.test"]),
    st.dictionaries(NAMES, st.one_of(VALUES, TEXT), max_size=10),
)
def test_whatever_the_facts_are_it_is_said_or_refused(template: str, facts: dict):
    refused = None
    try:
        subject, body = WORDING.compose(message(template=template, facts=facts))
    except Refused as error:
        refused = error
    if refused:
        assert refused.code in ("outbound.fact_missing", "outbound.fact_unfit")
        return
    assert len(subject.splitlines()) <= 1
    assert (subject + body).encode("utf-8"), "it can be sent"


@given(TEXT, TEXT, st.text(max_size=60))
def test_nothing_in_a_letter_becomes_a_header(subject: str, body: str, name: str):
    letter = msgspec.structs.replace(LETTER, subject=one_line(subject), body=plain(body))
    raw = mime_of(letter, msgspec.structs.replace(SERVER, name=name)).as_bytes()
    head, _, _ = raw.partition(b"\r\n\r\n")
    assert all(line[:1] in b" \t" or line.split(b":")[0].decode() in HEADERS for line in head.split(b"\r\n"))
    back = message_from_bytes(raw, policy=policy.default)
    assert set(back.keys()) == HEADERS
    assert len(back.keys()) == len(HEADERS)
    assert [str(one.addr_spec) for one in back["To"].addresses] == [letter.address]
    assert [str(one.addr_spec) for one in back["From"].addresses] == [SERVER.sender]
    assert back.get_content().replace("\r\n", "\n").rstrip("\n") == letter.body.rstrip("\n")


@given(TEXT)
def test_a_line_is_one_line_of_printable_text(text: str):
    line = one_line(text)
    assert len(line.splitlines()) <= 1
    assert line == line.strip()
    assert not {"\u202e", "\0", "\r", "\n"} & set(line)
    assert one_line(line) == line


def test_mail_is_what_a_reader_expects():
    mime = mime_of(LETTER, SERVER)
    assert mime["Subject"] == "Thử"
    assert mime["Message-ID"] == f"<{LETTER.key}@vinh.example>"
    assert mime["Date"].datetime == NOW
    assert mime.get_content_type() == "text/plain"
    assert mime.get_content_charset() == "utf-8"
    assert mime.as_bytes().isascii(), "it passes servers that know no 8-bit mail"


def test_a_key_is_the_same_for_a_message_and_like_no_other():
    keys = [key_of(site, id) for site in ("a", "b") for id in ("m", "n", "m\r\nX: y", "é")]
    assert key_of("a", "m") == keys[0]
    assert len(set(keys)) == len(keys)
    assert all(key.isascii() and key.replace("-", "").isalnum() for key in keys)


@pytest.mark.parametrize(
    ("answer", "address", "receipt"),
    [
        (b"queued", "lan@vinh.example", "queued"),
        ("250 OK <Lan@Vinh.Example>\r\nbye", "lan@vinh.example", "250 OK <…> bye"),
        ('{"to": "+84 912 345-678", "id": 7}', "+84912345678", '{"to": "…", "id": 7}'),
        ('{"to": "0912345678"}', "+84912345678", '{"to": "…"}'),
        (b"\xff\xfe\x00<html>\n\n", "left", "\ufffd\ufffd<html>"),
        ("x" * 9_000, "left", "x" * 500),
        ("", "left", ""),
    ],
)
def test_a_receipt_is_one_bounded_line_without_the_address(answer: str | bytes, address: str, receipt: str):
    assert receipt_of(answer, address) == receipt


@given(st.binary(max_size=600), st.from_regex(r"\A\+84[1-9][0-9]{8}\Z"))
def test_no_answer_makes_a_receipt_of_an_address(answer: bytes, address: str):
    for told in (address, address.replace("+84", "0"), address.lower()):
        receipt = receipt_of(answer + b" " + told.encode() + b" ", address)
        assert address[-8:] not in receipt
        assert len(receipt) <= 500


STATUSES = {200: "sent", 202: "sent", 204: "sent", 301: "again", 307: "again", 400: "final", 401: "final",
            403: "final", 404: "final", 408: "again", 409: "final", 413: "final", 422: "final", 425: "again",
            429: "again", 500: "again", 502: "again", 503: "again", 599: "again", 101: "again"}  # fmt: skip


@pytest.mark.parametrize(("status", "meaning"), STATUSES.items())
def test_what_an_answer_of_a_gateway_means(status: int, meaning: str):
    found = outcome_of(status, {"Retry-After": "120"}, b"said", LETTER)
    expected: dict[str, Outcome] = {
        "sent": Sent("said"),
        "again": Failed(code="outbound.gateway_refused", facts={"status": status}, after_s=120.0, receipt="said"),
        "final": Failed(code="outbound.gateway_refused", facts={"status": status}, final=True, receipt="said"),
    }
    assert found == expected[meaning]


@pytest.mark.parametrize(
    ("wish", "seconds"),
    [
        ("", 0), ("0", 0), ("120", 120), ("-5", 0), ("1e9", 0), ("9" * 40, 0), ("٣", 0), ("soon", 0),
        ("Wed, 25 Nov 2026 08:02:00 GMT", 120), ("Wed, 25 Nov 2026 15:02:00 +0700", 120),
        ("Wed, 25 Nov 2026 07:00:00 GMT", 0), ("Wed, 99 Nov 2026 07:00:00 GMT", 0), ("\0", 0),
    ],
)  # fmt: skip
def test_how_long_a_gateway_asks_to_be_left_alone(wish: str, seconds: float):
    assert after_s(wish, NOW) == seconds


@given(st.text(max_size=60))
def test_no_wish_is_taken_for_more_than_it_is(wish: str):
    assert after_s(wish, NOW) >= 0


def wrapped(outer: Exception, inner: Exception) -> Exception:
    outer.__cause__ = inner
    return outer


FAULTS = {
    "refused connection": (webhook, httpx.ConnectError("no"), "outbound.unreachable"),
    "certificate": (webhook, wrapped(httpx.ConnectError("no"), ssl.SSLCertVerificationError("no")),
                    "outbound.tls_failed"),
    "slow": (webhook, httpx.ReadTimeout("no"), "outbound.timed_out"),
    "too slow in all": (webhook, TimeoutError(), "outbound.timed_out"),
    "hung up": (webhook, httpx.ReadError("no"), "outbound.broken_off"),
    "hung up before a word": (webhook, httpx.RemoteProtocolError("Server disconnected without sending a response."),
                              "outbound.broken_off"),
    "garbage": (webhook, httpx.RemoteProtocolError("illegal status line"), "outbound.garbled"),
    "mail: refused connection": (mail, aiosmtplib.SMTPConnectError("no"), "outbound.unreachable"),
    "mail: certificate": (mail, wrapped(aiosmtplib.SMTPConnectError("no"), ssl.SSLError("no")), "outbound.tls_failed"),
    "mail: slow": (mail, aiosmtplib.SMTPConnectTimeoutError("no"), "outbound.timed_out"),
    "mail: hung up": (mail, aiosmtplib.SMTPServerDisconnected("no"), "outbound.broken_off"),
    "mail: wrong password": (mail, aiosmtplib.SMTPAuthenticationError(535, "no"), "outbound.login_refused"),
    "mail: no STARTTLS": (mail, aiosmtplib.SMTPException("no"), "outbound.mail_unsupported"),
    "mail: garbage": (mail, aiosmtplib.SMTPResponseException(-1, "no"), "outbound.garbled"),
}  # fmt: skip


@pytest.mark.parametrize(("way", "error", "code"), FAULTS.values(), ids=FAULTS.keys())
def test_what_an_error_means(way: object, error: Exception, code: str):
    failed = way.fault_of(error) if way is webhook else way.fault_of(error, LETTER.address)
    assert failed == Failed(code=code), "it may help to try again"


@pytest.mark.parametrize(
    ("error", "status", "final"),
    [
        (aiosmtplib.SMTPRecipientsRefused([aiosmtplib.SMTPRecipientRefused(550, "no", "a@b")]), 550, True),
        (aiosmtplib.SMTPRecipientsRefused([aiosmtplib.SMTPRecipientRefused(450, "no", "a@b")]), 450, False),
        (aiosmtplib.SMTPDataError(554, "no"), 554, True),
        (aiosmtplib.SMTPDataError(452, "no"), 452, False),
        (aiosmtplib.SMTPSenderRefused(550, "no", "a@b"), 550, False),
        (aiosmtplib.SMTPHeloError(550, "no"), 550, False),
        (aiosmtplib.SMTPConnectResponseError(421, "no"), 421, False),
    ],
)
def test_a_mail_server_refuses_for_good_only_what_concerns_the_letter(error: Exception, status: int, final: bool):
    failed = mail.fault_of(error, LETTER.address)
    if isinstance(error, aiosmtplib.SMTPConnectResponseError):
        assert failed == Failed(code="outbound.unreachable")
        return
    assert failed == Failed(code="outbound.mail_refused", facts={"status": status}, final=final, receipt="no")


def test_a_signature_is_over_the_moment_and_the_body():
    digest = "91b5374b153842ad05b2c4eab9349b8321b14703165bd3fb8b034dfb8be98ae5"
    assert signature("key", 1, b"body") == f"t=1,v1={digest}"
    made = {signature(key, at, body) for key in ("a", "b") for at in (1, 2) for body in (b"x", b"y")}
    assert len({one.partition("v1=")[2] for one in made}) == 8
    assert all(value.isascii() for value in headers_of(LETTER, ("tên", "k"), b"x").values())


WAITING, SENDING = MessageState.WAITING, MessageState.SENDING
SOON, PAST = NOW + timedelta(seconds=1), NOW - timedelta(seconds=1)
ROWS = [
    message("a", recipient="r1"),
    message("b", recipient="r1"),
    message("c", recipient="r2", next_at=SOON),
    message("d", recipient="r3", state=SENDING, next_at=SOON),
    message("e", recipient="r4", not_after=NOW),
    message("f", recipient="r5"),
    message("g", recipient="r6", state=SENDING, attempts=MOST_TRIES),
]


@pytest.mark.parametrize(
    ("now", "busy", "room", "chosen"),
    [
        (NOW, set(), 9, "adf"),
        (NOW, set(), 2, "ad"),
        (NOW, set(), 0, ""),
        (NOW, set(), -1, ""),
        (NOW, {"r1", "r5"}, 9, "d"),
        (SOON, set(), 9, "acdf"),
        (PAST, set(), 9, "d"),
    ],
)
def test_which_messages_are_sent_now(now: datetime, busy: set[str], room: int, chosen: str):
    assert "".join(row.id for row in ready(ROWS, now, busy, room)) == chosen


def test_what_is_old_of_a_message_that_went():
    before = ROWS[0]
    trying = msgspec.structs.replace(before, state=SENDING, attempts=1)
    put_off = msgspec.structs.replace(before, attempts=1, next_at=SOON)
    cut_off = msgspec.structs.replace(before, state=SENDING, attempts=2)
    assert newer([before, ROWS[1]], before) == (ROWS[1],)
    assert newer([trying], before) == ()
    assert newer([put_off], before) == (put_off,)
    assert newer([cut_off], before) == (cut_off,)
