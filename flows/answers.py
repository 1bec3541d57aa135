"""Answers in the guest's own words, and a departure by its day and hour."""

from typing import Any

from flows.script import label
from flows.understand.details import LONGEST_NOTE, LONGEST_ROOM, a_room, proper_name
from flows.understand.details import an_occasion as occasion_in
from flows.understand.ear import Doubt, Ear
from flows.understand.text import plain
from flows.understand.times import some_times


def nothing(ear: Ear) -> None:
    """Notes are never guessed from other words."""


def room(typed: str, ear: Ear) -> Any:
    """A room as the guest writes it; one without a figure only when the words mean nothing else."""
    if room := a_room(ear):
        return room
    if len(typed) > LONGEST_ROOM:
        return Doubt("text_long", {"most": LONGEST_ROOM}, missed=True)
    named = "_last" in ear.found and not ear.vocabulary.done.match(plain(typed))
    return typed if any(map(str.isdigit, typed)) or named else None


def notes(typed: str, ear: Ear) -> Any:
    """Anything the guest wants us to know, as typed."""
    return typed if len(typed) <= LONGEST_NOTE else Doubt("text_long", {"most": LONGEST_NOTE}, missed=True)


def occasion(typed: str, ear: Ear) -> Any:
    """The occasion in the guest's words."""
    return notes(typed, ear)


def name(typed: str, ear: Ear) -> Any:
    """The name the booking is under, with what introduces it taken away."""
    introduced = ear.vocabulary.name.search(ear.words.folded)
    told = ear.words.as_typed(*introduced.span("name")) if introduced else typed
    return proper_name(told) or Doubt("bad_name", missed=True)


def an_occasion(ear: Ear) -> str | None:
    """An occasion mentioned in passing: "for our honeymoon"."""
    key = occasion_in(ear)
    return label(f"occasion_{key}", ear.vocabulary.language) if key and ear.asked not in ("extras", "review") else None


def a_departure(ear: Ear) -> str | None:
    """One of the departures just shown, by its hour and, where that is not enough, its day."""
    if ear.asked != "departure":
        return None
    shown = [value for value in ear.shown if "T" in value]
    before = ear.words.folded
    times = some_times(ear)
    fitting = [value for value in shown if value[11:] in times]
    if len(fitting) != 1:
        ear.words.folded = before
    return fitting[0] if len(fitting) == 1 else None
