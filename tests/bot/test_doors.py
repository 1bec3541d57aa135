"""A request goes into a link and comes out of the guest's words as the same request, in every language, on every channel."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.doors import Links, links, request_words
from flows.arriving import Arrival
from flows.book import arrive
from flows.menu import World
from flows.speech import Heard
from flows.talk import Talk
from handlers.door_opened import entry_of
from handlers.house import House
from handlers.menu import menu_of
from models import doors
from models.fields import packed
from tests.flows.people import NOW
from tests.flows.test_services import Visitor
from tests.models.test_price import COSTA

SECRET = b"the house's own secret"
WORLD = World(NOW, menu_of(COSTA))
LANGUAGES, CHANNELS = ("en", "es"), ("whatsapp", "telegram")
HOUSE = House(lambda: NOW.astimezone(UTC), "test", SECRET)
HOTELS = ("arena_blanca", "palma_real", "hard_rock", "majestic_elegance", "westin_puntacana", "secrets_cap_cana")
ends = st.sampled_from([{"place": key} for key in HOTELS])
days = st.integers(2, 300).map(lambda n: (NOW.date() + timedelta(days=n)).isoformat())
clocks = st.sampled_from(["00:15", "06:30", "08:00", "12:00", "12:45", "14:30", "19:05", "23:00"])
parties = st.fixed_dictionaries({
    "adults": st.integers(1, 3), "children": st.lists(st.integers(2, 12), max_size=2), "infants": st.integers(0, 1),
})  # fmt: skip
last = {
    "occasion": st.sampled_from(["honeymoon", "birthday", None]), "notes": st.sampled_from(["Llegamos con un perro", None]),
    "name": st.just("Ana Lindqvist"), "phone": st.just("+46701234567"), "email": st.sampled_from(["ana@example.com", None]),
}  # fmt: skip
TRANSFER: dict[str, Any] = {
    "pickup": st.one_of(st.just({"place": "puj"}), st.just({"typed": "Villa Rosa, calle 3", "zone": "bavaro"}), ends),
    "dropoff": st.just({"place": "uvero_alto"}), "stops": st.sampled_from([[], [{"place": "bavaro"}]]), "room": st.just("1204"),
    "date": days, "time": clocks, "flight": st.sampled_from(["AA1045", "unknown"]), "party": parties,
    "luggage": st.integers(0, 4), "vehicle": st.sampled_from(["van", "minibus"]), "trip": st.just("one_way"),
    "extras": st.sampled_from([{}, {"child_seat": 2, "champagne": 1}, {"golf_bags": 1}]), **last,
}  # fmt: skip
HOURS: dict[str, Any] = {
    "pickup": ends, "date": days, "time": clocks, "hours": st.integers(3, 12), "plan": st.sampled_from(["Santo Domingo", None]),
    "party": parties, "vehicle": st.just("van"), "extras": st.sampled_from([{}, {"flowers": 1}]), **last,
}  # fmt: skip
TOUR: dict[str, Any] = {
    "party": st.fixed_dictionaries({"adults": st.integers(1, 3), "children": st.just([8]), "infants": st.just(0)}),
    "departure": st.sampled_from(["2026-11-24T07:30", "2026-11-26T08:30", "2026-12-05T08:30"]), "pickup": ends,
    "extras": st.sampled_from([{}, {"snorkel": 1}]), **last,
}  # fmt: skip
BACK: dict[str, Any] = TRANSFER | {
    "trip": st.just("return"), "date": st.just("2026-11-27"), "return_date": st.just("2026-12-05"), "return_time": clocks,
    "return_flight": st.just("AA1046"),
}  # fmt: skip


def some(answers: dict[str, Any], service: str, always: tuple[str, ...] = ()) -> Any:
    """Any combination of these answers to questions of one service."""
    rest = {key: value for key, value in answers.items() if key not in always}
    sure = {"service": st.just(service)} | {key: answers[key] for key in always}
    return st.fixed_dictionaries(sure, optional=rest)


requests = st.one_of(
    some(TRANSFER, "transfer"), some(BACK, "transfer", ("trip",)), some(HOURS, "chauffeur"), some(TOUR, "isla_saona"),
    some(TRANSFER | {"dropoff": ends, "pickup": st.just({"place": "puj"}), "vehicle": st.just("van"), "extras": st.just({"champagne": 1})}, "family"),
    st.fixed_dictionaries({}),
)  # fmt: skip


class Kept:
    """The row of a link that is too long for itself."""

    def __init__(self, draft: dict[str, Any], language: str, words: str) -> None:
        self.row = {
            "kind": "request", "draft": packed(draft), "language": language, "source": "arena", "wording": doors.wording(words),
            "recipient_id": None, "taken_by": None, "until": None,
        }  # fmt: skip

    async def ask(self, sql: str, **values: Any) -> list[dict[str, Any]]:
        """The one row there is."""
        return [self.row] if values == {"id": 1} else []


def linked(draft: dict[str, Any], language: str) -> tuple[Links, Kept]:
    """The links of a request, and what of it is kept."""
    said = request_words(draft, language, WORLD)
    token = doors.token(SECRET, draft, language, "arena", words=said) or doors.kept_token(SECRET, 1)
    return links(said, token, "+1 809 555 0100", "@costa_alisia_bot"), Kept(draft, language, said)


def sent(by: Links, channel: str) -> str:
    """What reaches us when a guest opens the link and presses send."""
    if channel == "telegram":
        return "/start " + parse_qs(urlsplit(by.telegram or "").query)["start"][0]
    return unquote((by.whatsapp or "").partition("?text=")[2])


async def arrived(words: str, channel: str, kept: Kept, talk: Talk | None = None) -> Talk:
    """The talk of somebody who sent these words."""
    sender = "+447700900142" if channel == "whatsapp" else "700100201"
    heard = Heard(channel, "1", sender, HOUSE.now(), words=words)
    known = await doors.known_by(SECRET, doors.token_in(words) or "", HOUSE.now(), kept.ask)
    if known is not None:
        said = doors.without_token(words).removeprefix("/start").strip()
        edited = said if said and doors.wording(said) != known.wording else ""
        return arrive(talk or Talk.new(), Arrival(known.draft, known.language, known.source, edited), heard, WORLD)
    entry = await entry_of(HOUSE, heard)
    assert entry.arrival is not None
    return arrive(talk or Talk.new(), entry.arrival, entry.heard, WORLD)


def told(talk: Talk) -> dict[str, Any]:
    """The answers, without what only the channel tells."""
    return {key: value for key, value in talk.draft.items() if (key, value) != ("phone", "+447700900142")}


@pytest.mark.parametrize("channel", CHANNELS)
@pytest.mark.parametrize("language", LANGUAGES)
@settings(max_examples=60, deadline=None)
@given(draft=requests)
async def test_a_request_comes_out_of_its_link_as_it_went_in(
    draft: dict[str, Any], language: str, channel: str
) -> None:
    """Every combination of answers, whichever way it travels; the source comes with it."""
    draft = _consistent(draft)
    by, kept = linked(draft, language)
    talk = await arrived(sent(by, channel), channel, kept)
    assert told(talk) == draft
    assert (talk.source, talk.language) == ("arena", language)
    assert len(by.token) <= doors.LONGEST


def _consistent(draft: dict[str, Any]) -> dict[str, Any]:
    """Without what no talk would hold: a room where there is no hotel, a flight without an airport."""
    pickup = draft.get("pickup", {})
    if draft.get("service") in ("transfer", "family"):
        hotel, airport = (
            pickup.get("place") in HOTELS,
            "puj" in (pickup.get("place"), draft.get("dropoff", {}).get("place")),
        )
        if pickup and not hotel:
            draft.pop("room", None)
        if {"pickup", "dropoff"} <= set(draft) and not airport:
            draft.pop("flight", None)
            draft.pop("return_flight", None)
    if draft.get("service") == "family":
        draft.pop("trip", None)
        draft.pop("stops", None)
    return draft


@pytest.mark.parametrize("language", LANGUAGES)
@settings(max_examples=60, deadline=None)
@given(draft=requests)
async def test_each_line_says_what_the_link_knows(draft: dict[str, Any], language: str) -> None:
    """A word of the guest's own above the lines changes nothing: each line is read as the answer it was drawn from."""
    draft = _consistent(draft)
    by, kept = linked(draft, language)
    talk = await arrived(f"{'Hi' if language == 'en' else 'Buenas'}\n{by.words}", "whatsapp", kept)
    assert told(talk) == draft


RIDE: dict[str, Any] = {
    "service": "transfer", "pickup": {"place": "puj"}, "dropoff": {"place": "arena_blanca"}, "date": "2026-11-27",
    "time": "14:30", "party": {"adults": 2, "children": [], "infants": 0}, "luggage": 2,
}  # fmt: skip


@pytest.mark.parametrize(
    ("language", "written", "instead", "key", "value"),
    [
        ("en", "People: 2 adults", "People: 3 adults", "party", {"adults": 3, "children": [], "infants": 0}),
        ("en", "Friday 27 November 2026", "Saturday 28 November", "date", "2026-11-28"),
        ("en", "Hotel Arena Blanca", "Hard Rock", "dropoff", {"place": "hard_rock"}),
        ("es", "Hora: 14:30", "Hora: a las 4 de la tarde", "time", "16:00"),
        ("es", "Personas: 2 adultos", "Personas: 2 adultos y un niño de 4", "party", {"adults": 2, "children": [4], "infants": 0}),
    ],
)  # fmt: skip
async def test_an_edited_line_counts(language: str, written: str, instead: str, key: str, value: Any) -> None:
    """What the guest changed before sending follows the words, all else the link."""
    by, kept = linked(RIDE, language)
    assert written in by.words
    talk = await arrived(by.words.replace(written, instead), "whatsapp", kept)
    assert told(talk) == RIDE | {key: value}


async def test_a_line_taken_out_is_asked() -> None:
    """Whoever deletes the day does not want that day."""
    by, kept = linked(RIDE, "en")
    gone = "\n".join(line for line in by.words.splitlines() if not line.startswith("Day:"))
    talk = await arrived(gone, "whatsapp", kept)
    assert "date" not in talk.draft
    assert talk.state == "date"


async def test_a_line_that_cannot_be_read_is_shown_back_and_asked() -> None:
    """Nothing is guessed, nothing is dropped."""
    by, kept = linked(RIDE, "en")
    talk = await arrived(by.words.replace("Friday 27 November 2026", "the full moon"), "whatsapp", kept)
    assert talk.state == "date"
    assert "the full moon" in str(talk.remarks)


async def test_words_beside_the_lines_are_heard() -> None:
    """A sentence written below the request is understood as any other."""
    by, kept = linked(RIDE, "en")
    talk = await arrived(f"{by.words}\nWe take the van, flight AA1045", "whatsapp", kept)
    assert told(talk) == RIDE | {"vehicle": "van", "flight": "AA1045"}


async def test_a_price_in_the_words_is_ignored() -> None:
    """A guest may write any price: it is said that it does not count, and nothing keeps it."""
    by, kept = linked(RIDE, "en")
    talk = await arrived(f"{by.words}\nPrice: US$1.00", "whatsapp", kept)
    assert told(talk) == RIDE
    assert [one["block"] for one in talk.remarks] == ["door_price"]


@pytest.mark.parametrize("how", ["changed", "foreign", "cut", "lapsed"])
async def test_a_token_that_is_not_ours_is_as_if_it_were_not_there(how: str) -> None:
    """The words are then read as plain words, and no source is credited."""
    draft = {key: RIDE[key] for key in ("service", "pickup", "dropoff")}
    said = request_words(draft, "en", WORLD)
    lapsed = datetime(2026, 11, 18, tzinfo=UTC) if how == "lapsed" else None
    secret = b"another house" if how == "foreign" else SECRET
    token = doors.token(secret, draft, "en", "arena", words=said, until=lapsed) or ""
    token = {"changed": f"{token[:20]}{'A' if token[20] != 'A' else 'B'}{token[21:]}", "cut": token[:-4]}.get(
        how, token
    )
    by = links(said, token, "+1809", "bot")
    for channel in CHANNELS:
        entry = await entry_of(HOUSE, Heard(channel, "1", "2", HOUSE.now(), words=sent(by, channel)))
        assert entry.known is None
        assert token not in entry.heard.words or entry.arrival is not None
    words = f"{by.words}".replace("Hotel Arena Blanca", "Hard Rock")
    talk = await arrived(words, "whatsapp", Kept(draft, "en", said))
    assert talk.draft["dropoff"] == {"place": "hard_rock"}
    assert talk.source is None


async def test_a_token_is_good_on_its_last_day() -> None:
    """Until the end of the day, and not after it."""
    last = HOUSE.now().date()
    for until, good in ((last, True), (last - timedelta(days=1), False)):
        token = doors.token(SECRET, {}, "en", "arena", until=datetime.combine(until, datetime.min.time(), UTC)) or ""
        assert (await doors.known_by(SECRET, token, HOUSE.now()) is not None) is good


def test_no_changed_token_opens() -> None:
    """Whichever letter is changed, the seal no longer fits."""
    token = doors.token(SECRET, {"service": "transfer"}, "en", "arena") or ""
    for place in range(3, len(token)):
        for letter in "A-z_0":
            forged = token[:place] + letter + token[place + 1 :]
            assert forged == token or doors._opened(SECRET, forged) is None


def test_what_a_browser_is_given_can_be_read_by_a_person() -> None:
    """The words of the link, drawn."""
    assert request_words(RIDE, "es", WORLD).splitlines() == [
        "Hola, Costa Alisia. Quisiera reservar:", "Servicio: Traslado privado", "Recogida: Aeropuerto PUJ",
        "Destino: Hotel Arena Blanca", "Día: viernes 27 de noviembre de 2026", "Hora: 14:30", "Personas: 2 adultos",
        "Equipaje: 2",
    ]  # fmt: skip
    assert date(2026, 11, 27).isoweekday() == 5


def test_whoever_was_asked_something_else_begins_with_the_link() -> None:
    """Half a request for a tour makes room for the ride of the link, and it is said."""
    ana = Visitor()
    ana.says("Isla Saona for two on Tuesday")
    heard = Heard("whatsapp", "9", ana.sender, HOUSE.now())
    said = ana.answered(arrive(ana.talk, Arrival(RIDE, "en", "arena"), heard, WORLD))
    assert "set aside" in said
    assert "Airport PUJ to Hotel Arena Blanca" in said
    assert {key: ana.talk.draft.get(key) for key in RIDE} == RIDE
