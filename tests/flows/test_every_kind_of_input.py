"""Whatever is sent at whatever question, on either channel, there is a sensible answer: never silence, never a fault, nothing booked."""

from collections.abc import Callable
from datetime import UTC

import pytest

from bot import telegram, words
from flows.book import BOOKING
from flows.speech import Media
from flows.talk import Send
from tests.flows.people import NOW, Guest

DRAFT = {
    "service": "transfer", "pickup": {"place": "puj"}, "dropoff": {"place": "arena_blanca"}, "date": "2026-11-24", "time": "15:00",
    "flight": "AA1045", "trip": "return", "return_date": "2026-11-28", "return_time": "11:00", "return_flight": "AA1046",
    "party": {"adults": 2, "children": [], "infants": 0}, "luggage": 2, "vehicle": "van", "extras": {}, "name": "Ana Lindqvist",
    "phone": "+46701740605", "room": "204", "occasion": None, "notes": None, "email": None,
}  # fmt: skip
STATES = (*BOOKING.keys, BOOKING.then, *BOOKING.after)
INPUTS: dict[str, Callable[[Guest], str]] = {
    "text": lambda guest: guest.says("purple elephants on a Tuesday morning"),
    "nothing": lambda guest: guest.says(""),
    "number": lambda guest: guest.says("2"),
    "question": lambda guest: guest.says("do you have wifi in the car?"),
    "contradiction": lambda guest: guest.says("tomorrow, no yesterday, 2 adults, no 3, mejor el lunes a las 3 o a las 4"),
    "thirty questions": lambda guest: guest.says(" ".join(f"do you have number {n}? ¿y eso?" for n in range(30))),
    "many words for one day": lambda guest: guest.says("on 3 December on Friday at 1am tonight, or the week after next"),
    "command": lambda guest: guest.says("/help"),
    "back": lambda guest: guest.says("back"),
    "link": lambda guest: guest.says("/start from_the_hotel"),
    "tap": lambda guest: guest.taps(*_first(guest)),
    "stale tap": lambda guest: guest.taps("vehicle", "sedan", turn=1),
    "strange tap": lambda guest: guest.taps("moon", "landing", turn=1),
    "page of nothing": lambda guest: guest.taps("page", "2026-12", turn=1),
    "pin": lambda guest: guest.sends("location", location=(18.6716, -68.4113)),
    "pin far away": lambda guest: guest.sends("location", location=(52.5, 13.4)),
    "contact": lambda guest: guest.sends("contact", contact=("Peter", "+447700900177")),
    "somebody else's contact": lambda guest: guest.sends("contact", contact=("Peter", "+447700900177"), of_another=True),
    "voice": lambda guest: guest.sends("voice", media=(Media("https://x.example/1", "audio/ogg"),)),
    "photo": lambda guest: guest.sends("photo"),
    "photo with words": lambda guest: guest.sends("photo", words="we are here"),
    "video": lambda guest: guest.sends("video"),
    "document": lambda guest: guest.sends("document"),
    "sticker": lambda guest: guest.sends("sticker"),
    "edited": lambda guest: guest.sends("edited", words="tomorow"),
    "quote": lambda guest: guest.says("this one please", quotes="17"),
    "unknown kind": lambda guest: guest.sends("other"),
    "long": lambda guest: guest.says("word " * 2000),
}  # fmt: skip


def _first(guest: Guest) -> tuple[str, str]:
    shown = [option for reply in guest.replies for option in reply.options]
    return (shown[0].question, shown[0].value) if shown else ("anytime", "help")


def at_question(state: str, channel: str, language: str) -> Guest:
    """Someone whose open question this is, with all before it answered."""
    guest = Guest("Ana Lindqvist", sender="+46701740605" if channel == "whatsapp" else "700100277", channel=channel)
    guest.says("hi")
    talk = guest.talk
    talk.language, talk.state = language, state
    keys = list(DRAFT)
    known = keys[: keys.index(state)] if state in keys else keys
    talk.draft = {key: DRAFT[key] for key in known} | ({"service": "buggy_macao"} if state == "departure" else {})
    if state in talk.draft or state in ("stops", "hours", "plan"):
        talk.reopened = state
    talk.facts = {"reference": "CA-2345X"} if state in BOOKING.after else {}
    return guest


def check_answered(guest: Guest, channel: str, told: str) -> None:
    """Something was said or is being done, in words that are drawn to the end."""
    assert guest.replies or guest.wishes, told
    for reply in guest.replies:
        drawn = words.draw(reply.as_json(), guest.talk.language, channel)
        assert drawn.text.strip() and "{{" not in drawn.text and "None" not in drawn.text, told


@pytest.mark.parametrize("channel", ["whatsapp", "telegram"])
@pytest.mark.parametrize("state", STATES)
def test_every_kind_of_input_is_answered(state: str, channel: str) -> None:
    """With words, in the guest's language, that end in something to do; and without a yes nothing is sent off."""
    for language in ("en", "es"):
        for name, does in INPUTS.items():
            guest = at_question(state, channel, language)
            said = does(guest)
            told = f"{name} at {state} on {channel} in {language}: {said!r}"
            assert not any(isinstance(wish, Send) for wish in guest.wishes) or name in ("tap", "number"), told
            check_answered(guest, channel, told)


def test_the_payload_of_a_start_link_reaches_the_talk() -> None:
    """What stands behind "/start" on Telegram is heard as it is."""
    chat = {"id": 700100277, "type": "private"}
    message = {"message_id": 5, "date": 0, "chat": chat, "from": {"id": 700100277, "first_name": "Luis"}}
    heard = telegram.read({"update_id": 9, "message": message | {"text": "/start pmr_2Zt-x"}}, NOW.astimezone(UTC))
    assert heard is not None and heard.words == "/start pmr_2Zt-x"
