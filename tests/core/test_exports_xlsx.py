"""XLSX read back: a sheet that says what the list is, and a sheet of rows that are text, numbers and moments."""

import re
import tempfile
import zipfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from xml.etree import ElementTree

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl.workbook import Workbook

from ioc_console.exports import xlsx_file
from ioc_console.exports.cells import clean, units
from ioc_console.exports.listing import Column, Plain, Shape
from ioc_console.model import Refused
from tests.core.listings import AT, ROW, TEXTS, exported, listing

MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
FAR_BACK = datetime(1802, 5, 1, tzinfo=UTC)


def opened(file: Path) -> Workbook:
    return openpyxl.load_workbook(file)


def shown(file: Path) -> dict[str, str]:
    """Return the texts of the rows by cell, as a spreadsheet shows them: it resolves `_xHHHH_` in every run."""
    with zipfile.ZipFile(file) as parts:
        root = ElementTree.fromstring(parts.read("xl/worksheets/sheet2.xml"))
    runs = {cell.get("r", ""): [run.text or "" for run in cell.iter(f"{MAIN}t")] for cell in root.iter(f"{MAIN}c")}
    escape = re.compile("_x([0-9a-fA-F]{4})_")
    return {
        at: "".join(escape.sub(lambda found: chr(int(found[1], 16)), run) for run in some) for at, some in runs.items()
    }


def back(value: Plain, folder: Path) -> object:
    """Return one value as it is read back."""
    return opened(exported("xlsx", [(value, "end")], folder, PAIR))["Danh sách"]["A2"].value


PAIR = listing((Column("a", "A"), Column("b", "B")))


def test_a_list_is_read_back(tmp_path: Path):
    sheet = opened(exported("xlsx", [ROW, (None, None, None, None, False, "")], tmp_path))["Danh sách"]
    rows = list(sheet.values)
    assert rows[0] == ("Tên nút giao", "Số", "Tải trọng", "Lúc", "Mở", "Nhãn")
    assert rows[1] == (*ROW[:3], datetime(2026, 11, 25, 15, 4, 9), "có", ROW[5])
    assert rows[2] == (None, None, None, None, "không", None)
    assert [cell.data_type for cell in sheet[2]] == ["s", "n", "n", "d", "s", "s"]
    assert sheet["D2"].number_format == "dd/mm/yyyy hh:mm:ss"


def test_the_table_is_set_up_for_reading_and_printing(tmp_path: Path):
    book = opened(exported("xlsx", [ROW] * 3, tmp_path))
    sheet = book["Danh sách"]
    assert book.active.title == "Danh sách"
    assert sheet.freeze_panes == "A2"
    assert sheet.auto_filter.ref == "A1:F4"
    assert sheet.print_title_rows == "$1:$1"
    assert (sheet.page_setup.orientation, sheet.page_setup.paperSize) == ("landscape", 9)
    widths = {name: size.width for name, size in sheet.column_dimensions.items()}
    assert widths["A"] > len(ROW[0])
    assert widths["A"] > widths["B"] >= xlsx_file.NARROWEST
    assert book.properties.creator == "Nguyễn Thị Hồng Nhung"
    assert book.properties.title == "Danh sách nút giao thông"
    assert book.properties.created.replace(tzinfo=UTC) == AT


def test_the_first_sheet_says_what_the_list_is(tmp_path: Path):
    book = opened(exported("xlsx", [ROW] * 3, tmp_path))
    assert book.sheetnames == ["Thông tin", "Danh sách"]
    rows = [row for row in book["Thông tin"].values if any(row)]
    assert rows[0] == ("Danh sách nút giao thông", None)
    assert rows[1:] == [
        ("Địa bàn", "Thành phố Vinh"),
        ("Phường", "Hưng Bình, Quang Trung"),
        ("Trạng thái", "đang mất kết nối"),
        ("Thứ tự", "Phường, rồi số"),
        ("Xuất lúc", "25/11/2026 15:04:09"),
        ("Giờ theo múi giờ", "Asia/Ho_Chi_Minh (UTC+07:00)"),
        ("Người xuất", "Nguyễn Thị Hồng Nhung"),
        ("Số dòng", 3),
    ]


def test_an_empty_list_has_its_head(tmp_path: Path):
    book = opened(exported("xlsx", [], tmp_path, listing(language="en")))
    assert [len(row) for row in book["List"].values] == [6]
    assert list(book["About"].values)[-1] == ("Rows", 0)


@pytest.mark.parametrize("language", TEXTS)
def test_the_names_of_the_sheets_are_ones_a_workbook_takes(language: str):
    for key in ("export.about_sheet", "export.rows_sheet"):
        name = TEXTS[language].say(key)
        assert len(name) <= 31
        assert not set(name) & set("[]:*?/\\")


@pytest.mark.parametrize(
    "text",
    [
        "=1+1",
        "{=SUM(A1:A9)}",
        "+84912345678",
        "@a",
        "-1",
        "0012",
        "1e5",
        "http://example.org/",
        "internal:Sheet1!A1",
        "mailto:a@example.org",
        "<r><t>x</t></r>",
        "<r>&</r>",
        "<r></r>",
        "<r>_x0041_</r>",
        "<r>_x_x0041__xABCD__x005F_</r>",
        "_x0041_",
        "_x005F_x0041_",
        " lead and trail ",
        "a\nb",
        "<b>&amp;</b>",
        "🚦 đèn",
        "\x7f\x85\u2028",
        "#REF!",
        "TRUE",
    ],
)
def test_text_stays_text(text: str, tmp_path: Path):
    file = exported("xlsx", [(text, "end")], tmp_path, PAIR)
    sheet = opened(file)["Danh sách"]
    assert shown(file)["A2"] == text
    assert sheet["A2"].data_type in ("s", "inlineStr")
    assert sheet["A2"].hyperlink is None
    with zipfile.ZipFile(file) as parts:
        assert b"<f>" not in parts.read("xl/worksheets/sheet2.xml")


@pytest.mark.parametrize(("text", "shown"), [("a\0b\x1f", "a\ufffdb\ufffd"), ("\ud83d", "\ufffd"), ("a\r\nb", "a\nb")])
def test_what_xml_forbids_is_replaced(text: str, shown: str, tmp_path: Path):
    assert back(text, tmp_path) == shown


def test_text_that_looks_like_a_formula_is_marked_as_text(tmp_path: Path):
    sheet = opened(exported("xlsx", [("=1+1", "1+1")], tmp_path, PAIR))["Danh sách"]
    assert (sheet["A2"].quotePrefix, sheet["B2"].quotePrefix) == (True, False)


@pytest.mark.parametrize("letter", ["ặ", "🚦", "<"])
def test_text_longer_than_a_cell_is_cut_with_a_mark(letter: str, tmp_path: Path):
    found = back(letter * 40_000, tmp_path)
    assert isinstance(found, str)
    assert units(found) in (xlsx_file.MOST_TEXT, xlsx_file.MOST_TEXT - 1)
    assert found.endswith(f"{letter} … [đã cắt bớt]")
    assert back(letter * (32_767 // units(letter)), tmp_path) == letter * (32_767 // units(letter))


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (10**15 - 1, 10**15 - 1),
        (10**15, "1000000000000000"),
        (-(10**15), "-1000000000000000"),
        (float("nan"), "nan"),
        (float("-inf"), "-inf"),
        (0, 0),
        (0.0, 0),
        (FAR_BACK, str(FAR_BACK.astimezone(listing().zone).replace(tzinfo=None))),
        (datetime(1900, 3, 1, 12, tzinfo=UTC), datetime(1900, 3, 1, 19, 6, 30)),
    ],
)
def test_what_a_spreadsheet_would_spoil_is_text(value: Plain, shown: object, tmp_path: Path):
    assert back(value, tmp_path) == shown


def test_more_rows_than_a_sheet_holds_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    assert xlsx_file.MOST_ROWS == 1_048_575
    monkeypatch.setattr(xlsx_file, "MOST_ROWS", 10)
    exported("xlsx", [ROW] * 10, tmp_path).unlink()
    with pytest.raises(Refused, match=r"export\.too_many_rows_xlsx") as refused:
        exported("xlsx", [ROW] * 11, tmp_path)
    assert "CSV" in TEXTS["vi"].tell(refused.value)
    assert list(tmp_path.iterdir()) == []


def test_hostile_heads_are_text(tmp_path: Path):
    head = listing(
        (Column("a", "=1\n<r>"),), title='&L&"x"=1\0' * 40, filters=(("=f", "<r>&</r>"),), made_by="<a>&\ud800"
    )
    book = opened(exported("xlsx", [("x",)], tmp_path, head))
    assert book["Danh sách"]["A1"].value == "=1 <r>"
    assert ("=f", "<r>&</r>") in list(book["Thông tin"].values)
    assert book.properties.creator == "<a>&\ufffd"


texts = st.text(max_size=60) | st.text("=+-@\t\r\n<r>/&_x0041\0\ud800 ", max_size=16) | st.just("<r><t>&</r>")
moments = st.datetimes(datetime(1970, 1, 2), datetime(2999, 1, 1), timezones=st.just(UTC))


@given(st.lists(st.tuples(texts, st.integers(-(10**12), 10**12), moments), max_size=8))
def test_any_row_comes_back(rows: list[tuple[str, int, datetime]]):
    columns = (Column("a", "A"), Column("b", "B", Shape.NUMBER), Column("c", "C", Shape.MOMENT))
    with tempfile.TemporaryDirectory() as folder:
        file = exported("xlsx", rows, Path(folder), listing(columns, timezone="UTC"))
        found = list(opened(file)["Danh sách"].iter_rows(min_row=2, values_only=True))
        said = shown(file)
    assert [said.get(f"A{at}", "") for at in range(2, len(rows) + 2)] == [clean(text) for text, _, _ in rows]
    assert [row[1] for row in found] == [number for _, number, _ in rows]
    apart = [abs(row[2].replace(tzinfo=UTC) - at) for row, (_, _, at) in zip(found, rows, strict=True)]
    assert all(gap < timedelta(milliseconds=1) for gap in apart)
