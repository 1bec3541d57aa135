"""The whole story of a transfer on Telegram in Spanish, from "hola" to the lead's question and the desk's answer."""

import re

from models.database import read
from tests.people import Bellhop, Desk, Person, read_aloud
from tests.stories import moves

pytestmark = moves.SDKS
MAIL = "luis.cabrera@example.com"


async def test_from_hola_to_the_leads_answer(
    bellhop: Bellhop, luis: Person, house: Person, team: Person, rafael: Person, desk: Desk
) -> None:
    """Asked for by keys and words, paid with a good card after a declined one, confirmed everywhere once, handed over, talked about."""
    await luis.says("hola")
    await luis.hears("Traslado privado")
    reference = await moves.books(luis, moves.COACH_ES, email=MAIL)
    for someone in (house, team):
        await someone.hears(reference, "160.00")
    assert reference in await desk.opens("/desk")

    status, _ = await luis.pays("declined")
    assert status == 200, "the bank's page again"
    assert (await moves.booking(reference))["state"] == "on_hold"
    status, onward = await luis.pays()
    assert (status, onward.endswith("/paid")) == (303, True)
    thanks = await luis.hears(reference, "Gracias")
    assert thanks["kind"] == "photo"
    letter = await moves.papers(bellhop, MAIL)
    ticket, invoice = moves.pdf(bellhop, letter, "boleto"), moves.pdf(bellhop, letter, "factura")
    assert moves.shows_qr(ticket, reference) and moves.figure(16000) in moves.pdf_words(invoice)
    for someone in (house, team):
        await someone.hears(reference, "Rafael")
    brief = read_aloud(await rafael.hears(reference, "Luis Cabrera", "AA 1045"))
    assert not re.search(r"160[.,]00|US\$|example\.com", brief), "a lead never sees the guest's price or mail"
    assert await moves.claimed("vehicle:minibus") == 1
    assert await moves.payments(reference) == [16000]

    await rafael.says("¿Puedo llevar la van grande?")
    await team.hears(reference, "van grande")
    thread = (await read("SELECT id, awaiting FROM thread"))[0]
    assert thread["awaiting"] == "house"
    assert await desk.sends(f"/desk/threads/{thread['id']}/reply", text="Sí, llévela.") == 303
    await rafael.hears("Sí, llévela.", reference)
    assert (await read("SELECT awaiting FROM thread"))[0]["awaiting"] == "partner"
    told = await moves.all_carried(reference)
    assert all(row["state"] in moves.GONE for row in told), [(row["kind"], row["state"], row["error"]) for row in told]
