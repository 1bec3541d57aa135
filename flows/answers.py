"""Answers in the guest's own words, and a departure by its day and hour."""

import re
from typing import Any

from flows.understand.choices import strip_filler
from flows.understand.details import LONGEST_NOTE, LONGEST_ROOM, a_room, proper_name
from flows.understand.details import an_occasion as occasion_in
from flows.understand.ear import Doubt, Ear
from flows.understand.index import index_of
from flows.understand.languages import ALL
from flows.understand.text import plain
from flows.understand.times import some_times

_OURS = frozenset("our its s we re is are celebrating wife husband my special nuestro nuestra de estamos".split())
_FIGURE = re.compile(r"\d")
_ROOM = re.compile(r"\W*(?:[a-z]{1,3}[ -]?)?\d{1,5}(?:[ -]?[a-z]|-\d{1,4})?\W*")


def nothing(ear: Ear) -> None:
    """Notes are never guessed from other words."""


def room(typed: str, ear: Ear) -> Any:
    """A room as the guest writes it; one without a figure only when the words mean nothing else."""
    if room := a_room(ear):
        return room
    if _ROOM.fullmatch(ear.words.folded):
        return typed
    if "_last" not in ear.found or not plain(typed) or says_nothing(typed) or plain(typed) in index_of(ear.menu).places:
        return None
    return typed if len(typed) <= LONGEST_ROOM else Doubt("text_long", {"most": LONGEST_ROOM}, missed=True)


def notes(typed: str, ear: Ear) -> Any:
    """Anything the guest wants us to know, as typed."""
    if says_nothing(typed) or ("_last" not in ear.found and _an_address(typed)):
        return None
    return typed if len(typed) <= LONGEST_NOTE else Doubt("text_long", {"most": LONGEST_NOTE}, missed=True)


def tour_notes(typed: str, ear: Ear) -> Any:
    """The answer to what the house asks before a tour, a bare "yes" too: the story tells to which questions it is one."""
    return typed if len(typed) <= LONGEST_NOTE else Doubt("text_long", {"most": LONGEST_NOTE}, missed=True)


def occasion(typed: str, ear: Ear) -> Any:
    """The occasion: its key when it is one we know and no more was said, else in the guest's words."""
    for vocabulary in ALL.values():
        for key, pattern in vocabulary.occasions.items():
            rest = strip_filler(plain(pattern.sub(" ", ear.words.folded)), vocabulary)
            if pattern.search(ear.words.folded) and not set(rest.split()) - _OURS:
                return key
    return notes(typed, ear)


def _an_address(typed: str) -> bool:
    """An e-mail address or a phone number and nothing else, which is told for its own sake."""
    return not any(map(str.isalpha, typed)) or ("@" in typed and len(typed.split()) == 1)


def says_nothing(typed: str) -> bool:
    """Whether these words are a yes, a no or a "go on" and so name nothing."""
    said = plain(typed)
    return any(
        pattern.match(said)
        for v in ALL.values()
        for pattern in (v.yes, v.no, v.none, v.skip, v.done, v.send, v.mine, v.thanks)
    )


def name(typed: str, ear: Ear) -> Any:
    """The name the booking is under, with what introduces it taken away."""
    introduced = ear.vocabulary.name.search(ear.words.folded)
    if not introduced and (says_nothing(typed) or (_FIGURE.search(typed) and "_last" not in ear.found)):
        return None  # "2 child seats" is nobody's name, unless it means nothing else
    told = ear.words.as_typed(*introduced.span("name")) if introduced else typed
    return proper_name(told) or Doubt("bad_name", missed=True)


def an_occasion(ear: Ear) -> str | None:
    """An occasion mentioned in passing, "for our honeymoon", by its key. "Birthday cake" alone is an extra."""
    return occasion_in(ear, announced=ear.asked in ("extras", "review"))


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
