"""After the booking: the lead asks, the house answers, a guest wants a person; everybody by the chat they already use."""

import re
from typing import Any

import pytest

from models.database import read, transaction
from models.threads import open_thread
from tests.people import Bellhop, Desk, Person, read_aloud
from tests.stories import moves

pytestmark = moves.SDKS


async def test_the_lead_asks_and_the_desk_answers(
    ana: Person, rafael: Person, house: Person, team: Person, desk: Desk
) -> None:
    """Rafael's question lands in the thread and waits for the house; the answer from the desk is on his phone, and the flag turns."""
    reference = await _confirmed(ana)
    await rafael.hears(reference)
    assert (await _thread(reference))["awaiting"] == "nobody", "a brief asks for no answer"
    await rafael.says("¿Puedo llevar la van grande?")
    for someone in (house, team):
        await someone.hears(reference, "¿Puedo llevar la van grande?", "Rafael")
    asked = await _thread(reference)
    assert asked["awaiting"] == "house" and asked["since"] is not None
    page = await desk.opens(f"/desk/bookings/{reference}")
    assert "¿Puedo llevar la van grande?" in page and "Awaiting us" in page
    assert "Awaiting us" in await desk.opens("/desk") or reference in await desk.opens("/desk?only=awaiting")

    assert await desk.sends(f"/desk/threads/{asked['id']}/reply", text="Yes, take it.") == 303
    answer = await rafael.hears("Yes, take it.", reference)
    assert not answer["template"] or reference in answer["text"]
    assert (await _thread(reference))["awaiting"] == "partner"
    assert "Awaiting us" not in await desk.opens(f"/desk/bookings/{reference}")
    await rafael.says("Gracias")
    await house.hears("Gracias")
    assert (await _thread(reference))["awaiting"] == "house"


async def test_the_house_answers_by_quoting(ana: Person, rafael: Person, house: Person, team: Person) -> None:
    """Staff reply in either of the house's chats by quoting: to the lead's question it goes to the lead, unquoted to nobody."""
    reference = await _confirmed(ana)
    await rafael.hears(reference)
    for staff, answer in ((team, "Yes, from Telegram."), (house, "Yes, from WhatsApp.")):
        await rafael.says("¿Puedo llevar la van grande?")
        question = await staff.hears(reference, "van grande")
        await staff.says("To nobody.")
        await staff.hears()
        await staff.says(answer, quotes=question["id"])
        await rafael.hears(answer, reference)
        assert (await _thread(reference))["awaiting"] == "partner"
    assert not any("To nobody." in read_aloud(one) for one in (*rafael.seen(), *ana.seen()))
    said = await read("SELECT author, text FROM message ORDER BY id")
    assert [one["author"] for one in said] == ["system", "partner", "house", "partner", "house"]


async def test_a_guest_writes_after_the_booking(ana: Person, house: Person, team: Person, desk: Desk) -> None:
    """Ana's words are on the timeline and with the house; the house answers by quoting the alert, and from the desk."""
    reference = await _confirmed(ana)
    await ana.says("One of us comes in a wheelchair")
    await ana.hears()
    alert = await house.hears(reference, "wheelchair", "Ana")
    await team.hears(reference, "wheelchair")
    assert "wheelchair" in await desk.opens(f"/desk/bookings/{reference}?talk=guest")
    kinds = await read("SELECT kind, door FROM entry ORDER BY id")
    assert ("guest_wrote", "whatsapp") in {(one["kind"], one["door"]) for one in kinds}
    await house.says("The van has a ramp.", quotes=alert["id"])
    await ana.hears("The van has a ramp.")
    assert await desk.sends(f"/desk/bookings/{reference}/message", text="And a belt for the chair.") == 303
    await ana.hears("And a belt for the chair.")
    kinds = await read("SELECT kind, door FROM entry ORDER BY id")
    assert [one["door"] for one in kinds if one["kind"] == "staff_wrote"] == ["whatsapp", "desk"]


async def test_a_guest_asks_for_a_person(ana: Person, house: Person, desk: Desk) -> None:
    """In the middle of the questions the bot falls silent, staff write from the desk, hand back, and the open question is asked again."""
    await ana.says("airport PUJ to Hard Rock tomorrow at 3pm, one way")
    await ana.hears(moves.words(ana, "flight_unknown"))
    await ana.says("person")
    await ana.hears()
    await house.hears("Ana")
    talk = (await read("SELECT id, silent FROM talk"))[0]
    assert talk["silent"]
    before = len(ana.seen())
    await ana.says("are you there?")
    assert "are you there?" in await desk.opens(f"/desk/talks/{talk['id']}")
    assert await desk.sends(f"/desk/talks/{talk['id']}/message", text="Marisol here, how may I help?") == 303
    first = await ana.hears()
    assert "Marisol here" in read_aloud(first) and len(ana.seen()) == before + 1, "the bot said nothing in between"

    assert await desk.sends(f"/desk/talks/{talk['id']}/hand-back") == 303
    await ana.hears(moves.words(ana, "flight_unknown"))
    await ana.says("AA1045")
    await ana.hears("2 adults")
    assert not (await read("SELECT silent FROM talk"))[0]["silent"]


async def test_staff_take_over_unasked(luis: Person, desk: Desk) -> None:
    """Staff may take a talk over themselves; what Luis writes meanwhile waits for them and is not answered by the bot."""
    await luis.says("hola")
    await luis.hears("Saona")
    talk = (await read("SELECT id FROM talk"))[0]["id"]
    assert await desk.sends(f"/desk/talks/{talk}/take-over") == 303
    before = len(luis.seen())
    await luis.says("2 adultos a Saona")
    assert await desk.sends(f"/desk/talks/{talk}/message", text="Le atiende Marisol.") == 303
    await luis.hears("Le atiende Marisol.")
    assert len(luis.seen()) == before + 1
    assert await desk.sends(f"/desk/talks/{talk}/hand-back") == 303
    await luis.hears("Saona")


async def test_a_lead_without_a_job(rafael: Person, house: Person) -> None:
    """Rafael writes though nothing was given to him: he is answered, and nobody is alarmed."""
    await rafael.says("Buenas, ¿hay algo para mí?")
    await rafael.hears()
    assert house.seen() == []
    assert await read("SELECT 1 AS one FROM message") == []


async def test_quoting_a_brief_says_which_job_is_meant(ana: Person, rafael: Person, house: Person) -> None:
    """With two jobs open, words that quote a brief or name a code need no question; the guest sees none of it."""
    first = await _confirmed(ana)
    brief = await rafael.hears(first)
    second = await _another(ana)
    await rafael.hears(second)
    await rafael.says("Listo para el primero", quotes=brief["id"])
    await house.hears(first, "Listo para el primero")
    await rafael.says(f"{second.lower()}: y para este también")
    await house.hears(second, "y para este también")
    assert await _said(first) == ["Listo para el primero"]
    assert await _said(second) == [f"{second.lower()}: y para este también"]
    assert not re.search("Listo|este", "".join(read_aloud(one) for one in ana.seen()))


@pytest.mark.parametrize(("lead", "channel"), [("rafael", "whatsapp"), ("marisol", "telegram")])
async def test_two_jobs_and_which_one_is_meant(
    bellhop: Bellhop, ana: Person, house: Person, team: Person, desk: Desk, lead: str, channel: str
) -> None:
    """Words that do not say it are kept, the house knows at once, and one choice puts them where they belong, in their order."""
    first, second = await _confirmed(ana), await _another(ana)
    await _both_theirs(lead, first, second)
    asked = Person(bellhop, lead, channel)
    for words in ("Voy en camino", "Llego en diez minutos"):
        await asked.says(words)
        question = await asked.hears("¿Sobre qué reserva es?", first, second)
        for someone in (house, team):
            await someone.hears(words, "does not say about which booking")
    assert question["keyboard"], "there is something to press on either channel"
    assert await _said(first) == await _said(second) == []
    page = await desk.opens("/desk/talks")
    assert "Llego en diez minutos" in page and f"File under {second}" in page

    await asked.taps(first)
    await asked.hears("La casa ya lo tiene", first)
    for someone in (house, team):
        await someone.hears(first, "Voy en camino")
        await someone.hears(first, "Llego en diez minutos")
    assert await _said(first) == ["Voy en camino", "Llego en diez minutos"]
    assert await _said(second) == []
    assert "about which booking" not in await desk.opens("/desk")
    assert "Llego en diez minutos" not in await desk.opens("/desk/talks")


async def test_the_desk_files_what_nobody_chose_for(ana: Person, rafael: Person, desk: Desk) -> None:
    """The lead never answers: staff do it for him; an answer that comes later moves nothing and a number is then a message."""
    first, second = await _confirmed(ana), await _another(ana)
    await rafael.hears(second)
    await rafael.says("Dejaron una maleta")
    await rafael.hears("¿Sobre qué reserva es?", first)
    assert "Dejaron una maleta" in await desk.opens("/desk")
    waiting = (await read("SELECT id FROM inbound WHERE state = 'asked'"))[0]["id"]
    thread = (await _thread(second))["id"]
    for where, status in (("99", 303), ("x", 404), (str(thread), 303), (str((await _thread(first))["id"]), 303)):
        assert await desk.sends(f"/desk/heard/{waiting}/file", thread=where) == status
    assert (await _said(first), await _said(second)) == ([], ["Dejaron una maleta"])
    await rafael.says("1")
    await rafael.hears("¿Sobre qué reserva es?")
    await rafael.says(second)
    await rafael.hears("La casa ya lo tiene", second)
    assert (await _said(first), await _said(second)) == ([], ["Dejaron una maleta", "1"])


async def _confirmed(guest: Person) -> str:
    """A paid transfer of this guest; gives its code."""
    reference = await moves.books(guest, moves.TRANSFER)
    await guest.pays()
    await guest.hears(reference, "54.00")
    await moves.all_carried(reference)
    return reference


async def _another(guest: Person) -> str:
    """The same guest's next one, paid as well; gives its code."""
    reference = await moves.again(guest, moves.TRANSFER)
    await guest.pays()
    await guest.hears(reference, "54.00")
    await moves.all_carried(reference)
    return reference


async def _both_theirs(lead: str, *references: str) -> None:
    """This lead has a thread in each of these bookings."""
    for reference in references:
        booking = int((await moves.booking(reference))["id"])
        async with transaction() as run:
            await open_thread(run, booking, lead, lead.capitalize())


async def _thread(reference: str) -> dict[str, Any]:
    row = await moves.booking(reference)
    return (await read("SELECT * FROM thread WHERE booking_id = :id", id=row["id"]))[0]


async def _said(reference: str) -> list[str]:
    """What partners wrote about a booking, in its order."""
    rows = await read(
        "SELECT m.text FROM message m JOIN thread t ON t.id = m.thread_id JOIN booking b ON b.id = t.booking_id "
        "WHERE b.reference = :reference AND m.author = 'partner' ORDER BY m.id",
        reference=reference,
    )
    return [row["text"] for row in rows]
