"""Passwords and PINs: which are fit, and their Argon2id hashes (RFC 9106, the library's own parameters)."""

import re
import secrets
from functools import cached_property

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from ioc_console.model import Refused

LEAST_PASSWORD, MOST_PASSWORD, LEAST_PIN, MOST_PIN = 10, 200, 6, 12
ROWS = "01234567890 09876543210"


class Passwords:
    """Hashes secrets and tells whether one fits; an unknown account is tried against the hash of nobody's."""

    def __init__(self) -> None:
        self.hasher = PasswordHasher()

    @cached_property
    def nobody(self) -> str:
        """The hash of a word that nobody knows."""
        return self.hasher.hash(secrets.token_hex(8))

    def of(self, password: str, name: str) -> str:
        """Return the hash of a password that is long enough and not the name; raises `Refused` for another."""
        fit = LEAST_PASSWORD <= len(password) <= MOST_PASSWORD
        if not fit or name in password.casefold() or len(set(password)) < 5:
            raise Refused("account.password_weak", least=LEAST_PASSWORD)
        return self.hash(password)

    def of_pin(self, pin: str) -> str:
        """Return the hash of a PIN; raises `Refused` for one too short or too plain."""
        fit = re.fullmatch(r"[0-9]+", pin) and LEAST_PIN <= len(pin) <= MOST_PIN
        if not fit or len(set(pin)) < 3 or pin in ROWS:
            raise Refused("account.pin_weak", least=LEAST_PIN)
        return self.hash(pin)

    def hash(self, secret: str) -> str:
        """Return a secret's hash."""
        return self.hasher.hash(secret)

    def fits(self, hashed: str, secret: str) -> bool:
        """Say whether a secret is the one hashed."""
        try:
            return self.hasher.verify(hashed, secret)
        except (VerificationError, InvalidHashError):
            return False

    def are_old(self, hashed: str) -> bool:
        """Say whether a hash was made with weaker parameters than today's."""
        return self.hasher.check_needs_rehash(hashed)
