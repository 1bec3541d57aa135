"""Webhooks of all kinds that providers bring us, the orders in which they may come, and what a house is given before they do."""

import asyncio
from collections import Counter
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import chain, pairwise
from random import Random
from types import SimpleNamespace
from typing import Any

from flows.script import label
from handlers.checkout_opened import opened, wanted
from handlers.guest_paid import Paid, guest_paid
from handlers.house import House
from handlers.request_sent import request_sent
from handlers.telling import tell
from models import delivery
from models.database import read, transaction
from models.fields import micros
from models.story import of_booking
from tests.conftest import NOW
from tests.doors.knocking import Door
from tests.faults.crowd import ANSWERS, VEHICLE, Plan
from tests.faults.endstate import GIVEN
from tests.faults.fleet import Fleet

Bring = Callable[[Door], Coroutine[Any, Any, int]]
CREATED = int(NOW.timestamp())  # when Stripe says that something happened
DRAFT = {
    "service": "transfer", "pickup": {"place": "puj"}, "dropoff": {"place": "hard_rock"}, "room": None, "time": "15:00",
    "flight": "AA1045", "party": {"adults": 2, "children": [], "infants": 0}, "luggage": 2, "vehicle": "suv", "extras": {},
    "occasion": None, "notes": None, "phone": "+46701740605", "email": None, "terms": True,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Webhook:
    """One thing that a provider brings, however often. `whose`: of whom one thing must be kept before the next is brought."""

    name: str
    bring: Bring
    whose: str | None = None


@dataclass
class Given:
    """What a house is given: bookings with an open checkout, by the story that is to become of them, and deliveries that left."""

    checkouts: dict[str, tuple[str, int, str]] = field(default_factory=dict)  # session, amount due, reference
    left: dict[str, tuple[int, str]] = field(default_factory=dict)  # delivery, Twilio's id
    brief: str = ""  # Twilio's id of the brief that the lead answers to
    asked: str = ""  # Telegram's id of the notice that the house answers to


# -- what there is before -----------------------------------------------------------------------

STORIES = ("paid", "paid slowly", "not paid", "paid back", "disputed", "expired", "paid wrong")
CONFIRMED = (
    "paid",
    "paid slowly",
    "paid back",
    "disputed",
)  # by somebody without a chat: nobody waits for their pictures
DRAWN = "paid 1"  # … but for one of the long form, whose papers are drawn
REPORTS = {  # what Twilio tells of one message; the last word is what holds
    "read": (("queued", ""), ("sent", ""), ("delivered", ""), ("read", "")),
    "delivered": (("queued", ""), ("sent", ""), ("delivered", "")),
    "failed": (("queued", ""), ("sent", ""), ("failed", "63024")),
    "closed": (("sent", ""), ("undelivered", "63016")),
}  # fmt: skip
MESSAGES = 2  # of each kind in a set
KINDS = 4  # numbers of the crowd in a set
LEAD, TEAM = "rafael", "house"


def told(sets: int) -> list[str]:
    """The messages of which Twilio tells us more, by name."""
    return [f"{name} {place}" for place in range(sets * MESSAGES) for name in REPORTS]


def people(sets: int) -> list[dict[str, Any]]:
    """Everybody that webhooks speak of: of each set a guest on WhatsApp, one on Telegram, one who wants a person; and readers."""
    readers = [_person(name, whatsapp=_reader(number)) for number, name in enumerate(told(sets))]
    payers = [
        _person(f"payer{number}", telegram=_payer(number), started=True) for number in range(sets * len(STORIES) + 1)
    ]
    return [*(Plan(number).person() | {"started": True} for number in range(sets * KINDS)), *readers, *payers]


def _person(key: str, **address: Any) -> dict[str, Any]:
    return {"key": key, "name": f"{key.title()} Ek", "language": "en", "role": "guest", **address}


def _payer(number: int) -> int:
    return 700_600_000 + number


def _reader(number: int) -> str:
    return f"+4680{1000000 + number}"


async def give(fleet: Fleet, sets: int) -> Given:
    """Bookings that wait for their payment, one that is confirmed, and messages of which we are to hear what became."""
    house = House(lambda: datetime.now(UTC) + timedelta(seconds=fleet.offset), "before", fleet.settings.secret())
    given = Given()
    for place in range(sets):
        for number, name in enumerate(STORIES):
            await _held(house, given, f"{name} {place}", place * len(STORIES) + number)
    booking = await _held(house, given, "confirmed before", sets * len(STORIES))
    session, amount, _ = given.checkouts["confirmed before"]
    await guest_paid(
        house, Paid("stripe", "evt_before", "completed", session, "pi_before", amount, "usd", False, None, NOW)
    )
    for number, name in enumerate(told(sets)):
        await _tell(house, booking, name, _reader(number))
    await _have_left(house)
    await _find(given, sets)
    return given


async def _held(house: House, given: Given, name: str, number: int) -> int:
    """A booking of somebody's own, on a day on which enough is free, with its page at the checkout."""
    day = (NOW + timedelta(days=40 + number // 4)).date().isoformat()
    email = "paid@example.com" if name == DRAWN else None
    draft = DRAFT | {"date": day, "name": f"{name.title()} Berg", "email": email}
    catalog = await house.catalog()
    async with transaction() as run:
        to = await delivery.recipient(run, "telegram", str(_payer(number)), name=f"{name} Berg", language="en")
        booking, story = await request_sent(run, house, catalog, draft, recipient=to, channel="telegram", language="en")
        if name.rpartition(" ")[0] in CONFIRMED and name != DRAWN:
            await run("UPDATE booking SET recipient_id = NULL WHERE id = :id", id=booking)
    of = await wanted(house, booking)
    session = f"cs_test_{number}"
    await opened(house, of, session, f"https://checkout.example/{session}")
    given.checkouts[name] = (session, of.amount, story["reference"])
    return booking


async def _tell(house: House, booking: int, name: str, address: str) -> None:
    """A notice to somebody, of which Twilio is to tell us more."""
    async with transaction() as run:
        to = await delivery.recipient(run, "whatsapp", address, name=f"{name} Ek", language="en")
        facts = {"story": await of_booking(booking, run)}
        await tell(
            run, house, to, "payment_failed_guest", facts, language="en", booking=booking, links=["pay"], once=name
        )


async def _have_left(house: House) -> None:
    """All of it was sent, a moment ago."""
    async with transaction() as run:
        await run("UPDATE recipient SET next_due = NULL")
        await run(
            "UPDATE delivery SET state = 'sent', attempt = 1, sending = :now, sent = :now, provider_id = CASE WHEN recipient_id IN "
            "(SELECT id FROM recipient WHERE channel = 'telegram') THEN CAST(1000000 + id AS TEXT) "
            f"ELSE '{GIVEN}' || CAST(id AS TEXT) END",
            now=micros(house.now()),
        )


async def _find(given: Given, sets: int) -> None:
    rows = await read("SELECT d.id, d.provider_id, d.kind, d.business_key, r.channel FROM delivery d "
                      "JOIN recipient r ON r.id = d.recipient_id ORDER BY d.id")  # fmt: skip
    for row in rows:
        if row["kind"] == "payment_failed_guest":
            given.left[str(row["business_key"]).rsplit(":", 1)[-1]] = (int(row["id"]), str(row["provider_id"]))
        elif row["kind"] == "brief_lead" and row["channel"] == "whatsapp":
            given.brief = str(row["provider_id"])
        elif row["kind"] == "booking_confirmed_house" and row["channel"] == "telegram":
            given.asked = str(row["provider_id"])
    assert len(given.left) == len(told(sets))
    assert given.brief
    assert given.asked


# -- what is brought ----------------------------------------------------------------------------


def webhooks(fleet: Fleet, given: Given, sets: int) -> list[Webhook]:
    """All of them, in the order in which they happened."""
    known = {one["key"]: one for one in fleet.sim.world.people}
    lists = [_strays(), _lead(known[LEAD]["whatsapp"], given), _team(known[TEAM]["telegram"], given)]
    for place in range(sets):
        first = place * KINDS
        lists += [_on_whatsapp(Plan(first + 2)), _on_telegram(Plan(first + 1)), _wants_a_person(Plan(first).address)]
        lists += [_at_stripe(given, name, place) for name in STORIES]
    lists += [_reports(given, name) for name in told(sets)]
    return list(chain.from_iterable(lists))


def _on_whatsapp(plan: Plan) -> list[Webhook]:
    """A guest books, typing what the options say, and has a question afterwards."""
    answers = [*(label(block, plan.language) for block in ANSWERS), VEHICLE[plan.language]]
    ends = [*([plan.email] if plan.email else []), label("send", plan.language)]
    words = [plan.asks, *answers, *ends, "thank you", "can you bring a cooler with water?"]
    return [_written(plan.address, plan.name, f"{plan.key}.{number}", text) for number, text in enumerate(words)]


def _wants_a_person(address: str) -> list[Webhook]:
    """Somebody begins, wants a person, and goes on writing while the bot is silent."""
    words = ("hi", "Private transfer", "airport PUJ", "person", "are you there?")
    return [_written(address, "Nora Alm", f"{address}.{number}", text) for number, text in enumerate(words)]


def _written(address: str, name: str, sid: str, text: str, **more: str) -> Webhook:
    form = {"MessageSid": f"SM{sid}", "From": f"whatsapp:{address}", "Body": text, "ProfileName": name, "NumMedia": "0"}
    return Webhook(f"whatsapp {sid}", lambda door: door.twilio(form | more), address)


TAPS = ("1|flight|unknown", "2|luggage|0", "3|vehicle|sedan", "5|review|send")


def _on_telegram(plan: Plan) -> list[Webhook]:
    """A guest books, tapping; then thanks, edits, sends a sticker, and blocks and unblocks the bot, which needs no answer."""
    said: list[dict[str, Any]] = [{"text": plan.asks}, *({"data": data} for data in TAPS[:3]), {"text": "+34 612 345 678"},
                                  *({"data": data} for data in TAPS[3:]), {"text": "gracias"},
                                  {"text": "a las 4 de la tarde", "edited": True}, {"sticker": {"file_id": "s"}},
                                  {"my_chat_member": "kicked"}, {"my_chat_member": "member"}]  # fmt: skip
    return [_update(plan, number, **what) for number, what in enumerate(said)]


def _update(plan: Plan, number: int, *, data: str = "", edited: bool = False, my_chat_member: str = "", **content: Any) -> Webhook:  # fmt: skip
    first, last = plan.name.split()
    chat = {"id": int(plan.address), "type": "private", "first_name": first}
    who = {"id": int(plan.address), "is_bot": False, "first_name": first, "last_name": last, "language_code": "es"}
    message = {"message_id": 5000 + number, "date": CREATED, "chat": chat, "from": who, **(content or {"text": "…"})}
    update: dict[str, Any] = {"update_id": plan.number * 100 + number}
    if data:
        update["callback_query"] = {
            "id": str(number),
            "from": who,
            "message": message,
            "chat_instance": "1",
            "data": data,
        }
    elif my_chat_member:
        update["my_chat_member"] = {
            "chat": chat,
            "from": who,
            "date": CREATED,
            "new_chat_member": {"status": my_chat_member},
        }
    else:
        update["edited_message" if edited else "message"] = message
    return Webhook(f"telegram {update['update_id']}", lambda door: door.telegram(update), plan.address)


def _lead(address: str, given: Given) -> list[Webhook]:
    """The lead answers to the brief of the booking that was confirmed before."""
    words = ("I will be there", "which flight was it?")
    return [
        _written(address, "Rafael", f"lead.{number}", text, OriginalRepliedMessageSid=given.brief)
        for number, text in enumerate(words)
    ]


def _team(chat: int, given: Given) -> list[Webhook]:
    """The house answers, in its own chat, to the notice of that same booking; and says something to nobody."""
    made = []
    for number, quotes in enumerate((given.asked, None)):
        who = {"id": 77, "is_bot": False, "first_name": "Marisol"}
        message: dict[str, Any] = {"message_id": 6000 + number, "date": CREATED, "chat": {"id": int(chat), "type": "supergroup"},
                                   "from": who, "text": f"We look forward to it {number}"}  # fmt: skip
        if quotes:
            message["reply_to_message"] = {"message_id": int(quotes), "date": CREATED, "chat": message["chat"]}
        update = {"update_id": 900_000 + number, "message": message}
        made.append(Webhook(f"telegram {update['update_id']}", _to_telegram(update), str(chat)))
    return made


def _to_telegram(update: dict[str, Any]) -> Bring:
    return lambda door: door.telegram(update)


def _reports(given: Given, name: str) -> list[Webhook]:
    """What became of one message, told in whatever order."""
    number, sid = given.left[name]

    def report(status: str, code: str) -> Webhook:
        form = {"MessageSid": sid, "MessageStatus": status} | ({"ErrorCode": code} if code else {})
        path = f"/hooks/whatsapp/status?d={number}.1"
        return Webhook(f"{status} {number}", lambda door: door.twilio(form, path))

    return [report(status, code) for status, code in REPORTS[name.partition(" ")[0]]]


def _at_stripe(given: Given, story_of: str, place: int) -> list[Webhook]:
    """What Stripe tells of one checkout and its payment; half of it means nothing to us."""
    session, amount, reference = given.checkouts[f"{story_of} {place}"]
    intent = f"pi_{session}"
    page = {"id": session, "object": "checkout.session", "payment_intent": intent, "amount_total": amount, "currency": "usd",
            "metadata": {"reference": reference}, "client_reference_id": reference}  # fmt: skip
    paid, unpaid = page | {"payment_status": "paid"}, page | {"payment_status": "unpaid"}
    money = {"id": intent, "object": "payment_intent", "amount": amount, "currency": "usd"}
    came = [
        ("payment_intent.created", money),
        ("payment_intent.succeeded", money),
        ("charge.succeeded", {"id": "ch_1"}),
    ]
    back = {"object": "refund", "payment_intent": intent, "currency": "usd", "status": "succeeded"}
    one, two = back | {"id": f"re_1_{session}", "amount": 100}, back | {"id": f"re_2_{session}", "amount": 250}
    stories: dict[str, list[tuple[str, Any]]] = {
        "paid": [*came, ("checkout.session.completed", paid)],
        "paid slowly": [("checkout.session.completed", unpaid), ("payment_intent.processing", money),
                        ("checkout.session.async_payment_succeeded", paid), ("checkout.session.completed", paid)],
        "not paid": [("checkout.session.completed", unpaid), ("payment_intent.payment_failed", money),
                     ("checkout.session.async_payment_failed", unpaid)],
        "paid back": [("checkout.session.completed", paid), ("refund.created", one | {"status": "pending"}), ("refund.updated", one),
                      ("refund.created", two), ("refund.updated", two), ("charge.refunded", {"id": "ch_1"})],
        "disputed": [("checkout.session.completed", paid), ("charge.dispute.created", {"id": "dp_1", "payment_intent": intent}),
                     ("charge.dispute.closed", {"id": "dp_1", "payment_intent": intent})],
        "expired": [("payment_intent.canceled", money), ("checkout.session.expired", unpaid)],
        "paid wrong": [("checkout.session.completed", paid | {"amount_total": amount - 1}), ("refund.created", one)],
    }  # fmt: skip
    return [_event(f"evt_{session}_{number}", kind, about) for number, (kind, about) in enumerate(stories[story_of])]


def _event(name: str, kind: str, about: dict[str, Any]) -> Webhook:
    event = {
        "id": name,
        "object": "event",
        "type": kind,
        "created": CREATED,
        "livemode": False,
        "data": {"object": about},
    }
    return Webhook(f"stripe {name}", lambda door: door.stripe(event))


def _strays() -> list[Webhook]:
    """What is signed and none of ours: another program's checkout, a report on what nobody sent, a channel's post."""
    page = {
        "id": "cs_of_another",
        "payment_intent": "pi_of_another",
        "payment_status": "paid",
        "amount_total": 100,
        "currency": "usd",
    }
    form = {"MessageSid": "SMof_another", "MessageStatus": "read"}
    post = {
        "update_id": 910_000,
        "channel_post": {"message_id": 1, "date": CREATED, "chat": {"id": -5, "type": "channel"}, "text": "hi"},
    }
    return [
        _event("evt_of_another", "checkout.session.completed", page),
        Webhook("status of another", lambda door: door.twilio(form, "/hooks/whatsapp/status?d=999999.1")),
        Webhook("telegram 910000", _to_telegram(post)),
    ]


# -- in which order -----------------------------------------------------------------------------


def permuted(hooks: list[Webhook], most: int, dice: Random, least: int = 1) -> list[Webhook]:
    """Each `least` to `most` times, in an order by lot. What one person says comes in their own order, repeated anywhere."""
    order = [hook for hook in hooks for _ in range(dice.randint(least, most))]
    dice.shuffle(order)
    places: dict[str, list[int]] = {}
    for at, hook in enumerate(order):
        if hook.whose:
            places.setdefault(hook.whose, []).append(at)
    for whose, theirs in places.items():
        said = [hook.name for hook in hooks if hook.whose == whose]
        _in_turn(order, theirs, said)
    return order


def _in_turn(order: list[Webhook], places: list[int], said: list[str]) -> None:
    """Change the places of one person's webhooks so that none comes before what they said before it."""
    turn = 0
    for number, at in enumerate(places):
        if said.index(order[at].name) > turn:
            next_one = next(other for other in places[number:] if order[other].name == said[turn])
            order[at], order[next_one] = order[next_one], order[at]
        turn += said.index(order[at].name) == turn


def door_of(fleet: Fleet) -> Door:
    """The hooks of a fleet, for those who bring their own signature."""
    program = SimpleNamespace(settings=fleet.settings)
    return Door(SimpleNamespace(program=program, http=fleet.http, url=fleet.url))  # type: ignore[arg-type]


def everybody_wrote_today(fleet: Fleet) -> None:
    """The simulated Twilio does not know of what is brought to the hook past it: WhatsApp's 24 hours stand open all the same."""
    world: Any = fleet.sim.world
    world.window_until = lambda _: world.now() + 3600


async def bring(fleet: Fleet, hooks: list[Webhook], order: list[Webhook], at_once: int) -> Counter[int]:
    """Bring them, so many in parallel; gives how many were answered with what. What is refused is brought again."""
    door = door_of(fleet)
    kept = {hook.name: asyncio.Event() for hook in hooks}
    said: dict[str, list[str]] = {}
    for hook in hooks:
        said.setdefault(hook.whose or "", []).append(hook.name)
    before = {name: earlier for whose, names in said.items() if whose for earlier, name in pairwise(names)}
    answers, left = Counter[int](), iter(order)

    async def carry(rest: Iterator[Webhook]) -> None:
        for hook in rest:
            if hook.name in before:
                await kept[before[hook.name]].wait()
            while (status := await hook.bring(door)) != 200:
                answers[status] += 1
                assert status == 503, (hook.name, status)
            answers[200] += 1
            kept[hook.name].set()

    async with asyncio.TaskGroup() as group:
        for _ in range(at_once):
            group.create_task(carry(left))
    return answers
