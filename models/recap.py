"""The recap: a booking's story in its one fixed order, with what each audience may see of it and nothing else."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

Audience = Literal["guest", "team", "partner"]
Story = Mapping[str, Any]
Facts = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Field:
    """One line of a recap: which it is, and the plain values from which it is drawn."""

    key: str
    facts: Facts


def fields(story: Story, audience: Audience) -> list[Field]:
    """What an audience sees of a story, in the one order, with nothing that it may not see; empty fields are left out.

    Facts by field: service {service}, route {legs: [{from, to}]}, schedule {legs: [{starts, ends, minutes, pickup_at}]},
    flight {flights: [str]}, guest {guest}, party {party}, vehicle {vehicle}, extras {extras}, occasion {occasion},
    notes {notes}, price {lines, total, tax}, payment {payment, hold_until, free_until}, lead {leads}, source {source}.
    """
    drawn = [(key, FIELDS[key](story, audience)) for key in FIELDS if key in AUDIENCES[audience]]
    return [Field(key, facts) for key, facts in drawn if facts]


def _service(story: Story, audience: Audience) -> Facts:
    return {"service": story["service"]} if story.get("service") else {}


def _route(story: Story, audience: Audience) -> Facts:
    legs = [{"from": leg["from"], "to": leg.get("to")} for leg in _legs(story)]
    return {"legs": legs} if legs else {}


def _schedule(story: Story, audience: Audience) -> Facts:
    legs = [{key: leg.get(key) for key in ("starts", "ends", "minutes", "pickup_at")} for leg in _legs(story)]
    return {"legs": legs} if legs else {}


def _flight(story: Story, audience: Audience) -> Facts:
    flights = [leg["flight"] for leg in _legs(story) if leg.get("flight")]
    return {"flights": flights} if flights else {}


def _guest(story: Story, audience: Audience) -> Facts:
    hidden = () if audience != "partner" else ("email",)
    known = {key: value for key, value in (story.get("guest") or {}).items() if value and key not in hidden}
    return {"guest": known} if known else {}


def _price(story: Story, audience: Audience) -> Facts:
    if not story.get("lines") and not story.get("total"):
        return {}
    return {"lines": story.get("lines") or [], "total": story.get("total"), "tax": story.get("tax")}


def _payment(story: Story, audience: Audience) -> Facts:
    if not story.get("payment"):
        return {}
    return {key: story.get(key) for key in ("payment", "hold_until", "free_until")}


def _lead(story: Story, audience: Audience) -> Facts:
    """The guest learns the name; the number comes with the brief for the day, from the house."""
    shown = ("name",) if audience == "guest" else ("key", "name", "phone")
    leads: list[Facts] = []
    for leg in _legs(story):
        lead = {key: leg["lead"][key] for key in shown if leg["lead"].get(key)} if leg.get("lead") else {}
        if lead and lead not in leads:
            leads.append(lead)
    return {"leads": leads} if leads else {}


def _as_it_is(key: str) -> Callable[[Story, Audience], Facts]:
    return lambda story, audience: {key: story[key]} if story.get(key) else {}


def _legs(story: Story) -> list[Facts]:
    return story.get("legs") or []


FIELDS: dict[str, Callable[[Story, Audience], Facts]] = {
    "service": _service,
    "route": _route,
    "schedule": _schedule,
    "flight": _flight,
    "guest": _guest,
    "party": _as_it_is("party"),
    "vehicle": _as_it_is("vehicle"),
    "extras": _as_it_is("extras"),
    "occasion": _as_it_is("occasion"),
    "notes": _as_it_is("notes"),
    "price": _price,
    "payment": _payment,
    "lead": _lead,
    "source": _as_it_is("source"),
}
AUDIENCES: dict[Audience, frozenset[str]] = {
    "guest": frozenset(FIELDS) - {"source"},
    "team": frozenset(FIELDS),
    "partner": frozenset(FIELDS) - {"price", "payment", "source"},
}
