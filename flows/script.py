"""The words under options that are blocks of the script, so that typing a label is the same as tapping it."""

import re
from functools import cache
from pathlib import Path

from flows.understand.text import plain

CHAT = Path(__file__).parent.parent / "templates" / "chat"
_BLOCK = re.compile(r"{%-?\s*block\s+(\w+)\s*-?%}(.*?){%-?\s*endblock", re.DOTALL)
_PRINTED = re.compile(r"{{.*?}}|{%.*?%}|{#.*?#}", re.DOTALL)


@cache
def blocks(language: str) -> dict[str, str]:
    """The source of every block of a guest's talk in one language."""
    written = ((CHAT / f"{script}.{language}.txt").read_text("utf-8") for script in ("book", "asks"))
    return dict(found for script in written for found in _BLOCK.findall(script))


@cache
def languages() -> tuple[str, ...]:
    """The languages that have a script."""
    return tuple(sorted(path.name.split(".")[1] for path in CHAT.glob("book.*.txt")))


@cache
def label_words(name: str) -> tuple[str, ...]:
    """What a label says in every language, plain and without the values printed in it."""
    said = {plain(_PRINTED.sub(" ", blocks(language).get(name, ""))) for language in languages()}
    return tuple(said - {""})


def label(name: str, language: str) -> str:
    """A label without values, as it is drawn in one language."""
    return " ".join(blocks(language).get(name, "").split())
