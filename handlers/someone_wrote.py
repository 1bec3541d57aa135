"""Someone wrote to us: who is it? First what they quote or tap, then the role of their address, decides who answers."""

from flows.speech import Heard
from handlers.guest_wrote import guest_wrote
from handlers.house import House
from handlers.partner_wrote import partner_wrote
from handlers.staff_wrote import staff_wrote
from models import delivery
from models.catalog import Alert
from models.database import read, transaction
from models.turns import Carry


async def someone_wrote(house: House, heard: Heard, inbound: int | None = None) -> Carry:
    """Hand what was heard to whoever it concerns; `inbound` names a message kept earlier that is tried again."""
    catalog = await house.catalog()
    recipient = await _recipient(heard)
    if alert := await _alert_at(house, heard):
        return await staff_wrote(house, heard, recipient, alert.language, inbound)
    if lead := catalog.lead_at(heard.channel, heard.sender):
        return await partner_wrote(house, heard, recipient, lead, inbound)
    return await guest_wrote(house, heard, recipient, inbound)


async def _recipient(heard: Heard) -> int:
    """Who that is in our lanes; someone who writes for the first time gets one."""
    known = await read(
        "SELECT id FROM recipient WHERE channel = :channel AND address = :address",
        channel=heard.channel, address=heard.sender,
    )  # fmt: skip
    if known:
        return int(known[0]["id"])
    async with transaction() as run:
        return await delivery.recipient(run, heard.channel, heard.sender, name=heard.name, language=heard.language)


async def _alert_at(house: House, heard: Heard) -> Alert | None:
    """Whoever writes where the house hears of bookings is staff, until accounts are linked."""
    at = (heard.channel, heard.sender)
    return next((alert for alert in await house.alerted() if (alert.channel, alert.address) == at), None)
