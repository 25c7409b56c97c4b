"""CSV read back: RFC 4180 with a byte-order mark, a head of `#` lines, and nothing a spreadsheet would execute."""

import csv
import math
import tempfile
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ioc_console.exports.cells import clean, defuse
from ioc_console.exports.forms import write
from ioc_console.exports.listing import Column, Row, Shape
from tests.core.listings import ROW, exported, listing

HEAD = 8
"""How many lines stand before the table: title, place, two filters, order, moment, zone, author."""


def read(file: Path) -> list[list[str]]:
    with file.open(encoding="utf-8-sig", newline="") as lines:
        return list(csv.reader(lines, strict=True))


def test_a_list_is_read_back(tmp_path: Path):
    rows = read(exported("csv", [ROW, (None, None, math.inf, None, False, "")], tmp_path))
    assert [row[0] for row in rows[:HEAD]] == [
        "# Danh sách nút giao thông",
        "# Địa bàn: Thành phố Vinh",
        "# Phường: Hưng Bình, Quang Trung",
        "# Trạng thái: đang mất kết nối",
        "# Thứ tự: Phường, rồi số",
        "# Xuất lúc: 25/11/2026 15:04:09",
        "# Giờ theo múi giờ: Asia/Ho_Chi_Minh (UTC+07:00)",
        "# Người xuất: Nguyễn Thị Hồng Nhung",
    ]
    assert rows[HEAD:] == [
        ["Tên nút giao", "Số", "Tải trọng", "Lúc", "Mở", "Nhãn"],
        ["Ngã tư Nguyễn Thị Minh Khai – Lê Lợi", "12", "37.5", "2026-11-25 15:04:09", "có", "ưu tiên; trường học"],
        ["", "", "inf", "", "không", ""],
    ]
    assert {len(row) for row in rows} == {6}


def test_the_file_is_what_spreadsheets_in_viet_nam_take_for_unicode(tmp_path: Path):
    data = exported("csv", [ROW], tmp_path).read_bytes()
    assert data.startswith(b"\xef\xbb\xbf# ")
    assert data.count(b"\n") == data.count(b"\r\n") == HEAD + 2
    assert data.endswith(b"\r\n")


def test_a_list_without_filters_says_so(tmp_path: Path):
    rows = read(exported("csv", [], tmp_path, listing(language="en", filters=(), order="")))
    assert "# Filters: none: the whole list" in [row[0] for row in rows]
    assert len(rows) == HEAD - 1


@pytest.mark.parametrize(
    "text",
    [
        "=1+1",
        '=HYPERLINK("http://x","y")',
        "+84912345678",
        "-2+3",
        "@SUM(A1)",
        "\t=1",
        "\r=1",
        "\n=1",
        "  =1",
        "\u00a0=1",
        "＝1",
        "＋1",
        "－1",
        "＠1",
        "=cmd|' /C calc'!A0",
    ],
)
def test_no_text_begins_as_a_formula(text: str, tmp_path: Path):
    columns = (Column("a", text), Column("b", "B"))
    rows = read(exported("csv", [(f'{text}","{text}', text)], tmp_path, listing(columns)))
    assert defuse(text) == f"'{text}"
    assert rows[HEAD][0].startswith("'")
    assert all(value.startswith("'") for value in rows[HEAD + 1])
    assert len(rows[HEAD + 1]) == 2


@pytest.mark.parametrize("text", ["", "Lê Mao", "a=1", "1-2", "'=1", "(+84)", "#1", "5 – 7"])
def test_ordinary_text_stays_as_it_is(text: str):
    assert defuse(text) == text


def test_negative_numbers_are_numbers(tmp_path: Path):
    columns = (Column("a", "A", Shape.NUMBER), Column("b", "B", Shape.DECIMAL))
    data = exported("csv", [(-5, -0.5)], tmp_path, listing(columns)).read_text(encoding="utf-8-sig")
    assert data.endswith("\n-5,-0.5\n")


def test_a_filter_cannot_leave_its_line(tmp_path: Path):
    head = listing(filters=(("Tìm\n=1", '"\r\n=2,"x'),), title="a\r\n=3")
    rows = read(exported("csv", [ROW], tmp_path, head))
    assert all(row[0].startswith("# ") for row in rows[: HEAD - 1])
    assert rows[2][0] == '# Tìm =1: " =2,"x'
    assert len(rows) == HEAD + 1


texts = st.text(st.characters(), max_size=40) | st.text("=+-@\t\r\n\",;'#\0\ud800 a", max_size=12)


@given(st.lists(st.tuples(texts, texts, st.integers(), st.floats(allow_nan=False, allow_infinity=False))))
def test_any_text_comes_back(rows: list[Row]):
    columns = (Column("a", "A"), Column("b", "B"), Column("c", "C", Shape.NUMBER), Column("d", "D", Shape.DECIMAL))
    with tempfile.TemporaryDirectory() as folder:
        found = read(exported("csv", rows, Path(folder), listing(columns)))[HEAD + 1 :]
    assert [row[:2] for row in found] == [[defuse(clean(a)), defuse(clean(b))] for a, b, *_ in rows]
    assert [int(row[2]) for row in found] == [row[2] for row in rows]
    assert [float(row[3]) for row in found] == [row[3] for row in rows]


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_many_rows_take_little_memory(form: str, tmp_path: Path):
    rows = ((f"{at} {'ặ' * 80}", at, 0.5, None, True, "") for at in range(20_000))
    tracemalloc.start()
    try:
        write(form, listing(), rows, tmp_path / "list", lambda count: None)
        assert tracemalloc.get_traced_memory()[1] < 2 << 20
    finally:
        tracemalloc.stop()
