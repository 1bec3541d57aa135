"""The manners of this house's own code: every test says what it shows, nothing waits by sleeping, no way out but loopback."""

import ast
import re
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bot import letters, words
from bot.settings import PREFIX, Settings
from models.booking import STATES
from tests.bot.stories import BRAND

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


def test_every_setting_stands_in_the_readme() -> None:
    """By its whole name, and the README names none that is no setting."""
    named = set(re.findall(rf"{PREFIX}[A-Z_]*[A-Z]", (ROOT / "README.md").read_text("utf-8")))
    ours = {PREFIX + name.upper() for name in Settings.model_fields}
    assert ours - named == set()
    assert named - ours == set()


PAYMENT_STATES = ("unpaid", "deposit_paid", "paid", "overpaid", "partly_refunded", "refunded", "reseller_paid")


@pytest.mark.parametrize("language", words.languages())
def test_every_state_has_words_in_every_language(language: str) -> None:
    """Of a booking and of its payment, each its own."""
    voice = words._voice(language)
    for names in ([f"state_{state}" for state in STATES], [f"payment_{state}" for state in PAYMENT_STATES]):
        said = [voice.said(name) for name in names]
        assert all(said)
        assert len(set(said)) == len(names)


def told() -> dict[str, str]:
    """Every notice or letter that a handler leaves for somebody, with the place in the code."""
    found = {}
    for path in sorted((ROOT / "handlers").glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Name)
                and node.func.id in ("tell", "tell_house")
            ):
                names = [each.value for each in node.args if isinstance(each, ast.Constant)]
                found |= {str(name): f"{path.name}:{node.lineno}" for name in names if str(name).endswith(KINDS)}
    return found


KINDS = ("_house", "_guest", "_lead")


def test_whatever_a_handler_tells_has_words() -> None:
    """As a notice for chats, or as a letter for mails; and there are no words that nobody says."""
    kinds, known = told(), {*words.notices(), *letters.EVENTS}
    assert len(kinds) > 10
    assert {kind: place for kind, place in kinds.items() if kind not in known} == {}


@pytest.mark.parametrize("language", words.languages())
def test_every_notice_has_words_in_every_language(language: str) -> None:
    """As a message and as a template, and none is left as it stands in another language."""
    other = next(each for each in words.languages() if each != language)
    for notice in words.notices():
        facts = words.sample(notice)
        text = words.draw({"block": notice, "facts": facts}, language).text
        assert text.strip(), notice
        assert text != words.draw({"block": notice, "facts": facts}, other).text, notice
        assert words.wording(notice, language).strip(), notice


@pytest.mark.parametrize("language", words.languages())
def test_every_letter_has_words_in_every_language(language: str) -> None:
    """Subject, text and page; the text is not that of another language."""
    other = next(each for each in words.languages() if each != language)
    urls: dict[str, Any] = dict.fromkeys(("pay", "booking", "ticket", "invoice", "calendar", "desk", "partner"), "")
    for event in letters.EVENTS:
        facts = {**words.sample("booking_confirmed_house"), "text": "–", "who": "Rafael"}
        here, there = (letters.letter(event, facts, each, BRAND, urls) for each in (language, other))
        assert here.subject, event
        assert here.html, event
        assert here.text != there.text, event


def blocks(path: Path) -> set[str]:
    """The blocks of a script."""
    return set(re.findall(r"{%-?\s*block\s+(\w+)", path.read_text("utf-8")))


def test_every_script_has_the_same_blocks_in_every_language() -> None:
    """What can be said in one language can be said in all; `<script>.<language>.txt` and the recap."""
    for path in [*sorted((ROOT / "templates" / "chat").glob("*.en.txt")), ROOT / "templates" / "recap" / "en.txt"]:
        for language in words.languages():
            translated = path.with_name(re.sub(r"\ben\.txt$", f"{language}.txt", path.name))
            assert blocks(translated) ^ blocks(path) == set(), translated.name


def test_whatever_the_timeline_records_can_be_read() -> None:
    """The desk has a sentence for each kind of entry that a handler writes."""
    said = (ROOT / "templates" / "pages" / "_said.html").read_text("utf-8")
    recorded = {
        str(each.value)
        for path in (ROOT / "handlers").glob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call) and ast.unparse(node.func) in ("timeline.record", "_record")
        for each in node.args
        if isinstance(each, ast.Constant)
    } | {"requested", "held"}
    assert len(recorded) > 10
    assert {kind for kind in recorded if f'"{kind}"' not in said} == set()
