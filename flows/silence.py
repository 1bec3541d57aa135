"""A guest was silent for a while: one nudge, a welcome when they are back, and a new beginning after a month."""

from datetime import datetime, timedelta

from flows import anytime
from flows.conversation import Conversation
from flows.menu import World
from flows.talk import Talk

AWAY = timedelta(hours=6)  # after which somebody is welcomed back
KEPT = timedelta(days=30)  # after which a draft is too old to go on with


def nudged(book: Conversation, talk: Talk, world: World) -> Talk | None:
    """The talk with the nudge to be said, once for each draft; None where no question of a request is open."""
    if talk.nudged or talk.state in book.after or not told(book, talk) or "changing" in talk.facts:
        return None
    talk = talk.next()
    talk.nudged, talk.heard = True, world.now.isoformat()  # whoever answers it was not away
    talk.remark("nudge")
    return talk


def told(book: Conversation, talk: Talk) -> bool:
    """Whether the guest has told anything that would be lost."""
    return any(key in talk.draft for key in book.keys if key not in talk.given)


def broken(book: Conversation, talk: Talk, world: World) -> bool:
    """Note when this was heard; whether it is said by somebody who comes back to a draft. One older than a month is begun anew."""
    absent = world.now - datetime.fromisoformat(talk.heard) if talk.heard else timedelta()
    talk.heard = world.now.isoformat()
    if absent < AWAY or talk.state in book.after or not told(book, talk):
        return False
    if absent < KEPT:
        return True
    anytime.begin(book, talk, {key: talk.draft[key] for key in talk.given if key in talk.draft})
    talk.remark("draft_too_old")
    return False


def welcome(book: Conversation, talk: Talk) -> None:
    """Say so first, where the draft goes on and it was not said already."""
    said = any(one["block"] == "welcome_back" for one in talk.remarks)
    if talk.state not in book.after and told(book, talk) and not said:
        talk.remark("welcome_back")
        talk.remarks.insert(0, talk.remarks.pop())
