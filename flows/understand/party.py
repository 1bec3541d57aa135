"""Who travels, and with how many bags: "2 adults and a child of 4", "somos cuatro", "one adult less", "3 bags"."""

import re
from collections.abc import Mapping
from itertools import pairwise
from typing import Any

from flows.speech import Option
from flows.understand.charts import first, mended, readings, take, whole
from flows.understand.ear import Doubt, Ear
from flows.understand.grammar import Meaning
from flows.understand.parties import GROWN, Difference, Heads, as_party, plainness

MOST = 400
LIKELY = 60  # a larger number in a sentence counts something else


def a_party(ear: Ear) -> dict[str, Any] | Doubt | None:
    """The party as {"adults", "children": [age or None], "infants"}; a doubt while adults or ages are missing."""
    if ear.memory.get("party"):
        return _completed(ear, ear.memory["party"])
    party = _differing(ear) or _counted(ear)
    if party is None and ear.asked == "party":
        number = ear.bare_number()
        number = _lone_number(ear) if number is None else number
        party = _party(number) if number is not None else None
    return check_party(party) if isinstance(party, dict) else party


def _lone_number(ear: Ear) -> int | None:
    """ "It will just be 3": the only number of a message that answers how many."""
    if ear.vocabulary.no_count.search(ear.words.folded):
        return None
    counted = [one for one in readings(ear, "NUM") if 0 < one.value <= LIKELY]
    others = [other for kind in ("DAY", "TIME") for other in readings(ear, kind)]
    counted = [one for one in counted if not any(other.start <= one.start < other.end for other in others)]
    return int(take(ear, counted[0])) if len(counted) == 1 and _ends_there(ear, counted[0]) else None


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


def size(party: Mapping[str, Any]) -> int:
    """Everyone who travels, infants too."""
    return int(party["adults"]) + len(party["children"]) + int(party["infants"])


def _party(adults: int, children: list[int | None] | None = None, infants: int = 0) -> dict[str, Any]:
    return {"adults": adults, "children": children or [], "infants": infants}


# --- how many there are ---


def _counted(ear: Ear) -> dict[str, Any] | Doubt | None:
    found = [one for one in readings(ear, "PARTY", plainness) if not one.value.bare or _ends_there(ear, one)]
    if not found:
        number = _for_so_many(ear)
        return None if number is None else _now(ear, Heads(people=number, told=frozenset({"people"})))
    for one in found:
        if mended(ear, one) or one.value.kin:
            ear.likely("party")
        take(ear, one)
    heads = _together(ear, found)
    if heads is None or heads.unclear:
        return Doubt("party_unclear")
    if heads.fewest is not None:
        return _how_many(heads, heads.fewest)
    if heads.told <= {"children", "infants"} and not (heads.children or heads.infants or _known(ear)):
        return None  # "no kids", of nobody yet
    if not as_party(heads)["adults"] and not _may_lack_adults(ear):
        return None
    return _now(ear, heads)


def _together(ear: Ear, found: list[Meaning]) -> Heads | None:
    """The people of several parts of a message; said twice they count once, and "no, five" takes the place of what was said."""
    heads: Heads = found[0].value
    for before, one in pairwise(found):
        more: Heads = one.value
        if ear.vocabulary.instead.search(ear.words.folded, before.end, one.start):
            ear.words.cross_out(before.end, one.start)
            heads = more
        elif heads.told & more.told:
            if as_party(heads) != as_party(more):
                return None
        elif {heads.size, more.size} == {heads.people + more.people}:
            heads = more if heads.people else heads  # "we are four: two adults and two kids"
        else:
            heads = heads.plus(more)
    return heads


def _ends_there(ear: Ear, one: Meaning) -> bool:
    """ "We are 3" and nothing counted behind it."""
    behind = re.match(r"\s+([^\W\d_]+)", ear.words.folded[one.end :])
    v = ear.vocabulary
    named = ear.words.typed[one.end :].lstrip()[:1].isupper()  # "15 Kings Road"
    return not behind or (not named and behind[1] in v.idle | v.filler | v.marks | v.loose)


def _for_so_many(ear: Ear) -> int | None:
    found = None if ear.asked == "time" else ear.words.take(ear.vocabulary.for_so_many)
    return ear.vocabulary.number(found["n"]) if found else None


def _may_lack_adults(ear: Ear) -> bool:
    return ear.asked == "party" or "party" in ear.draft


def _known(ear: Ear) -> dict[str, Any] | None:
    """The party told before, where this message may be about a part of it; "just the two adults" are all."""
    known: dict[str, Any] | None = ear.draft.get("party")
    return None if ear.asked == "party" or ear.vocabulary.only.search(ear.words.folded) else known


def _now(ear: Ear, heads: Heads) -> dict[str, Any]:
    """The party these people make, with those kinds of the party known before of which nothing was said."""
    party, known = as_party(heads), _known(ear)
    if not known:
        return party
    young = len(known["children"]) + known["infants"]
    if heads.told == {"people"} and young and party["adults"] > size(known):
        return known | {"adults": party["adults"] - young}
    if "people" in heads.told or heads.me:
        return party
    return known | {kind: party[kind] for kind in heads.told}


def _how_many(heads: Heads, fewest: int) -> Doubt:
    """ "4 or 5 of us"."""
    options = tuple(
        Option("party", str(n), "@adults_option", facts={"adults": n}) for n in range(fewest, heads.size + 1)
    )
    return Doubt("party_range", {"least": fewest, "most": heads.size}, options)


# --- how many more, or fewer ---


def _differing(ear: Ear) -> dict[str, Any] | Doubt | None:
    """The known party with what was told to be more, or less, than before."""
    known: dict[str, Any] | None = ear.draft.get("party")
    recount = first(ear, "RECOUNT")
    if recount and (not known or size(known) == recount.value.before):
        for one in readings(ear, "PARTY", plainness):
            take(ear, one)
        return _recounted(ear, recount, known or _party(recount.value.before))
    if not known:
        return None
    longer = [one for one in readings(ear, "PARTY", plainness) if one.value.told]
    found = [one for one in readings(ear, "DIFFERENCE") if not any(_covers(other, one) for other in longer)]
    only = whole(ear, "BAREDIFFERENCE") if not found else None
    for one in found + ([only] if only else []):
        known = _changed(known, take(ear, one))
        ear.likely("party")
    if not found and not only:
        return None
    return known if size(known) and known["adults"] > 0 and known["infants"] >= 0 else Doubt("party_unclear")


def _covers(longer: Meaning, one: Meaning) -> bool:
    return longer.start <= one.start and one.end < longer.end


def _recounted(ear: Ear, found: Meaning, known: dict[str, Any]) -> dict[str, Any]:
    take(ear, found)
    ear.likely("party")
    return _changed(known, Difference(1, Heads(people=found.value.now - found.value.before)))


def _changed(known: dict[str, Any], by: Difference) -> dict[str, Any]:
    """More or fewer; of children of several ages, when one stays at home, the ages are asked anew."""
    heads, children = by.heads, list(known["children"])
    adults = known["adults"] + by.sign * (heads.adults + heads.people)
    if by.sign > 0:
        children += heads.children
    elif heads.children:
        left = max(len(children) - len(heads.children), 0)
        children = children[:left] if len(set(children)) == 1 else [None] * left
    return {"adults": adults, "children": children, "infants": known["infants"] + by.sign * heads.infants}


# --- the rest of a party that was asked about ---


def _completed(ear: Ear, party: dict[str, Any]) -> dict[str, Any] | Doubt | None:
    """Its adults, or its children's ages."""
    again = _counted(ear)
    if isinstance(again, Doubt):
        return again
    if again and again["adults"] and (again["children"] or again["infants"] or party["adults"]):
        return check_party(again)
    if not party["adults"]:
        number = again["adults"] if again else ear.bare_number()
        return check_party(party | {"adults": number}) if number else None
    if ear.is_all(ear.vocabulary.unknown):
        return party
    return _aged(ear, party)


def _aged(ear: Ear, party: dict[str, Any]) -> dict[str, Any] | Doubt | None:
    told = _numbers(ear)
    missing = party["children"].count(None)
    if not told or len(told) > missing:
        return None
    ear.words.cross_out_all()
    known = [age for age in party["children"] if age is not None]
    return check_party(party | {"children": known + told + [None] * (missing - len(told))})


def _numbers(ear: Ear) -> list[int]:
    told = [number for word in ear.words.rest.split() if (number := ear.vocabulary.number(word)) is not None]
    return [age for age in told if age < GROWN]


def a_luggage(ear: Ear) -> int | None:
    """How many bags; several kinds are added up."""
    if ear.words.take(ear.vocabulary.no_bags):
        return 0
    counted = _sum(ear, ear.vocabulary.bags)
    if counted is None and ear.asked == "luggage":
        counted = 0 if ear.is_all(ear.vocabulary.none) else ear.bare_number()
    return counted if counted is None or counted <= MOST else None


def _sum(ear: Ear, pattern: re.Pattern[str]) -> int | None:
    counted = None
    while found := ear.words.take(pattern):
        counted = (counted or 0) + (ear.vocabulary.number(found["n"]) or 0)
    return counted
