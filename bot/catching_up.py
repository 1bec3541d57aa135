"""What one process looks after each minute, and each at its start: what providers could not bring, and guests who fell silent."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import stripe
import structlog
from aiohttp import ClientError
from telegram.error import TelegramError
from twilio.base.exceptions import TwilioException

from bot import approved, checkout
from bot.telegram import Telegram
from bot.whatsapp import WhatsApp, read_barely, sent_at
from handlers.caught_up import OVERLAP, caught_up, in_doubt, missing_since, our_turn, unheard
from handlers.delivery_reported import delivery_reported
from handlers.guests_fell_silent import guests_fell_silent
from handlers.house import House
from handlers.letter_came import unfinished_letters_go
from handlers.part_failed import known_to_fail, part_failed, part_well
from handlers.someone_wrote import someone_wrote
from models.database import is_away, is_contended
from models.fields import packed
from models.settings import keep_value, move_on
from models.turns import Carry

APPROVAL = timedelta(minutes=10)  # between looks at templates that wait
AT_MOST = 1000  # messages in one go; the rest a minute later
AWAY = (TwilioException, stripe.StripeError, TelegramError, ClientError, TimeoutError, OSError)

log = structlog.get_logger()


async def catch_up(
    house: House, carry: Callable[[Carry], None], whatsapp: WhatsApp | None, telegram: Telegram | None,
    payments: stripe.StripeClient | None, *, at_once: bool = False, heard: Callable[[], None] = lambda: None,
) -> None:  # fmt: skip
    """Fetch from every provider what is missing, if it is our turn or we have just begun (`at_once`).

    `carry` is given each answer that is born claimed; `heard` is called when the missed messages are here, or cannot be had now.

    What a provider or the database refuses now is fetched a minute later, from the same moment on.
    """
    if not await our_turn(house) and not at_once:
        return
    house.failing.update({**await known_to_fail(house.now()), **house.failing})  # what failed elsewhere may work here
    jobs: dict[str, Awaitable[None]] = {"silence": guests_fell_silent(house), "letters": unfinished_letters_go(house)}
    if whatsapp is not None:
        jobs |= {"messages": _heard(house, carry, whatsapp, heard), "reports": _reports(house, whatsapp)}
        jobs["templates"] = _templates(house, whatsapp)
    if payments is not None:
        jobs["payments"] = _payments(house, payments)
    if telegram is not None:
        jobs["telegram"] = _waiting_at_telegram(house, telegram)
    await asyncio.gather(*(_tried(house, what, job) for what, job in jobs.items()))


async def _tried(house: House, what: str, job: Awaitable[None]) -> None:
    """One of them that fails keeps none of the others."""
    try:
        await job
    except Exception as fault:  # noqa: BLE001  # whatever it is, the others go on
        if not _may_pass(fault):
            await part_failed(house, what, fault)
            return
        log.warning("could not catch up", what=what, why=f"{type(fault).__name__}: {fault}"[:200])
    else:
        await part_well(house, what)


async def _heard(house: House, carry: Callable[[Carry], None], whatsapp: WhatsApp, heard: Callable[[], None]) -> None:
    try:
        await _messages(house, carry, whatsapp)
    finally:
        heard()


async def _messages(house: House, carry: Callable[[Carry], None], whatsapp: WhatsApp) -> None:
    """What people wrote on WhatsApp, in their order. Twilio tries once more within seconds, then never again."""
    since = await missing_since(house, "whatsapp")
    written = await whatsapp.written_since(since, AT_MOST)
    missing = await unheard("whatsapp", [str(each.sid) for each in written])
    for each in written:
        if each.sid in missing:
            await _message(house, carry, whatsapp, each)
    if missing:
        log.info("messages were missing", count=len(missing))
    if written:
        more = len(written) == AT_MOST
        await caught_up("whatsapp", sent_at(written[-1]) - (timedelta() if more else OVERLAP))


async def _message(house: House, carry: Callable[[Carry], None], whatsapp: WhatsApp, listed: Any) -> None:
    """One message; one that we stumble over is kept barely, or else named in the log: it holds nobody else up."""
    try:
        carry(await someone_wrote(house, await whatsapp.read_listed(listed, house.now())))
    except Exception as fault:
        if _may_pass(fault):
            raise
        log.exception("a missed message could not be taken", sid=str(listed.sid))
        form = {"MessageSid": listed.sid, "From": listed.from_, "Body": listed.body}
        try:
            carry(await someone_wrote(house, read_barely(form, house.now())))
        except Exception as again:
            if _may_pass(again):
                raise
            log.exception("a missed message could not be kept", sid=str(listed.sid))


def _may_pass(fault: Exception) -> bool:
    """Whether a provider or the database refuses, rather than something being wrong."""
    return isinstance(fault, AWAY) or is_away(fault) or is_contended(fault)


async def _reports(house: House, whatsapp: WhatsApp) -> None:
    """What became of what we sent, where Twilio could not tell us."""
    doubtful = await in_doubt(house, "whatsapp")
    if not doubtful:
        return
    left = [each.left for each in doubtful]
    wanted = {each.provider_id for each in doubtful}
    reports = await whatsapp.reports(wanted, min(left) - OVERLAP, max(left) + OVERLAP, AT_MOST)
    for each in doubtful:
        report = reports.get(each.provider_id)
        if report is not None and report.became != each.state:
            await delivery_reported(house, each.id, each.attempt, report)


async def _templates(house: House, whatsapp: WhatsApp) -> None:
    """What became of the templates that wait for WhatsApp's approval: it takes minutes to days."""
    now = house.now()
    if await move_on("chore:templates", now + APPROVAL, past=now):
        await approved.look(whatsapp.client)


async def _payments(house: House, payments: stripe.StripeClient) -> None:
    """What Stripe could not tell us; it tries for three days by itself, but then ever more seldom."""
    events = await checkout.events_since(payments, await missing_since(house, "stripe"))
    for event in events:
        await checkout.told(house, event)
    if events:
        await caught_up("stripe", datetime.fromtimestamp(int(events[-1]["created"]), UTC) - OVERLAP)


async def _waiting_at_telegram(house: House, telegram: Telegram) -> None:
    """Telegram brings everything by itself for a day; kept is how much waits there, and why."""
    await keep_value("telegram:waiting", packed({**await telegram.waiting(), "at": house.now().isoformat()}))
