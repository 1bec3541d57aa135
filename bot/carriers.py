"""What every carrier is given and gives back, whatever the channel: an attempt, and how it ended."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from bot.letters import Letter
from bot.words import Drawn
from models.lanes import Outgoing


@dataclass(frozen=True, slots=True)
class Attachment:
    """A document that goes with a mail."""

    name: str
    content: bytes
    subtype: str = "pdf"


@dataclass(frozen=True, slots=True)
class Enclosed:
    """A picture or a paper that goes with a chat message, with the words under it; `url` is where a provider may fetch it.

    `lasting`: it is the same for everybody and for long, so that a provider may keep it for us.
    """

    name: str
    content: bytes
    url: str
    words: str = ""
    lasting: bool = False
    kind: str = ""  # as its delivery names it: "ticket", "picture", a photo's file

    @property
    def picture(self) -> bool:
        """Whether it is shown; a paper is opened."""
        return not self.name.endswith(".pdf")


@dataclass(frozen=True, slots=True)
class Attempt:
    """One delivery, drawn and ready: words, where its links lead, what is enclosed, its letter and documents."""

    now: datetime
    drawn: Drawn
    letter: Letter | None = None
    urls: dict[str, str] = field(default_factory=dict)  # purpose → address
    enclosed: tuple[Enclosed, ...] = ()
    attachments: tuple[Attachment, ...] = ()


@dataclass(frozen=True, slots=True)
class Sent:
    """It left; `text` is what the person reads."""

    provider_id: str
    text: str
    template: bool = False


@dataclass(frozen=True, slots=True)
class Retry:
    """Not now. `after`: seconds the provider asks us to wait. `away`: it is not there, for nobody."""

    reason: str
    after: float | None = None
    away: bool = False


@dataclass(frozen=True, slots=True)
class Failed:
    """No further try helps. `stopped`: the provider says that they asked to hear nothing more here."""

    reason: str
    stopped: bool = False


class Without(Exception):
    """It has to go without some of what was to be enclosed, by their kinds: a later attempt encloses the same as this one."""

    def __init__(self, *kinds: str) -> None:
        super().__init__(", ".join(kinds))
        self.kinds = kinds


class Carrier(Protocol):
    """Carries deliveries on one channel."""

    channel: str

    async def send(self, out: Outgoing, attempt: Attempt) -> Sent | Retry | Failed:
        """Make one attempt; whatever leaves is added to `out.left`. Raises `Without`."""
        ...


CALL = "tel:"  # what a link that calls begins with: a number stands in the words themselves


def numbered(drawn: Drawn) -> str:
    """Options as numbered lines, where nothing can be pressed; typing the number is the same as tapping."""
    numbers = (0 if option.value == "0" else number for number, option in enumerate(drawn.options, 1))  # "0. No bags"
    return "\n".join(f"{number}. {option.label}" for number, option in zip(numbers, drawn.options, strict=True))


def link_lines(attempt: Attempt, but: Collection[str] = ()) -> str:
    """Links as lines of text, for a channel without buttons; without those that are buttons."""
    known = [link for link in attempt.drawn.links if attempt.urls.get(link.purpose, CALL).startswith("http")]
    return "\n".join(f"{link.label}: {attempt.urls[link.purpose]}" for link in known if link.label not in but)
