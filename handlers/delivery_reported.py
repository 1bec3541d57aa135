"""A provider told us what became of a delivery, or an attempt ended for good: it is noted, and staff hear what failed."""

from collections.abc import Collection
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal, Self

import structlog

from handlers.event_told import Event, event_told
from handlers.house import SYSTEM, House
from handlers.person_stopped import SAID_TO_THE_STOPPED
from handlers.telling import tell, tell_house
from models import bells, channels, delivery, letters, news, timeline
from models.database import Run, again_at_once, is_away, read, transaction
from models.delivery import WAKE
from models.fields import micros, packed, unpacked

log = structlog.get_logger()

_ORDER = {"sending": 0, "sent": 1, "delivered": 2, "read": 3}
BY_MAIL_INSTEAD = ("message_from_house", "thread_message_lead")
TRIES = 5  # times that a provider may have been too busy
LATER = timedelta(minutes=1)  # and once more for each time

Why = Literal["closed", "enclosed", "content", "busy", "unreachable", "refused"]
ENCLOSED = ("picture", "photos", "documents")


@dataclass(frozen=True, slots=True)
class Report:
    """What a provider says became of a delivery: sent, delivered, read or failed.

    A failure has its `reason` in the provider's words, and `why`: closed (free words are not taken now), enclosed (a picture or
    paper could not be fetched, or was not taken), content (its buttons or list were not taken), busy (another try may help), unreachable (nobody is
    there) or refused (nothing helps).
    """

    provider_id: str
    became: Literal["sent", "delivered", "read", "failed"]
    why: Why = "refused"
    reason: str = ""
    by: str = field(kw_only=True)

    def as_event(self, reported: int, attempt: int) -> Event:
        """What is kept of it when it cannot be noted at once."""
        body = {"delivery": reported, "attempt": attempt, **asdict(self)}
        return Event(self.by, f"{reported}.{attempt}:{self.became}", "reported", body)

    @classmethod
    def of_event(cls, told: Event) -> tuple[int, int, Self]:
        """Delivery, attempt and the report again."""
        values = dict(told.body)
        return values.pop("delivery"), values.pop("attempt"), cls(**values)


async def delivery_reported(house: House, reported: int, attempt: int, report: Report, owed: int | None = None) -> None:
    """Note what became of an attempt; a late report never takes back a later one, and adds its moment.

    A failure counts whatever else is told: a long text leaves in several messages, of which one may not have arrived.
    One whose noting fails with a bug is kept as an event that is owed, and so is taken again.
    """

    async def act(run: Run) -> None:
        await _note(run, house, reported, attempt, report)

    async def at_once() -> None:
        async with transaction() as run:
            await act(run)

    try:
        if owed is None:
            await again_at_once(at_once)
            return
    except Exception as bug:
        if is_away(bug):
            raise
        log.warning("a report could not be noted at once", delivery=reported, why=repr(bug)[:200])
    await event_told(house, report.as_event(reported, attempt), act, owed)


async def letter_returned(house: House, number: str, reason: str, *, unreachable: bool) -> bool:
    """A mail server gave a letter back, by its Message-ID; whether it was one of ours. Our seal is in it: nobody makes one up."""
    returned = letters.delivery_of(house.secret, number)
    rows = await read("SELECT attempt FROM delivery WHERE id = :id", id=returned) if returned is not None else []
    if returned is None or not rows:
        return False
    report = Report(number, "failed", "unreachable" if unreachable else "refused", reason, by="mail")
    await delivery_reported(house, returned, int(rows[0]["attempt"]), report)
    return True


async def _note(run: Run, house: House, reported: int, attempt: int, report: Report) -> None:
    lock = " FOR UPDATE" if run.locks_rows else ""
    rows = await run(
        "SELECT * FROM delivery WHERE id = :id AND attempt = :attempt "  # noqa: S608
        f"AND state IN ('sending', 'sent', 'delivered', 'read'){lock}",  # one that waits again is beyond what this tells
        id=reported, attempt=attempt,
    )  # fmt: skip
    if not rows:
        return
    row = rows[0]
    if report.became == "failed":
        await _failed(run, house, row, report)
    else:
        await run(
            f"UPDATE delivery SET state = :state, {report.became} = COALESCE({report.became}, :now), "  # noqa: S608  # one of three words
            "provider_id = COALESCE(provider_id, :sid) WHERE id = :id",
            state=max(row["state"], report.became, key=_ORDER.__getitem__), now=micros(house.now()), sid=report.provider_id,
            id=reported,
        )  # fmt: skip
    news.announce("delivery", row["booking_id"])


async def _failed(run: Run, house: House, row: dict[str, Any], report: Report) -> None:
    payload = unpacked(row["payload"])
    mended = _mended(row, payload, report.why)
    if mended is not None:
        due = house.now() + LATER * int(mended.get("busy", 0) if report.why == "busy" else 0)
        await _once_more(run, row, mended, due)
        return
    await run("UPDATE delivery SET state = 'failed', error = :error WHERE id = :id", error=report.reason, id=row["id"])
    await gave_up(run, house, int(row["id"]), report.reason)


def _mended(row: dict[str, Any], payload: dict[str, Any], why: Why) -> dict[str, Any] | None:
    """The same in a form that can arrive: as a template, without what was enclosed, as numbered text, or later as it is."""
    if why == "closed" and not (row["template"] or payload.get("closed")):
        return {**payload, "closed": True}
    if why == "enclosed" and any(payload.get(key) for key in ENCLOSED):
        return {key: value for key, value in payload.items() if key not in ENCLOSED}
    if why == "content" and not (row["template"] or payload.get("plain")):
        return {**payload, "plain": True}
    busy = int(payload.get("busy", 0)) + 1
    return {**payload, "busy": busy} if why == "busy" and busy < TRIES else None


def without(payload: dict[str, Any], kinds: Collection[str]) -> dict[str, Any]:
    """A payload without these of what it encloses: papers and the picture by their kind, photos by their file."""
    rest = {
        "picture": payload.get("picture") if payload.get("picture") not in kinds else None,
        "photos": [each for each in payload.get("photos", ()) if each["file"] not in kinds],
        "documents": [each for each in payload.get("documents", ()) if each not in kinds],
    }
    return {name: value for name, value in (payload | rest).items() if value or name not in ENCLOSED}


async def _once_more(run: Run, row: dict[str, Any], payload: dict[str, Any], due: datetime) -> None:
    left = [*unpacked(row["parts"] or "[]"), *filter(None, [row["provider_id"]])]
    await run(
        "UPDATE delivery SET state = 'waiting', payload = :payload, provider_id = NULL, parts = :left WHERE id = :id",
        payload=packed(payload), left=packed(left) if left else None, id=row["id"],
    )  # fmt: skip
    await run(
        "UPDATE recipient SET next_due = COALESCE(next_due, :due) WHERE id = :to",
        due=micros(due), to=row["recipient_id"],
    )  # fmt: skip
    bells.ring(WAKE)


async def gave_up(run: Run, house: House, given_up: int, reason: str) -> None:
    """Tell staff of a delivery that will not arrive; about a notice to staff themselves the desk alone speaks."""
    row = (
        await run(
            "SELECT d.*, r.channel, r.name, r.address, b.reference FROM delivery d "
            "JOIN recipient r ON r.id = d.recipient_id LEFT JOIN booking b ON b.id = d.booking_id WHERE d.id = :id",
            id=given_up,
        )
    )[0]
    if row["kind"] in SAID_TO_THE_STOPPED:  # the provider has said as much itself
        return
    if row["booking_id"] is not None:
        await _record(run, house, row, reason)
    if not delivery.is_for_the_house(row["kind"]):
        await _tell_house(run, house, row, reason)
    await _by_mail_instead(run, house, row)
    news.announce("delivery", row["booking_id"])


async def _record(run: Run, house: House, row: dict[str, Any], reason: str) -> None:
    await timeline.record(
        run, int(row["booking_id"]), "delivery_failed", actor=SYSTEM.name, actor_kind=SYSTEM.kind, door=row["channel"],
        now=house.now(), facts={"what": row["kind"], "why": reason}, personal={"whom": row["name"] or row["address"]},
    )  # fmt: skip


async def _tell_house(run: Run, house: House, row: dict[str, Any], reason: str) -> None:
    who, once = row["name"] or row["address"], f"{row['id']}.{row['attempt']}"
    facts = {"who": who, "channel": row["channel"], "reference": row["reference"], "text": reason}
    await tell_house(
        run, house, "delivery_failed_house", facts, booking=row["booking_id"], once=once, mail=False
    )  # fmt: skip


async def _by_mail_instead(run: Run, house: House, row: dict[str, Any]) -> None:
    """What a chat could not carry goes by mail, where a letter exists, an address is known and it has not gone there anyway."""
    if not channels.known_as(row["channel"]).chat or row["kind"] not in BY_MAIL_INSTEAD or row["booking_id"] is None:
        return
    address = await _mail_of(run, house, row)
    if address:
        to = await delivery.recipient(run, "mail", address, name=row["name"], language=row["language"])
        await tell(
            run, house, to, row["kind"], unpacked(row["payload"])["facts"], language=row["language"],
            booking=int(row["booking_id"]), thread=row["thread_id"], once=f"instead:{row['id']}",
        )  # fmt: skip


async def _mail_of(run: Run, house: House, row: dict[str, Any]) -> str | None:
    """The lead's address for a message in a thread, else the guest's."""
    if row["thread_id"] is not None:
        thread = await run("SELECT partner FROM thread WHERE id = :id", id=row["thread_id"])
        lead = (await house.catalog()).leads.get(thread[0]["partner"])
        return lead.email if lead else None
    guest = await run(
        "SELECT g.email FROM guest g JOIN booking b ON b.guest_id = g.id WHERE b.id = :id", id=row["booking_id"]
    )
    email = guest[0]["email"]
    return str(email) if email else None
