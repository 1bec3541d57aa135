"""One way or there and back: "round trip", "solo ida", "coming back on the 9th at 11, flight AA1046"."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

from flows.speech import Option
from flows.understand.dates import a_date, check_date
from flows.understand.details import a_flight
from flows.understand.ear import Doubt, Ear
from flows.understand.text import Words
from flows.understand.times import a_time
from flows.when import local

BACK = ("trip", "return_date", "return_time", "return_flight")
_PLAINLY = {"return_date": "date", "return_time": "time", "return_flight": "flight"}


def way_back(ear: Ear) -> str:
    """Cross out what is told of the way back, so that its day is not taken for the day of the way there; gives those words.

    Whether there is a way back at all is kept as `trip` in what was found.
    """
    v = ear.vocabulary
    if ear.words.take(v.one_way):
        ear.found["trip"] = "one_way"
    elif ear.words.take(v.both_ways):
        ear.found["trip"] = "return"
    found = v.way_back.search(ear.words.folded)
    if not found or not _something_before(ear, found.start()):
        return ""
    ear.words.cross_out(*found.span())
    ear.found["trip"] = "return"
    return ear.words.as_typed(*found.span("rest" if found["rest"] else "rest2"))


def _something_before(ear: Ear, start: int) -> bool:
    """The words are about the way back only where a way there has been told."""
    return bool(ear.words.folded[:start].strip(" ,.·")) or ear.asked in BACK or "dropoff" in ear.draft


def back_told(ear: Ear, words: str, found: Mapping[str, Any]) -> dict[str, Any]:
    """Day, time and flight of the way back in the words that `way_back` gave, with what else the message told."""
    if not words:
        return {}
    known = {key: value for key, value in found.items() if not isinstance(value, Doubt)}
    apart = replace(ear, words=Words(words), asked="", memory={}, shown=(), draft={**ear.draft, **known}, found={})
    read = {"return_flight": a_flight(apart), "return_time": a_time(apart), "return_date": _day(apart)}
    return {key: of_the_way_back(value) for key, value in read.items() if value is not None}


def a_trip(ear: Ear) -> str | None:
    """ "one_way" or "return", when it was asked; `way_back` has read it in any other words."""
    if ear.asked != "trip":
        return None
    for answer, value in (("yes", "return"), ("no", "one_way")):
        if ear.is_all(getattr(ear.vocabulary, answer)):
            return value
    return None


def a_return_date(ear: Ear) -> Any:
    """The day of the way back."""
    return of_the_way_back(_day(_as(ear, "return_date"))) if ear.asked in BACK else None


def a_return_time(ear: Ear) -> Any:
    """The time of the way back."""
    return of_the_way_back(a_time(_as(ear, "return_time"))) if ear.asked in BACK else None


def a_return_flight(ear: Ear) -> Any:
    """The flight of the way back."""
    return a_flight(_as(ear, "return_flight")) if ear.asked in BACK else None


def _as(ear: Ear, key: str) -> Ear:
    """The same message as an answer to the plain question, where that is what was asked."""
    return replace(ear, asked=_PLAINLY[key] if ear.asked == key else "", found={})


def _day(ear: Ear) -> Any:
    """The day that is named; "the 9th" and "Sunday" are the first such day from the way there on."""
    if (out := ear.draft.get("date")) is None:
        return a_date(ear)
    if later := _later(ear, date.fromisoformat(out)):
        return later
    before = ear.words.folded
    day = a_date(ear)
    if isinstance(day, str) and day < out:
        after = ear.words.folded
        ear.words.folded = before
        there = replace(ear, world=replace(ear.world, now=local(out, "00:00", ear.menu.zone)), found={})
        again = a_date(there)
        ear.words.folded = after
        return again if isinstance(again, str) else day
    return day


def _later(ear: Ear, out: date) -> str | Doubt | None:
    found = ear.words.take(ear.vocabulary.days_later)
    if not found:
        return None
    count = ear.vocabulary.number(found["n"] or found["n2"]) or 0
    weeks = found["weeks"] or found["weeks2"]
    return check_date(out + timedelta(days=count * (7 if weeks else 1)), ear.world) if count else None


def of_the_way_back(value: Any) -> Any:
    """A doubt about a day or time asks for that of the way back."""
    if not isinstance(value, Doubt):
        return value
    plain = {question: key for key, question in _PLAINLY.items()}
    return replace(value, options=tuple(_renamed(option, plain) for option in value.options))


def _renamed(option: Option, plain: Mapping[str, str]) -> Option:
    return replace(option, question=plain.get(option.question, option.question))


def moment_of_return(value: str) -> dict[str, str]:
    """ "2026-11-28T23:30" as day and time of the way back."""
    moment = datetime.fromisoformat(value)
    return {"return_date": f"{moment:%Y-%m-%d}", "return_time": f"{moment:%H:%M}"}
