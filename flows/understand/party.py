"""Who travels, and with how many bags: "2 adults and a child of 4", "somos cuatro", "3 bags"."""

import re
from typing import Any

from flows.speech import Option
from flows.understand.charts import readings, take
from flows.understand.ear import Doubt, Ear

_AND = re.compile(r"[,&()]|\band\b|\by\b|\be\b")
MOST = 400
LIKELY = 60  # a larger number in a sentence counts something else


def a_party(ear: Ear) -> dict[str, Any] | Doubt | None:
    """The party as {"adults", "children": [age or None], "infants"}; a doubt while adults or ages are missing."""
    if ear.memory.get("party"):
        return _completed(ear, ear.memory["party"])
    party = _counted(ear)
    if party is None and ear.asked == "party":
        number = ear.bare_number()
        number = _lone_number(ear) if number is None else number
        party = _party(number) if number is not None else None
    return party and check_party(party)


def _lone_number(ear: Ear) -> int | None:
    """ "It will just be 3": the only number of a message that answers how many."""
    if ear.vocabulary.no_count.search(ear.words.folded):
        return None
    counted = [one for one in readings(ear, "NUM") if 0 < one.value <= LIKELY and not _begins_a_name(ear, one.end)]
    others = [other for kind in ("DAY", "TIME") for other in readings(ear, kind)]
    counted = [one for one in counted if not any(other.start <= one.start < other.end for other in others)]
    return int(take(ear, counted[0])) if len(counted) == 1 else None


def _begins_a_name(ear: Ear, end: int) -> bool:
    """ "15 Kings Road"."""
    return bool(re.match(r"\s+[A-Z]", ear.words.typed[end:]))


def check_party(party: dict[str, Any]) -> dict[str, Any] | Doubt:
    """The party itself once it is whole."""
    if size(party) > MOST:
        return Doubt("party_unclear")
    if not party["adults"]:
        return Doubt("party_no_adult", {"party": party}, memory={"party": party})
    if None in party["children"]:
        later = (Option("party", "ages", "@ages_later"),)
        return Doubt("party_ages", {"party": party, "children": len(party["children"])}, later, {"party": party})
    return party


def size(party: dict[str, Any]) -> int:
    """Everyone who travels, infants too."""
    return int(party["adults"]) + len(party["children"]) + int(party["infants"])


def _party(adults: int, children: list[int | None] | None = None, infants: int = 0) -> dict[str, Any]:
    return {"adults": adults, "children": children or [], "infants": infants}


def _counted(ear: Ear) -> dict[str, Any] | None:
    v, words = ear.vocabulary, ear.words
    among = bool(v.including.search(words.folded))
    infants = _sum(ear, v.infants)
    children = _children(ear)
    adults = _sum(ear, v.adults)
    total = _total(ear)
    if adults is None and total is not None:
        adults = max(total - len(children) - (infants or 0), 0) if among else total
    if adults is None and (not (children or infants) or not _may_lack_adults(ear)):
        return None
    if adults is None:
        adults = ear.draft.get("party", {}).get("adults", 0)
    return _party(adults, children, infants or 0)


def _may_lack_adults(ear: Ear) -> bool:
    return ear.asked == "party" or "party" in ear.draft


def _total(ear: Ear) -> int | None:
    v = ear.vocabulary
    if ear.words.take(v.alone):
        return 1
    if ear.words.take(v.two):
        return 2
    found = ear.words.take(v.group_of) or ear.words.take(v.people)
    if not found and ear.asked != "time":
        found = ear.words.take(v.for_so_many)
    return v.number(next(filter(None, found.groupdict().values()))) if found else None


def _sum(ear: Ear, pattern: re.Pattern[str]) -> int | None:
    counted = None
    while found := ear.words.take(pattern):
        counted = (counted or 0) + (ear.vocabulary.number(found["n"]) or 0)
    return counted


def _children(ear: Ear) -> list[int | None]:
    """The ages of the children in the message; None for one whose age was not told."""
    v, ages = ear.vocabulary, list[int | None]()
    while v.year_olds and (found := ear.words.take(v.year_olds)):
        ages += [int(found["age"])] * (v.number(found["n"] or "1") or 1)
    while found := ear.words.take(v.children):
        count = min((v.number(found["n"]) or 0) if found["n"] else 1, MOST)  # "my son"
        told = _ages(ear, found["ages"] or found["inside"] or "")
        ages += (told + [None] * count)[:count]
    return [age if age is None or age < 18 else None for age in ages]


def _ages(ear: Ear, written: str) -> list[int | None]:
    return [ear.vocabulary.number(part) for part in _AND.split(written) if part.strip()]


def _completed(ear: Ear, party: dict[str, Any]) -> dict[str, Any] | Doubt | None:
    """The rest of a party that was asked about: its adults, or its children's ages."""
    again = _counted(ear)
    if again and again["adults"] and (again["children"] or again["infants"] or party["adults"]):
        return check_party(again)
    if not party["adults"]:
        number = again["adults"] if again else ear.bare_number()
        return check_party(party | {"adults": number}) if number else None
    if ear.is_all(ear.vocabulary.unknown):
        return party
    return _aged(ear, party)


def _aged(ear: Ear, party: dict[str, Any]) -> dict[str, Any] | Doubt | None:
    told = [number for word in ear.words.rest.split() if (number := ear.vocabulary.number(word)) is not None]
    told = [age for age in told if age < 18]
    missing = party["children"].count(None)
    if not told or len(told) > missing:
        return None
    ear.words.cross_out_all()
    known = [age for age in party["children"] if age is not None]
    return check_party(party | {"children": known + told + [None] * (missing - len(told))})


def a_luggage(ear: Ear) -> int | None:
    """How many bags; several kinds are added up."""
    if ear.words.take(ear.vocabulary.no_bags):
        return 0
    counted = _sum(ear, ear.vocabulary.bags)
    if counted is None and ear.asked == "luggage":
        counted = 0 if ear.is_all(ear.vocabulary.none) else ear.bare_number()
    return counted if counted is None or counted <= MOST else None
