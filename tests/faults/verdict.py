"""The verdict: what the providers accepted, what the records hold and what the timelines tell must agree.

Each look gives a sentence for every disagreement, its kind before the colon; no sentence, no fault.
"""

import hashlib
from collections import Counter, defaultdict
from typing import Any
from urllib.parse import parse_qs, urlsplit

from models import database, timeline
from models.database import read
from models.fields import unpacked
from tests.conftest import DIALECT
from tests.faults.crowd import Guest
from tests.faults.fleet import Fleet

GONE = ("sent", "delivered", "read")
IN_FLIGHT = 16  # of one channel in one process (bot.courier.AT_ONCE): what a crash can double at most


async def verdict(fleet: Fleet, guests: list[Guest]) -> list[str]:
    """All that is wrong, once everything has drained."""
    return [
        *await heard_once(fleet), *await left(fleet), *await doubled(fleet), *await booked(guests), *await paid(fleet, guests),
        *await claimed(), *await told_alike(guests), *await whole(),
    ]  # fmt: skip


# -- what was acknowledged ----------------------------------------------------------------------


async def heard_once(fleet: Fleet) -> list[str]:
    """Whatever a provider got a 200 for is kept, once, and has had its turn."""
    kept = Counter((str(row["channel"]), str(row["external_id"]).partition("#")[0]) for row in await read(
        "SELECT channel, external_id FROM inbound UNION ALL SELECT provider, external_id FROM event"
    ))  # fmt: skip
    faults = [
        f"lost: {what} was acknowledged {times} times"
        for what, times in fleet.ledger.acknowledged.items()
        if not kept[what]
    ]
    faults += [f"heard twice: {what}" for what, times in kept.items() if times > 1]
    for table in ("inbound", "event"):
        rows = await read(f"SELECT id, state, error FROM {table} WHERE state <> 'done'")  # two names
        faults += [f"not done: {table} {row['id']} is {row['state']}: {row['error']}" for row in rows]
    return faults


# -- what left ----------------------------------------------------------------------------------


async def deliveries() -> list[dict[str, Any]]:
    """All of them, with where to."""
    return await read(
        "SELECT d.*, r.channel, r.address FROM delivery d JOIN recipient r ON r.id = d.recipient_id ORDER BY d.id"
    )


async def left(fleet: Fleet) -> list[str]:
    """Everything that had to leave has left, and the provider has it."""
    world, faults = fleet.sim.world, []
    known = {"mail": {str(mail["message_id"]) for mail in world.mails}}
    for channel in ("whatsapp", "telegram"):
        known[channel] = {one["id"] for one in world.messages if one["channel"] == channel and not one["mine"]}
    for row in await deliveries():
        if row["state"] not in GONE:
            faults.append(f"not sent: {row['kind']} to {row['address']} is {row['state']}: {row['error']}")
        elif row["channel"] in known and row["provider_id"] not in known[row["channel"]]:
            faults.append(f"never arrived: {row['kind']} to {row['address']}, {row['provider_id']}")
    return faults


async def doubled(fleet: Fleet) -> list[str]:
    """Nothing on WhatsApp and at Stripe; elsewhere at most what was tried again, and what was in flight when somebody was killed."""
    whatsapp, telegram, mail = twice_on_whatsapp(fleet), await twice_on_telegram(fleet), twice_by_mail(fleet)
    faults = [f"doubled on whatsapp: delivery {number}, {times} times" for number, times in whatsapp.items()]
    bound = (fleet.kills + fleet.freezes) * IN_FLIGHT
    for channel, found in (("telegram", telegram), ("mail", mail)):
        if sum(found.values()) > bound:
            faults.append(f"doubled on {channel}: {sum(found.values())} with {fleet.kills} kills")
        tried = await _tried_again(channel)
        faults += [f"doubled on {channel}: {times} to {who}, tried again {tried[who]} times" for who, times in found.items()
                   if times > tried[who]]  # fmt: skip
    return faults


def twice_on_whatsapp(fleet: Fleet) -> dict[str, int]:
    """Deliveries of which a part was accepted more than once; the status callback names the delivery."""
    parts: dict[str, Counter[str]] = defaultdict(Counter)
    for one in fleet.sim.world.messages:
        callback = one["api"].get("callback") if one["channel"] == "whatsapp" and not one["mine"] else None
        if callback and one["status"] not in ("failed", "undelivered"):
            number = parse_qs(urlsplit(callback).query)["d"][0].partition(".")[0]
            parts[number][f"{one['text']} {[_content(fleet, each) for each in one['media']]}"] += 1
    return {number: max(texts.values()) for number, texts in parts.items() if max(texts.values()) > 1}


def _content(fleet: Fleet, media: dict[str, Any]) -> str:
    """What a picture or a paper is, whatever it is called."""
    file = fleet.sim.world.file(media["id"])
    return hashlib.sha256(file[0]).hexdigest() if file else str(media["name"])


async def twice_on_telegram(fleet: Fleet) -> dict[str, int]:
    """Deliveries in each chat that left, were noted by nobody, and left again: messages that no delivery knows.

    What left with one attempt counts once: its words, or whichever paper came again more often.
    """
    rows = await read(
        "SELECT d.provider_id, d.parts FROM delivery d JOIN recipient r ON r.id = d.recipient_id WHERE r.channel = 'telegram'"
    )
    known = {each for row in rows for each in (row["provider_id"], *unpacked(row["parts"] or "[]"))}
    people = {one["key"]: str(one.get("telegram")) for one in fleet.sim.world.people}
    unknown = [
        one for one in fleet.sim.world.messages
        if one["channel"] == "telegram" and not one["mine"] and one["id"] not in known and not one.get("puts_away")
    ]  # fmt: skip
    said = Counter(people[one["person"]] for one in unknown if not _is_paper(one))
    papers = Counter((people[one["person"]], str(one["media"][0]["name"])) for one in unknown if _is_paper(one))
    again = Counter[str]()
    for (who, _), count in papers.items():
        again[who] = max(again[who], count)
    return said | again  # of each the larger


def _is_paper(one: dict[str, Any]) -> bool:
    return one["kind"] == "document" and not one["keyboard"]


def twice_by_mail(fleet: Fleet) -> dict[str, int]:
    """Mails that came more than once under one Message-ID, by whom they came to."""
    times = Counter((str(one["recipients"][0]), str(one["message_id"])) for one in fleet.sim.world.mails)
    found = Counter[str]()
    for (who, _), count in times.items():
        found[who] += count - 1
    return +found


async def _tried_again(channel: str) -> Counter[str]:
    rows = await read(
        "SELECT r.address, SUM(d.attempt - 1) AS again FROM delivery d JOIN recipient r ON r.id = d.recipient_id "
        "WHERE r.channel = :channel AND d.attempt > 0 GROUP BY r.address",
        channel=channel,
    )
    return Counter({str(row["address"]): int(row["again"]) for row in rows})


# -- bookings and money -------------------------------------------------------------------------


async def booked(guests: list[Guest]) -> list[str]:
    """Each guest has their one booking, confirmed, with one invoice; its timeline is whole and tells the same."""
    faults = []
    rows = await read(
        "SELECT b.id, b.reference, b.state, r.address FROM booking b JOIN recipient r ON r.id = b.recipient_id"
    )
    per = Counter(str(row["address"]) for row in rows)
    faults += [f"bookings: {one.plan.key} has {per[one.plan.address]}" for one in guests if per[one.plan.address] != 1]
    if len(rows) != len(guests):
        faults.append(f"bookings: {len(rows)} for {len(guests)} guests")
    for row in rows:
        told = await timeline.timeline(int(row["id"]))
        if (
            row["state"] != "confirmed"
            or timeline.rebuilt(told) != row["state"]
            or not await timeline.whole(int(row["id"]))
        ):
            faults.append(f"timeline: {row['reference']} is {row['state']}, and tells {[one['kind'] for one in told]}")
    invoices = await read("SELECT booking_id, number FROM document WHERE kind = 'invoice'")
    if Counter(row["booking_id"] for row in invoices) != Counter(row["id"] for row in rows):
        faults.append(f"invoices: {len(invoices)} for {len(rows)} bookings")
    given = await read("SELECT given FROM counter WHERE name = 'invoice'")
    if len({row["number"] for row in invoices}) != sum(int(row["given"]) for row in given):
        faults.append("invoices: the numbers have gaps")
    return faults


async def paid(fleet: Fleet, guests: list[Guest]) -> list[str]:
    """What Stripe took is in the ledger, once each, and nothing else is; each booking was paid once."""
    charges = Counter(
        (str(one["payment_intent"]), int(one["amount"])) for one in fleet.sim.world.objects
        if one["object"] == "charge" and one["status"] == "succeeded"
    )  # fmt: skip
    rows = await read("SELECT provider_id, amount, booking_id FROM payment")
    ours = Counter((str(row["provider_id"]), int(row["amount"])) for row in rows)
    faults = [
        f"payments: Stripe has {charges[what]} of {what}, we {ours[what]}"
        for what in charges | ours
        if charges[what] != ours[what]
    ]
    faults += [f"payments: booking {number} was paid {times} times" for number, times in Counter(row["booking_id"] for row in rows).items()
               if times > 1]  # fmt: skip
    if len(rows) != len(guests):
        faults.append(f"payments: {len(rows)} for {len(guests)} guests")
    return faults


async def claimed() -> list[str]:
    """A claim for each leg, for good, and never more at once than there are."""
    faults = []
    legs = await read("SELECT COUNT(*) AS n FROM leg")
    claims = await read("SELECT c.*, r.units FROM claim c JOIN resource r ON r.key = c.resource ORDER BY c.starts")
    if len(claims) != legs[0]["n"] or any(row["lapses"] is not None for row in claims):
        faults.append(f"claims: {len(claims)} for {legs[0]['n']} legs")
    for row in claims:
        at_once = sum(
            int(one["quantity"]) for one in claims
            if one["resource"] == row["resource"] and one["starts"] <= row["starts"] < one["ends"]
        )  # fmt: skip
        if at_once > int(row["units"]):
            faults.append(f"claims: {at_once} of {row['units']} {row['resource']} at once")
    return faults


# -- every dialogue went on at its question -----------------------------------------------------


async def told_alike(guests: list[Guest]) -> list[str]:
    """Everybody was told what the quiet guest of their kind was told, in the same order: nothing asked twice, nothing left out.

    Save one question, once: of whom something came by Twilio's list, which knows nobody's name, may be asked for it.
    """
    stories, nameless = defaultdict[str, list[str]](list), await by_the_list()
    for row in await deliveries():
        story = stories[str(row["address"])]
        if row["channel"] in ("whatsapp", "telegram") and not (row["kind"] == "name" and row["address"] in nameless):
            story.append(str(row["kind"]))
        nameless -= {str(row["address"])} if row["kind"] == "name" else set()
    quiet: dict[Any, list[str]] = {}
    faults = []
    for one in guests:  # the first of each kind had the house to themselves
        story = stories[one.plan.address]
        if story != quiet.setdefault(one.plan.kind, story):
            faults.append(f"another story: {one.plan.key} {_difference(story, quiet[one.plan.kind])}")
    return faults


async def by_the_list() -> set[str]:
    """The addresses of those of whom some message came without a name: it was fetched, not brought."""
    rows = await read(
        "SELECT r.address, i.heard FROM inbound i JOIN recipient r ON r.id = i.recipient_id WHERE i.channel = 'whatsapp'"
    )
    return {str(row["address"]) for row in rows if not unpacked(row["heard"]).get("name")}


def _difference(story: list[str], usual: list[str]) -> str:
    at = next(
        (place for place, pair in enumerate(zip(story, usual, strict=False)) if pair[0] != pair[1]),
        min(len(story), len(usual)),
    )
    return f"{len(story)} instead of {len(usual)} messages; from number {at}: {story[at : at + 4]} instead of {usual[at : at + 4]}"


async def whole() -> list[str]:
    """The file is sound, or every guard of the database stands."""
    if DIALECT == "sqlite":
        rows = await read("PRAGMA integrity_check")
        return [f"integrity: {row}" for row in rows if "ok" not in row.values()]
    try:
        await database.verify()
    except database.Refused as refusal:
        return [f"integrity: {refusal}"]
    return []


# -- figures ------------------------------------------------------------------------------------


async def figures(fleet: Fleet, guests: list[Guest]) -> dict[str, Any]:
    """What a trial amounted to."""
    rows = await deliveries()
    late = await take_overs(fleet)
    return {
        "dialogues": len(guests), "kills": fleet.kills, "webhooks acknowledged": len(fleet.ledger.acknowledged),
        "brought": sum(fleet.ledger.brought.values()), "refused": dict(fleet.ledger.refused), "deliveries": len(rows),
        "tried again": sum(row["attempt"] > 1 for row in rows), "doubled on whatsapp": len(twice_on_whatsapp(fleet)),
        "doubled on telegram": sum((await twice_on_telegram(fleet)).values()), "doubled mails": sum(twice_by_mail(fleet).values()),
        "orphans": len(late), "slowest take-over": round(max(late, default=0.0), 1),
    }  # fmt: skip


async def take_overs(fleet: Fleet) -> list[float]:
    """Seconds from a bearer's death until what it had in hand had left by another."""
    sent = {int(row["id"]): row["sent"] for row in await read("SELECT id, sent FROM delivery WHERE sent IS NOT NULL")}
    return [sent[number] / 1_000_000 - fleet.offset - at for number, at in fleet.orphans.items() if number in sent]
