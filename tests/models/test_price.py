"""What things cost, what can be asked for, and when the answer is no."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import models
from models.catalog import Catalog, Tax, compile
from models.catalog_file import read_file
from models.money import Money, rounded
from models.price import Quote, fee, free_until, quote, vehicle_prices
from models.refusal import (
    AmbiguousTime,
    Incomplete,
    InThePast,
    NonexistentTime,
    NotOnSale,
    Refusal,
    TooMany,
    TooSoon,
)
from models.request import Party, Request, earliest_start, from_draft, utc

NOW = datetime(2026, 11, 20, 14, 20, tzinfo=UTC)  # 10:20 in Santo Domingo
CONTENT = read_file(Path(models.__path__[0]) / "sample" / "catalog.yaml").content or {}
COSTA = compile(CONTENT, 7)
TRANSFER: dict[str, Any] = {
    "service": "transfer",
    "pickup": {"place": "puj"},
    "dropoff": {"place": "arena_blanca"},
    "date": "2026-11-21",
    "time": "15:00",
    "flight": "BA2203",
    "party": {"adults": 3, "children": [4], "infants": 0},
    "luggage": 6,
    "vehicle": "van",
    "extras": {"child_seat": 2, "flowers": 1},
}
SAONA: dict[str, Any] = {
    "service": "isla_saona",
    "pickup": {"place": "arena_blanca"},
    "room": "214",
    "departure": "2026-11-24T08:30",
    "party": {"adults": 2, "children": [7], "infants": 0},
    "extras": {"snorkel": 1},
}


def asked(draft: dict[str, Any], catalog: Catalog = COSTA, **changes: Any) -> Request:
    """The request of a draft in which some answers are others."""
    return from_draft(draft | changes, catalog)


def priced(draft: dict[str, Any], **changes: Any) -> Quote:
    """What such a draft costs."""
    return quote(COSTA, asked(draft, **changes))


def usd(amount: str) -> Money:
    """US dollars."""
    return Money.of(amount, "USD")


# --- money ---


@pytest.mark.parametrize(
    ("amount", "currency", "minor"),
    [("48.50", "USD", 4850), (5000, "JPY", 5000), ("1.005", "KWD", 1005)],
)
def test_money_counts_the_minor_units_of_its_currency(amount: str | int, currency: str, minor: int) -> None:
    """Yen have no cents, dinars have a thousand fils."""
    money = Money.of(amount, currency)
    assert money.as_fact() == {"minor": minor, "currency": currency}
    assert Money.from_fact(money.as_fact()) == money


def test_money_is_neither_a_float_nor_of_two_currencies() -> None:
    """A fraction of a cent or a sum of dollars and euros would be somebody's loss."""
    with pytest.raises(TypeError):
        Money.of(4.1, "USD")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="decimals"):
        Money.of("4.105", "USD")
    with pytest.raises(ValueError, match="add up"):
        usd("1") + Money(1, "EUR")
    with pytest.raises(ValueError, match="ISO 4217"):
        Money(1, "XXY")


def test_a_half_is_rounded_away_from_zero() -> None:
    """A refund is rounded as its payment was."""
    assert [rounded(Decimal(half)) for half in ("0.5", "1.5", "2.5", "-0.5", "-2.5", "2.49")] == [1, 2, 3, -1, -3, 2]


# --- a transfer ---


def test_a_transfer_costs_its_vehicle_and_its_extras() -> None:
    """The van to Bávaro, two child seats and flowers, tax included, all of it due."""
    found = priced(TRANSFER)
    assert [(line.key, line.quantity, line.amount) for line in found.lines] == [
        ("vehicle:van", 1, usd("48")),
        ("extra:child_seat", 2, usd("12")),
        ("extra:flowers", 1, usd("35")),
    ]
    assert found.lines[0].detail == {
        "en": "Airport PUJ → Hotel Arena Blanca",
        "es": "Aeropuerto PUJ → Hotel Arena Blanca",
    }
    assert (found.total, found.due_now, found.catalog_version) == (
        usd("95"),
        usd("95"),
        7,
    )
    assert found.tax is not None
    assert found.tax.amount == usd("14.49")


def test_a_quote_is_kept_as_plain_values() -> None:
    """What a booking keeps of it is JSON, and is the same quote when it is read again."""
    found = priced(TRANSFER)
    assert Quote.from_fact(json.loads(json.dumps(found.as_fact()))) == found


def test_a_deposit_is_a_percentage_of_the_total() -> None:
    """30 % of US$95 is US$28.50."""
    deposit = replace(COSTA.services["transfer"], deposit=Decimal(30))
    catalog = replace(COSTA, services={**COSTA.services, "transfer": deposit})
    assert quote(catalog, asked(TRANSFER, catalog)).due_now == usd("28.50")


def test_a_tax_that_prices_do_not_hold_has_a_line_of_its_own() -> None:
    """The lines add up to the total either way."""
    catalog = replace(COSTA, brand=replace(COSTA.brand, tax=Tax("ITBIS", Decimal(18), included=False)))
    found = quote(catalog, asked(TRANSFER, catalog))
    assert found.lines[-1].key == "tax"
    assert found.total == usd("112.10")


def test_the_vehicles_offered_take_the_party_and_its_luggage() -> None:
    """Four people with six bags fit in the van and the minibus, not in the SUV with its five."""
    offered = vehicle_prices(COSTA, asked(TRANSFER, vehicle=None))
    assert [(vehicle.key, price) for vehicle, price in offered] == [
        ("van", usd("48")),
        ("minibus", usd("95")),
    ]


@pytest.mark.parametrize(
    ("changes", "facts"),
    [
        (
            {"party": {"adults": 30, "children": [], "infants": 0}},
            {"of": "people", "asked": 30, "most": 16},
        ),
        ({"luggage": 19}, {"of": "luggage", "asked": 19, "most": 18}),
    ],
)
def test_a_party_larger_than_any_vehicle_is_told_what_the_largest_takes(
    changes: dict[str, Any], facts: dict[str, Any]
) -> None:
    """Too many people, or too many bags."""
    with pytest.raises(TooMany) as refusal:
        vehicle_prices(COSTA, asked(TRANSFER, vehicle=None, **changes))
    assert refusal.value.facts == facts


def test_a_vehicle_chosen_before_the_party_grew_is_refused() -> None:
    """Actually eight people: the van no longer does."""
    with pytest.raises(TooMany):
        priced(TRANSFER, party={"adults": 8, "children": [], "infants": 0})


def test_a_way_that_is_not_driven_is_refused() -> None:
    """From Miches to Bayahibe there is no price, and from a place to itself no way."""
    with pytest.raises(NotOnSale):
        asked(TRANSFER, pickup={"place": "miches"}, dropoff={"place": "bayahibe"})
    with pytest.raises(NotOnSale):
        asked(TRANSFER, pickup={"place": "arena_blanca"})


def test_a_typed_address_is_priced_by_its_zone() -> None:
    """A villa that no list has costs what its zone costs, and keeps its name as typed."""
    request = asked(TRANSFER, dropoff={"typed": "Villa Rosa, calle 3", "zone": "bavaro"})
    assert quote(COSTA, request).total == usd("95")
    stop = request.legs[0].destination
    assert stop is not None
    assert stop.as_fact(COSTA)["name"] == "Villa Rosa, calle 3"


@pytest.mark.parametrize(
    ("extras", "refusal"),
    [
        ({"unicorn": 1}, NotOnSale),
        ({"snorkel": 1}, NotOnSale),
        ({"child_seat": 4}, TooMany),
    ],
)
def test_an_extra_that_is_not_for_sale_there_is_refused(extras: dict[str, int], refusal: type[Refusal]) -> None:
    """Unknown, of another service, or more than its limit."""
    with pytest.raises(refusal):
        priced(TRANSFER, extras=extras)


def test_what_is_still_to_be_answered_is_named() -> None:
    """A draft half-way is no request yet."""
    with pytest.raises(Incomplete) as refusal:
        asked(TRANSFER, date=None, time=None)
    assert refusal.value.facts == {"missing": ["date", "time"]}


# --- when ---


def test_a_leg_has_its_instants_in_utc_and_holds_its_vehicle_through_the_turnaround() -> None:
    """15:00 in Punta Cana is 19:00 UTC; 35 minutes of road and 30 of turnaround are claimed."""
    request = asked(TRANSFER)
    (need,) = request.resources()
    assert (need.resource, need.units, need.quantity) == ("vehicle:van", 4, 1)
    assert (need.starts, need.ends) == (
        datetime(2026, 11, 21, 19, 0, tzinfo=UTC),
        datetime(2026, 11, 21, 20, 5, tzinfo=UTC),
    )
    assert request.legs[0].ends - request.legs[0].starts == timedelta(minutes=35)


def test_too_soon_names_the_first_time_that_is_possible() -> None:
    """At 10:20 with three hours' notice it is 13:30, the next quarter after 13:20."""
    with pytest.raises(TooSoon) as refusal:
        from_draft(TRANSFER | {"date": "2026-11-20", "time": "12:00"}, COSTA, NOW)
    assert refusal.value.facts["earliest"] == {
        "utc": "2026-11-20T17:30:00Z",
        "zone": "America/Santo_Domingo",
    }
    assert earliest_start(COSTA.services["transfer"], NOW).minute == 30


def test_the_first_possible_time_is_itself_possible() -> None:
    """What we propose we also take."""
    request = from_draft(TRANSFER | {"date": "2026-11-20", "time": "13:30"}, COSTA, NOW)
    assert request.starts == datetime(2026, 11, 20, 17, 30, tzinfo=UTC)


def test_a_time_gone_by_is_refused() -> None:
    """Yesterday is not on sale."""
    with pytest.raises(InThePast):
        from_draft(TRANSFER | {"date": "2026-11-19"}, COSTA, NOW)


def test_a_time_the_clock_skips_or_shows_twice_is_asked_about() -> None:
    """In Miami the night of the changed clock; a time with its offset is then taken as it is."""
    with pytest.raises(NonexistentTime) as gap:
        utc(datetime(2026, 3, 8, 2, 30), "America/New_York")
    assert (gap.value.facts["earlier"], gap.value.facts["later"]) == (
        "01:30-05:00",
        "03:30-04:00",
    )
    with pytest.raises(AmbiguousTime) as twice:
        utc(datetime(2026, 11, 1, 1, 30), "America/New_York")
    assert (twice.value.facts["earlier"], twice.value.facts["later"]) == (
        "01:30-04:00",
        "01:30-05:00",
    )
    assert utc(datetime.fromisoformat("2026-11-01T01:30-05:00"), "America/New_York").hour == 6


# --- a tour ---


def test_a_tour_costs_its_categories_and_extras_per_person() -> None:
    """Two adults, a girl of 7, and snorkels for the three of them."""
    found = priced(SAONA)
    assert [(line.key, line.quantity, line.amount) for line in found.lines] == [
        ("adult", 2, usd("198")),
        ("child", 1, usd("59")),
        ("extra:snorkel", 3, usd("24")),
    ]
    assert found.total == usd("281")


def test_a_tour_takes_seats_and_fetches_the_guest_before_it_leaves() -> None:
    """08:30 from the pier of Bayahibe, 07:15 at Arena Blanca."""
    request = asked(SAONA)
    leg, (need,) = request.legs[0], request.resources()
    assert (need.resource, need.units, need.quantity) == (
        "departure:isla_saona:2026-11-24T08:30",
        40,
        3,
    )
    assert leg.pickup_at == datetime(2026, 11, 24, 11, 15, tzinfo=UTC)
    assert (leg.origin.room, leg.minutes) == ("214", 480)


def test_a_private_departure_is_taken_whole_at_its_own_price() -> None:
    """The boat for one party costs the same for three as for twelve."""
    request = asked(SAONA, departure="2026-11-24T10:00", extras={})
    assert quote(COSTA, request).total == usd("960")
    assert request.resources()[0].quantity == 12
    with pytest.raises(TooMany):
        asked(
            SAONA,
            departure="2026-11-24T10:00",
            party={"adults": 13, "children": [], "infants": 0},
        )


@pytest.mark.parametrize("departure", ["2026-11-23T07:30", "2026-11-24T09:00", "tomorrow"])
def test_a_departure_that_the_timetable_does_not_have_is_refused(
    departure: str,
) -> None:
    """A Monday, another time, or no time at all."""
    with pytest.raises(NotOnSale):
        asked(SAONA, departure=departure)


def test_who_is_too_young_for_a_tour_is_refused() -> None:
    """The buggy takes nobody below six, and says so."""
    buggy = {"service": "buggy_macao", "departure": "2026-11-24T08:30"}
    with pytest.raises(NotOnSale) as refusal:
        asked(buggy, party={"adults": 2, "children": [], "infants": 1})
    assert refusal.value.facts == {"what": "age", "asked": 1, "youngest": 6}
    grown = asked(buggy, party={"adults": 2, "children": [8, None, 17], "infants": 0})
    assert [(line.key, line.quantity) for line in quote(COSTA, grown).lines] == [
        ("adult", 3),
        ("child", 2),
    ]


# --- always ---


@given(
    adults=st.integers(1, 16),
    children=st.lists(st.none() | st.integers(0, 17), max_size=4),
    extras=st.dictionaries(st.sampled_from(sorted(COSTA.extras)), st.integers(-2, 3)),
    vehicle=st.sampled_from(sorted(COSTA.vehicles)),
    draft=st.sampled_from([TRANSFER, SAONA]),
)
def test_the_lines_always_add_up_to_the_total(
    adults: int,
    children: list[int | None],
    extras: dict[str, int],
    vehicle: str,
    draft: dict[str, Any],
) -> None:
    """Whoever travels with whatever: a refusal, or lines that sum to what is asked."""
    party = {"adults": adults, "children": children, "infants": 0}
    try:
        found = priced(draft, party=party, extras=extras, vehicle=vehicle, luggage=0)
    except Refusal:
        return
    amounts = [line.amount for line in found.lines if line.amount]
    assert sum(amount.minor for amount in amounts) == found.total.minor > 0
    assert all(line.unit and line.amount == line.unit * line.quantity for line in found.lines)
    assert usd("0") < found.due_now <= found.total


def test_cancelling_is_free_early_and_costs_more_the_later() -> None:
    """Free until six hours before, half until three, all after; and what the rules never free is never free."""
    rules, starts, price = COSTA.services["transfer"].cancellation, NOW, usd("95")
    assert free_until(rules, starts) == starts - timedelta(hours=6)
    kept = [fee(rules, starts, starts - timedelta(hours=hours), price) for hours in (48, 6, 5, 3, 2, -1)]
    assert kept == [
        usd("0"),
        usd("0"),
        usd("47.50"),
        usd("47.50"),
        usd("95"),
        usd("95"),
    ]
    assert free_until((), starts) is None
    assert fee((), starts, starts - timedelta(days=9), price) == price


def test_infants_sit_too() -> None:
    """A family of three with a baby does not fit in the sedan of three."""
    assert Party(2, (4,), 1).size == 4
    offered = vehicle_prices(
        COSTA,
        asked(TRANSFER, party={"adults": 2, "children": [4], "infants": 1}, luggage=3),
    )
    assert offered[0][0].key == "suv"


@pytest.mark.parametrize("kind", Refusal.__subclasses__())
def test_every_refusal_is_a_sentence(kind: type[Refusal]) -> None:
    """Its docstring says what happened; its key names its words."""
    assert str(kind()).endswith((".", "?"))
    assert kind().key.islower()
