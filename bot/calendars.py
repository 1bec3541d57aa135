"""Draws a booking as a file for the guest's own calendar (RFC 5545)."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import icalendar

from bot import words
from bot.notation import local_time
from models.catalog import Brand

STATUS = {"booked": "CONFIRMED", "over": "CANCELLED"}  # anything else is not settled yet


def ics(
    story: Mapping[str, Any], brand: Brand, language: str, *, stands: str, made: datetime, cancels: bool = False
) -> bytes:
    """One event a leg, in local times with their zones. `stands`: waiting, booked, ended or over; `made` in UTC.

    `cancels`: it takes the events out of the guest's calendar again (RFC 5546: METHOD:CANCEL under the same UIDs).
    """
    calendar = icalendar.Calendar()
    if cancels:
        calendar.add("method", "CANCEL")
    calendar.add("prodid", f"-//{brand.name}//Bellhop//{language.upper()}")
    calendar.add("version", "2.0")
    for number, leg in enumerate(story["legs"], 1):
        event = _event(story, leg, language)
        event.add("uid", f"{story['reference'].lower()}.{number}@{brand.key.replace('_', '-')}.bellhop")
        event.add("dtstamp", made.replace(microsecond=0))
        event.add("status", STATUS.get(stands, "TENTATIVE"))
        event.add("sequence", int(cancels))
        calendar.add_component(event)
    calendar.add_missing_timezones()
    return bytes(calendar.to_ical())


def _event(story: Mapping[str, Any], leg: Mapping[str, Any], language: str) -> icalendar.Event:
    event = icalendar.Event()
    event.add("dtstart", local_time(leg.get("pickup_at") or leg["starts"]))
    event.add("dtend", local_time(leg["ends"]))
    event.add("summary", words.plain("pages/_summary.txt", language, story=story, leg=leg))
    event.add("location", words.plain("pages/_stop.txt", language, stop=leg["from"]))
    event.add("description", words.plain("pages/_event.txt", language, story=story))
    return event
