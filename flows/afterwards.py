"""Once the request is sent: whatever the guest writes is answered with where things stand, or goes to the team."""

from flows import anytime
from flows.conversation import Conversation
from flows.filling import read
from flows.menu import World
from flows.speech import Heard
from flows.talk import Talk, ToTeam
from flows.understand.languages import ALL, vocabularies
from flows.understand.leftovers import is_understood
from flows.understand.text import plain
from flows.understand.vocabulary import Vocabulary

OBEYED = ("person", "help", "to_whatsapp", "to_telegram", *(f"speak {language}" for language in ALL))


def hear(book: Conversation, talk: Talk, heard: Heard, world: World) -> None:
    """A tap, a command, or words about a booking that already stands."""
    if heard.kind == "tap":
        return _tap(book, talk, heard, world)
    name = anytime.command(heard.words, talk.state, vocabularies(talk.language, world.menu.languages))
    if name in ("new", "start_over"):
        return anytime.new(book, talk, world)
    if name in OBEYED:
        return anytime.obey(name, book, talk, world, heard.words)
    if name in ("cancel", "back") or (name == "change" and not world.standing):
        return talk.remark("cancel_how")
    if name in (None, "change"):
        _tell_the_team(talk, heard, world)
    return None


def begins_anew(book: Conversation, talk: Talk, heard: Heard, world: World) -> bool:
    """Whether someone who is booked asks for another ride or tour with its day; then a new draft has begun."""
    if talk.state != "booked" or heard.kind != "text" or not heard.words.strip():
        return False
    fresh, reference = talk.copy(), talk.facts.get("reference")
    anytime.new(book, fresh, world)
    if not any(
        _is_request(book, talk, fresh, heard.words, world, v) for v in vocabularies(talk.language, world.menu.languages)
    ):
        return False
    anytime.new(book, talk, world)
    talk.remarks = []
    talk.remark("new_beside", reference=reference)
    return True


def _is_request(book: Conversation, talk: Talk, fresh: Talk, words: str, world: World, v: Vocabulary) -> bool:
    """A service or a route with a day, in words that tell nothing else: "our flight to Miami is late" is for the team."""
    reading = read(book, fresh, words, world, v, fresh.state)
    found = reading.found
    if not {"service", "date"} <= set(found) or not is_understood(reading.words, (v,)):
        return False
    service = world.menu.service(found["service"])
    tour = bool(service and service.by_name)
    same = all(talk.draft.get(key) == value for key, value in found.items())
    return not same and (tour or {"pickup", "dropoff"} <= set(found))


def _tap(book: Conversation, talk: Talk, heard: Heard, world: World) -> None:
    if heard.tap and heard.tap.question == "anytime" and heard.tap.value in ("new", "person"):
        act = anytime.new if heard.tap.value == "new" else anytime.person
        return act(book, talk, world)
    return talk.remark("old_tap" if heard.tap else "unknown_tap")


def _tell_the_team(talk: Talk, heard: Heard, world: World) -> None:
    """A word of thanks needs no one; anything else about a booked trip is for people to read."""
    said = plain(heard.words)
    spoken_here = vocabularies(talk.language, world.menu.languages)
    if heard.kind == "text" and any(v.thanks.match(said) for v in spoken_here):
        talk.aside = "welcome"
    elif heard.kind == "text" and (not said or any(v.hello.fullmatch(said) for v in spoken_here)):
        return
    elif talk.state == "booked":
        talk.wish(ToTeam(heard.words, "" if heard.kind in ("text", "edited") else heard.kind))
        talk.aside = "told_team"
