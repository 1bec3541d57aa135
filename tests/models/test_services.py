"""Every kind of service as it is asked for, priced and claimed: there and back, stops, hours, charters, packages."""

from datetime import UTC, datetime
from typing import Any

import pytest

from bot import words
from models.catalog import compile
from models.price import Quote, quote, vehicle_prices
from models.refusal import Incomplete, NotOnSale, Refusal, TooMany
from models.request import Request, as_instant, from_draft
from models.story import told
from tests.models.test_price import CONTENT, COSTA, NOW, TRANSFER, asked, priced, usd

ONE_WAY = TRANSFER | {"extras": {}}
BACK = ONE_WAY | {"trip": "return", "return_date": "2026-11-28", "return_time": "11:00", "return_flight": "BA2204"}
HOURS: dict[str, Any] = {
    "service": "chauffeur", "pickup": {"place": "arena_blanca"}, "date": "2026-11-21", "time": "15:00", "hours": 4,
    "party": {"adults": 3, "children": [], "infants": 0}, "vehicle": "suv", "plan": "Zona Colonial",
}  # fmt: skip
YACHT: dict[str, Any] = {
    "service": "yacht", "pickup": {"place": "arena_blanca"}, "departure": "2026-11-24T09:00",
    "party": {"adults": 6, "children": [3], "infants": 0},
}  # fmt: skip
ROMANCE = ONE_WAY | {
    "service": "romance", "vehicle": "suv", "luggage": 2, "party": {"adults": 2, "children": [], "infants": 0},
}  # fmt: skip
FAMILY = BACK | {"service": "family", "trip": None}


def lines(found: Quote) -> list[tuple[str, int, Any]]:
    """What was sold, how often, for how much."""
    return [(line.key, line.quantity, line.amount) for line in found.lines]


def recap(request: Request, language: str = "en") -> dict[str, str]:
    """What a guest reads of it."""
    source = {"channel": "whatsapp", "at": as_instant(NOW, "America/Santo_Domingo")}
    story = told(request, quote(COSTA, request), COSTA, language=language, source=source)
    return {key: value for key, _, value in words.story_recap(story, "team", language)}


# --- there and back ---


def test_the_way_back_is_a_leg_of_its_own_with_a_line_of_its_own() -> None:
    """Van to Bávaro and a week later back: 48 each way, each way claimed for itself."""
    request = asked(BACK)
    out, back = request.legs
    assert (out.origin.place, out.destination and out.destination.place, out.flight) == (
        "puj",
        "arena_blanca",
        "BA2203",
    )
    assert (back.origin.place, back.destination and back.destination.place) == ("arena_blanca", "puj")
    assert (back.starts, back.flight) == (datetime(2026, 11, 28, 15, 0, tzinfo=UTC), "BA2204")
    assert lines(priced(BACK)) == [("vehicle:van", 1, usd("48")), ("vehicle:van", 1, usd("48"))]
    assert [need.starts for need in request.resources()] == [out.starts, back.starts]
    assert [price for vehicle, price in vehicle_prices(COSTA, request) if vehicle.key == "van"] == [usd("96")]


def test_there_and_back_is_told_in_the_recap() -> None:
    """Both days, both flights, in both languages."""
    drawn = recap(asked(BACK))
    assert drawn["service"] == "Private transfer, round trip"
    assert drawn["schedule"] == "Sat 21 Nov 15:00 out, Sat 28 Nov 11:00 back"
    assert drawn["flight"] == "BA 2203 in, BA 2204 out"
    assert recap(asked(BACK), "es")["schedule"] == "sáb 21 nov 15:00 ida, sáb 28 nov 11:00 vuelta"


def test_the_way_back_begins_after_the_way_there_has_ended() -> None:
    """At 15:20 they are still on the road, and a day without an hour is no way back yet."""
    for changes in ({"return_date": "2026-11-21", "return_time": "15:20"}, {"return_time": None}):
        with pytest.raises(Incomplete):
            asked(BACK, **changes)


def test_a_draft_from_before_there_was_a_way_back_is_one_way() -> None:
    """Nobody was asked, nothing is assumed."""
    assert len(asked(ONE_WAY).legs) == len(asked(ONE_WAY, trip="one_way").legs) == 1


def test_no_way_back_is_sold_where_the_catalogue_has_none() -> None:
    """An operator may sell single rides only."""
    content = CONTENT | {"services": {**CONTENT["services"], "transfer": CONTENT["services"]["transfer"].copy()}}
    del content["services"]["transfer"]["round_trip"]
    assert len(from_draft(BACK, compile(content)).legs) == 1


# --- stops ---


def test_a_stop_costs_and_takes_the_routes_to_it_and_on() -> None:
    """Airport to Bávaro by way of Cap Cana: 41 + 56, 20 and 40 minutes of road and a quarter of an hour there."""
    request = asked(ONE_WAY, stops=[{"place": "marina_cap_cana"}])
    assert request.legs[0].minutes == COSTA.routes["puj", "cap_cana"].minutes + 40 + 15
    fare = COSTA.routes["puj", "cap_cana"].prices["van"] + usd("56")
    assert lines(quote(COSTA, request)) == [("vehicle:van", 1, fare)]
    detail = quote(COSTA, request).lines[0].detail or {}
    assert detail["en"] == "Airport PUJ → Marina Cap Cana → Hotel Arena Blanca"
    assert (
        recap(request)["route"] == "Airport PUJ, exit B, by way of Marina Cap Cana, to Hotel Arena Blanca, main lobby"
    )


def test_a_stop_may_be_typed_and_lies_in_its_zone() -> None:
    """A villa in Cap Cana costs what Cap Cana costs; the way back knows nothing of it."""
    villa = {"typed": "Villa Rosa", "zone": "cap_cana"}
    request = asked(BACK, stops=[villa])
    assert [stop.name for stop in request.legs[0].stops] == ["Villa Rosa"]
    assert request.legs[1].stops == ()
    assert quote(COSTA, request).lines[1].amount == usd("48")


@pytest.mark.parametrize(
    ("stops", "refusal"),
    [
        ([{"place": "marina_cap_cana"}] * 4, TooMany),
        ([{"place": "puj"}], NotOnSale),
        ([{"place": "nowhere"}], NotOnSale),
    ],
)
def test_stops_that_cannot_be_made_are_refused(stops: list[dict[str, str]], refusal: type[Refusal]) -> None:
    """More than the catalogue allows, where one is already, and where nobody knows."""
    with pytest.raises(refusal):
        asked(ONE_WAY, stops=stops)


# --- hours ---


def test_hours_cost_the_rate_of_the_vehicle_and_hold_it_for_the_whole_span() -> None:
    """Four hours in the SUV: 4 × 38, claimed from 15:00 to 19:00 and its turnaround."""
    request = asked(HOURS)
    (need,) = request.resources()
    assert lines(quote(COSTA, request)) == [("vehicle:suv", 4, usd("152"))]
    assert need.starts == datetime(2026, 11, 21, 19, 0, tzinfo=UTC)
    assert need.ends == datetime(2026, 11, 21, 23, COSTA.vehicles["suv"].turnaround, tzinfo=UTC)
    drawn = recap(request)
    assert drawn["route"] == "Hotel Arena Blanca, main lobby, 4 hours with a chauffeur: “Zona Colonial”"
    assert recap(request, "es")["route"] == "Hotel Arena Blanca, lobby principal, 4 horas con chofer: “Zona Colonial”"
    assert drawn["schedule"] == "Sat 21 Nov 15:00 to 19:00"


@pytest.mark.parametrize(("hours", "refusal"), [(2, NotOnSale), (13, TooMany), (None, Incomplete)])
def test_hours_have_a_fewest_and_a_most(hours: int | None, refusal: type[Refusal]) -> None:
    """From three to twelve, and never none."""
    with pytest.raises(refusal):
        asked(HOURS, hours=hours)


# --- charters ---


def test_a_charter_costs_the_same_whatever_the_party_and_is_taken_whole() -> None:
    """The yacht at nine is 890 for one or for fourteen; nobody else comes along."""
    for adults in (1, 14):
        party = {"adults": adults, "children": [], "infants": 0}
        assert lines(priced(YACHT, party=party)) == [("yacht", 1, usd("890"))]
    request = asked(YACHT)
    assert [(need.resource, need.quantity) for need in request.resources()] == [
        ("departure:yacht:2026-11-24T09:00", 14)
    ]
    assert recap(request)["service"] == "Private yacht, Cap Cana"
    with pytest.raises(TooMany):
        asked(YACHT, party={"adults": 15, "children": [], "infants": 0})


# --- packages ---


def test_what_lies_in_a_package_has_lines_without_a_price() -> None:
    """Romance: one price; the ride and all three extras are in it."""
    request = asked(ROMANCE)
    found = quote(COSTA, request)
    assert lines(found) == [
        ("romance", 1, usd("149")),
        ("vehicle:suv", 1, None),
        ("extra:champagne", 1, None),
        ("extra:flowers", 1, None),
        ("extra:rose_petals", 1, None),
    ]
    assert found.total == usd("149")
    assert [need.resource for need in request.resources()] == ["vehicle:suv"]
    assert vehicle_prices(COSTA, request) == [(COSTA.vehicles["suv"], usd("149"))]
    assert Quote.from_fact(found.as_fact()).as_fact() == found.as_fact()
    drawn = recap(request)
    assert drawn["service"] == "Romance package"
    assert drawn["extras"] == "1 × Champagne (included), 1 × Welcome flowers (included), 1 × Rose petals (included)"
    assert "incluido" in recap(request, "es")["extras"]


def test_more_than_is_included_costs_as_usual_up_to_the_limit() -> None:
    """Two more bottles; of four in all one is there already, and petals are not sold by themselves."""
    found = priced(ROMANCE, extras={"champagne": 2})
    assert found.lines[-1].amount == usd("130")
    assert found.total == usd("279")
    with pytest.raises(TooMany):
        priced(ROMANCE, extras={"champagne": 4})
    with pytest.raises(NotOnSale):
        priced(ROMANCE, extras={"rose_petals": 1})


def test_a_package_with_a_ride_in_it_twice_goes_there_and_back() -> None:
    """The family pack: two legs, both in the price, whatever was said of one way."""
    request = asked(FAMILY, trip="one_way")
    assert [len(request.legs), len(request.resources())] == [2, 2]
    assert quote(COSTA, request).total == usd("115")
    assert "2 × Child seat (included)" in recap(request)["extras"]


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"party": {"adults": 3, "children": [], "infants": 0}}, TooMany),
        ({"dropoff": {"place": "santo_domingo"}}, NotOnSale),
    ],
)
def test_a_package_is_sold_for_so_many_and_in_its_zones(changes: dict[str, Any], refusal: type[Refusal]) -> None:
    """A price of its own needs its bounds."""
    with pytest.raises(refusal):
        asked(ROMANCE, **changes)


def test_a_package_around_a_tour_takes_its_seats() -> None:
    """Two seats of the boat everyone sails on, for the package's price."""
    content = CONTENT | {"services": CONTENT["services"] | {"saona_for_two": {
        **CONTENT["services"]["romance"], "people": 2, "items": [{"service": "isla_saona"}, {"extra": "cake"}],
    }}}  # fmt: skip
    party = {"adults": 2, "children": [], "infants": 0}
    draft = {"service": "saona_for_two", "departure": "2026-11-24T08:30", "party": party}
    catalog = compile(content)
    request = from_draft(draft, catalog)
    assert [(need.resource, need.quantity) for need in request.resources()] == [
        ("departure:isla_saona:2026-11-24T08:30", 2)
    ]
    assert lines(quote(catalog, request)) == [
        ("saona_for_two", 1, usd("149")),
        ("adult", 2, None),
        ("extra:cake", 1, None),
    ]


def test_a_package_falls_to_the_lead_of_what_lies_in_it() -> None:
    """Rafael drives from the airport, so he drives the romance package too."""
    lead = COSTA.lead_for("romance", "puj")
    assert lead and lead.key == "rafael"
