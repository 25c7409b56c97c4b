"""The journal's chain: every field is covered, and only a payload may be erased."""

from datetime import UTC, datetime

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ioc_console.journal import GENESIS, Entry, chained, sha256, verify

NOW = datetime(2026, 11, 25, tzinfo=UTC)
CHANGED = {
    "number": 7, "seq": 99, "at": NOW.replace(microsecond=1), "actor": "x", "desk": "x", "command_id": "x", "tag": "x",
    "outcome": "x", "facts": "x", "payload": "x", "salt": "x", "payload_hash": "x", "hash": "x",
}  # fmt: skip


def chain(count: int) -> list[Entry]:
    entries, before = [], GENESIS
    for at in range(1, count + 1):
        entry = Entry(
            number=at, seq=at, at=NOW, actor="left", desk="left", command_id=f"c{at}", tag="note.write",
            outcome="done", facts="{}", payload=f'{{"text":"{at}"}}',
        )  # fmt: skip
        entries.append(chained(entry, before))
        before = entries[-1].hash
    return entries


def test_a_whole_chain_verifies():
    assert verify([]) is None
    assert verify(chain(20)) is None


@pytest.mark.parametrize("field", Entry.__struct_fields__)
def test_every_field_is_covered(field: str):
    entries = chain(5)
    entries[2] = msgspec.structs.replace(entries[2], **{field: CHANGED[field]})
    assert verify(entries) == entries[2].number


def test_an_entry_exchanged_for_another_or_left_out_is_found():
    entries = chain(5)
    assert verify([entries[0], entries[2], entries[1], *entries[3:]]) == 3
    assert verify(entries[:2] + entries[3:]) == 4


def test_an_erased_payload_leaves_the_chain_whole():
    entries = chain(5)
    entries[2] = msgspec.structs.replace(entries[2], payload=None)
    assert verify(entries) is None


def test_equal_payloads_do_not_show_in_their_hashes():
    one, two = (chained(chain(1)[0], GENESIS) for _ in range(2))
    assert one.payload == two.payload
    assert one.payload_hash != two.payload_hash


texts = st.lists(st.text(max_size=5), max_size=4)


@given(texts, texts)
def test_no_two_lists_of_strings_collide(one: list[str], two: list[str]):
    assert (sha256(*one) == sha256(*two)) is (one == two)
