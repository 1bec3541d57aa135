"""Believable bookings to draw from: a round trip, one way, a boat tour, and one that is hard on every layout."""

from copy import deepcopy
from typing import Any

from bot import words

Story = dict[str, Any]

NAUGHTY = (
    '"><img src=http://127.0.0.1:9/x><link rel=attachment href=file:///etc/passwd><script>alert(1)</script>{{7*7}}'
)
BRAND: dict[str, Any] = {
    "name": "Costa Alisia",
    "legal_name": "Costa Alisia SRL",
    "tagline": {
        "en": "Transfers, chauffeurs, tours and boats",
        "es": "Traslados, choferes, excursiones y botes",
    },
    "address": [
        "Calle Los Corales 14, Bávaro",
        "Punta Cana 23000",
        "Dominican Republic",
    ],
    "tax_id": "RNC 1-00-00000-1",
    "phone": "+18095550142",
    "emergency_phone": "+18095550142",
    "email": "bookings@costa-alisia.example",
    "billing_email": "billing@costa-alisia.example",
    "colours": {"brand": "#0B5D5B", "brass": "#D2A250"},
    "logo": None,
    "art": None,
    "zone": "America/Santo_Domingo",
    "currency": "USD",
    "languages": ["en", "es"],
}


def instant(utc: str) -> dict[str, str]:
    """An instant in Punta Cana."""
    return {"utc": utc, "zone": "America/Santo_Domingo"}


def money(minor: int, currency: str = "USD") -> dict[str, Any]:
    """An amount in minor units."""
    return {"minor": minor, "currency": currency}


def transfer(**changes: Any) -> Story:
    """Hannah's round trip: deposit paid, the way back has no lead yet."""
    return deepcopy(dict(words.sample("booking_confirmed_house")["story"])) | changes


def one_way(**changes: Any) -> Story:
    """Hannah's way there only, without extras, notes or a tax line; nothing paid yet."""
    story = transfer(state="on_hold", extras=[], occasion=None, notes=None, tax=None)
    story["legs"] = story["legs"][:1]
    story["legs"][0] |= {"lead": None, "flight": "unknown", "dispatch": "unassigned"}
    story["lines"] = story["lines"][:1]
    story["total"] = money(4800)
    story["payment"] = {
        "state": "unpaid",
        "due_now": money(1440),
        "paid": money(0),
        "due": money(4800),
        "method": None,
        "at": None,
    }
    return story | changes


def tour(**changes: Any) -> Story:
    """Lucía's day on Saona, paid in full, in Spanish."""
    story = transfer(
        reference="CA-3XN7C",
        language="es",
        vehicle=None,
        occasion=None,
        notes="Soy alérgica al maní",
    )
    story["service"] = {
        "kind": "tour",
        "key": "saona",
        "name": {"en": "Saona by catamaran", "es": "Isla Saona en catamarán"},
    }
    hotel = story["legs"][0]["to"] | {"room": "2114"}
    story["legs"] = [
        {
            "from": hotel,
            "to": None,
            "starts": instant("2026-11-24T12:30:00Z"),
            "pickup_at": instant("2026-11-24T11:15:00Z"),
            "ends": instant("2026-11-24T21:00:00Z"),
            "minutes": 585,
            "flight": None,
            "dispatch": "assigned",
            "lead": story["legs"][0]["lead"],
        }
    ]
    story["guest"] = {
        "name": "Lucía Fernández",
        "phone": None,
        "email": "lucia@example.com",
        "language": "es",
    }
    story["party"] = {"adults": 2, "children": [7], "infants": 0, "luggage": 0}
    story["extras"] = [
        {
            "key": "snorkel",
            "name": {"en": "Snorkel set", "es": "Equipo de snorkel"},
            "quantity": 3,
            "occasion": False,
        }
    ]
    story["lines"] = [
        _line("Adults", "Adultos", 2, 9900),
        _line("Child", "Niña", 1, 5900),
        _line("Snorkel set", "Equipo de snorkel", 3, 800),
    ]
    story["total"] = money(28100)
    story["tax"] = {
        "name": "ITBIS",
        "percent": "18",
        "included": True,
        "amount": money(4286),
    }
    story["payment"] = {
        "state": "paid",
        "due_now": money(0),
        "paid": money(28100),
        "due": money(0),
        "method": "card ending 4242",
        "at": instant("2026-11-20T22:38:00Z"),
    }
    return story | changes


def naughty(**changes: Any) -> Story:
    """A booking whose guest typed what no name should hold, at a length no name has."""
    story = transfer(notes=NAUGHTY, occasion=NAUGHTY)
    story["guest"] |= {
        "name": NAUGHTY + " Wolfeschlegelsteinhausenbergerdorff" * 6,
        "email": "a@example.com",
    }
    return story | changes


def _line(english: str, spanish: str, quantity: int, unit: int) -> dict[str, Any]:
    return {
        "label": {"en": english, "es": spanish},
        "detail": None,
        "quantity": quantity,
        "unit": money(unit),
        "amount": money(unit * quantity),
    }
