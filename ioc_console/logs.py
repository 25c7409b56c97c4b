"""Logging: JSON lines to a bounded file, warnings in plain words to the terminal."""

import json
import logging
from datetime import UTC, datetime
from logging.handlers import RotatingFileHandler
from pathlib import Path

MOST_BYTES, FILES = 5 * 2**20, 4


class JsonLines(logging.Formatter):
    """One record, one line."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "from": record.name,
            "says": record.getMessage(),
        }
        if record.exc_info:
            line["trace"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False)


def begin(folder: Path, role: str) -> None:
    """Log to a role's file in the folder, and warnings to the terminal."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    file = RotatingFileHandler(folder / f"{role}.log", maxBytes=MOST_BYTES, backupCount=FILES, encoding="utf-8")
    file.setFormatter(JsonLines())
    terminal = logging.StreamHandler()
    terminal.setLevel(logging.WARNING)
    terminal.setFormatter(logging.Formatter(f"{role}: %(message)s"))
    logging.basicConfig(level=logging.INFO, handlers=[file, terminal], force=True)
    for noisy in ("websockets", "uvicorn", "libav", "qasync", "asyncio"):
        logging.getLogger(noisy).setLevel(logging.ERROR)
