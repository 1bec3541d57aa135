"""A small operator and a guest who talks to it, without any channel or database."""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from bot import words
from flows.book import hear, learn, needs, say
from flows.facts import starts
from flows.menu import DepartureOffer, Extra, Menu, Offer, Place, Quote, Service, Vehicle, VehicleOffer, World, Zone
from flows.speech import Heard, Say, Tap
from flows.talk import Talk, Wish
from flows.when import as_instant

ZONE = "America/Santo_Domingo"
NOW = datetime(2026, 11, 20, 10, 0, tzinfo=ZoneInfo(ZONE))  # a Friday


def usd(units: float) -> dict[str, Any]:
    """That many dollars."""
    return {"minor": round(units * 100), "currency": "USD"}


def both(en: str, es: str | None = None) -> dict[str, str]:
    """A catalogue text."""
    return {"en": en, "es": es or en}


MENU = Menu(
    brand="Costa Alisia",
    prefix="CA",
    zone=ZONE,
    languages=("en", "es"),
    services=(
        Service(
            "transfer",
            "transfer",
            both("Private transfer", "Traslado privado"),
            extras=("child_seat", "flowers", "champagne", "drinks"),
        ),
        Service(
            "isla_saona",
            "tour",
            both("Isla Saona by catamaran", "Isla Saona en catamarán"),
            extras=("snorkel", "champagne"),
            largest_party=40,
            notice_minutes=720,
            fetched_from=frozenset({"bavaro", "cap_cana", "bayahibe", "puj"}),
            meeting="bayahibe",
            price=usd(99),
        ),
        Service(
            "buggy_macao",
            "tour",
            both("Macao buggy ride", "Paseo en buggy por Macao"),
            extras=("champagne",),
            largest_party=12,
            youngest=6,
            questions=(both("Is anyone pregnant?", "¿Alguien está embarazada?"),),
        ),
    ),
    places=(
        Place(
            "puj",
            both("Airport PUJ", "Aeropuerto PUJ"),
            "puj",
            "airport",
            ("airport", "aeropuerto", "punta cana airport"),
            (18.5674, -68.3634),
            True,
        ),
        Place(
            "sdq",
            both("Airport SDQ", "Aeropuerto SDQ"),
            "santo_domingo",
            "airport",
            ("las americas", "santo domingo airport"),
            (18.4297, -69.6689),
        ),
        Place("bavaro", both("Bávaro"), "bavaro", "area", ("bavarro", "playa bavaro"), (18.688, -68.43), True),
        Place("bayahibe", both("Bayahibe"), "bayahibe", "area", ("bayaibe",), (18.3667, -68.8333), True),
        Place(
            "arena_blanca", both("Hotel Arena Blanca"), "bavaro", "hotel", ("arena blanca",), (18.6716, -68.4113), True
        ),
        Place("palma_real", both("Palma Real Resort"), "bavaro", "hotel", ("palma real",), (18.6801, -68.4222)),
        Place("hyatt_ziva", both("Hyatt Ziva Cap Cana"), "cap_cana", "hotel", ("hyatt ziva",), (18.486, -68.388)),
        Place("hyatt_zilara", both("Hyatt Zilara Cap Cana"), "cap_cana", "hotel", ("hyatt zilara",), (18.487, -68.387)),
        Place("macao", both("Macao"), "uvero_alto", "area", ("macao beach",), (18.77, -68.54)),
        Place("samana", both("Samaná"), "samana", "town", (), (19.2, -69.33)),
    ),
    zones=(
        Zone("puj", both("Punta Cana airport", "Aeropuerto de Punta Cana")),
        Zone("bavaro", both("Bávaro")),
        Zone("cap_cana", both("Cap Cana")),
        Zone("bayahibe", both("Bayahibe")),
        Zone("uvero_alto", both("Uvero Alto")),
        Zone("santo_domingo", both("Santo Domingo")),
        Zone("samana", both("Samaná")),
    ),
    vehicles=(
        Vehicle("sedan", both("Sedan", "Sedán"), 3, 3),
        Vehicle("suv", both("SUV", "Jeepeta"), 5, 5),
        Vehicle("van", both("Van"), 7, 8),
        Vehicle("minibus", both("Minibus", "Minibús"), 16, 18),
    ),
    extras=(
        Extra("child_seat", both("Child seat", "Silla infantil"), usd(6), "piece", 3),
        Extra("flowers", both("Welcome flowers", "Flores de bienvenida"), usd(35), "piece", 3, True),
        Extra("champagne", both("Champagne", "Champán"), usd(65), "piece", 4, True),
        Extra("drinks", both("Cold drinks", "Bebidas frías"), usd(4), "person", 16),
        Extra("snorkel", both("Snorkel"), usd(8), "person", 40),
    ),
    routes=frozenset(
        (one, other)
        for one in ("puj", "bavaro", "cap_cana", "bayahibe", "uvero_alto", "santo_domingo")
        for other in ("puj", "bavaro", "cap_cana", "bayahibe", "uvero_alto", "santo_domingo")
    ),
    fares={("puj", "bavaro"): {"sedan": usd(36), "suv": usd(41), "van": usd(48)}},
    minutes={("bavaro", "puj"): 35},
    notice_minutes=180,
    hold_minutes=30,
)
PRICES = {"sedan": 36, "suv": 41, "van": 48, "minibus": 95}
DEPARTURES = tuple(
    DepartureOffer(as_instant(datetime(2026, 11, day, hour, 30, tzinfo=ZoneInfo(ZONE))), seats, usd(99))
    for day in (24, 26)
    for hour, seats in ((7, 9), (8, 3))
)


class Guest:
    """Someone who writes, taps and reads; the talk between turns goes through JSON as it would through the database."""

    def __init__(
        self, name: str = "", sender: str = "+447700900142", channel: str = "whatsapp", language: str | None = None
    ) -> None:
        self.name, self.sender, self.channel, self.language = name, sender, channel, language
        self.talk = Talk.new("en")
        self.world = World(NOW, MENU)
        self.taken: set[str] = set()
        self.departures = DEPARTURES
        self.bookings: tuple[dict[str, Any], ...] = ()
        self.replies: list[Say] = []
        self.wishes: tuple[Wish, ...] = ()
        self.count = 0

    def says(self, typed: str, **more: Any) -> str:
        """Write a message and read the answer."""
        return self.does(words=typed, **more)

    def sends(self, kind: str, **more: Any) -> str:
        """Send something that is no text."""
        return self.does(kind=kind, **more)

    def taps(self, question: str, value: str, turn: int | None = None) -> str:
        """Press an option, of the last card unless an older turn is named."""
        return self.does(kind="tap", tap=Tap(question, value, self.talk.turn if turn is None else turn))

    def does(self, **what: Any) -> str:
        """One message in, one answer out."""
        self.count += 1
        heard = Heard(
            self.channel, str(self.count), self.sender, NOW.astimezone(UTC), name=self.name, language=self.language
        )
        before = self.talk.as_json()
        talk = hear(self.talk, replace(heard, **what), self.world)
        assert self.talk.as_json() == before, "hear must leave the talk it was given as it was"
        return self.answered(talk)

    def adds(self, question: str) -> str:
        """Open what is not asked, from the list of what may be added or changed."""
        return self.taps("change", question)

    def learns(self, news: str, **facts: Any) -> str:
        """The world moved."""
        before = self.talk.as_json()
        talk = learn(self.talk, news, facts)
        assert self.talk.as_json() == before, "learn must leave the talk it was given as it was"
        return self.answered(talk)

    def answered(self, talk: Talk) -> str:
        """What is said after a turn, as one reader gets it."""
        before = talk.as_json()
        turn = say(talk, self.offer(talk))
        assert talk.as_json() == before, "say must leave the talk it was given as it was"
        self.talk = Talk.from_json(json.loads(json.dumps(turn.talk.as_json())))
        self.replies = [Say.from_json(json.loads(json.dumps(reply.as_json()))) for reply in turn.replies]
        self.wishes = turn.wishes
        return self.text

    @property
    def text(self) -> str:
        """The last answer with its options."""
        drawn = [words.draw(reply.as_json(), self.talk.language) for reply in self.replies]
        return "\n".join(
            line
            for one in drawn
            for line in [one.text, *(f"[{o.label}]" for o in one.options), *(f"<{k.label}>" for k in one.links)]
        )

    @property
    def block(self) -> str:
        """The block of the last answer."""
        return self.replies[-1].block if self.replies else ""

    @property
    def before(self) -> list[str]:
        """The blocks said before it."""
        return [block for reply in self.replies for block, _ in reply.parts()][:-1]

    @property
    def options(self) -> list[str]:
        """The values that can be tapped."""
        return [option.value for reply in self.replies for option in reply.options]

    def offer(self, talk: Talk) -> Offer:
        """What a handler would read for the open question."""
        needed, draft = needs(talk), talk.draft
        vehicles = tuple(
            VehicleOffer(v.key, v.name, v.seats, v.bags, usd(PRICES[v.key]), v.key not in self.taken)
            for v in MENU.vehicles
        )
        return Offer(
            self.world,
            vehicles if "vehicles" in needed else (),
            self.departures if "departures" in needed else (),
            self._quote(draft) if "quote" in needed else None,
            bookings=self.bookings if "bookings" in needed else (),
        )

    def _quote(self, draft: Mapping[str, Any]) -> Quote | None:
        if not starts(draft, ZONE) or ("vehicle" not in draft and "departure" not in draft):
            return None
        base = PRICES[draft["vehicle"]] if "vehicle" in draft else 99 * draft["party"]["adults"]
        lines = [_line(both("Transfer", "Traslado"), 1, base)]
        for key, quantity in (draft.get("extras") or {}).items():
            extra = MENU.extra(key)
            assert extra
            lines.append(_line(extra.name, quantity, extra.price["minor"] / 100))
        total = usd(sum(line["amount"]["minor"] for line in lines) / 100)
        tax = {"name": "ITBIS", "percent": "18", "included": True, "amount": usd(1)}
        return Quote(tuple(lines), total, tax, total)


def _line(label: Mapping[str, str], quantity: int, unit: float) -> dict[str, Any]:
    return {
        "label": dict(label),
        "detail": None,
        "quantity": quantity,
        "unit": usd(unit),
        "amount": usd(unit * quantity),
    }
