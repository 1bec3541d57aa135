"""What holds whoever changes a booking: nothing is lost by a change that cannot be, nobody agrees to what they have not seen."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
import pytest_asyncio

from bot.rehearsal import Rehearsal, rehearse
from handlers.guest_changed import guest_changed
from models import catalogs
from models.catalog_file import read_file
from models.claims import Resource
from models.database import read, transaction
from models.fields import unpacked
from models.refusal import ChangedMeanwhile
from models.timeline import timeline
from tests.conftest import NOW, SAMPLE

ASKED = "airport to Bávaro tomorrow at 3pm, 2 adults, 2 bags, flight AF770, sedan, no extras, no notes, no occasion, one way"


@pytest_asyncio.fixture
async def chloe(database: str) -> AsyncIterator[Rehearsal]:
    """A guest with a sedan held for tomorrow at three."""
    talk = await rehearse(None, "whatsapp", None, "Chloe Dubois")
    talk.now = NOW
    await says(talk, ASKED, "send")
    yield talk


async def says(talk: Rehearsal, *words: str) -> str:
    """Write one after the other; gives all that was answered to the last."""
    replies: tuple[Any, ...] = ()
    for each in words:
        replies = await talk.happens(words=each)
    return "\n".join(line for reply in replies for line in reply.lines())


async def pays(talk: Rehearsal) -> None:
    """The newest booking is paid."""
    await talk.happens(paid=True)


async def row() -> dict[str, Any]:
    """The only booking."""
    found = (await read("SELECT * FROM booking"))[0]
    return {**found, "request": unpacked(found["request"])}


async def taken(resource: str) -> int:
    """Units claimed."""
    rows = await read("SELECT COALESCE(SUM(quantity), 0) AS n FROM claim WHERE resource = :resource", resource=resource)
    return int(rows[0]["n"])


async def test_a_hold_is_changed_and_goes_on(chloe: Rehearsal) -> None:
    """The moment until which it is held stays, what is to be paid is the new price."""
    before = await row()
    assert "US$41.00 instead of US$36.00" in await says(chloe, "the SUV instead please")
    assert "Pay US$41.00 to confirm" in await says(chloe, "yes")
    after = await row()
    assert (after["state"], after["hold_until"], after["total"]) == ("on_hold", before["hold_until"], 4100)
    assert (await taken("vehicle:sedan"), await taken("vehicle:suv")) == (0, 1)
    await pays(chloe)
    assert (await row())["state"] == "confirmed"


async def test_what_cannot_be_had_leaves_what_there_was(chloe: Rehearsal) -> None:
    """The only SUV was just taken: the sedan is still theirs, alternatives are shown."""
    await pays(chloe)
    await says(chloe, "the SUV instead please")
    async with transaction() as run:
        await Resource.declare(run, "vehicle:suv", 0)
    answer = await says(chloe, "yes")
    assert "stands as it is" in answer and "The last SUV for 15:00 was just taken" in answer
    assert (await taken("vehicle:sedan"), await taken("vehicle:suv")) == (1, 0)
    assert (await row())["request"]["vehicle"] == "sedan"


async def test_ones_own_claim_does_not_stand_in_ones_way(chloe: Rehearsal) -> None:
    """With a single sedan, half an hour later is free for whoever has it now; it is offered and taken."""
    async with transaction() as run:
        await Resource.declare(run, "vehicle:sedan", 1)
    await pays(chloe)
    await says(chloe, "make it 15:30")
    assert "changed and stays confirmed" in await says(chloe, "yes")
    assert await taken("vehicle:sedan") == 1


async def test_inside_the_notice_a_person_changes_it(chloe: Rehearsal) -> None:
    """Two hours before: a clear sentence, the desk is told with the words, the booking stays."""
    await pays(chloe)
    await chloe.happens(later=timedelta(hours=26, minutes=30))
    answer = await says(chloe, "can we make it 3 people?")
    assert "that is for our team" in answer and "stands as it is" in answer
    kinds = [entry["kind"] for entry in await timeline((await row())["id"])]
    assert kinds[-1] == "guest_wrote" and "changed" not in kinds
    assert (await row())["request"]["party"]["adults"] == 2


async def test_agreed_one_minute_too_late(chloe: Rehearsal) -> None:
    """The card was drawn in time, the yes came within the notice: the booking stays, the desk knows."""
    await pays(chloe)
    await says(chloe, "can we make it 3 people?")
    await chloe.happens(later=timedelta(hours=26, minutes=30))
    assert "that is for our team" in await says(chloe, "yes")
    assert (await row())["request"]["party"]["adults"] == 2
    told = await read("SELECT 1 AS one FROM delivery WHERE kind = 'guest_wrote_house'")
    assert told


async def test_an_older_card_agrees_to_nothing(chloe: Rehearsal) -> None:
    """Chloe asks for three, then for the SUV, and taps the first card: she is shown how it stands now."""
    await pays(chloe)
    await says(chloe, "can we make it 3 people?")
    await says(chloe, "and the SUV instead")
    replies = await chloe.happens(tap="Agree, change it", earlier=True)
    assert "has changed since that card" in replies[0].text and "US$41.00 instead of US$36.00" in replies[0].text
    assert (await row())["request"]["vehicle"] == "sedan"


async def test_two_changes_at_once(chloe: Rehearsal) -> None:
    """Another door was faster: the guest is shown what it is now with what they wanted, and only a new yes makes it so."""
    await pays(chloe)
    await says(chloe, "can we make it 3 people?")
    kept = await row()
    elsewhere = kept["request"] | {"time": "16:00"}
    async with transaction() as run:
        await guest_changed(
            run, chloe.house, await chloe.house.catalog(), kept["reference"], elsewhere, base=kept["request"],
            agreed={"minor": 3600, "currency": "USD"}, recipient=kept["recipient_id"], channel="web",
        )  # fmt: skip
    answer = await says(chloe, "yes")
    assert "was changed somewhere else meanwhile" in answer and "2 adults, 2 bags → 3 adults, 2 bags" in answer
    assert "15:00" not in answer, "the time is no change any more"
    assert (await row())["request"]["party"]["adults"] == 2
    assert "stays confirmed" in await says(chloe, "yes")
    now = (await row())["request"]
    assert (now["time"], now["party"]["adults"]) == ("16:00", 3)


async def test_what_was_seen_is_compared_in_the_transaction_too(chloe: Rehearsal) -> None:
    """The guard itself: a change from something else than what stands, or for another price, is refused and changes nothing."""
    kept, catalog = await row(), await chloe.house.catalog()
    wrong = (
        ({**kept["request"], "time": "14:00"}, {"minor": 3600, "currency": "USD"}),
        (kept["request"], {"minor": 3500, "currency": "USD"}),
    )
    for base, agreed in wrong:
        with pytest.raises(ChangedMeanwhile):
            async with transaction() as run:
                await guest_changed(
                    run, chloe.house, catalog, kept["reference"], {**kept["request"], "time": "17:00"}, base=base,
                    agreed=agreed, recipient=kept["recipient_id"], channel="whatsapp",
                )  # fmt: skip
    assert await row() == kept


async def test_left_as_it_is(chloe: Rehearsal) -> None:
    """Nothing was changed, and the talk is where it was: at the payment."""
    before = await row()
    await says(chloe, "can we make it 3 people?")
    answer = await says(chloe, "leave it as it is")
    assert "We changed nothing" in answer and "Pay US$36.00" in answer
    assert await row() == before


async def test_paid_in_the_midst_of_a_change(chloe: Rehearsal) -> None:
    """The old link was paid: the change goes on from a booking that is certain."""
    await says(chloe, "the SUV instead please")
    await pays(chloe)
    answer = await says(chloe, "what have I chosen")
    assert "You have paid US$36.00" in answer
    answer = await says(chloe, "yes")
    assert "stays confirmed" in answer and "US$5.00 is to be paid" in answer


async def test_the_hold_ends_in_the_midst_of_a_change(chloe: Rehearsal) -> None:
    """Nothing is left to change: what the guest had in mind can be sent as a request of its own."""
    await says(chloe, "the SUV instead please")
    await chloe.happens(later=timedelta(minutes=31))
    answer = await says(chloe, "hello")
    assert "SUV" in answer and "[Send request]" in answer
    await says(chloe, "send")
    assert (await read("SELECT COUNT(*) AS n FROM booking WHERE state = 'on_hold'"))[0]["n"] == 1


async def test_there_and_back(chloe: Rehearsal) -> None:
    """A way back is added, then taken off again: legs, claims and leads follow."""
    await pays(chloe)
    answer = await says(chloe, "add a way back on the 28th at 10am, flight AF771")
    assert "US$72.00 instead of US$36.00" in answer, answer
    await says(chloe, "yes")
    legs = await read("SELECT lead, starts FROM leg ORDER BY position")
    assert len(legs) == 2 and all(leg["lead"] for leg in legs) and await taken("vehicle:sedan") == 2
    assert "less" in await says(chloe, "actually one way only")
    await says(chloe, "yes")
    assert len(await read("SELECT id FROM leg")) == 1 and await taken("vehicle:sedan") == 1


async def test_the_price_as_sold_stays_while_nothing_that_costs_changes(chloe: Rehearsal) -> None:
    """Tariffs went up since: another flight costs nothing, another vehicle costs what it costs today."""
    await pays(chloe)
    content = read_file(SAMPLE).content or {}
    for route in content["routes"]:
        for tier in route["prices"]:
            route["prices"][tier] = str(float(route["prices"][tier]) + 10)
    await catalogs.load(content, chloe.now)
    assert "The price stays US$36.00" in await says(chloe, "change the flight to AA100")
    await says(chloe, "yes")
    assert (await row())["request"]["flight"] == "AA100"
    assert "US$51.00 instead of US$36.00" in await says(chloe, "the SUV instead please")
