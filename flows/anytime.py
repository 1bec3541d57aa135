"""What may be said at any moment: back, change, start over, help, where are we, how much, a person, another language."""

from collections.abc import Callable
from typing import Any

from flows.conversation import Conversation
from flows.menu import World
from flows.talk import Drop, Hop, Person, Talk
from flows.understand.languages import ALL, asked_for
from flows.understand.text import plain
from flows.understand.vocabulary import Vocabulary

Command = Callable[[Conversation, Talk, World, str], None]


def command(words: str, state: str, vocabularies: list[Vocabulary]) -> str | None:
    """The name of the command that these words are, in any language."""
    said = plain(words)
    if len(said) > 80 or (state == "party" and any(v.one_person.match(said) for v in vocabularies)):
        return None
    if len(said) <= 80 and any(v.wants_person.search(said) for v in vocabularies):
        return "person"
    if language := asked_for(said, vocabularies):
        return f"speak {language}"
    for vocabulary in vocabularies:
        for name, pattern in vocabulary.anytime.items():
            if pattern.match(said) and not (name == "start" and not words.strip().startswith("/")):
                return name
    return None


def obey(name: str, book: Conversation, talk: Talk, world: World, words: str = "") -> None:
    """Do what was asked; the draft is only lost by starting over."""
    COMMANDS["leave" if name in LEAVES and "changing" in talk.facts else name](book, talk, world, words)


def back(book: Conversation, talk: Talk, world: World, words: str = "") -> None:
    """The question before this one again; its answer stays until there is another."""
    before = book.previous(talk, world.menu)
    if before is None:
        talk.remark("nothing_before")
        return
    talk.choosing = False
    reopen(talk, before)


def reopen(talk: Talk, key: str) -> None:
    """Ask an answered question again."""
    talk.reopened, talk.urgent = key, None
    talk.doubts.pop(key, None)
    talk.doubts.pop("review", None)


def change(book: Conversation, talk: Talk, world: World, words: str = "") -> None:
    """Show every line that can be changed."""
    if any(key in talk.draft for key in book.keys if key not in talk.given):
        talk.aside = "change"
    else:
        talk.remark("nothing_before")


def add(book: Conversation, talk: Talk, world: World, words: str = "") -> None:
    """Show what may be added to a request that is whole already."""
    talk.aside = "add"


def start_over(book: Conversation, talk: Talk, world: World, words: str = "") -> None:
    """Forget everything the guest said; what the channel vouches for stays."""
    kept = {key: value for key, value in talk.draft.items() if key in talk.given}
    begin(book, talk, kept)
    talk.wish(Drop())
    talk.remark("started_over")


def new(book: Conversation, talk: Talk, world: World, words: str = "") -> None:
    """Another booking for the same person: name, phone and e-mail are known."""
    kept = {key: talk.draft[key] for key in ("name", "phone", "email") if talk.draft.get(key)}
    begin(book, talk, kept)
    talk.source = None  # who brought the guest did so for what was sent
    talk.remark("new_booking")


def begin(book: Conversation, talk: Talk, kept: dict[str, Any]) -> None:
    """An empty draft but for these answers."""
    promised = {key: talk.facts[key] for key in ("promised",) if key in talk.facts}  # prices that were told still hold
    talk.state, talk.draft, talk.doubts, talk.facts = book.keys[0], dict(kept), {}, promised
    talk.reopened, talk.urgent, talk.choosing, talk.changed, talk.misses = None, None, False, talk.turn + 1, 0
    talk.nudged, talk.beside = False, None


def cancel(book: Conversation, talk: Talk, world: World, words: str = "") -> None:
    """Before anything is sent there is nothing to cancel but the draft: is that what is meant?"""
    talk.aside = "confirm_drop"


def person(book: Conversation, talk: Talk, world: World, words: str = "") -> None:
    """Someone of the team takes over; the draft waits."""
    talk.misses = 0
    talk.wish(Person(words))
    talk.wish(Hop(""))
    talk.aside = "person_called"


def ask_help(book: Conversation, talk: Talk, world: World, words: str = "") -> None:
    """What may be said, and the other ways to reach us."""
    talk.wish(Hop(""))
    talk.aside = "help"


def show(aside: str) -> Command:
    """Say something beside the open question."""

    def command(book: Conversation, talk: Talk, world: World, words: str = "") -> None:
        talk.aside = aside

    return command


def speak(language: str) -> Command:
    """From now on in that language, if the operator speaks it."""

    def command(book: Conversation, talk: Talk, world: World, words: str = "") -> None:
        if language in world.menu.languages:
            talk.language = language
            talk.remark("language_changed")
        else:
            talk.remark("language_unknown")

    return command


def start(book: Conversation, talk: Talk, world: World, words: str = "") -> None:
    """A channel's own "start": a greeting at first, later where we were."""
    if talk.turn:
        talk.remark("welcome_back")


def stay(book: Conversation, talk: Talk, world: World, words: str = "") -> None:
    """Nothing is dropped."""


def hop_to(channel: str) -> Command:
    """Go on in another channel (`flows/hopping.py`)."""

    def command(book: Conversation, talk: Talk, world: World, words: str = "") -> None:
        if channel == talk.channel:
            talk.remark("hop_here", channel=channel)
        elif channel not in world.menu.chats:
            talk.remark("hop_nowhere", channel=channel)
        else:
            talk.wish(Hop(channel))
            talk.aside = f"hop:{channel}"

    return command


def leave(book: Conversation, talk: Talk, world: World, words: str = "") -> None:
    """Whoever changes a booking leaves it as it was; the talk is where it was before."""
    if "changing" in talk.facts:
        talk.remark("change_left", reference=talk.facts["reference"])
        drop_change(book, talk)


def drop_change(book: Conversation, talk: Talk) -> None:
    """The talk is where it was before the change of a booking began."""
    before = talk.facts["changing"]["before"]
    begin(book, talk, before["draft"])
    talk.state, talk.facts = before["state"], dict(before["facts"])


LEAVES = ("cancel", "start_over", "new")  # said of a change: the booking itself stays as it is
COMMANDS: dict[str, Command] = {
    "leave": leave,
    "back": back,
    "change": change,
    "start_over": start_over,
    "new": cancel,
    "cancel": cancel,
    "person": person,
    "help": ask_help,
    "summary": show("summary"),
    "price": show("price"),
    **{f"speak {language}": speak(language) for language in ALL},
    "start": start,
    "stay": stay,
    "to_whatsapp": hop_to("whatsapp"),
    "to_telegram": hop_to("telegram"),
}
