"""A language is a folder beside the others: what it must bring stands in one shape, and nothing else needs to know of it."""

import re
import shutil
import sys
from collections.abc import Iterator, Mapping
from dataclasses import fields
from importlib import import_module
from pathlib import Path

import pytest

from flows import understand
from flows.understand import languages
from flows.understand.calendar import RULES, shapes
from flows.understand.grammar import NUMBER
from flows.understand.languages import ALL
from flows.understand.parties import PARTIES
from flows.understand.vocabulary import Vocabulary

FOLDER = Path(understand.__path__[0])
OWN_KEYS = ("numbers", "ordinals")  # words, not names of ours
NEED_NOT = {"leave"}  # "leaving Palma Real": elsewhere one leaves from a place


@pytest.mark.parametrize("language", sorted(ALL))
def test_a_language_has_every_kind_of_word_the_shared_rules_read(language: str) -> None:
    """One that has no such words says so with nothing in it: who adds a language sees what to fill in."""
    lexicon = import_module(f"flows.understand.{language}.lexicon")
    every = [*RULES, *PARTIES]
    made = {rule.kind for rule in every} | {shape.kind for shape in shapes(None, "x", "x")}
    read = {part for rule in every for part in rule.parts} - made - {NUMBER, "FIGURES", "STOP", "TAKEN"}
    assert read - set(lexicon.LEXICON) - set(lexicon.PARTY) == set()


@pytest.mark.parametrize("name", [each.name for each in fields(Vocabulary)])
def test_languages_name_and_group_alike(name: str) -> None:
    """The same names in every table, the same groups in every pattern."""
    first, *others = (getattr(ALL[language], name) for language in sorted(ALL))
    for other in others:
        if isinstance(first, Mapping) and name not in OWN_KEYS:
            assert set(first) == set(other)
        elif isinstance(first, re.Pattern):
            assert set(first.groupindex) ^ set(other.groupindex) <= NEED_NOT
        else:
            assert type(first) is type(other)


@pytest.fixture
def volapuk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A language of its own: English under another name, in a folder that no line of ours names."""
    shutil.copytree(FOLDER / "en", tmp_path / "vo", ignore=shutil.ignore_patterns("__pycache__"))
    for file in (tmp_path / "vo").glob("*.py"):
        words = file.read_text("utf-8").replace("flows.understand.en", "flows.understand.vo")
        file.write_text(words.replace('language="en"', 'language="vo"'), "utf-8")
    monkeypatch.setattr(understand, "__path__", [*understand.__path__, str(tmp_path)])
    yield "vo"
    for name in [name for name in sys.modules if name.startswith("flows.understand.vo")]:
        del sys.modules[name]


def test_a_new_language_is_a_folder(volapuk: str) -> None:
    """It is found because it is there."""
    spoken = languages._spoken()
    assert set(spoken) == {*ALL, volapuk}
    assert spoken[volapuk].language == volapuk


def test_no_language_is_named_outside_its_folder() -> None:
    """But for the one spoken to whom nothing else is known of."""
    named = {
        file.name
        for file in [*FOLDER.glob("*.py"), *(FOLDER.parent / "asks").glob("*.py")]
        for language in ALL
        if re.search(rf'"{language}"(?! for)', file.read_text("utf-8"))
    }
    assert named == {"languages.py", "last_resort.py"}
