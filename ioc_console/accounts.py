"""Accounts: who may log in with what, locked out for ever longer after wrong tries, and the tokens of screens."""

import re
import threading
import unicodedata
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import msgspec
import sqlalchemy as sa

from ioc_console.domain.people import Proof
from ioc_console.model import Actor, Moment, Refused
from ioc_console.passwords import Passwords
from ioc_console.rights import Rights
from ioc_console.second_factor import address_of, new_secret, step_of
from ioc_console.store import Store
from ioc_console.tokens import TRUST, Tokens

NAME = re.compile(r"[a-z][a-z0-9._-]{1,39}")
FREE_TRIES = 5
FIRST_LOCK, LAST_LOCK = timedelta(seconds=30), timedelta(minutes=15)
SHIFT = timedelta(hours=12)
"""How long a log-in by password lasts, and a PIN is enough at the same desk after it."""


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """One account as its administrator sees it."""

    name: str
    shown: str
    role: str
    disabled: bool
    locked_until: Moment | None
    has_pin: bool
    has_totp: bool


class Admitted(msgspec.Struct, frozen=True):
    """Who was admitted, under which shown name, and the token that proves it again until it expires."""

    actor: Actor
    shown: str
    token: str
    expires: Moment


def joined(guest: Actor, person: Admitted | None) -> Actor:
    """Return who watches at a screen: the guest, or with a person there, one who may see what either may."""
    if person is None:
        return guest
    return msgspec.structs.replace(person.actor, may=(*guest.may, *person.actor.may), lends=guest.lends)


class Accounts:
    """The accounts of one store; every method may take a tenth of a second and belongs in a thread."""

    def __init__(self, store: Store, rights: Rights, now: Callable[[], datetime]) -> None:
        self.store, self.rights, self.now = store, rights, now
        self.tokens = Tokens(store, now)
        self.one = threading.Lock()
        self.passwords = Passwords()

    def add(self, name: str, shown: str, role: str, password: str) -> None:
        """Add an account; raises `Refused` for a name taken or unfit, a role unknown, or a password too easy."""
        if not NAME.fullmatch(name):
            raise Refused("account.name_unfit", name=name[:40])
        if not self.rights.role(role).person:
            raise Refused("account.not_for_people", role=role)
        row = {
            "name": name, "shown": unicodedata.normalize("NFC", shown or name)[:80], "role": role,
            "password": self.passwords.of(password, name), "pin": "", "totp": "", "totp_step": 0,
            "failures": 0, "locked_until": None, "disabled": False, "made": self.now(),
        }  # fmt: skip
        with self.store.transaction() as connection:
            if self.row(connection, name):
                raise Refused("account.taken", name=name)
            connection.execute(sa.insert(self.table), row)

    def list(self) -> list[Account]:
        """Return every account, by name."""
        with self.store.reading() as connection:
            rows = connection.execute(sa.select(self.table).order_by(self.table.c.name)).all()
        return [
            Account(
                name=row.name, shown=row.shown, role=row.role, disabled=row.disabled, locked_until=row.locked_until,
                has_pin=bool(row.pin), has_totp=bool(row.totp),
            )
            for row in rows
        ]  # fmt: skip

    def set_password(self, name: str, password: str) -> None:
        """Give an account a new password: it is unlocked, and every token that it has is revoked."""
        self.change(name, password=self.passwords.of(password, name), failures=0, locked_until=None)
        self.tokens.revoke_all(name)

    def set_pin(self, name: str, pin: str) -> None:
        """Give an account a PIN for quick change at a desk; raises `Refused` for one too short or too plain."""
        self.change(name, pin=self.passwords.of_pin(pin))

    def set_totp(self, name: str) -> str:
        """Give an account a second factor; return the address (otpauth) that an authenticator takes, shown once."""
        secret = new_secret()
        self.change(name, totp=secret, totp_step=0)
        return address_of(secret, name)

    def disable(self, name: str) -> None:
        """Shut an account out at once."""
        self.change(name, disabled=True)
        self.tokens.revoke_all(name)

    def enable(self, name: str) -> None:
        """Let an account in again."""
        self.change(name, disabled=False, failures=0, locked_until=None)

    def admit(self, proof: Proof, desk: str) -> Admitted:
        """Admit a person at a desk; raises `Refused`, which tells no more than whoever tries may know."""
        if proof.token:
            return self.admit_again(proof.token, desk)
        with self.one:
            return self.admit_anew(proof, desk)

    def admit_anew(self, proof: Proof, desk: str) -> Admitted:
        """Admit a person by password or PIN, one try at a time so that none goes uncounted."""
        with self.store.reading() as connection:
            row = self.row(connection, proof.name)
        if row is not None and row.locked_until and row.locked_until > self.now():
            wait = round((row.locked_until - self.now()).total_seconds())
            raise Refused("account.locked", seconds=wait)
        if not self.proves(row, proof, desk) or row is None or row.disabled:
            self.note_failure(row)
            raise Refused("account.wrong")
        step = self.check_code(row, proof.code)
        self.change(row.name, failures=0, locked_until=None, **({"totp_step": step} if step else {}))
        if proof.password and self.passwords.are_old(row.password):
            self.change(row.name, password=self.passwords.hash(proof.password))
        until = self.tokens.trusted_until(row.name, desk) if not proof.password else None
        if until is None:
            self.tokens.issue(row.name, TRUST, desk, SHIFT)
        word, token = self.tokens.issue(row.name, row.role, desk, until - self.now() if until else SHIFT)
        return Admitted(self.rights.actor(row.name, row.role), row.shown, word, token.expires)

    def admit_again(self, token: str, desk: str) -> Admitted:
        """Admit a person who was admitted at this desk before, over a lost link or a new start of the hub."""
        found = self.tokens.find(token)
        if found is None or found.desk != desk or not desk:
            raise Refused("account.wrong")
        with self.store.reading() as connection:
            row = self.row(connection, found.account)
        if row is None or row.disabled:
            raise Refused("account.wrong")
        return Admitted(self.rights.actor(row.name, row.role), row.shown, token, found.expires)

    def proves(self, row: Any, proof: Proof, desk: str) -> bool:
        """Say whether password, or PIN at a desk of this shift, is the account's; takes as long for no account."""
        if proof.password or not proof.pin:
            return self.passwords.fits(row.password if row else self.passwords.nobody, proof.password)
        known = row is not None and bool(row.pin) and self.tokens.trusted_until(row.name, desk) is not None
        return self.passwords.fits(row.pin if known else self.passwords.nobody, proof.pin) and known

    def check_code(self, row: Any, code: str) -> int:
        """Return the time step of a right code, 0 where none is needed; raises `Refused` for a wrong or used one."""
        if not row.totp:
            if self.rights.role(row.role).totp:
                raise Refused("account.totp_missing")
            return 0
        step = step_of(row.totp, code, self.now().timestamp(), row.totp_step)
        if step:
            return step
        if code:
            self.note_failure(row)
        raise Refused("account.code_wrong" if code else "account.code_needed")

    def note_failure(self, row: Any) -> None:
        """Count a wrong try; from the fifth on the account is locked, twice as long each time."""
        if row is None:
            return
        failures = row.failures + 1
        over = failures - FREE_TRIES
        lock = min(FIRST_LOCK * 2 ** min(over, 10), LAST_LOCK) if over >= 0 else None
        self.change(row.name, failures=failures, locked_until=self.now() + lock if lock else None)

    @property
    def table(self) -> sa.Table:
        """The table of accounts."""
        return self.store.tables.account

    def row(self, connection: sa.Connection, name: str) -> Any:
        """Return an account's row, or None."""
        return connection.execute(sa.select(self.table).where(self.table.c.name == name)).first()

    def change(self, name: str, **fields: Any) -> None:
        """Change an account; raises `Refused` where there is none of that name."""
        with self.store.transaction() as connection:
            changed = connection.execute(sa.update(self.table).where(self.table.c.name == name).values(**fields))
        if changed.rowcount == 0:
            raise Refused("account.unknown", name=name)
