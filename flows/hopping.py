"""A talk goes on elsewhere: the other channel takes it up where it stands, the old one says where it went."""

from typing import Any

from flows import anytime
from flows.conversation import Conversation
from flows.facts import so_far
from flows.menu import World
from flows.silence import told
from flows.speech import Heard, Link, Option, Say
from flows.talk import Talk
from flows.understand.choices import an_option
from flows.understand.languages import vocabularies

BEGINS = ("new", "start_over")
ASKED = "hop"  # what the options answer: which of two requests goes on
BEGUN = ("state", "draft", "doubts", "facts", "source")  # of a request that was begun here


def card(talk: Talk, world: World) -> Say | None:
    """What stands in place of the open question: the way there, that the talk is there already, or which of two goes on."""
    if talk.elsewhere:
        options = (Option("anytime", "new", "@new_booking_label"), Option("anytime", "person", "@person"))
        return Say("elsewhere", {"channel": talk.elsewhere}, options, (Link("chat"),))
    if talk.aside and talk.aside.startswith("hop:"):
        return Say("hop", {"channel": talk.aside.removeprefix("hop:")}, (), (Link("hop"),))
    if talk.aside == "hop_which" and talk.beside:
        both = {"brought": so_far(talk.draft, world), "begun": so_far(talk.beside["draft"], world)}
        options = (Option(ASKED, "brought", "@hop_brought"), Option(ASKED, "begun", "@hop_begun"))
        return Say("hop_which", {**both, "channel": talk.beside["came_from"]}, options)
    return None


def taken_up(book: Conversation, old: Talk, here: Talk, heard: Heard) -> Talk:
    """The talk as it goes on here, at the same question; what only the old channel vouched for is an answer like any other.

    A request that was begun here meanwhile is kept beside it, and the guest is asked which of the two goes on.
    """
    talk = old.next()
    talk.turn = max(old.turn, here.turn)
    talk.changed = talk.turn + 1
    talk.shown, talk.given, talk.elsewhere, talk.misses = [], [], None, 0
    talk.sharing = here.sharing
    talk.channel, talk.profile = heard.channel, " ".join(heard.name.split())[:100] or old.profile
    talk.understood = [*talk.draft, "unasked"]
    talk.remark("hopped")
    if here.facts.get("reference"):
        talk.remark("hop_booking_stays", reference=here.facts["reference"])
    elif told(book, here) and here.draft != old.draft:
        talk.beside = _request(here, "begun") | {"came_from": old.channel}
        if not told(book, old):
            _swap(book, talk)  # nothing was brought along
        else:
            talk.aside, talk.understood = "hop_which", []
    return talk


def _request(talk: Talk, name: str) -> dict[str, Any]:
    return {"is": name} | {key: getattr(talk, key) for key in BEGUN}


def _swap(book: Conversation, talk: Talk) -> None:
    """The request that is kept beside goes on; the other one is kept in its place, unless it is booked and needs no keeping."""
    beside = talk.beside or {}
    other = None if talk.state in book.after else _request(talk, "brought" if beside["is"] == "begun" else "begun")
    for key in BEGUN:
        setattr(talk, key, beside[key])
    talk.beside = other and other | {"came_from": beside["came_from"]}
    talk.changed, talk.reopened, talk.urgent, talk.choosing = talk.turn + 1, None, None, False
    talk.understood = [*talk.draft, "unasked"]


def chooses(book: Conversation, talk: Talk, heard: Heard, world: World) -> bool:
    """Whether this says which of two requests goes on. Whoever says something else goes on with the one brought along, and is told."""
    if talk.beside is None:
        return False
    offered = [option for option in talk.shown if option["question"] == ASKED]
    chosen = heard.tap.value if heard.tap and heard.tap.question == ASKED else _typed(talk, heard, offered, world)
    if chosen == talk.beside["is"]:
        _swap(book, talk)
    if chosen or (offered and talk.state not in book.after):
        talk.remark("hop_goes_on")
    return bool(chosen)


def _typed(talk: Talk, heard: Heard, offered: list[dict[str, Any]], world: World) -> str | None:
    spoken_here = vocabularies(talk.language, world.menu.languages)
    found = (an_option(heard.words, offered, v, numbered=True) for v in spoken_here if offered and heard.words)
    option = next(filter(None, found), None)
    return option and str(option["value"])


def left(book: Conversation, old: Talk, channel: str) -> Talk:
    """What stays behind: an empty talk that knows where the guest went."""
    talk = old.next()
    anytime.begin(book, talk, {key: old.draft[key] for key in old.given if key in old.draft})
    talk.elsewhere, talk.source, talk.desk = channel, None, None
    talk.turn += 1
    return talk


def stays_away(book: Conversation, talk: Talk, heard: Heard, world: World) -> bool:
    """Whether this is answered by where the talk goes on; something new begins here all the same."""
    if not talk.elsewhere:
        return False
    name = anytime.command(heard.words, talk.state, vocabularies(talk.language, world.menu.languages))
    tapped = heard.tap.value if heard.tap and heard.tap.question == "anytime" else None
    wanted = tapped if heard.kind == "tap" else name
    if wanted in BEGINS:
        talk.elsewhere = None
        anytime.new(book, talk, world)
    elif wanted == "person":
        anytime.person(book, talk, world, heard.words)
    return True
