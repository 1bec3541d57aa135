"""What people in the stories do again and again: ask in one message, answer what is left, send; and looks at what is kept."""

import asyncio
import hashlib
import hmac
import io
import json
import re
import time
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import pypdfium2
import pytest
import segno
from pypdf import PdfReader

from flows.script import label
from models import news
from models.database import read
from tests.patience import PATIENCE
from tests.people import Bellhop, Message, Missed, Person, read_aloud

TRANSFER = "airport PUJ to Hard Rock tomorrow at 3pm, one way, 4 people, 6 bags, van, flight AA1045, child seat"
COACH = "airport PUJ to Hard Rock tomorrow at 3pm, one way, 10 people, 8 bags, minibus, flight AA1045, champagne"
COACH_ES = "aeropuerto PUJ a Hard Rock mañana a las 3 de la tarde, solo ida, 10 personas, 8 maletas, minibús, vuelo AA1045, champán"
LANGUAGE = {"ana": "en", "luis": "es"}
NAME = {"ana": "Ana Lindqvist", "luis": "Luis Cabrera"}
NAME_ASKED = {"en": "whose name", "es": "nombre de quién"}
PHONE = {"luis": "+34 612 345 678"}
GONE = ("sent", "delivered", "read")

T = TypeVar("T")
SDKS = [  # what the providers' SDKs raise inside the libraries they use
    pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:.*auth.*:DeprecationWarning"),
]


def words(who: Person, block: str) -> str:
    """The words on an option, as this guest reads them."""
    return label(block, LANGUAGE[who.key])


async def goes_to_review(who: Person, request: str, *, email: str | None = None) -> Message:
    """Ask for everything in one message, give name and phone where the channel gives none, and an address if told; gives the review card.

    Just after a start what was written may have been fetched, and Twilio's list tells no names.
    """
    await who.says(request)
    if NAME_ASKED[LANGUAGE[who.key]] in read_aloud(await who.hears()):
        await who.says(NAME[who.key])
        await who.hears()
    if who.key in PHONE:
        await who.says(PHONE[who.key])
        await who.hears(words(who, "send"))
    if email:
        await who.says(email)
        await who.hears(words(who, "send"))
    review = who.seen()[-1]
    assert words(who, "send") in read_aloud(review), read_aloud(review)
    return review


async def sends_it(who: Person) -> str:
    """Send at the review, which accepts the terms; gives the booking's code."""
    await who.taps(words(who, "send"))
    return code(await who.hears("CA-"))


async def books(who: Person, request: str, *, email: str | None = None) -> str:
    """From the first message to the pay link; gives the booking's code."""
    await goes_to_review(who, request, email=email)
    return await sends_it(who)


def code(message: Message) -> str:
    """The booking's code in a message."""
    found = re.search(r"CA-[2-9A-Z]{5}", read_aloud(message))
    assert found, message
    return found[0]


def figure(sum_in_minor: int) -> str:
    """A sum as it is written in every language of the house: 5400 → "54.00"."""
    return f"{sum_in_minor / 100:,.2f}"


async def again(who: Person, request: str) -> str:
    """Another booking in the same talk, where name and phone are known; gives its code."""
    await who.says("new booking")
    await who.hears()
    await who.says(request)
    await who.hears(words(who, "send"))
    return await sends_it(who)


# -- what is kept -------------------------------------------------------------------------------


async def once(look: Callable[[], Awaitable[T]], what: str) -> T:
    """What `look` gives as soon as it is something; looked at after every change that the program tells of."""
    queue = news.listen()
    try:
        async with asyncio.timeout(PATIENCE):
            while not (found := await look()):
                await queue.get()
            return found
    except TimeoutError:
        raise Missed(f"{what} did not come to be") from None
    finally:
        news.ignore(queue)


async def booking(reference: str) -> dict[str, Any]:
    """The booking's row."""
    return (await read("SELECT * FROM booking WHERE reference = :reference", reference=reference))[0]


async def becomes(reference: str, state: str) -> dict[str, Any]:
    """The booking's row once it is in this state."""

    async def look() -> dict[str, Any] | None:
        row = await booking(reference)
        return row if row["state"] == state else None

    found = await once(look, f"{reference} {state}")
    assert found is not None
    return found


async def deliveries(reference: str) -> list[dict[str, Any]]:
    """Everything that left about a booking, with where to, oldest first."""
    return await read(
        "SELECT d.*, r.channel, r.address FROM delivery d JOIN recipient r ON r.id = d.recipient_id "
        "JOIN booking b ON b.id = d.booking_id WHERE b.reference = :reference ORDER BY d.id",
        reference=reference,
    )


async def all_carried(reference: str) -> list[dict[str, Any]]:
    """The same once nothing of it waits any more."""

    async def look() -> list[dict[str, Any]]:
        rows = await deliveries(reference)
        return rows if all(row["state"] not in ("waiting", "sending") for row in rows) else []

    return await once(look, f"all about {reference} carried")


async def payments(reference: str) -> list[int]:
    """What counts of a booking's ledger: what came (positive) and went back (negative), minor units."""
    return [int(row["amount"]) for row in await _ledger(reference) if not row["apart"]]


async def apart(reference: str) -> list[tuple[int, str]]:
    """What is held apart of it, in the currency in which it came."""
    return [(int(row["amount"]), row["currency"]) for row in await _ledger(reference) if row["apart"]]


async def _ledger(reference: str) -> list[dict[str, Any]]:
    return await read(
        "SELECT p.* FROM payment p JOIN booking b ON b.id = p.booking_id WHERE b.reference = :reference ORDER BY p.id",
        reference=reference,
    )


async def claimed(resource: str) -> int:
    """How many units of a resource stand claimed, held or for good."""
    rows = await read(
        "SELECT COALESCE(SUM(quantity), 0) AS taken FROM claim WHERE resource = :resource", resource=resource
    )
    return int(rows[0]["taken"])


# -- the simulators' side -----------------------------------------------------------------------


def mails(bellhop: Bellhop, *words: str) -> list[dict[str, Any]]:
    """All mails that ever arrived whose subject or addressee has these words."""
    found = [bellhop.sim.parts.mailbox.whole(mail["id"]) for mail in bellhop.sim.world.mails]
    return [mail for mail in found if mail and all(word in f"{mail['to']} {mail['subject']}" for word in words)]


def sessions(bellhop: Bellhop) -> list[dict[str, Any]]:
    """The provider's checkout sessions."""
    return [kept["session"] for kept in bellhop.sim.world.sessions]


def objects(bellhop: Bellhop, kind: str) -> list[dict[str, Any]]:
    """The provider's charges or refunds."""
    return [one for one in bellhop.sim.world.objects if one["object"] == kind]


def webhook(bellhop: Bellhop, kind: str) -> int:
    """The number on the wire of the newest Stripe event of this kind."""
    entries = [kept["entry"] for kept in bellhop.sim.world.wire]
    return int([one for one in entries if one.get("kind") == kind][-1]["n"])


async def stripe_tells(bellhop: Bellhop, event: dict[str, Any]) -> int:
    """Bring an event to the door with a genuine signature of this moment; gives the status."""
    body = json.dumps(event)
    stamp, secret = int(time.time()), bellhop.program.settings.stripe_webhook_secret.get_secret_value()
    seal = hmac.new(secret.encode(), f"{stamp}.{body}".encode(), hashlib.sha256).hexdigest()
    headers = {"Stripe-Signature": f"t={stamp},v1={seal}"}
    async with bellhop.http.post(f"{bellhop.url}/hooks/stripe", data=body, headers=headers) as answer:
        return answer.status


def event_of(bellhop: Bellhop, kind: str) -> dict[str, Any]:
    """The newest event of this kind, as the provider lists it."""
    return dict([one for one in bellhop.sim.world.events if one["type"] == kind][-1])


# -- documents ----------------------------------------------------------------------------------


async def papers(bellhop: Bellhop, to: str) -> dict[str, Any]:
    """The mail with documents to this address, as soon as it is there."""

    def look() -> dict[str, Any] | None:
        with_papers = [
            mail for mail in mails(bellhop, to) if any(".pdf" in str(one["name"]) for one in mail["attachments"])
        ]
        return with_papers[-1] if with_papers else None

    found = await bellhop.until(look)
    return dict(found)


def pdf(bellhop: Bellhop, mail: dict[str, Any], name: str) -> bytes:
    """The PDF that came with a mail under a name with this in it."""
    numbers = [number for number, one in enumerate(mail["attachments"]) if name in str(one["name"])]
    found = bellhop.sim.parts.mailbox.attachment(mail["id"], numbers[0])
    assert found is not None
    return bytes(found[0])


def pdf_words(content: bytes) -> str:
    """All the words of a PDF, spaces evened out."""
    return " ".join(" ".join(page.extract_text() for page in PdfReader(io.BytesIO(content)).pages).split())


def shows_qr(ticket: bytes, reference: str) -> bool:
    """Whether the symbol on a ticket is, module by module, the one that encodes the reference."""
    wanted = [[bool(module) for module in row] for row in segno.make(reference, error="m", micro=False).matrix]
    page = pypdfium2.PdfDocument(ticket)[0].render(scale=4 / 0.75).to_pil().convert("L")
    where_it_stands = (4 * 40, 4 * 600, 4 * 200, 4 * 786)
    corner = page.crop(where_it_stands).point(lambda grey: 0 if grey < 128 else 255)
    symbol = corner.crop(corner.point(lambda grey: 255 - grey).getbbox())
    side = symbol.width / len(wanted)
    middle = [int((place + 0.5) * side) for place in range(len(wanted))]
    return [[symbol.getpixel((x, y)) == 0 for x in middle] for y in middle] == wanted
