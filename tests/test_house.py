"""The manners of this house's own code: every test says what it shows, nothing waits by sleeping, no way out but loopback."""

import ast
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
TESTS = sorted((ROOT / "tests").rglob("*.py"))
OURS = [
    path for floor in ("bot", "flows", "handlers", "models", "web") for path in sorted((ROOT / floor).rglob("*.py"))
]
OLD_WORDS = ("user", "customer", "utils", "helper", "manager")


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """All functions of a file, however deep."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield node


def test_every_test_says_what_it_shows() -> None:
    """In its docstring, as one reads a story."""
    silent = [
        f"{path.relative_to(ROOT)}:{function.lineno} {function.name}"
        for path in TESTS
        for function in functions(path)
        if function.name.startswith("test_") and not ast.get_docstring(function)
    ]
    assert silent == []


def test_every_module_says_what_it_is() -> None:
    """One sentence at least, for whoever opens it first."""
    silent = [
        str(path.relative_to(ROOT))
        for path in OURS
        if path.read_text("utf-8").strip()
        and "migrations" not in path.parts
        and not ast.get_docstring(ast.parse(path.read_text("utf-8")))
    ]
    assert silent == []


def test_no_test_sleeps() -> None:
    """Waiting is for something, not for a while; giving way once (`sleep(0)`) is no waiting."""
    asleep = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in TESTS
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in ("sleep", "wait_for_timeout")
        and not (node.args and isinstance(node.args[0], ast.Constant) and node.args[0].value == 0)
    ]
    assert asleep == []


def test_files_are_named_in_our_own_words() -> None:
    """Not one is a drawer for what has no name."""
    named = [str(path.relative_to(ROOT)) for path in OURS if any(word in path.stem for word in OLD_WORDS)]
    assert named == []


def test_tests_cannot_leave_this_machine() -> None:
    """Neither by name nor by number."""
    with pytest.raises(RuntimeError, match="tests stay on this machine"):
        socket.create_connection(("192.0.2.1", 80), timeout=1)
    with pytest.raises(RuntimeError, match="tests stay on this machine"):
        socket.getaddrinfo("example.com", 443)
