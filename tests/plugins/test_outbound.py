"""Outbound messages for real: a hub, the plugin as its guest, a mail server and a gateway on this machine."""

import asyncio
import logging
import ssl
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import trustme
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response, StreamingResponse

from ioc_console.domain.carriage import MOST_ATTEMPTS, AttemptMessage, DeliverMessage, FailMessage
from ioc_console.domain.messages import CancelMessage, MessageState, RetryMessage
from ioc_console.domain.recipients import Channel, ForgetRecipient, Recipient
from ioc_console.local import LocalLink
from ioc_console.model import Actor, Command, Done, Key, Page, Refused
from ioc_console.views import View
from ioc_console.words import city_words
from tests.plugins.post import (
    BINH,
    KEY,
    LAN,
    MAIL_LOGIN,
    SECRETS,
    TAM,
    Centre,
    PostOffice,
    SmsGateway,
    accept,
    mailing,
    serving,
    speaking,
)
from tests.waiting import soon

WAITING, SENDING, SENT, FAILED, CANCELLED, EXPIRED = MessageState
NOBODY = 1
"""A port at which nobody listens."""
FOREIGN = ("mail.log", "asyncio", "uvicorn")
"""Loggers of the servers in this process, which are not the console's."""


@pytest.fixture
async def centre(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Centre]:
    monkeypatch.setenv("SMS_KEY", f"vinh:{KEY}")
    monkeypatch.setenv("MAIL_LOGIN", ":".join(MAIL_LOGIN))
    centre = Centre(tmp_path, city_words())
    await centre.start_hub()
    await centre.define(LAN, TAM, BINH)
    yield centre
    await centre.stop()


@pytest.fixture(autouse=True)
def nothing_private_is_logged(caplog: pytest.LogCaptureFixture):
    """Hold, for every test here, that neither secrets nor addresses reach the log."""
    caplog.set_level(logging.DEBUG)
    yield
    said = [logging.Formatter().format(record) for record in caplog.get_records("call")
            if not record.name.startswith(FOREIGN)]  # fmt: skip
    assert [line for line in said if any(word in line for word in SECRETS)] == []


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


def sms(port: int, **more: Any) -> dict[str, Any]:
    gateway = {"url": f"http://127.0.0.1:{port}/send", "credentials": "env:SMS_KEY", "timeout_s": 5.0} | more
    return {"gateways": {"sms": gateway}}


def smtp(port: int, **more: Any) -> dict[str, Any]:
    return {"email": {"host": "127.0.0.1", "port": port, "security": "none", "sender": "ioc@vinh.example"} | more}


def server_context(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    return context


@pytest.mark.parametrize("security", ["none", "starttls", "tls"])
async def test_mail_reaches_its_reader(centre: Centre, authority: trustme.CA, security: str):
    authority.cert_pem.write_to_path(centre.folder / "ca.pem")
    office = PostOffice()
    async with mailing(office, security, server_context(authority), login=True) as port:
        await centre.begin(smtp(port, security=security, ca="ca.pem", credentials="env:MAIL_LOGIN", name="Vinh"))
        facts = {"what": "Ngập đường Lê Lợi", "priority": 2, "at": "2026-11-25T08:00:00Z"}
        await centre.send("m1", LAN, template="message.alarm", facts=facts)
        sent = await centre.until("m1", SENT)
    (mail,) = office.mails
    assert office.logins == [MAIL_LOGIN]
    assert mail["To"] == LAN.address
    assert mail["Subject"] == "Cảnh báo mức 2: Ngập đường Lê Lợi"
    assert "phát sinh lúc 15:00 25/11/2026" in mail.get_content()
    assert (sent.attempts, sent.receipt, sent.error) == (1, "2.0.0 OK for …", "")


@pytest.mark.parametrize("security", ["starttls", "tls"])
async def test_mail_goes_to_no_server_that_is_not_trusted(centre: Centre, authority: trustme.CA, security: str):
    office = PostOffice()
    async with mailing(office, security, server_context(authority)) as port:
        await centre.begin(smtp(port, security=security))
        await centre.send("m1", LAN)
        assert (await centre.until("m1", WAITING, attempts=1)).error == "outbound.tls_failed"
    assert office.mails == []


async def test_a_server_without_starttls_gets_neither_password_nor_mail(centre: Centre):
    office = PostOffice()
    async with mailing(office) as port:
        await centre.begin(smtp(port, security="starttls", credentials="env:MAIL_LOGIN"))
        await centre.send("m1", LAN)
        assert (await centre.until("m1", WAITING, attempts=1)).error == "outbound.mail_unsupported"
    assert (office.mails, office.logins) == ([], [])


async def test_a_wrong_password_is_tried_again_once_it_is_mended(centre: Centre, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("MAIL_LOGIN", "ioc:wrong")
    office = PostOffice()
    async with mailing(office) as port:
        await centre.begin(smtp(port, credentials="env:MAIL_LOGIN"))
        await centre.send("m1", LAN)
        assert (await centre.until("m1", WAITING, attempts=1)).error == "outbound.login_refused"
        monkeypatch.setenv("MAIL_LOGIN", ":".join(MAIL_LOGIN))
        await centre.pass_time("m1")
        await centre.until("m1", SENT)


@pytest.mark.parametrize(
    ("rcpt", "data", "state", "status"),
    [
        ("550 5.1.1 no such user", "250 OK", FAILED, 550),
        ("250 OK", "554 5.7.1 looks like spam", FAILED, 554),
        ("450 4.2.1 mailbox busy", "250 OK", WAITING, 450),
        ("250 OK", "452 4.3.1 no room", WAITING, 452),
    ],
)
async def test_a_mail_server_refuses(centre: Centre, rcpt: str, data: str, state: MessageState, status: int):
    office = PostOffice()
    office.rcpt, office.data = rcpt, data
    async with mailing(office) as port:
        await centre.begin(smtp(port))
        await centre.send("m1", LAN)
        found = await centre.until("m1", state, attempts=1)
    assert (found.error, found.error_facts) == ("outbound.mail_refused", {"status": status})
    assert LAN.address not in found.receipt


async def test_a_gateway_gets_what_is_signed(centre: Centre):
    gateway = SmsGateway()
    async with serving(gateway) as port:
        await centre.begin(sms(port))
        await centre.send("m1", TAM, urgent=True)
        sent = await centre.until("m1", SENT)
    (post,) = gateway.posts
    assert gateway.forged == 0
    assert (post["id"], post["to"], post["urgent"], post["language"]) == ("m1", TAM.address, True, "vi")
    assert "tin nhắn thử" in post["text"]
    assert datetime.fromisoformat(post["made_at"]) == sent.made_at
    assert sent.receipt == "queued"


async def test_a_gateway_refuses_a_wrong_key_for_good(centre: Centre, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("SMS_KEY", "vinh:another")
    gateway = SmsGateway()
    async with serving(gateway) as port:
        await centre.begin(sms(port))
        await centre.send("m1", TAM)
        failed = await centre.until("m1", FAILED)
        assert (failed.error, failed.error_facts, gateway.forged) == ("outbound.gateway_refused", {"status": 401}, 1)
        monkeypatch.setenv("SMS_KEY", f"vinh:{KEY}")
        await centre.chief.do(RetryMessage("m1"))
        assert (await centre.until("m1", SENT)).attempts == 1


async def test_a_gateway_over_tls_must_be_trusted(centre: Centre, authority: trustme.CA):
    authority.cert_pem.write_to_path(centre.folder / "ca.pem")
    gateway = SmsGateway()
    async with serving(gateway, server_context(authority)) as port:
        url = f"https://127.0.0.1:{port}/send"
        await centre.begin(sms(port, url=url))
        await centre.send("m1", TAM)
        assert (await centre.until("m1", WAITING, attempts=1)).error == "outbound.tls_failed"
        assert gateway.posts == []
        await centre.kill()
        await centre.begin(sms(port, url=url, ca="ca.pem"))
        await centre.pass_time("m1")
        await centre.until("m1", SENT)


async def test_trouble_at_the_gateway_is_waited_out(centre: Centre):
    gateway, answers = SmsGateway(), iter([Response(status_code=503), Response(status_code=429), Response("ok")])

    async def answer(request: Request) -> Response:
        found = next(answers)
        if found.status_code == 429:
            found.headers["Retry-After"] = "600"
        return found

    gateway.answer = answer
    async with serving(gateway) as port:
        await centre.begin(sms(port))
        await centre.send("m1", TAM)
        first = await centre.until("m1", WAITING, attempts=1)
        assert timedelta(seconds=5) < first.next_at - centre.moments() <= timedelta(seconds=10)
        await centre.pass_time("m1")
        second = await centre.until("m1", WAITING, attempts=2)
        assert timedelta(seconds=590) < second.next_at - centre.moments() <= timedelta(seconds=600)
        await centre.pass_time("m1")
        assert (await centre.until("m1", SENT)).attempts == 3
    assert len(set(gateway.keys)) == 1, "the receiver knows the message again"


async def test_redirects_are_not_followed(centre: Centre):
    gateway, other = SmsGateway(), SmsGateway()
    async with serving(gateway) as port, serving(other) as elsewhere:

        async def astray(request: Request) -> Response:
            return RedirectResponse(f"http://127.0.0.1:{elsewhere}/send")

        gateway.answer = astray
        await centre.begin(sms(port))
        await centre.send("m1", TAM)
        assert (await centre.until("m1", WAITING, attempts=1)).error_facts == {"status": 307}
    assert other.posts == []


async def test_an_endless_answer_is_read_no_further_than_a_receipt(centre: Centre):
    gateway, sent = SmsGateway(), 0

    async def endless(request: Request) -> Response:
        async def parts() -> AsyncIterator[bytes]:
            nonlocal sent
            while not await request.is_disconnected():
                sent += 65_536
                yield b"x" * 65_536
                await asyncio.sleep(0)

        return StreamingResponse(parts())

    gateway.answer = endless
    async with serving(gateway) as port:
        await centre.begin(sms(port))
        await centre.send("m1", TAM)
        assert (await centre.until("m1", SENT)).receipt == "x" * 500
    assert sent < 64 * 2**20


async def garbage(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"\xff\x00\x01 no protocol at all\r\n" * 100)
    await writer.drain()
    await reader.read(65_536)


async def endless(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while True:
        writer.write(b"2" * 65_536)
        await writer.drain()


async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await asyncio.sleep(30)


async def hangs_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read(10)


async def dies_at_its_answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")
    writer.write(b"HTTP/1.1 200 O")
    await writer.drain()
    writer.transport.abort()


async def dies_in_mid_mail(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"220 mail.test\r\n")
    for answer in (b"250 mail.test", b"250 OK", b"250 OK", b"354 go on"):
        await reader.readline()
        writer.write(answer + b"\r\n")
    await reader.readline()
    writer.transport.abort()


@pytest.mark.parametrize(
    ("speak", "errors"),
    [
        (garbage, {"outbound.garbled", "outbound.broken_off"}),
        (endless, {"outbound.garbled", "outbound.broken_off"}),
        (silent, {"outbound.timed_out"}),
        (hangs_up, {"outbound.broken_off"}),
        (dies_at_its_answer, {"outbound.broken_off", "outbound.garbled"}),
        (None, {"outbound.unreachable"}),
    ],
)
async def test_a_gateway_that_misbehaves_is_tried_again(centre: Centre, speak: Any, errors: set[str]):
    async with speaking(speak or silent) as port:
        await centre.begin(sms(port if speak else NOBODY, timeout_s=1.0))
        await centre.send("m1", TAM)
        found = await centre.until("m1", WAITING, attempts=1)
        assert found.error in errors
        await centre.kill()
    gateway = SmsGateway()
    async with serving(gateway) as port:
        await centre.begin(sms(port))
        await centre.pass_time("m1")
        await centre.until("m1", SENT)


@pytest.mark.parametrize(
    ("speak", "errors"),
    [
        (garbage, {"outbound.garbled"}),
        (endless, {"outbound.garbled", "outbound.unreachable"}),
        (silent, {"outbound.timed_out"}),
        (dies_in_mid_mail, {"outbound.broken_off"}),
        (None, {"outbound.unreachable"}),
    ],
)
async def test_a_mail_server_that_misbehaves_is_tried_again(centre: Centre, speak: Any, errors: set[str]):
    async with speaking(speak or silent) as port:
        await centre.begin(smtp(port if speak else NOBODY, timeout_s=1.0))
        await centre.send("m1", LAN)
        assert (await centre.until("m1", WAITING, attempts=1)).error in errors


async def test_a_plugin_killed_before_the_receipt_sends_again_under_the_same_key(centre: Centre):
    gateway, hold = SmsGateway(), asyncio.Event()

    async def late(request: Request) -> Response:
        await hold.wait()
        return Response("taken")

    gateway.answer = late
    async with serving(gateway) as port:
        await centre.begin(sms(port))
        await centre.send("m1", TAM)
        await soon(lambda: gateway.posts, "the first post")
        await centre.kill()
        assert (await centre.message("m1")).state is SENDING
        hold.set()
        await centre.begin(sms(port))
        assert (await centre.until("m1", SENT)).attempts == 2
    assert len(gateway.keys) == 2
    assert len(set(gateway.keys)) == 1


async def test_a_hub_started_again_has_lost_nothing(centre: Centre):
    gateway, hold = SmsGateway(), asyncio.Event()

    async def never(request: Request) -> Response:
        await hold.wait()
        return Response("never told")

    gateway.answer = never
    async with serving(gateway) as port:
        await centre.begin(sms(port))
        await centre.send("m1", TAM)
        await centre.send("m2", BINH)
        await centre.send("m3", BINH)
        await soon(lambda: len(gateway.posts) == 2, "two posts")
        await centre.stop()
        gateway.answer = accept
        hold.set()
        await centre.start_hub()
        await centre.begin(sms(port))
        for id in ("m1", "m2", "m3"):
            await centre.until(id, SENT)
    assert sorted(post["id"] for post in gateway.posts) == ["m1", "m1", "m2", "m2", "m3"]
    assert len(set(gateway.keys)) == 3


class Forgetful(LocalLink):
    """A link that breaks around every outcome that it is to tell: before it is told, and then after."""

    def __init__(self, hub: Any, actor: Actor) -> None:
        super().__init__(hub, actor)
        self.breaks = ["link.down", "link.lost", "link.timed_out"]

    async def do(self, command: Command) -> Done:
        if not isinstance(command, DeliverMessage | FailMessage) or not self.breaks:
            return await super().do(command)
        code = self.breaks.pop(0)
        if code != "link.down":
            await super().do(command)
        raise Refused(code)


@pytest.mark.parametrize("status", [200, 400])
async def test_an_outcome_is_told_however_often_the_link_breaks(centre: Centre, status: int):
    gateway = SmsGateway()

    async def answer(request: Request) -> Response:
        return Response("said", status)

    gateway.answer = answer
    async with serving(gateway) as port:
        await centre.begin(sms(port), Forgetful)
        await centre.send("m1", TAM)
        await centre.until("m1", SENT if status == 200 else FAILED)
        await soon(lambda: not centre.link.breaks, "every break")
        await centre.send("m2", TAM)
        await centre.until("m2", SENT if status == 200 else FAILED)
    assert len(gateway.posts) == 2, "nothing was sent twice"


class Late(LocalLink):
    """A link on which what is asked is answered later than what is watched."""

    async def look(self, view: View) -> Page:
        page = await super().look(view)
        await asyncio.sleep(0.8)
        return page


async def test_what_comes_while_an_outcome_is_told_is_not_forgotten(centre: Centre):
    gateway, answers = SmsGateway(), iter([503, 503, 200])

    async def answer(request: Request) -> Response:
        return Response(status_code=next(answers))

    gateway.answer = answer
    async with serving(gateway) as port:
        await centre.begin(sms(port), Late)
        await centre.send("m1", TAM)
        for attempt in (1, 2):
            await centre.until("m1", WAITING, attempts=attempt)
            await asyncio.sleep(1.2)
            await centre.pass_time("m1")
        await centre.until("m1", SENT)


class Busy(LocalLink):
    """A link to a hub that has no time for the first attempts."""

    refusals = 0

    async def do(self, command: Command) -> Done:
        if isinstance(command, AttemptMessage) and self.refusals < 2:
            self.refusals += 1
            raise Refused("hub.busy", most=1)
        return await super().do(command)


async def test_an_attempt_that_the_hub_has_no_time_for_is_made_later(centre: Centre):
    gateway = SmsGateway()
    async with serving(gateway) as port:
        await centre.begin(sms(port), Busy)
        await centre.send("m1", TAM)
        assert (await centre.until("m1", SENT)).attempts == 1
    assert len(gateway.posts) == 1


async def test_a_receipt_counts_whatever_follows_its_status(centre: Centre):
    gateway = SmsGateway()

    async def stalls(request: Request) -> Response:
        async def parts() -> AsyncIterator[bytes]:
            yield b"taken"
            await asyncio.sleep(30)

        return StreamingResponse(parts(), 202)

    gateway.answer = stalls
    async with serving(gateway) as port:
        await centre.begin(sms(port, timeout_s=1.0))
        await centre.send("m1", TAM)
        assert (await centre.until("m1", SENT)).receipt == "taken"
    assert len(gateway.posts) == 1


async def test_one_at_a_time_to_each_and_so_many_at_once_in_all(centre: Centre):
    gateway, hold = SmsGateway(), asyncio.Event()
    people = [Recipient(id=f"p{n}", channel=Channel.WEBHOOK, address=f"+849000000{n:02}", gateway="sms")
              for n in range(6)]  # fmt: skip

    async def slow(request: Request) -> Response:
        await hold.wait()
        return Response("ok")

    gateway.answer = slow
    await centre.define(*people)
    async with serving(gateway) as port:
        for n in range(3):
            await centre.send(f"t{n}", TAM)
        for n, person in enumerate(people):
            await centre.send(f"m{n}", person)
        await centre.begin(sms(port, at_once=4))
        await soon(lambda: len(gateway.posts) == 4, "four posts")
        await asyncio.sleep(0.5)
        assert len(gateway.posts) == 4
        assert [post["to"] for post in gateway.posts].count(TAM.address) == 1
        hold.set()
        for id in ("t0", "t1", "t2", *(f"m{n}" for n in range(6))):
            await centre.until(id, SENT)
    assert gateway.most == 4
    assert [post["id"] for post in gateway.posts if post["to"] == TAM.address] == ["t0", "t1", "t2"]
    assert len(gateway.posts) == 9


async def test_what_is_not_urgent_waits_for_the_end_of_the_quiet_hours(centre: Centre):
    gateway = SmsGateway()
    local = centre.moments() + timedelta(hours=7)
    quiet = {"start": f"{local - timedelta(hours=1):%H:%M}", "end": f"{local + timedelta(hours=2):%H:%M}"}
    async with serving(gateway) as port:
        await centre.begin(sms(port) | {"quiet": quiet})
        await centre.send("routine", TAM)
        await centre.send("urgent", BINH, urgent=True)
        await centre.until("urgent", SENT)
        async with asyncio.timeout(10):
            while (held := await centre.message("routine")).next_at == held.made_at:
                await asyncio.sleep(0.02)
        assert (held.state, held.attempts) == (WAITING, 0)
        assert f"{held.next_at + timedelta(hours=7):%H:%M}" == quiet["end"]
        assert [post["id"] for post in gateway.posts] == ["urgent"]
        await centre.pass_time("routine")
        await centre.until("routine", SENT)


async def test_failures_in_a_row_raise_an_alarm_and_a_success_clears_it(centre: Centre):
    gateway = SmsGateway()

    async def down(request: Request) -> Response:
        return Response(status_code=503)

    gateway.answer = down
    async with serving(gateway) as port:
        await centre.begin(sms(port) | {"alarm_after": 2})
        await centre.send("m1", TAM)
        await centre.until("m1", WAITING, attempts=1)
        assert centre.alarm("webhook:sms") is None
        await centre.send("m2", BINH)
        await soon(lambda: centre.alarm("webhook:sms"), "the alarm")
        raised = centre.alarm("webhook:sms")
        assert (raised.code, raised.is_active, raised.count) == ("outbound.way_failing", True, 1)
        assert raised.facts == {"way": "webhook:sms", "failures": 2, "error": "outbound.gateway_refused"}
        await centre.kill()
        gateway.answer = accept
        await centre.begin(sms(port))
        await centre.pass_time("m1")
        await centre.until("m1", SENT)
        await soon(lambda: not centre.alarm("webhook:sms").is_active, "the end of the alarm")


async def test_a_message_given_up_raises_the_alarm_at_once(centre: Centre):
    gateway = SmsGateway()

    async def down(request: Request) -> Response:
        return Response(status_code=500)

    gateway.answer = down
    async with serving(gateway) as port:
        await centre.begin(sms(port) | {"alarm_after": 100})
        await centre.send("m1", TAM)
        for attempt in range(1, MOST_ATTEMPTS):
            await centre.until("m1", WAITING, attempts=attempt)
            await centre.pass_time("m1")
        await centre.until("m1", FAILED, attempts=MOST_ATTEMPTS)
        await soon(lambda: centre.alarm("webhook:sms"), "the alarm")
    assert len(gateway.posts) == MOST_ATTEMPTS
    assert len(set(gateway.keys)) == 1


async def test_what_cannot_be_said_or_has_nobody_to_get_it_fails_and_the_next_goes(centre: Centre):
    gateway = SmsGateway()
    async with serving(gateway) as port:
        await centre.send("no fact".replace(" ", "_"), TAM, template="message.alarm", facts={"priority": 1})
        await centre.send("no_text", TAM, template="message.nothing")
        await centre.send("nobody", BINH)
        await centre.chief.do(ForgetRecipient("binh"))
        await centre.begin(sms(port))
        await centre.send("good", TAM)
        found = [await centre.until(id, FAILED) for id in ("no_fact", "no_text", "nobody")]
        await centre.until("good", SENT)
    assert [message.error for message in found] == [
        "outbound.fact_missing", "outbound.template_unknown", "outbound.recipient_unknown",
    ]  # fmt: skip
    assert found[0].error_facts["fact"] == "what"
    assert [post["id"] for post in gateway.posts] == ["good"]


async def test_what_the_site_file_does_not_name_waits_until_it_does(centre: Centre):
    gateway = SmsGateway()
    async with serving(gateway) as port:
        await centre.begin({})
        await centre.send("m1", LAN)
        await centre.send("m2", TAM)
        for id, way in (("m1", "email"), ("m2", "webhook")):
            found = await centre.until(id, WAITING, attempts=1)
            assert (found.error, found.error_facts) == ("outbound.way_unknown", {"way": way})
        await centre.kill()
        await centre.begin(sms(port))
        await centre.pass_time("m2")
        await centre.until("m2", SENT)


async def test_credentials_that_cannot_be_reached_are_waited_for(centre: Centre, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("SMS_KEY")
    gateway = SmsGateway()
    async with serving(gateway) as port:
        await centre.begin(sms(port))
        await centre.send("m1", TAM)
        found = await centre.until("m1", WAITING, attempts=1)
        assert (found.error, found.error_facts["reference"]) == ("config.secret_unreachable", "env:SMS_KEY")
        monkeypatch.setenv("SMS_KEY", f"vinh:{KEY}")
        await centre.pass_time("m1")
        await centre.until("m1", SENT)


async def test_what_was_called_back_is_not_sent_and_desks_are_none_of_its_business(centre: Centre):
    gateway = SmsGateway()
    desk = Recipient(id="desk", channel=Channel.DESK, address="left")
    await centre.define(desk)
    async with serving(gateway) as port:
        await centre.send("m1", TAM)
        await centre.chief.do(CancelMessage("m1"))
        await centre.send("d1", desk, not_after=centre.moments() + timedelta(seconds=1))
        await soon(lambda: Key("desk_message", "d1") in centre.held, "the desk's message")
        await centre.begin(sms(port))
        await centre.send("m2", TAM)
        await centre.until("m2", SENT)
        assert (await centre.until("d1", EXPIRED)).attempts == 0
        await soon(lambda: not centre.held, "the end of the desk's message")
        assert (await centre.message("m1")).state is CANCELLED
    assert [post["id"] for post in gateway.posts] == ["m2"]


async def test_a_fault_of_our_own_fails_one_message_and_names_no_address(
    centre: Centre, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    def broken(letter: Any) -> bytes:
        raise ZeroDivisionError(letter.address)

    gateway = SmsGateway()
    async with serving(gateway) as port:
        await centre.begin(sms(port))
        with monkeypatch.context() as patch:
            patch.setattr("plugins.outbound.webhook.body_of", broken)
            await centre.send("m1", TAM)
            assert (await centre.until("m1", WAITING, attempts=1)).error == "outbound.broken"
        await centre.pass_time("m1")
        await centre.until("m1", SENT)
    assert "ZeroDivisionError" in caplog.text
    assert "in broken" in caplog.text, "the place is named"


async def test_without_its_rights_it_stops_and_says_which(centre: Centre, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("tests.plugins.post.NEEDED", ("console.see", "message.see", "recipient.see"))
    await centre.begin({})
    await centre.send("m1", LAN)
    await asyncio.wait([centre.plugin], timeout=20)
    failure = centre.plugin.exception()
    assert isinstance(failure, Refused)
    assert failure.facts["needs"] == "message.carry"
