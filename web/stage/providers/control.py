"""The strings behind the stage: what people in the sandbox write and tap, the switches, the clock, and everything there is to see."""

import asyncio
from typing import Any

import orjson
from aiohttp import web

from .mailbox import Mailbox
from .postman import Postman
from .stripe import Stripe, checkout_of
from .telegram import Telegram
from .twilio import SPOKEN, Twilio
from .world import POSITIONS, PROVIDERS, Json, World, shown

CHANNELS = ("whatsapp", "telegram")
KINDS = ("text", "location", "voice", "photo", "sticker", "contact", "document")
FIRST_ANSWER = 16.0
SHOWN_SAFELY = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:",
}


class Wrong(Exception):
    """A control call that cannot be done, with a sentence that says why."""

    def __init__(self, status: int, told: str) -> None:
        super().__init__(told)
        self.status, self.told = status, told

    def response(self) -> web.Response:
        return give({"error": self.told}, self.status)


def give(value: Any, status: int = 200) -> web.Response:
    return web.Response(
        body=orjson.dumps(value), status=status, content_type="application/json", headers={"Cache-Control": "no-store"}
    )


async def asked(request: web.Request) -> Json:
    body = await request.read()
    try:
        value = orjson.loads(body) if body.strip() else {}
    except orjson.JSONDecodeError:
        raise Wrong(400, "the body is not JSON") from None
    if not isinstance(value, dict):
        raise Wrong(400, "the body is not a JSON object")
    return value


class Control:
    """Everything under /sim/ but the checkout page."""

    def __init__(
        self, world: World, postman: Postman, twilio: Twilio, telegram: Telegram, stripe: Stripe, mailbox: Mailbox
    ) -> None:
        self.world, self.postman, self.stripe, self.mailbox = (world, postman, stripe, mailbox)
        self.twilio, self.telegram = twilio, telegram
        self.channels: dict[str, Twilio | Telegram] = {"whatsapp": twilio, "telegram": telegram}
        self.taken: dict[str, tuple[list[str], str | None]] = {}

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/sim/state", self.state),
            web.get("/sim/events", self.events),
            web.post("/sim/people", self.add_person),
            web.patch("/sim/people/{person}", self.change_person),
            web.get("/sim/chats/{person}/{channel}", self.chat),
            web.post("/sim/chats/{person}/{channel}/messages", self.write),
            web.post("/sim/chats/{person}/{channel}/taps", self.tap),
            web.get("/sim/mails", self.mails),
            web.get("/sim/mails/{mail}", self.mail),
            web.get("/sim/mails/{mail}/raw", self.mail_raw),
            web.get("/sim/mails/{mail}/attachments/{n}", self.attachment),
            web.get("/sim/media/{media}", self.media),
            web.get("/sim/checkouts", self.checkouts),
            web.get("/sim/wire", self.wire),
            web.post("/sim/wire/{n}/again", self.again),
            web.post("/sim/switches", self.switches),
            web.post("/sim/refuse", self.refuse),
            web.post("/sim/clock", self.clock),
            web.post("/sim/hurry", self.hurry),
            web.post("/sim/reset", self.reset),
        ]

    # -- seeing --------------------------------------------------------------------------------

    async def state(self, request: web.Request) -> web.Response:
        world = self.world
        people = list(world.people)
        return give(
            {
                "clock": world.clock(),
                "people": people,
                "chats": {
                    one["key"]: {channel: self.chat_of(one, channel) for channel in CHANNELS if one.get(channel)}
                    for one in people
                },
                "mails": list(world.mails),
                "checkouts": [checkout_of(kept) for kept in world.sessions],
                "switches": world.switches(),
                "wire": self.wire_entries(200),
                "templates": list(world.templates),
                "telegram": self.telegram_state(),
                "pending": len(world.jobs),
            }
        )

    def telegram_state(self) -> Json:
        webhook = self.world.settings.get("telegram:webhook") or {}
        commands = {
            key.removeprefix("telegram:commands:"): value
            for key, value in self.world.settings.things.items()
            if "commands:" in key
        }
        menu = self.world.settings.get("telegram:menu:", {"type": "default"})
        return {
            "webhook": webhook.get("url", ""),
            "commands": commands,
            "menu": menu,
            "username": self.telegram.config["username"],
        }

    def chat_of(self, person: Json, channel: str) -> Json:
        until = self.world.window_until(person["key"]) if channel == "whatsapp" else None
        messages = [shown(one) for one in self.world.chat(person["key"], channel)]
        return {"messages": messages, "window_until": self.world.iso(until) if until else None}

    def wire_entries(self, most: int) -> list[Json]:
        return [kept["entry"] for kept in self.world.wire][-most:]

    async def wire(self, request: web.Request) -> web.Response:
        return give({"wire": self.wire_entries(int(request.query.get("last", "200")))})

    async def events(self, request: web.Request) -> web.StreamResponse:
        heads = {"Content-Type": "text/event-stream", "Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        stream = web.StreamResponse(headers=heads)
        await stream.prepare(request)
        queue: asyncio.Queue[Json] = asyncio.Queue()
        self.world.listeners.add(queue)
        try:
            await stream.write(b": the sandbox is listening\n\n")
            while queue in self.world.listeners:
                await stream.write(await self.next_event(queue))
        except (ConnectionResetError, asyncio.CancelledError):
            pass
        finally:
            self.world.listeners.discard(queue)
        return stream

    async def next_event(self, queue: asyncio.Queue[Json]) -> bytes:
        try:
            return b"data: " + orjson.dumps(await asyncio.wait_for(queue.get(), 15)) + b"\n\n"
        except TimeoutError:
            return b": still here\n\n"

    # -- people --------------------------------------------------------------------------------

    async def add_person(self, request: web.Request) -> web.Response:
        """{key, name, language, role, whatsapp, telegram, started, blocked}; a key that exists is changed."""
        person = await asked(request)
        if not person.get("key") or not person.get("name"):
            raise Wrong(400, "a person needs key and name")
        kept = self.world.people.put(
            str(person["key"]), {**(self.world.people.get(str(person["key"])) or {}), **person}
        )
        self.world.tell("person", person=kept)
        return give(kept, 201)

    async def change_person(self, request: web.Request) -> web.Response:
        person = self.person(request)
        kept = self.world.people.put(person["key"], {**person, **await asked(request), "key": person["key"]})
        self.world.tell("person", person=kept)
        return give(kept)

    def person(self, request: web.Request) -> Json:
        person: Json | None = self.world.people.get(request.match_info["person"])
        if person is None:
            raise Wrong(404, f"nobody here is called {request.match_info['person']}")
        return person

    def channel(self, request: web.Request, person: Json) -> str:
        channel = request.match_info["channel"]
        if channel not in CHANNELS or not person.get(channel):
            raise Wrong(404, f"{person['key']} has no {channel}")
        return channel

    # -- chats ---------------------------------------------------------------------------------

    async def chat(self, request: web.Request) -> web.Response:
        person = self.person(request)
        return give(self.chat_of(person, self.channel(request, person)))

    async def write(self, request: web.Request) -> web.Response:
        """Writes as the person; waits for the bot's first answer to the webhook unless `wait` (seconds) says otherwise."""
        person, said = self.person(request), await asked(request)
        channel = self.channel(request, person)
        if known := self.taken.get(str(said.get("once"))):
            return await self.brought(*known, said, channel)
        if (said.get("kind") or "text") not in KINDS:
            raise Wrong(400, f"kind must be one of {', '.join(KINDS)}")
        if (said.get("kind") or "text") == "text" and not said.get("text"):
            raise Wrong(400, "nothing to say: text is empty")
        try:
            ids, job = self.channels[channel].write(person, said)
        except KeyError as missing:
            raise Wrong(404, f"no message {missing} to edit") from None
        for key in ids if job else ():
            self.world.owe(str(job), f"{channel}:{key}", owed=True)
        return await self.brought(ids, job, said, channel)

    async def tap(self, request: web.Request) -> web.Response:
        person, pressed = self.person(request), await asked(request)
        channel, key, data = (self.channel(request, person), str(pressed.get("message", "")), pressed.get("data"))
        if known := self.taken.get(str(pressed.get("once"))):
            return await self.brought(*known, pressed, channel)
        message = self.world.message(person["key"], channel, key)
        if message is None or not isinstance(data, str):
            raise Wrong(
                404 if message is None else 400, f"no message {key} here" if message is None else "data is missing"
            )
        label = next((one["text"] for row in message["keyboard"] for one in row if one.get("data") == data), data)
        ids, job = self.channels[channel].tap(person, key, data, str(pressed.get("label") or label))
        if job:
            self.world.owe(job, f"{channel}:{key}", pressed=data)
            self.world.owe(job, f"{channel}:{ids[-1]}", owed=True)
        return await self.brought(ids, job, pressed, channel)

    async def brought(self, ids: list[str], job: str | None, said: Json, channel: str) -> web.Response:
        if said.get("once"):
            self.taken[str(said["once"])] = ids, job
        up = self.world.switch("twilio" if channel == "whatsapp" else "telegram") in ("up", "limited")
        seconds = float(said.get("wait", FIRST_ANSWER if up else 0))
        status = await self.postman.first_answer(job, seconds) if job else None
        return give({"id": ids[-1], "ids": ids, "webhook_status": status}, 201)

    # -- mails, files, checkouts ---------------------------------------------------------------

    async def mails(self, request: web.Request) -> web.Response:
        return give({"mails": list(self.world.mails)})

    async def mail(self, request: web.Request) -> web.Response:
        whole = self.mailbox.whole(request.match_info["mail"])
        if whole is None:
            raise Wrong(404, "no such mail")
        return give(whole)

    async def mail_raw(self, request: web.Request) -> web.Response:
        raw = self.mailbox.raw(request.match_info["mail"])
        if raw is None:
            raise Wrong(404, "no such mail")
        return web.Response(body=raw, content_type="text/plain", charset="utf-8", headers=SHOWN_SAFELY)

    async def attachment(self, request: web.Request) -> web.Response:
        number = request.match_info["n"]
        found = self.mailbox.attachment(request.match_info["mail"], int(number) if number.isdigit() else -1)
        if found is None:
            raise Wrong(404, "no such attachment")
        return served(*found)

    async def media(self, request: web.Request) -> web.Response:
        found = self.world.file(request.match_info["media"])
        if found is None:
            raise Wrong(404, "no such file")
        return served(*found)

    async def checkouts(self, request: web.Request) -> web.Response:
        return give({"checkouts": [checkout_of(kept) for kept in self.world.sessions]})

    # -- strings -------------------------------------------------------------------------------

    async def again(self, request: web.Request) -> web.Response:
        """{times, parallel, forge, fresh}: the webhook once more as it was; forge spoils the signature, fresh signs with today's time."""
        wish = await asked(request)
        times = int(wish.get("times", 1))
        if not 1 <= times <= 100:
            raise Wrong(400, "times must be between 1 and 100")
        flags = {name: bool(wish.get(name)) for name in ("parallel", "forge", "fresh")}
        try:
            statuses = await self.postman.again(request.match_info["n"], times, **flags)
        except KeyError:
            raise Wrong(404, "no webhook of that number on the wire") from None
        return give({"statuses": statuses})

    async def switches(self, request: web.Request) -> web.Response:
        wish = await asked(request)
        for provider, position in wish.items():
            if provider not in PROVIDERS or position not in POSITIONS:
                raise Wrong(400, f"switches are {', '.join(PROVIDERS)}; positions {', '.join(POSITIONS)}")
        for provider, position in wish.items():
            self.world.set_switch(provider, position)
        return give(self.world.switches())

    async def refuse(self, request: web.Request) -> web.Response:
        """{code, of: content | media | text, times: 1}: Twilio fails the next messages of that kind with its code; code 0: no more."""
        wish = await asked(request)
        kind, code, times = wish.get("of"), int(wish.get("code", 0)), int(wish.get("times", 1))
        if kind not in ("content", "media", "text") or (code and code not in SPOKEN) or times < 1:
            raise Wrong(
                400, f"of is content, media or text; code one of {', '.join(map(str, sorted(SPOKEN)))}; times from 1"
            )
        wishes = self.world.settings.get("refuse") or {}
        self.world.settings.put("refuse", {**wishes, kind: {"code": code, "times": times} if code else None})
        return give({"ok": True})

    async def clock(self, request: web.Request) -> web.Response:
        """{offset: seconds} sets, {by: seconds} adds to the distance from real time."""
        wish = await asked(request)
        offset = float(wish["offset"]) if "offset" in wish else self.world.offset + float(wish.get("by", 0))
        self.world.settings.put("offset", offset)
        self.world.tell("clock", **self.world.clock())
        self.stripe.expire_due()
        return give(self.world.clock())

    async def hurry(self, request: web.Request) -> web.Response:
        """What waits to be tried again is tried now."""
        self.postman.hurry()
        return give({"pending": len(self.world.jobs)})

    async def reset(self, request: web.Request) -> web.Response:
        self.world.reset()
        self.postman.hurry()
        return give({"ok": True})


def served(content: bytes, content_type: str, name: str) -> web.Response:
    safe = "".join(one for one in name if one.isalnum() or one in "._- ") or "file"
    heads = {**SHOWN_SAFELY, "Content-Disposition": f'inline; filename="{safe.encode("ascii", "replace").decode()}"'}
    if content_type == "application/pdf":
        heads.pop("Content-Security-Policy")
    return web.Response(body=content, headers={**heads, "Content-Type": content_type})
