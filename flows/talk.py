"""One person's talk with the bot: where it is, what is known, what was last shown."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any, ClassVar, Self

from flows.speech import Say


@dataclass(frozen=True, slots=True)
class Send:
    """Claim what the draft asks for, make the booking, tell the house; then `learn("sent")` or `learn("sold_out")` and say again.

    `waits`: what is sold out is put on the waiting list instead, then `learn("waitlisted")`.
    """

    waits: bool = False
    kind: ClassVar[str] = "send"


@dataclass(frozen=True, slots=True)
class Person:
    """A person of the team shall take over: tell them, and keep the bot silent. `words` is what the guest said."""

    words: str = ""
    kind: ClassVar[str] = "person"


@dataclass(frozen=True, slots=True)
class Hop:
    """The guest goes on, or may, in another channel ("": in whichever): a link that can be used once."""

    channel: str
    kind: ClassVar[str] = "hop"


@dataclass(frozen=True, slots=True)
class Drop:
    """The guest started over: what was drafted is forgotten."""

    kind: ClassVar[str] = "drop"


@dataclass(frozen=True, slots=True)
class ToTeam:
    """A message for the team about a booking that stands, the talk's own unless `reference` names another.

    `media` is the kind of what came with it ("voice", "photo"), else "". `matter` says what it is about where we know:
    "lost", "driver", "flight_off", "late", else "".
    """

    words: str
    media: str = ""
    reference: str = ""
    matter: str = ""
    kind: ClassVar[str] = "to_team"


@dataclass(frozen=True, slots=True)
class Change:
    """Make a booking what the draft says, at the price that was shown; then `learn("changed")` or why not, and say again."""

    reference: str
    kind: ClassVar[str] = "change"


@dataclass(frozen=True, slots=True)
class Cancel:
    """Cancel a booking, or one `what` of its two ways ("all", "there", "back"), for the fee that was shown (`agreed`, minor units)."""

    reference: str
    what: str
    agreed: int
    kind: ClassVar[str] = "cancel"


HANGS_ON = {
    "date": ("time", "departure", "return_date"),
    "return_date": ("return_time",),
    "pickup": ("dropoff",),
    "party": ("departure",),
}
"""Questions whose doubt falls away when another answer changes."""


@dataclass(frozen=True, slots=True)
class Resend:
    """Send the papers of a booking again, here and to a mail `address` if there is one."""

    reference: str
    address: str = ""
    kind: ClassVar[str] = "resend"


@dataclass(frozen=True, slots=True)
class Leave:
    """Take a booking off the waiting list, or give back what it was offered from there; then `learn("list_left")`."""

    reference: str
    kind: ClassVar[str] = "leave"


@dataclass(frozen=True, slots=True)
class Delayed:
    """Move the pick-up of one way (by number) to a new landing, "2026-11-21T19:10" by the operator's clock. `words` told it."""

    reference: str
    leg: int
    landing: str
    words: str = ""
    kind: ClassVar[str] = "delayed"


Wish = Send | Person | Drop | ToTeam | Cancel | Resend | Delayed | Change | Leave | Hop
_WISHES: dict[str, type[Wish]] = {
    wish.kind: wish for wish in (Send, Person, Drop, ToTeam, Cancel, Resend, Delayed, Change, Leave, Hop)
}
ANSWERED = (Send, Cancel, Resend, Delayed, Change, Leave)
"""Wishes whose answer comes by `learn`: until then the turn says nothing."""


def apart(value: Any) -> Any:
    """The same plain value, sharing nothing that can be changed; many times faster than `copy.deepcopy`."""
    if isinstance(value, dict):
        return {key: apart(each) for key, each in value.items()}
    return [apart(each) for each in value] if isinstance(value, (list, tuple)) else value


@dataclass
class Talk:
    """The whole of a talk, plain values all through. What lies in them is replaced, never changed: a copy may share it.

    `draft` holds the answers under the questions' keys, in the order they were given; `turn` numbers the last card shown.
    """

    VERSION: ClassVar[int] = 1

    state: str = "service"
    draft: dict[str, Any] = field(default_factory=dict)
    turn: int = 0
    language: str = "en"
    misses: int = 0
    """Messages not understood in a row."""
    given: list[str] = field(default_factory=list)
    """Answers the channel gave, not the guest."""
    profile: str = ""
    source: str | None = None
    """Whose card or link brought the guest; it goes with the request that is sent next."""
    channel: str = ""
    """Where it is held."""
    desk: dict[str, str] | None = None
    """Who of the team took it over or handed it back last: `who`, `what` ("took_over", "handed_back"), `at` (ISO 8601)."""
    beside: dict[str, Any] | None = None
    """Another request, which waits until the guest has said which of the two goes on (`flows/hopping.py`)."""
    elsewhere: str | None = None
    """The channel on which this talk goes on."""
    reopened: str | None = None
    """An answered question that is asked again; its answer stays until there is a new one."""
    urgent: str | None = None
    """A question whose answer was in doubt: it is cleared up before others are asked."""
    choosing: bool = False
    """Extras are being ticked; "done" ends it."""
    pictured: list[str] = field(default_factory=list)
    """The pictures of the catalogue that were shown: a question that is asked again comes without."""
    sharing: str | None = None
    """What the last card's key of the channel's own would have told at a touch: it is put away with the next one."""
    changed: int = 0
    """The card that first showed the draft as it is now: a "send" on an older card is not a yes to this one."""
    shown: list[dict[str, Any]] = field(default_factory=list)
    """The last card's options: question, value, and the words that mean it."""
    doubts: dict[str, dict[str, Any]] = field(default_factory=dict)
    """What stands in place of a question's ordinary card, by question."""
    heard: str = ""
    """When the guest last wrote: ISO 8601 with its offset, by the operator's clock."""
    nudged: bool = False
    """Whether we have broken the silence over this draft; once is enough."""
    aside: str | None = None
    """What is shown beside or instead of the open question, for one turn."""
    ask: dict[str, Any] | None = None
    """What is asked about a booking in this turn: its name in `asks`, and what its words told."""
    left: dict[str, Any] | None = None
    """What we asked back about a booking in the last turn: the next words may answer it."""
    answer_to_ask: dict[str, Any] | None = None
    """What came of a wish about a booking: it is said in this turn."""
    facts: dict[str, Any] = field(default_factory=dict)
    """What we were told about the booking: hold_until, due, reference."""
    understood: list[str] = field(default_factory=list)
    remarks: list[dict[str, Any]] = field(default_factory=list)
    wishes: list[dict[str, Any]] = field(default_factory=list)

    @classmethod
    def new(cls, language: str = "en") -> Self:
        """A talk in which nothing has been said."""
        return cls(language=language)

    def copy(self) -> Self:
        """The same talk, to be changed without touching the one that was read."""
        copied = object.__new__(type(self))
        copied.__dict__ = {
            name: value.copy() if isinstance(value, (dict, list)) else value for name, value in vars(self).items()
        }
        return copied

    def next(self) -> Self:
        """The talk as a new turn begins: what was said in the last one has been said."""
        talk = self.copy()
        talk.understood, talk.remarks, talk.wishes, talk.aside = [], [], [], None
        talk.ask = talk.answer_to_ask = None
        return talk

    def remark(self, block: str, **facts: Any) -> None:
        """Say this first in the next message."""
        self.remarks.append(Say(block, facts).as_json())

    def wish(self, wish: Wish) -> None:
        """Ask the handler for something only it can do."""
        self.wishes.append({"kind": wish.kind} | asdict(wish))

    def wished(self) -> tuple[Wish, ...]:
        """What this turn asks the handler for."""
        return tuple(_WISHES[kept["kind"]](**{k: v for k, v in kept.items() if k != "kind"}) for kept in self.wishes)

    def answer(self, key: str, value: Any) -> None:
        """Keep an answer as the newest one."""
        if key not in self.draft or self.draft[key] != value:
            self.changed = self.turn + 1
        self.draft.pop(key, None)
        self.draft[key] = value
        for doubted in (key, "review", *(each for each in HANGS_ON.get(key, ()) if not self._two_readings(each))):
            self.doubts.pop(doubted, None)
        self.reopened = None if self.reopened == key else self.reopened
        self.urgent = None if self.urgent == key else self.urgent

    def _two_readings(self, key: str) -> bool:
        """Whether what the guest said ("half past two", "in the evening") is still open whatever the day."""
        return bool({"times", "part"} & set(self.doubts.get(key, {}).get("memory", {})))

    def forget(self, key: str) -> None:
        """The answer no longer holds; the question is open again."""
        if self.draft.pop(key, None) is not None:
            self.changed = self.turn + 1

    def as_json(self) -> dict[str, Any]:
        """Plain values with the version they were written in."""
        return {"version": self.VERSION} | {f.name: apart(getattr(self, f.name)) for f in fields(self)}

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> Self:
        """The talk that was kept; what a later version added is left aside, what it lacks takes its default."""
        known = {f.name for f in fields(cls)}
        return cls(**{key: apart(value) for key, value in kept.items() if key in known})
