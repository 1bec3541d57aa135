"""Puts a language's lexicon together from short lists: "a|b|c" for words of one value."""

from collections.abc import Mapping
from typing import Any


def all_of(words: str, value: Any = True) -> dict[str, Any]:
    """The same value for each of the phrases between the bars."""
    return {word.strip(): value for word in words.split("|")}


def each(values: Mapping[Any, str]) -> dict[str, Any]:
    """A lexicon's kind, written the other way round: the value first, then the phrases that have it."""
    return {phrase: value for value, phrases in values.items() for phrase in all_of(phrases)}


def counting(start: int, words: str) -> dict[str, int]:
    """Words that count on from a number."""
    return {word: n for n, group in enumerate(words.split(), start) for word in group.split("|")}
