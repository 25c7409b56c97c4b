"""Administration: accounts and tokens from the command line, beside a hub that may be running, each change noted."""

import argparse
import getpass
import secrets
import sys
from collections.abc import Callable
from datetime import timedelta

from ioc_console.accounts import Account, Accounts
from ioc_console.clock import utc_now
from ioc_console.domain.authority import ChangeAccount
from ioc_console.model import Command, Refused
from ioc_console.words import Catalogue

Note = Callable[[Command], None]
"""Enters a change into the journal: through the hub where one runs, else at its place."""


class Office:
    """Where accounts are kept from the command line; a change is made first, then noted."""

    def __init__(self, accounts: Accounts, note: Note, text: Catalogue) -> None:
        self.accounts, self.note, self.text = accounts, note, text

    def perform(self, options: argparse.Namespace) -> int:
        """Do what the command line asks for."""
        deeds: dict[str, Callable[[argparse.Namespace], None]] = {
            "add": self.add, "list": self.list, "passwd": self.set_password, "pin": self.set_pin,
            "totp": self.set_totp, "disable": self.disable, "enable": self.enable,
            "token": self.issue_token, "tokens": self.list_tokens, "revoke": self.revoke,
        }  # fmt: skip
        deeds[options.deed](options)
        return 0

    def add(self, options: argparse.Namespace) -> None:
        """Add a person's account."""
        self.accounts.add(options.name, options.shown or options.name, options.role, self.ask("password", options.name))
        self.note(ChangeAccount(options.name, "added", options.role))
        if self.accounts.rights.role(options.role).totp:
            self.set_totp(options)

    def list(self, options: argparse.Namespace) -> None:
        """Print every account."""
        for account in self.accounts.list():
            print(f"{account.name:<24} {account.role:<16} {self.marks(account):<32} {account.shown}")

    def marks(self, account: Account) -> str:
        """Return what is to be known of an account, in words."""
        locked = bool(account.locked_until and account.locked_until > utc_now())
        marks = {"disabled": account.disabled, "locked": locked, "pin": account.has_pin, "totp": account.has_totp}
        return ", ".join(self.text.say(f"office.{mark}") for mark, holds in marks.items() if holds)

    def set_password(self, options: argparse.Namespace) -> None:
        """Give an account a new password; whoever is logged in by it is logged out."""
        self.accounts.set_password(options.name, self.ask("password", options.name))
        self.note(ChangeAccount(options.name, "password"))

    def set_pin(self, options: argparse.Namespace) -> None:
        """Give an account a PIN."""
        self.accounts.set_pin(options.name, self.ask("pin", options.name))
        self.note(ChangeAccount(options.name, "pin"))

    def set_totp(self, options: argparse.Namespace) -> None:
        """Give an account a second factor and print the address for its authenticator, once."""
        print(self.text.say("office.totp_address", name=options.name))
        print(self.accounts.set_totp(options.name))
        self.note(ChangeAccount(options.name, "totp"))

    def disable(self, options: argparse.Namespace) -> None:
        """Shut an account out."""
        self.accounts.disable(options.name)
        self.note(ChangeAccount(options.name, "disabled"))

    def enable(self, options: argparse.Namespace) -> None:
        """Let an account in again."""
        self.accounts.enable(options.name)
        self.note(ChangeAccount(options.name, "enabled"))

    def issue_token(self, options: argparse.Namespace) -> None:
        """Make a token for a screen, a plugin or a monitor on another machine, and print it, once."""
        if options.role != "plugin" and self.accounts.rights.role(options.role).person:
            raise Refused("account.for_people", role=options.role)
        word, token = self.accounts.tokens.issue(options.name, options.role, "", timedelta(days=options.days))
        self.note(ChangeAccount(options.name, "token", options.role))
        print(self.text.say("office.token", id=token.id, until=f"{token.expires:%Y-%m-%d}"), file=sys.stderr)
        print(word)

    def list_tokens(self, options: argparse.Namespace) -> None:
        """Print every token, but for what proves it."""
        for token in self.accounts.tokens.list():
            state = "revoked" if token.revoked else "expired" if token.expires <= utc_now() else "valid"
            until = f"{token.expires:%Y-%m-%d}"
            said = self.text.say(f"office.{state}")
            print(f"{token.id:<10} {token.account:<24} {token.role:<16} {token.desk:<20} {until} {said}")

    def revoke(self, options: argparse.Namespace) -> None:
        """Revoke a token; whoever came by it is sent away within seconds."""
        self.accounts.tokens.revoke(options.name)
        self.note(ChangeAccount(options.name, "revoked"))

    def ask(self, what: str, name: str) -> str:
        """Ask for a secret at the terminal, twice; from a pipe, read one line."""
        if not sys.stdin.isatty():
            return sys.stdin.readline().rstrip("\n")
        first = getpass.getpass(self.text.say(f"office.ask_{what}", name=name) + " ")
        if not secrets.compare_digest(first.encode(), getpass.getpass(self.text.say("office.again") + " ").encode()):
            raise Refused("account.differs")
        return first
