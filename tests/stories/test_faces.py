"""Each channel's own face: pictures, papers, a button that calls; and what becomes of them where a provider will not have them."""

import asyncio
import json
import re
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import timedelta
from typing import Any, TypeVar
from urllib.parse import unquote

import pytest

from bot import packing
from bot.documents import Documents, Undrawn
from models import catalogs
from models.catalog_file import read_file
from models.database import read
from tests.conftest import SAMPLE
from tests.people import Bellhop, Message, Missed, Person, read_aloud
from tests.stories import moves
from tests.stories.moves import TRANSFER

T = TypeVar("T")
ARRIVING = "airport PUJ to Hard Rock today at 14:00, one way, 2 people, 2 bags, van, flight AA1045"
ARRIVING_ES = "aeropuerto PUJ a Hard Rock hoy a las 14:00, solo ida, 2 personas, 2 maletas, van, vuelo AA1045"


def kinds(who: Person) -> list[tuple[str, str]]:
    """What they hold of the bot that is no text, and what stands under it."""
    chat = who.bellhop.sim.world.chat(who.key, who.channel)
    return [
        (one["media"][0]["name"], one["text"])
        for one in chat
        if not one["mine"] and one["media"] and one["status"] not in ("failed", "undelivered")
    ]


def texts(who: Person, of: str) -> list[str]:
    """Every text with these words that reached them."""
    chat = who.bellhop.sim.world.chat(who.key, who.channel)
    return [
        one["text"]
        for one in chat
        if of in read_aloud(one) and not one["mine"] and one["status"] not in ("failed", "undelivered")
    ]


async def paid(who: Person, request: str) -> str:
    reference = await moves.books(who, request)
    assert (await who.pays())[0] == 303
    await hears_of_papers(who, reference)
    await patiently(lambda: moves.all_carried(reference))
    return reference


async def hears_of_papers(who: Person, *words: str) -> Message:
    """What comes with papers, which on a machine whose cores are all busy are drawn later than anything else."""
    return await patiently(lambda: who.hears(*words))


async def patiently(look: Callable[[], Awaitable[T]]) -> T:
    """The same once more, and once more."""
    for _ in range(2):
        with suppress(Missed, TimeoutError):
            return await look()
    return await look()


# -- pictures -----------------------------------------------------------------------------------


async def test_what_is_on_sale_is_seen_once_in_a_talk(ana: Person) -> None:
    """The vehicles come as a picture with the question, and not again when it is asked again."""
    await ana.says("airport to Bávaro tomorrow at 3pm, 2 adults, 2 bags, AA1045, one way")
    await ana.hears("Which vehicle suits you?")
    await ana.bellhop.until(lambda: kinds(ana))
    assert kinds(ana) == [("fleet.jpg", "Our sedan, SUV, van and minibus")]
    await ana.says("no idea")
    await ana.hears("vehicle")
    assert len(kinds(ana)) == 1


async def test_a_picture_is_uploaded_to_telegram_once(bellhop: Bellhop, luis: Person) -> None:
    """With the question as its caption and the vehicles as keys below; the next guest's is the same file by its name."""
    await luis.says("aeropuerto PUJ a Bávaro mañana a las 3 de la tarde, 2 adultos, 2 maletas, AA1045")
    first = await luis.hears("¿Qué vehículo")
    await bellhop.pull("/sim/people", key="marta", name="Marta", language="es", telegram=700100955, started=True)
    marta = Person(bellhop, "marta", "telegram")
    await marta.says("aeropuerto PUJ a Bávaro mañana a las 3 de la tarde, 2 adultos, 2 maletas, AA1045")
    second = await marta.hears("¿Qué vehículo")
    assert first["media"][0]["id"] == second["media"][0]["id"]
    assert first["kind"] == "photo" and first["keyboard"][0][0]["data"].endswith("vehicle|sedan")


async def test_a_file_that_telegram_has_no_more_is_uploaded_anew(bellhop: Bellhop, luis: Person) -> None:
    """What it was called is forgotten there: the guest sees the picture all the same."""
    await luis.says("aeropuerto PUJ a Bávaro mañana a las 3 de la tarde, 2 adultos, 2 maletas, AA1045")
    was = (await luis.hears("¿Qué vehículo"))["media"][0]["id"]
    bellhop.sim.world.db.execute("DELETE FROM file")
    await bellhop.pull("/sim/people", key="marta", name="Marta", language="es", telegram=700100955, started=True)
    marta = Person(bellhop, "marta", "telegram")
    await marta.says("aeropuerto PUJ a Bávaro mañana a las 3 de la tarde, 2 adultos, 2 maletas, AA1045")
    assert (await marta.hears("¿Qué vehículo"))["media"][0]["id"] != was


async def test_without_the_file_the_text_alone_is_sent(luis: Person) -> None:
    """A catalogue may name a picture that is not there."""
    content = json.loads(json.dumps(read_file(SAMPLE).content).replace("fleet.jpg", "gone.jpg"))
    await catalogs.load(content, luis.bellhop.program.house.now())
    await luis.says("aeropuerto PUJ a Bávaro mañana a las 3 de la tarde, 2 adultos, 2 maletas, AA1045")
    asked = await luis.hears("¿Qué vehículo")
    assert asked["kind"] == "text" and asked["keyboard"]


async def test_where_is_my_driver_on_whatsapp(bellhop: Bellhop, ana: Person) -> None:
    """Just before the pick-up: the driver and the meeting point as pictures, and buttons that call, write, and open the booking."""
    await paid(ana, ARRIVING)
    await bellhop.later(hours=3)
    await ana.says("I've landed, where is my driver?")
    answer = await ana.hears("The name on the board", "I-109 442")
    keys = [(key["text"], key.get("url", "")) for row in answer["keyboard"] for key in row]
    assert keys[0] == ("Call Rafael", "tel:+18095550177")
    assert [label for label, _ in keys] == ["Call Rafael", "Write to Rafael", "Your booking"]
    await bellhop.until(lambda: len(kinds(ana)) >= 4)
    assert [name for name, _ in kinds(ana)][-2:] == ["rafael.jpg", "puj_exit_b.jpg"]
    assert "Exit B" in kinds(ana)[-1][1]


async def test_where_is_my_driver_on_telegram(bellhop: Bellhop, luis: Person) -> None:
    """The same; the answer itself stands under the meeting point's picture, with its keys."""
    await paid(luis, ARRIVING_ES)
    await bellhop.later(hours=3)
    await luis.says("ya aterricé, ¿dónde está mi chofer?")
    answer = await luis.hears("I-109 442", "+1 809 555 0177")
    assert answer["kind"] == "photo"
    assert [name for name, _ in kinds(luis)][-2:] == ["rafael.jpg", "puj_exit_b.jpg"]


# -- papers -------------------------------------------------------------------------------------


async def test_the_ticket_comes_as_a_paper_on_whatsapp(bellhop: Bellhop, ana: Person) -> None:
    """After paying, and when it is asked for again: the PDF as Twilio fetched it by a signed address that soon ends."""
    reference = await paid(ana, TRANSFER)
    await patiently(lambda: bellhop.until(lambda: [name for name, _ in kinds(ana) if name.endswith(".pdf")]))
    assert f"{reference}-ticket.pdf" in [name for name, _ in kinds(ana)]
    await ana.says("send me my ticket again please")
    await hears_of_papers(ana, "Here are the papers")
    await patiently(lambda: bellhop.until(lambda: len([name for name, _ in kinds(ana) if name.endswith(".pdf")]) == 2))
    url = fetched(bellhop, "ticket.pdf")
    async with bellhop.http.get(url) as answer:
        assert (answer.status, answer.content_type) == (200, "application/pdf")
    async with bellhop.http.get(url.replace("/media/", "/media/1")) as answer:
        assert answer.status == 404
    await bellhop.program.clock.advance(timedelta(hours=6))
    async with bellhop.http.get(url) as answer:
        assert answer.status == 404


def fetched(bellhop: Bellhop, ending: str) -> str:
    """The newest address of a file that Twilio was given."""
    bodies = [unquote(kept["entry"].get("body") or "") for kept in bellhop.sim.world.wire]
    return next(
        url for body in reversed(bodies) for url in re.findall(r"MediaUrl=([^&]+)", body) if url.endswith(ending)
    )


async def test_the_ticket_comes_as_a_paper_on_telegram(luis: Person) -> None:
    """The PDF, then the picture with the words and keys under it."""
    reference = await paid(luis, ARRIVING_ES)
    assert [name for name, _ in kinds(luis)] == ["fleet.jpg", f"{reference}-boleto.pdf", f"{reference}.png"][
        -len(kinds(luis)) :
    ]
    await luis.says("mándeme el boleto otra vez")
    await hears_of_papers(luis, "Aquí tiene los documentos")
    assert f"{reference}-boleto.pdf" in [name for name, _ in kinds(luis)][-2:]


class Slow:
    """The document process on a busy day: pictures come, papers hang or are given up."""

    def __init__(self, own: Documents, hangs: bool) -> None:
        self.own, self.hangs = own, hangs

    async def make(self, kind: str, *wanted: Any) -> bytes:
        """As the real one, but for tickets."""
        if kind == "ticket" and self.hangs:
            await asyncio.Event().wait()
        if kind == "ticket":
            raise Undrawn("it died twice")
        return await self.own.make(kind, *wanted)


@pytest.mark.parametrize("hangs", [True, False])
async def test_nobody_waits_for_a_paper(
    bellhop: Bellhop, ana: Person, monkeypatch: pytest.MonkeyPatch, hangs: bool
) -> None:
    """One that is not drawn soon is left out: the confirmation comes with its picture, and with the link to the ticket."""
    monkeypatch.setattr(packing, "SOON", 0.1)
    monkeypatch.setattr(bellhop.program.packing, "documents", Slow(bellhop.program.packing.documents, hangs))
    await moves.books(ana, TRANSFER)
    assert (await ana.pays())[0] == 303
    said = await hears_of_papers(ana, "You are booked")
    assert said["keyboard"][0][0]["url"].endswith("/ticket.pdf")
    await patiently(lambda: bellhop.until(lambda: kinds(ana)))
    assert [name.rpartition(".")[2] for name, _ in kinds(ana)] == ["png"]


# -- what a provider will not have ----------------------------------------------------------------


async def test_a_paper_that_cannot_be_fetched_is_left_out_and_nothing_is_said_twice(
    bellhop: Bellhop, ana: Person
) -> None:
    """Twilio takes the message and reports 63019 later: the words had arrived, and do not come again."""
    await moves.books(ana, TRANSFER)
    await bellhop.pull("/sim/refuse", code=63019, of="media", times=2)
    assert (await ana.pays())[0] == 303
    await hears_of_papers(ana, "You are booked")
    row = await patiently(lambda: settled("booking_confirmed_guest"))
    assert "documents" not in row["payload"]
    assert len(texts(ana, "You are booked")) == 1
    assert kinds(ana) == []


async def settled(kind: str) -> dict[str, Any]:
    """The delivery of this kind once it has been tried again and has gone."""

    async def look() -> dict[str, Any] | None:
        rows = await read(
            "SELECT d.* FROM delivery d JOIN recipient r ON r.id = d.recipient_id WHERE d.kind = :kind AND r.channel = 'whatsapp' "
            "ORDER BY d.id DESC LIMIT 1",
            kind=kind,
        )
        done = rows and rows[0]["attempt"] > 1 and rows[0]["state"] in moves.GONE
        return rows[0] if done else None

    found = await moves.once(look, f"{kind} sent again")
    assert found is not None
    return found


@pytest.mark.parametrize("code", [63005, 63013, 63021, 21656])
async def test_a_refused_content_is_the_same_as_numbered_text(bellhop: Bellhop, ana: Person, code: int) -> None:
    """Refused at once, or taken and then failed: the question comes as text with numbers, once, and is answered by one."""
    await bellhop.pull("/sim/refuse", code=code, of="content")
    await ana.says("hi")
    asked = await ana.hears("What may we arrange", "1. ")
    assert asked["keyboard"] == []
    await ana.says("1")
    await ana.hears("Where do we pick you up?")
    assert len(texts(ana, "What may we arrange")) == 1


async def test_a_refused_content_behind_a_picture_comes_as_text_and_the_picture_once(
    bellhop: Bellhop, ana: Person
) -> None:
    """The picture has left already when Twilio refuses the list."""
    await bellhop.pull("/sim/refuse", code=21656, of="content")
    await ana.says("airport to Bávaro tomorrow at 3pm, 2 adults, 2 bags, AA1045, one way")
    await ana.hears("Which vehicle suits you?", "1. ")
    await bellhop.until(lambda: kinds(ana))
    assert len(kinds(ana)) == len(texts(ana, "Which vehicle suits you?")) == 1


async def _waiting() -> list[dict[str, Any]]:
    return await read("SELECT id FROM delivery WHERE state = 'waiting' AND attempt = 1")


async def test_too_fast_for_whatsapp_comes_a_little_later_as_it_was(bellhop: Bellhop, ana: Person) -> None:
    """63018 is told by the status callback: the same leaves again in a minute, with its buttons."""
    await bellhop.pull("/sim/refuse", code=63018, of="content")
    await ana.says("hi")
    await moves.once(_waiting, "the next try")
    await bellhop.later(minutes=2)
    asked = await ana.hears("What may we arrange")
    assert asked["keyboard"] and len(texts(ana, "What may we arrange")) == 1


async def test_too_many_requests_are_tried_again(bellhop: Bellhop, ana: Person) -> None:
    """20429 is Twilio's word to the whole account: nothing is lost, and it comes once."""
    await bellhop.pull("/sim/refuse", code=20429, of="content")
    await ana.says("hi")
    await moves.once(tried, "one attempt made")
    await bellhop.later(minutes=2)
    asked = await ana.hears("What may we arrange")
    assert asked["keyboard"] and len(texts(ana, "What may we arrange")) == 1


async def tried() -> list[dict[str, Any]]:
    return await read("SELECT id FROM delivery WHERE error LIKE '%20429%'")
