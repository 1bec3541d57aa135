"""Which booking a message is about: what it quotes or names, what its sender answers when asked, the last one we told of."""

from collections.abc import Sequence
from typing import Any

from flows.speech import Heard
from models.database import read
from models.fields import unpacked
from models.threads import PartnersBooking

WHICH = "lead_which_booking"  # the question, and what its options answer


async def quoted(heard: Heard, recipient: int) -> tuple[int | None, int | None]:
    """(booking, thread) of the delivery that this message quotes."""
    if not heard.quotes:
        return None, None
    rows = await read(
        "SELECT booking_id, thread_id FROM delivery WHERE recipient_id = :to AND provider_id = :quotes "
        "AND booking_id IS NOT NULL ORDER BY id DESC LIMIT 1",
        to=recipient, quotes=heard.quotes,
    )  # fmt: skip
    return (rows[0]["booking_id"], rows[0]["thread_id"]) if rows else (None, None)


async def quoted_talk(heard: Heard, recipient: int) -> int | None:
    """The talk without a booking that an alert to the house was about, when this message quotes that alert."""
    rows = await read(
        "SELECT payload FROM delivery WHERE recipient_id = :to AND provider_id = :quotes ORDER BY id DESC LIMIT 1",
        to=recipient, quotes=heard.quotes or "",
    )  # fmt: skip
    talk = unpacked(rows[0]["payload"]).get("facts", {}).get("talk") if rows else None
    return int(talk) if talk is not None else None


async def last_told(recipient: int) -> int | None:
    """The thread of the last thing in a thread that we sent this person."""
    rows = await read(
        "SELECT thread_id FROM delivery WHERE recipient_id = :to AND thread_id IS NOT NULL ORDER BY id DESC LIMIT 1",
        to=recipient,
    )
    return rows[0]["thread_id"] if rows else None


async def thread_meant(heard: Heard, recipient: int, bookings: Sequence[PartnersBooking]) -> int | None:
    """The thread a message belongs in: the one quoted, named by its code, the only one open; with none open, the last."""
    _, thread = await quoted(heard, recipient)
    if thread is not None:
        return thread
    named = [theirs for theirs in bookings if theirs.reference in heard.words.upper()]
    meant = named or bookings
    return meant[0].thread if len(meant) == 1 else None if meant else await last_told(recipient)


async def thread_chosen(heard: Heard, recipient: int, bookings: Sequence[PartnersBooking]) -> int | None:
    """The thread that answers our question: an option tapped, or its number or a booking's code typed while something waits."""
    if heard.tap is not None:
        value = heard.tap.value
        ours = heard.tap.question == WHICH and value.isascii() and value.isdigit() and len(value) < 19
        return int(value) if ours else None
    typed = heard.words.strip(" .)#").upper()
    shown = await _asked(recipient)
    chosen = {theirs.reference: theirs.thread for theirs in bookings} if shown else {}
    chosen |= {str(number): int(option["value"]) for number, option in enumerate(shown, 1)}
    return chosen.get(typed)


async def _asked(recipient: int) -> list[dict[str, Any]]:
    """The options of the newest question that still waits for its answer."""
    rows = await read(
        "SELECT payload FROM delivery WHERE recipient_id = :to AND kind = :which AND EXISTS (SELECT 1 FROM inbound i "
        "WHERE i.recipient_id = :to AND i.state = 'asked') ORDER BY id DESC LIMIT 1",
        to=recipient, which=WHICH,
    )  # fmt: skip
    return list(unpacked(rows[0]["payload"])["options"]) if rows else []
