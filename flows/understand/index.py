"""What is on sale by the names it goes by, made ready once for each menu to be found in a message."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from re import Match

from flows.menu import Menu, Service
from flows.speech import Text
from flows.understand.languages import ALL, any_of
from flows.understand.text import Words, plain
from flows.understand.vocabulary import Pattern, alternatives, phrase

LONG = 7
WHERE = ("area", "town", "airport", "hotel")  # a meeting point may be named after its tour


@dataclass(frozen=True, slots=True)
class Name:
    """One name as it may stand in a message."""

    said: str
    parts: tuple[str, ...]
    """What must stand in the message for the pattern to be found there: far quicker to see."""
    pattern: Pattern

    def taken_from(self, words: Words) -> Match[str] | None:
        """Where it stands; it is crossed out."""
        return words.take(self.pattern) if all(part in words.folded for part in self.parts) else None


@dataclass(frozen=True)
class Index:
    """Every name, by the key of what it names."""

    menu: Menu
    places: Mapping[str, tuple[str, ...]]
    """The other way round: a plain name, and the keys of the places called so."""
    tours: tuple[str, ...]
    """The plain names of everything with a timetable."""
    services: Mapping[str, tuple[Name, ...]]
    vehicles: Mapping[str, tuple[Name, ...]]
    extras: Mapping[str, tuple[Name, ...]]
    """With a number, a "no" or a "more" about them."""
    heads: Mapping[str, tuple[Name, ...]]
    """The one word that stands for an extra ("flowers"), where no other extra shares it."""


_indexes: list[Index] = []


def index_of(menu: Menu) -> Index:
    """The menu's index, made once for each menu."""
    if not _indexes or _indexes[-1].menu is not menu:
        _indexes[:] = [_made(menu)]
    return _indexes[-1]


def _made(menu: Menu) -> Index:
    return Index(
        menu,
        _places(menu),
        tuple(name for service in menu.services if service.timetable for name in _names_of_service(service, menu)),
        {one.key: tuple(map(_named, _names_of_service(one, menu))) for one in menu.services},
        {one.key: tuple(map(_named, names_of(one.name, one.aliases))) for one in menu.vehicles},
        {one.key: tuple(map(_counted, names_of(one.name, one.aliases))) for one in menu.extras},
        {key: tuple(map(_counted, words)) for key, words in _heads(menu).items()},
    )


def names_of(name: Text, aliases: Iterable[str] = ()) -> list[str]:
    """All plain names something goes by, the longest first."""
    names = {plain(word) for word in (*name.values(), *aliases)}
    return sorted(names - {""}, key=lambda each: (-len(each), each))


def _places(menu: Menu) -> dict[str, tuple[str, ...]]:
    names: dict[str, tuple[str, ...]] = {}
    for place in menu.places:
        code = (place.key,) if place.kind == "airport" else ()  # "PUJ"
        for name in {plain(name) for name in (*place.name.values(), *place.aliases, *code)} - {""}:
            names[name] = (*names.get(name, ()), place.key)
    return names


def _names_of_service(service: Service, menu: Menu) -> list[str]:
    """A tour's names, and those words of them that nothing else on the menu is called by: "saona", "catamaran".

    What has no timetable goes by its whole names only: "family" is said of many a party.
    """
    names = names_of(service.name, service.aliases)
    if not service.timetable:
        return names
    others = [name for other in menu.services if other.key != service.key for name in other.name.values()]
    others += [
        name
        for place in menu.places
        if place.kind in WHERE and place.key != service.meeting
        for name in place.name.values()
    ]
    others += [name for zone in menu.zones for name in zone.name.values()]
    shared = {word for name in others for word in plain(name).split()}
    words = {word for name in service.name.values() for word in plain(name).split() if len(word) > 4}
    return [*names, *sorted(words - shared)]


def _heads(menu: Menu) -> dict[str, list[str]]:
    heads = {extra.key: {plain(word) for word in _head_words(extra.name)} for extra in menu.extras}
    counted = Counter(word for words in heads.values() for word in words)
    return {key: sorted(word for word in words if counted[word] == 1) for key, words in heads.items()}


def _head_words(name: Text) -> list[str]:
    """English puts what a thing is last, Spanish first; of two words there, "asiento elevador", the second may stand for both."""
    told = [
        (language in ALL and ALL[language].thing_last, text.split()) for language, text in name.items() if text.split()
    ]
    heads = [words[-1 if last else 0] for last, words in told]
    pairs = [words for last, words in told if not last and len(words) == 2]
    return heads + [second for _, second in pairs if len(second) >= LONG]


def _named(name: str) -> Name:
    parts = tuple(map(_escaped, name.split()))
    return Name(name, parts, phrase(r"[\W_]+".join(parts)))


@lru_cache(maxsize=2048)
def _counted(name: str) -> Name:
    """An extra's name in singular or plural, with a number, a "no" or a "more" about it, in any language."""
    numbers = alternatives({word: n for v in ALL.values() for word, n in v.numbers.items()})
    without, more, less = (
        "|".join(getattr(v, key).pattern for v in ALL.values()) for key in ("without", "more", "less")
    )
    small = frozenset().union(*(v.filler for v in ALL.values()))
    told = [word for word in map(_escaped, name.split()) if word not in small]
    stems = tuple(word.rstrip("s") for word in told)
    loose = rf"[\s-]+(?:(?:{any_of('amid')}|{'|'.join(sorted(map(_escaped, small)))})[\s-]+){{0,2}}".join(
        f"{stem}(?:s|es)?" for stem in stems
    )
    count = rf"(?:(?P<n>\d{{1,2}}|{numbers})\s+)?(?:(?:(?P<more>{more})|(?P<less>{less}))[\s:]+)?(?:of (?:the )?)?"
    after = rf"(?:\s+(?:(?P<less2>{less})|(?P<more2>{more})))?"
    if len(told) == 1:
        loose += rf"(?!\s+(?:{any_of('of_what')})\s+\w)"  # a wheelchair is no "silla"
    return Name(
        name, stems, phrase(rf"(?P<not>(?:{without})\s+(?:(?:{any_of('articles')})\s+)?)?{count}{loose}{after}")
    )


def _escaped(word: str) -> str:
    return "".join(character for character in word if character.isalnum())
