"""What a language must bring so that the shared grammar can read it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from flows.understand.grammar import Grammar

Pattern = re.Pattern[str]


@lru_cache(maxsize=4096)
def phrase(words: str) -> Pattern:
    """A pattern of whole words, to be searched in folded text."""
    return re.compile(rf"\b(?:{words})\b")


def whole(words: str) -> Pattern:
    """A pattern that must be the whole (plain) message."""
    return re.compile(rf"(?:{words})\Z")


def opening(words: str) -> Pattern:
    """A pattern that a folded message must begin with, whatever signs stand before it."""
    return re.compile(rf"\A\W*(?:{words})\b")


def later_of(unit: str, week: str, behind: str, before: str) -> Pattern:
    """ "A week later", "after 5 nights": the number before its unit, with what stands behind or before them."""
    number = r"(?P<n{0}>\d{{1,2}}|[a-z]+) (?:{1}|(?P<weeks{0}>{2}))"
    return phrase(rf"{number.format('', unit, week)} (?:{behind})|(?:{before}) {number.format(2, unit, week)}")


def stop_of(announced: str, ends: str) -> Pattern:
    """What announces a stop, and its name in group place up to one of the words that end it."""
    end = rf"(?P<place>[^,;·\n]{{2,60}}?)(?=\s+(?:{ends})\b|\s*(?:[,;·\n.]|\Z))"
    return phrase(rf"(?:{announced})\s+{end}")


def alternatives(words: Mapping[str, int]) -> str:
    """The words of a table as a pattern, the longest first."""
    return "|".join(sorted(map(re.escape, words), key=len, reverse=True))


@dataclass(frozen=True, kw_only=True)
class Vocabulary:
    """One language. Patterns are on folded text (small letters, no accents); named groups are what the grammar asks for."""

    language: str
    numbers: Mapping[str, int]
    ordinals: Mapping[str, int]
    called: Pattern
    """What the language is called, by whoever asks for it."""
    speaking: frozenset[str]
    """What may stand around the name of a language that is asked for: "in", "speak"."""
    also: Pattern
    """Joins the last two of several: "and"."""
    joining: Pattern
    """Joins parts of a message that may tell different things: "and", "with"."""
    denying: frozenset[str]
    articles: Pattern
    of_what: Pattern
    """Stands between a thing and what kind of it is meant: "piece of luggage"."""
    thing_last: bool
    """Of a name of several words the last says what the thing is: "child seat"."""
    amid: Pattern
    """What may stand within an extra's name besides the fillers: "baby car seat"."""
    address: Pattern
    """What an address begins with."""
    no_airline: Pattern
    """Words of two letters before a number that are no airline: "at 3"."""
    one_person: Pattern
    """Somebody travels alone; asked who travels, it asks for nobody of the team."""
    marks: frozenset[str]
    """Words that give the language away."""

    hello: Pattern
    yes: Pattern
    no: Pattern
    mine: Pattern
    """The profile's name is meant: "me", "mine", "that is my name"."""
    skip: Pattern
    done: Pattern
    keep: Pattern
    none: Pattern
    unknown: Pattern
    thanks: Pattern
    send: Pattern
    correction: Pattern
    """How a correction begins: "actually", "no,"."""
    instead: Pattern
    """Stands between what was said first and what is meant: "no", "I mean"."""
    only: Pattern
    filler: frozenset[str]
    """Words that add nothing to an answer: "the", "please"."""
    idle: frozenset[str]
    """Words of a request that tell nothing of their own; whatever else is not understood is shown back."""
    polite: Pattern
    """Turns of phrase that tell nothing, found anywhere."""
    option: Pattern
    """An option by its place; group n."""
    anytime: Mapping[str, Pattern]
    """What may be said at any moment, by its name in `anytime.py`."""
    asks: Mapping[str, Pattern]
    """What is asked about a booking at any moment, by its name in `asks`; found anywhere in a short message."""
    asks_booked: Mapping[str, Pattern]
    """What means the same only of somebody who is booked: in a draft it is an answer."""
    back_only: Pattern
    """Of two ways the way back is meant."""
    there_only: Pattern
    by_mail: Pattern
    """Papers are wanted by mail."""
    late: Pattern
    """Groups hours, minutes: by how much a flight is late."""
    wants_person: Pattern
    """Found anywhere in a short message: somebody of the team is wanted."""
    price_asked: Pattern
    """Found anywhere: what does it cost?"""
    and_what: Pattern
    """How a further question begins: "and to …?", "what about …?"."""
    asking: Pattern
    """A message that begins so asks us something; group fact when it wants to know, not to have."""
    declined: Mapping[str, Pattern]
    """What is not wanted, by question: "no extras", "no e-mail"."""
    negated: Pattern
    """A day or time that is not meant: "not tomorrow, " before the one that is."""
    waiting_list: Pattern
    """The waiting list is asked for."""
    off_the_list: Pattern
    """Somebody waits no more."""
    changing: Pattern
    """Found in what asks for a change of something that stands: "make it", "add", "instead"."""
    change: Pattern
    """ "change the time", group what; "change the time to 4pm", group to."""
    lines: Mapping[str, Pattern]
    """How each question is called when it is to be changed."""

    grammar: Grammar
    """Numbers, days and times of day."""
    loose: frozenset[str]
    """What may stand around a bare number besides the fillers: "around", "or so"."""
    there_by: Pattern
    """The time that follows is when they must have arrived: "be at the airport by"."""
    takeoff: Pattern
    """The time that follows is when their flight leaves."""
    for_so_many: Pattern
    """Group n: "for three", with nothing counted behind it."""
    no_count: Pattern
    """A number word that counts nobody: "the cheap one"."""
    """Group n: "family of 5"."""
    bags: Pattern
    no_bags: Pattern
    wheelchair: Pattern
    """With whatever tells its kind; group many."""
    folding: Pattern
    """Says of it that it folds, or `rigid`: that it does not."""
    rigid: Pattern

    route: Pattern
    """Groups pickup, dropoff."""
    pickup: Pattern
    dropoff: Pattern
    staying: Pattern
    """Where the guest lives: the end of the ride that is no airport; group place."""
    from_there: Pattern
    """Where, behind a destination, the other end begins."""
    way: Pattern
    """What announces an end of the ride; groups pickup, dropoff, leave (perhaps a pick-up) and to (perhaps a destination)."""
    between: Pattern
    """Groups pickup, dropoff."""
    before_name: Pattern
    after_name: Pattern
    """What no place's name holds: it ends there."""
    name_tail: Pattern
    generic: Pattern
    """A kind of place and no name: "the hotel", "there"."""
    no_name: Pattern
    """What no place's name begins with."""
    infinitive: Pattern
    """What stands before a "to" that is no way: "need to"."""
    arriving: Pattern
    """Said of the end of a ride; the word nearest before a time tells of what it is the time."""
    setting_out: Pattern
    """Said of its beginning."""
    by: Pattern
    """What a time begins with that is a limit."""
    not_before: Pattern
    """What a time begins with from which on any will do: "after 3 pm"."""
    riding: Pattern
    """Somebody wants to go somewhere."""
    and_more: Pattern
    """What comes behind a known place's name and is no part of it: "with", "and my"."""
    place_filler: Pattern
    airport: Pattern
    transfer: Pattern
    room: Pattern
    """Group room."""
    cheapest: Pattern
    largest: Pattern
    flight: Pattern
    """The word before a flight number."""
    name: Pattern
    """Group name: "my name is …"."""
    i_am: Pattern
    """What comes before a name only when capitals follow."""
    occasions: Mapping[str, Pattern]
    ours: Pattern
    """Stands before an occasion that is the guest's, not an extra's name."""
    own_way: Pattern
    """The guest comes to the start of a tour without being fetched."""
    without: Pattern
    """Stands before an extra that is not wanted."""
    more: Pattern
    """Stands by an extra of which there shall be so many more."""
    less: Pattern
    hotel: Pattern
    """What a guest calls the end of the ride that is no airport."""
    hotel_is: Pattern
    """That end is told, or told anew; group place."""

    one_way: Pattern
    both_ways: Pattern
    way_back: Pattern
    """Groups rest, rest2: what is told of the way back."""
    days_later: Pattern
    """Group n: so many days after the way there; group weeks when they are weeks."""
    via: Pattern
    """A stop on the way; group place."""
    for_hours: Pattern
    """So many hours of a chauffeur, told by the way; group n."""
    bare_hours: Pattern
    """The same as an answer; group n."""
    half_day: Pattern
    whole_day: Pattern
    hired: Pattern
    """Somebody who drives is wanted."""

    def number(self, words: str) -> int | None:
        """ "four" or "4" as a number, None when it is neither."""
        words = words.strip()
        if words.isdecimal() and len(words) < 10:
            return int(words)
        return self.numbers.get(words)
