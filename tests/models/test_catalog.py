"""What the catalogue in memory answers."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import models
from models.catalog import compile
from models.catalog_file import read_file

COSTA = compile(read_file(Path(models.__path__[0]) / "sample" / "catalog.yaml").content or {})


def test_the_sample_is_a_whole_operator() -> None:
    """Enough of everything to show and to sell."""
    assert len(COSTA.zones) >= 6
    assert len(COSTA.places) >= 40
    assert sum(len(route.prices) for route in COSTA.routes.values()) >= 40
    assert len(COSTA.vehicles) == 4
    assert {each.kind for each in COSTA.services.values()} == {"transfer", "hours", "tour", "charter", "package"}
    assert len(COSTA.tours()) == 3
    assert len(COSTA.extras) >= 8
    assert (COSTA.brand.whatsapp, COSTA.brand.reference_prefix) == (
        "+18095550100",
        "CA",
    )


def test_a_route_goes_both_ways() -> None:
    """The way back costs and takes the same unless the file says otherwise."""
    there, back = COSTA.route("puj", "bavaro"), COSTA.route("bavaro", "puj")
    assert there is not None
    assert back is not None
    assert (there.minutes, there.prices) == (back.minutes, back.prices)
    assert COSTA.route("miches", "bayahibe") is None


def test_the_lead_of_a_zone_goes_before_the_lead_of_everywhere() -> None:
    """Rafael drives around Punta Cana, Marisol everywhere else."""
    names = [lead.name for zone in ("bavaro", "miches") if (lead := COSTA.lead_for("transfer", zone))]
    assert names == ["Rafael Peña", "Marisol Núñez"]
    assert COSTA.lead_for("unheard_of", "bavaro") is None


def test_every_way_to_reach_a_lead_is_a_way_to_know_them() -> None:
    """Each address of a lead is listed once, chats before mail, and whoever writes from there is that lead."""
    for lead in COSTA.leads.values():
        assert [COSTA.lead_at(channel, address) for channel, address in lead.ways()] == [lead] * len(lead.ways())
    marisol = COSTA.leads["marisol"]
    assert [channel for channel, _ in marisol.ways()] == ["whatsapp", "telegram", "mail"]
    assert COSTA.lead_at("telegram", marisol.whatsapp or "") is None


def test_a_lead_without_a_chat_is_written_to_by_mail() -> None:
    """Chats are where a talk is held; mail stands in when there are none."""
    marisol = COSTA.leads["marisol"]
    assert [channel for channel, _ in marisol.chats()] == ["whatsapp", "telegram"]
    assert replace(marisol, whatsapp=None, telegram=None).chats() == [("mail", "marisol@transportes-nunez.example")]


def test_departures_follow_the_timetable() -> None:
    """On a Tuesday the catamaran leaves three times, once for one party alone; on a Monday once."""
    tuesday = COSTA.departures_on("isla_saona", date(2026, 11, 24))
    assert [(each.key[-5:], each.private) for each in tuesday] == [
        ("07:30", False),
        ("08:30", False),
        ("10:00", True),
    ]
    week = list(COSTA.departures_between("isla_saona", date(2026, 11, 23), date(2026, 11, 24)))
    assert [each.local.day for each in week] == [23, 24, 24, 24]


def test_a_rule_for_the_place_goes_before_its_zones() -> None:
    """Arena Blanca is fetched later than the rest of Bávaro."""
    minutes = [COSTA.pickup_for("isla_saona", place, "bavaro") for place in ("arena_blanca", "palma_real")]
    assert [point.minutes for point in minutes if point] == [75, 90]
    assert COSTA.pickup_for("isla_saona", None, "santo_domingo") is None


def test_what_can_be_claimed_is_named_with_its_units() -> None:
    """The fleet, as the records declare it."""
    assert COSTA.units() == {
        "vehicle:sedan": 5,
        "vehicle:suv": 4,
        "vehicle:van": 4,
        "vehicle:minibus": 2,
    }


def test_extras_are_offered_with_their_services() -> None:
    """Nobody is offered a snorkel in the van."""
    assert "snorkel" not in [extra.key for extra in COSTA.extras_for("transfer")]
    assert {"snorkel", "flowers"} <= {extra.key for extra in COSTA.extras_for("isla_saona")}


def test_the_terms_are_known_by_their_wording() -> None:
    """Another wording has another hash, whoever agreed to the old one."""
    changed = read_file(Path(models.__path__[0]) / "sample" / "catalog.yaml").content or {}
    changed["brand"]["terms"]["en"] += " New."
    assert compile(changed).brand.terms_hash != COSTA.brand.terms_hash
