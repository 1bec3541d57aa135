"""The recap in every medium: each field an audience may see is in each of its media, in the one order, and none it may not see."""

import html
import re
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot import letters, words
from models import recap
from models.database import read
from models.story import of_booking
from tests.bot.stories import BRAND, instant, money
from tests.people import Bellhop, Desk, Person
from tests.stories.moves import books

LANGUAGES = ("en", "es")
URLS = dict.fromkeys(("pay", "booking", "ticket", "invoice", "calendar", "desk", "partner"), "https://b.example/x")
HOTEL = {
    "name": "Hotel Arena Blanca",
    "detail": None,
    "room": "204",
    "zone": {"en": "Bávaro", "es": "Bávaro"},
    "kind": "hotel",
}
AIRPORT = {
    "name": {"en": "Airport PUJ", "es": "Aeropuerto PUJ"}, "detail": {"en": "Terminal B", "es": "Terminal B"}, "room": None,
    "zone": {"en": "Punta Cana", "es": "Punta Cana"}, "kind": "airport",
}  # fmt: skip
PIER = {"name": {"en": "Bayahibe pier", "es": "Muelle de Bayahibe"}, "detail": None, "room": None,
        "zone": {"en": "Bayahibe", "es": "Bayahibe"}, "kind": "pier"}  # fmt: skip
LEAD_PHONE, EMAIL = "+18095550199", "ana.lindqvist@secret.example"
# What may never stand in anything that an audience is sent: as it is drawn, in either language.
HIDDEN = {
    "guest": ("555 0199", "LEADKEY", "request sent", "solicitud enviada"),
    "partner": (EMAIL, "7,777.77", "IMPUESTO", "SOLDLINE", "card ending", "request sent", "solicitud enviada"),
    "team": (),
}


def maybe(value: Any) -> st.SearchStrategy[Any]:
    """The value, or nothing."""
    return st.sampled_from([value, None])


def leg(outward: bool) -> st.SearchStrategy[dict[str, Any]]:
    """A ride there, or back."""
    day = "21" if outward else "28"
    return st.fixed_dictionaries(
        {
            "from": st.just(AIRPORT if outward else HOTEL), "to": st.just(HOTEL if outward else AIRPORT),
            "starts": st.just(instant(f"2026-11-{day}T19:00:00Z")), "ends": st.just(instant(f"2026-11-{day}T19:35:00Z")),
            "minutes": st.just(35), "flight": st.sampled_from(["BA2203", "unknown", None]), "dispatch": st.just("assigned"),
            "lead": maybe({"key": "LEADKEY", "name": "Rafael Peña", "phone": LEAD_PHONE}),
        }
    )  # fmt: skip


TOUR_LEG = st.fixed_dictionaries(
    {
        "from": st.just(HOTEL), "to": st.just(PIER), "starts": st.just(instant("2026-11-24T11:30:00Z")),
        "ends": st.just(instant("2026-11-24T19:30:00Z")), "pickup_at": st.just(instant("2026-11-24T10:15:00Z")),
        "minutes": st.just(480), "flight": st.none(), "dispatch": st.just("assigned"),
        "lead": maybe({"key": "LEADKEY", "name": "Yohanna Marte", "phone": LEAD_PHONE}),
    }
)  # fmt: skip
PAYMENTS = [
    {"state": "unpaid", "due_now": money(777777), "paid": money(0), "due": money(777777), "method": None, "at": None},
    {"state": "paid", "due_now": money(0), "paid": money(777777), "due": money(0), "method": "card ending 4242",
     "at": instant("2026-11-20T12:00:00Z")},
    {"state": "deposit_paid", "due_now": money(0), "paid": money(233333), "due": money(544444), "method": "card ending 4242",
     "at": instant("2026-11-20T12:00:00Z")},
]  # fmt: skip
STORY = st.fixed_dictionaries(
    {
        "reference": st.just("CA-7K4M2"), "state": st.sampled_from(["on_hold", "confirmed"]), "language": st.sampled_from(LANGUAGES),
        "service": st.just({"kind": "transfer", "key": "transfer", "name": {"en": "Private transfer", "es": "Traslado privado"}}),
        "legs": st.one_of(leg(True).map(lambda one: [one]), st.tuples(leg(True), leg(False)).map(list)),
        "guest": st.fixed_dictionaries({
            "name": st.sampled_from(["Ana Lindqvist", "Zoë O'Hara <b>", "李小龍"]), "phone": maybe("+46701740605"),
            "email": maybe(EMAIL), "language": st.sampled_from(LANGUAGES)}),
        "party": st.fixed_dictionaries({
            "adults": st.integers(1, 9), "children": st.lists(st.integers(2, 12), max_size=2), "infants": st.integers(0, 2),
            "luggage": st.integers(0, 9), "wheelchair": st.sampled_from([None, "folding", "rigid"])}),
        "vehicle": maybe({"key": "van", "name": {"en": "Van", "es": "Van"}, "seats": 7, "icon": "van"}),
        "extras": st.sampled_from([[], [{"key": "flowers", "name": {"en": "Welcome flowers", "es": "Flores de bienvenida"},
                                         "quantity": 2, "occasion": True}]]),
        "occasion": maybe("birthday"), "notes": maybe("Gate 3, please & thank you"),
        "lines": st.just([{"label": {"en": "SOLDLINE", "es": "SOLDLINE"}, "detail": None, "quantity": 1, "unit": money(777777),
                           "amount": money(777777)}]),
        "total": st.just(money(777777)),
        "tax": maybe({"name": "IMPUESTO", "percent": "18", "included": True, "amount": money(11)}),
        "payment": st.sampled_from(PAYMENTS), "hold_until": maybe(instant("2026-11-20T12:30:00Z")),
        "free_until": maybe(instant("2026-11-20T13:00:00Z")),
        "source": st.just({"channel": "whatsapp", "at": instant("2026-11-20T12:00:00Z")}),
    }
)  # fmt: skip
SAONA = {"kind": "tour", "key": "isla_saona", "name": {"en": "Isla Saona", "es": "Isla Saona"}}
TOURS = st.builds(
    lambda story, leg, private, asked: {
        **story, "service": {**SAONA, "private": private}, "legs": [leg], "vehicle": None, "asked": asked if story["notes"] else [],
    },
    STORY, TOUR_LEG, st.booleans(), st.sampled_from([[], [{"en": "Does everyone swim?", "es": "¿Todos saben nadar?"}]]),
)  # fmt: skip
STORIES = st.one_of(STORY, TOURS)
MANY = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def flat(text: str) -> str:
    """As it is read: without tags, entities and line breaks."""
    return " ".join(html.unescape(re.sub(r"<style.*?</style>|<[^>]+>", " ", text, flags=re.DOTALL)).split())


def told(story: dict[str, Any], kind: str, language: str) -> str:
    """The whole chat notice."""
    return words.draw({"block": kind, "facts": {"story": story, "number": "CA00000001"}}, language).text


def templated(story: dict[str, Any], kind: str, language: str) -> str:
    """The same as WhatsApp's approved template, its values filled in."""
    facts = {"story": story, "number": "CA00000001"}
    return words.filled(words.wording(kind, language, facts), language, facts)[1]


def letter_text(story: dict[str, Any], kind: str, language: str) -> str:
    """A mail's text."""
    return letters.letter(kind, {"story": story}, language, BRAND, URLS).text


def letter_page(story: dict[str, Any], kind: str, language: str) -> str:
    """A mail's page."""
    return flat(letters.letter(kind, {"story": story}, language, BRAND, URLS).html)


# (audience, what is sent, medium): every one of these shows the whole recap.
WHOLE = [
    *[("team", kind, medium) for kind in ("booking_requested_house", "booking_confirmed_house")
      for medium in (told, templated, letter_text, letter_page)],
    *[("partner", "brief_lead", medium) for medium in (told, templated, letter_text, letter_page)],
    ("guest", "booking_confirmed_guest", letter_text),
]  # fmt: skip
# The guest's designed mail draws price and payment as a table of their own; the rest is the recap.
TABLED = {("guest", "booking_confirmed_guest", letter_page): ("price", "payment")}
PARTS = [("guest", "booking_confirmed_guest", told), ("guest", "booking_confirmed_guest", templated), ("guest", "guest_link", letter_text),
         ("guest", "guest_link", letter_page)]  # fmt: skip


def name_of(case: Any) -> str:
    """How a case is called."""
    return "-".join((case[0], case[1], case[2].__name__))


def missing(story: dict[str, Any], audience: Any, text: str, language: str, but: tuple[str, ...] = ()) -> list[str]:
    """The fields of the audience's recap that are not in this text, or not after the one before."""
    place, lost = 0, []
    for key, label, value in words.story_recap(story, audience, language):
        if key in but:
            continue
        found = flat(text).find(flat(f"{html.escape(label)} {html.escape(value)}"), place)
        found = found if found >= 0 else flat(text).find(flat(f"{html.escape(label)}: {html.escape(value)}"), place)
        if found < 0:
            lost.append(key)
        else:
            place = found
    return lost


def leaked(story: dict[str, Any], audience: str, text: str) -> list[str]:
    """What stands here that this audience may not see. The cash that a lead must collect may be the whole price."""
    cash = story["payment"]["due"] == story["total"] and audience == "partner"
    return [secret for secret in HIDDEN[audience] if secret in text and not (cash and secret == "7,777.77")]


@pytest.mark.parametrize("case", [*WHOLE, *TABLED], ids=name_of)
def test_every_field_is_in_every_medium_in_the_one_order(case: Any) -> None:
    """For any story, in both languages; and nothing that is not for this reader."""
    audience, kind, medium = case

    @MANY
    @given(STORIES, st.sampled_from(LANGUAGES))
    def holds(story: dict[str, Any], language: str) -> None:
        text = medium(story, kind, language)
        text = html.escape(text, quote=False)
        assert missing(story, audience, text, language, TABLED.get(case, ())) == []
        assert leaked(story, audience, text) == []

    holds()


@pytest.mark.parametrize("case", PARTS, ids=name_of)
def test_what_tells_only_a_part_hides_the_same(case: Any) -> None:
    """The guest's chat is short; it too shows nothing that is not for the guest, and always code and total."""
    audience, kind, medium = case

    @MANY
    @given(STORIES, st.sampled_from(LANGUAGES))
    def holds(story: dict[str, Any], language: str) -> None:
        text = flat(medium(story, kind, language))
        assert leaked(story, audience, text) == []
        assert "CA-7K4M2" in text

    holds()


@MANY
@given(STORY, st.sampled_from(LANGUAGES))
def test_the_guests_mail_shows_price_and_payment_in_its_table(story: dict[str, Any], language: str) -> None:
    """Each line, the total, and what is paid."""
    text = letter_page(story, "booking_confirmed_guest", language)
    assert "SOLDLINE" in text
    assert "7,777.77" in text
    assert not story["payment"]["method"] or "4242" in text


FETCHED = {
    "en": ("Pick-up 06:15 Hotel Arena Blanca", "Departure 07:30"),
    "es": ("Recogida 06:15 Hotel Arena Blanca", "Salida 07:30"),
}


@pytest.mark.parametrize("case", [*WHOLE, *TABLED, *PARTS], ids=name_of)
@pytest.mark.parametrize("language", LANGUAGES)
def test_pick_up_and_departure_of_a_tour_are_the_same_two_times_everywhere(case: Any, language: str) -> None:
    """06:15 is the pick-up and 07:30 the departure for everyone, in those words."""
    _, kind, medium = case

    @MANY
    @given(TOURS)
    def holds(story: dict[str, Any]) -> None:
        text = " ".join(flat(medium(story, kind, language)).replace("·", " ").split())
        assert [words for words in FETCHED[language] if words not in text] == []

    holds()


def test_a_field_that_leaks_would_be_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: were price, source and mail a partner's to see, or one field left out, these tests would say so."""
    story = _a_story()
    whole = html.escape(letter_text(story, "booking_requested_house", "en"), quote=False)
    assert missing(story, "team", whole, "en") == []
    assert missing(story, "team", whole.replace("Van", "Sedan"), "en") == ["vehicle"]
    monkeypatch.setitem(recap.AUDIENCES, "partner", recap.AUDIENCES["team"])
    monkeypatch.setitem(recap.GUEST, "partner", recap.GUEST["team"])
    text = letter_text(story, "brief_lead", "en")
    assert {EMAIL, "7,777.77", "request sent"} <= set(leaked(story | {"payment": PAYMENTS[2]}, "partner", text))


def _a_story() -> dict[str, Any]:
    """One story with everything in it."""
    ride = {"from": AIRPORT, "to": HOTEL, "starts": instant("2026-11-21T19:00:00Z"), "ends": instant("2026-11-21T19:35:00Z"),
            "minutes": 35, "flight": "BA2203", "dispatch": "assigned",
            "lead": {"key": "LEADKEY", "name": "Rafael Peña", "phone": LEAD_PHONE}}  # fmt: skip
    return {
        "reference": "CA-7K4M2", "state": "confirmed", "language": "en",
        "service": {"kind": "transfer", "key": "transfer", "name": {"en": "Private transfer", "es": "Traslado privado"}},
        "legs": [ride], "guest": {"name": "Ana Lindqvist", "phone": "+46701740605", "email": EMAIL, "language": "en"},
        "party": {"adults": 2, "children": [], "infants": 0, "luggage": 2},
        "vehicle": {"key": "van", "name": {"en": "Van", "es": "Van"}, "seats": 7, "icon": "van"}, "extras": [],
        "occasion": None, "notes": None, "lines": [], "total": money(777777), "tax": None, "payment": PAYMENTS[0],
        "hold_until": None, "free_until": None, "source": {"channel": "whatsapp", "at": instant("2026-11-20T12:00:00Z")},
    }  # fmt: skip


async def test_portal_and_desk_show_the_whole_recap(bellhop: Bellhop, ana: Person, desk: Desk) -> None:
    """Through the running program: each field of hers is on her page, each of the team's on the desk; the source only there."""
    reference = await books(ana, REQUEST, email="ana@example.com")
    rows = await read("SELECT id FROM booking WHERE reference = :reference", reference=reference)
    story = await of_booking(int(rows[0]["id"]))
    async with bellhop.http.get(ana.link("/pay").removesuffix("/pay")) as answer:
        portal = await answer.text()
    seen: dict[Any, str] = {"guest": flat(portal), "team": flat(await desk.opens(f"/desk/bookings/{reference}"))}
    for audience, page in seen.items():
        shown = {key: value for key, _, value in words.story_recap(story, audience, "en")}
        drawn_apart = {
            "route": ["Hard Rock"], "schedule": ["15:00"], "flight": ["AA 1045"], "price": ["54.00"], "payment": ["54.00"],
            "service": ["Hard Rock"], "guest": ["Ana Lindqvist", "+46 70 174 06 05", "ana@example.com"],
        }  # fmt: skip
        lost = [
            key for key, value in shown.items() for part in drawn_apart.get(key, [flat(html.escape(value))]) if part not in page
        ]  # fmt: skip
        assert lost == [], (audience, shown)
    assert "request sent" not in seen["guest"]
    assert "request sent" in seen["team"]


REQUEST = "airport PUJ to Hard Rock tomorrow at 3pm, one way, 4 people, 6 bags, van, flight AA1045, child seat"
