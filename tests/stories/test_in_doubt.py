"""What is in doubt is settled by the records: an answer that was lost, a price that changed, a report that comes twice."""

import copy
from datetime import timedelta
from typing import Any

import pytest

import handlers.checkout_opened
import models.settings
from bot import checkout
from handlers.checkout_opened import wanted
from handlers.delivery_reported import Report, delivery_reported
from models import catalogs, links
from models.database import read
from tests.people import Bellhop, Person, read_aloud
from tests.stories import moves

pytestmark = moves.SDKS
CLOSED = Report("SM1", "failed", "closed", by="whatsapp")


async def test_the_answer_of_the_checkout_was_lost(
    bellhop: Bellhop, ana: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Stripe made the page, its answer never reached us: pressing again some minutes later comes to that same page."""
    reference = await moves.books(ana, moves.TRANSFER)
    booking = int((await moves.booking(reference))["id"])

    async def is_lost(*_: object) -> str:
        raise ConnectionResetError("the answer was lost")

    with monkeypatch.context() as cut:
        cut.setattr(checkout, "opened", is_lost)
        with pytest.raises(ConnectionResetError):
            await bellhop.program.make_checkout(booking)
    await bellhop.later(minutes=4)
    url = await ana.goes_to_pay()
    assert len(moves.sessions(bellhop)) == 1
    assert url.rsplit("/", 1)[1] in moves.sessions(bellhop)[0]["id"]
    await ana.pays("ok")
    await ana.hears(reference, "54.00")


async def test_without_writing_it_down_first_the_lost_answer_locks_the_guest_out(
    bellhop: Bellhop, ana: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: with other values under the same key Stripe refuses, and no press comes through."""
    reference = await moves.books(ana, moves.TRANSFER)
    booking = int((await moves.booking(reference))["id"])
    await bellhop.program.make_checkout(booking)
    async with models.database.transaction() as run:
        await run("UPDATE checkout SET state = 'making', url = '', expires = expires + 60000000")
    with pytest.raises(checkout.Away):
        await bellhop.program.make_checkout(booking)


async def test_a_page_of_long_ago_is_made_anew(bellhop: Bellhop, ana: Person) -> None:
    """A making that is older than its values can be repeated gets another attempt."""
    reference = await moves.books(ana, moves.TRANSFER)
    booking = int((await moves.booking(reference))["id"])
    first = await wanted(bellhop.program.house, booking)
    assert (await wanted(bellhop.program.house, booking)).attempt == first.attempt
    await bellhop.later(minutes=handlers.checkout_opened.REPEATABLE / timedelta(minutes=1) + 1)
    assert (await wanted(bellhop.program.house, booking)).attempt == first.attempt + 1


async def test_the_price_that_was_shown_is_the_price(bellhop: Bellhop, ana: Person) -> None:
    """Everything becomes dearer before it is sent: while the quote is valid the guest pays what was shown."""
    await moves.goes_to_review(ana, moves.TRANSFER)
    assert "54.00" in read_aloud(ana.seen()[-1])
    await _twice_as_dear(bellhop)
    await ana.taps(moves.words(ana, "send"))
    booking = await moves.booking(moves.code(await ana.hears("CA-")))
    assert (booking["total"], booking["catalog_version"]) == (5400, 1)


async def test_a_price_that_no_longer_holds_is_shown_anew(bellhop: Bellhop, ana: Person) -> None:
    """After the quote's time the review comes again with the new price, and only then is anything sent."""
    await moves.goes_to_review(ana, moves.TRANSFER)
    await _twice_as_dear(bellhop)
    await bellhop.later(hours=2)
    await ana.taps(moves.words(ana, "send"))
    await ana.hears(moves.words(ana, "send"), "108.00")
    assert await read("SELECT id FROM booking") == []
    booking = await moves.booking(await moves.sends_it(ana))
    assert (booking["total"], booking["catalog_version"]) == (10800, 2)


async def test_a_report_that_comes_twice_or_late_takes_nothing_back(bellhop: Bellhop, ana: Person) -> None:
    """Two reports of a closed window and a late "sent" of the first try: the template still leaves, nothing is marked failed."""
    reference = await moves.books(ana, moves.TRANSFER)
    await ana.pays("ok")
    await ana.hears(reference, "54.00")
    row = await moves.once(_confirmation, "the confirmation")
    async with models.database.transaction() as run:
        await run("UPDATE delivery SET state = 'sent' WHERE id = :id", id=row["id"])
    for report in (CLOSED, CLOSED, Report("SM1", "sent", by="whatsapp")):
        await delivery_reported(bellhop.program.house, int(row["id"]), int(row["attempt"]), report)

    async def left() -> bool:
        kept = (await read("SELECT state, payload FROM delivery WHERE id = :id", id=row["id"]))[0]
        assert kept["state"] != "failed" and '"closed":true' in kept["payload"]
        return kept["state"] in moves.GONE

    assert await moves.once(left, "the template")


async def _confirmation() -> dict[str, Any] | None:
    rows = await read(
        "SELECT d.id, d.attempt FROM delivery d JOIN recipient r ON r.id = d.recipient_id "
        "WHERE d.kind = 'booking_confirmed_guest' AND r.channel = 'whatsapp' AND d.state IN ('delivered', 'read')"
    )
    return rows[0] if rows else None


async def test_no_secret_link_is_kept_anywhere(bellhop: Bellhop, ana: Person) -> None:
    """After a whole paid booking no column of no table holds the guest's link."""
    reference = await moves.books(ana, moves.TRANSFER, email="ana@example.com")
    await ana.pays("ok")
    await ana.hears(reference, "54.00")
    booking = await moves.booking(reference)
    secret = links.token(bellhop.program.house.secret, int(booking["id"]), "guest", 1)
    assert secret in ana.link()
    assert [table for table in await _tables() if secret in repr(await read(f'SELECT * FROM "{table}"'))] == []


async def _tables() -> list[str]:
    if models.database.dialect() == "sqlite":
        rows = await read("SELECT name FROM sqlite_master WHERE type = 'table'")
    else:
        rows = await read("SELECT tablename AS name FROM pg_tables WHERE schemaname = current_schema()")
    return [row["name"] for row in rows]


async def _twice_as_dear(bellhop: Bellhop) -> None:
    """Load a catalogue in which every price is doubled."""
    newest = await catalogs.CatalogVersion.all().order_by("-id").first()
    assert newest is not None
    content = copy.deepcopy(newest.content)
    for route in content["routes"]:
        route["prices"] = {vehicle: f"{float(price) * 2:.2f}" for vehicle, price in route["prices"].items()}
    for extra in content["extras"].values():
        if extra.get("price"):
            extra["price"] = f"{float(extra['price']) * 2:.2f}"
    await catalogs.load(content, bellhop.program.house.now())
