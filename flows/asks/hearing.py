"""Finds in a message what is asked about a booking: a tap on one of our options, an answer to what we asked, or words of the table."""

import re
from typing import Any

from flows.asks import cancelling, delaying, driver, mine, resending, telling
from flows.changing import code_in
from flows.conversation import Conversation
from flows.filling import read
from flows.menu import World
from flows.speech import Heard, Tap
from flows.talk import Talk
from flows.understand.choices import an_option
from flows.understand.languages import vocabularies
from flows.understand.text import Words, plain
from flows.understand.vocabulary import Vocabulary

ADDRESS = re.compile(r"[\w.+-]{1,64}@[\w-]+(?:\.[\w-]+)+")
LONGEST = 400  # characters in which an ask is looked for
TAPS = {
    "cancel": cancelling.tapped,
    "mine": mine.tapped,
    "resend": resending.tapped,
    "driver": driver.tapped,
    "delay": delaying.tapped,
    "flight_off": telling.tapped,
    "lost": telling.tapped,
}
ORDER = ("flight_off", "lost", "cancel", "resend", "delay", "driver", "mine")  # what is looked for first


def hear(book: Conversation, talk: Talk, heard: Heard, world: World) -> bool:
    """Whether this asks about a booking; then `talk.ask` says what."""
    left, talk.left = talk.left, None
    spoken_here = vocabularies(talk.language, world.menu.languages)
    if heard.kind == "tap":
        return bool(heard.tap and _tap(talk, heard.tap))
    if heard.kind not in ("text", "edited") or not heard.words.strip() or len(heard.words) > LONGEST:
        return False
    return (
        _typed_option(talk, heard.words, spoken_here)
        or _answers(talk, left, heard.words, world, spoken_here)
        or _words(book, talk, heard.words, world, spoken_here)
    )


def _tap(talk: Talk, pressed: Tap) -> bool:
    if pressed.question not in TAPS:
        return False
    talk.ask = {"name": pressed.question, "words": ""} | TAPS[pressed.question](pressed.value)
    return True


def _typed_option(talk: Talk, words: str, spoken_here: list[Vocabulary]) -> bool:
    """A number, a label, "yes" or "no" typed under one of our cards."""
    shown = [option for option in talk.shown if option["question"] in TAPS]
    if not shown or len(shown) < len([one for one in talk.shown if one["question"] != "anytime"]):
        return False  # under two cards at once the draft's own options are counted
    found = next((option for v in spoken_here if (option := an_option(words, talk.shown, v, True))), None)
    if not found and len(shown) == 2:
        said = plain(words)
        yes, no = (any(getattr(v, which).match(said) for v in spoken_here) for which in ("yes", "no"))
        found = shown[0] if yes else shown[1] if no else None
    return bool(found and _tap(talk, Tap(found["question"], found["value"], talk.turn)))


def _answers(talk: Talk, left: dict[str, Any] | None, words: str, world: World, spoken_here: list[Vocabulary]) -> bool:
    """Words that are what we asked back for."""
    if left and left["name"] == "resend" and (address := ADDRESS.search(words)):
        talk.ask = left | {"words": words, "address": address[0]}
        return True
    if left and left["name"] == "delay":
        when = next((told for v in spoken_here if (told := delaying.told(words, world, v))), "")
        talk.ask = left | {"words": words, "when": when} if when else None
        return bool(when)
    return False


def _words(book: Conversation, talk: Talk, words: str, world: World, spoken_here: list[Vocabulary]) -> bool:
    folded = Words(words).folded
    booked = talk.state in book.after
    drafted = not booked and any(key not in talk.given for key in talk.draft)
    for v in spoken_here:
        for name in ORDER:
            plainly = booked or (name == "cancel" and not drafted)
            if (
                name in TAPS
                and _found(name, folded, v, plainly)
                and not _is_a_request(book, talk, words, world, v, booked)
            ):
                talk.ask = {"name": name, "words": words, "reference": code_in(words, world.menu)} | _told(
                    name, words, folded, world, v, booked
                )
                talk.misses = 0
                talk.language = talk.language if talk.turn else v.language
                return True
    return False


def _found(name: str, folded: str, v: Vocabulary, booked: bool) -> bool:
    patterns = (v.asks.get(name), v.asks_booked.get(name) if booked else None)
    return any(pattern is not None and pattern.search(folded) for pattern in patterns)


def _is_a_request(book: Conversation, talk: Talk, words: str, world: World, v: Vocabulary, booked: bool) -> bool:
    """In a draft, words that tell a whole way are an order and no question."""
    if booked:
        return False
    found = read(book, talk, words, world, v, talk.state).found
    return {"pickup", "dropoff"} <= set(found)


def _told(name: str, words: str, folded: str, world: World, v: Vocabulary, booked: bool) -> dict[str, Any]:
    """Of two ways the one that is meant; whoever has no booking may mean the draft."""
    if name == "delay":
        return {"when": delaying.told(words, world, v)}
    if name == "resend":
        address = ADDRESS.search(words)
        return {"mail": bool(v.by_mail.search(folded)), "address": address[0] if address else None}
    if name != "cancel":
        return {}
    what = "back" if v.back_only.search(folded) else "there" if v.there_only.search(folded) else None
    return {"what": what, "fallback": None if booked else "confirm_drop"}
