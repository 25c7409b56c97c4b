"""The texts: both languages say the same things, code asks for no text that is missing, and none is left over."""

import ast
import re
import string
from functools import cache
from pathlib import Path

import pytest

from ioc_console.domain import cameras
from ioc_console.model import Command, Entity, Keep, Refused, WorldCommand
from ioc_console.words import LANGUAGES, Catalogue, city_words

ROOT = Path(__file__).resolve().parents[2]
CODE = [
    *(path for top in ("ioc_console", "plugins", "widgets") for path in (ROOT / top).rglob("*.py")),
    ROOT / "main.py",
]
TEXTS = {language: Catalogue.load(language).texts for language in LANGUAGES}
TABLES = {key.partition(".")[0] for key in TEXTS["en"]}
KEY = re.compile(r"[a-z_]+\.[a-z0-9_]+")
UNMARKED = {"none"}
"""Values for which nothing is said because nothing is wrong."""


@cache
def nodes() -> list[ast.AST]:
    trees = (ast.parse(path.read_text(encoding="utf-8"), filename=str(path)) for path in CODE)
    return [node for tree in trees for node in ast.walk(tree)]


def calls() -> list[ast.Call]:
    """Return every `Refused(...)` with a literal code."""
    found = (node for node in nodes() if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.args)
    return [call for call in found if call.func.id == "Refused" and isinstance(call.args[0], ast.Constant)]


@cache
def tags() -> set[str]:
    permissions = city_words().permissions()
    return {*permissions, *permissions.values(), *(kind.needs for kind in city_words().kinds.values())}


@cache
def asked() -> set[str]:
    """Return every literal in the code that reads like a key of the catalogue."""
    parts = {id(part) for node in nodes() if isinstance(node, ast.JoinedStr) for part in node.values}
    words = {node.value for node in nodes() if isinstance(node, ast.Constant) and id(node) not in parts}
    keys = {word for word in words if isinstance(word, str) and KEY.fullmatch(word)}
    return {key for key in keys if key.partition(".")[0] in TABLES} - tags()


def refused() -> set[str]:
    """Return every code that is raised as a literal, whatever its table."""
    return {call.args[0].value for call in calls()}


@cache
def prefixed() -> set[str]:
    """Return the tables whose keys the code puts together: f"table.{...}"."""
    joined = (node for node in nodes() if isinstance(node, ast.JoinedStr) and node.values)
    firsts = (node.values[0].value for node in joined if isinstance(node.values[0], ast.Constant))
    return {first.partition(".")[0] for first in firsts if re.match(r"[a-z_]+\.[a-z]?", str(first))} & TABLES


def places(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def test_both_languages_have_the_same_keys_and_places():
    vi, en = TEXTS["vi"], TEXTS["en"]
    assert vi.keys() == en.keys()
    assert {key: places(vi[key]) for key in vi} == {key: places(en[key]) for key in en}
    assert all(text.strip() == text and text for texts in TEXTS.values() for text in texts.values())


def test_vietnamese_is_written_with_its_marks():
    joined = " ".join(TEXTS["vi"].values())
    marked = sum(ord(char) > 0x7F for char in joined)
    assert marked / len(joined) > 0.1


def test_every_text_that_the_code_asks_for_exists():
    assert asked() - TEXTS["en"].keys() == set()


def test_every_refusal_has_its_words():
    assert len(refused()) > 40
    assert refused() - TEXTS["en"].keys() == set()


def test_no_text_is_left_over():
    built = prefixed()
    left = {key for key in TEXTS["en"] if key not in asked() and key.partition(".")[0] not in built}
    assert left == set()


def test_a_refusal_gets_the_facts_that_its_words_need():
    given = [(call.args[0].value, {keyword.arg for keyword in call.keywords}) for call in calls()]
    needed = [(code, places(TEXTS["en"][code]) - facts) for code, facts in given if None not in facts]
    assert [(code, missing) for code, missing in needed if missing] == []


@pytest.mark.parametrize(
    ("table", "values"),
    [("stream_error", cameras.StreamError), ("verdict", cameras.Verdict), ("effort", cameras.Effort)],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_the_words_of_an_enum_are_values_of_it(table: str, values: type):
    said = {key.partition(".")[2] for key in TEXTS["en"] if key.startswith(f"{table}.")}
    known = {value.value for value in values}
    unsaid = known - said - {cameras.Verdict.TRUE.value, cameras.Effort.ALL.value} - UNMARKED
    assert said <= known
    assert unsaid == set()


def test_words_are_said_and_unknown_codes_shown_as_they_are():
    text = Catalogue.load("en")
    assert "c9" in text.tell(Refused("camera.unknown", camera="c9"))
    assert text.tell(Refused("camera.unknown")) == "camera.unknown"
    assert text.tell(Refused("foreign.code", x=1)) == "foreign.code (x=1)"
    with pytest.raises(KeyError):
        text.say("camera.unknown")
    with pytest.raises(Refused, match=r"config\.language_unknown"):
        Catalogue.load("../vi")


KINDS, COMMANDS = city_words().kinds, city_words().commands


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS.keys())
def test_a_kind_declares_what_it_is(kind: type[Entity]):
    assert kind.__doc__
    assert kind.__doc__ != Entity.__doc__
    assert kind.needs
    assert kind.most > 0
    if kind.keep is not Keep.PASSING:
        assert kind.shape >= 1


@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS.keys())
def test_a_command_declares_what_it_is(command: type[Command]):
    assert command.__doc__
    assert command.__doc__ != Command.__doc__
    assert KEY.fullmatch(command.needs)
    assert issubclass(command, WorldCommand) or command.apply is not Command.apply
