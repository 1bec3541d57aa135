"""The languages we understand, and which one a guest is writing in."""

from collections.abc import Iterable, Sequence
from importlib import import_module
from pkgutil import iter_modules

from flows import understand
from flows.understand.text import fold, plain
from flows.understand.vocabulary import Vocabulary

FIRST = "en"  # whom nothing tells us the language of


def _spoken() -> dict[str, Vocabulary]:
    """Every folder beside this file is a language."""
    names = sorted(each.name for each in iter_modules(understand.__path__) if each.ispkg)
    return {name: import_module(f"flows.understand.{name}").VOCABULARY for name in names}


ALL = _spoken()
CERTAIN = 3


def any_of(name: str) -> str:
    """That pattern of every language, one or the other: "joining"."""
    return "|".join(f"(?:{getattr(v, name).pattern})" for v in ALL.values())


def vocabularies(language: str, spoken_here: Sequence[str]) -> list[Vocabulary]:
    """The talk's own language first, then every other one the operator speaks."""
    others = [ALL[other] for other in spoken_here if other in ALL and other != language]
    return [ALL.get(language, ALL[FIRST]), *others]


def asked_for(said: str, spoken_here: Iterable[Vocabulary]) -> str | None:
    """The language that plain words ask for by its name: "in English please"."""
    around = frozenset().union(*(v.speaking for v in spoken_here))
    name = " ".join(word for word in said.split() if word not in around)
    return next((v.language for v in ALL.values() if v.called.match(name)), None)


def spoken(language: str | None, spoken_here: Sequence[str]) -> str | None:
    """ "es" for "es-DO", if the operator speaks it."""
    short = (language or "").replace("_", "-").split("-")[0].lower()
    return short if short in spoken_here and short in ALL else None


def asks(words: str, vocabularies: Iterable[Vocabulary]) -> bool:
    """Whether this asks us something rather than answering; "Will Smith" does not."""
    found = [found for v in vocabularies if (found := v.asking.search(fold(words)))]
    return bool(found) and ("?" in words or (len(words.split()) > 3 and any(one["fact"] for one in found)))


def detect(words: str, spoken_here: Sequence[str], certain: bool = False) -> str | None:
    """The language these words give away; `certain` asks for several words of it and none of another."""
    said = plain(words[:500]).split()
    counts = {v.language: sum(word in v.marks for word in said) for v in ALL.values() if v.language in spoken_here}
    ranked = sorted(counts.items(), key=lambda counted: -counted[1])
    if not ranked or ranked[0][1] == 0 or (len(ranked) > 1 and ranked[0][1] == ranked[1][1]):
        return None
    if certain and (ranked[0][1] < CERTAIN or any(count for _, count in ranked[1:])):
        return None
    return ranked[0][0]
