"""The engine: a table of questions walked on one shared machine. The next question is the first one still open."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from transitions import Machine

from flows.menu import Menu, Offer
from flows.speech import Say
from flows.talk import Drop, Person, Send, Talk, ToTeam, Wish
from flows.understand.ear import Ear

__all__ = ["Conversation", "Drop", "Move", "Person", "Question", "Send", "Talk", "ToTeam", "Turn", "Wish"]

Draft = dict[str, Any]
Condition = Callable[[Draft, Menu], bool]


def always(draft: Draft, menu: Menu) -> bool:
    """Asked of everyone."""
    return True


@dataclass(frozen=True, slots=True)
class Question:
    """One row of the table: what is asked, how the answer is understood, when, and what the card shows."""

    key: str
    understand: Callable[[Ear], Any]
    """Words to a value, a Doubt, or None when the message says nothing about it."""
    card: Callable[[Talk, Offer], Say]
    only_if: Condition = always
    kept_if: Condition | None = None
    """When an answer given early is kept although the question is not asked."""
    whole: Callable[[str, Ear], Any] | None = None
    """For answers in the guest's own words: the whole message to a value or a Doubt."""
    needs: str | None = None
    skips: bool = False
    """May be answered with "skip", which is None in the draft."""
    counts: bool = False
    """A bare number is the answer, not the place of an option."""
    ask: bool = True
    """False for what is only taken when offered or asked for elsewhere."""


@dataclass(frozen=True, slots=True)
class Move:
    """News that takes the talk from one of some states to another."""

    news: str
    at: tuple[str, ...]
    to: str


@dataclass(frozen=True, slots=True)
class Turn:
    """What a turn came to: the talk to keep, what is said, what the handler is asked for."""

    talk: Talk
    replies: tuple[Say, ...]
    wishes: tuple[Wish, ...]


def _ask(key: str) -> str:
    """The event that asks this next."""
    return f"ask {key}"


class Conversation:
    """A table of questions, the state that follows them, and the moves from there on."""

    def __init__(self, questions: Sequence[Question], then: str, moves: Sequence[Move]) -> None:
        self.questions = tuple(questions)
        self.then = then
        self.moves = tuple(moves)
        self.keys = tuple(dict.fromkeys(question.key for question in questions))
        self.asked_by = {key: tuple(row for row in self.questions if row.key == key) for key in self.keys}
        self.after = tuple(dict.fromkeys(move.to for move in moves if move.to not in (*self.keys, then)))
        self.machine = self._machine()

    def _machine(self) -> Machine:
        """One machine for all guests: triggers are called with the talk, which is never registered, so nothing is kept."""
        machine = Machine(
            model=None,
            states=[*self.keys, self.then, *self.after],
            initial=self.keys[0],
            auto_transitions=False,
            send_event=True,
            ignore_invalid_triggers=True,
        )
        asking: list[Any] = [*self.keys, self.then]
        for key in asking:
            machine.add_transition(_ask(key), asking, key)
        for move in self.moves:
            at: list[Any] = list(move.at)
            machine.add_transition(move.news, at, move.to)
        return machine

    def is_open(self, question: Question, talk: Talk, menu: Menu) -> bool:
        """Whether the question is to be asked: it applies, and is unanswered, in doubt or asked again."""
        key = question.key
        again = key == talk.reopened or key in talk.doubts
        unsettled = again or key not in talk.draft or (key == "extras" and talk.choosing)
        wanted = question.ask or again or key == talk.state
        return bool(unsettled and wanted and question.only_if(talk.draft, menu))

    def wanted(self, talk: Talk, menu: Menu) -> str | None:
        """The question that goes before all others: one in doubt, or one the guest asked to change."""
        for key in (talk.urgent, talk.reopened):
            if key and any(self.is_open(row, talk, menu) for row in self.rows(key)):
                return key
        return None

    def go_on(self, talk: Talk, menu: Menu) -> None:
        """Move to the first question still open, or past the last."""
        if talk.state not in self.machine.states:
            talk.state = self.keys[0]  # kept by a version that had other questions
        key = self.wanted(talk, menu)
        key = key or next((row.key for row in self.questions if self.is_open(row, talk, menu)), self.then)
        if key != talk.state:
            self.machine.events[_ask(key)].trigger(talk)

    def move(self, news: str, talk: Talk) -> bool:
        """Follow the news; false when it came too late to mean anything here."""
        event = self.machine.events.get(news)
        return bool(event and event.trigger(talk))

    def rows(self, key: str) -> tuple[Question, ...]:
        """Every row that asks this."""
        return self.asked_by.get(key, ())

    def question(self, key: str, talk: Talk, menu: Menu) -> Question | None:
        """The row that asks this in this talk, if the key is a question at all."""
        rows = self.rows(key)
        return next((row for row in rows if row.only_if(talk.draft, menu)), rows[0] if rows else None)

    def applies(self, key: str, draft: Draft, menu: Menu) -> bool:
        """Whether an answer to this belongs into the draft."""
        return any((row.kept_if or row.only_if)(draft, menu) for row in self.rows(key))

    def on_demand(self, key: str, draft: Draft, menu: Menu) -> bool:
        """Whether this is not asked, but may be told by whoever wants to."""
        return any(not row.ask and row.only_if(draft, menu) for row in self.rows(key))

    def previous(self, talk: Talk, menu: Menu) -> str | None:
        """The answered question that stands before the open one."""
        answered = []
        for question in self.questions:
            if question.key == talk.state and self.is_open(question, talk, menu):
                break
            if question.key in talk.draft and question.key not in talk.given and question.only_if(talk.draft, menu):
                answered.append(question.key)
        return answered[-1] if answered else None
