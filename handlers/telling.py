"""Leaves a notice or a letter for someone: the one way in which handlers speak outside a talk."""

from datetime import datetime
from typing import Any

from flows.book import learn
from flows.talk import Talk
from handlers.house import House
from models import delivery
from models import talk as talks
from models.database import Run
from models.delivery import NOTICE
from models.fields import unpacked


async def tell(  # a notice has this many sides
    run: Run, house: House, to: int, kind: str, facts: dict[str, Any], *, language: str, booking: int | None = None,
    thread: int | None = None, links: list[str] | None = None, picture: str | None = None,
    documents: list[str] | None = None, once: str | None = "", urgency: int = NOTICE,
    lapses: datetime | None = None, options: list[dict[str, Any]] | None = None,
) -> None:  # fmt: skip
    """Leave one notice (chat) or letter (mail) in a recipient's lane; after the moment it `lapses` it is pointless.

    It leaves once per booking and kind and recipient; `once` tells apart what may come again (a message's id), None lets
    it come any number of times.
    """
    payload: dict[str, Any] = {"block": kind, "facts": facts, "links": [{"purpose": each} for each in links or []]}
    if options:
        payload["options"] = options
    if picture:
        payload["picture"] = picture
    if documents:
        payload["documents"] = documents
    key = None if once is None or (booking is None and not once) else f"{kind}:{booking or '-'}:{to}:{once}"
    await delivery.post(
        run, to, kind, payload, language=language, now=house.now(), key=key, booking=booking, thread=thread,
        urgency=urgency, lapses=lapses,
    )  # fmt: skip


async def talk_learns(run: Run, booking: int, what: str, facts: dict[str, Any]) -> bool:
    """Let the guest's talk know, where it still stands at this booking; a notice says it. False where it does not."""
    rows = await run("SELECT reference, recipient_id FROM booking WHERE id = :booking", booking=booking)
    row = await talks.locked(run, int(rows[0]["recipient_id"])) if rows[0]["recipient_id"] is not None else None
    talk = Talk.from_json(unpacked(row["state"])) if row else None
    if row is None or talk is None or talk.facts.get("reference") != rows[0]["reference"]:
        return False
    talk = learn(talk, what, facts)
    talk.remarks, talk.aside = [], None
    await talks.moved(run, int(row["id"]), talk.as_json())
    return True


async def tell_house(
    run: Run, house: House, kind: str, facts: dict[str, Any], *, booking: int | None = None, thread: int | None = None,
    links: list[str] | None = None, once: str | None = "", mail: bool = True,
) -> None:  # fmt: skip
    """Leave the same notice with every address at which the house hears of bookings."""
    for alert in await house.alerted():
        if not (mail or alert.chat):
            continue
        to = await delivery.recipient(run, alert.channel, alert.address, name=alert.name, language=alert.language)
        await tell(
            run, house, to, kind, facts, language=alert.language, booking=booking, thread=thread, links=links, once=once
        )
