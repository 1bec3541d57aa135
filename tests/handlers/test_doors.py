"""Guests come in by links: what the link knew is in their draft, the source is counted and stays on the booking."""

from itertools import count
from typing import Any

from bot import words
from flows.speech import Heard
from handlers.door_made import door_made
from handlers.house import House
from handlers.request_sent import request_sent
from handlers.someone_wrote import someone_wrote
from models import delivery, doors, story
from models.database import read, transaction
from models.fields import unpacked
from tests.web.front import rows_of

_numbers = count(1)
WHOLE: dict[str, Any] = {
    "service": "transfer", "pickup": {"place": "puj"}, "dropoff": {"place": "bavaro"}, "date": "2026-11-24", "time": "15:00",
    "flight": "BA2203", "trip": "one_way", "party": {"adults": 3, "children": [4], "infants": 0}, "luggage": 4, "vehicle": "van",
    "extras": {"child_seat": 1}, "occasion": None, "notes": None, "name": "Hannah Moore", "phone": "+447700900142",
    "email": "hannah@example.com",
}  # fmt: skip


async def writes(
    house: House, words_: str, *, sender: str = "700100201", channel: str = "telegram", **more: Any
) -> None:
    """Somebody writes."""
    number = more.pop("number", str(next(_numbers)))
    await someone_wrote(house, Heard(channel, number, sender, house.now(), words=words_, **more))


async def talk_of(sender: str) -> dict[str, Any]:
    """The state of their talk."""
    rows = await read(
        "SELECT t.state FROM talk t JOIN recipient r ON r.id = t.recipient_id WHERE r.address = :it", it=sender
    )
    return dict(unpacked(rows[0]["state"]))


async def answer_to(sender: str) -> str:
    """The newest answer they got, drawn."""
    rows = await read(
        "SELECT d.payload, d.language FROM delivery d JOIN recipient r ON r.id = d.recipient_id WHERE r.address = :it "
        "ORDER BY d.id DESC LIMIT 1",
        it=sender,
    )
    drawn = words.draw(unpacked(rows[0]["payload"]), rows[0]["language"])
    return "\n".join([drawn.text, *(f"[{one.label}]" for one in (*drawn.options, *drawn.links))])


async def test_a_whole_request_is_kept_and_comes_back(house: House) -> None:
    """It is too long for 64 characters: the token names the row, and the guest stands at the review."""
    token = await door_made(house, WHOLE | {"terms": True}, "en", "arena")
    assert len(token) <= doors.LONGEST
    await writes(house, f"/start {token}")
    state = await talk_of("700100201")
    assert state["state"] == "review"
    assert {key: value for key, value in state["draft"].items() if key != "terms"} == WHOLE
    assert "terms" not in state["draft"]
    assert "[Send request]" in await answer_to("700100201")


async def test_a_short_request_is_kept_nowhere(house: House) -> None:
    """What fits in the link is in it: making it writes nothing."""
    before = await rows_of("door")
    token = await door_made(house, {"service": "transfer", "pickup": {"place": "puj"}}, "en", "arena")
    assert await rows_of("door") == before
    await writes(house, f"/start {token}")
    assert (await talk_of("700100201"))["state"] == "dropoff"


async def test_each_opening_is_counted_once(house: House) -> None:
    """Telegram brings the same message twice: one opening. A link without a source counts for nobody."""
    token = await door_made(house, {"service": "transfer"}, "en", "arena")
    for _ in range(2):
        await writes(house, f"/start {token}", number="7")
    await writes(house, "/start " + await door_made(house, {"service": "transfer"}, "en", None))
    assert [row["source"] for row in await read("SELECT source FROM opening")] == ["arena"]


async def test_the_source_goes_with_the_booking(house: House) -> None:
    """The team's recap names whose card brought the guest; the partner and the guest are not told."""
    async with transaction() as run:
        await run("INSERT INTO source (key, name, made) VALUES ('arena', 'Arena Blanca, reception', 0)")
        to = await delivery.recipient(run, "telegram", "700100201")
        booking, _ = await request_sent(
            run, house, await house.catalog(), WHOLE, recipient=to, channel="telegram", language="en", source="arena"
        )
    told = await story.of_booking(booking)
    team = {key: value for key, _, value in words.story_recap(told, "team", "en")}
    assert team["source"].startswith("Telegram, by way of Arena Blanca, reception, request sent")
    assert "Arena Blanca, reception" not in str(words.story_recap(told, "partner", "en"))
    assert "Arena Blanca, reception" not in str(words.story_recap(told, "guest", "en"))
    counted = await doors.counted()
    assert [(row["key"], row["sent"], row["paid"]) for row in counted] == [("arena", 1, 0)]


async def test_a_guest_who_sends_keeps_the_source_for_that_request_alone(house: House) -> None:
    """The next booking of the same guest is nobody's."""
    await writes(house, "/start " + await door_made(house, WHOLE, "en", "arena"))
    for tapped in ("Send request", "Accept and send"):
        await writes(house, tapped)
    assert (await read("SELECT source FROM booking"))[0]["source"] == "arena"
    await writes(house, "new booking")
    assert (await talk_of("700100201"))["source"] is None
