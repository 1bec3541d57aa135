"""A booking that stands is changed: what was booked is the draft again, and nothing of it holds until its guest agrees.

All of understanding and all questions are those of a new booking; only the last card shows what was and what would be.
"""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from flows import anytime
from flows.conversation import Conversation, Draft
from flows.facts import ORDER
from flows.filling import read
from flows.menu import Menu, World
from flows.speech import Heard
from flows.talk import Change, Talk, ToTeam
from flows.understand.choices import an_option
from flows.understand.languages import ALL, vocabularies
from flows.understand.text import Words
from flows.understand.vocabulary import Vocabulary

TAP = "change_booking"  # what the option to change a booking answers; its value is the booking's code
ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"  # of a booking's code: nothing that is read for something else
FIXED = ("service", "terms")  # another service is another booking


def chosen(talk: Talk, heard: Heard) -> str | None:
    """The code of the booking that is tapped to be changed, or typed where we asked which."""
    if heard.tap:
        return heard.tap.value if heard.tap.question == TAP else None
    shown = _asked_which(talk)
    found = (an_option(heard.words, shown, v, True) for v in ALL.values()) if shown and heard.words else ()
    return next((str(option["value"]) for option in found if option), None)


def _asked_which(talk: Talk) -> list[dict[str, Any]]:
    return [option for option in talk.shown if option["question"] == TAP] if "to_change" in talk.facts else []


def code_in(words: str, menu: Menu) -> str | None:
    """The code of one of the house's bookings that is written out; "mid-level" is none."""
    found = re.search(rf"(?<![\w-]){re.escape(menu.prefix)}-[{ALPHABET}]{{5}}(?![\w-])", words.upper())
    return found[0] if found else None


def asks_which(book: Conversation, talk: Talk, heard: Heard, world: World) -> bool:
    """Whether a change is asked for where it may be meant of several bookings; then which one is asked, and the words are kept."""
    standing = world.standing
    if not standing or not standing.get("others") or chosen(talk, heard) or code_in(heard.words, world.menu):
        return False
    if not _wants(book, talk, heard, standing, world):
        return False
    talk.ask, talk.misses = {"name": "change", "words": heard.words}, 0
    return True


def begins(book: Conversation, talk: Talk, heard: Heard, world: World) -> Heard | None:
    """What is to be heard of a change that is asked for; then the booking's request is the draft. None: nothing is to change.

    It is of the booking that was chosen, else of the one that the talk stands at.
    """
    standing = world.standing
    if not standing or not _wants(book, talk, heard, standing, world):
        return None
    if standing["closed"]:
        talk.remark(f"change_{standing['closed']}", reference=standing["reference"])
        return None  # a person sees to it
    told = str(talk.facts.get("to_change", "")) if _asked_which(talk) else ""
    of = chosen(talk, heard)
    talk.facts.pop("to_change", None)
    begin(talk, standing)
    if of and told:
        return replace(heard, kind="text", tap=None, words=told)
    if of:
        anytime.change(book, talk, world)
    return replace(heard, words="") if of else heard


def begin(talk: Talk, standing: Mapping[str, Any]) -> None:
    """What was booked is the draft; what the talk held before is kept for when the change is left."""
    before = {"state": talk.state, "draft": talk.draft, "facts": talk.facts}
    talk.draft, talk.state = dict(standing["request"]), "review"
    talk.facts = {
        "reference": standing["reference"],
        "changing": {"request": dict(standing["request"]), "before": before},
    }
    talk.changed, talk.misses = talk.turn + 1, 0


def hear(book: Conversation, talk: Talk, heard: Heard, world: World) -> None:
    """A change goes on: first, is the booking still what it was when we looked last?"""
    changing, standing = talk.facts["changing"], world.standing
    if standing is None or standing["closed"]:
        why = standing["closed"] if standing else "over"
        talk.remark(f"change_{why}", reference=talk.facts["reference"])
        talk.wish(ToTeam(heard.words))
        anytime.drop_change(book, talk)
    elif standing["request"] != changing["request"]:
        _go_on_from(talk, standing["request"])


def _go_on_from(talk: Talk, request: Mapping[str, Any]) -> None:
    """Somebody else was faster: what this guest wants changed is now a change of that."""
    changing = talk.facts["changing"]
    own = {key: value for key, value in talk.draft.items() if value != changing["request"].get(key)}
    talk.draft, changing["request"] = dict(request) | own, dict(request)
    talk.changed = talk.turn + 1
    talk.remark("change_overtaken", reference=talk.facts["reference"])


def agree(talk: Talk) -> None:
    """What the last card showed is agreed to."""
    if differences(talk):
        talk.wish(Change(talk.facts["reference"]))
    else:
        talk.aside = "change"


def differences(talk: Talk) -> list[str]:
    """The lines in which the draft is another than what was booked."""
    request: Draft = talk.facts["changing"]["request"]
    keys = [key for key in ORDER if talk.draft.get(key) != request.get(key)]
    return [key for key in keys if talk.draft.get(key) or request.get(key)]


# --- what is learnt meanwhile ---


def _changed(book: Conversation, talk: Talk, facts: Mapping[str, Any]) -> None:
    """It holds: what it is now is what the talk stands at."""
    anytime.begin(book, talk, talk.draft)
    talk.state = facts["state"]
    talk.facts = {key: value for key, value in facts.items() if key != "state"}
    talk.aside = "changed"


def _closed(book: Conversation, talk: Talk, facts: Mapping[str, Any]) -> None:
    """It was changed one moment too late."""
    talk.remark(str(facts["why"]), reference=talk.facts["reference"])
    talk.aside = "told_team"
    anytime.drop_change(book, talk)


def _paid(book: Conversation, talk: Talk, facts: Mapping[str, Any]) -> None:
    """It was paid as it stood: the change goes on from there."""
    _come_to(talk, facts, state="booked")


def _offered(book: Conversation, talk: Talk, facts: Mapping[str, Any]) -> None:
    """What was waited for is held, as it stood: the change goes on from there."""
    _come_to(talk, {**facts, "offered": True}, state="waiting_payment")


def _hold_ended(book: Conversation, talk: Talk, facts: Mapping[str, Any]) -> None:
    """Nothing is left to change; what the guest had in mind is a request of its own."""
    talk.remark("hold_ended")
    talk.facts, talk.changed = {}, talk.turn + 1


def _change_paid(book: Conversation, talk: Talk, facts: Mapping[str, Any]) -> None:
    _come_to(talk, {**facts, "owed": None})


def _come_to(talk: Talk, facts: Mapping[str, Any], **more: str) -> None:
    """What the talk goes back to when the change is done or left has moved on."""
    before = talk.facts["changing"]["before"]
    before = {**before, **more, "facts": {**before["facts"], **facts}}
    talk.facts["changing"] = {**talk.facts["changing"], "before": before}


def _overtaken(book: Conversation, talk: Talk, facts: Mapping[str, Any]) -> None:
    if facts.get("request"):
        _go_on_from(talk, facts["request"])


LEARNT = {
    "change_overtaken": _overtaken,
    "changed": _changed,
    "change_closed": _closed,
    "paid": _paid,
    "offered": _offered,
    "hold_ended": _hold_ended,
    "change_paid": _change_paid,
}


# --- is a change asked for? ---


def _wants(book: Conversation, talk: Talk, heard: Heard, standing: Mapping[str, Any], world: World) -> bool:
    if of := chosen(talk, heard):
        return bool(of == standing["reference"])
    if heard.kind not in ("text", "edited") or talk.state not in book.after:
        return False
    spoken_here = vocabularies(talk.language, world.menu.languages)
    name = anytime.command(heard.words, talk.state, spoken_here)
    if name:
        return name == "change"
    return any(
        _names_a_line(heard.words, v) or _tells_else(book, talk, heard.words, standing, world, v) for v in spoken_here
    )


def _names_a_line(words: str, v: Vocabulary) -> bool:
    """ "Change the time", whatever to."""
    found = v.change.search(Words(words).folded)
    named = found["what"].strip() if found else ""
    return bool(named) and (any(p.match(named) for p in v.lines.values()) or bool(v.hotel.match(named)))


def _tells_else(
    book: Conversation, talk: Talk, words: str, standing: Mapping[str, Any], world: World, v: Vocabulary
) -> bool:
    """ "Can we make it 5 people?": words that ask for a change, and tell of something that it is another now."""
    if not v.changing.search(Words(words).folded):
        return False
    fresh = talk.copy()
    fresh.draft, fresh.state = dict(standing["request"]), book.then
    found = read(book, fresh, words, world, v, book.then).found
    if found.get("service", fresh.draft.get("service")) != fresh.draft.get("service"):
        return False
    return any(key not in FIXED and value != fresh.draft.get(key) for key, value in found.items())
