"""What can be heard from a person and what can be said to one, whatever the channel."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Self

Text = Mapping[str, str]
Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Tap:
    """A pressed option: which question it answers, the value it stands for, and the turn that showed it."""

    question: str
    value: str
    turn: int

    def as_json(self) -> Json:
        """Plain values, ready to be kept."""
        return {"question": self.question, "value": self.value, "turn": self.turn}

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> Self:
        """The tap that `as_json` kept."""
        return cls(kept["question"], kept["value"], kept["turn"])


@dataclass(frozen=True, slots=True)
class Option:
    """One answer a person may tap.

    `label` is catalogue words in every language, plain words, or "@name": the block `name` of the script, drawn with this
    option's own `facts`. `short` is the same in 20 characters (Twilio: a reply button holds 20, a list row 24).
    """

    question: str
    value: str
    label: Text | str
    short: Text | str | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)

    def as_json(self) -> Json:
        """Plain values, ready to be kept."""
        kept: Json = {"question": self.question, "value": self.value, "label": _plain(self.label)}
        return kept | _filled(short=_plain(self.short), facts=dict(self.facts))

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> Self:
        """The option that `as_json` kept."""
        return cls(kept["question"], kept["value"], kept["label"], kept.get("short"), kept.get("facts", {}))


@dataclass(frozen=True, slots=True)
class Link:
    """A door to one of our pages, by its purpose: "pay", "booking", "ticket", "terms". Its words are the block `link_<purpose>`."""

    purpose: str

    def as_json(self) -> Json:
        """Plain values, ready to be kept; the address is derived at drawing and never stored."""
        return {"purpose": self.purpose}

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> Self:
        """The link that `as_json` kept."""
        return cls(kept["purpose"])


@dataclass(frozen=True, slots=True)
class Say:
    """One message: a block of the script, the facts it is drawn with, and what may be tapped under it.

    `before` are sentences of the same message that come first ("I did not catch …"), each a block with facts of its own and on
    a line of its own. `pick` says which days or times may be picked beyond the options, where the channel can show them:
    {"question", "kind": "day" or "time", "from", "to"}, as the draft keeps them. `edits` says that this may replace the card
    whose option was tapped, where the channel can edit. `about` is the number of
    the booking that its links lead to, where that is not the talk's own. `shares` is what a key of the channel's own may tell us
    at a touch: "phone" or "place"; `unshares` says that such a key was shown before, and is put away. `picture` is a picture of the
    booking itself ("picture": its ticket's), `photos` are the catalogue's ({"file", "alt"}), `documents` the booking's papers ("ticket").
    """

    block: str
    facts: Mapping[str, Any] = field(default_factory=dict)
    options: tuple[Option, ...] = ()
    links: tuple[Link, ...] = ()
    picture: str | None = None
    edits: bool = False
    before: tuple["Say", ...] = ()
    pick: Mapping[str, str] | None = None
    about: int | None = None
    shares: str | None = None
    unshares: bool = False
    photos: tuple[Mapping[str, Any], ...] = ()
    documents: tuple[str, ...] = ()

    def parts(self) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """Every (block, facts) of this message, in the order they are read."""
        for sentence in self.before:
            yield from sentence.parts()
        yield self.block, self.facts

    def as_json(self) -> Json:
        """Plain values, ready to be kept with a delivery."""
        kept: Json = {"block": self.block}
        return kept | _filled(
            facts=dict(self.facts),
            options=[option.as_json() for option in self.options],
            links=[link.as_json() for link in self.links],
            picture=self.picture,
            edits=self.edits,
            before=[sentence.as_json() for sentence in self.before],
            pick=dict(self.pick) if self.pick else None,
            about=self.about,
            shares=self.shares,
            unshares=self.unshares,
            photos=[dict(photo) for photo in self.photos],
            documents=list(self.documents),
        )

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> Self:
        """The message that `as_json` kept."""
        return cls(
            kept["block"],
            kept.get("facts", {}),
            tuple(Option.from_json(option) for option in kept.get("options", ())),
            tuple(Link.from_json(link) for link in kept.get("links", ())),
            kept.get("picture"),
            kept.get("edits", False),
            tuple(Say.from_json(sentence) for sentence in kept.get("before", ())),
            kept.get("pick"),
            kept.get("about"),
            kept.get("shares"),
            kept.get("unshares", False),
            tuple(kept.get("photos", ())),
            tuple(kept.get("documents", ())),
        )


@dataclass(frozen=True, slots=True)
class Media:
    """Something that came with a message: where the channel keeps it, and what it is ("audio/ogg")."""

    url: str
    content_type: str

    def as_json(self) -> Json:
        """Plain values, ready to be kept."""
        return {"url": self.url, "content_type": self.content_type}

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> Self:
        """The media that `as_json` kept."""
        return cls(kept["url"], kept["content_type"])


@dataclass(frozen=True, slots=True)
class Heard:
    """One thing a person did on a channel.

    `sender` is E.164 with "+" where the channel gives a phone, else the channel's own id; `at` is aware and in UTC; `kind` is
    text, tap, location, contact, voice, photo, video, document, sticker, edited or other; `location` is (latitude, longitude);
    `contact` is (name, phone), `of_another` whether the channel does not vouch that it is their own; `language` is what the
    channel says about the person.
    """

    channel: str
    external_id: str
    sender: str
    at: datetime
    words: str = ""
    name: str = ""
    kind: str = "text"
    tap: Tap | None = None
    location: tuple[float, float] | None = None
    contact: tuple[str, str] | None = None
    of_another: bool = False
    quotes: str | None = None
    language: str | None = None
    media: tuple[Media, ...] = ()
    group: bool = False
    """It was said before others, in a group."""
    vouched: bool = False
    """Of a letter: our mail server found that it comes from whom it says."""

    def as_json(self) -> Json:
        """Plain values, ready to be kept in the inbox."""
        kept: Json = {
            "channel": self.channel,
            "external_id": self.external_id,
            "sender": self.sender,
            "at": self.at.astimezone(UTC).isoformat(),
            "kind": self.kind,
        }
        return kept | _filled(
            words=self.words,
            name=self.name,
            tap=self.tap.as_json() if self.tap else None,
            location=list(self.location) if self.location else None,
            contact=list(self.contact) if self.contact else None,
            of_another=self.of_another,
            quotes=self.quotes,
            language=self.language,
            media=[media.as_json() for media in self.media],
            group=self.group,
            vouched=self.vouched,
        )

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> Self:
        """What `as_json` kept."""
        return cls(
            channel=kept["channel"],
            external_id=kept["external_id"],
            sender=kept["sender"],
            at=datetime.fromisoformat(kept["at"]),
            words=kept.get("words", ""),
            name=kept.get("name", ""),
            kind=kept.get("kind", "text"),
            tap=Tap.from_json(kept["tap"]) if kept.get("tap") else None,
            location=_pair(kept.get("location")),
            contact=_pair(kept.get("contact")),
            of_another=bool(kept.get("of_another")),
            quotes=kept.get("quotes"),
            language=kept.get("language"),
            media=tuple(Media.from_json(media) for media in kept.get("media", ())),
            group=bool(kept.get("group")),
            vouched=bool(kept.get("vouched")),
        )


def _plain(label: Text | str | None) -> Any:
    return label if label is None or isinstance(label, str) else dict(label)


def _filled(**values: Any) -> Json:
    return {key: value for key, value in values.items() if value}


def _pair(kept: Any) -> Any:
    return tuple(kept) if kept else None
