"""The settings of outbound messages: what is refused and why, the handbook's example, and the quiet hours."""

import re
from datetime import UTC, datetime, time
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ioc_console.config import read_site
from ioc_console.engine import load_plugin
from ioc_console.model import Refused
from ioc_console.words import Catalogue
from plugins.outbound import zone_of
from plugins.outbound.lanes import lanes_of
from plugins.outbound.quiet import MINUTE, is_quiet, quiet_until
from plugins.outbound.settings import Config, Gateway, MailServer, QuietHours

PAGE = Path(__file__).parents[2] / "resources" / "handbook" / "messages.md"
TABLES = {"": Config, "email.": MailServer, "gateways.NAME.": Gateway, "quiet.": QuietHours}
FILE = Path("site.toml")
MAIL = {"host": "mail.example", "sender": "ioc@vinh.example"}
GATE = {"url": "https://sms.example/send", "credentials": "env:SMS"}

WRONG: dict[str, tuple[dict[str, Any], str, str]] = {
    "an unknown key": ({"mail": {}}, "config.wrong", "plugins.outbound"),
    "no host": ({"email": {"sender": "a@b"}}, "config.wrong", "plugins.outbound.email"),
    "a host that is two lines": ({"email": MAIL | {"host": "a\n"}}, "config.wrong", "plugins.outbound.email.host"),
    "a sender that is a header": ({"email": MAIL | {"sender": "a@b\nBcc: c@d"}}, "outbound.sender_wrong",
                                  "plugins.outbound.email.sender"),
    "mail in clear over the network": ({"email": MAIL | {"security": "none"}}, "outbound.mail_in_clear",
                                       "plugins.outbound.email.security"),
    "a password in the file": ({"email": MAIL | {"credentials": "ioc:secret"}}, "config.wrong",
                               "plugins.outbound.email.credentials"),
    "a gateway in clear": ({"gateways": {"sms": GATE | {"url": "http://sms.example/"}}}, "outbound.url_in_clear",
                           "plugins.outbound.gateways.*.url"),
    "a host that only begins like this machine": (
        {"gateways": {"sms": GATE | {"url": "http://127.0.0.1.sms.example/"}}}, "outbound.url_in_clear",
        "plugins.outbound.gateways.*.url"),
    "a password in the address": ({"gateways": {"sms": GATE | {"url": "https://a:b@sms.example/"}}},
                                  "outbound.url_password", "plugins.outbound.gateways.*.url"),
    "no address": ({"gateways": {"sms": GATE | {"url": "ftp://sms.example/"}}}, "outbound.url_wrong",
                   "plugins.outbound.gateways.*.url"),
    "half an address": ({"gateways": {"sms": GATE | {"url": "https://[::1"}}}, "outbound.url_wrong",
                        "plugins.outbound.gateways.*.url"),
    "an address with a line break": ({"gateways": {"sms": GATE | {"url": "https://sms.example/\n"}}},
                                     "outbound.url_wrong", "plugins.outbound.gateways.*.url"),
    "a gateway without a key": ({"gateways": {"sms": {"url": "https://sms.example/"}}}, "config.wrong",
                                "plugins.outbound.gateways[...]"),
    "a time that is none": ({"quiet": {"start": "24:00", "end": "06:00"}}, "config.wrong",
                            "plugins.outbound.quiet.start"),
    "always quiet": ({"quiet": {"start": "06:00", "end": "06:00"}}, "outbound.quiet_always",
                     "plugins.outbound.quiet.end"),
}  # fmt: skip


@pytest.mark.parametrize(("settings", "code", "key"), WRONG.values(), ids=WRONG.keys())
def test_a_wrong_setting_is_refused_by_its_key(settings: dict[str, Any], code: str, key: str):
    with pytest.raises(Refused) as refusal:
        load_plugin("outbound", settings, FILE)
    assert (refusal.value.code, refusal.value.facts["key"]) == (code, key)
    for language in ("vi", "en"):
        words = Catalogue.load(language).tell(refusal.value)
        assert key in words
        assert not words.startswith(code)


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost", "127.8.0.1"])
def test_on_this_machine_tls_may_be_left_out(host: str):
    url = f"http://[{host}]:8080/x" if ":" in host else f"http://{host}:8080/x"
    settings = {"email": MAIL | {"host": host, "security": "none"}, "gateways": {"sms": GATE | {"url": url}}}
    config = load_plugin("outbound", settings, FILE).config
    assert config.email.security == "none"
    assert config.gateways["sms"].url == url


def test_certificates_that_cannot_be_read_are_named(tmp_path: Path):
    (tmp_path / "no.pem").write_text("no certificate", encoding="utf-8")
    for ca in ("absent.pem", "no.pem"):
        config = msgspec.convert({"email": MAIL | {"ca": ca}}, Config)
        with pytest.raises(Refused, match=r"outbound\.ca_unreadable") as refusal:
            lanes_of(config, tmp_path / "site.toml")
        assert refusal.value.facts["file"] == ca


def test_a_time_zone_that_is_none_is_refused():
    for name in ("Asia/Vinh", "../etc/passwd", ""):
        with pytest.raises(Refused, match=r"outbound\.zone_unknown"):
            zone_of(name)


def test_the_handbook_s_example_is_read(tmp_path: Path):
    found = re.search(r"```toml\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    file = tmp_path / "site.toml"
    file.write_text(found.group(1), encoding="utf-8")
    site = read_site(file)
    config = load_plugin("outbound", site.plugins["outbound"], file).config
    assert config.quiet.span == (time(22), time(6))
    assert [lane.name for lane in lanes_of(config, file)] == ["webhook:sms", "email", "webhook"]


@pytest.mark.parametrize("table", TABLES)
def test_every_setting_is_in_the_handbook(table: str):
    rows = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("| `")]
    named = {name for row in rows for name in re.findall(r"`([^`]+)`", row.split("|")[1])}
    assert {f"{table}{field}" for field in TABLES[table].__struct_fields__} - named - {
        "email",
        "gateways",
        "quiet",
    } == (set())


VINH, BERLIN, LORD_HOWE = ZoneInfo("Asia/Ho_Chi_Minh"), ZoneInfo("Europe/Berlin"), ZoneInfo("Australia/Lord_Howe")
NIGHT, NOON, EARLY = (time(22), time(6)), (time(11, 30), time(13)), (time(1), time(2, 30))
QUIET = {
    "before the night": (VINH, NIGHT, "2026-11-25 21:59", None),
    "the night begins": (VINH, NIGHT, "2026-11-25 22:00", "2026-11-26 06:00"),
    "before midnight": (VINH, NIGHT, "2026-11-25 23:59:59.9", "2026-11-26 06:00"),
    "after midnight": (VINH, NIGHT, "2026-11-26 00:00", "2026-11-26 06:00"),
    "the last second of the night": (VINH, NIGHT, "2026-11-26 05:59:59.999", "2026-11-26 06:00"),
    "the night ends": (VINH, NIGHT, "2026-11-26 06:00", None),
    "over a month's end": (VINH, NIGHT, "2026-12-31 23:00", "2027-01-01 06:00"),
    "the noon": (VINH, NOON, "2026-11-25 12:00", "2026-11-25 13:00"),
    "after the noon": (VINH, NOON, "2026-11-25 13:00", None),
    "a night of seven hours": (BERLIN, NIGHT, "2026-03-28 22:30", "2026-03-29 06:00"),
    "a night of nine hours": (BERLIN, NIGHT, "2026-10-24 22:30", "2026-10-25 06:00"),
    "an end that is left out": (BERLIN, EARLY, "2026-03-29 01:15", "2026-03-29 03:00"),
    "an end that passes twice, the first time": (BERLIN, EARLY, "2026-10-25 02:10", "2026-10-25 02:30"),
    "half an hour put forward": (LORD_HOWE, EARLY, "2026-10-04 01:50", "2026-10-04 02:30"),
}


@pytest.mark.parametrize(("zone", "span", "at", "until"), QUIET.values(), ids=QUIET.keys())
def test_the_quiet_hours(zone: ZoneInfo, span: tuple[time, time], at: str, until: str | None):
    moment = datetime.fromisoformat(at).replace(tzinfo=zone).astimezone(UTC)
    found = quiet_until(moment, span, zone)
    assert found == (datetime.fromisoformat(until).replace(tzinfo=zone).astimezone(UTC) if until else None)


def test_an_end_that_passes_twice_is_quiet_twice():
    again = datetime(2026, 10, 25, 2, 10, tzinfo=BERLIN, fold=1).astimezone(UTC)
    assert quiet_until(again, EARLY, BERLIN) == datetime(2026, 10, 25, 2, 30, tzinfo=BERLIN, fold=1).astimezone(UTC)


@given(
    st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC)),
    st.tuples(st.times(), st.times()).map(lambda pair: tuple(t.replace(second=0, microsecond=0) for t in pair)),
    st.sampled_from([VINH, BERLIN, LORD_HOWE]),
)
def test_quiet_lasts_exactly_until_its_end(moment: datetime, span: tuple[time, time], zone: ZoneInfo):
    if span[0] == span[1]:
        return
    until = quiet_until(moment, span, zone)
    assert (until is not None) == is_quiet(moment, span, zone)
    if until:
        assert moment < until
        assert not is_quiet(until, span, zone)
        assert is_quiet(until - MINUTE, span, zone) or until - MINUTE < moment
