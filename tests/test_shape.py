"""The code keeps its shape: ceilings on files, classes, functions and imports."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
MAIN = ROOT / "main.py"
FILES = [path for floor in ("ioc_console", "plugins", "widgets") for path in sorted((ROOT / floor).rglob("*.py"))]
FILES += [MAIN] if MAIN.exists() else []

FILE_LINES = 300
FUNCTION_LINES = 40
CLASS_LINES = 200
CLASS_METHODS = 20
INIT_LINES = 15
FILE_IMPORTS = 15

Function = ast.FunctionDef | ast.AsyncFunctionDef
Import = ast.Import | ast.ImportFrom

each_file = pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def nodes(path: Path, kind: type) -> Iterator[ast.AST]:
    return (node for node in ast.walk(tree(path)) if isinstance(node, kind))


def lines(node: ast.AST) -> int:
    """Count a node's lines; those of its decorators stand before it."""
    return node.end_lineno - node.lineno + 1


def lines_less_docstring(function: Function) -> int:
    documented = ast.get_docstring(function) is not None
    return lines(function) - (lines(function.body[0]) if documented else 0)


def too_big(sizes: Iterator[tuple[ast.AST, int]], ceiling: int) -> list[str]:
    return [f"{node.name} (line {node.lineno}): {size} > {ceiling}" for node, size in sizes if size > ceiling]


def test_there_is_code_to_measure():
    floors = {path.relative_to(ROOT).parts[0] for path in FILES}
    assert {"ioc_console", "plugins", "widgets"} <= floors


@each_file
def test_file_is_short(path: Path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= FILE_LINES


@each_file
def test_functions_are_short(path: Path):
    assert not too_big(((node, lines(node)) for node in nodes(path, Function)), FUNCTION_LINES)


@each_file
def test_classes_are_short(path: Path):
    assert not too_big(((node, lines(node)) for node in nodes(path, ast.ClassDef)), CLASS_LINES)


@each_file
def test_classes_have_few_methods(path: Path):
    counts = ((node, sum(isinstance(part, Function) for part in node.body)) for node in nodes(path, ast.ClassDef))
    assert not too_big(counts, CLASS_METHODS)


@each_file
def test_inits_are_short(path: Path):
    inits = (node for node in nodes(path, Function) if node.name == "__init__")
    assert not too_big(((node, lines_less_docstring(node)) for node in inits), INIT_LINES)


# main.py is the one place that builds objects, and so names all that it builds.
@pytest.mark.parametrize("path", [path for path in FILES if path != MAIN], ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_are_few(path: Path):
    assert sum(1 for _ in nodes(path, Import)) <= FILE_IMPORTS


@each_file
def test_module_says_what_it_is(path: Path):
    docstring = ast.get_docstring(tree(path))
    assert docstring, "no docstring"
    assert docstring.splitlines()[0].endswith("."), "the docstring's first line is not a sentence"


@pytest.mark.parametrize("path", [path for path in FILES if path != MAIN], ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_stand_at_the_top(path: Path):
    functions = nodes(path, Function)
    inside = {part.lineno for node in functions for part in ast.walk(node) if isinstance(part, Import)}
    assert not inside, f"imports inside functions, at lines {sorted(inside)}"


@each_file
def test_no_import_is_for_the_type_checker_alone(path: Path):
    named = (node.id for node in nodes(path, ast.Name))
    dotted = (node.attr for node in nodes(path, ast.Attribute))
    imported = (alias.name for node in nodes(path, Import) for alias in node.names)
    assert "TYPE_CHECKING" not in {*named, *dotted, *imported}
