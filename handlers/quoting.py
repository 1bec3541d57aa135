"""Which booking a message is about: what it quotes, or else the last thing we told that person about."""

from flows.speech import Heard
from models.database import read
from models.fields import unpacked


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


async def last_told(recipient: int) -> tuple[int | None, int | None]:
    """(booking, thread) of the last thing in a thread that we sent this person."""
    rows = await read(
        "SELECT booking_id, thread_id FROM delivery WHERE recipient_id = :to AND thread_id IS NOT NULL "
        "ORDER BY id DESC LIMIT 1",
        to=recipient,
    )
    return (rows[0]["booking_id"], rows[0]["thread_id"]) if rows else (None, None)
