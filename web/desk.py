"""The staff's desk: the board, one booking with all its talk, talks without a booking, and what staff can do there."""

import re
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import datetime
from typing import Any

from aiohttp import web

from bot import whatsapp, words
from handlers import staff_acted
from handlers.house import Actor, House
from handlers.place_freed import listed_again
from models import catalogs, channels, doors, ledger, letters, links
from models.booking import may_confirm
from models.database import Rows, read
from models.fields import instant, micros, unpacked
from models.money import Money
from models.refusal import ChangedMeanwhile, NotYours, Refusal
from models.request import as_instant
from models.story import of_booking
from models.stuck import stuck
from models.threads import PartnersBooking, open_bookings
from models.timeline import timeline
from models.waiting import place_of
from web import board, keys
from web.access import STAFF, actor, require_staff
from web.pages import page

COUNTERS = ("today", "needs", "road", "awaiting", "holds", "paid")
OUR_PAGES = re.compile(r"https?://\S+/(?:b|partner)/\S+")
STARS = re.compile(r"\*(\S[^*\n]*)\*")  # WhatsApp's bold: staff read the words
LONGEST = 1500  # characters staff can write at once; WhatsApp: 1600 with what we put around them

Act = Callable[[House, Actor, int, str], Awaitable[None]]
Again = Callable[[str, str], Awaitable[web.StreamResponse]]  # what is wrong, what was typed


def routes() -> list[web.RouteDef]:
    """Routes below /desk; the log-in has its own in `web.access`, the stream in `web.live`."""
    pages = [
        web.get("/desk", board_page),
        web.get("/desk/bookings/{reference}", booking_page),
        web.get("/desk/talks", talks_page),
        web.get("/desk/talks/{talk:\\d+}", talk_page),
    ]
    acts = [
        web.post("/desk/bookings/{reference}/confirm", confirm),
        web.post("/desk/bookings/{reference}/list", list_again),
        web.post("/desk/bookings/{reference}/message", write_to_guest),
        web.post("/desk/threads/{thread:\\d+}/reply", reply),
        web.post("/desk/talks/{talk:\\d+}/message", write_in_talk),
        web.post("/desk/talks/{talk:\\d+}/take-over", take_over),
        web.post("/desk/talks/{talk:\\d+}/hand-back", hand_back),
        web.post("/desk/deliveries/{delivery:\\d+}/again", send_again),
        web.post("/desk/deliveries/{delivery:\\d+}/aside", delivery_aside),
        web.post("/desk/heard/{inbound:\\d+}/again", try_again),
        web.post("/desk/heard/{inbound:\\d+}/file", file_under),
        web.post("/desk/events/{event:\\d+}/again", event_again),
        web.post("/desk/events/{event:\\d+}/aside", event_aside),
    ]
    return [web.route(each.method, each.path, require_staff(each.handler)) for each in (*pages, *acts)]


async def desk_page(request: web.Request, template: str, *, status: int = 200, **facts: Any) -> web.Response:
    """A page of the desk, with what its frame shows everywhere."""
    _, catalog = await catalogs.on_sale()
    now = request.app[keys.HOUSE].now()
    zone = catalog.brand.zone
    return await page(
        request, template, status=status, member=request[STAFF], now=as_instant(now, zone), zone=zone,
        waiting=await _waiting(), moment=lambda stored: as_instant(instant(stored), zone) if stored else None,
        since=lambda at: max(0, int((now - at).total_seconds() // 60)),
        free_until=lambda heard: whatsapp.free_until(heard, now), **facts,
    )  # fmt: skip


async def _waiting() -> int:
    """How many talks, messages and letters without a booking wait for a person: the number on the nav."""
    guests = [row for row in await board.waiting_guests() if row["reference"] is None]
    parked = await read(
        "SELECT (SELECT COUNT(*) FROM inbound WHERE state IN ('parked', 'asked')) + "  # noqa: S608  # our own names
        "(SELECT COUNT(*) FROM event WHERE state = 'parked') + "
        f"(SELECT COUNT(*) FROM letter WHERE {letters.WAITS}) AS n"
    )
    return len(guests) + int(parked[0]["n"])


# --- the board ---


async def board_page(request: web.Request) -> web.StreamResponse:
    """Every booking that matters now. `?only=` is a counter, `?q=` searches all bookings."""
    search, only = request.query.get("q", "").strip()[:80], request.query.get("only", "")
    only = only if only in COUNTERS else ""
    seen = await board.board(request.app[keys.HOUSE].now(), search=search, only=only)
    return await desk_page(
        request, "board.html", board=seen, search=search, only=only, stuck=await stuck(request.app[keys.HOUSE].now())
    )


# --- one booking ---


async def booking_page(request: web.Request) -> web.StreamResponse:
    """One booking with all its talk. `?talk=` is a thread's number, or "guest"."""
    return await _booking_page(request, await _booking(request), request.query.get("talk", ""))


async def _booking_page(
    request: web.Request, row: dict[str, Any], talk: str, *, trouble: str = "", typed: str = "", status: int = 200
) -> web.StreamResponse:
    booking = int(row["id"])
    threads = await _threads(booking)
    chosen = _chosen(talk, threads)
    return await desk_page(
        request, "booking.html", status=status, booking=row, story=await of_booking(booking), threads=threads,
        chosen=chosen, guest_talk=await _guest_talk(row), lines=await _transcript(request, row["recipient_id"], booking),
        talked=await _said_in(chosen["id"]) if chosen else [], reached=await _reached(chosen),
        payments=await _payments(booking), deliveries=await _deliveries(booking), entries=(await timeline(booking))[::-1],
        place=await place_of(read, booking) if row["state"] == "waitlisted" else None,
        may_confirm=may_confirm(row["state"]), trouble=trouble, typed=typed, longest=LONGEST,
        guest_page=_guest_page(request, row),
    )  # fmt: skip


async def _booking(request: web.Request) -> dict[str, Any]:
    rows = await read(
        "SELECT id, reference, state, catalog_version, recipient_id, link_version, hold_until, created FROM booking "
        "WHERE reference = :reference",
        reference=request.match_info["reference"].upper(),
    )
    if not rows:
        raise web.HTTPNotFound
    return rows[0]


def _guest_page(request: web.Request, row: dict[str, Any]) -> str:
    secret = request.app[keys.HOUSE].secret
    return f"/b/{links.token(secret, int(row['id']), 'guest', int(row['link_version']))}"


async def _threads(booking: int) -> Rows:
    return await read("SELECT * FROM thread WHERE booking_id = :booking ORDER BY id", booking=booking)


def _chosen(wanted: str, threads: Rows) -> dict[str, Any] | None:
    """The thread to show; None is the guest's talk. What waits for us comes first."""
    if wanted == "guest" or not threads:
        return None
    named = [thread for thread in threads if str(thread["id"]) == wanted]
    waiting = [thread for thread in threads if thread["awaiting"] == "house"]
    return (named or waiting or threads)[0]


async def _said_in(thread: int) -> list[dict[str, Any]]:
    """A thread's messages, ours with how far they came."""
    rows = await read("SELECT * FROM message WHERE thread_id = :thread ORDER BY id", thread=thread)
    sent = await read(
        "SELECT business_key, state FROM delivery WHERE thread_id = :thread AND kind = 'thread_message_lead'",
        thread=thread,
    )
    states = {int(row["business_key"].rpartition(":")[2]): row["state"] for row in sent if row["business_key"]}
    return [{**row, "delivered": states.get(row["id"])} for row in rows]


async def _reached(thread: dict[str, Any] | None) -> dict[str, Any] | None:
    """Where an answer in this thread arrives: the channels, and when WhatsApp last brought us a word from there."""
    if thread is None:
        return None
    lead = (await catalogs.on_sale())[1].leads.get(thread["partner"])
    ways = dict(lead.chats()) if lead else {}
    heard = await read(
        "SELECT last_heard, stopped FROM recipient WHERE channel = :channel AND address = :address",
        channel=whatsapp.WhatsApp.channel, address=ways.get(whatsapp.WhatsApp.channel, ""),
    )  # fmt: skip
    return {"channels": list(ways), **(heard[0] if heard else {"last_heard": None, "stopped": None})}


async def _guest_talk(row: dict[str, Any]) -> dict[str, Any] | None:
    if row["recipient_id"] is None:
        return None
    found = await board.talks("r.id = :recipient", recipient=row["recipient_id"])
    return found[0] if found else await _only_recipient(row["recipient_id"])


async def _only_recipient(recipient: int) -> dict[str, Any]:
    rows = await read(
        "SELECT id AS recipient_id, name, address, channel, last_heard, stopped FROM recipient WHERE id = :id",
        id=recipient,
    )
    return {**rows[0], "id": None, "silent": False}


async def _transcript(request: web.Request, recipient: int | None, booking: int | None = None) -> list[dict[str, Any]]:
    """Everything said in a guest's talk, oldest first: what reached us, and what left as it was drawn; and letters about the booking."""
    if recipient is None:
        return []
    heard = await read(
        "SELECT id, words, heard, received AS at, state, channel FROM inbound WHERE recipient_id = :recipient ORDER BY id DESC LIMIT 150",
        recipient=recipient,
    )
    said = await read(
        "SELECT id, kind, drawn, payload, language, state, created AS at FROM delivery WHERE recipient_id = :recipient "
        "ORDER BY id DESC LIMIT 150",
        recipient=recipient,
    )
    theirs = [await _heard(request, row) for row in heard]
    ours = [{**row, "ours": True, "what": "text", "text": _as_read(row), "who": _by_hand(row)} for row in said]
    by_letter = any(channels.known_as(row["channel"]).letters for row in heard)
    written = [] if by_letter else await _letters(booking)
    return sorted([*theirs, *ours, *written], key=lambda line: (line["at"], line["ours"]))


async def _heard(request: web.Request, row: dict[str, Any]) -> dict[str, Any]:
    """What reached us, as people read it; of a message that opened one of our doors, which."""
    heard = unpacked(row["heard"])
    token = doors.token_in(heard.get("words", ""))
    text = doors.readable(row["words"])
    opened = None
    if token:
        house = request.app[keys.HOUSE]
        known = await doors.known_by(house.secret, token, house.now())
        opened = {"hop": bool(known and known.hop), "source": await doors.name_of(known.source if known else None)}
        text = "" if text == "/start" else text
    whole = [one["url"].partition(":")[2] for one in heard.get("media", ()) if one["url"].startswith("letter:")]
    return {
        **row,
        "ours": False,
        "what": heard.get("kind", "text"),
        "text": text,
        "opened": opened,
        "letter": next(iter(whole), None),
    }


async def _letters(booking: int | None) -> list[dict[str, Any]]:
    """What the guest answered by mail to letters about a booking."""
    rows = await read(
        "SELECT e.id, e.at, p.facts FROM entry e JOIN personal p ON p.entry_id = e.id "
        "WHERE e.booking_id = :booking AND e.kind = 'guest_wrote' AND e.door = 'mail'",
        booking=booking or 0,
    )
    return [
        {"id": f"e{row['id']}", "at": row["at"], "ours": False, "what": "text", "text": unpacked(row["facts"]).get("text", ""),
         "state": "done", "channel": "mail", "opened": None, "letter": None}
        for row in rows
    ]  # fmt: skip


def _as_read(row: dict[str, Any]) -> str:
    """What the person read, secret links left out; what has not left yet is drawn as it will be."""
    text = row["drawn"]
    payload = unpacked(row["payload"])
    if text is None and payload.get("block"):
        text = words.draw(payload, row["language"]).text
    return STARS.sub(r"\1", OUR_PAGES.sub("[link]", text or ""))


def _by_hand(row: dict[str, Any]) -> str | None:
    """Who of the house wrote it; None for what the bot said."""
    return unpacked(row["payload"])["facts"].get("who", "") if row["kind"] == "message_from_house" else None


async def _payments(booking: int) -> Rows:
    return await read(
        "SELECT kind, amount, currency, method, at, apart FROM payment WHERE booking_id = :booking ORDER BY id",
        booking=booking,
    )


async def _deliveries(booking: int) -> Rows:
    """What left for this booking, newest first; answers of the talk itself only when they failed."""
    return await read(
        "SELECT d.id, d.kind, d.state, d.attempt, d.error, d.template, d.created, d.sent, r.channel, r.name, r.address "
        "FROM delivery d JOIN recipient r ON r.id = d.recipient_id WHERE d.booking_id = :booking AND "
        "(d.business_key IS NULL OR d.business_key NOT LIKE 'answer:%' OR d.state IN ('failed', 'given_up', 'lapsed', 'aside')) "
        "ORDER BY CASE WHEN d.state IN ('failed', 'given_up') THEN 0 ELSE 1 END, d.id DESC LIMIT 40",
        booking=booking,
    )


# --- talks without a booking ---


async def talks_page(request: web.Request) -> web.StreamResponse:
    """Who talks with us without a booking, what could not be handled and what could not be sent."""
    open_talks = await board.talks("t.booking_id IS NULL")
    waiting = {row["id"] for row in await board.waiting_guests()}
    stuck = await read(
        "SELECT i.id, i.channel, i.words, i.state, i.attempts, i.error, i.received, i.due, r.name, r.address FROM inbound i "
        "JOIN recipient r ON r.id = i.recipient_id WHERE i.state IN ('owed', 'parked', 'asked') ORDER BY i.id DESC LIMIT 50"
    )
    stuck = [{**row, "theirs": await _theirs(request, row) if row["state"] == "asked" else []} for row in stuck]
    unsent = await read(
        "SELECT d.id, d.kind, d.state, d.error, d.created, d.attempt, r.channel, r.name, r.address FROM delivery d "
        "JOIN recipient r ON r.id = d.recipient_id WHERE d.booking_id IS NULL AND d.state IN ('failed', 'given_up') "
        "ORDER BY d.id DESC LIMIT 50"
    )
    return await desk_page(
        request, "talks.html", talks=sorted(open_talks, key=lambda row: row["id"] not in waiting), waits=waiting, stuck=stuck,
        unsent=unsent, events=await _events(), letters=await letters.waiting(),
    )  # fmt: skip


async def _events() -> list[dict[str, Any]]:
    """What providers told us and we could not take, newest first."""
    rows = await read("SELECT * FROM event WHERE state IN ('owed', 'parked') ORDER BY id DESC LIMIT 50")
    return [await _event(row, unpacked(row["body"])) for row in rows]


async def _event(row: dict[str, Any], body: dict[str, Any]) -> dict[str, Any]:
    booking = await ledger.booking_of(read, body)
    amount = Money(body["amount"], body["currency"].upper()).as_fact() if body.get("amount") else None
    return {
        **row,
        "what": body.get("what"),
        "letter": body.get("letter"),
        "amount": amount,
        "reference": booking and booking["reference"],
    }


async def _theirs(request: web.Request, row: dict[str, Any]) -> list[PartnersBooking]:
    """What a message that does not say so may be about."""
    lead = (await catalogs.on_sale())[1].lead_at(row["channel"], row["address"])
    return await open_bookings(read, lead.key, request.app[keys.HOUSE].now()) if lead else []


async def talk_page(request: web.Request) -> web.StreamResponse:
    """One talk without a booking: what was said, and a box to write in. One with a booking is shown there."""
    return await _talk_page(request)


async def _talk_page(
    request: web.Request, *, trouble: str = "", typed: str = "", status: int = 200
) -> web.StreamResponse:
    found = await board.talks("t.id = :talk", talk=int(request.match_info["talk"]))
    if not found:
        raise web.HTTPNotFound
    if found[0]["reference"]:
        raise web.HTTPSeeOther(f"/desk/bookings/{found[0]['reference']}?talk=guest")
    kept = unpacked(found[0]["state"])
    return await desk_page(
        request, "talk.html", status=status, talk=found[0], lines=await _transcript(request, found[0]["recipient_id"]),
        draft=kept.get("draft", {}), desk=_who_has_it(kept.get("desk")), trouble=trouble, typed=typed, longest=LONGEST,
    )  # fmt: skip


def _who_has_it(last: dict[str, str] | None) -> dict[str, Any] | None:
    """Who of the team took the talk over or handed it back last."""
    return last and {**last, "at": micros(datetime.fromisoformat(last["at"]))}


# --- what staff do ---


async def reply(request: web.Request) -> web.StreamResponse:
    """Answer a partner."""
    thread = int(request.match_info["thread"])
    rows = await read(
        "SELECT b.* FROM thread t JOIN booking b ON b.id = t.booking_id WHERE t.id = :thread", thread=thread
    )
    if not rows:
        raise web.HTTPNotFound

    async def again(trouble: str, typed: str) -> web.StreamResponse:
        return await _booking_page(request, rows[0], str(thread), trouble=trouble, typed=typed, status=422)

    return await _with_words(request, staff_acted.replied, thread, _page_of(rows[0], thread), again)


async def write_to_guest(request: web.Request) -> web.StreamResponse:
    """Write to the guest of a booking."""
    row = await _booking(request)

    async def again(trouble: str, typed: str) -> web.StreamResponse:
        return await _booking_page(request, row, "guest", trouble=trouble, typed=typed, status=422)

    return await _with_words(request, staff_acted.wrote_to_guest, int(row["id"]), _page_of(row, "guest"), again)


async def write_in_talk(request: web.Request) -> web.StreamResponse:
    """Write to someone who has no booking yet."""
    talk = int(request.match_info["talk"])

    async def again(trouble: str, typed: str) -> web.StreamResponse:
        return await _talk_page(request, trouble=trouble, typed=typed, status=422)

    return await _with_words(request, staff_acted.wrote_in_talk, talk, f"/desk/talks/{talk}", again)


def _page_of(row: dict[str, Any], talk: int | str) -> str:
    return f"/desk/bookings/{row['reference']}?talk={talk}"


async def _with_words(request: web.Request, act: Act, what: int, back: str, again: Again) -> web.StreamResponse:
    """Send what was typed; an empty or too long text is shown again with what is wrong, nothing typed is lost."""
    typed = str((await request.post()).get("text", "")).replace("\r\n", "\n").replace("\x00", "").strip()
    if not typed or len(typed) > LONGEST:
        return await again("long" if typed else "empty", typed)
    try:
        await act(request.app[keys.HOUSE], actor(request), what, typed)
    except Refusal:
        return await again("refused", typed)
    raise web.HTTPSeeOther(back)


async def take_over(request: web.Request) -> web.StreamResponse:
    """Silence the bot in a talk."""
    return await _in_talk(request, staff_acted.took_over)


async def hand_back(request: web.Request) -> web.StreamResponse:
    """Let the bot speak again."""
    return await _in_talk(request, staff_acted.handed_back)


async def _in_talk(request: web.Request, act: Callable[[House, Actor, int], Awaitable[None]]) -> web.StreamResponse:
    talk = int(request.match_info["talk"])
    with suppress(ChangedMeanwhile):  # it stands at another booking by now: shown as it is
        try:
            await act(request.app[keys.HOUSE], actor(request), talk)
        except NotYours:
            raise web.HTTPNotFound from None
    raise web.HTTPSeeOther(f"/desk/talks/{talk}")


async def confirm(request: web.Request) -> web.StreamResponse:
    """Confirm a booking that is paid another way."""
    row = await _booking(request)
    try:
        await staff_acted.confirmed(request.app[keys.HOUSE], actor(request), int(row["id"]))
    except Refusal as refusal:
        return await _booking_page(request, row, "", trouble=refusal.key, status=409)
    raise web.HTTPSeeOther(f"/desk/bookings/{row['reference']}")


async def list_again(request: web.Request) -> web.StreamResponse:
    """Put a booking that waited before a backup was restored back on the waiting list."""
    row = await _booking(request)
    await listed_again(request.app[keys.HOUSE], int(row["id"]), actor(request))
    raise web.HTTPSeeOther(f"/desk/bookings/{row['reference']}")


async def send_again(request: web.Request) -> web.StreamResponse:
    """Let a failed delivery leave once more."""
    return await _with_delivery(request, staff_acted.sent_again)


async def delivery_aside(request: web.Request) -> web.StreamResponse:
    """Somebody has seen to a failed delivery by hand, or it matters no more."""
    return await _with_delivery(request, staff_acted.delivery_aside)


async def _with_delivery(
    request: web.Request, act: Callable[[House, Actor, int], Awaitable[None]]
) -> web.StreamResponse:
    """Do this with a failed delivery; one that has left meanwhile is shown as it stands."""
    delivery = int(request.match_info["delivery"])
    rows = await read(
        "SELECT b.reference FROM delivery d LEFT JOIN booking b ON b.id = d.booking_id WHERE d.id = :id", id=delivery
    )
    if not rows:
        raise web.HTTPNotFound
    with suppress(Refusal):  # it has left meanwhile
        await act(request.app[keys.HOUSE], actor(request), delivery)
    raise web.HTTPSeeOther(f"/desk/bookings/{rows[0]['reference']}" if rows[0]["reference"] else "/desk/talks")


async def try_again(request: web.Request) -> web.StreamResponse:
    """Let a message that could not be handled be taken once more."""
    await staff_acted.try_again(request.app[keys.HOUSE], int(request.match_info["inbound"]))
    raise web.HTTPSeeOther("/desk/talks")


async def event_again(request: web.Request) -> web.StreamResponse:
    """Let an event that could not be taken be taken once more."""
    await staff_acted.event_again(request.app[keys.HOUSE], int(request.match_info["event"]))
    raise web.HTTPSeeOther("/desk/talks")


async def event_aside(request: web.Request) -> web.StreamResponse:
    """Somebody has seen to an event by hand, or it is none of ours."""
    await staff_acted.event_aside(request.app[keys.HOUSE], actor(request), int(request.match_info["event"]))
    raise web.HTTPSeeOther("/desk/talks")


async def file_under(request: web.Request) -> web.StreamResponse:
    """Put what a lead wrote under the booking it is about; what was filed meanwhile stays where it is."""
    thread = str((await request.post()).get("thread", ""))
    if not (thread.isascii() and thread.isdigit() and len(thread) < 19):
        raise web.HTTPNotFound
    with suppress(Refusal):  # not a booking of theirs: nothing was moved
        await staff_acted.filed(request.app[keys.HOUSE], int(request.match_info["inbound"]), int(thread))
    raise web.HTTPSeeOther("/desk/talks")
