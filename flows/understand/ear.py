"""What a reader of words is given, and what it answers when the words leave a doubt."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from flows.menu import Menu, World
from flows.speech import Option, Say
from flows.understand.text import Words
from flows.understand.vocabulary import Pattern, Vocabulary


@dataclass(frozen=True, slots=True)
class Doubt:
    """The words could mean several things, or nothing we can do: what to say and offer instead of a guess.

    `memory` is what was understood so far and is needed to read the answer; `missed` says that the guest was not understood.
    """

    block: str
    facts: Mapping[str, Any] = field(default_factory=dict)
    options: tuple[Option, ...] = ()
    memory: Mapping[str, Any] = field(default_factory=dict)
    missed: bool = False

    def as_json(self) -> dict[str, Any]:
        """Plain values, kept with the talk until the question is answered."""
        return {"say": Say(self.block, self.facts, self.options).as_json(), "memory": dict(self.memory)}


@dataclass(slots=True)
class Ear:
    """One message on its way to being understood, in the light of the question that is open."""

    words: Words
    asked: str
    draft: Mapping[str, Any]
    world: World
    vocabulary: Vocabulary
    memory: Mapping[str, Any] = field(default_factory=dict)
    """What the doubt of the open question remembers."""
    shown: tuple[str, ...] = ()
    """The values of the open question's options, as they were last shown."""
    found: dict[str, Any] = field(default_factory=dict)
    """What the other readers have found in this message."""

    @property
    def menu(self) -> Menu:
        """What is on sale."""
        return self.world.menu

    def likely(self, key: str) -> None:
        """The answer to this question was taken though its words were not quite plain: it is said back in any case."""
        self.found.setdefault("_likely", set()).add(key)

    def bare_number(self) -> int | None:
        """The one number that is all there is in the message."""
        number = self.vocabulary.number(self.words.rest)
        if number is not None:
            self.words.cross_out_all()
        return number

    def is_all(self, pattern: Pattern) -> bool:
        """Whether the pattern is all that is left of the message; then it has been understood."""
        matches = bool(pattern.match(self.words.rest))
        if matches:
            self.words.cross_out_all()
        return matches
