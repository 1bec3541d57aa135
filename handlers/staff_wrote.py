"""Staff wrote in the house's own chat: an answer to what they quote."""

from flows.speech import Heard, Say
from handlers.hearing import keep_heard
from handlers.house import Actor, House
from handlers.partner_wrote import said
from handlers.quoting import quoted, quoted_talk
from handlers.staff_acted import reply_in, write_in, write_to
from models.database import Run
from models.turns import Carry, Reply


async def staff_wrote(house: House, heard: Heard, recipient: int, language: str, inbound: int | None) -> Carry:
    """Pass staff's words on: into the thread of the message they quote, or to the guest of the booking they quote."""

    async def act(run: Run, kept: int) -> Reply | None:
        booking, thread = await quoted(heard, recipient)
        talk = await quoted_talk(heard, recipient) if booking is None else None
        staff = Actor(heard.name or "Staff", "staff", heard.channel)
        if thread is not None:
            await reply_in(run, house, staff, thread, said(heard))
            return Reply("staff_passed_on", Say("staff_passed_on").as_json(), language)
        if booking is not None:
            await write_to(run, house, staff, booking, said(heard))
            return Reply("staff_passed_on", Say("staff_passed_on").as_json(), language)
        if talk is not None:
            await write_in(run, house, staff, talk, said(heard))
            return Reply("staff_passed_on", Say("staff_passed_on").as_json(), language)
        return Reply("staff_quote_first", Say("staff_quote_first").as_json(), language)

    return await keep_heard(house, heard, recipient, inbound, act, language)
