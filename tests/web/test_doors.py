"""The doors as pages: a form without a script, its mistakes, prices, links and QR codes, a call that is wanted."""

import asyncio
import html
import re
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from bot import words
from bot.doors import qr
from flows.book import fill_in, filled_in
from flows.menu import World
from flows.speech import Heard
from handlers.call_wanted import call_wanted
from handlers.door_made import door_made
from handlers.house import SYSTEM
from handlers.menu import menu_of
from handlers.someone_wrote import someone_wrote
from models import doors
from models.database import read
from models.fields import unpacked
from tests.conftest import Clock
from tests.web.front import Front, rows_of

FORM = {
    "service": "transfer", "pickup": "Airport PUJ", "dropoff": "Hard Rock", "date": "2026-11-24", "time": "15:00",
    "adults": "2", "children": "4, 1", "luggage": "3", "extra_child_seat": "1", "name": "Hannah Moore",
    "phone": "+46 70 123 45 67", "notes": "We bring a surfboard", "from": "arena-blanca",
}  # fmt: skip


def shown(page: str) -> str:
    """A page as it is read."""
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page)).split())


async def sends(front: Front, **given: str) -> tuple[str, str]:
    """Fill in the form and press "continue"; gives the page of the links and its address."""
    answer, text = await front.post("/book?lang=en", FORM | given)
    assert answer.status == 303, shown(text)
    address = answer.headers["Location"]
    answer, text = await front.get(address)
    assert answer.status == 200
    return text, address


def link(page: str, host: str) -> str:
    """The link to a chat on a page."""
    found = re.search(rf'href="(https://{host}/[^"]+)"', page)
    assert found
    return html.unescape(found[1])


async def test_a_form_ends_in_a_chat_that_knows_it_all(front: Front) -> None:
    """What was filled in is said back on the page, travels in the message, and is the draft of the talk."""
    page, _ = await sends(front)
    assert "Airport PUJ" in shown(page)
    assert "Hard Rock Hotel Punta Cana" in shown(page)
    typed = unquote(link(page, "wa.me").partition("?text=")[2])
    assert "Tuesday 24 November 2026" in typed
    heard = Heard("whatsapp", "SM1", "+18295550143", front.house.now(), words=typed)
    await someone_wrote(front.house, heard)
    state = unpacked((await read("SELECT state FROM talk"))[0]["state"])
    assert state["source"] == "arena-blanca"
    assert state["draft"] == {
        "service": "transfer", "pickup": {"place": "puj"}, "dropoff": {"place": "hard_rock"}, "date": "2026-11-24",
        "time": "15:00", "party": {"adults": 2, "children": [4], "infants": 1}, "luggage": 3, "extras": {"child_seat": 1},
        "notes": "We bring a surfboard", "name": "Hannah Moore", "phone": "+46701234567",
    }  # fmt: skip


async def test_looking_changes_nothing(front: Front) -> None:
    """Chat apps look at links beforehand: the page of the links, its QR codes and the form write no row."""
    page, address = await sends(front)
    before = await rows_of("door", "opening", "talk", "delivery", "inbound")
    for path in (address, "/book", "/welcome", *re.findall(r'src="(/qr/[^"]+)"', page)):
        answer, _ = await front.get(html.unescape(path))
        assert answer.status == 200, path
    assert await rows_of("door", "opening", "talk", "delivery", "inbound") == before


@pytest.mark.parametrize("host", ["wa.me", "t.me"])
async def test_the_codes_lead_where_the_links_lead(front: Front, host: str) -> None:
    """Module for module the QR code of the link, as PNG and as SVG."""
    page, _ = await sends(front)
    token = parse_qs(urlsplit(link(page, "t.me")).query)["start"][0]
    channel = {"wa.me": "whatsapp", "t.me": "telegram"}[host]
    answer = await front.client.get(f"/qr/{token}.png?on={channel}")
    assert answer.content_type == "image/png"
    assert (await answer.read())[:8] == b"\x89PNG\r\n\x1a\n"

    drawn, wanted = await (await front.client.get(f"/qr/{token}.svg?on={channel}")).read(), link(page, host)
    assert drawn == qr(wanted, "svg")


@pytest.mark.parametrize(
    ("field", "typed", "said"),
    [
        ("service", "", "Which of these may we arrange?"),
        ("date", "2026-11-01", "over"),
        ("date", "someday", "Which day?"),
        ("phone", "12", "number"),
        ("email", "hannah@", "mail"),
        ("adults", "many", "How many"),
        ("children", "two", "age of each child"),
        ("luggage", "-3", "bags"),
    ],
)
async def test_a_mistake_is_told_beside_its_field(front: Front, field: str, typed: str, said: str) -> None:
    """In a sentence, linked to the field; whatever else was typed stays."""
    answer, text = await front.post("/book?lang=en", FORM | {field: typed})
    assert answer.status == 422
    beside = re.search(rf'id="wrong-{field}".*?</span></span>', text, re.DOTALL)
    assert beside, shown(text)
    assert said.lower() in shown(beside[0]).lower(), shown(beside[0])
    assert f'aria-describedby="wrong-{field}"' in text
    assert 'value="+46 70 123 45 67"' in text or field == "phone"
    assert "We bring a surfboard" in text
    assert await rows_of("door", "talk") == {"door": [], "talk": []}


async def test_a_place_we_do_not_know_asks_for_its_area(front: Front) -> None:
    """The area is chosen beside the field, and the place stays as it was typed."""
    answer, text = await front.post("/book?lang=en", FORM | {"dropoff": "Casa Pepe, calle 5"})
    assert answer.status == 422
    choice = re.search(r'<option value="(in:bavaro)">', text)
    assert choice, shown(text)
    page, _ = await sends(front, dropoff="Casa Pepe, calle 5", dropoff_which=choice[1])
    assert "Casa Pepe, calle 5" in shown(page)


async def test_the_price_is_shown_before_anyone_writes(front: Front) -> None:
    """Each vehicle that takes them, then the one they chose with all its lines."""
    answer, text = await front.post("/book?lang=en", FORM | {"act": "price"})
    assert answer.status == 200
    assert "US$48.00" in shown(text)
    text = (await front.post("/book?lang=en", FORM | {"act": "price", "vehicle": "van"}))[1]
    assert "US$54.00" in shown(text)
    assert 'value="Hard Rock"' in text


async def test_markup_stays_words(front: Front) -> None:
    """What is typed is shown as it was typed, on the form and on the page of the links."""
    nasty = '"><script>alert(1)</script>'
    assert "<script>alert" not in (await front.post("/book", FORM | {"service": "", "notes": nasty, "name": nasty}))[1]
    assert "<script>alert" not in (await sends(front, notes=nasty))[0]


async def test_a_link_of_another_house_shows_nothing(front: Front) -> None:
    """A token that is not ours is a page that does not exist, and has no QR code."""
    assert (await front.get("/book/bhdAAAAAAAAAAAAAAAAAAAAAAAA"))[0].status == 404
    assert (await front.client.get("/qr/bhdAAAAAAAAAAAAAAAAAAAAAAAA.svg")).status == 404


async def test_a_guest_who_wants_a_call_is_on_the_desk(front: Front) -> None:
    """The desk has the request as a talk that waits for a person, the house is told; pressed twice it is one."""
    for _ in range(2):
        answer, _ = await front.post("/book?lang=en", FORM | {"act": "call"})
        assert answer.status == 303
    rows = await read(
        "SELECT t.silent, t.state, r.channel, r.address FROM talk t JOIN recipient r ON r.id = t.recipient_id"
    )
    assert [(bool(row["silent"]), row["channel"], row["address"]) for row in rows] == [(True, "phone", "+46701234567")]
    assert unpacked(rows[0]["state"])["draft"]["dropoff"] == {"place": "hard_rock"}
    told = await read("SELECT DISTINCT business_key FROM delivery WHERE kind = 'call_wanted_house'")
    assert len(await read("SELECT id FROM opening WHERE how = 'call_back'")) == 1
    assert told
    assert "Thank you" in shown((await front.get(answer.headers["Location"]))[1])


async def test_whom_shall_we_call(front: Front) -> None:
    """Without a name and a number nobody can call: both are asked for, beside their fields."""
    answer, text = await front.post("/book?lang=en", FORM | {"act": "call", "name": "", "phone": ""})
    assert answer.status == 422
    assert {'id="wrong-name"', 'id="wrong-phone"'} <= set(re.findall(r'id="wrong-\w+"', text))


async def test_a_tap_on_call_is_counted(front: Front) -> None:
    """With whose card led to the page, and never as a flood."""
    answer, _ = await front.post("/call", {"from": "arena-blanca", "token": ""})
    assert answer.status == 204
    for _ in range(70):
        await front.post("/call", {"from": "arena-blanca"})
    rows = await read("SELECT source, how FROM opening")
    assert {(row["source"], row["how"]) for row in rows} == {("arena-blanca", "call")}
    assert len(rows) == 60


@pytest.mark.parametrize("path", ["/", "/welcome"])
async def test_every_way_in_is_on_the_front_page(front: Front, path: str) -> None:
    """WhatsApp, Telegram, a call, a mail and the form, in the reader's language."""
    for language, word in (("en", "Fill in your request"), ("es", "Llenar su solicitud")):
        text = (await front.get(f"{path}?lang={language}"))[1]
        assert word in shown(text)
        for way in ("https://wa.me/", "https://t.me/", "tel:", "mailto:", "/book"):
            assert f'href="{way}' in text, way


# --- too many calls ---


async def wants_a_call(front: Front, phone: str, notes: str = "") -> int:
    """The status of one more wish to be called."""
    return (await front.post("/book?lang=en", FORM | {"act": "call", "phone": phone, "notes": notes}))[0].status


async def test_one_number_is_not_called_for_without_end(front: Front, clock: Clock) -> None:
    """Three times within an hour; then the page says that we have it and how we are reached, and nothing typed is lost."""
    for time in range(doors.A_NUMBER):
        assert await wants_a_call(front, "+46701234567", f"{time + 1} surfboards") == 303
        clock.forward(minutes=6)
    answer, text = await front.post("/book?lang=en", FORM | {"act": "call", "phone": "+46701234567", "notes": "A pram"})
    assert answer.status == 429
    assert "We have your number and call as soon as we can" in shown(text)
    assert "A pram" in text and "tel:" in text
    assert len(await read("SELECT id FROM opening WHERE how = 'call_back'")) == doors.A_NUMBER
    assert await wants_a_call(front, "+46701234568") == 303
    clock.forward(minutes=60)
    assert await wants_a_call(front, "+46701234567", "again") == 303


async def test_nor_from_one_address_for_ever_new_numbers(
    front: Front, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is counted in the database, so all servers count together; beside the links too, and staff are never refused."""
    monkeypatch.setattr(doors, "AN_ADDRESS", 2)
    assert [await wants_a_call(front, f"+4670123450{n}") for n in range(3)] == [303, 303, 429]
    _, address = await sends(front)
    answer, text = await front.post(
        f"{address.partition('?')[0]}/call-back?lang=en", {"name": "Eva Berg", "phone": "+46701234599"}
    )
    assert answer.status == 429
    assert "cannot take one more for a while" in shown(text) and "Call me back" not in shown(text)
    seen = {row["source"] for row in await read("SELECT source FROM opening WHERE how = 'asked'")}
    assert len(seen) == 1 and "127.0.0.1" not in str(seen)
    await call_wanted(front.house, "Eva Berg", "+46701234599", "A van", {}, language="en", source=None, staff=SYSTEM)
    clock.forward(minutes=61)
    assert await wants_a_call(front, "+46701234500", "later") == 303


async def test_nor_by_all_together(front: Front, monkeypatch: pytest.MonkeyPatch) -> None:
    """A flood from everywhere ends at so many a minute."""
    monkeypatch.setattr(doors, "MOST_CALLS", 1)
    assert [await wants_a_call(front, f"+4670123450{n}") for n in range(2)] == [303, 429]


# --- a form that is filled in already ---


async def test_a_link_fills_in_the_form(front: Front) -> None:
    """Whatever it knows stands in its field, and sent on as it is, it is the same request."""
    _, address = await sends(front, dropoff="Casa Pepe, calle 5", dropoff_which="in:bavaro")
    token = address.partition("/book/")[2].partition("?")[0]
    answer, text = await front.get(f"/book?d={token}&lang=en")
    assert answer.status == 200
    for value in ("Airport PUJ", "Casa Pepe, calle 5", "in:bavaro", "2026-11-24", "15:00", "4, 1", "Hannah Moore"):
        assert f'value="{value}"' in html.unescape(text), value
    at, house = World(front.house.now(), menu_of(await front.house.catalog())), front.house
    known = await doors.known_by(house.secret, token, house.now())
    assert known is not None
    assert fill_in(filled_in(known.draft, at, "en"), at, "en", house.now()).draft == known.draft
    assert 'name="from" value="arena-blanca"' in text


async def test_an_old_link_fills_in_nothing_and_says_so(front: Front) -> None:
    """The form is there, empty."""
    text = (await front.get("/book?d=bhdAAAAAAAAAAAAAAAAAAAAAAAA&lang=en"))[1]
    assert "is old or was used already" in shown(text)


# --- for one guest ---


async def test_a_link_for_one_guest_works_once(front: Front) -> None:
    """Whoever opens it first has the request; later it says kindly that it was used, in the chat and on its page."""
    await front.log_in()
    made, _ = await front.post("/desk/doors/links", {"words": "airport to Hard Rock", "language": "en", "once": "1"})
    token = made.headers["Location"].rpartition("/")[2]
    assert (await front.get(f"/book/{token}"))[0].status == 200
    house, drafts = (
        front.house,
        "SELECT t.state, r.address FROM talk t JOIN recipient r ON r.id = t.recipient_id ORDER BY t.id",
    )
    for number, sender in enumerate(("700100201", "700100999", "700100201")):
        await someone_wrote(house, Heard("telegram", str(number), sender, house.now(), words=f"/start {token}"))
    first, second = [unpacked(row["state"])["draft"] for row in await read(drafts)]
    assert (first["dropoff"], second) == ({"place": "hard_rock"}, {})
    said = [
        words.draw(unpacked(row["payload"]), "en").text
        for row in await read("SELECT payload FROM delivery ORDER BY id")
    ]
    assert "was opened already" in said[1] and "you have opened it here already" in said[2]
    answer, text = await front.get(f"/book/{token}")
    assert (answer.status, "This link was used already" in shown(text)) == (410, True)
    assert (await front.client.get(f"/qr/{token}.svg")).status == 404
    assert "Hard Rock" not in (await front.get(f"/book?d={token}"))[1].partition("<datalist")[0]


async def test_two_who_open_it_at_once(front: Front) -> None:
    """One has the request; without the guard both would."""
    token = await door_made(front.house, {"service": "transfer"}, "en", None, once=True)
    await asyncio.gather(*(
        someone_wrote(front.house, Heard("telegram", who, who, front.house.now(), words=f"/start {token}"))
        for who in ("700100201", "700100999")
    ))  # fmt: skip
    known = [unpacked(row["state"])["draft"] for row in await read("SELECT state FROM talk")]
    assert sorted(map(len, known)) == [0, 1]
