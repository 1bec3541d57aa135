"""The small grammar: words have meanings, meanings that stand side by side combine, and the longest reading wins."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import product
from typing import Any

from flows.understand.text import BLANK

_TOKEN = re.compile(r"·+|\d+|[^\W\d_]+(?:'[^\W\d_]+)*|[^\w\s]|_")
MANY = 160  # tokens read at once; a longer message is read up to there
FULL = 24  # readings of one kind that begin at one word; no sentence of a person has so many
NUMBER = "NUM"
_ENDS = frozenset(".!?;")


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a stretch of the message means: its kind, its value, and where it begins and ends in the words."""

    kind: str
    value: Any
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Rule:
    """Neighbours of these kinds make one of another kind; `make` is given the moment of reading and their values, None refuses."""

    kind: str
    parts: tuple[str, ...]
    make: Callable[..., Any]


def rules(kind: str, pattern: str, make: Callable[..., Any]) -> list[Rule]:
    """The rules of a pattern like "DAY AT|ABOUT? CLOCK": "|" between kinds, "?" after what may be left out.

    Only kinds written in brackets, "[NUM] OF? [MONTH]", hand their value to `make`; one left out hands over nothing.
    """
    choices = [_choices(part) for part in pattern.split()]
    return [
        Rule(kind, tuple(name for name, _ in chosen if name), _picking(make, [keep for name, keep in chosen if name]))
        for chosen in product(*choices)
    ]


def _choices(part: str) -> list[tuple[str, bool]]:
    may_lack = part.endswith("?")
    keep = part.startswith("[")
    names = part.rstrip("?").strip("[]").split("|")
    return [(name, keep) for name in names] + ([("", False)] if may_lack else [])


def _picking(make: Callable[..., Any], kept: list[bool]) -> Callable[..., Any]:
    places = [n for n, keep in enumerate(kept) if keep]
    if len(places) == len(kept):
        return lambda now, values: make(now, *values)
    if len(places) == 1:
        return lambda now, values, only=places[0]: make(now, values[only])
    return lambda now, values: make(now, *[values[n] for n in places])


@dataclass(frozen=True, slots=True)
class Shape:
    """A look that digits and signs have, like "15:30": what it means is made from the match, None refuses."""

    kind: str
    pattern: re.Pattern[str]
    make: Callable[[datetime, re.Match[str]], Any]


Lexicon = Mapping[str, Mapping[str, Any]]
"""By kind: phrases in folded letters with their values."""


@dataclass(frozen=True)
class Grammar:
    """A language: what its words mean, how figures look, and how neighbours combine."""

    by_first: Mapping[str, Mapping[str, Sequence[Rule]]]
    """By the kind of their first part, and by that of the second, "" where there is none."""
    words: Mapping[str, tuple[tuple[tuple[str, ...], str, Any], ...]]
    """By their first token: the further tokens of a phrase, its kind and value; the longest first."""
    shapes: tuple[Shape, ...]
    long: Mapping[str, tuple[str, ...]]
    """By kind: the single words that are long enough to be recognised when misspelt."""
    spelt: frozenset[str]
    """Every word of every phrase."""

    @classmethod
    def of(cls, lexicon: Lexicon, every: Iterable[Rule], shapes: Iterable[Shape]) -> "Grammar":
        """A grammar made ready for reading."""
        by_first: dict[str, dict[str, list[Rule]]] = {}
        for rule in every:
            second = rule.parts[1] if len(rule.parts) > 1 else ""
            by_first.setdefault(rule.parts[0], {}).setdefault(second, []).append(rule)
        words: dict[str, list[tuple[tuple[str, ...], str, Any]]] = {}
        for kind, phrases in lexicon.items():
            for phrase, value in phrases.items():
                first, *more = _TOKEN.findall(phrase)
                words.setdefault(first, []).append((tuple(more), kind, value))
        return cls(
            by_first,
            {first: tuple(sorted(found, key=lambda one: -len(one[0]))) for first, found in words.items()},
            tuple(shapes),
            {
                kind: tuple(word for word in phrases if word.isalpha() and len(word) > 4)
                for kind, phrases in lexicon.items()
            },
            frozenset(word for phrases in lexicon.values() for phrase in phrases for word in phrase.split()),
        )

    def means(self, word: str, kinds: tuple[str, ...]) -> bool:
        """Whether a word by itself is of one of these kinds."""
        return any(kind in kinds and not more for more, kind, _ in self.words.get(word, ()))


@dataclass(slots=True)
class Chart:
    """Everything a message can mean, part by part."""

    spans: list[tuple[int, int]]
    cells: list[dict[str, list[tuple[int, Any]]]]
    """By token: the kinds that begin there, each with the token after its last and its value."""
    mended: list[int] = field(default_factory=list)
    """Where words begin that were read as the word nearest to them."""
    _kinds: dict[str, list[Meaning]] = field(default_factory=dict)

    def all_of(self, kind: str) -> list[Meaning]:
        """Every reading of that kind, the longest of those that begin together first."""
        if kind not in self._kinds:
            self._kinds[kind] = [
                Meaning(kind, value, self.spans[at][0], self.spans[to - 1][1])
                for at, cell in enumerate(self.cells)
                if kind in cell
                for to, value in sorted(cell[kind], key=lambda one: -one[0])
            ]
        return self._kinds[kind]


Nearest = Callable[[Sequence[str], int], str | None]
"""The word that the token at this place, which nobody knows, may have been meant to be."""


def read(grammar: Grammar, folded: str, now: datetime, nearest: Nearest | None = None) -> Chart:
    """All readings of folded words at that moment; `nearest` mends the spelling of a word nobody knows.

    Runs from the last token to the first, so that what may follow a reading is complete when it is needed.
    """
    found = [(one[0], *one.span()) for one in _TOKEN.finditer(folded)][:MANY]
    cells: list[dict[str, list[tuple[int, Any]]]] = [{} for _ in range(len(found) + 1)]
    chart = Chart([(start, end) for _, start, end in found], cells)
    tokens = [token for token, _, _ in found]
    for at in [n for n, token in enumerate(tokens) if token in _ENDS] + [len(found)]:
        cells[at]["STOP"] = [(at, True)]
    ends = {end: n + 1 for n, (_, _, end) in enumerate(found)}
    for at in range(len(tokens) - 1, -1, -1):
        agenda = list(_known(grammar, tokens, at, now, folded, chart.spans[at][0], ends))
        if not agenda and nearest and (mended := nearest(tokens, at)):
            chart.mended.append(chart.spans[at][0])
            agenda = [(kind, at + 1, value) for more, kind, value in grammar.words.get(mended, ()) if not more]
        _combine(grammar, chart.cells, at, agenda, now)
    return chart


def _known(
    grammar: Grammar, tokens: list[str], at: int, now: datetime, folded: str, start: int, ends: Mapping[int, int]
) -> Iterator[tuple[str, int, Any]]:
    token = tokens[at]
    if token[0] == BLANK:
        yield "TAKEN", at + 1, True
        return
    if token.isdecimal():
        if len(token) < 6:
            yield NUMBER, at + 1, int(token)
            yield "FIGURES", at + 1, token
        for shape in grammar.shapes:
            seen = shape.pattern.match(folded, start)
            to = ends.get(seen.end()) if seen else None
            if seen and to and (value := shape.make(now, seen)) is not None:
                yield shape.kind, to, value
        return
    for more, kind, value in grammar.words.get(token, ()):
        to = at + 1 + len(more)
        if not more or tuple(tokens[at + 1 : to]) == more:
            yield kind, to, value


def _combine(
    grammar: Grammar,
    cells: list[dict[str, list[tuple[int, Any]]]],
    at: int,
    agenda: list[tuple[str, int, Any]],
    now: datetime,
) -> None:
    cell = cells[at]
    while agenda:
        kind, to, value = agenda.pop()
        standing = cell.setdefault(kind, [])
        if (to, value) in standing or len(standing) >= FULL:
            continue
        standing.append((to, value))
        rules_by_second = grammar.by_first.get(kind)
        if not rules_by_second:
            continue
        for second in ("", *cells[to]):
            for rule in rules_by_second.get(second, ()):
                for end, values in _following(cells, rule.parts, 1, to, (value,)):
                    made = rule.make(now, values)
                    if made is not None:
                        agenda.append((rule.kind, end, made))


def _following(
    cells: list[dict[str, list[tuple[int, Any]]]], parts: tuple[str, ...], n: int, at: int, values: tuple[Any, ...]
) -> Iterator[tuple[int, tuple[Any, ...]]]:
    if n == len(parts):
        yield at, values
        return
    for to, value in cells[at].get(parts[n], ()):
        yield from _following(cells, parts, n + 1, to, (*values, value))
