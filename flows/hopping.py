"""A talk goes on elsewhere: the other channel takes it up where it stands, the old one says where it went."""

from flows import anytime
from flows.conversation import Conversation
from flows.menu import World
from flows.speech import Heard, Link, Option, Say
from flows.talk import Talk
from flows.understand.languages import vocabularies

BEGINS = ("new", "start_over")


def card(talk: Talk) -> Say | None:
    """What stands in place of the open question: the way there, or that the talk is there already."""
    if talk.elsewhere:
        options = (Option("anytime", "new", "@new_booking_label"), Option("anytime", "person", "@person"))
        return Say("elsewhere", {"channel": talk.elsewhere}, options)
    if talk.aside and talk.aside.startswith("hop:"):
        return Say("hop", {"channel": talk.aside.removeprefix("hop:")}, (), (Link("hop"),))
    return None


def taken_up(old: Talk, here: Talk, heard: Heard) -> Talk:
    """The talk as it goes on here, at the same question; what only the old channel vouched for is an answer like any other."""
    talk = old.next()
    talk.turn = max(old.turn, here.turn)
    talk.changed = talk.turn + 1
    talk.shown, talk.given, talk.elsewhere, talk.misses = [], [], None, 0
    talk.sharing = here.sharing
    talk.channel, talk.profile = heard.channel, " ".join(heard.name.split())[:100] or old.profile
    talk.understood = [*talk.draft, "unasked"]
    talk.remark("hopped")
    return talk


def left(book: Conversation, old: Talk, channel: str) -> Talk:
    """What stays behind: an empty talk that knows where the guest went."""
    talk = old.next()
    anytime.begin(book, talk, {key: old.draft[key] for key in old.given if key in old.draft})
    talk.elsewhere, talk.source = channel, None
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
