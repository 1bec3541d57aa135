"""A talk goes on elsewhere: the other channel takes it up where it stands, the old one says where it went."""

from typing import Any

from flows import anytime
from flows.conversation import Conversation
from flows.facts import so_far
from flows.menu import Menu, World
from flows.silence import told
from flows.speech import Heard, Link, Option, Say
from flows.talk import Hop, Talk
from flows.understand.choices import an_option
from flows.understand.languages import vocabularies

BEGINS = ("new", "start_over")
ASKED = "hop"  # what the options answer: which of two requests goes on
CONTACT = {"name", "phone", "email"}
BEGUN = ("state", "draft", "doubts", "facts", "source")  # of a request that was begun here


def card(talk: Talk) -> Say | None:
    """What stands in place of the open question: the way there, that the talk is there already, or which of two goes on."""
    if talk.elsewhere:
        options = (Option("anytime", "new", "@new_booking_label"), Option("anytime", "person", "@person"))
        return Say("elsewhere", {"channel": talk.elsewhere}, options, (Link("chat"),))
    if talk.aside and talk.aside.startswith("hop:"):
        return Say("hop", {"channel": talk.aside.removeprefix("hop:")}, (), (Link("hop"),))
    if talk.aside == "hop_which" and talk.beside:
        options = (Option(ASKED, "brought", "@hop_brought"), Option(ASKED, "begun", "@hop_begun"))
        return Say("hop_which", {"channel": talk.beside["came_from"]}, options)
    return None


def ways(talk: Talk, menu: Menu) -> tuple[Link, ...]:
    """The doors under a message in which somebody is at a loss, or waits for a person: another channel, and a call."""
    linked = any(wish["kind"] == Hop.kind for wish in talk.wishes)
    others = tuple(Link(f"hop_{chat}") for chat in menu.chats if linked and chat != talk.channel)
    return (*others, *((Link("call_us"),) if menu.phone else ()))


def taken_up(book: Conversation, old: Talk, here: Talk, heard: Heard, world: World, *, silent: bool) -> Talk:
    """The talk as it goes on here, at the same question; what only the old channel vouched for is an answer like any other.

    A request that was begun here meanwhile is kept beside it, and the guest is asked which of the two goes on. `silent`: a person
    has the talk, and nothing is asked.
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
        if told(book, old):
            _ask_which(talk, here, world)
        else:
            _swap(book, talk)  # nothing was brought along
    if silent:
        talk.aside = "person_called"
    return talk


def _ask_which(talk: Talk, here: Talk, world: World) -> None:
    talk.aside, talk.understood, channel = "hop_which", [], (talk.beside or {})["came_from"]
    for block, draft in (("hop_brings", talk.draft), ("hop_begun_here", here.draft)):
        talk.remark(block, channel=channel)
        talk.remark("understood", **so_far(draft, world, set(draft) - CONTACT))


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
    elif chosen:
        talk.understood = [*talk.draft, "unasked"]
    elif offered and talk.state not in book.after:
        talk.remark("hop_goes_on", channel=talk.beside["came_from"])
    return bool(chosen)


def _typed(talk: Talk, heard: Heard, offered: list[dict[str, Any]], world: World) -> str | None:
    spoken_here = vocabularies(talk.language, world.menu.languages)
    found = (an_option(heard.words, offered, v, numbered=True) for v in spoken_here if offered and heard.words)
    return next((str(option["value"]) for option in found if option), None)


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
