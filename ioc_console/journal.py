"""The journal's chain: each entry's hash covers the entry before it and a salted hash of its own payload."""

import hashlib
import secrets
from collections.abc import Iterable
from typing import Any

import msgspec

from ioc_console.model import Moment

GENESIS = "0" * 64
DONE = "done"


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the journal; `outcome` is `done` or the code of a refusal, `payload` None once erased."""

    number: int
    seq: int
    at: Moment
    actor: str
    desk: str
    command_id: str
    tag: str
    outcome: str
    facts: str
    payload: str | None
    salt: str = ""
    payload_hash: str = ""
    hash: str = ""


def sha256(*parts: str) -> str:
    """Return the SHA-256 of strings, each prefixed by its length so that no two lists collide."""
    digest = hashlib.sha256()
    for part in parts:
        data = part.encode()
        digest.update(len(data).to_bytes(8, "big") + data)
    return digest.hexdigest()


def chained(entry: Entry, before: str) -> Entry:
    """Return an entry with salt and hashes, standing after the entry whose hash is `before`."""
    salt = secrets.token_hex(16)
    sealed = msgspec.structs.replace(entry, salt=salt, payload_hash=sha256(salt, entry.payload or ""))
    return msgspec.structs.replace(sealed, hash=link_hash(sealed, before))


def link_hash(entry: Entry, before: str) -> str:
    """Return the hash that chains an entry to the one before it; it does not cover the payload itself."""
    when = entry.at.isoformat(timespec="microseconds")
    return sha256(
        before, str(entry.number), str(entry.seq), when, entry.actor, entry.desk,
        entry.command_id, entry.tag, entry.outcome, entry.facts, entry.salt, entry.payload_hash,
    )  # fmt: skip


def verify(entries: Iterable[Entry]) -> int | None:
    """Return the number of the first entry that does not fit the chain, or None where all do."""
    before, expected = GENESIS, 1
    for entry in entries:
        kept = entry.payload is None or entry.payload_hash == sha256(entry.salt, entry.payload)
        if entry.number != expected or not kept or entry.hash != link_hash(entry, before):
            return entry.number
        before, expected = entry.hash, expected + 1
    return None


def entry_of(row: Any) -> Entry:
    """Return a row of the journal's table as its entry."""
    return Entry(**{name: row[name] for name in Entry.__struct_fields__})
