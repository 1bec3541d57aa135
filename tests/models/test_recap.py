"""Each audience sees its fields of a story, in the one order, and nothing else."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from models.recap import AUDIENCES, fields

ORDER = [
    "service",
    "route",
    "schedule",
    "flight",
    "guest",
    "party",
    "vehicle",
    "extras",
    "occasion",
    "notes",
    "price",
    "payment",
    "lead",
    "source",
]
SECRETS = {
    "guest": ("LEADPHONE", "LEADKEY", "SOURCE", "DISPATCH"),
    "team": ("DISPATCH",),
    "partner": ("TOTAL", "LINE", "TAX", "PAYMENT", "EMAIL", "SOURCE", "DISPATCH"),
}


def maybe(value: Any) -> st.SearchStrategy[Any]:
    """The value, or nothing."""
    return st.sampled_from([value, None])


LEG = st.fixed_dictionaries(
    {
        "from": st.just({"name": "Airport PUJ", "zone": {"en": "Airport"}, "kind": "airport"}),
        "to": maybe({"name": "Hotel Arena Blanca", "zone": {"en": "Bávaro"}, "kind": "hotel"}),
        "starts": st.just({"utc": "2026-11-21T19:00:00Z", "zone": "America/Santo_Domingo"}),
        "ends": st.just({"utc": "2026-11-21T19:35:00Z", "zone": "America/Santo_Domingo"}),
        "minutes": st.just(35),
        "flight": st.sampled_from(["BA2203", "unknown", None]),
        "dispatch": st.just("DISPATCH"),
        "lead": maybe({"key": "LEADKEY", "name": "Rafael", "phone": "LEADPHONE"}),
    }
)
STORY = st.fixed_dictionaries(
    {
        "service": st.just({"kind": "transfer", "key": "transfer", "name": {"en": "Transfer"}}),
        "legs": st.lists(LEG, min_size=1, max_size=2),
        "guest": st.fixed_dictionaries(
            {"name": st.just("Hannah"), "phone": maybe("PHONE"), "email": maybe("EMAIL"), "language": st.just("en")}
        ),
        "party": st.just({"adults": 3, "children": [4], "infants": 0, "luggage": 6}),
        "vehicle": maybe({"key": "van", "name": {"en": "Van"}, "seats": 7, "icon": "van"}),
        "extras": st.sampled_from([[], [{"key": "flowers", "name": {"en": "Flowers"}, "quantity": 1}]]),
        "occasion": maybe("Birthday"),
        "notes": maybe("Gate 3"),
        "lines": st.just([{"label": "LINE"}]),
        "total": maybe({"minor": 4800, "currency": "TOTAL"}),
        "tax": maybe({"name": "TAX"}),
        "payment": maybe({"state": "PAYMENT"}),
        "hold_until": maybe("SOON"),
        "free_until": maybe("LATER"),
        "source": st.just({"channel": "SOURCE"}),
    }
)


def told(story: dict[str, Any]) -> set[str]:
    """The fields of which a story has something to say."""
    plain = {"guest", "party", "vehicle", "extras", "occasion", "notes", "payment", "source", "service"}
    known = {key for key in plain if story[key]} | {"route", "schedule"}
    known |= {"price"} if story["total"] else set()
    return known | {part for part in ("flight", "lead") for leg in story["legs"] if leg[part]}


@given(STORY, st.sampled_from(sorted(AUDIENCES)))
def test_every_field_an_audience_may_see_is_there_in_the_one_order(story: dict[str, Any], audience: Any) -> None:
    """What the story has and the audience may see is shown, in the order of the house."""
    shown = [field.key for field in fields(story, audience)]
    assert shown == [key for key in ORDER if key in AUDIENCES[audience] and key in told(story)]


@given(STORY, st.sampled_from(sorted(AUDIENCES)))
def test_no_audience_is_shown_what_is_not_for_it(story: dict[str, Any], audience: Any) -> None:
    """A partner never sees price, payment or the guest's mail; a guest never the lead's number or the source."""
    drawn = json.dumps([field.facts for field in fields(story, audience)])
    assert not [secret for secret in SECRETS[audience] if secret in drawn]


@given(STORY)
def test_drawing_a_recap_leaves_the_story_as_it_was(story: dict[str, Any]) -> None:
    """Hiding something from one audience does not take it from the next."""
    before = json.dumps(story)
    for audience in AUDIENCES:
        fields(story, audience)
    assert json.dumps(story) == before
