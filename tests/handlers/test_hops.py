"""A guest goes on in another channel: same answers, same question; the old channel says where it went."""

from dataclasses import asdict
from datetime import timedelta

import pytest

from bot.documents import Documents
from bot.packing import Packing
from flows.speech import Tap
from handlers import guest_wrote as turn_taking
from handlers.booking_confirmed import booking_confirmed
from handlers.house import SYSTEM, House
from handlers.telling import tell
from handlers.time_passed import time_passed
from models import doors
from models.database import read, transaction
from models.fields import unpacked
from models.lanes import Outgoing
from models.timeline import timeline
from tests.conftest import Clock
from tests.handlers.mistake import Mistake
from tests.handlers.test_doors import answer_to, talk_of, writes
from tests.people import _documents

PHONE, CHAT, STRANGER = "+18295550143", "700100201", "700100999"
ASKED = "airport PUJ to Hard Rock tomorrow at 3pm, 2 adults"


async def asks_to_go_on(house: House, words: str = "continue on Telegram") -> str:
    """The token of the link that the guest is given on WhatsApp."""
    await writes(house, ASKED, sender=PHONE, channel="whatsapp", name="Hannah Moore")
    await writes(house, words, sender=PHONE, channel="whatsapp")
    number = (await read("SELECT MAX(id) AS id FROM door"))[0]["id"]
    return doors.kept_token(house.secret, int(number), doors.HOP)


async def test_the_talk_goes_on_at_the_same_question(house: House) -> None:
    """Every answer is there, the same question is open; what was understood is said back."""
    token = await asks_to_go_on(house)
    assert "[Go on there]" in await answer_to(PHONE)
    before = await talk_of(PHONE)
    await writes(house, f"/start {token}", sender=CHAT)
    after = await talk_of(CHAT)
    assert (after["draft"], after["state"]) == (before["draft"], before["state"])
    said = await answer_to(CHAT)
    assert "just where we were" in said
    assert "Airport PUJ to Hard Rock" in said
    assert "flight number" in said


async def test_the_old_channel_is_told_and_says_where_it_goes_on(house: House) -> None:
    """Its old buttons and whatever is written there are answered by where the request is; nothing is done twice."""
    token = await asks_to_go_on(house)
    await writes(house, f"/start {token}", sender=CHAT)
    assert "You went on in Telegram" in await answer_to(PHONE)
    draft = (await talk_of(CHAT))["draft"]
    await writes(house, "", sender=PHONE, channel="whatsapp", kind="tap", tap=Tap("flight", "unknown", 1))
    assert "goes on in Telegram" in await answer_to(PHONE)
    await writes(house, "three adults", sender=PHONE, channel="whatsapp")
    assert "goes on in Telegram" in await answer_to(PHONE)
    assert (await talk_of(CHAT))["draft"] == draft
    await writes(house, "new booking", sender=PHONE, channel="whatsapp")
    assert (await talk_of(PHONE))["elsewhere"] is None


async def test_the_link_works_once(house: House) -> None:
    """A stranger after it was used gets a clear sentence and nothing of the request; so does who used it."""
    token = await asks_to_go_on(house)
    await writes(house, f"/start {token}", sender=CHAT)
    await writes(house, f"/start {token}", sender=STRANGER)
    assert "used already" in await answer_to(STRANGER)
    assert (await talk_of(STRANGER))["draft"] == {}
    await writes(house, f"/start {token}", sender=CHAT)
    assert "gone on here already" in await answer_to(CHAT)
    assert (await talk_of(CHAT))["draft"]["dropoff"] == {"place": "hard_rock"}


async def test_a_link_opened_where_it_was_given(house: House) -> None:
    """It is for another channel, and still good for that."""
    token = await asks_to_go_on(house)
    await writes(house, f"Hello, I go on here: [{token}]", sender=PHONE, channel="whatsapp")
    assert "for another channel" in await answer_to(PHONE)
    await writes(house, f"/start {token}", sender=CHAT)
    assert (await talk_of(CHAT))["draft"]["dropoff"] == {"place": "hard_rock"}


async def test_there_and_back_again(house: House) -> None:
    """From Telegram the guest comes back to WhatsApp, in Spanish too."""
    await writes(house, f"/start {await asks_to_go_on(house)}", sender=CHAT)
    await writes(house, "seguir en WhatsApp", sender=CHAT)
    number = int((await read("SELECT MAX(id) AS id FROM door"))[0]["id"])
    back = doors.kept_token(house.secret, number, doors.HOP)
    await writes(house, f"Hello Costa Alisia, I go on here:\n[{back}]", sender=PHONE, channel="whatsapp")
    assert "just where we were" in await answer_to(PHONE)
    assert (await talk_of(PHONE))["elsewhere"] is None
    assert (await talk_of(CHAT))["elsewhere"] == "whatsapp"


async def test_we_are_there_already(house: House) -> None:
    """Who asks to go on where they are is told so."""
    await writes(house, "continue on Telegram", sender=CHAT)
    assert "on Telegram already" in await answer_to(CHAT)
    assert await read("SELECT id FROM door") == []


async def test_an_old_link_is_as_if_it_were_not_there(house: House, clock: Clock) -> None:
    """After two days it opens nothing."""
    token = await asks_to_go_on(house)
    clock.time += timedelta(days=3)
    await writes(house, f"/start {token}", sender=CHAT)
    assert (await talk_of(CHAT))["draft"] == {}


@pytest.mark.parametrize(("words", "host"), [("continue on Telegram", "https://t.me/costa_alisia_bot?start=bhh")])
async def test_the_link_leads_to_the_other_channel(house: House, words: str, host: str) -> None:
    """Its address is derived when the message is drawn and is kept nowhere."""
    token = await asks_to_go_on(house, words)
    row = (await read("SELECT * FROM delivery ORDER BY id DESC LIMIT 1"))[0]
    assert token not in row["payload"]
    documents: Documents = _documents()
    out = Outgoing(
        id=1, recipient=1, fence=1, attempt=1, channel="whatsapp", address=PHONE, kind=row["kind"],
        payload=unpacked(row["payload"]), language="en", last_heard=None, created=0, booking=None, lapses=None,
    )  # fmt: skip
    assert asdict(out)["booking"] is None
    url = (await Packing("http://here", house.secret, documents).urls(out))["hop"]
    assert url.startswith(host)
    assert url.endswith(token)


# --- what was left behind ---

WHOLE = "airport PUJ to Hard Rock tomorrow at 3pm, one way, 4 people, 6 bags, van, flight AA1045"


async def books(house: House) -> int:
    """Hannah's booking, sent on WhatsApp; gives its number."""
    await writes(house, WHOLE, sender=PHONE, channel="whatsapp", name="Hannah Moore")
    await writes(house, "send it", sender=PHONE, channel="whatsapp")
    return int((await read("SELECT id FROM booking"))[0]["id"])


async def link_to_go_on(house: House) -> str:
    """The token that Hannah is given when she asks for it on WhatsApp."""
    await writes(house, "continue on Telegram", sender=PHONE, channel="whatsapp")
    number = (await read("SELECT MAX(id) AS id FROM door"))[0]["id"]
    return doors.kept_token(house.secret, int(number), doors.HOP)


async def lane(address: str) -> list[tuple[str, str]]:
    """Kind and state of everything in somebody's lane, in its order."""
    rows = await read(
        "SELECT d.kind, d.state FROM delivery d JOIN recipient r ON r.id = d.recipient_id WHERE r.address = :it ORDER BY d.id",
        it=address,
    )
    return [(row["kind"], row["state"]) for row in rows]


async def test_what_has_not_left_yet_goes_along(house: House) -> None:
    """WhatsApp is away: what was to be said about the booking is said on Telegram, in its order; the rest of it is told there."""
    booking = await books(house)
    token = await link_to_go_on(house)
    async with transaction() as run:
        to = (await run("SELECT recipient_id AS id FROM booking"))[0]["id"]
        await tell(run, house, to, "hold_ended_guest", {}, language="en", booking=booking)
        await run("UPDATE delivery SET parts = '[\"SM1\"]' WHERE kind = 'hold_ended_guest'")
    await writes(house, f"/start {token}", sender=CHAT)
    assert await read("SELECT id FROM delivery WHERE parts IS NOT NULL") == []  # what left there is not here
    assert [kind for kind, state in await lane(PHONE) if state == "waiting"] == ["moved_on"]
    assert [kind for kind, _ in await lane(CHAT)] == ["held", "hop", "hold_ended_guest", "waiting_payment"]
    due = await read("SELECT next_due FROM recipient WHERE address = :it", it=CHAT)
    assert due[0]["next_due"] is not None


async def test_an_unsent_question_is_asked_anew_and_not_twice(house: House) -> None:
    """Of a talk without a booking nothing is said twice: what had not left lapses, and the desk can see it."""
    await writes(house, ASKED, sender=PHONE, channel="whatsapp", name="Hannah Moore")
    await writes(house, "yes", sender=PHONE, channel="whatsapp")
    token = await link_to_go_on(house)
    await writes(house, f"/start {token}", sender=CHAT)
    assert [state for _, state in await lane(PHONE)] == ["sending", "lapsed", "lapsed", "waiting"]
    assert [kind for kind, _ in await lane(CHAT)] == ["flight"]


async def test_what_we_still_owe_its_turn_is_heard_there(
    house: House, monkeypatch: pytest.MonkeyPatch, clock: Clock
) -> None:
    """A mistake of ours kept her words waiting; she goes on, and they are taken up in the talk where it is now."""
    token = await asks_to_go_on(house)
    Mistake(monkeypatch, turn_taking, "hear", times=1)
    await writes(house, "flight AA1045", sender=PHONE, channel="whatsapp")
    await writes(house, f"/start {token}", sender=CHAT)
    clock.forward(seconds=2)
    await time_passed(house)
    assert (await talk_of(CHAT))["draft"]["flight"] == "AA1045"
    assert "flight" not in (await talk_of(PHONE))["draft"]


async def test_the_booking_remembers_that_the_talk_moved(house: House) -> None:
    """Who, from where to where; what is paid later is told there."""
    booking = await books(house)
    await writes(house, f"/start {await link_to_go_on(house)}", sender=CHAT, name="Hannah M")
    (entry,) = [entry for entry in await timeline(booking) if entry["kind"] == "talk_moved"]
    assert entry["facts"] == {"before": "whatsapp", "after": "telegram"}
    assert (entry["door"], entry["personal"]["actor"]) == ("telegram", "Hannah M")
    async with transaction() as run:
        await booking_confirmed(run, house, booking, SYSTEM)
    assert ("booking_confirmed_guest", "waiting") in await lane(CHAT)
    assert ("booking_confirmed_guest", "waiting") not in await lane(PHONE)


async def test_old_buttons_of_a_booking_say_where_it_is(house: House) -> None:
    """A tap on "change booking" or "leave the list" on the old channel changes nothing and is answered."""
    await books(house)
    await writes(house, f"/start {await link_to_go_on(house)}", sender=CHAT)
    reference = (await read("SELECT reference FROM booking"))[0]["reference"]
    for tap in (Tap("change_booking", reference, 1), Tap("waiting", f"leave:{reference}", 1), Tap("review", "send", 2)):
        await writes(house, "", sender=PHONE, channel="whatsapp", kind="tap", tap=tap)
        assert "goes on in Telegram" in await answer_to(PHONE)
    assert [row["state"] for row in await read("SELECT state FROM booking")] == ["on_hold"]


# --- two requests ---


async def begins_here(house: House) -> None:
    """On Telegram she had asked for a boat trip."""
    await writes(house, "Saona on Sunday, 2 adults", sender=CHAT, name="Hannah Moore")


async def test_a_request_begun_there_is_not_dropped(house: House) -> None:
    """Both are told, and she is asked which goes on; until the one is sent the other is one tap away."""
    await begins_here(house)
    await writes(house, f"/start {await asks_to_go_on(house)}", sender=CHAT)
    asked = await answer_to(CHAT)
    assert "Hard Rock" in asked and "Isla Saona" in asked and "[The one from WhatsApp]" in asked
    await writes(house, "the one begun here", sender=CHAT)
    assert (await talk_of(CHAT))["draft"]["service"] == "isla_saona"
    await writes(house, "", sender=CHAT, kind="tap", tap=Tap("hop", "brought", 4))
    assert (await talk_of(CHAT))["draft"]["dropoff"] == {"place": "hard_rock"}
    await writes(house, "start over", sender=CHAT)
    assert (await talk_of(CHAT))["beside"] is None


async def test_who_answers_something_else_goes_on_with_the_one_brought(house: House) -> None:
    """Nothing that she writes is lost, and she is told what it was taken for."""
    await begins_here(house)
    await writes(house, f"/start {await asks_to_go_on(house)}", sender=CHAT)
    await writes(house, "flight AA1045", sender=CHAT)
    talk = await talk_of(CHAT)
    assert (talk["draft"]["flight"], talk["draft"]["dropoff"]) == ("AA1045", {"place": "hard_rock"})
    assert "We go on with the request from WhatsApp" in await answer_to(CHAT)


async def test_nothing_was_brought_along(house: House) -> None:
    """Whoever had told nothing yet goes on with what was begun here, and is asked nothing."""
    await begins_here(house)
    await writes(house, "hello", sender=PHONE, channel="whatsapp")
    await writes(house, f"/start {await link_to_go_on(house)}", sender=CHAT)
    assert (await talk_of(CHAT))["draft"]["service"] == "isla_saona"
    assert "Which of the two" not in await answer_to(CHAT)


async def test_a_talk_that_a_person_has_is_theirs_there_too(house: House) -> None:
    """Nothing is asked that nobody would hear the answer of; the bot stays silent."""
    await writes(house, ASKED, sender=PHONE, channel="whatsapp", name="Hannah Moore")
    await writes(house, "a person please", sender=PHONE, channel="whatsapp")
    assert "[Go on in Telegram]" in await answer_to(PHONE) and "[Call us]" in await answer_to(PHONE)
    number = (await read("SELECT MAX(id) AS id FROM door"))[0]["id"]
    await writes(house, f"/start {doors.kept_token(house.secret, int(number), doors.HOP)}", sender=CHAT)
    said = await answer_to(CHAT)
    assert "Someone of the team answers you here" in said and "flight" not in said
    before = await lane(CHAT)
    await writes(house, "hello?", sender=CHAT)
    assert await lane(CHAT) == before
