"""A list to export for the tests: one column of each shape, and rows under them."""

from datetime import UTC, datetime
from pathlib import Path

from ioc_console.exports.forms import FORMS, write
from ioc_console.exports.listing import Column, Listing, Row, Shape
from ioc_console.words import Catalogue

TEXTS = {language: Catalogue.load(language) for language in ("vi", "en")}
AT = datetime(2026, 11, 25, 8, 4, 9, tzinfo=UTC)
COLUMNS = (
    Column("name", "Tên nút giao", Shape.TEXT),
    Column("number", "Số", Shape.NUMBER),
    Column("load", "Tải trọng", Shape.DECIMAL),
    Column("at", "Lúc", Shape.MOMENT),
    Column("open", "Mở", Shape.YES_NO),
    Column("tags", "Nhãn", Shape.LIST),
)
ROW: Row = ("Ngã tư Nguyễn Thị Minh Khai – Lê Lợi", 12, 37.5, AT, True, "ưu tiên; trường học")
FILTERS = (("Phường", "Hưng Bình, Quang Trung"), ("Trạng thái", "đang mất kết nối"))


def listing(columns: tuple[Column, ...] = COLUMNS, language: str = "vi", **more: object) -> Listing:
    """Return a list's head; `more` replaces any of its facts."""
    known = {
        "title": "Danh sách nút giao thông",
        "filters": FILTERS,
        "order": "Phường, rồi số",
        "made_at": AT,
        "made_by": "Nguyễn Thị Hồng Nhung",
        "city": "Thành phố Vinh",
        "timezone": "Asia/Ho_Chi_Minh",
    }
    return Listing(columns=columns, text=TEXTS[language], **{**known, **more})


def exported(form: str, rows: object, folder: Path, head: Listing | None = None) -> Path:
    """Write rows in a form into a folder, which then holds nothing else new; return the file."""
    file = folder / f"out{FORMS[form].suffix}"
    write(form, head or listing(), rows, file, lambda count: None)
    return file
