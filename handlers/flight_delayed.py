"""A guest's flight is late: the pick-up moves with it, at no cost; what is claimed moves too, lead and house are told old and new."""

from typing import Any

from flows.speech import Link, Say
from flows.talk import Delayed
from handlers.guest_told_team import told_team
from handlers.house import Actor, House
from handlers.request_sent import take
from handlers.telling import tell, tell_house
from models import catalogs, claims, delivery, news, story, threads, timeline
from models.booking import ON_THE_ROAD, OVER, one_at_a_time
from models.catalog import Lead
from models.database import Run, transaction
from models.fields import instant, micros, packed, unpacked
from models.refusal import Refusal
from models.request import Request, from_draft

WHEN = (("date", "time"), ("return_date", "return_time"))  # of a draft, by leg


async def flight_delayed(run: Run, house: House, booking: int, wish: Delayed, actor: Actor, *, once: str) -> Say:
    """Move the pick-up to the new landing; gives what to say. Where nothing is free then, all stays and people see to it.

    `once` names the guest's message: each is told once, and one that moves nothing is told to nobody.
    """
    await one_at_a_time(run, booking)
    row = (await run("SELECT * FROM booking WHERE id = :booking", booking=booking))[0]
    legs = await run("SELECT * FROM leg WHERE booking_id = :booking ORDER BY position", booking=booking)
    before = await story.of_booking(booking, run)
    try:
        request = await _moved(row, legs, wish)
        async with transaction() as inner:  # the old claim is only gone when the new one is taken
            await _claimed_anew(inner, house, row, legs, request, wish.leg)
    except Refusal:
        await told_team(run, house, booking, wish.words or wish.landing, actor, matter="delay_blocked", once=once)
        facts = {"story": before, "reference": row["reference"], "phone": (await house.catalog()).brand.emergency_phone}
        return Say("delay_for_team", facts, links=(Link("booking"),), about=booking)
    if request.legs[wish.leg].starts == instant(legs[wish.leg]["starts"]):
        same = {"reference": row["reference"], "planned": before["legs"][wish.leg]["starts"]}
        return Say("landing_same", same, links=(Link("booking"),), about=booking)
    await _kept(run, house, booking, row, legs, request, wish)
    told, lead = await story.of_booking(booking, run), await _lead(house, legs[wish.leg]["lead"])
    facts = {
        "story": told, "reference": told["reference"], "was": before["legs"][wish.leg]["starts"],
        "now": told["legs"][wish.leg]["starts"], "told": lead.name if lead else None,
    }  # fmt: skip
    await timeline.record(
        run, booking, "delayed", actor=before["guest"]["name"], actor_kind=actor.kind, door=actor.door, now=house.now(),
        facts={"was": facts["was"], "now": facts["now"]},
    )  # fmt: skip
    await _tell(run, house, booking, facts, lead, row["language"], once)
    news.announce("booking", booking)
    links = (*((Link("ticket"),) if row["state"] != "on_hold" else ()), Link("booking"))
    return Say("flight_moved", facts, links=links, about=booking)


async def _moved(row: dict[str, Any], legs: list[dict[str, Any]], wish: Delayed) -> Request:
    """The request with that landing. Refuses what is over, what nothing is held for yet, what is on board already, and a time that cannot be."""
    if (
        row["state"] in (*OVER, "waitlisted")
        or wish.leg >= len(legs)
        or legs[wish.leg]["dispatch"] in (*ON_THE_ROAD[2:], "dropped_off")
    ):
        raise Refusal
    return from_draft(_draft(row, wish), await catalogs.version(int(row["catalog_version"])))


def _draft(row: dict[str, Any], wish: Delayed) -> dict[str, Any]:
    date, time = WHEN[wish.leg]
    draft: dict[str, Any] = unpacked(row["request"])
    return draft | {date: wish.landing[:10], time: wish.landing[11:]}


async def _claimed_anew(
    run: Run, house: House, row: dict[str, Any], legs: list[dict[str, Any]], request: Request, leg: int
) -> None:
    number = int(legs[leg]["id"])
    lapses = instant(row["hold_until"]) if row["hold_until"] and row["state"] == "on_hold" else None
    await claims.release(run, number)
    await take(run, request.legs[leg], number, lapses=lapses, now=house.now())


async def _kept(  # what was asked for, the way itself, and the papers, which show the time
    run: Run, house: House, booking: int, row: dict[str, Any], legs: list[dict[str, Any]], request: Request, wish: Delayed
) -> None:  # fmt: skip
    now, moved = micros(house.now()), request.legs[wish.leg]
    await run(
        "UPDATE booking SET request = :request, starts = :starts, changed = :now WHERE id = :booking",
        request=packed(_draft(row, wish)), starts=micros(request.starts), now=now, booking=booking,
    )  # fmt: skip
    await run(
        "UPDATE leg SET starts = :starts, ends = :ends WHERE id = :leg",
        starts=micros(moved.starts), ends=micros(moved.ends), leg=legs[wish.leg]["id"],
    )  # fmt: skip
    facts = packed({"story": await story.of_booking(booking, run)})
    issued = await run(
        "SELECT kind, MAX(version) AS version FROM document WHERE booking_id = :booking AND kind IN ('ticket', 'picture') "
        "GROUP BY kind",
        booking=booking,
    )
    for one in issued:
        await run(
            "INSERT INTO document (booking_id, kind, version, language, facts, issued) "
            "VALUES (:booking, :kind, :version, :language, :facts, :now)",
            booking=booking, kind=one["kind"], version=int(one["version"]) + 1, language=row["language"], facts=facts,
            now=now,
        )  # fmt: skip


async def _lead(house: House, key: str | None) -> Lead | None:
    """Whoever performs the leg and can be told; of an unpaid hold that is nobody yet."""
    lead = (await house.catalog()).leads.get(key or "")
    return lead if lead and lead.ways() else None


async def _tell(
    run: Run, house: House, booking: int, facts: dict[str, Any], lead: Lead | None, language: str, once: str
) -> None:
    guest = facts["story"]["guest"]
    if guest["email"]:
        to = await delivery.recipient(run, "mail", guest["email"], name=guest["name"])
        await tell(run, house, to, "flight_delayed_guest", facts, language=language, booking=booking, once=once)
    await tell_house(run, house, "flight_delayed_house", facts, booking=booking, links=["desk"], once=once, mail=False)
    if lead is None:
        return
    thread = await threads.open_thread(run, booking, lead.key, lead.name)
    for channel, address in lead.ways():
        to = await delivery.recipient(run, channel, address, name=lead.name, language=lead.languages[0])
        await tell(run, house, to, "flight_delayed_lead", facts, language=lead.languages[0], booking=booking,
                   thread=thread, once=once)  # fmt: skip
    await threads.write(run, thread, author="system", name="Bellhop", door="system", text="delayed", now=house.now())
