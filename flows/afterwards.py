"""Once the request is sent: whatever the guest writes is answered with where things stand, or goes to the team."""

from flows import anytime
from flows.conversation import Conversation
from flows.menu import World
from flows.speech import Heard
from flows.talk import Talk, ToTeam
from flows.understand.languages import vocabularies
from flows.understand.text import plain

OBEYED = ("person", "help", "english", "spanish")


def hear(book: Conversation, talk: Talk, heard: Heard, world: World) -> None:
    """A tap, a command, or words about a booking that already stands."""
    if heard.kind == "tap":
        return _tap(book, talk, heard, world)
    name = anytime.command(heard.words, talk.state, vocabularies(talk.language, world.menu.languages))
    if name in ("new", "start_over"):
        return anytime.new(book, talk, world)
    if name in OBEYED:
        return anytime.obey(name, book, talk, world, heard.words)
    if name == "cancel":
        return talk.remark("cancel_how")
    if name is None:
        _tell_the_team(talk, heard, world)
    return None


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
