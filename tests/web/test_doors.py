"""The doors as pages: a form without a script, its mistakes, prices, links and QR codes, a call that is wanted."""

import html
import re
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from bot.doors import qr
from flows.speech import Heard
from handlers.someone_wrote import someone_wrote
from models.database import read
from models.fields import unpacked
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
