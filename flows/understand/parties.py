"""Who travels: how counted people, families and differences combine, whichever the language."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from flows.understand.grammar import Rule, rules

GROWN = 18
WALKS = 2  # airlines: until the second birthday an infant


@dataclass(frozen=True, slots=True)
class Heads:
    """Some people: so many of no kind that was told, adults, children by their age (None: not told), infants."""

    people: int = 0
    adults: int = 0
    children: tuple[int | None, ...] = ()
    infants: int = 0
    told: frozenset[str] = frozenset()
    """The kinds that were spoken of, also when there is none of them."""
    kin: bool = False
    """Told by what they are to the guest: "my wife"."""
    me: bool = False
    """The guest is one of them, and not yet counted."""
    fewest: int | None = None
    """ "4 or 5 of us": the smaller number; the larger one is counted."""
    unclear: bool = False
    """ "My friends": nobody said how many."""
    bare: bool = False
    """Nothing counted stands behind the number: "we are 3"."""
    whole: bool = False
    """Children told beside it are among them: "a family of 5"."""

    @property
    def size(self) -> int:
        """Everyone."""
        return self.people + self.adults + len(self.children) + self.infants + self.me

    def plus(self, other: "Heads") -> "Heads":
        """Both together."""
        return Heads(
            self.people + other.people,
            self.adults + other.adults,
            self.children + other.children,
            self.infants + other.infants,
            self.told | other.told,
            self.kin or other.kin,
            self.me or other.me,
            self.fewest if other.fewest is None else other.fewest,
            self.unclear or other.unclear,
            False,
            self.whole or other.whole,
        )


@dataclass(frozen=True, slots=True)
class Difference:
    """So many more (sign 1) or fewer (sign -1) than there were."""

    sign: int
    heads: Heads


@dataclass(frozen=True, slots=True)
class Recount:
    """ "From three to two": so many now, where there were so many."""

    before: int
    now: int


def _of(now: datetime, count: int, kind: str) -> Heads:
    children: tuple[int | None, ...] = (None,) * (min(count, 500) if kind == "children" else 0)
    people, adults, infants = (count if kind == each else 0 for each in ("people", "adults", "infants"))
    return Heads(people, adults, children, infants, frozenset({kind}))


def _several(now: datetime, count: int) -> Heads | None:
    """ "Four of us"; one of us is something else."""
    return _of(now, count, "people") if count > 1 else None


def _we_are(now: datetime, count: int) -> Heads | None:
    return replace(_of(now, count, "people"), bare=True) if count else None


def _family(now: datetime, count: int) -> Heads:
    return replace(_of(now, count, "people"), whole=True)


def _between(now: datetime, fewest: int, most: int, kind: str = "people") -> Heads | None:
    return replace(_of(now, most, kind), fewest=fewest) if 0 < fewest < most < fewest + 4 else None


def _folk(now: datetime, count: int) -> Heads:
    return Heads(adults=count, told=frozenset({"adults"}), kin=True)


def _folks(now: datetime, count: int, each: int) -> Heads:
    return _folk(now, count * each)


def _my_kid(now: datetime, kind: str) -> Heads:
    return replace(_of(now, 1, kind), kin=True)


def _aged(now: datetime, young: Heads, ages: tuple[int, ...]) -> Heads | None:
    """Their ages, in years: whoever is grown counts as an adult, and whoever is no infant yet called one as a child."""
    count = len(young.children) + young.infants
    if not 0 < len(ages) <= count or young.adults or young.people:
        return None
    left: tuple[int | None, ...] = (None,) * (count - len(ages)) if young.children else ()
    infants = sum(age < WALKS for age in ages) + (count - len(ages) if young.infants else 0)
    children = tuple(age for age in ages if WALKS <= age < GROWN) + left
    return replace(young, adults=sum(age >= GROWN for age in ages), children=children, infants=infants)


def _aged_each(now: datetime, young: Heads, ages: tuple[int, ...]) -> Heads | None:
    """Without a word that says so, figures are ages only when there is one for each."""
    full = len(ages) == len(young.children) + young.infants and max(ages) < (WALKS if young.infants else GROWN)
    return _aged(now, young, ages) if full else None


def _year_olds(now: datetime, count: int, age: int) -> Heads | None:
    return _aged(now, _of(now, count, "children"), (age,) * count) if 0 < count < 30 else None


def _both(now: datetime, some: Heads, others: Heads) -> Heads | None:
    if some.me and others.me:
        return None
    return some.plus(others)


def _among(now: datetime, all_of_them: Heads, young: Heads) -> Heads | None:
    """ "4 people, 2 of them children"."""
    others = all_of_them.people - young.size
    if not all_of_them.people or all_of_them.size != all_of_them.people or others < 0:
        return None
    return young.plus(Heads(adults=others, told=frozenset({"adults"})))


def _and_me(now: datetime, heads: Heads) -> Heads | None:
    return None if heads.me else replace(heads, me=True)


def _and_i(now: datetime, heads: Heads) -> Heads | None:
    """ "My wife and I", but not "2 adults and I need"."""
    return _and_me(now, heads) if heads.kin else None


def _i_and(now: datetime, heads: Heads) -> Heads | None:
    return _and_me(now, heads) if heads.kin or heads.children or heads.infants else None


def _party(now: datetime, heads: Heads) -> Heads | None:
    """People who are somebody's wife only make a party with that somebody, or with others who are counted."""
    only_kin = heads.kin and not heads.me and heads.told <= {"adults"}
    return None if only_kin or (heads.unclear and not heads.me) else heads


def _age(now: datetime, age: int) -> tuple[int, ...] | None:
    return (age,) if age < 100 else None


def _differs(sign: int) -> Callable[..., Difference]:
    return lambda now, count, kind: Difference(sign, _of(now, count, kind))


def _differ(sign: int) -> Callable[..., Difference]:
    return lambda now, count: Difference(sign, _of(now, count, "people"))


def _aged_difference(now: datetime, more: Difference, ages: tuple[int, ...]) -> Difference | None:
    heads = _aged(now, more.heads, ages)
    return Difference(more.sign, heads) if heads else None


PARTIES: list[Rule] = [
    *rules("HOWMANY", "[NUM]", lambda now, n: n),
    *rules("HOWMANY", "ONE", lambda now: 1),
    *rules("GROUP", "[HOWMANY] LITTLE? [WHO] LITTLE?", _of),
    *rules("GROUP", "NOBODY [WHO]", lambda now, kind: None if kind == "people" else _of(now, 0, kind)),
    *rules("GROUP", "[NUM] OFUS", _several),
    *rules("GROUP", "[NUM] ANYTHING? SEATS", lambda now, n: _of(now, n, "people")),
    *rules("GROUP", "FAMILYOF [NUM]", _family),
    *rules("GROUP", "[NUM] [WHO]? INTOTAL", lambda now, n, kind="people": _family(now, n) if kind == "people" else None),
    *rules("GROUP", "[NUM] OR|DASH|UPTO [NUM] [WHO]", _between),
    *rules("GROUP", "[NUM] OR|DASH|UPTO [NUM] OFUS", _between),
    *rules("GROUP", "BETWEEN [NUM] AND [NUM] [WHO]", _between),
    *rules("GROUP", "[LONE]", lambda now, n: _of(now, n, "adults")),
    *rules("GROUP", "MY [FOLK]", _folk),
    *rules("GROUP", "MY? [NUM] [FOLK]", _folks),
    *rules("GROUP", "MY LITTLE? [KID]", _my_kid),
    *rules("GROUP", "MY [MANY]", lambda now, many: Heads(kin=True, unclear=True)),
    *rules("GROUP", "ME AND|PLUS|WITH [NUM]", lambda now, n: replace(_of(now, n, "adults"), kin=True, me=True, bare=True)),
    *rules("AGE", "[NUM]", _age),
    *rules("AGE", "[NUM] YEARS", _age),
    *rules("AGE", "[NUM] MONTHS", lambda now, n: (n // 12,) if n < 48 else None),
    *rules("AGES", "[AGE]", lambda now, ages: ages),
    *rules("AGES", "[AGES] COMMA|AND|SLASH [AGE]", lambda now, ages, age: ages + age),
    *rules("AGES", "[AGES] COMMA AND [AGE]", lambda now, ages, age: ages + age),
    *rules("GROUP", "[GROUP] COMMA? AGED [AGES]", _aged),
    *rules("GROUP", "[GROUP] COMMA? [AGES]", _aged_each),
    *rules("GROUP", "[GROUP] LEFT AGED? [AGES] RIGHT", _aged),
    *rules("GROUP", "ONE? [NUM] DASH? YEAROLD KIDS?", lambda now, age: _year_olds(now, 1, age)),
    *rules("GROUP", "[NUM] [NUM] DASH? YEAROLD KIDS?", _year_olds),
    *rules("GROUP", "ONE? [NUM] DASH? MONTHOLD KIDS?", lambda now, months: _year_olds(now, 1, months // 12)),
    *rules("GROUP", "[NUM] COUPLES", lambda now, n: _of(now, 2 * n, "adults")),
    *rules("OFTHESE", "[NUM] OFTHEM [WHO]", _of),
    *rules("OFTHESE", "[OFTHESE] AGED? [AGES]", _aged),
    *rules("JOIN", "COMMA|AND|WITH|PLUS", lambda now: True),
    *rules("JOIN", "COMMA AND|WITH|PLUS", lambda now: True),
    *rules("HEADS", "[GROUP]", lambda now, heads: heads),
    *rules("HEADS", "ME JOIN [GROUP]", _and_me),
    *rules("HEADS", "I AND|WITH [HEADS]", _i_and),
    *rules("HEADS", "[HEADS] JOIN [GROUP]", _both),
    *rules("HEADS", "[HEADS] JOIN ME", _and_me),
    *rules("HEADS", "[HEADS] COMMA? AND|COMMA I", _and_i),
    *rules("HEADS", "[HEADS] COMMA? INCLUDING [HEADS]", _among),
    *rules("HEADS", "[HEADS] COMMA|AND? [OFTHESE]", _among),
    *rules("PARTY", "[HEADS]", _party),
    *rules("PARTY", "WEARE [HEADS]", _party),
    *rules("PARTY", "WEARE [NUM]", _we_are),
    *rules("PARTY", "WEARE [NUM] OR|DASH|UPTO [NUM]", _between),
    *rules("PARTY", "WITH [HEADS]", _and_i),
    *rules("DIFFERENCE", "WEARE? [HOWMANY] [WHO] LESS", _differs(-1)),
    *rules("DIFFERENCE", "WEARE? [HOWMANY] LESS [WHO]", _differs(-1)),
    *rules("DIFFERENCE", "LESS|MINUS [HOWMANY] [WHO]", _differs(-1)),
    *rules("DIFFERENCE", "WEARE? [HOWMANY] [WHO] MORE", _differs(1)),
    *rules("DIFFERENCE", "WEARE? [HOWMANY] MORE [WHO]", _differs(1)),
    *rules("DIFFERENCE", "MORE|PLUS [HOWMANY] [WHO]", _differs(1)),
    *rules("DIFFERENCE", "ANOTHER [NUM] [WHO]", _differs(1)),
    *rules("DIFFERENCE", "ANOTHER [WHO]", lambda now, kind: Difference(1, _of(now, 1, kind))),
    *rules("DIFFERENCE", "[DIFFERENCE] COMMA? AGED [AGES]", _aged_difference),
    *rules("DIFFERENCE", "WEARE [HOWMANY] MORE", _differ(1)),
    *rules("DIFFERENCE", "WEARE [HOWMANY] LESS", _differ(-1)),
    *rules("BAREDIFFERENCE", "[HOWMANY] MORE", _differ(1)),
    *rules("BAREDIFFERENCE", "[HOWMANY] LESS", _differ(-1)),
    *rules("RECOUNT", "FROMSO [NUM] WHO UPTO [NUM] WHO?", lambda now, before, after: Recount(before, after)),
    *rules("RECOUNT", "FROMSO [NUM] UPTO [NUM] WHO", lambda now, before, after: Recount(before, after)),
    *rules("RECOUNT", "[NUM] WHO? INSTEADOF [NUM] WHO?", lambda now, after, before: Recount(before, after)),
    *rules("COUNTED", "HOWMANY WHO CAR? SEATS", lambda now: True),
    *rules("COUNTED", "HOWMANY WHO CAR TAKEN", lambda now: True),
    *rules("COUNTED", "ONE? COUPLE OF", lambda now: True),
    *rules("COUNTED", "HOWMANY MORE|LESS? WHO", lambda now: True),
]  # fmt: skip


def plainness(heads: Heads) -> tuple[int, int]:
    """The smaller, the plainer a reading of the same words: few ages are missing, and few people needed."""
    return heads.children.count(None), heads.size


def as_party(heads: Heads) -> dict[str, Any]:
    """The party of these people alone: those of no kind told are adults, the guest is one too.

    Where all of them were told besides ("4 people, 2 adults and 2 kids"), nobody is counted twice.
    """
    kinds = heads.adults + len(heads.children) + heads.infants
    people = heads.people
    if people and heads.whole:
        people = max(people - kinds, 0)
    elif people == kinds:
        people = 0
    return {"adults": heads.adults + people + heads.me, "children": list(heads.children), "infants": heads.infants}
