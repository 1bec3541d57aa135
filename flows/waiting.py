"""The waiting list: what is sold out may be waited for, and whoever waits may leave the list at any time."""

from typing import Any

from flows import anytime
from flows.conversation import Conversation
from flows.menu import World
from flows.speech import Heard, Option
from flows.talk import Leave, Talk
from flows.understand.languages import vocabularies
from flows.understand.text import plain
from flows.understand.vocabulary import Vocabulary

ASKED = (
    "waiting"  # what the options answer: "join", a departure or a vehicle to wait for, "leave:" and a booking's code
)
FOR = ("service", "pickup", "dropoff", "stops", "date", "time", "hours", "trip", "return_date", "return_time", "departure",
       "party", "vehicle")  # fmt: skip
JOIN = Option(ASKED, "join", "@waiting_join")


def hear(book: Conversation, talk: Talk, heard: Heard, world: World) -> bool:
    """Whether somebody leaves the list: by the button, or by saying so where the talk stands at it."""
    if heard.kind == "tap":
        pressed = heard.tap.value if heard.tap and heard.tap.question == ASKED else ""
        reference = pressed.removeprefix("leave:") if pressed.startswith("leave:") else None
    else:
        reference = talk.facts.get("reference") if _on_the_list(talk) and _says_so(talk, heard, world) else None
    if reference:
        talk.wish(Leave(reference))
    return bool(reference)


def _on_the_list(talk: Talk) -> bool:
    return talk.state == "waitlisted" or (talk.state == "waiting_payment" and bool(talk.facts.get("offered")))


def _says_so(talk: Talk, heard: Heard, world: World) -> bool:
    said = plain(heard.words)
    spoken_here = vocabularies(talk.language, world.menu.languages)
    refused = any(v.no.match(said) for v in spoken_here)
    return refused or any(v.off_the_list.search(said) or v.anytime["cancel"].match(said) for v in spoken_here)


def wants(words: str, spoken_here: list[Vocabulary]) -> bool:
    """Whether the waiting list is asked for."""
    return len(words) <= 200 and any(v.waiting_list.search(plain(words)) for v in spoken_here)


def join(talk: Talk, value: str, world: World) -> bool:
    """Wait for this: for what the review shows, for a departure or for a vehicle; all else is asked as ever. False: for nothing."""
    if len(value) == len("2026-11-24T07:30") and "T" in value:
        talk.draft.pop("date", None)
        talk.answer("departure", value)
    elif world.menu.vehicle(value):
        talk.answer("vehicle", value)
    elif value != "join":
        return False
    talk.facts["waits"] = {key: talk.draft[key] for key in FOR if key in talk.draft}
    return True


def waits(talk: Talk) -> bool:
    """Whether what the draft holds now is what the guest said they would wait for."""
    chosen: dict[str, Any] = talk.facts.get("waits") or {}
    return bool(chosen) and all(talk.draft.get(key) == value for key, value in chosen.items())


def is_changed(talk: Talk) -> bool:
    """Whether what is changed stands on the waiting list: it may be changed into what is sold out as well."""
    changing = talk.facts.get("changing")
    return bool(changing and changing["before"]["state"] == "waitlisted")


def left(book: Conversation, talk: Talk, reference: str) -> None:
    """They wait no more: the talk begins anew where it stood at that."""
    talk.remark("waiting_left", reference=reference)
    if talk.facts.get("reference") == reference:
        kept = {key: talk.draft[key] for key in ("name", "phone", "email") if talk.draft.get(key)}
        anytime.begin(book, talk, kept)
