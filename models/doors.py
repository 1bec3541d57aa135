"""Entry doors: a request in a link, signed and short; where our guests come from; a talk that goes on elsewhere.

A token is at most 64 characters of [A-Za-z0-9_-] (Telegram: the payload of /start). Whatever fits in it is in it; what does not
is kept in a row that the token names.
"""

import base64
import binascii
import hmac
import re
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import orjson
from tortoise import fields
from tortoise.models import Model

from models import links
from models.database import Ask, Rows, Run, read
from models.fields import Instant, Json, micros, packed, unpacked
from models.refusal import TooOften

LONGEST = 64  # characters; Telegram: a deep link's payload
DERIVED, KEPT, HOP = "bhd", "bhk", "bhh"
_TOKEN = re.compile(r"(?<![\w-])(?:bhd|bhk|bhh)[A-Za-z0-9_-]{13,61}(?![\w-])")
_BRACKETED = re.compile(r"[\[(]\s*(?:bhd|bhk|bhh)[A-Za-z0-9_-]{13,61}\s*[\])]")
MOST_CALLS = (
    60  # a minute, all together, taps on "call" and wishes to be called each: a counter is no place for a flood
)
A_NUMBER, AN_ADDRESS = (
    3,
    30,
)  # wishes to be called an hour: one phone, and one internet address, which all of a hotel may share
_SEAL = 8  # bytes of HMAC-SHA256 that a token carries
_DAY_ZERO = date(2026, 1, 1)
_FOR_EVER = 0
_INFLATED = 4096  # bytes at most: what is longer is not ours
# What drafts are made of, the commonest last. The tokens on printed cards are read by it: add another prefix, never change this.
_DICTIONARY = (
    b'"notes":"occasion":"honeymoon""birthday""anniversary""plan":"phone":"+1829"+1809"email":"@gmail.com"name":"'
    b'"return_flight":"unknown""return_time":"return_date":"2027-2026-"hours":"room":"stops":[{"typed":","zone":"bavaro"}]'
    b'"departure":"isla_saona"romance"family"chauffeur"extras":{"child_seat":1,"baby_seat":1}"luggage":"trip":"return""one_way"'
    b'"vehicle":"sedan""suv""van""minibus""flight":"unknown"arena_blanca"palma_real"hard_rock"cap_cana"bayahibe"'
    b'"party":{"adults":2,"children":[4],"infants":1}"children":[],"infants":0},"time":"00","date":"2026-1'
    b'"dropoff":{"place":"bavaro"},"pickup":{"place":"puj"},["es","web",{"service":"transfer","pickup":{"place":"'
)


class Source(Model):
    """Where guests come from, by a card or a link of its own: a hotel's desk, a stand, a partner's page."""

    key = fields.CharField(max_length=24, primary_key=True)
    name = fields.CharField(max_length=80)
    made = Instant()

    class Meta:
        table = "source"


class Door(Model):
    """A link that is kept: a request that does not fit in itself, one that is good once, or (`hop`) a talk that goes on elsewhere, once."""

    id = fields.BigIntField(primary_key=True)
    kind = fields.CharField(max_length=8)  # request | once | hop
    draft = Json()
    language = fields.CharField(max_length=8)
    source = fields.CharField(max_length=24, null=True)
    wording = fields.IntField()  # of the words that went with it
    recipient: fields.ForeignKeyNullableRelation[Any] = fields.ForeignKeyField(
        "models.Recipient", related_name="hops", on_delete=fields.RESTRICT, null=True
    )
    until = Instant(null=True)
    taken_by = fields.BigIntField(null=True)
    made = Instant()

    class Meta:
        table = "door"


class Opening(Model):
    """That a door was opened: by whom, how (chat, call, call_back, mail), from which source."""

    id = fields.BigIntField(primary_key=True)
    source = fields.CharField(max_length=24)
    how = fields.CharField(max_length=12)
    recipient: fields.ForeignKeyNullableRelation[Any] = fields.ForeignKeyField(
        "models.Recipient", related_name="openings", on_delete=fields.RESTRICT, null=True
    )
    draft = Json()
    made = Instant()

    class Meta:
        table = "opening"
        indexes = (("source",), ("made",))


@dataclass(frozen=True, slots=True)
class Known:
    """What a link knows. `wording` tells its words from edited ones; of a hop, `number` is its row and `recipient` whose talk it is."""

    draft: Mapping[str, Any]
    language: str
    source: str | None
    wording: int = 0
    number: int | None = None
    recipient: int | None = None
    taken_by: int | None = None
    once: bool = False
    """It is for one guest, and good until they have opened it."""

    @property
    def hop(self) -> bool:
        """Whether a talk goes on by it."""
        return self.recipient is not None


def token(
    secret: bytes, draft: Mapping[str, Any], language: str, source: str | None, *, words: str = "",
    until: datetime | None = None,
) -> str | None:  # fmt: skip
    """A request in a token, good for the words that go with it and until the end of a day; None when it is too long."""
    days = (until.astimezone(UTC).date() - _DAY_ZERO).days if until else _FOR_EVER
    squeezed = _squeezed([language, source, dict(draft)])
    body = days.to_bytes(2, "big") + wording(words).to_bytes(2, "big") + squeezed
    made = DERIVED + _text(_seal(secret, DERIVED, body) + body)
    return made if len(made) <= LONGEST else None


def kept_token(secret: bytes, number: int, kind: str = KEPT) -> str:
    """The token of a row."""
    body = number.to_bytes(6, "big")
    return kind + _text(_seal(secret, kind, body) + body)


def wording(words: str) -> int:
    """A number for these words, however they are spaced and whatever token they carry; 0 for none."""
    said = " ".join(without_token(words).split())
    return (zlib.crc32(said.encode("utf-8", "replace")) % 65535) + 1 if said else 0


def token_in(words: str) -> str | None:
    """What looks like a token of ours among these words."""
    found = _TOKEN.search(words)
    return found[0] if found else None


def without_token(words: str) -> str:
    """The words a person sees: without the token and, where it stands alone, its brackets."""
    return _TOKEN.sub("", _BRACKETED.sub("", words)).strip()


def readable(words: str) -> str:
    """Words as the house may read and keep them: no token stands in them, and no address that opens a booking."""
    return links.masked(without_token(words) if "bh" in words else words)


async def known_by(secret: bytes, given: str, now: datetime, ask: Ask = read) -> Known | None:
    """What a token knows; None for one that was made up, changed or has lapsed."""
    prefix, body = given[:3], _opened(secret, given)
    if body is None:
        return None
    if prefix == DERIVED:
        return _derived(body, now)
    return await _kept(ask, prefix == HOP, int.from_bytes(body, "big"), now)


def _opened(secret: bytes, given: str) -> bytes | None:
    """The body of a token whose seal is ours."""
    try:
        whole = base64.urlsafe_b64decode(given[3:] + "=" * (-len(given[3:]) % 4))
    except (binascii.Error, ValueError):
        return None
    seal, body = whole[:_SEAL], whole[_SEAL:]
    ours = hmac.compare_digest(seal, _seal(secret, given[:3], body))
    return body if ours and _text(whole) == given[3:] else None  # the last letter has bits that nobody reads


def _derived(body: bytes, now: datetime) -> Known | None:
    days = int.from_bytes(body[:2], "big")
    if days != _FOR_EVER and now.astimezone(UTC).date() > _DAY_ZERO + timedelta(days=days):
        return None
    language, source, draft = _unsqueezed(body[4:])
    return Known(draft, language, source, int.from_bytes(body[2:4], "big"))


async def _kept(ask: Ask, hop: bool, number: int, now: datetime) -> Known | None:
    rows = await ask("SELECT * FROM door WHERE id = :id", id=number)
    if (
        not rows
        or (rows[0]["kind"] == "hop") != hop
        or (rows[0]["until"] is not None and rows[0]["until"] < micros(now))
    ):
        return None
    row = rows[0]
    return Known(
        unpacked(row["draft"]), row["language"], row["source"], int(row["wording"]), number, row["recipient_id"],
        row["taken_by"], row["kind"] == "once",
    )  # fmt: skip


async def keep(  # one row
    run: Run, draft: Mapping[str, Any], language: str, source: str | None, now: datetime, *, words: str = "",
    until: datetime | None = None, hop_of: int | None = None, once: bool = False,
) -> int:  # fmt: skip
    """Keep a request that is too long for a token or good `once`, or (`hop_of` a recipient) that their talk may go on elsewhere; its number."""
    rows = await run(
        "INSERT INTO door (kind, draft, language, source, wording, recipient_id, until, made) VALUES (:kind, :draft, "
        ":language, :source, :wording, :recipient, :until, :now) RETURNING id",
        kind="hop" if hop_of is not None else "once" if once else "request", draft=packed(dict(draft)), language=language, source=source,
        wording=wording(words), recipient=hop_of, until=micros(until) if until else None, now=micros(now),
    )  # fmt: skip
    return int(rows[0]["id"])


async def take(run: Run, hop: int, recipient: int) -> bool:
    """Use up a link that is good once; false when somebody did before."""
    rows = await run(
        "UPDATE door SET taken_by = :by WHERE id = :id AND taken_by IS NULL RETURNING id", by=recipient, id=hop
    )
    return bool(rows)


async def opened(
    run: Run, source: str, how: str, now: datetime, *, recipient: int | None = None, draft: Mapping[str, Any] | None = None
) -> int:  # fmt: skip
    """Count that a door was opened."""
    rows = await run(
        "INSERT INTO opening (source, how, recipient_id, draft, made) VALUES (:source, :how, :recipient, :draft, :now) "
        "RETURNING id",
        source=source, how=how, recipient=recipient, draft=packed(dict(draft or {})), now=micros(now),
    )  # fmt: skip
    return int(rows[0]["id"])


async def refuse_flood(run: Run, now: datetime, *, recipient: int, seen_from: str) -> None:
    """Whether one more may ask to be called, counted over what is kept, so that it holds for all servers together; counts it.

    `seen_from` is where the page was opened, in a word that tells nobody the address. Refuses with TooOften.
    """
    hour, minute = micros(now - timedelta(hours=1)), micros(now - timedelta(minutes=1))
    asked = "SELECT COUNT(*) AS n FROM opening WHERE made > :since AND how = "
    counted = {
        "number": (await run(f"{asked} 'call_back' AND recipient_id = :to", since=hour, to=recipient), A_NUMBER),
        "address": (await run(f"{asked} 'asked' AND source = :it", since=hour, it=seen_from), AN_ADDRESS),
        "all": (await run(f"{asked} 'call_back'", since=minute), MOST_CALLS),
    }
    for whose, (rows, most) in counted.items():
        if int(rows[0]["n"]) >= most:
            raise TooOften(of=whose)
    await opened(run, seen_from, "asked", now)


def place_of(secret: bytes, address: str) -> str:
    """An internet address as a word of 24 characters, which is no source's key and leads back to nobody."""
    return "@" + hmac.digest(secret, b"seen from:" + address.encode(), "sha256").hex()[:23]


async def name_of(source: str | None, ask: Ask = read) -> str | None:
    """What a source is called; one that the house itself is (`web`, `mail`) has no name of its own."""
    rows = await ask("SELECT name FROM source WHERE key = :key", key=source) if source else []
    return str(rows[0]["name"]) if rows else None


async def counted() -> Rows:
    """Every source with how often its doors were opened, and what came of it: requests sent, and paid for."""
    return await read(
        "SELECT s.key, s.name, s.made, "
        "(SELECT COUNT(*) FROM opening o WHERE o.source = s.key AND o.how = 'chat') AS opened, "
        "(SELECT COUNT(*) FROM opening o WHERE o.source = s.key AND o.how <> 'chat') AS called, "
        "(SELECT COUNT(*) FROM booking b WHERE b.source = s.key) AS sent, "
        "(SELECT COUNT(DISTINCT p.booking_id) FROM payment p JOIN booking b ON b.id = p.booking_id "
        "WHERE b.source = s.key AND p.kind = 'payment' AND p.apart IS NULL) AS paid "
        "FROM source s ORDER BY s.name"
    )


async def calls() -> Rows:
    """The newest calls: who is to be called or has called, and taps on "call", with the talk where there is one."""
    return await read(
        "SELECT o.id, o.source, o.how, o.made, s.name, r.name AS who, r.address, t.id AS talk FROM opening o "
        "LEFT JOIN source s ON s.key = o.source LEFT JOIN recipient r ON r.id = o.recipient_id "
        "LEFT JOIN talk t ON t.recipient_id = r.id WHERE o.how IN ('call', 'call_back') ORDER BY o.id DESC LIMIT 30"
    )


def _squeezed(values: Any) -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, -15, zdict=_DICTIONARY)
    return packer.compress(orjson.dumps(values)) + packer.flush()


def _unsqueezed(body: bytes) -> Any:
    return orjson.loads(zlib.decompressobj(-15, zdict=_DICTIONARY).decompress(body, _INFLATED))


def _seal(secret: bytes, kind: str, body: bytes) -> bytes:
    return hmac.digest(secret, f"door:{kind}:".encode() + body, "sha256")[:_SEAL]


def _text(body: bytes) -> str:
    return base64.urlsafe_b64encode(body).decode().rstrip("=")
