"""Which shapes of rich messages Twilio holds for us: each is created once, and known to every process by the database."""

import asyncio
import hashlib
import time
from typing import Any

import structlog
from aiohttp import ClientError
from twilio.base.exceptions import TwilioException
from twilio.rest import Client
from twilio.rest.content.v1.content import ContentList

from bot.content import Content
from models.fields import packed
from models.settings import forget, keep_first, kept

REST = 60.0  # seconds in which a shape that was refused is not tried again

log = structlog.get_logger()


class Contents:
    """The ContentSids of one account."""

    def __init__(self, client: Client, account: str) -> None:
        self.client, self.account = client, account
        self.known: dict[str, str] = {}
        self.resting: dict[str, float] = {}
        self.making = asyncio.Lock()

    async def sid(self, content: Content) -> str | None:
        """The ContentSid of its shape, created now where there is none; None where Twilio will not have it, or is away."""
        name = self._name(content.shape)
        if name in self.known:
            return self.known[name]
        async with self.making:
            found = self.known.get(name) or await kept(name) or await self._create(name, content)
        if found:
            self.known[name] = found
        return found

    async def gone(self, content: Content) -> None:
        """Twilio has it no more, or not as we think: it is created anew next time."""
        name = self._name(content.shape)
        self.known.pop(name, None)
        await forget(name)

    def _name(self, shape: dict[str, Any]) -> str:
        return f"content:{hashlib.sha256(packed([self.account, shape]).encode()).hexdigest()[:40]}"

    async def _create(self, name: str, content: Content) -> str | None:
        if time.monotonic() < self.resting.get(name, 0.0):
            return None
        kind = next(iter(content.shape))
        asked = ContentList.ContentCreateRequest({
            "friendly_name": f"bellhop_{kind.partition('/')[2].replace('-', '_')}_{name[-8:]}", "language": "en",
            "variables": dict.fromkeys(content.values, "text"), "types": content.shape,
        })  # fmt: skip
        try:
            made = await self.client.content.v1.contents.create_async(asked)
        except (TwilioException, ClientError, TimeoutError, OSError) as refusal:
            log.warning("a rich message goes as text", kind=kind, why=str(refusal)[:200])
            self.resting[name] = time.monotonic() + REST
            return None
        return await self._first(name, str(made.sid))

    async def _first(self, name: str, sid: str) -> str:
        """Of several processes that created the same shape at once, one is right; the others take theirs away again."""
        found = await keep_first(name, sid)
        if found != sid:
            try:
                await self.client.content.v1.contents(sid).delete_async()
            except (TwilioException, ClientError, TimeoutError, OSError):
                log.warning("a shape that is there twice could not be deleted", sid=sid)
        return found
