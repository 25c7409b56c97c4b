"""PDF read back: Vietnamese words, filters on the first page, the head and the page's number on every one."""

import tempfile
import unicodedata
from pathlib import Path

import pypdf
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ioc_console.exports import fonts, pdf_file
from ioc_console.exports.fonts import REGULAR, load_fonts, width
from ioc_console.exports.listing import Column, Row, Shape
from ioc_console.exports.pdf_layout import MOST_LINES, NARROWEST, broken, shares
from ioc_console.exports.pdf_page import ROOM
from ioc_console.model import Refused
from tests.core.listings import AT, ROW, TEXTS, exported, listing

HEADS = ("STT", "Tên nút giao", "Số", "Tải trọng", "Lúc", "Mở", "Nhãn")


def pages(file: Path) -> list[str]:
    return [page.extract_text() for page in pypdf.PdfReader(file).pages]


def test_every_page_has_the_head_and_says_which_it_is(tmp_path: Path):
    found = pages(exported("pdf", [ROW] * 100, tmp_path))
    assert len(found) > 2
    for number, page in enumerate(found, 1):
        assert [head for head in HEADS if head not in page] == []
        assert f"Trang {number}/{len(found)}" in page
        assert "Danh sách nút giao thông · Thành phố Vinh" in page


def test_every_row_is_there_once_and_numbered(tmp_path: Path):
    rows: list[Row] = [(f"Nút số {at}.", at, 0.5, AT, False, "") for at in range(1, 301)]
    joined = "\n".join(pages(exported("pdf", rows, tmp_path)))
    assert [joined.count(f"Nút số {at}.") for at in range(1, 301)] == [1] * 300


def test_filters_and_facts_stand_on_the_first_page_alone(tmp_path: Path):
    first, *others = pages(exported("pdf", [ROW] * 100, tmp_path))
    facts = (
        "THÀNH PHỐ VINH",
        "Hưng Bình, Quang Trung",
        "Trạng thái",
        "đang mất kết nối",
        "Phường, rồi số",
        "25/11/2026 15:04:09",
        "Asia/Ho_Chi_Minh (UTC+07:00)",
        "Nguyễn Thị Hồng Nhung",
        "100",
    )
    assert [fact for fact in facts if fact not in first] == []
    assert not any("Hưng Bình, Quang Trung" in page for page in others)


def test_values_are_printed_in_the_language_of_the_list(tmp_path: Path):
    columns = (Column("a", "A", Shape.DECIMAL), Column("b", "B", Shape.MOMENT), Column("c", "C", Shape.YES_NO))
    row = (37.5, AT, True)
    for language, said in (("vi", ("37,5", "25/11/2026 15:04:09", "có")), ("en", ("37.5", "Page 1 of 1", "yes"))):
        (page,) = pages(exported("pdf", [row], tmp_path, listing(columns, language)))
        assert [word for word in said if word not in page] == []


def test_vietnamese_is_right_however_it_is_spelt(tmp_path: Path):
    words = "Nghệ An, đường Trường Chinh: sửa ổ gà, chữ Ỡ Ặ Ẫ Ệ Ở Ữ Ỹ ỵ đủ dấu"
    columns = (Column("a", "Nội dung"),)
    rows = [(words,), (unicodedata.normalize("NFD", words),)]
    (page,) = pages(exported("pdf", rows, tmp_path, listing(columns)))
    assert page.count(words) == 2


@pytest.mark.parametrize(
    "text", ["<b>đậm</b> & <img src='file:///etc/passwd'/>", "&lt;x&gt;", "<para>", "%(a)s {x}", "(\\) )Tj", "<a href"]
)
def test_text_is_never_markup(text: str, tmp_path: Path):
    columns = (Column("a", text), Column("b", "B"))
    head = listing(columns, title=text, filters=((text, text),), order=text, made_by=text, city=text)
    (page,) = pages(exported("pdf", [(text, "")], tmp_path, head))
    assert page.count(text) >= 6


def test_the_document_says_what_it_is(tmp_path: Path):
    document = pypdf.PdfReader(exported("pdf", [ROW], tmp_path))
    assert document.metadata is not None
    assert document.metadata.title == "Danh sách nút giao thông"
    assert document.metadata.author == "Nguyễn Thị Hồng Nhung"
    assert document.root_object["/Lang"] == "vi"
    box = document.pages[0].mediabox
    assert (round(box.width), round(box.height)) == (842, 595)


def test_an_empty_list_says_so(tmp_path: Path):
    (page,) = pages(exported("pdf", [], tmp_path))
    assert "Không có dòng nào phù hợp." in page
    assert [head for head in HEADS if head not in page] == []


def test_a_missing_typeface_is_refused_with_its_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(fonts, "FOLDERS", (tmp_path / "none",))
    with pytest.raises(Refused, match=r"export\.font_missing") as refused:
        exported("pdf", [ROW], tmp_path)
    assert "apt install fonts-noto-core" in TEXTS["vi"].tell(refused.value)
    assert list(tmp_path.iterdir()) == []


def test_more_rows_than_paper_holds_are_refused_with_the_remedy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    assert pdf_file.MOST_ROWS == 5_000
    monkeypatch.setattr(pdf_file, "MOST_ROWS", 20)
    exported("pdf", [ROW] * 20, tmp_path).unlink()
    endless = iter([ROW] * 1_000)
    with pytest.raises(Refused, match=r"export\.too_many_rows_pdf") as refused:
        exported("pdf", endless, tmp_path)
    assert "XLSX" in TEXTS["vi"].tell(refused.value)
    assert len(list(endless)) == 979
    assert list(tmp_path.iterdir()) == []


def test_more_columns_than_a_page_holds_are_refused_with_the_remedy(tmp_path: Path):
    columns = tuple(Column(f"c{at}", f"Cột {at}") for at in range(40))
    with pytest.raises(Refused, match=r"export\.too_many_columns") as refused:
        exported("pdf", [["x"] * 40], tmp_path, listing(columns))
    assert "40" in TEXTS["en"].tell(refused.value)
    fit = refused.value.facts["most"]
    assert exported("pdf", [["x" * 50] * fit], tmp_path, listing(columns[:fit])).exists()


def test_a_long_cell_is_cut_with_a_mark_and_its_row_stays_on_one_page(tmp_path: Path):
    columns = tuple(Column(f"c{at}", f"Cột {at}") for at in range(8))
    found = pages(exported("pdf", [["rất dài " * 400, *"abcdefg"]] * 9, tmp_path, listing(columns)))
    assert sum(page.count("đã cắt bớt") for page in found) == 9
    assert all("rất dài" in page for page in found)


def test_many_filters_go_on_to_the_next_page(tmp_path: Path):
    head = listing(filters=tuple((f"Trường {at}", "giá trị " * 200) for at in range(60)))
    found = "\n".join(pages(exported("pdf", [ROW], tmp_path, head)))
    assert all(f"Trường {at}\n" in found for at in range(60))
    assert "Ngã tư Nguyễn Thị Minh Khai" in found


def test_lines_break_between_words_and_only_then_within_them():
    load_fonts()
    room = width("một hai", REGULAR, 8) + 0.5
    assert broken("một hai ba", room, REGULAR, 8, "…") == "một hai\nba"
    assert broken("một\n\nhai", room, REGULAR, 8, "…") == "một\n\nhai"
    pieces = broken("x" * 30, room, REGULAR, 8, "…").split("\n")
    assert "".join(pieces) == "x" * 30
    assert all(width(piece, REGULAR, 8) <= room for piece in pieces)
    lines = broken("a\n" * 50, room, REGULAR, 8, "…").split("\n")
    assert (len(lines), lines[-1]) == (MOST_LINES, "…")


words = st.text("aă đ-.", max_size=60)


@given(st.integers(1, 12).flatmap(lambda n: st.lists(st.lists(words, min_size=n, max_size=n), min_size=1, max_size=4)))
def test_columns_fill_the_page_and_none_is_too_narrow(table: list[list[str]]):
    load_fonts()
    heads, *rows = table
    found = shares(heads, rows, ROOM, 8)
    assert sum(found) == pytest.approx(ROOM)
    assert min(found) >= NARROWEST - 1e-6


texts = st.text(max_size=200) | st.text("<>&/bpara\0\ud800\n\t \u0301\U0001f6a6", max_size=40)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(texts, texts, st.floats(), st.integers()), max_size=5), texts)
def test_any_text_makes_a_document(rows: list[Row], said: str):
    columns = (Column("a", said), Column("b", "B"), Column("c", "C", Shape.DECIMAL), Column("d", "D", Shape.NUMBER))
    head = listing(columns, title=said, filters=((said, said),), made_by=said, city=said, order=said)
    with tempfile.TemporaryDirectory() as folder:
        assert pypdf.PdfReader(exported("pdf", rows, Path(folder), head)).pages
