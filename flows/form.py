"""A request as it is filled in on a page: each field is the answer to its question, and is refused in the bot's own words."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from flows import checks, hearing
from flows.conversation import Conversation
from flows.menu import World
from flows.speech import Heard, Say, Tap
from flows.talk import Talk
from flows.tapping import tap
from flows.understand.ear import Doubt
from flows.understand.party import check_party
from flows.understand.places import ask_zone
from flows.understand.wheelchair import KINDS

WORDS = ("pickup", "dropoff", "flight", "return_flight", "name", "phone", "email", "notes")
"""Fields in the guest's own words."""
PICKED = {"date": "%Y-%m-%d", "time": "%H:%M", "return_date": "%Y-%m-%d", "return_time": "%H:%M"}
"""Fields that a browser writes in one form; what is typed in another is read as words."""
FIELDS = ("service", *WORDS[:2], "date", "time", "hours", *WORDS[2:4], "return_date", "return_time", "adults", "children",
          "luggage", "wheelchair", "vehicle", *WORDS[4:])  # fmt: skip
LONGEST = 500  # characters of a field
INFANT = 2  # years


@dataclass(frozen=True, slots=True)
class Filled:
    """What a form came to: the answers it gives, and per field what is wrong with it."""

    draft: dict[str, Any]
    wrong: dict[str, Say] = field(default_factory=dict)


def filled(book: Conversation, fields: Mapping[str, str], world: World, language: str, now: datetime) -> Filled:
    """The answers of a form; a field that was left empty is a question for later. `now` is aware, in UTC."""
    talk, wrong = Talk.new(language), dict[str, Say]()
    typed = {key: fields.get(key, "").replace("\x00", "").strip()[:LONGEST] for key in FIELDS}
    _choices(talk, typed, fields, world, wrong)
    for key in (key for key in book.keys if typed.get(key) and key in (*PICKED, *WORDS)):
        _answer(book, talk, key, typed[key], world, now, wrong, fields.get(f"{key}_which", ""))
    before = set(talk.draft)
    checks.check(talk, world)
    for key in before - set(talk.draft):
        wrong[key] = _told(talk, key) or _doubt(talk, key)
    if "party" in wrong:
        wrong["adults"] = wrong.pop("party")
    kept = {
        key: value for key, value in talk.draft.items() if book.applies(key, talk.draft, world.menu) or key == "date"
    }
    return Filled(kept, wrong)


def fields_of(draft: Mapping[str, Any], world: World, language: str) -> dict[str, str]:
    """What a draft is, written into the fields of the form; whatever has no field is left out."""
    party, menu = draft.get("party") or {}, world.menu
    given = {key: str(draft[key]) for key in ("service", "date", "time", "hours", "return_date", "return_time", "luggage",
             "vehicle", "name", "phone", "email", "notes") if draft.get(key) is not None}  # fmt: skip
    given |= {key: draft[key] for key in ("flight", "return_flight") if draft.get(key) not in (None, "unknown")}
    given |= {"wheelchair": draft["wheelchair"]} if draft.get("wheelchair") else {}
    given |= {f"extra_{key}": str(count) for key, count in (draft.get("extras") or {}).items()}
    if party:
        ages = [*map(str, party["children"]), *["1"] * party["infants"]]
        given |= {"adults": str(party["adults"]), "children": ", ".join(ages)}
    for end in (end for end in ("pickup", "dropoff") if draft.get(end)):
        place = menu.place(draft[end].get("place"))
        given[end] = place.name.get(language, draft[end]["place"]) if place else draft[end].get("typed", "")
        if not place:
            given[f"{end}_which"] = f"in:{draft[end].get('zone')}"
    return given


def _choices(
    talk: Talk, typed: Mapping[str, str], fields: Mapping[str, str], world: World, wrong: dict[str, Say]
) -> None:
    """What is picked from a list."""
    service = world.menu.service(typed["service"])
    if service is None:
        wrong["service"] = Say("service_again")
    else:
        talk.answer("service", service.key)
    _party(talk, typed, wrong)
    for key, most in (("luggage", 99), ("hours", 24)):
        if typed[key] and (figure := _figure(typed[key], most)) is None:
            wrong[key] = Say(f"{key}_again", {"least": 1, "most": most})
        elif typed[key]:
            talk.answer(key, figure)
    if typed["wheelchair"] in KINDS:
        talk.answer("wheelchair", typed["wheelchair"])
    if world.menu.vehicle(typed["vehicle"]):
        talk.answer("vehicle", typed["vehicle"])
    if typed["return_date"]:
        talk.answer("trip", "return")
    extras = {extra.key: _figure(fields.get(f"extra_{extra.key}", ""), extra.most) for extra in world.menu.extras}
    if chosen := {key: count for key, count in extras.items() if count}:
        talk.answer("extras", chosen)


def _party(talk: Talk, typed: Mapping[str, str], wrong: dict[str, Say]) -> None:
    ages = [int(age) for age in re.findall(r"\d{1,2}", typed["children"])]
    if typed["children"] and not ages:
        wrong["children"] = Say("form_ages")
    if not typed["adults"]:
        return
    adults = _figure(typed["adults"], 99)
    if not adults:
        wrong["adults"] = Say("party_again")
        return
    party = {
        "adults": adults, "children": [age for age in ages if age >= INFANT], "infants": sum(age < INFANT for age in ages),
    }  # fmt: skip
    checked = check_party(party)
    if isinstance(checked, Doubt):
        wrong["adults"] = Say(checked.block, checked.facts)
    else:
        talk.answer("party", checked)


def _figure(typed: str, most: int) -> int | None:
    plain = typed.isascii() and typed.isdecimal() and len(typed) < 4
    return int(typed) if plain and int(typed) <= most else None


def _answer(
    book: Conversation, talk: Talk, key: str, said: str, world: World, now: datetime, wrong: dict[str, Say], which: str
) -> None:
    """A field heard as the answer to its question alone; `which` of the answers offered where the words left a doubt."""
    if "service" not in talk.draft and key not in ("name", "phone", "email", "date", "notes"):
        return
    if key in PICKED and _as_picked(said, PICKED[key]):
        talk.answer(key, said)
        return
    if not book.applies(key, talk.draft, world.menu) and key != "date":
        return
    probe = talk.copy()
    probe.state, probe.shown = key, []
    hearing.hear_words(book, probe, Heard("web", "", "", now, words=said), world)
    if which and key in probe.doubts:
        tap(book, probe, Tap(key, which, probe.turn), world)
    if key in probe.draft and key not in probe.doubts:
        talk.answer(key, probe.draft[key])
    else:
        wrong[key] = _with_areas(_doubt(probe, key), key, world)


def _with_areas(said: Say, key: str, world: World) -> Say:
    """On a page "keep it as I wrote it" and the area it lies in are one choice."""
    if not any(option.value == "typed" for option in said.options):
        return said
    known = tuple(option for option in said.options if option.value != "typed")
    return replace(said, options=(*known, *ask_zone(world.menu, key, "").options))


def _as_picked(said: str, form: str) -> bool:
    try:
        return datetime.strptime(said, form).strftime(form) == said  # noqa: DTZ007  (local to the operator)
    except ValueError:
        return False


def _told(talk: Talk, key: str) -> Say | None:
    """Why an answer was taken out, where the bot says so beside its question: "vehicle_small"."""
    remarks = (Say.from_json(each) for each in talk.remarks)
    return next((each for each in remarks if each.block.startswith(f"{key}_")), None)


def _doubt(talk: Talk, key: str) -> Say:
    """What the bot would say to it, with the answers it offers instead."""
    if key not in talk.doubts:
        return Say(f"{key}_again", {"least": 1, "most": 24})
    said = Say.from_json(talk.doubts[key]["say"])
    return Say(said.block, said.facts, tuple(each for each in said.options if each.question == key))
