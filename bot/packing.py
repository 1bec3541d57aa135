"""Packs a delivery for its way: the words drawn, the addresses of its links, its picture and documents made."""

import asyncio
import hashlib
from dataclasses import asdict
from datetime import datetime
from typing import Any

import structlog

from bot import letters, photos, ways, words
from bot.carriers import Attachment, Attempt, Enclosed, Without
from bot.courtesy import Courtesy
from bot.documents import Documents, Undrawn
from bot.doors import links as links_to
from bot.words import Drawn
from models import catalogs, doors, links
from models.catalog import Brand
from models.database import read, transaction
from models.delivery import is_for_the_house
from models.fields import unpacked
from models.lanes import Outgoing
from models.papers import paper_token

SOON = 8.0  # seconds that a message in a chat waits for a paper
_KINDS = {"picture": "ticket_picture"}  # a document's kind, where the document process calls it otherwise
_NAMES = {"ticket": {"en": "ticket", "es": "boleto"}, "invoice": {"en": "invoice", "es": "factura"}}
WITH_ART = ("booking_confirmed_guest", "guest_link")  # letters whose head is the brand's art
_PATHS = {"booking": "", "pay": "/pay", "ticket": "/ticket.pdf", "invoice": "/invoice.pdf", "calendar": "/booking.ics"}

log = structlog.get_logger()


class Packing:
    """Knows where we are reached, the secret of links, and the process that makes documents."""

    def __init__(self, url: str, secret: bytes, documents: Documents) -> None:
        self.url, self.secret, self.documents = url, secret, documents
        self.courtesy = Courtesy()
        self._drawing: dict[tuple[int, str], asyncio.Task[bytes]] = {}

    async def close(self) -> None:
        """Leave what is being drawn; it is drawn when it is next needed."""
        drawing = list(self._drawing.values())
        for task in drawing:
            task.cancel()
        await asyncio.gather(*drawing, return_exceptions=True)

    async def pack(self, out: Outgoing, now: datetime) -> Attempt:
        """A delivery as its channel's carrier takes it; a call to the payment provider needs no words. Raises `Without`."""
        if out.channel == "mail":
            return await self.mail(out, now)
        return await self.chat(out, now) if "block" in out.payload else Attempt(now, Drawn(""))

    async def chat(self, out: Outgoing, now: datetime) -> Attempt:
        """A chat message, drawn in the reader's language."""
        drawn = words.draw(out.payload, out.language, out.channel)
        enclosed = [*await self._papers(out, now), *await self._photos(out, drawn.language)]
        return Attempt(now, drawn, None, await self.urls(out), tuple(enclosed))

    async def _papers(self, out: Outgoing, now: datetime) -> list[Enclosed]:
        """The booking's papers, then the picture of its ticket. Raises `Without` those that are not drawn in time."""
        picture, papers = out.payload.get("picture"), out.payload.get("documents", ())
        if out.booking is None or not (picture or papers):
            return []
        reference = (await read("SELECT reference FROM booking WHERE id = :id", id=out.booking))[0]["reference"]
        drawn = {str(picture): await self.document(out.booking, str(picture))} if picture else {}
        drawn |= {kind: content for kind in papers if (content := await self._in_time(out.booking, kind))}
        if late := [kind for kind in papers if kind not in drawn]:
            raise Without(*late)
        found = []
        for kind in (kind for kind in (*papers, picture) if kind):
            name = f"{reference}.png" if kind == picture else f"{reference}-{_named(kind, out.language)}.pdf"
            url = f"{self.url}/media/{paper_token(self.secret, out.booking, kind, now)}/{name}"
            found.append(Enclosed(name, drawn[kind], url, kind=kind))
        return found

    async def _in_time(self, booking: int, kind: str) -> bytes | None:
        """A paper for a chat; None when it is not drawn soon: the words do not wait for it, and a link of theirs leads to it."""
        row = await self._newest(booking, kind)
        if row["content"] is not None:  # it may have left with an earlier attempt: then it is not left out now
            return bytes(row["content"])
        try:
            async with asyncio.timeout(SOON):
                return await self.document(booking, kind)
        except (TimeoutError, Undrawn) as why:
            log.warning("a paper was left out", booking=booking, kind=kind, why=type(why).__name__)
            return None

    async def _photos(self, out: Outgoing, language: str) -> list[Enclosed]:
        """The catalogue's pictures, as far as they are there."""
        if not out.payload.get("photos"):
            return []
        brand = (await catalogs.on_sale())[1].brand.key
        return [
            Enclosed(
                file, content, self.url + photos.path_of(file, content), alt.get(language, ""), lasting=True, kind=file
            )
            for file, content, alt in photos.shown(brand, out.payload["photos"])
        ]

    async def mail(self, out: Outgoing, now: datetime) -> Attempt:
        """A letter with its documents."""
        brand = asdict((await catalogs.on_sale())[1].brand)
        if "story" not in out.payload.get("facts", {}):  # of no booking: it is said in a talk that is held by mail
            return await self._talking(out, now, brand)
        attached = [await self._attachment(out, kind, now) for kind in out.payload.get("documents", [])]
        shown = [
            {"kind": kind, "detail": _size(one)}
            for kind, one in zip(out.payload.get("documents", []), attached, strict=True)
        ]
        facts = {**out.payload["facts"], "documents": shown}
        head = await self._head(out, facts, brand)
        urls = dict.fromkeys((*_PATHS, "desk", "partner"), "") | await self.urls(out)
        await self.courtesy.turn()
        letter = letters.letter(out.kind, facts, out.language, brand, urls, head)
        return Attempt(now, Drawn(letter.text), letter, urls, attachments=tuple(attached))

    async def _talking(self, out: Outgoing, now: datetime, brand: dict[str, Any]) -> Attempt:
        """What is said in a talk, as a letter."""
        urls = await self.urls(out)
        drawn = words.draw(out.payload, out.language, out.channel)
        await self.courtesy.turn()
        letter = letters.in_a_talk(drawn, out.payload.get("facts", {}), out.language, brand, urls)
        return Attempt(now, Drawn(letter.text), letter, urls)

    async def _head(self, out: Outgoing, facts: dict[str, Any], brand: dict[str, Any]) -> bytes | None:
        if out.kind not in WITH_ART:
            return None
        heading = letters.heading(out.kind, facts, out.language)
        return await self.documents.make("mail_picture", heading, brand, out.language)

    async def _attachment(self, out: Outgoing, kind: str, now: datetime) -> Attachment:
        reference = out.payload["facts"]["story"]["reference"]
        if kind == "calendar":
            return Attachment(f"{reference}.ics", await self._cancellation(out, now), "calendar")
        return Attachment(f"{reference}-{_named(kind, out.language)}.pdf", await self.document(out.booking or 0, kind))

    async def _cancellation(self, out: Outgoing, now: datetime) -> bytes:
        """What takes a booking out of its guest's calendar again."""
        from bot.calendars import ics  # noqa: PLC0415  # a tenth of a second to load, which a start need not wait for

        brand = (await catalogs.on_sale())[1].brand
        story = out.payload["facts"]["story"]
        return await asyncio.to_thread(ics, story, brand, out.language, stands="over", made=now, cancels=True)

    async def document(self, booking: int, kind: str) -> bytes:
        """A booking's document; drawn when it is first needed, and then kept as it is for good.

        Whoever needs it meanwhile waits for the same drawing, which goes on when they no longer do. Raises `Undrawn`;
        LookupError when none was issued.
        """
        task = self._drawing.get((booking, kind))
        if task is None:
            task = self._drawing[booking, kind] = asyncio.create_task(self._document(booking, kind))
            task.add_done_callback(lambda _: self._drawing.pop((booking, kind)))
        return await asyncio.shield(task)

    async def _document(self, booking: int, kind: str) -> bytes:
        row = await self._newest(booking, kind)
        return bytes(row["content"]) if row["content"] is not None else await self._drawn(kind, row)

    async def _newest(self, booking: int, kind: str) -> dict[str, Any]:
        rows = await read(
            "SELECT id, content, facts, language FROM document WHERE booking_id = :booking AND kind = :kind "
            "ORDER BY version DESC LIMIT 1",
            booking=booking,
            kind=kind,
        )
        if not rows:
            raise LookupError(f"booking {booking} has no {kind}")
        return rows[0]

    async def _drawn(self, kind: str, row: dict[str, Any]) -> bytes:
        brand = asdict((await catalogs.on_sale())[1].brand)
        made = await self.documents.make(_KINDS.get(kind, kind), unpacked(row["facts"]), brand, row["language"])
        async with transaction() as run:
            await run(
                "UPDATE document SET content = :content, sha256 = :sha WHERE id = :id AND sha256 IS NULL",
                content=made, sha=hashlib.sha256(made).hexdigest(), id=row["id"],
            )  # fmt: skip
        kept = await read("SELECT content FROM document WHERE id = :id", id=row["id"])
        return bytes(kept[0]["content"])

    async def urls(self, out: Outgoing) -> dict[str, str]:
        """Where this delivery's links lead. Derived now and never kept."""
        found = {"terms": f"{self.url}/terms"}
        wanted = {link["purpose"] for link in out.payload.get("links", ())}
        if "door" in out.payload.get("facts", {}) or wanted & {"call_us", "chat"}:
            found |= await self._ways(out.payload["facts"], out.language)
        if out.booking is None:
            return found
        reference = (await read("SELECT reference FROM booking WHERE id = :id", id=out.booking))[0]["reference"]
        found["desk"] = f"{self.url}/desk/bookings/{reference}"
        guest = f"{self.url}/b/{await self._token(out.booking)}"
        if not (is_for_the_house(out.kind) or out.kind.endswith("_lead")):
            found |= {purpose: guest + path for purpose, path in _PATHS.items()} | _lead(out)
        return found

    async def _ways(self, facts: dict[str, Any], language: str) -> dict[str, str]:
        """How we are reached in other ways: by a call, in the chat that is named, or where a talk goes on by the link with this number."""
        brand = (await catalogs.on_sale())[1].brand
        ways_to = dict(brand.ways())
        found = {"call_us": ways.link("phone", brand.phone)} if brand.phone else {}
        if (chat := facts.get("channel")) in ways_to:
            found["chat"] = ways.link(chat, ways_to[chat])
        return found | (self._hops(brand, facts, language) if "door" in facts else {})

    def _hops(self, brand: Brand, facts: dict[str, Any], language: str) -> dict[str, str]:
        """The links with which a talk goes on in another channel: in the one that was asked for, or in either."""
        token = doors.kept_token(self.secret, int(facts["door"]), doors.HOP)
        said = words.block("hop_words", language, {"brand": brand.name})
        made = links_to(said, token, brand.whatsapp, brand.telegram)
        there = {"whatsapp": made.whatsapp or "", "telegram": made.telegram or ""}
        return {
            "hop": there.get(facts.get("channel", ""), ""),
            **{f"hop_{channel}": url for channel, url in there.items()},
        }

    async def _token(self, booking: int) -> str:
        version = (await read("SELECT link_version FROM booking WHERE id = :id", id=booking))[0]["link_version"]
        return links.token(self.secret, booking, "guest", int(version))


def _named(kind: str, language: str) -> str:
    """What a paper is called in the name of its file."""
    return _NAMES[kind].get(words.spoken(language), kind)


def _lead(out: Outgoing) -> dict[str, str]:
    """Where whoever drives is called and written to, under a message that offers it."""
    offered = any(link["purpose"] in ("lead", "call") for link in out.payload.get("links", ()))
    phone = (out.payload["facts"].get("lead") or {}).get("phone") if offered else None
    return {"lead": ways.link("whatsapp", phone, ""), "call": ways.link("phone", phone, "")} if phone else {}


def _size(document: Attachment) -> str:
    return f"{document.subtype.upper()}, {max(len(document.content) // 1024, 1)} KB"


def without_links(text: str, urls: dict[str, str]) -> str:
    """A text for the transcript: a secret address never stands in it."""
    leading = filter(None, urls.values())  # a letter may lead nowhere for a purpose
    for address in sorted(leading, key=len, reverse=True):
        text = text.replace(address, "[link]")
    return text
