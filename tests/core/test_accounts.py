"""Accounts: who is let in by what, who is locked out for how long, and what a token opens."""

from datetime import UTC, datetime, timedelta

import pyotp
import pytest

from ioc_console.accounts import FIRST_LOCK, FREE_TRIES, LAST_LOCK, SHIFT, Accounts
from ioc_console.domain.people import Proof
from ioc_console.model import Refused
from ioc_console.store import Store
from ioc_console.words import Words
from tests.core.conftest import RIGHTS

WORD = "correct horse 1"
PIN = "482913"


class Time:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.at = datetime(2026, 11, 25, 22, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.at

    def pass_(self, **span: float) -> None:
        self.at += timedelta(**span)


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def accounts(database: str, words: Words, time: Time):
    store = Store(database, words.kinds)
    accounts = Accounts(store, RIGHTS, time)
    accounts.add("lan", "Nguyễn Thị Lan", "clerk", WORD)
    yield accounts
    store.close()


def code(accounts: Accounts, proof: Proof, desk: str = "d1") -> str:
    """Return how a person is refused, or `in`."""
    try:
        accounts.admit(proof, desk)
    except Refused as refused:
        return refused.code
    return "in"


def test_a_person_is_let_in_by_the_right_password_alone(accounts: Accounts):
    admitted = accounts.admit(Proof(name="lan", password=WORD), "d1")
    assert (admitted.actor.name, admitted.actor.role, admitted.actor.person) == ("lan", "clerk", True)
    assert admitted.shown == "Nguyễn Thị Lan"
    wrong = [Proof(name="lan", password="no"), Proof(name="lan"), Proof(name="nobody", password=WORD), Proof()]
    assert {code(accounts, proof) for proof in wrong} == {"account.wrong"}


def test_nothing_secret_stands_in_the_store_or_in_words(accounts: Accounts, database: str):
    accounts.set_pin("lan", PIN)
    admitted = accounts.admit(Proof(name="lan", password=WORD), "d1")
    with accounts.store.reading() as connection:
        rows = [*connection.execute(accounts.table.select()), *connection.execute(accounts.tokens.table.select())]
    said = f"{rows} {Proof(name='lan', password=WORD, pin=PIN)}"
    assert "argon2id" in said
    assert not [secret for secret in (WORD, PIN, admitted.token) if secret in said]


@pytest.mark.parametrize(
    ("name", "role", "password", "expected"),
    [
        ("lan", "clerk", WORD, "account.taken"),
        ("Lan", "clerk", WORD, "account.name_unfit"),
        ("x", "clerk", WORD, "account.name_unfit"),
        ("mai", "display", WORD, "account.not_for_people"),
        ("mai", "clock", WORD, "gate.role_unknown"),
        ("mai", "clerk", "short", "account.password_weak"),
        ("mai", "clerk", "aaaaaaaaaaaaaaaa", "account.password_weak"),
        ("mai", "clerk", "Mai-12345678", "account.password_weak"),
    ],
)
def test_an_unfit_account_is_refused(accounts: Accounts, name: str, role: str, password: str, expected: str):
    with pytest.raises(Refused, match=expected.replace(".", r"\.")):
        accounts.add(name, "", role, password)


@pytest.mark.parametrize("pin", ["", "12345", "123456", "111111", "121212", "abcdef", "1234567890123", "٤٨٢٩١٣"])
def test_a_weak_pin_is_refused(accounts: Accounts, pin: str):
    with pytest.raises(Refused, match=r"account\.pin_weak"):
        accounts.set_pin("lan", pin)


def test_a_pin_opens_only_the_desk_and_the_shift_of_a_log_in(accounts: Accounts, time: Time):
    accounts.set_pin("lan", PIN)
    pin = Proof(name="lan", pin=PIN)
    assert code(accounts, pin) == "account.wrong"
    accounts.admit(Proof(name="lan", password=WORD), "d1")
    assert code(accounts, pin) == "in"
    assert code(accounts, pin, "d2") == "account.wrong"
    assert code(accounts, Proof(name="lan", pin="000001")) == "account.wrong"
    time.at += SHIFT - timedelta(minutes=1)
    admitted = accounts.admit(pin, "d1")
    assert admitted.expires == time() + timedelta(minutes=1), "a PIN begins no shift of its own"
    accounts.tokens.end(admitted.token)
    assert code(accounts, pin) == "in", "whoever left comes back by PIN"
    time.pass_(minutes=1)
    assert code(accounts, pin) == "account.wrong"


def test_wrong_tries_lock_for_ever_longer_and_right_ones_forget_them(accounts: Accounts, time: Time):
    wrong, right = Proof(name="lan", password="wrong"), Proof(name="lan", password=WORD)
    assert [code(accounts, wrong) for _ in range(FREE_TRIES)] == ["account.wrong"] * FREE_TRIES
    assert code(accounts, right) == "account.locked", "even the right word waits"
    for expected in (FIRST_LOCK, FIRST_LOCK * 2, FIRST_LOCK * 4):
        time.at += expected - timedelta(seconds=1)
        assert code(accounts, wrong) == "account.locked"
        time.pass_(seconds=1)
        assert code(accounts, wrong) == "account.wrong"
    for _ in range(6):
        time.at += LAST_LOCK
        assert code(accounts, wrong) == "account.wrong", "never longer than the longest"
    time.at += LAST_LOCK
    assert code(accounts, right) == "in"
    assert code(accounts, wrong) == "account.wrong"
    assert code(accounts, right) == "in"


def test_an_unknown_name_takes_as_long_and_locks_nobody(accounts: Accounts):
    assert {code(accounts, Proof(name="nobody", password="x")) for _ in range(FREE_TRIES * 2)} == {"account.wrong"}


def test_a_role_that_demands_a_code_gets_one_once(accounts: Accounts, time: Time):
    accounts.add("minh", "", "guarded", WORD)
    proof = {"name": "minh", "password": WORD}
    assert code(accounts, Proof(**proof)) == "account.totp_missing"
    address = accounts.set_totp("minh")
    totp = pyotp.parse_uri(address)
    assert code(accounts, Proof(**proof)) == "account.code_needed"
    assert code(accounts, Proof(**proof, code="000000")) == "account.code_wrong"
    now = totp.at(time())
    assert code(accounts, Proof(**proof, code=now)) == "in"
    assert code(accounts, Proof(**proof, code=now)) == "account.code_wrong", "a code opens once"
    time.pass_(seconds=30)
    late = totp.at(time())
    time.pass_(seconds=30)
    assert code(accounts, Proof(**proof, code=late)) == "in", "one step late"


def test_a_stay_is_proved_by_its_token_at_its_desk_until_it_ends(accounts: Accounts, time: Time):
    token = accounts.admit(Proof(name="lan", password=WORD), "d1").token
    assert code(accounts, Proof(token=token)) == "in"
    assert code(accounts, Proof(token=token), "d2") == "account.wrong"
    accounts.tokens.end(token)
    assert code(accounts, Proof(token=token)) == "account.wrong"
    token = accounts.admit(Proof(name="lan", password=WORD), "d1").token
    time.at += SHIFT
    assert code(accounts, Proof(token=token)) == "account.wrong"


@pytest.mark.parametrize("deed", ["disable", "password"])
def test_shutting_out_ends_every_stay(accounts: Accounts, deed: str):
    token = accounts.admit(Proof(name="lan", password=WORD), "d1").token
    if deed == "disable":
        accounts.disable("lan")
        assert code(accounts, Proof(name="lan", password=WORD)) == "account.wrong"
        accounts.enable("lan")
    else:
        accounts.set_password("lan", "another word 2")
        assert code(accounts, Proof(name="lan", password=WORD)) == "account.wrong"
    assert code(accounts, Proof(token=token)) == "account.wrong"


def test_tokens_are_listed_revoked_and_forgotten_in_time(accounts: Accounts, time: Time):
    word, token = accounts.tokens.issue("lobby", "display", "", timedelta(days=30))
    assert accounts.tokens.find(word) == token
    assert accounts.tokens.find(word[:-1]) is None
    accounts.tokens.revoke(token.id)
    assert accounts.tokens.find(word) is None
    assert [one.revoked is not None for one in accounts.tokens.list()] == [True]
    with pytest.raises(Refused, match=r"account\.token_unknown"):
        accounts.tokens.revoke("nothing")
    with pytest.raises(Refused, match=r"account\.unknown"):
        accounts.disable("nobody")
    time.pass_(days=200)
    accounts.tokens.issue("lobby", "display", "", timedelta(days=1))
    assert len(accounts.tokens.list()) == 1
