"""A flight is late: the new landing, read with its day, moves the pick-up of that way."""

from datetime import datetime, timedelta
from typing import Any

from flows.asks.answer import Answer, Booking, about, ahead, find, option, past, unknown
from flows.menu import Offer, World
from flows.speech import Option, Say
from flows.talk import Delayed, Talk, ToTeam
from flows.understand.charts import readings
from flows.understand.ear import Ear
from flows.understand.text import Words
from flows.understand.times import some_times
from flows.understand.vocabulary import Vocabulary
from flows.when import as_instant, from_instant, local

NAME = "delay"
EARLY = timedelta(hours=3)  # a landing that much before the planned one is still taken for the same flight
SAME_NIGHT = timedelta(hours=12)  # of two readings of a time, the one this near is meant
MOST = timedelta(hours=24)


def told(words: str, world: World, v: Vocabulary) -> str:
    """The new landing as a tap carries it: "+45" minutes, "T19:10", "T07:10/19:10", "2026-11-22T00:40", or "" for none."""
    ear = Ear(Words(words), "time", {}, world, v)
    if minutes := _late(ear, v):
        return f"+{minutes}"
    times = some_times(ear)
    if moment := ear.found.get("_moment"):
        return f"{moment:%Y-%m-%dT%H:%M}"
    days = [day for found in readings(ear, "DAY") for day in found.value.days]
    return f"{days[0].isoformat() if days else ''}T{'/'.join(times)}" if times else ""


def _late(ear: Ear, v: Vocabulary) -> int:
    """ "Two hours late", "delayed by 45 minutes": in minutes; 0 when no such span is told."""
    for found in v.late.finditer(ear.words.folded):
        hours, minutes = v.number(found["hours"] or "") or 0, int(found["minutes"] or 0)
        if hours or minutes:
            return hours * 60 + minutes + (30 if found["half"] and hours else 0)
    return 0


def answer(talk: Talk, ask: dict[str, Any], bookings: tuple[Booking, ...], offer: Offer) -> Answer:
    """Which way, which landing; both known, it is wished for. A flight that leaves late is for a person."""
    theirs = [each for each in ahead(bookings) if each["landings"]]
    booking = find(ask, bookings)
    if booking is None and ask.get("reference"):
        return unknown(ask)
    ways = [(each, landing) for each in ([booking] if booking else theirs) for landing in each["landings"]]
    ways = [way for way in ways if ask.get("leg") in (None, way[1]["leg"])]
    if not ways:
        return (
            _for_people(ask, booking, ahead(bookings)) if booking or ahead(bookings) else past(ask, bookings, "delay")
        )
    if len(ways) > 1:
        tail = f":{{}}:{ask.get('when') or ''}"
        options = tuple(_way(each, landing, tail.format(landing["leg"])) for each, landing in ways)
        return Answer(Say("which_flight", {}, options), asks_back=True)
    return _moved(ask, *ways[0])


def _way(booking: Booking, landing: dict[str, Any], tail: str) -> Option:
    made = option(NAME, booking, tail)
    return Option(made.question, made.value, made.label, made.short, {**made.facts, "starts": landing["starts"]})


def _for_people(ask: dict[str, Any], booking: Booking | None, coming: list[Booking]) -> Answer:
    booking = booking or (coming[0] if coming else None)
    if booking is None:
        return unknown(ask)
    wish = ToTeam(ask.get("words") or "", reference=booking["reference"], matter="delay")
    return Answer(about(booking, "delay_for_team", phone=booking["phone"]), (wish,))


def _moved(ask: dict[str, Any], booking: Booking, landing: dict[str, Any]) -> Answer:
    planned = from_instant(landing["starts"])
    moments = landings(planned, ask.get("when") or "")
    if not moments:
        left = {"name": NAME, "reference": booking["reference"], "leg": landing["leg"]}
        return Answer(about(booking, "which_landing", planned=landing["starts"]), asks_back=True, left=left)
    if len(moments) > 1:
        options = tuple(_landing(booking, landing, moment) for moment in moments)
        return Answer(about(booking, "which_of_landings", options), asks_back=True)
    if moments[0] == planned:
        return Answer(about(booking, "landing_same", planned=landing["starts"]))
    if abs(moments[0] - planned) > MOST:
        return _for_people(ask, booking, [])
    return Answer(
        None, (Delayed(booking["reference"], landing["leg"], f"{moments[0]:%Y-%m-%dT%H:%M}", ask.get("words") or ""),)
    )


def _landing(booking: Booking, landing: dict[str, Any], moment: datetime) -> Option:
    value = f"{booking['reference']}:{landing['leg']}:{moment:%Y-%m-%dT%H:%M}"
    return Option(NAME, value, "@moment_option", facts={"starts": as_instant(moment)})


def landings(planned: datetime, when: str) -> list[datetime]:
    """The moments that may be meant, in the zone of `planned`: the next such time from the planned landing on, or a little before it."""
    if when.startswith("+"):
        return [planned + timedelta(minutes=int(when[1:]))]
    day, _, times = when.partition("T")
    found = {_next(planned, day, time) for time in times.split("/") if time}
    soon = {each for each in found if each - planned <= SAME_NIGHT}
    return sorted(soon if len(soon) == 1 else found)


def _next(planned: datetime, day: str, time: str) -> datetime:
    zone = str(planned.tzinfo)
    if day:
        return local(day, time, zone)
    same = local(f"{planned:%Y-%m-%d}", time, zone)
    return same if same >= planned - EARLY else same + timedelta(days=1)


def tapped(value: str) -> dict[str, Any]:
    """The booking, its way by number, and the landing as `told` gives it."""
    reference, leg, when, *_ = *value.split(":", 2), "", ""
    return {"reference": reference, "leg": int(leg) if leg.isdecimal() else None, "when": when}
