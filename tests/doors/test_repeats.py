"""The same webhook five times in parallel: one effect, whoever repeats it."""

import asyncio
import json

import pytest

from models.database import read
from tests.doors.knocking import START, Door, count, says
from tests.people import Person

ANSWERS = "delivery WHERE business_key LIKE 'answer:%'"
BOOK = ("AA1045", "2 bags", "sedan", "none", "no", "no", "Ana Lindqvist", "ana@example.com")


@pytest.mark.too_late  # the simulated Twilio does not know of what is brought to the hook past it
async def test_a_whatsapp_message_five_times(door: Door) -> None:
    """Kept once, answered once."""
    form = door.message("airport to Bávaro")
    assert await asyncio.gather(*(door.twilio(form) for _ in range(5))) == [200] * 5
    assert (await count("inbound"), await count("talk")) == (1, 1)
    assert await count(ANSWERS) == await _distinct_answers()


async def test_a_telegram_update_five_times(door: Door) -> None:
    """Words, and then a tap."""
    update = door.update(text="aeropuerto a Bávaro")
    assert await asyncio.gather(*(door.telegram(update) for _ in range(5))) == [200] * 5
    assert (await count("inbound"), await count("talk")) == (1, 1)
    assert await count(ANSWERS) == await _distinct_answers()
    tap = door.callback("1|anytime|help")
    assert await asyncio.gather(*(door.telegram(tap) for _ in range(5))) == [200] * 5
    assert await count("inbound") == 2
    assert await count(ANSWERS) == await _distinct_answers()


async def test_a_payment_five_times(ana: Person, door: Door) -> None:
    """Sent once, paid once, confirmed once: the request and the money repeated in parallel."""
    await says(ana, START["ana"], *BOOK)
    for word in ("send", "yes"):
        if not await count("booking"):
            form = door.message(word)
            ana.past = len(ana.bellhop.shown)
            assert await asyncio.gather(*(door.twilio(form) for _ in range(5))) == [200] * 5
            await ana.hears()
    assert await count("booking") == 1
    await ana.bellhop.until(lambda: _link(ana))
    await ana.goes_to_pay()
    made = (await read("SELECT session, amount, currency FROM checkout"))[0]
    about = {
        "id": made["session"], "payment_intent": "pi_1", "payment_status": "paid", "amount_total": made["amount"],
        "currency": made["currency"].lower(),
    }  # fmt: skip
    event = {
        "id": "evt_1",
        "type": "checkout.session.completed",
        "created": 1795249649,
        "livemode": False,
        "data": {"object": about},
    }
    body = json.dumps(event).encode()
    assert await asyncio.gather(*(door.stripe(body) for _ in range(5))) == [200] * 5
    assert (await count("payment"), await count("event")) == (1, 1)
    assert await count("delivery WHERE kind = 'booking_confirmed_guest'") == 2  # chat and mail
    assert await count("document WHERE kind = 'invoice'") == 1


async def _distinct_answers() -> int:
    """Answers that differ in what they say or to what."""
    return int(
        (
            await read(
                "SELECT COUNT(*) AS n FROM (SELECT DISTINCT recipient_id, kind, payload FROM " + ANSWERS + ") one"
            )
        )[0]["n"]
    )


def _link(guest: Person) -> str | None:
    try:
        return guest.link("/pay")
    except AssertionError:
        return None
