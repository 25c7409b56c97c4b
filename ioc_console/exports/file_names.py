"""File names that every system takes, made of a list's title and moment."""

import re
import unicodedata
from datetime import datetime

MOST = 80
"""The longest part of a title, so that folders and moment still fit."""


def file_name(title: str, at: datetime, suffix: str) -> str:
    """Return an ASCII name such as `danh-sach-camera_2026-11-25_1500.csv`; the moment is printed as it is given."""
    return f"{slug(title)}_{at:%Y-%m-%d_%H%M}{suffix}"


def slug(title: str) -> str:
    """Return a title in small ASCII letters and digits with hyphens between: accents dropped, đ as d."""
    apart = unicodedata.normalize("NFKD", title.casefold().replace("đ", "d"))
    letters = "".join(char for char in apart if not unicodedata.combining(char))
    return re.sub("[^a-z0-9]+", "-", letters).strip("-")[:MOST].strip("-") or "list"
