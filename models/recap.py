"""The recap: a booking's story in its one fixed order, with what each audience may see of it and nothing else."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

Audience = Literal["guest", "team", "partner"]
Story = Mapping[str, Any]
Facts = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Field:
    """One line of a recap: which it is, and the plain values from which it is drawn, by the keys they have in the story."""

    key: str
    facts: Facts


@dataclass(frozen=True, slots=True)
class Kind:
    """Which parts of the story, and of each of its legs, a field is drawn from. Without its `subject` it is left out."""

    subject: Callable[[Facts], Any]
    parts: tuple[str, ...] = ()
    legs: tuple[str, ...] = ()


def _whole(part: str, *more: str) -> Kind:
    return Kind(lambda facts: facts.get(part), (part, *more))


def _of_a_leg(part: str) -> Callable[[Facts], Any]:
    return lambda facts: any(leg.get(part) for leg in facts["legs"])


FIELDS: dict[str, Kind] = {
    "service": Kind(lambda facts: facts.get("service"), ("service",), ("starts",)),
    "route": Kind(_of_a_leg("from"), ("service", "plan"), ("from", "stops", "to", "minutes")),
    "schedule": Kind(_of_a_leg("starts"), ("service",), ("from", "starts", "ends", "minutes", "pickup_at")),
    "flight": Kind(_of_a_leg("flight"), legs=("from", "flight")),
    "guest": _whole("guest"),
    "party": _whole("party"),
    "vehicle": _whole("vehicle"),
    "extras": _whole("extras"),
    "occasion": _whole("occasion"),
    "notes": _whole("notes", "asked"),
    "price": _whole("total", "lines", "tax"),
    "payment": _whole("payment", "hold_until", "free_until", "state"),
    "lead": Kind(_of_a_leg("lead"), legs=("lead",)),
    "source": _whole("source"),
}
AUDIENCES: dict[Audience, tuple[str, ...]] = {
    "guest": tuple(key for key in FIELDS if key != "source"),
    "team": tuple(FIELDS),
    "partner": tuple(key for key in FIELDS if key not in ("price", "payment", "source")),
}
# What of a person an audience is told; the guest gets the lead's number from the house, with the brief for the day.
GUEST: dict[Audience, tuple[str, ...]] = {
    "guest": ("name", "phone", "email", "language"),
    "team": ("name", "phone", "email", "language"),
    "partner": ("name", "phone", "language"),
}
LEAD: dict[Audience, tuple[str, ...]] = {
    "guest": ("name",),
    "team": ("key", "name", "phone"),
    "partner": ("key", "name", "phone"),
}


def fields(story: Story, audience: Audience) -> list[Field]:
    """What an audience sees of a story, in the one order, with nothing that it may not see; empty fields are left out.

    The facts of a field are a story of their own: the same keys and shapes, but only the parts that `FIELDS` names for it,
    the persons as `GUEST` and `LEAD` show them, and `audience`.
    """
    drawn = [(key, _facts(FIELDS[key], story, audience)) for key in AUDIENCES[audience]]
    return [Field(key, facts) for key, facts in drawn if FIELDS[key].subject(facts)]


def changed(before: Story, after: Story, audience: Audience) -> list[dict[str, Any]]:
    """What an audience sees changed of a story, in the one order: `key`, and the facts it was and is drawn from (None: nothing).

    What it costs and how it is paid is told apart.
    """
    old, new = ({each.key: each.facts for each in fields(story, audience)} for story in (before, after))
    return [
        {"key": key, "old": old.get(key), "new": new.get(key)}
        for key in AUDIENCES[audience]
        if key not in TOLD_APART and old.get(key) != new.get(key)
    ]


TOLD_APART = ("price", "payment", "lead", "source")


def _facts(kind: Kind, story: Story, audience: Audience) -> Facts:
    facts: Facts = {part: story.get(part) for part in kind.parts} | {"audience": audience}
    if facts.get("guest"):
        facts["guest"] = _only(GUEST[audience], story["guest"])
    if kind.legs:
        facts["legs"] = [_only(kind.legs, leg) for leg in story.get("legs") or []]
    for leg in facts.get("legs", []):
        if leg.get("lead"):
            leg["lead"] = _only(LEAD[audience], leg["lead"])
    return facts


def _only(keys: tuple[str, ...], of: Mapping[str, Any]) -> Facts:
    return {key: of.get(key) for key in keys}
