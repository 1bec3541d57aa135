"""The sandbox's Stripe: Checkout Sessions, what was paid with them, refunds, and the signed events that tell the bot."""

import hmac
import uuid
from base64 import b64decode
from binascii import Error as NotBase64
from collections.abc import Awaitable, Callable
from copy import deepcopy
from typing import Any

import orjson
from aiohttp import web

from .postman import Postman, json_body
from .stripe_reading import (
    THREE_DECIMALS,
    ZERO_DECIMALS,
    Refused,
    check_currency,
    check_metadata,
    check_url,
    read_form,
    wrong,
)
from .world import Json, World

API_VERSION = "2026-10-28.endive"
DAY = 24 * 3600
EVENTS = (
    "checkout.session.completed",
    "checkout.session.expired",
    "checkout.session.async_payment_succeeded",
    "checkout.session.async_payment_failed",
    "payment_intent.payment_failed",
    "charge.refunded",
    "charge.dispute.created",
)
DECLINED = "Your card was declined."
Handler = Callable[[web.Request], Awaitable[web.Response]]

# What a session answers as it was asked for; the rest of what we may ask has no field of its own.
AS_ASKED = (
    "billing_address_collection", "cancel_url", "client_reference_id", "customer", "customer_creation", "customer_email",
    "expires_at", "locale", "metadata", "payment_method_types", "submit_type", "success_url", "ui_mode",
)  # fmt: skip
# A session's fields, as Stripe answers them for whoever asks for nothing in particular.
UNASKED: Json = {
    **dict.fromkeys((
        "after_expiration", "allow_promotion_codes", "billing_address_collection", "cancel_url", "client_reference_id",
        "client_secret", "consent", "consent_collection", "currency_conversion", "customer", "customer_email",
        "invoice", "invoice_creation", "locale", "payment_intent", "payment_link", "payment_method_configuration_details",
        "recovered_from", "saved_payment_method_options", "setup_intent", "shipping_address_collection", "shipping_cost",
        "submit_type", "subscription", "success_url", "wallet_options",
    )),
    "object": "checkout.session",
    "adaptive_pricing": {"enabled": False},
    "automatic_tax": {"enabled": False, "liability": None, "provider": None, "status": None},
    "custom_fields": [],
    "custom_text": dict.fromkeys(("after_submit", "shipping_address", "submit", "terms_of_service_acceptance")),
    "discounts": [],
    "livemode": False,
    "mode": "payment",
    "payment_method_collection": "if_required",
    "payment_method_options": {},
    "payment_status": "unpaid",
    "phone_number_collection": {"enabled": False},
    "shipping_options": [],
    "status": "open",
    "total_details": {"amount_discount": 0, "amount_shipping": 0, "amount_tax": 0},
}  # fmt: skip


class Stripe:
    """One account in test mode; one webhook endpoint (config `hooks.stripe`, `stripe.events`)."""

    def __init__(self, world: World, postman: Postman) -> None:
        self.world, self.postman = world, postman
        self.config: Json = world.config["stripe"]

    def routes(self) -> list[web.RouteDef]:
        return [
            web.post("/v1/checkout/sessions", self.once(self.create)),
            web.get("/v1/checkout/sessions", self.find_all),
            web.get("/v1/checkout/sessions/{id}", self.retrieve),
            web.post("/v1/checkout/sessions/{id}/expire", self.once(self.expire)),
            web.get("/v1/checkout/sessions/{id}/line_items", self.line_items),
            web.get("/v1/events", self.list_events),
            web.get("/v1/events/{id}", self.retrieve_event),
            web.get("/v1/payment_intents", self.list_intents),
            web.get("/v1/payment_intents/{id}", self.retrieve_intent),
            web.get("/v1/charges/{id}", self.retrieve_charge),
            web.post("/v1/refunds", self.once(self.refund)),
            web.get("/v1/refunds", self.list_refunds),
            web.get("/v1/refunds/{id}", self.retrieve_refund),
            web.get("/v1/balance", self.balance),
        ]

    # -- the door ------------------------------------------------------------------------------

    def check(self, request: web.Request) -> None:
        """Bearer with the secret key, or the key as the name in HTTP basic."""
        scheme, _, given = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() == "basic":
            try:
                given = b64decode(given).decode("utf-8", "replace").partition(":")[0]
            except NotBase64:
                given = ""
        if not given:
            told = "You did not provide an API key. You need to provide your API key in the Authorization header, using Bearer auth"
            raise Refused(401, f"{told} (e.g. 'Authorization: Bearer YOUR_SECRET_KEY').")
        if not hmac.compare_digest(given.encode(), str(self.config["secret_key"]).encode()):
            raise Refused(401, f"Invalid API Key provided: {given[:8]}{'*' * max(0, len(given) - 12)}{given[-4:]}")

    def once(self, handler: Handler) -> Handler:
        """Idempotency-Key: the same key and parameters get the first answer again (24 h); other parameters are an error.

        An answer is kept only once the request was carried out; a request refused for its parameters may be corrected under its key.
        """

        async def handle(request: web.Request) -> web.Response:
            self.check(request)
            key, body = (request.headers.get("Idempotency-Key"), (await request.read()).decode("utf-8", "replace"))
            if key is None:
                return await handler(request)
            if len(key) > 255 or not key:
                raise Refused(400, "Idempotency-Key must be between 1 and 255 characters.", "idempotency_error")
            known, asked = (self.world.keys.get(key), f"{request.method} {request.path} {body}")
            if known is not None and self.world.now() - known["at"] < DAY:
                return replayed(key, known, asked)
            response = await handler(request)
            kept = {"asked": asked, "at": self.world.now(), "status": response.status, "body": response.text}
            self.world.keys.put(key, kept)
            response.headers["Idempotency-Key"] = key
            return response

        return handle

    # -- sessions ------------------------------------------------------------------------------

    async def create(self, request: web.Request) -> web.Response:
        asked = await read_form(request, "sessions.create")
        lines = self.lines(asked)
        self.check_session(asked, lines)
        key, now = ("cs_test_" + uuid.uuid4().hex + uuid.uuid4().hex[:26], int(self.world.now()))
        total = sum(line["amount_total"] for line in lines)
        session = deepcopy(UNASKED) | {
            "id": key,
            "amount_subtotal": total,
            "amount_total": total,
            "created": now,
            "currency": lines[0]["currency"],
            "customer_creation": "if_required",
            "customer_details": details(asked.get("customer_email")),
            "expires_at": now + DAY,
            "metadata": {},
            "payment_method_types": ["card"],
            "ui_mode": "hosted",
            "url": f"{self.world.config['checkout_base'].rstrip('/')}/{key}",
            **{name: asked[name] for name in AS_ASKED if name in asked},
        }
        self.keep(session, lines=lines, intent=asked.get("payment_intent_data", {}))
        return self.answer(session, asked.get("expand", []))

    def lines(self, asked: Json) -> list[Json]:
        lines = []
        for number, item in enumerate(asked.get("line_items", [])):
            path = f"line_items[{number}]"
            price = item.get("price_data")
            if price is None:
                raise Refused(
                    400, f"No such price: '{item.get('price', '')}'", code="resource_missing", param=f"{path}[price]"
                )
            lines.append(line_of(item, price, path))
        return lines

    def check_session(self, asked: Json, lines: list[Json]) -> None:
        if asked.get("mode", "payment") != "payment":
            raise Refused(400, f"The sandbox plays mode `payment` only, not `{asked['mode']}`.", param="mode")
        if "mode" not in asked:
            raise wrong(
                "You must provide a `mode` (`payment`, `setup`, or `subscription`).", "mode", "parameter_missing"
            )
        if "success_url" not in asked:
            raise wrong("Missing required param: success_url.", "success_url", "parameter_missing")
        for name in ("success_url", "cancel_url"):
            if name in asked:
                check_url(asked[name], name)
        if not lines:
            told = "The `line_items` parameter is required in payment mode."
            raise wrong(told, "line_items", "parameter_missing")
        if len({line["currency"] for line in lines}) > 1:
            raise wrong("You can only use prices with the same currency in a Checkout Session.", "line_items")
        check_metadata(asked.get("metadata", {}), "metadata")
        check_metadata(asked.get("payment_intent_data", {}).get("metadata", {}), "payment_intent_data[metadata]")
        self.check_email(asked.get("customer_email"))
        self.check_expiry(asked.get("expires_at"))
        check_amount(sum(line["amount_total"] for line in lines), lines[0]["currency"])

    def check_email(self, email: str | None) -> None:
        if email is not None and (
            email.count("@") != 1 or "." not in email.partition("@")[2] or any(one.isspace() for one in email)
        ):
            raise wrong(f"Invalid email address: {email}", "customer_email", "email_invalid")

    def check_expiry(self, at: int | None) -> None:
        """Stripe: 30 minutes to 24 hours after creation."""
        if at is None:
            return
        now = self.world.now()
        if at < now + 1800 - 5:
            raise wrong(
                "The `expires_at` timestamp must be at least 30 minutes from Checkout Session creation.", "expires_at"
            )
        if at > now + DAY + 5:
            raise wrong(
                "The `expires_at` timestamp must be less than 24 hours from Checkout Session creation.", "expires_at"
            )

    def keep(self, session: Json, **more: Any) -> Json:
        kept = {**(self.world.sessions.get(session["id"]) or {}), "session": session, **more}
        self.world.sessions.put(session["id"], kept)
        self.world.tell("checkout", checkout=checkout_of(kept))
        return session

    def session(self, key: str) -> Json:
        """The session as it stands on the sandbox's clock: an open one past its time has expired."""
        kept = self.world.sessions.get(key)
        if kept is None:
            raise Refused(404, f"No such checkout.session: {key}", code="resource_missing", param="session")
        session: Json = kept["session"]
        if session["status"] == "open" and self.world.now() >= session["expires_at"]:
            return self.close(session)
        return session

    def close(self, session: Json, origin: Json | None = None) -> Json:
        session = self.keep({**session, "status": "expired", "url": None})
        self.happen("checkout.session.expired", session, origin)
        return session

    def expire_due(self) -> None:
        for kept in self.world.sessions:
            self.session(kept["session"]["id"])

    async def retrieve(self, request: web.Request) -> web.Response:
        self.check(request)
        asked = await read_form(request, "sessions.retrieve")
        return self.answer(self.session(request.match_info["id"]), asked.get("expand", []))

    async def find_all(self, request: web.Request) -> web.Response:
        self.check(request)
        asked = await read_form(request, "sessions.list")
        found = [self.session(kept["session"]["id"]) for kept in self.world.sessions]
        for name in ("payment_intent", "status", "customer"):
            found = [one for one in found if name not in asked or one[name] == asked[name]]
        return self.page(request, found, asked)

    async def expire(self, request: web.Request) -> web.Response:
        asked = await read_form(request, "sessions.expire")
        session = self.session(request.match_info["id"])
        if session["status"] != "open":
            told = (
                'Only Checkout Sessions with a status in ["open"] can be expired. This Checkout Session has a status of'
            )
            raise Refused(400, f"{told} `{session['status']}`.", param="session")
        return self.answer(self.close(session, origin_of(request)), asked.get("expand", []))

    async def line_items(self, request: web.Request) -> web.Response:
        self.check(request)
        asked = await read_form(request, "sessions.line_items")
        session = self.session(request.match_info["id"])
        lines = self.world.sessions.get(session["id"])["lines"]
        return self.page(request, list(reversed(lines)), asked)

    # -- paying --------------------------------------------------------------------------------

    def pay(self, session: Json, amount: int | None = None, currency: str | None = None) -> Json:
        """The card was good: intent and charge are made, the session completes, the event goes out. Once; later calls change nothing.

        `amount` and `currency` let a test pay something else than was asked.
        """
        if session["status"] != "open":
            return session
        amount, currency = (session["amount_total"] if amount is None else amount, currency or session["currency"])
        intent = self.intent(session, amount, currency)
        charge = self.charge(session, intent, paid=True)
        intent |= {
            "status": "succeeded",
            "amount_received": amount,
            "latest_charge": charge["id"],
            "last_payment_error": None,
        }
        intent["payment_method"] = charge["payment_method"]
        self.world.objects.put(intent["id"], intent)
        email = session["customer_email"] or "guest@example.com"
        done = {
            "status": "complete",
            "payment_status": "paid",
            "payment_intent": intent["id"],
            "url": None,
            "customer_details": details(email),
        }
        session = self.keep({**session, **done, "amount_total": amount, "currency": currency})
        self.happen("charge.succeeded", charge)
        self.happen("payment_intent.succeeded", intent)
        self.happen("checkout.session.completed", session)
        return session

    def decline(self, session: Json) -> Json:
        """The bank said no: the session stays open, the guest may try again."""
        if session["status"] != "open":
            return session
        intent = self.intent(session, session["amount_total"], session["currency"])
        charge = self.charge(session, intent, paid=False)
        error = {
            "code": "card_declined",
            "decline_code": "generic_decline",
            "message": DECLINED,
            "type": "card_error",
            "charge": charge["id"],
        }
        intent |= {"status": "requires_payment_method", "latest_charge": charge["id"], "last_payment_error": error}
        self.world.objects.put(intent["id"], intent)
        self.keep(session, intent_id=intent["id"])
        self.happen("charge.failed", charge)
        self.happen("payment_intent.payment_failed", intent)
        return session

    def intent(self, session: Json, amount: int, currency: str) -> Json:
        kept = self.world.sessions.get(session["id"])
        known = self.world.objects.get(kept.get("intent_id", ""))
        if known is not None:
            return {**known, "amount": amount, "currency": currency}
        data, key = kept.get("intent", {}), "pi_" + uuid.uuid4().hex[:24]
        return {
            "id": key,
            "object": "payment_intent",
            "amount": amount,
            "amount_capturable": 0,
            "amount_received": 0,
            "canceled_at": None,
            "cancellation_reason": None,
            "capture_method": data.get("capture_method", "automatic_async"),
            "client_secret": f"{key}_secret_{uuid.uuid4().hex[:25]}",
            "confirmation_method": "automatic",
            "created": int(self.world.now()),
            "currency": currency,
            "customer": session["customer"],
            "description": data.get("description"),
            "last_payment_error": None,
            "latest_charge": None,
            "livemode": False,
            "metadata": data.get("metadata", {}),
            "payment_method": None,
            "payment_method_types": ["card"],
            "receipt_email": data.get("receipt_email"),
            "status": "requires_payment_method",
        }

    def charge(self, session: Json, intent: Json, *, paid: bool) -> Json:
        last4 = "4242" if paid else "0002"
        card = {
            "brand": "visa",
            "country": "US",
            "exp_month": 12,
            "exp_year": 2034,
            "funding": "credit",
            "last4": last4,
            "network": "visa",
        }
        charge = {
            "id": "ch_" + uuid.uuid4().hex[:24],
            "object": "charge",
            "amount": intent["amount"],
            "amount_captured": intent["amount"] if paid else 0,
            "amount_refunded": 0,
            "balance_transaction": "txn_" + uuid.uuid4().hex[:24] if paid else None,
            "billing_details": {
                "address": None,
                "email": session["customer_email"],
                "name": "Sandbox guest",
                "phone": None,
            },
            "captured": paid,
            "created": int(self.world.now()),
            "currency": intent["currency"],
            "disputed": False,
            "failure_code": None if paid else "card_declined",
            "failure_message": None if paid else DECLINED,
            "livemode": False,
            "metadata": intent["metadata"],
            "paid": paid,
            "payment_intent": intent["id"],
            "payment_method": "pm_" + uuid.uuid4().hex[:24],
            "payment_method_details": {"card": card, "type": "card"},
            "receipt_url": None,
            "refunded": False,
            "status": "succeeded" if paid else "failed",
        }
        return dict(self.world.objects.put(charge["id"], charge))

    # -- refunds -------------------------------------------------------------------------------

    async def refund(self, request: web.Request) -> web.Response:
        asked = await read_form(request, "refunds.create")
        charge = self.charge_for(asked)
        left = charge["amount"] - charge["amount_refunded"]
        amount = asked.get("amount", left)
        if left == 0:
            raise Refused(400, f"Charge {charge['id']} has already been refunded.", code="charge_already_refunded")
        if amount <= 0:
            raise wrong("Invalid positive integer", "amount", "parameter_invalid_integer")
        if amount > left:
            told = f"Refund amount ({spoken(amount, charge['currency'])}) is greater than unrefunded amount on charge"
            raise wrong(f"{told} ({spoken(left, charge['currency'])})", "amount")
        refund = self.refund_of(charge, amount, asked)
        back = charge["amount_refunded"] + amount
        charge = self.world.objects.put(
            charge["id"], {**charge, "amount_refunded": back, "refunded": back == charge["amount"]}
        )
        self.happen("refund.created", refund, origin_of(request))
        self.happen("charge.refunded", charge, origin_of(request))
        return self.answer(refund, asked.get("expand", []))

    def charge_for(self, asked: Json) -> Json:
        key = asked.get("charge") or (self.world.objects.get(asked.get("payment_intent", "")) or {}).get(
            "latest_charge"
        )
        if not asked.get("charge") and not asked.get("payment_intent"):
            raise Refused(
                400, "One of the following params should be provided for this request: payment_intent or charge."
            )
        charge = self.world.objects.get(key or "")
        if charge is None:
            name = "charge" if asked.get("charge") else "payment_intent"
            raise Refused(404, f"No such {name}: '{asked[name]}'", code="resource_missing", param=name)
        if not charge["paid"]:
            raise Refused(
                400,
                f"This PaymentIntent ({charge['payment_intent']}) does not have a successful charge to refund.",
                param="payment_intent",
            )
        return dict(charge)

    def refund_of(self, charge: Json, amount: int, asked: Json) -> Json:
        refund = {
            "id": "re_" + uuid.uuid4().hex[:24],
            "object": "refund",
            "amount": amount,
            "balance_transaction": "txn_" + uuid.uuid4().hex[:24],
            "charge": charge["id"],
            "created": int(self.world.now()),
            "currency": charge["currency"],
            "metadata": asked.get("metadata", {}),
            "payment_intent": charge["payment_intent"],
            "reason": asked.get("reason"),
            "status": "succeeded",
        }
        return dict(self.world.objects.put(refund["id"], refund))

    async def retrieve_refund(self, request: web.Request) -> web.Response:
        return await self.one(request, "refund", "refunds.retrieve")

    async def list_refunds(self, request: web.Request) -> web.Response:
        self.check(request)
        asked = await read_form(request, "refunds.list")
        found = [one for one in self.world.objects if one["object"] == "refund"]
        for name in ("charge", "payment_intent"):
            found = [one for one in found if name not in asked or one[name] == asked[name]]
        return self.page(request, found, asked)

    # -- other objects -------------------------------------------------------------------------

    async def one(self, request: web.Request, kind: str, contract: str) -> web.Response:
        self.check(request)
        asked = await read_form(request, contract)
        key = request.match_info["id"]
        found = self.world.objects.get(key)
        if found is None or found["object"] != kind:
            raise Refused(
                404,
                f"No such {kind}: '{key}'",
                code="resource_missing",
                param={"payment_intent": "intent"}.get(kind, "id"),
            )
        return self.answer(found, asked.get("expand", []))

    async def retrieve_intent(self, request: web.Request) -> web.Response:
        return await self.one(request, "payment_intent", "payment_intents.retrieve")

    async def retrieve_charge(self, request: web.Request) -> web.Response:
        return await self.one(request, "charge", "charges.retrieve")

    async def list_intents(self, request: web.Request) -> web.Response:
        self.check(request)
        asked = await read_form(request, "payment_intents.list")
        return self.page(request, [one for one in self.world.objects if one["object"] == "payment_intent"], asked)

    async def balance(self, request: web.Request) -> web.Response:
        self.check(request)
        return self.answer({"object": "balance", "available": [], "livemode": False, "pending": []}, [])

    # -- events --------------------------------------------------------------------------------

    def happen(self, kind: str, thing: Json, origin: Json | None = None) -> None:
        """One event: listed for everybody, sent to the endpoint when it asked for this kind."""
        key = "evt_" + uuid.uuid4().hex[:24]
        sent = kind in self.config.get("events", EVENTS)
        event = {
            "id": key,
            "object": "event",
            "api_version": API_VERSION,
            "created": int(self.world.now()),
            "data": {"object": thing},
            "livemode": False,
            "pending_webhooks": 1 if sent else 0,
            "request": origin or {"id": None, "idempotency_key": None},
            "type": kind,
        }
        self.world.events.put(key, event)
        if sent:
            path = self.world.config.get("hooks", {}).get("stripe", "/hooks/stripe")
            url = self.world.config["public_url"].rstrip("/") + path
            self.postman.send("stripe", f"stripe:{key}", url, json_body(event, pretty=True), kind=kind, ref=key)

    def delivered(self, key: str) -> None:
        event = self.world.events.get(key)
        if event is not None:
            self.world.events.put(key, {**event, "pending_webhooks": 0})

    async def list_events(self, request: web.Request) -> web.Response:
        self.check(request)
        asked = await read_form(request, "events.list")
        found = list(self.world.events)
        kinds = [asked["type"]] if "type" in asked else asked.get("types", [])
        if kinds:
            found = [one for one in found if any(fits(one["type"], kind) for kind in kinds)]
        if "delivery_success" in asked:
            found = [one for one in found if (one["pending_webhooks"] == 0) == asked["delivery_success"]]
        return self.page(request, found, asked)

    async def retrieve_event(self, request: web.Request) -> web.Response:
        self.check(request)
        asked = await read_form(request, "events.retrieve")
        event = self.world.events.get(request.match_info["id"])
        if event is None:
            raise Refused(404, f"No such event: '{request.match_info['id']}'", code="resource_missing", param="id")
        return self.answer(event, asked.get("expand", []))

    # -- answers -------------------------------------------------------------------------------

    def answer(self, value: Json, expand: list[str]) -> web.Response:
        for path in expand:
            value = self.expanded(value, path.split("."), path)
        return web.Response(
            body=orjson.dumps(value, option=orjson.OPT_INDENT_2),
            content_type="application/json",
            headers={"Request-Id": "req_" + uuid.uuid4().hex[:14], "Stripe-Version": API_VERSION},
        )

    def expanded(self, value: Json, keys: list[str], path: str) -> Json:
        key = keys[0]
        if key == "data" and isinstance(value.get("data"), list):
            return {**value, "data": [self.expanded(one, keys[1:], path) for one in value["data"]]}
        if key == "line_items" and value.get("object") == "checkout.session":
            lines = self.world.sessions.get(value["id"])["lines"]
            return {
                **value,
                key: {
                    "object": "list",
                    "data": lines,
                    "has_more": False,
                    "url": f"/v1/checkout/sessions/{value['id']}/line_items",
                },
            }
        if key not in value or (value[key] is not None and not isinstance(value[key], str | dict)):
            raise wrong(f"This property cannot be expanded ({path}).", "expand")
        inside = self.world.objects.get(value[key]) if isinstance(value[key], str) else value[key]
        if inside is None:
            return value
        return {**value, key: self.expanded(inside, keys[1:], path) if keys[1:] else inside}

    def page(self, request: web.Request, oldest_first: list[Json], asked: Json) -> web.Response:
        """Newest first, `limit` 1 to 100 (10), cursors starting_after and ending_before, `created` as instant or range."""
        limit = asked.get("limit", 10)
        if not 1 <= limit <= 100:
            raise wrong("Invalid integer: must be between 1 and 100", "limit", "parameter_invalid_integer")
        found = [one for one in reversed(oldest_first) if created_fits(one, asked.get("created"))]
        keys = [one["id"] for one in found]
        if (after := asked.get("starting_after")) is not None:
            found = found[index_of(keys, after, "starting_after") + 1 :]
        elif (before := asked.get("ending_before")) is not None:
            found = found[: index_of(keys, before, "ending_before")][-limit:]
        body = {"object": "list", "data": found[:limit], "has_more": len(found) > limit, "url": request.path}
        return self.answer(body, asked.get("expand", []))


def index_of(keys: list[str], key: str, param: str) -> int:
    if key not in keys:
        raise Refused(400, f"No such object: '{key}'", code="resource_missing", param=param)
    return keys.index(key)


def created_fits(one: Json, asked: Any) -> bool:
    if asked is None or "created" not in one:
        return True
    if not isinstance(asked, dict):
        return bool(one["created"] == int(asked))
    at = one["created"]
    tests = {"gt": at.__gt__, "gte": at.__ge__, "lt": at.__lt__, "lte": at.__le__}
    return all(tests[name](int(value)) for name, value in asked.items())


def fits(kind: str, wanted: str) -> bool:
    return kind == wanted or (wanted.endswith("*") and kind.startswith(wanted[:-1]))


def replayed(key: str, known: Json, asked: str) -> web.Response:
    if known["asked"] != asked:
        told = "Keys for idempotent requests can only be used with the same parameters they were first used with."
        more = f"Try using a key other than '{key}' if you meant to execute a different request."
        raise Refused(400, f"{told} {more}", "idempotency_error")
    heads = {"Idempotent-Replayed": "true", "Idempotency-Key": key, "Original-Request": "req_" + key[:14]}
    return web.Response(text=known["body"], status=known["status"], content_type="application/json", headers=heads)


def line_of(item: Json, price: Json, path: str) -> Json:
    currency = check_currency(price["currency"], f"{path}[price_data][currency]")
    unit, quantity = price.get("unit_amount"), item.get("quantity", 1)
    if unit is None:
        told = "You must specify either `unit_amount` or `unit_amount_decimal`"
        raise wrong(told, f"{path}[price_data]", "parameter_missing")
    if unit < 0:
        raise wrong("Invalid non-negative integer", f"{path}[price_data][unit_amount]", "parameter_invalid_integer")
    if unit > 99_999_999:
        raise wrong("Amount must be no more than 99999999", f"{path}[price_data][unit_amount]", "amount_too_large")
    if quantity < 1:
        raise wrong("This value must be greater than or equal to 1.", f"{path}[quantity]", "parameter_invalid_integer")
    product = price.get("product_data")
    if product is None or not product["name"].strip():
        raise wrong(
            "You passed an empty string for the product's name.",
            f"{path}[price_data][product_data][name]",
            "parameter_invalid_empty",
        )
    key = "price_" + uuid.uuid4().hex[:24]
    return {
        "id": "li_" + uuid.uuid4().hex[:24],
        "object": "item",
        "amount_discount": 0,
        "amount_subtotal": unit * quantity,
        "amount_tax": 0,
        "amount_total": unit * quantity,
        "currency": currency,
        "description": product["name"],
        "detail": product.get("description"),
        "price": {
            "id": key,
            "object": "price",
            "currency": currency,
            "unit_amount": unit,
            "type": "one_time",
            "livemode": False,
        },
        "quantity": quantity,
    }


def check_amount(total: int, currency: str) -> None:
    """Stripe's smallest charge is about half a US dollar."""
    if 0 < total < 50:
        told = f"The Checkout Session's total amount due must add up to at least {spoken(50, currency)} {currency}"
        raise Refused(400, told, code="amount_too_small")


def spoken(amount: int, currency: str) -> str:
    if currency in ZERO_DECIMALS:
        return f"{amount}"
    digits = 3 if currency in THREE_DECIMALS else 2
    return f"{amount / 10**digits:.{digits}f}"


def details(email: str | None) -> Json | None:
    if email is None:
        return None
    return {"address": None, "email": email, "name": None, "phone": None, "tax_exempt": "none", "tax_ids": []}


def origin_of(request: web.Request) -> Json:
    return {"id": "req_" + uuid.uuid4().hex[:14], "idempotency_key": request.headers.get("Idempotency-Key")}


def checkout_of(kept: Json) -> Json:
    """A session as the control API lists it."""
    session = kept["session"]
    names = (
        "id",
        "url",
        "status",
        "payment_status",
        "currency",
        "success_url",
        "cancel_url",
        "customer_email",
        "created",
        "expires_at",
    )
    shown = {name: session[name] for name in names}
    return {
        **shown,
        "amount": session["amount_total"],
        "metadata": session["metadata"],
        "reference": session["client_reference_id"],
    }
