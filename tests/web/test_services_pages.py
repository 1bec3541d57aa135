"""Every kind of service on the guest's pages and on the desk: what was chosen, and what it costs."""

import re
from typing import Any

import pytest

from models.database import read
from tests.web.front import Front

FREE: dict[str, Any] = {"flight": None, "luggage": None, "date": "2026-11-24"}
BOOKED: dict[str, tuple[dict[str, Any], tuple[str, ...], tuple[str, ...]]] = {
    "back": (
        {"trip": "return", "return_date": "2026-11-28", "return_time": "11:00", "return_flight": "BA2204"},
        ("Saturday 28 November", "11:00", "BA 2204", "US$96.00"),
        ("28 de noviembre", "11:00", "BA 2204"),
    ),
    "stops": ({"stops": [{"place": "marina_cap_cana"}]}, ("Marina Cap Cana",), ("Marina Cap Cana",)),
    "hours": (
        FREE
        | {"service": "chauffeur", "pickup": {"place": "arena_blanca"}, "dropoff": None, "hours": 4, "plan": "Higüey"},
        ("4 hours with a chauffeur", "“Higüey”", "Until", "19:00", "US$180.00"),
        ("4 horas con chofer", "“Higüey”", "Hasta", "19:00"),
    ),
    "charter": (
        FREE
        | {"service": "yacht", "pickup": {"place": "arena_blanca"}, "departure": "2026-11-24T09:00", "vehicle": None},
        ("Private yacht, Cap Cana", "Pick-up", "07:50", "US$890.00"),
        ("Yate privado, Cap Cana", "Recogida", "07:50"),
    ),
    "package": (
        {"service": "family", "trip": None, "return_date": "2026-11-28", "return_time": "11:00"},
        ("Family pack", "included", "2 × Child seat (included)", "US$115.00"),
        ("Paquete familiar", "incluido", "2 × Silla infantil (incluido)"),
    ),
}


def read_aloud(page: str) -> str:
    """A page as it is read."""
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


@pytest.mark.parametrize("kind", BOOKED)
async def test_portal_pay_page_and_desk_say_what_was_booked(front: Front, kind: str) -> None:
    """In both languages on the portal; the desk has the lines too."""
    draft, english, spanish = BOOKED[kind]
    booking, link = await front.book(**draft)
    assert (await front.get(f"{link}/pay"))[0].status == 200
    page = read_aloud((await front.get(link))[1])
    assert [said for said in english if said not in page] == []
    page = read_aloud((await front.get(f"{link}?lang=es"))[1])
    assert [said for said in spanish if said not in page] == []
    await front.confirm(booking)
    await front.log_in()
    page = read_aloud((await front.get(f"/desk/bookings/{await front.reference(booking)}"))[1])
    assert [said for said in english[1:-1] if said not in page] == []
    assert (await front.get("/desk"))[0].status == 200


async def test_each_way_has_its_own_leg_claim_and_lead(front: Front) -> None:
    """So that one of them can be cancelled without the other: two legs, each with a claim and its own dispatch."""
    booking, _ = await front.book(**BOOKED["back"][0])
    await front.confirm(booking)
    legs = await read("SELECT * FROM leg WHERE booking_id = :id ORDER BY position", id=booking)
    assert [leg["dispatch"] for leg in legs] == ["assigned", "assigned"]
    claims = await read("SELECT leg_id, resource FROM claim ORDER BY starts")
    assert [(claim["leg_id"], claim["resource"]) for claim in claims] == [(leg["id"], "vehicle:van") for leg in legs]


async def test_the_calendar_has_an_event_for_each_way(front: Front) -> None:
    """There and back, each from where it begins."""
    booking, link = await front.book(**BOOKED["back"][0])
    await front.confirm(booking)
    _, calendar = await front.get(f"{link}/booking.ics")
    assert calendar.count("BEGIN:VEVENT") == 2
