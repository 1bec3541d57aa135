"""The script and the flow know the same blocks, in every language, and the diagram is true."""

import re
from pathlib import Path

import pytest

from flows import diagram, script
from flows.book import BOOKING, QUESTIONS
from flows.hearing import UNREADABLE

FLOWS = Path(diagram.__file__).parent
LANGUAGES = script.languages()
NAMED = re.compile(
    r"""(?:Say|remark|Doubt|_miss)\(\s*(?:talk,\s*)?"(\w+)"|"@(\w+)"|plainly\("(\w+)"|card\("(\w+)"|Link\("(\w+)"\)|aside = "(\w+)\""""
)


def named() -> set[str]:
    """Every block that the code of the flow names."""
    found: set[str] = set()
    for module in FLOWS.rglob("*.py"):
        for groups in NAMED.findall(module.read_text("utf-8")):
            *blocks, link, _aside = groups
            found |= {block for block in blocks if block} | ({f"link_{link}"} if link else set())
    asked = {question.key for question in QUESTIONS}
    lines = {f"line_{key}" for key in asked}
    return (
        found
        | {f"{key}_again" for key in asked}
        | lines
        | set(UNREADABLE.values())
        | {"pickup_tour", "sold_out", "too_late"}
    )


def test_both_languages_have_the_same_blocks() -> None:
    """Every language has every sentence."""
    assert set(LANGUAGES) == {"en", "es"}
    assert set(script.blocks("en")) == set(script.blocks("es"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_block_the_flow_names_is_written(language: str) -> None:
    """And every question and state has words."""
    states = {*BOOKING.after, BOOKING.then, *(question.key for question in QUESTIONS)}
    assert named() | states <= set(script.blocks(language)) | {"waiting_payment"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_labels_without_values_fit_a_button(language: str) -> None:
    """Twilio: a reply button holds 20 characters."""
    labels = re.findall(
        r'"@(\w+)"', "".join(path.read_text("utf-8") for path in FLOWS.glob("*.py") if path.name != "speech.py")
    )
    fixed = {
        name
        for name in labels
        if "{{" not in script.blocks(language)[name] and "{%" not in script.blocks(language)[name]
    }
    assert fixed
    assert [name for name in fixed if len(script.label(name, language)) > 20] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_house_does_not_shout(language: str) -> None:
    """No exclamation marks from us."""
    assert [name for name, words in script.blocks(language).items() if "!" in re.sub(r"{[{%].*?[}%]}", "", words)] == []


def test_the_diagram_in_the_docs_is_the_flow() -> None:
    """Made anew with `python -m flows.diagram`."""
    assert diagram.PAGE.read_text("utf-8") == diagram.page(BOOKING)


def test_one_machine_serves_every_guest_and_keeps_none() -> None:
    """The talks are never registered with it."""
    assert BOOKING.machine.models == []
