"""Whoever knocks at the hooks: genuine Twilio, Telegram and Stripe, forgers, and what they leave behind in the database."""

import hmac
import io
import json
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import aiohttp
from twilio.request_validator import RequestValidator

from models.database import dialect, read
from models.fields import unpacked
from tests.people import Bellhop, Person

DATA = Path(__file__).parents[3] / "shared" / "data"  # beside the checkout, where the texts of others are kept
START = {
    "ana": "airport to Bávaro tomorrow at 3pm, one way, 2 adults",
    "luis": "aeropuerto a Bávaro mañana a las 3 pm, solo ida, 2 adultos",
}


class Door:
    """The hooks of a running program, knocked at directly. Every call gives the status."""

    def __init__(self, bellhop: Bellhop) -> None:
        self.bellhop, self.settings = bellhop, bellhop.program.settings
        self.number = 0

    async def knock(self, path: str, body: Any, headers: dict[str, str] | None = None) -> int:
        """One POST as it is."""
        async with self.bellhop.http.post(
            self.bellhop.url + path, data=io.BytesIO(body) if isinstance(body, bytes) else body, headers=headers or {}
        ) as answer:
            await answer.read()
            return answer.status

    async def twilio(self, form: dict[str, str], path: str = "/hooks/whatsapp", *, signature: str | None = None) -> int:
        """A form, signed by Twilio unless another signature is given; an empty one is left away."""
        genuine = self.signature(self.bellhop.url + path, form) if signature is None else signature
        kind = {"Content-Type": "application/x-www-form-urlencoded; charset=UTF-8"}
        return await self.knock(path, urlencode(form), kind | ({"X-Twilio-Signature": genuine} if genuine else {}))

    def signature(self, url: str, form: dict[str, str]) -> str:
        """Twilio's signature, made by its own SDK."""
        return str(RequestValidator(self.settings.twilio_auth_token.get_secret_value()).compute_signature(url, form))

    async def telegram(self, update: Any, *, secret: str | None = None) -> int:
        """An update (or raw bytes), with the secret of our hook unless another is given; an empty one is left away."""
        known = self.settings.telegram_secret.get_secret_value() if secret is None else secret
        body = update if isinstance(update, bytes) else json.dumps(update).encode()
        return await self.knock("/hooks/telegram", body, {"X-Telegram-Bot-Api-Secret-Token": known} if known else {})

    async def stripe(self, event: Any, *, header: str | None = None) -> int:
        """An event (or raw bytes), signed by Stripe now unless another header is given; an empty one is left away."""
        body = event if isinstance(event, bytes) else json.dumps(event).encode()
        signed = self.seal(body) if header is None else header
        return await self.knock("/hooks/stripe", body, {"Stripe-Signature": signed} if signed else {})

    def seal(self, body: bytes, at: int | None = None) -> str:
        """Stripe's header over a body at this second of real time."""
        at, secret = at or int(time.time()), self.settings.stripe_webhook_secret.get_secret_value()
        made = hmac.digest(secret.encode(), f"{at}.".encode() + body, "sha256").hex()
        return f"t={at},v1={made}"

    def message(self, text: str, **more: str) -> dict[str, str]:
        """Ana's words as Twilio's form, each time another message."""
        self.number += 1
        sid = f"SM{self.number:032x}"
        return {
            "MessageSid": sid,
            "From": "whatsapp:+46701740605",
            "Body": text,
            "ProfileName": "Ana Lindqvist",
            "NumMedia": "0",
        } | more

    def update(self, **content: Any) -> dict[str, Any]:
        """A message of Luis's as Telegram's update, each time another one."""
        self.number += 1
        who = {"id": 700100277, "is_bot": False, "first_name": "Luis", "language_code": "es"}
        chat = {"id": 700100277, "type": "private", "first_name": "Luis"}
        return {
            "update_id": 880000 + self.number,
            "message": {"message_id": 5000 + self.number, "date": 1795249649, "chat": chat, "from": who, **content},
        }

    def callback(self, data: str) -> dict[str, Any]:
        """Luis pressing a key with this behind it."""
        message = self.update(text="…")
        told = message["message"]
        query = {"id": str(self.number), "from": told["from"], "message": told, "chat_instance": "1", "data": data}
        return {"update_id": message["update_id"], "callback_query": query}


async def everything() -> dict[str, list[dict[str, Any]]]:
    """Every row of every table: to see that nothing left a trace."""
    listing = {
        "sqlite": "SELECT name FROM sqlite_master WHERE type = 'table'",
        "postgres": "SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public'",
    }
    names = sorted(row["name"] for row in await read(listing[dialect()]))
    return {name: sorted(await read(f'SELECT * FROM "{name}"'), key=repr) for name in names}


async def address(guest: Person) -> str:
    """Where the guest is written to on their channel."""
    known = guest.bellhop.sim.world.people.get(guest.key)
    assert known is not None
    return str(known[guest.channel])


async def talk(guest: Person) -> dict[str, Any]:
    """The guest's talk as it is kept; empty when there is none."""
    rows = await read(
        "SELECT t.state FROM talk t JOIN recipient r ON r.id = t.recipient_id WHERE r.channel = :channel AND r.address = :at",
        channel=guest.channel, at=await address(guest),
    )  # fmt: skip
    return dict(unpacked(rows[0]["state"])) if rows else {}


async def draft(guest: Person) -> dict[str, Any]:
    """What the guest has answered so far."""
    return dict((await talk(guest)).get("draft", {}))


async def answer(guest: Person) -> set[str]:
    """The blocks of the answer to what the guest wrote last, once it has come to the phone."""
    await guest.hears()
    rows = await read(
        "SELECT d.payload FROM delivery d WHERE d.business_key LIKE 'answer:' || (SELECT CAST(MAX(i.id) AS TEXT) FROM inbound i "
        "JOIN recipient r ON r.id = i.recipient_id WHERE r.channel = :channel AND r.address = :at) || ':%'",
        channel=guest.channel, at=await address(guest),
    )  # fmt: skip
    payloads = [unpacked(row["payload"]) for row in rows]
    return {each["block"] for payload in payloads for each in [*payload.get("before", []), payload]}


async def says(guest: Person, *answers: str) -> set[str]:
    """Write these one after the other, each answered before the next; gives the blocks of the last answer."""
    blocks: set[str] = set()
    for one in answers:
        assert await guest.says(one) == 200
        blocks = await answer(guest)
    return blocks


async def count(table: str) -> int:
    """Rows of a table."""
    return int((await read(f"SELECT COUNT(*) AS n FROM {table}"))[0]["n"])


async def drips(url: str, head: dict[str, str], pieces: Any) -> tuple[int, bytes]:
    """A POST whose body is whatever `pieces` gives; gives status and what was answered."""
    async with aiohttp.ClientSession() as http, http.post(url, data=pieces, headers=head) as given:
        return given.status, await given.read()
