"""The sandbox's Stripe, asked by Stripe's own SDK: sessions, the checkout page, events, refunds."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
import stripe
from stripe import StripeClient

from web.stage.providers.stripe_reading import CONTRACT

from .conftest import STRIPE, STRIPE_HOOK, Stand

# stripe 16 hands its form to httpx as `data`, which httpx would like to be called `content`.
pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning")
HOOK = "/hooks/stripe"


@pytest_asyncio.fixture
async def till(stand: Stand) -> AsyncIterator[StripeClient]:
    http = stripe.HTTPXClient()
    yield StripeClient(STRIPE, base_addresses={"api": stand.url}, http_client=http, max_network_retries=0)
    await http.close_async()  # type: ignore[no-untyped-call]


def wish(amount: int = 4110, currency: str = "usd", **more: Any) -> Any:
    product = {"name": "Airport PUJ to Hotel Arena Blanca", "description": "Deposit"}
    return {
        "mode": "payment",
        "success_url": "https://book.example.com/b/x?paid={CHECKOUT_SESSION_ID}",
        "cancel_url": "https://book.example.com/b/x",
        "customer_email": "hannah@example.com",
        "client_reference_id": "CA-7K4M2",
        "line_items": [
            {"quantity": 1, "price_data": {"currency": currency, "unit_amount": amount, "product_data": product}}
        ],
        "metadata": {"booking": "CA-7K4M2"},
        **more,
    }


async def choose(stand: Stand, session: str, card: str, **more: str) -> tuple[int, str, str]:
    url = f"{stand.url}/sim/checkout/{session}"
    async with stand.http.post(url, data={"card": card, **more}, allow_redirects=False) as got:
        return got.status, got.headers.get("Location", ""), await got.text()


def event_of(hook: dict[str, Any]) -> Any:
    """The event as Stripe's SDK reads it, signature checked."""
    return stripe.Webhook.construct_event(hook["body"], hook["headers"]["Stripe-Signature"], STRIPE_HOOK)


async def test_a_guest_pays_once_and_the_event_is_signed(stand: Stand, till: StripeClient) -> None:
    """The session completes, the intent holds the card's last digits, a second click changes nothing."""
    session = await till.v1.checkout.sessions.create_async(wish())
    assert (session.status, session.payment_status, session.amount_total, session.currency) == (
        "open",
        "unpaid",
        4110,
        "usd",
    )
    assert session.url == stand.config["checkout_base"] + "/" + session.id
    status, onward, _ = await choose(stand, session.id, "ok")
    assert (status, onward) == (303, f"https://book.example.com/b/x?paid={session.id}")
    (hook,) = await stand.bot.hears(HOOK)
    event = event_of(hook)
    assert (event.type, event.livemode, event.data.object.id) == ("checkout.session.completed", False, session.id)
    assert (event.data.object.payment_status, event.data.object.metadata["booking"]) == ("paid", "CA-7K4M2")
    assert (await choose(stand, session.id, "ok"))[:2] == (303, onward)
    paid = await till.v1.checkout.sessions.retrieve_async(
        session.id, {"expand": ["payment_intent.latest_charge", "line_items"]}
    )
    intent: Any = paid.payment_intent
    assert (paid.status, intent.status, intent.amount_received) == ("complete", "succeeded", 4110)
    assert intent.latest_charge.payment_method_details.card.last4 == "4242"
    assert paid.line_items is not None
    assert paid.line_items.data[0].description == "Airport PUJ to Hotel Arena Blanca"
    assert len(stand.bot.heard) == 1


async def test_a_declined_card_leaves_the_session_open(stand: Stand, till: StripeClient) -> None:
    """The page comes again with the bank's words, and the next card goes through."""
    session = await till.v1.checkout.sessions.create_async(wish())
    status, _, page = await choose(stand, session.id, "declined")
    assert status == 200
    assert "Your card was declined" in page
    assert event_of((await stand.bot.hears(HOOK))[0]).type == "payment_intent.payment_failed"
    assert (await till.v1.checkout.sessions.retrieve_async(session.id)).status == "open"
    assert (await choose(stand, session.id, "ok"))[0] == 303
    assert event_of((await stand.bot.hears(HOOK, 2))[1]).type == "checkout.session.completed"


async def test_leaving_without_paying_goes_back_and_changes_nothing(stand: Stand, till: StripeClient) -> None:
    """The guest lands on cancel_url; no event, the session stays open."""
    session = await till.v1.checkout.sessions.create_async(wish())
    assert (await choose(stand, session.id, "abandon"))[:2] == (303, "https://book.example.com/b/x")
    assert (await till.v1.checkout.sessions.retrieve_async(session.id)).status == "open"
    assert stand.bot.heard == []


@pytest.mark.parametrize(
    ("amount", "currency", "shown"),
    [
        (4110, "usd", "US$41.10"),
        (12000, "jpy", "¥12,000"),
        (123456, "dop", "RD$1,234.56"),
        (1500, "kwd", "KWD\u00a01.500"),
    ],
)
async def test_the_page_shows_what_is_paid_for_and_how_much(
    stand: Stand, till: StripeClient, amount: int, currency: str, shown: str
) -> None:
    """In the currency's own decimals: yen have none, dinars three."""
    session = await till.v1.checkout.sessions.create_async(wish(amount, currency))
    async with stand.http.get(f"{stand.url}/sim/checkout/{session.id}") as got:
        page = await got.text()
    assert f"Pay {shown}" in page
    assert "Airport PUJ to Hotel Arena Blanca" in page
    assert "Sandbox" in page
    assert "Costa Alisia" in page


async def test_the_page_speaks_spanish_and_escapes(stand: Stand, till: StripeClient) -> None:
    """What the merchant wrote is text, never markup."""
    asked = wish(locale="es")
    asked["line_items"][0]["price_data"]["product_data"] = {"name": "<script>alert(1)</script>"}
    session = await till.v1.checkout.sessions.create_async(asked)
    async with stand.http.get(f"{stand.url}/sim/checkout/{session.id}") as got:
        page = await got.text()
    assert "Salir sin pagar" in page
    assert "<script>" not in page
    assert "&lt;script&gt;" in page


async def test_a_test_may_pay_another_amount_or_currency(stand: Stand, till: StripeClient) -> None:
    """So that a bot's check of what was paid can be seen to fail."""
    session = await till.v1.checkout.sessions.create_async(wish())
    await choose(stand, session.id, "ok", amount="100", currency="EUR")
    paid = event_of((await stand.bot.hears(HOOK))[0]).data.object
    assert (paid.amount_total, paid.currency) == (100, "eur")


async def test_the_same_idempotency_key_gets_the_same_session(stand: Stand, till: StripeClient) -> None:
    """Other parameters under it are an error; one refused for its parameters may be corrected."""
    options: Any = {"idempotency_key": "booking-7-1"}
    first = await till.v1.checkout.sessions.create_async(wish(), options)
    again = await till.v1.checkout.sessions.create_async(wish(), options)
    assert again.id == first.id
    assert again.last_response is not None
    assert again.last_response.headers["Idempotent-Replayed"] == "true"
    with pytest.raises(stripe.IdempotencyError):
        await till.v1.checkout.sessions.create_async(wish(5000), options)
    with pytest.raises(stripe.InvalidRequestError):
        await till.v1.checkout.sessions.create_async(wish(colour="red"), {"idempotency_key": "booking-8-1"})
    await till.v1.checkout.sessions.create_async(wish(), {"idempotency_key": "booking-8-1"})
    assert len((await till.v1.checkout.sessions.list_async()).data) == 2


def without(key: str) -> Any:
    return {name: value for name, value in wish().items() if name != key}


def line(**more: Any) -> Any:
    price = {"currency": "usd", "unit_amount": 4110, "product_data": {"name": "A"}, **more.pop("price", {})}
    return wish(line_items=[{"quantity": 1, "price_data": price, **more}])


@pytest.mark.parametrize(
    ("asked", "param", "code"),
    [
        (wish(colour="red"), "colour", "parameter_unknown"),
        (line(colour="red"), "line_items[0][colour]", "parameter_unknown"),
        (without("success_url"), "success_url", "parameter_missing"),
        (without("mode"), "mode", "parameter_missing"),
        (without("line_items"), "line_items", "parameter_missing"),
        (wish(mode="pay"), "mode", None),
        (wish(success_url="book.example.com"), "success_url", "url_invalid"),
        (wish(customer_email="not an address"), "customer_email", "email_invalid"),
        (line(price={"unit_amount": "12.50"}), "line_items[0][price_data][unit_amount]", "parameter_invalid_integer"),
        (line(price={"unit_amount": -1}), "line_items[0][price_data][unit_amount]", "parameter_invalid_integer"),
        (line(price={"currency": "zzz"}), "line_items[0][price_data][currency]", None),
        (line(price={"product_data": {}}), "line_items[0][price_data][product_data]", None),
        (line(quantity=0), "line_items[0][quantity]", "parameter_invalid_integer"),
        (wish(10), None, "amount_too_small"),
        (wish(expires_at=1), "expires_at", None),
        (wish(metadata={"k" * 41: "v"}), "metadata", None),
        (wish(client_reference_id="x" * 201), "client_reference_id", "parameter_invalid_string"),
    ],
)
async def test_what_stripe_refuses_is_refused_with_its_code(
    stand: Stand, till: StripeClient, asked: Any, param: str | None, code: str | None
) -> None:
    """Unknown, missing and unfit parameters, each named as Stripe names it."""
    with pytest.raises(stripe.InvalidRequestError) as refused:
        await till.v1.checkout.sessions.create_async(asked)
    error = refused.value
    assert error.http_status == 400
    if param != "line_items[0][price_data][product_data]":
        assert (error.param, error.code) == (param, code)


async def test_a_wrong_key_is_refused(stand: Stand) -> None:
    """In Stripe's form, with the key shortened; and so is none at all."""
    http = stripe.HTTPXClient()
    with pytest.raises(stripe.AuthenticationError, match=r"Invalid API Key provided: sk_test_\*+1234"):
        await StripeClient(
            "sk_test_someoneelse1234", base_addresses={"api": stand.url}, http_client=http
        ).v1.checkout.sessions.list_async()
    await http.close_async()  # type: ignore[no-untyped-call]
    async with stand.http.get(f"{stand.url}/v1/checkout/sessions") as got:
        assert (got.status, (await got.json())["error"]["type"]) == (401, "invalid_request_error")


async def test_an_open_session_can_be_expired_and_a_paid_one_not(stand: Stand, till: StripeClient) -> None:
    """Expiring tells by event, closes the page, and cannot be done twice."""
    session = await till.v1.checkout.sessions.create_async(wish())
    assert (await till.v1.checkout.sessions.expire_async(session.id)).status == "expired"
    assert event_of((await stand.bot.hears(HOOK))[0]).type == "checkout.session.expired"
    assert (await choose(stand, session.id, "ok"))[0] == 410
    with pytest.raises(stripe.InvalidRequestError, match="Only Checkout Sessions with a status in"):
        await till.v1.checkout.sessions.expire_async(session.id)
    with pytest.raises(stripe.InvalidRequestError) as refused:
        await till.v1.checkout.sessions.retrieve_async("cs_test_nobody")
    assert (refused.value.http_status, refused.value.code) == (404, "resource_missing")


async def test_a_session_ends_by_the_sandboxs_clock(stand: Stand, till: StripeClient) -> None:
    """A day later it has expired and its event is on the way, though nobody asked."""
    session = await till.v1.checkout.sessions.create_async(wish())
    await stand.pull("/sim/clock", offset=24 * 3600 + 1)
    assert event_of((await stand.bot.hears(HOOK))[0]).type == "checkout.session.expired"
    assert (await till.v1.checkout.sessions.retrieve_async(session.id)).status == "expired"


async def test_events_are_tried_until_taken_and_listed_meanwhile(stand: Stand, till: StripeClient) -> None:
    """Each try is signed anew; what was not delivered can be asked for."""
    stand.bot.answers = [500, 500]
    session = await till.v1.checkout.sessions.create_async(wish())
    await choose(stand, session.id, "ok")
    hooks = await stand.bot.hears(HOOK, 3)
    assert {event_of(hook).id for hook in hooks} == {event_of(hooks[0]).id}
    await stand.until("/sim/state", lambda state: state["pending"] == 0)
    stand.sim.world.pace = 1000
    stand.bot.answers = [500]
    other = await till.v1.checkout.sessions.create_async(wish())
    await choose(stand, other.id, "ok")
    await stand.bot.hears(HOOK, 4)
    missed = await till.v1.events.list_async({"delivery_success": False, "types": ["checkout.session.completed"]})
    assert [one.data.object["id"] for one in missed.data] == [other.id]
    assert len((await till.v1.events.list_async({"type": "checkout.session.*"})).data) == 2
    assert (await till.v1.events.retrieve_async(missed.data[0].id)).type == "checkout.session.completed"


async def test_refunds_never_exceed_what_was_paid(stand: Stand, till: StripeClient) -> None:
    """Part, too much, the rest, and once more."""
    session = await till.v1.checkout.sessions.create_async(wish())
    await choose(stand, session.id, "ok")
    intent = str((await till.v1.checkout.sessions.retrieve_async(session.id)).payment_intent)
    assert (await till.v1.refunds.create_async({"payment_intent": intent, "amount": 1000})).status == "succeeded"
    with pytest.raises(stripe.InvalidRequestError, match="greater than unrefunded amount"):
        await till.v1.refunds.create_async({"payment_intent": intent, "amount": 4000})
    assert (await till.v1.refunds.create_async({"payment_intent": intent})).amount == 3110
    with pytest.raises(stripe.InvalidRequestError) as refused:
        await till.v1.refunds.create_async({"payment_intent": intent})
    assert refused.value.code == "charge_already_refunded"
    assert len((await till.v1.refunds.list_async({"payment_intent": intent})).data) == 2
    kinds = [event_of(hook).type for hook in await stand.bot.hears(HOOK, 3)]
    assert sorted(kinds) == ["charge.refunded", "charge.refunded", "checkout.session.completed"]


async def test_lists_have_pages(stand: Stand, till: StripeClient) -> None:
    """Newest first, walked with the SDK's own cursors."""
    made = [(await till.v1.checkout.sessions.create_async(wish(1000 + n))).id for n in range(5)]
    first = await till.v1.checkout.sessions.list_async({"limit": 2})
    assert ([one.id for one in first.data], first.has_more) == ([made[4], made[3]], True)
    assert [one.id async for one in first.auto_paging_iter()] == list(reversed(made))


def test_the_parameters_we_know_are_the_contracts(contracts: Path) -> None:
    """Every parameter of the contract is known here, with its type, and no other."""
    paths = json.loads((contracts / "stripe_subset.json").read_bytes())["paths"]
    for name, path in (("sessions.create", "/v1/checkout/sessions"), ("refunds.create", "/v1/refunds")):
        form = paths[path]["post"]["requestBody"]["content"]["application/x-www-form-urlencoded"]["schema"]
        compare(CONTRACT[name], form, name)
    for name, path in (("sessions.list", "/v1/checkout/sessions"), ("events.list", "/v1/events")):
        asked = {one["name"] for one in paths[path]["get"]["parameters"] if one["in"] == "query"}
        assert set(CONTRACT[name]["properties"]) == asked


def compare(ours: Any, theirs: Any, path: str) -> None:
    assert ours.get("type") == theirs.get("type"), path
    assert ours.get("required", []) == theirs.get("required", []), path
    assert set(ours.get("properties", {})) == set(theirs.get("properties", {})), path
    for name, inside in ours.get("properties", {}).items():
        compare(inside, theirs["properties"][name], f"{path}.{name}")
    if "items" in ours:
        compare(ours["items"], theirs["items"], f"{path}[]")


async def test_down_and_limited(stand: Stand, till: StripeClient) -> None:
    """The SDK raises what it raises against the real one."""
    await stand.pull("/sim/switches", stripe="limited")
    with pytest.raises(stripe.RateLimitError):
        await till.v1.checkout.sessions.create_async(wish())
    await stand.pull("/sim/switches", stripe="down")
    with pytest.raises(stripe.APIError):
        await till.v1.checkout.sessions.create_async(wish())
    await stand.pull("/sim/switches", stripe="up")
    assert (await till.v1.checkout.sessions.create_async(wish())).status == "open"
