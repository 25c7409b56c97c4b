"""Exports whatever the form: the columns of a kind, whole or not at all, names and refusals."""

import errno
import stat
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from enum import Enum
from pathlib import Path
from typing import ClassVar

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ioc_console.domain import cameras, health, walls
from ioc_console.domain.cameras import CameraHealth, StreamError, StreamState
from ioc_console.exports import destination
from ioc_console.exports.cells import EVERY, cell, clean, cut, units
from ioc_console.exports.columns import columns_of, row_of
from ioc_console.exports.file_names import file_name
from ioc_console.exports.forms import FORMS, write
from ioc_console.exports.listing import Row, Shape, local, zone_name
from ioc_console.model import Entity, Moment, Refused, kind_of
from ioc_console.words import declared
from tests.core.listings import AT, ROW, TEXTS, exported, listing

VI, EN = TEXTS["vi"], TEXTS["en"]
VINH = listing().zone
KINDS = [kind for module in (cameras, health, walls) for kind in declared(module, Entity)]
each_form = pytest.mark.parametrize("form", FORMS)


class Mood(Enum):
    CALM = 1
    TENSE = 2


class Place(msgspec.Struct, frozen=True):
    lat: float
    ward: str


class Meeting(Entity, frozen=True, kw_only=True):
    """One field of every sort."""

    topic: str = "Họp giao ban"
    people: int = 5
    share: float | None = 0.5
    whole_or_not: int | float = 1
    text_or_number: int | str = 3
    begun: Moment = AT
    ended: Moment | None = None
    secret: bool = False
    mood: Mood = Mood.TENSE
    verdict: cameras.Verdict | None = cameras.Verdict.COVERED
    tags: tuple[str, ...] = ("một", "hai")
    place: Place | None = Place(18.67, "Hưng Bình")
    places: tuple[Place, ...] = (Place(1.0, "a"), Place(2.0, "b"))
    flags: tuple[bool | None, ...] = (True, False, None)
    moods: frozenset[Mood] = frozenset({Mood.CALM, Mood.TENSE})
    moments: tuple[Moment, ...] = (AT,)
    notes: dict[str, int] = msgspec.field(default_factory=lambda: {"đã": 1})
    lasts: timedelta = timedelta(minutes=90)

    source: ClassVar[str] = "sensor"


SHAPES = {
    "people": Shape.NUMBER,
    "share": Shape.DECIMAL,
    "whole_or_not": Shape.DECIMAL,
    "begun": Shape.MOMENT,
    "ended": Shape.MOMENT,
    "secret": Shape.YES_NO,
    **dict.fromkeys(("tags", "places", "flags", "moods", "moments"), Shape.LIST),
}
VALUES = {
    "id": "m1",
    "topic": "Họp giao ban",
    "people": 5,
    "share": 0.5,
    "whole_or_not": 1,
    "text_or_number": 3,
    "begun": AT,
    "ended": None,
    "secret": False,
    "mood": "2",
    "verdict": "BỊ CHE",
    "tags": "một; hai",
    "place": '{"lat":18.67,"ward":"Hưng Bình"}',
    "places": '{"lat":1.0,"ward":"a"}; {"lat":2.0,"ward":"b"}',
    "flags": "có; không; ",
    "moods": "1; 2",
    "moments": "2026-11-25T08:04:09+00:00",
    "notes": '{"đã":1}',
    "lasts": "PT5400S",
}


def test_the_columns_of_a_kind_are_its_fields_in_order():
    columns = columns_of(Meeting, EN)
    assert [column.name for column in columns] == list(Meeting.__struct_fields__)
    assert {column.name: column.shape for column in columns if column.shape is not Shape.TEXT} == SHAPES


def test_an_entity_is_a_row_of_plain_values():
    columns = columns_of(Meeting, VI)
    assert dict(zip((column.name for column in columns), row_of(Meeting(id="m1"), columns, VI), strict=True)) == VALUES
    some = columns[3:1:-1]
    assert row_of(Meeting(id="m1"), some, VI) == (0.5, 5)


def test_a_column_is_called_as_the_catalogue_says_else_by_its_name():
    labels = {column.name: column.label for column in columns_of(CameraHealth, VI)}
    assert labels["pictured_at"] == "Hình cuối"
    assert labels["since"] == "Từ lúc"
    assert columns_of(Meeting, VI)[4].label == "Whole or not"


def test_the_values_of_an_enum_are_said():
    columns = [column for column in columns_of(CameraHealth, VI) if column.name in ("state", "error")]
    sick = CameraHealth(
        id="c1/sub", camera="c1", stream="sub", since=AT, state=StreamState.OFFLINE, error=StreamError.BUSY
    )
    assert row_of(sick, columns, VI) == ("mất kết nối", "camera bận")
    assert row_of(sick, columns, EN) == ("offline", "camera busy")


@pytest.mark.parametrize("language", TEXTS)
@pytest.mark.parametrize("kind", KINDS, ids=kind_of)
def test_every_field_of_a_kind_has_a_name_in_words(kind: type[Entity], language: str):
    texts = TEXTS[language].texts
    keys = {name: {f"field.{kind_of(kind)}_{name}", f"field.{name}"} for name in kind.__struct_fields__}
    assert [name for name, known in keys.items() if not known & texts.keys()] == []


def test_a_nested_text_with_half_a_character_is_shown():
    columns = columns_of(Meeting, VI)
    broken = msgspec.structs.replace(Meeting(id="m1"), place=Place(0.0, "\ud83d"))
    value = row_of(broken, columns, VI)[list(Meeting.__struct_fields__).index("place")]
    assert cell(value, VINH, VI) == '{"lat":0.0,"ward":"\ufffd"}'


def test_moments_stand_on_the_citys_clocks():
    assert local(AT, VINH) == datetime(2026, 11, 25, 15, 4, 9)
    assert local(datetime.max.replace(tzinfo=UTC), VINH) == datetime.max
    assert zone_name(listing()) == "Asia/Ho_Chi_Minh (UTC+07:00)"
    assert zone_name(listing(timezone="America/St_Johns")) == "America/St_Johns (UTC-03:30)"
    with pytest.raises(ValueError, match="without a time zone"):
        local(datetime(2026, 11, 25), VINH)


@pytest.mark.parametrize("name", ["Asia/Vinh", "", "../../etc/passwd", "/etc/passwd", "a\0b"])
def test_an_unknown_time_zone_is_refused(name: str):
    with pytest.raises(Refused, match=r"export\.zone_unknown"):
        _ = listing(timezone=name).zone


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("Danh sách đèn đường – Phường Lê Mao", "danh-sach-den-duong-phuong-le-mao_2026-11-25_1504.csv"),
        ("ĐƯỜNG Ẩm ướt Ỹ", "duong-am-uot-y_2026-11-25_1504.csv"),
        ("../../etc/passwd\0\n", "etc-passwd_2026-11-25_1504.csv"),
        ("城市 🚦", "list_2026-11-25_1504.csv"),
        ("", "list_2026-11-25_1504.csv"),
    ],
)
def test_file_names_are_plain(title: str, name: str):
    assert file_name(title, local(AT, VINH), ".csv") == name


@given(st.text())
def test_a_file_name_is_safe_whatever_the_title(title: str):
    name = file_name(title, AT, ".pdf")
    assert name.isascii()
    assert len(name) < 120
    assert not set(name) - set("abcdefghijklmnopqrstuvwxyz0123456789-_.")
    assert name[0] not in "-_."


@given(st.text(), st.integers(10, 40))
def test_cut_text_fits(text: str, most: int):
    known = clean(text)
    found = cut(known, most, "…[x]")
    assert units(found) <= most
    assert found == known if units(known) <= most else found.endswith("…[x]")
    assert found.removesuffix("…[x]") in known


@each_form
def test_a_list_replaces_what_stood_there_and_is_its_owners_alone(form: str, tmp_path: Path):
    file = tmp_path / f"out{FORMS[form].suffix}"
    file.write_text("before")
    assert write(form, listing(), [ROW, ROW], file, lambda count: None) == 2
    assert b"before" not in file.read_bytes()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [file]


class Cancelled(Exception):
    """Somebody thought better of it."""


@each_form
@pytest.mark.parametrize("after", [0, EVERY, 2 * EVERY, 3 * EVERY - 1])
def test_cancelling_leaves_no_file_and_what_stood_before(form: str, after: int, tmp_path: Path):
    file = tmp_path / "list"
    file.write_text("before")

    def progress(count: int) -> None:
        if count >= after:
            raise Cancelled

    with pytest.raises(Cancelled):
        write(form, listing(), (ROW for _ in range(3 * EVERY - 1)), file, progress)
    assert list(tmp_path.iterdir()) == [file]
    assert file.read_text() == "before"


@each_form
def test_rows_that_fail_leave_no_file(form: str, tmp_path: Path):
    def rows() -> Iterator[Row]:
        yield ROW
        raise ConnectionResetError(errno.ECONNRESET, "the store is gone")

    with pytest.raises(ConnectionResetError):
        exported(form, rows(), tmp_path)
    with pytest.raises(ValueError, match="zip"):
        exported(form, [ROW[:-1]], tmp_path)
    assert list(tmp_path.iterdir()) == []


@each_form
def test_progress_is_told_on_the_way_and_at_the_end(form: str, tmp_path: Path):
    counts: list[int] = []
    write(form, listing(), [ROW] * (2 * EVERY + 7), tmp_path / "list", counts.append)
    assert counts == sorted(counts)
    assert {EVERY, 2 * EVERY} <= set(counts)
    assert counts[-1] == 2 * EVERY + 7


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_rows_are_taken_one_at_a_time(form: str, tmp_path: Path):
    taken = 0

    def rows() -> Iterator[Row]:
        nonlocal taken
        while taken < 20_000:
            taken += 1
            yield ROW

    seen: list[tuple[int, int]] = []
    assert write(form, listing(), rows(), tmp_path / "list", lambda count: seen.append((count, taken))) == 20_000
    assert len(seen) > 20_000 // EVERY
    assert all(count == ahead for count, ahead in seen)


@each_form
def test_a_folder_that_cannot_be_written_is_refused_in_words(form: str, tmp_path: Path):
    (tmp_path / "folder").mkdir()
    for file in (tmp_path / "absent" / "list", tmp_path / "folder"):
        with pytest.raises(Refused, match=r"export\.not_written") as refused:
            write(form, listing(), [ROW], file, lambda count: None)
        assert str(file) in VI.tell(refused.value)
    assert [file.name for file in tmp_path.iterdir()] == ["folder"]


@each_form
def test_a_full_disk_is_refused_in_words(form: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def full(file: Path) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(destination, "synced", full)
    with pytest.raises(Refused, match="No space left"):
        exported(form, [ROW], tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_what_cannot_be_exported_is_refused_in_words(tmp_path: Path):
    with pytest.raises(Refused) as refused:
        write("docx", listing(), [ROW], tmp_path / "list", lambda count: None)
    assert "docx" in EN.tell(refused.value)
    assert "csv, xlsx, pdf" in EN.tell(refused.value)
    with pytest.raises(Refused, match=r"export\.no_columns"):
        write("csv", listing(()), [], tmp_path / "list", lambda count: None)
    assert list(tmp_path.iterdir()) == []
