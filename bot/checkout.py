"""The card checkout: makes a page at Stripe for what is due, and reads the events that come back."""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import orjson
import stripe
import structlog

from bot import words
from bot.carriers import Attempt, Failed, Retry, Sent
from handlers.checkout_opened import Wanted, opened, wanted
from handlers.event_told import Event, unread
from handlers.guest_paid import Paid, guest_paid
from handlers.house import House
from handlers.payment_returned import Returned, payment_returned
from models.lanes import Outgoing

MakeCheckout = Callable[[int], Awaitable[str]]
_KINDS = {
    "checkout.session.completed": "completed",
    "checkout.session.async_payment_succeeded": "completed",
    "checkout.session.async_payment_failed": "failed",
    "checkout.session.expired": "expired",
}
_REFUNDS = ("refund.created", "refund.updated")

TRIES = 3  # of a page whose booking is changed while it is made

log = structlog.get_logger()


class Away(Exception):
    """The card checkout cannot be reached now; nothing was charged, and trying again in a moment is safe."""


class Client(stripe.StripeClient):
    """The SDK's client, against Stripe or the base URL of the settings; it can be closed."""

    def __init__(self, key: str, api: str) -> None:
        addresses: Any = {"api": api} if api else {}
        self.http = stripe.HTTPXClient(timeout=15)
        super().__init__(key, base_addresses=addresses, http_client=self.http, max_network_retries=1)

    async def close(self) -> None:
        """End its connections."""
        await self.http.close_async()  # type: ignore[no-untyped-call]


def checkout_maker(
    house: House, stripe_client: stripe.StripeClient, url_of: Callable[[int], Awaitable[str]]
) -> MakeCheckout:
    """What makes (or finds again) the checkout of a booking; raises a Refusal, or `Away`."""

    async def make(booking: int) -> str:
        for _ in range(TRIES):
            of = await wanted(house, booking)
            url = of.url or await made(of)
            if url:
                return url
        raise Away("the booking changes while its page is made")

    async def made(of: Wanted) -> str | None:
        asked = _session(of, await url_of(of.booking))
        key = f"checkout:{of.booking}:{of.amount}:{of.attempt}"
        try:
            session = await _create(stripe_client, asked, key)
        except stripe.StripeError as refusal:
            raise Away(str(refusal.user_message or refusal)) from refusal
        return await opened(house, of, str(session.id), str(session.url))

    return make


async def _create(stripe_client: stripe.StripeClient, asked: dict[str, Any], key: str) -> Any:
    """Make the session; an address that Stripe does not take is left for the guest to type there."""
    sessions, options = stripe_client.v1.checkout.sessions, {"idempotency_key": key}
    try:
        return await sessions.create_async(asked, options)  # type: ignore[arg-type]
    except stripe.InvalidRequestError as refusal:
        if refusal.param != "customer_email":
            raise
        without = {name: value for name, value in asked.items() if name != "customer_email"}
        return await sessions.create_async(without, {"idempotency_key": f"{key}:no-mail"})  # type: ignore[arg-type]


def _session(of: Wanted, page: str) -> Any:
    """The session's parameters; amounts in minor units. Stripe: `expires_at` lies 30 minutes to 24 hours ahead."""
    asked: dict[str, Any] = {
        "mode": "payment",
        "client_reference_id": of.reference,
        "line_items": [
            {
                "quantity": 1,
                "price_data": {
                    "currency": of.currency.lower(),
                    "unit_amount": of.amount,
                    "product_data": {"name": _what(of), "description": of.reference},
                },
            }
        ],
        "success_url": f"{page}/paid",
        "cancel_url": f"{page}/pay",
        "expires_at": int(of.expires.timestamp()),
        "metadata": {"reference": of.reference},
        "payment_intent_data": {"metadata": {"reference": of.reference}},
        "locale": of.language,
    }
    if of.email:
        asked["customer_email"] = of.email
    return asked


def _what(of: Wanted) -> str:
    service, moment = (words.phrase(name, of.language, of.story) for name in ("service", "moment_words"))
    return f"{service}, {moment}"


def verified(body: bytes, signature: str, secret: str) -> dict[str, Any] | None:
    """The event of a signed body, or None when Stripe did not sign it within the last five minutes.

    Real time and not the house's clock: the signature's stamp is the provider's.
    """
    try:
        stripe.WebhookSignature.verify_header(body, signature, secret, stripe.Webhook.DEFAULT_TOLERANCE)
        event = orjson.loads(body)
    except (stripe.SignatureVerificationError, ValueError, TypeError):  # TypeError: signs that no signature has
        return None
    return event if isinstance(event, dict) else None


async def told(house: House, event: dict[str, Any]) -> None:
    """Take an event of Stripe's, however it reached us; of one about money that cannot be read the desk has the id."""
    try:
        about = read_event(event)
    except Exception as fault:  # noqa: BLE001  # whatever it is: an odd shape, or a mistake of ours
        log.warning("Stripe sent what cannot be read", fault=repr(fault)[:200])
        with suppress(ValueError):  # not even an id
            await unread(
                house, Event("stripe", _id(event), "unread", {"what": str(event.get("type"))[:80]}), repr(fault)[:200]
            )
        return
    match about:
        case Paid():
            await guest_paid(house, about)
        case Returned():
            await payment_returned(house, about)


async def events_since(stripe_client: stripe.StripeClient, since: datetime) -> list[dict[str, Any]]:
    """Events about money of ours since then, oldest first. Stripe: of 30 days.

    Those that Stripe brought too: a restored backup does not have what its predecessor took, and each has one effect anyway.
    """
    listed = await stripe_client.v1.events.list_async(
        {
            "created": {"gte": int(since.timestamp())},
            "types": [*_KINDS, *_REFUNDS],
            "limit": 100,
        }
    )
    return [event.to_dict() async for event in listed.auto_paging_iter()][::-1]


def read_event(event: dict[str, Any]) -> Paid | Returned | None:
    """What an event says about money of ours; None for events that concern nothing of ours."""
    about = event.get("data", {}).get("object", {})
    if not isinstance(about, dict):
        return None
    if event.get("type") in _REFUNDS:
        return _returned(event, about)
    kind = _KINDS.get(str(event.get("type")))
    if kind is None or (kind == "completed" and about.get("payment_status") != "paid"):
        return None  # of a slow method: `async_payment_succeeded` follows
    return Paid(
        provider="stripe", event=_id(event), kind=kind, session=_id(about),
        payment=_id(about, "payment_intent") if about.get("payment_intent") else _id(about), amount=_amount(about.get("amount_total")),
        currency=str(about.get("currency") or ""), live=bool(event.get("livemode")), method=None,
        at=datetime.fromtimestamp(int(event.get("created", 0)), UTC), reference=_reference(about),
    )  # fmt: skip


def _id(about: dict[str, Any], name: str = "id") -> str:
    """One of Stripe's ids; raises ValueError for what is none (they are at most 255 characters)."""
    given = about.get(name)
    if not isinstance(given, str) or not given.isascii() or not given.isprintable() or not 0 < len(given) <= 255:
        raise ValueError(f"{name} is no id of Stripe's")
    return given


def _reference(about: dict[str, Any]) -> str:
    """Our booking's code, as we have written it there; "" on what is another program's. Stripe: a refund does not inherit it."""
    metadata = about.get("metadata")
    code = metadata.get("reference") if isinstance(metadata, dict) else None
    if not isinstance(code, str) or not code.isprintable() or about.get("client_reference_id", code) != code:
        return ""
    return code[:16]


def _amount(given: Any) -> int:
    """Minor units. Stripe: at most eight digits; whatever is far beyond is no amount."""
    amount = int(given or 0)
    if not 0 <= amount < 10**12:
        raise ValueError("that is no amount of money")
    return amount


def _returned(event: dict[str, Any], refund: dict[str, Any]) -> Returned | None:
    if refund.get("status") != "succeeded" or refund.get("payment_intent", "") is None:
        return None  # our payments have an intent
    return Returned(
        provider="stripe", event=_id(event), refund=_id(refund), payment=_id(refund, "payment_intent"),
        amount=_amount(refund.get("amount")),
        currency=str(refund.get("currency") or ""), reference=_reference(refund),
    )  # fmt: skip


class Payments:
    """Carries what must be asked of Stripe: money back, an open page closed. Each delivery is its own idempotency key."""

    channel = "stripe"

    def __init__(self, stripe_client: stripe.StripeClient) -> None:
        self.client = stripe_client

    async def send(self, out: Outgoing, attempt: Attempt) -> Sent | Retry | Failed:
        """Ask once; Stripe answers a repeated key with its first answer."""
        try:
            return Sent(await self._ask(out), out.kind)
        except (stripe.APIConnectionError, stripe.AuthenticationError, stripe.RateLimitError) as away:
            return Retry(f"Stripe is away: {away}"[:500], away=True)
        except stripe.StripeError as refusal:
            if (refusal.http_status or 500) >= 500:
                return Retry(f"Stripe: {refusal.user_message or refusal}"[:500], away=True)
            return Failed(f"Stripe: {refusal.user_message or refusal}"[:500])

    async def _ask(self, out: Outgoing) -> str:
        options: Any = {"idempotency_key": f"delivery:{out.id}", "max_network_retries": 0}  # the courier tries again
        if out.kind == "refund":
            asked: Any = {"payment_intent": out.payload["payment"], "amount": out.payload["amount"]}
            asked["metadata"] = {"reference": out.address}
            return str((await self.client.v1.refunds.create_async(asked, options)).id)
        return await self._close(str(out.payload["session"]), options)

    async def _close(self, session: str, options: Any) -> str:
        """Close an open page; one that was paid or has expired by itself needs no closing."""
        try:
            return str((await self.client.v1.checkout.sessions.expire_async(session, {}, options)).id)
        except stripe.InvalidRequestError:
            kept = await self.client.v1.checkout.sessions.retrieve_async(session)
            if kept.status == "open":
                raise
            return str(kept.id)
