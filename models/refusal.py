"""The answers "no" that we expect to give, each with what the person can do next.

Refusal
├── NotOnSale
├── TooMany
├── TooSoon
├── InThePast
├── NoSuchTime
│   ├── NonexistentTime
│   └── AmbiguousTime
├── Incomplete
├── SoldOut
├── HoldEnded
├── NotYours
├── ChangedMeanwhile
├── TooLate
├── AlreadyPaid
├── Over
├── Underway
├── Dearer
└── TooOften

A docstring is the sentence for the log and the command line; each door words it once for people, from `key` and `facts`.
"""

import re
from typing import Any


class Refusal(Exception):
    """That is not possible."""

    def __init__(self, **facts: Any) -> None:
        """`facts` are plain values (money, instants and texts as they are kept), worded by whoever answers."""
        self.facts: dict[str, Any] = facts
        super().__init__((type(self).__doc__ or "").split("\n")[0])

    @property
    def key(self) -> str:
        """The name of the block of words: TooSoon is "too_soon"."""
        return re.sub(r"(?<!^)(?=[A-Z])", "_", type(self).__name__).lower()


class NotOnSale(Refusal):
    """We do not sell that; choose something else.

    facts: `what` service | route | vehicle | extra | place | pickup | departure | age | hours, and what was `asked` for;
    for an age also the `youngest` that may come along, for hours the `least` there are.
    """


class TooMany(Refusal):
    """That is more than fits; make it fewer, or ask a person.

    facts: `of` people | luggage | wheelchair | stops | hours | the key of an extra, `asked`, `most`.
    """


class TooSoon(Refusal):
    """That is too soon for us; take a later time.

    facts: `notice` minutes, `earliest` instant from which it is possible.
    """


class InThePast(Refusal):
    """That time has gone by; choose another.

    facts: `asked` instant, `now` instant.
    """


class NoSuchTime(Refusal):
    """That day the clock does not show this time once; choose another.

    facts: `local`, `zone`.
    """


class NonexistentTime(NoSuchTime):
    """The clock is put forward over this time, so it does not exist; choose an earlier or a later one.

    facts: `local`, `zone`, `earlier` and `later`: the nearest local times that exist.
    """


class AmbiguousTime(NoSuchTime):
    """The clock is put back, so this time comes twice; say which of the two.

    facts: `local`, `zone`, `earlier` and `later`: the time with its offset, as `time` of a draft may be written.
    """


class Incomplete(Refusal):
    """Something is still to be answered.

    facts: `missing`, the keys of the questions.
    """


class SoldOut(Refusal):
    """That was just taken, and nothing is charged; choose another.

    facts: `alternatives`.
    """


class HoldEnded(Refusal):
    """The time to pay ran out and what was held is free again; ask for it anew.

    facts: `ended` instant.
    """


class NotYours(Refusal):
    """This belongs to someone else; ask them, or ask a person of ours."""


class AlreadyPaid(Refusal):
    """This is paid already; nothing is due.

    facts: `at` instant.
    """


class ChangedMeanwhile(Refusal):
    """It was changed meanwhile; look at how it stands now, and ask again."""


class TooLate(Refusal):
    """That is too late to do without a person; one of the team sees to it."""


class Over(Refusal):
    """That booking is over or cancelled already; nothing is left to do in it."""


class Underway(Refusal):
    """It has begun or is about to; a person of the team sees to it.

    facts: `starts` instant.
    """


class TooOften(Refusal):
    """That was asked for several times already; we have it, and a call or a message reaches us.

    facts: `of` number | address | all: whose requests were counted.
    """


class Dearer(Refusal):
    """Cancelling costs more by now than what was agreed to; look at it again.

    facts: `fee` money.
    """
