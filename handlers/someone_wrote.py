"""Someone wrote to us: who is it? First what they quote or tap, then the role of their address, decides who answers."""

import structlog

from flows.speech import Heard
from handlers.group_wrote import group_wrote
from handlers.guest_wrote import guest_wrote, kept_owed
from handlers.house import House
from handlers.letter_answered import by_letter
from handlers.moment import spoken
from handlers.partner_wrote import partner_wrote
from handlers.person_stopped import person_started, person_stopped, wants_silence, wants_us_again
from handlers.staff_wrote import staff_wrote
from models import channels, delivery, turns
from models.database import is_away, is_contended, read, transaction
from models.turns import Carry

log = structlog.get_logger()


async def someone_wrote(house: House, heard: Heard, inbound: int | None = None) -> Carry:
    """Hand what was heard to whoever it concerns; `inbound` names a message kept earlier that is tried again.

    Where it fails with a bug before anybody has it, it is owed all the same; a database that refuses is raised.
    """
    recipient = await _recipient(heard)
    try:
        return await _handed_over(house, heard, recipient, inbound)
    except Exception as bug:
        if is_away(bug) or is_contended(bug):
            raise
        log.exception("nobody could be handed a message", recipient=recipient, channel=heard.channel)
        return await kept_owed(house, heard, await turns.look(recipient), inbound, repr(bug)[:500])


async def _handed_over(house: House, heard: Heard, recipient: int, inbound: int | None) -> Carry:
    catalog = await house.catalog()
    if not channels.known_as(heard.channel).proven:
        return await by_letter(house, heard, recipient, inbound)
    if wants_silence(heard):
        return await person_stopped(house, heard, recipient, spoken(heard, catalog), inbound)
    if wants_us_again(heard) and (await turns.look(recipient)).stopped:
        return await person_started(house, heard, recipient, spoken(heard, catalog), inbound)
    if alert := await house.alert_at(heard.channel, heard.sender):
        return await staff_wrote(house, heard, recipient, alert.language, inbound)
    if lead := catalog.lead_at(heard.channel, heard.sender):
        return await partner_wrote(house, heard, recipient, lead, inbound)
    if heard.group:
        return await group_wrote(house, heard, recipient, spoken(heard, catalog), inbound)
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
