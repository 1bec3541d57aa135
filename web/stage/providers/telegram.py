"""The sandbox's Telegram: the Bot API for one bot, and the people and groups it talks with.

Errors are worded as the Bot API words them. Differences that a self-hosted Bot API server has too: webhooks may be plain http on this machine.
Unknown parameters are ignored, as Telegram does, and noted on the wire.
"""

import re
import time
import uuid
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

import orjson
from aiohttp import web

from .limits import Limits
from .media import sample
from .postman import Postman, json_body
from .telegram_reading import (
    CAPTION_LIMIT,
    CONTRACT,
    TEXT_LIMIT,
    Call,
    Refused,
    Upload,
    bad,
    keyboard_of,
    read_call,
    text_of,
    typed_keys,
)
from .twilio import download
from .world import Json, World, letter, loopback

ACTIONS = "typing upload_photo record_video upload_video record_voice upload_voice upload_document choose_sticker find_location"
QUERY_LIVES = 900
NOTE = web.RequestKey("note", str)  # what the wire should say about a call beside its answer
KINDS_SENT = {"sendPhoto": "photo", "sendDocument": "document", "sendVoice": "voice"}
UPDATES_DEFAULT_OFF = ("chat_member", "message_reaction", "message_reaction_count")


class Telegram:
    """One bot; every person with a `telegram` id is a private chat, a negative id is a group."""

    def __init__(self, world: World, postman: Postman) -> None:
        self.world, self.postman = world, postman
        self.config: Json = world.config["telegram"]
        self.token: str = self.config["token"]
        self.limits = Limits()
        self.id = int(self.token.partition(":")[0])
        self.me: Json = {
            "id": self.id,
            "is_bot": True,
            "first_name": self.config.get("name", "Bellhop"),
            "username": self.config["username"],
        }
        self.methods: dict[str, Callable[[Call], Awaitable[Any]]] = {
            name: getattr(self, snake(name)) for name in CONTRACT["methods"] if hasattr(self, snake(name))
        }
        self.methods |= dict.fromkeys(KINDS_SENT, self.send_file) | dict.fromkeys(SETTINGS, self.keep_setting)

    def routes(self) -> list[web.RouteDef]:
        return [web.route("*", "/bot{token}/{method}", self.call), web.get("/file/bot{token}/{path:.+}", self.download)]

    # -- the door ------------------------------------------------------------------------------

    def check(self, request: web.Request) -> None:
        token = request.match_info["token"]
        if not re.fullmatch(r"\d+:[\w-]+", token):
            raise Refused(404, "Not Found")
        if token != self.token:
            raise Refused(401, "Unauthorized")

    async def call(self, request: web.Request) -> web.Response:
        self.check(request)
        names = {name.lower(): name for name in (*CONTRACT["methods"], *CONTRACT["others"])}
        method = names.get(request.match_info["method"].lower())
        if method is None:
            raise Refused(404, "Not Found: method not found")
        if method not in self.methods:
            raise bad(f"the sandbox does not play {method}")
        call = await read_call(method, request)
        if call.unknown:
            request[NOTE] = "ignored unknown parameters: " + ", ".join(call.unknown)
        self.check_limits(call)
        return result(await self.methods[method](call))

    def check_limits(self, call: Call) -> None:
        """With config `limits`, more than Telegram takes is refused."""
        counted = call.method.startswith(("send", "edit")) and call.method != "sendChatAction"
        if not counted or not self.world.config.get("limits"):
            return
        if wait := self.limits.wait(call.text("chat_id").strip(), self.world.now(), time.monotonic()):
            raise Refused(429, f"Too Many Requests: retry after {wait}", retry_after=wait)

    async def download(self, request: web.Request) -> web.Response:
        self.check(request)
        stored = self.world.file(request.match_info["path"].rpartition("/")[2].partition(".")[0])
        if stored is None:
            raise Refused(404, "Not Found")
        return web.Response(body=stored[0], content_type="application/octet-stream")

    # -- chats ---------------------------------------------------------------------------------

    def person(self, call: Call) -> Json:
        """Who is behind chat_id; refused when the bot may not write there."""
        if not call.text("chat_id"):
            raise bad("chat_id is empty")
        person = self.world.person_at("telegram", call.text("chat_id").strip())
        if person is None:
            raise bad("chat not found")
        if "telegram" in person.get("blocked", ()):
            raise Refused(403, "Forbidden: bot was blocked by the user")
        private = int(person["telegram"]) > 0
        if private and not person.get("started") and self.world.last_word(person["key"], "telegram") is None:
            raise Refused(403, "Forbidden: bot can't initiate conversation with a user")
        return person

    def chat(self, person: Json) -> Json:
        number = int(person["telegram"])
        if number < 0:
            return {
                "id": number,
                "type": "supergroup" if str(number).startswith("-100") else "group",
                "title": person["name"],
            }
        return {"id": number, "type": "private", **names_of(person)}

    def sender(self, person: Json) -> Json:
        """Who writes: the person; in a group somebody of that name."""
        number = int(person["telegram"])
        own = number if number > 0 else 900_000_000 + abs(number) % 99_999_999
        return {"id": own, "is_bot": False, **names_of(person), "language_code": person.get("language", "en")}

    def message(self, message: Json, *, quoted: bool = True) -> Json:
        """A kept message as Telegram's Message."""
        person = self.world.people.get(message["person"])
        drawn: Json = {
            "message_id": int(message["id"]),
            "from": self.sender(self.world.people.get(message.get("by") or "") or person)
            if message["mine"]
            else self.me,
            "chat": self.chat(person),
            "date": int(message["epoch"]),
            **message["api"],
        }
        old = self.world.messages.get(f"telegram:{message['quotes']}") if message["quotes"] else None
        if old is not None and quoted:
            drawn["reply_to_message"] = self.message(old, quoted=False)
        return drawn

    def own(self, call: Call) -> Json:
        """The message an edit is about: in this chat, and written by the bot."""
        if call.text("inline_message_id"):
            raise bad("MESSAGE_ID_INVALID")
        person = self.person(call)
        key = str(call.whole("message_id", "message identifier is not specified"))
        message = self.world.message(person["key"], "telegram", key)
        if message is None:
            raise bad("message to edit not found")
        if message["mine"] or message.get("typed_keys"):
            raise bad("message can't be edited")
        return message

    def quoted(self, call: Call, person: Json) -> str | None:
        reply = call.structure("reply_parameters")
        if not reply:
            return None
        key = str(reply.get("message_id", ""))
        if self.world.message(person["key"], "telegram", key) is not None:
            return key
        if reply.get("allow_sending_without_reply"):
            return None
        raise bad("message to be replied not found")

    def post(self, call: Call, api: Json, **more: Any) -> Json:
        """Keeps what the bot sends and answers with the Message."""
        person = self.person(call)
        keyboard, markup = keyboard_of(call, private=int(person["telegram"]) > 0)
        other = keyboard is not None and markup is None
        if other:  # it takes the place of the keys that stood there, or puts them away
            self.put_away(person)
        key, now = str(self.world.next("telegram:message", 100)), self.world.now()
        quotes = self.quoted(call, person)
        api = {**api, **({"reply_markup": markup} if markup else {})}
        message = letter(
            person["key"], "telegram", key, mine=False, at=now, iso=self.world.iso(now), quotes=quotes, **more
        )
        message |= {"typed_keys": True, "puts_away": not keyboard} if other else {}
        kept = self.world.keep({**message, "keyboard": keyboard or [], "api": api, "status": "read"})
        return self.message(kept)

    def put_away(self, person: Json) -> None:
        """The keys that stand in place of the phone's keyboard are there no more."""
        for old in self.world.chat(person["key"], "telegram"):
            if old.get("typed_keys") and typed_keys(old["keyboard"]):
                self.world.keep({**old, "keyboard": []}, "status")

    # -- methods -------------------------------------------------------------------------------

    async def get_me(self, call: Call) -> Json:
        return {
            **self.me,
            "can_join_groups": True,
            "can_read_all_group_messages": True,
            "supports_inline_queries": False,
            "can_connect_to_business": False,
            "has_main_web_app": False,
        }

    async def send_message(self, call: Call) -> Json:
        self.person(call)
        text, html = text_of(call, "text", TEXT_LIMIT, "message is too long", "message text is empty")
        return self.post(call, {"text": text, **entities(text)}, text=text, html=html)

    async def send_file(self, call: Call) -> Json:
        """sendPhoto, sendDocument, sendVoice: an upload, a file_id or a URL."""
        kind = KINDS_SENT[call.method]
        self.person(call)
        upload = await self.upload(call.file(kind), kind)
        caption, html = text_of(call, "caption", CAPTION_LIMIT, "message caption is too long", None)
        if kind == "photo" and not picture(upload.content):
            raise bad("IMAGE_PROCESS_FAILED")
        given = call.text(kind)  # a file that Telegram has keeps its name
        kept = self.world.keep_file(given if self.world.file(given) else uuid.uuid4().hex, *upload)
        api = {kind: file_object(kind, kept), **({"caption": caption} if caption else {})}
        return self.post(call, api, text=caption, html=html, kind=kind, media=[kept])

    async def upload(self, given: Upload | str, kind: str) -> Upload:
        if isinstance(given, Upload):
            if not given.content:
                raise bad("file must be non-empty")
            return given
        if given.startswith(("http://", "https://")):
            got = await download(self.world.route(given))
            if got is None:
                raise bad("failed to get HTTP URL content")
            return Upload(got[0], got[1], urlsplit(given).path.rpartition("/")[2] or kind)
        stored = self.world.file(given)
        if stored is None:
            raise bad("wrong file identifier/HTTP URL specified")
        return Upload(*stored)

    async def send_location(self, call: Call) -> Json:
        lat, lon = call.number("latitude"), call.number("longitude")
        place = {"lat": lat, "lon": lon}
        return self.post(call, {"location": {"latitude": lat, "longitude": lon}}, kind="location", location=place)

    async def send_venue(self, call: Call) -> Json:
        lat, lon, title, address = (
            call.number("latitude"),
            call.number("longitude"),
            call.text("title"),
            call.text("address"),
        )
        if not title or not address:
            raise bad("venue title and address must be non-empty")
        point = {"latitude": lat, "longitude": lon}
        api = {"location": point, "venue": {"location": point, "title": title, "address": address}}
        return self.post(
            call, api, kind="location", text=f"{title}\n{address}", location={"lat": lat, "lon": lon, "label": title}
        )

    async def send_contact(self, call: Call) -> Json:
        card = {"phone_number": call.text("phone_number"), "first_name": call.text("first_name")}
        if not all(card.values()):
            raise bad("phone number and first name must be non-empty")
        return self.post(call, {"contact": card}, kind="contact", text=" ".join(card.values()))

    async def edit_message_text(self, call: Call) -> Json:
        message = self.own(call)
        text, html = text_of(call, "text", TEXT_LIMIT, "MESSAGE_TOO_LONG", "message text is empty")
        if "text" not in message["api"]:
            raise bad("there is no text in the message to edit")
        return self.change(call, message, {"text": text, **entities(text)}, text=text, html=html)

    async def edit_message_caption(self, call: Call) -> Json:
        message = self.own(call)
        caption, html = text_of(call, "caption", CAPTION_LIMIT, "message caption is too long", None)
        if not message["media"]:
            raise bad("there is no caption in the message to edit")
        return self.change(call, message, {"caption": caption}, text=caption, html=html)

    async def edit_message_reply_markup(self, call: Call) -> Json:
        message = self.own(call)
        same = {key: value for key, value in message["api"].items() if key in ("text", "caption", "entities")}
        return self.change(call, message, same, text=message["text"])

    def change(self, call: Call, message: Json, api: Json, **more: Any) -> Json:
        """An edit; one that changes nothing is refused. An edit without reply_markup takes the keyboard away, as there."""
        keyboard, markup = keyboard_of(call)
        old = {key: value for key, value in message["api"].items() if key not in ("reply_markup", "edit_date")}
        new = {key: value for key, value in {**old, **api}.items() if key != "entities" or "entities" in api}
        if new == old and markup == message["api"].get("reply_markup"):
            detail = "specified new message content and reply markup are exactly the same as a current content and reply markup of the message"
            raise bad(f"message is not modified: {detail}")
        dated = {} if call.method == "editMessageReplyMarkup" else {"edit_date": int(self.world.now())}
        api = {**new, **dated, **({"reply_markup": markup} if markup else {})}
        kept = self.world.keep(
            {**message, **more, "edited": bool(dated) or message["edited"], "keyboard": keyboard or [], "api": api}
        )
        return self.message(kept)

    async def delete_message(self, call: Call) -> bool:
        person = self.person(call)
        key = str(call.whole("message_id", "message identifier is not specified"))
        if self.world.message(person["key"], "telegram", key) is None:
            raise bad("message to delete not found")
        self.world.messages.drop(f"telegram:{key}")
        self.world.tell("message", person=person["key"], channel="telegram", message={"id": key, "deleted": True})
        return True

    async def answer_callback_query(self, call: Call) -> bool:
        key = call.text("callback_query_id")
        query = self.world.queries.get(key)
        if query is None or self.world.now() - query["at"] > QUERY_LIVES:
            raise bad("query is too old and response timeout expired or query ID is invalid")
        if len(call.text("text")) > 200:
            raise bad("MESSAGE_TOO_LONG")
        self.world.queries.put(key, {**query, "answered": True})
        shown = {"text": call.text("text"), "alert": call.flag("show_alert")}
        self.world.tell("answer", person=query["person"], channel="telegram", query=key, **shown)
        return True

    async def send_chat_action(self, call: Call) -> bool:
        if call.text("action") not in ACTIONS.split():
            raise bad("wrong parameter action in request")
        person = self.person(call)
        self.world.tell("typing", person=person["key"], channel="telegram", action=call.text("action"))
        return True

    async def get_file(self, call: Call) -> Json:
        key = call.text("file_id")
        stored = self.world.file(key) if key else None
        if stored is None:
            raise bad("invalid file_id" if key else "file_id not specified")
        ending = stored[2].rpartition(".")[2] or "bin"
        folder = {"image/jpeg": "photos", "audio/ogg": "voice", "image/webp": "stickers"}.get(stored[1], "documents")
        return {
            "file_id": key,
            "file_unique_id": key[:16],
            "file_size": len(stored[0]),
            "file_path": f"{folder}/{key}.{ending}",
        }

    async def get_chat(self, call: Call) -> Json:
        person = self.person(call)
        gifts = {"unlimited_gifts": False, "limited_gifts": False, "unique_gifts": False, "premium_subscription": False}
        gifts["gifts_from_channels"] = False
        return {**self.chat(person), "accent_color_id": 0, "max_reaction_count": 11, "accepted_gift_types": gifts}

    async def pin_chat_message(self, call: Call) -> bool:
        self.own(call)
        return True

    async def set_message_reaction(self, call: Call) -> bool:
        person = self.person(call)
        key = str(call.whole("message_id", "message identifier is not specified"))
        message = self.world.message(person["key"], "telegram", key)
        if message is None:
            raise bad("message to react not found")
        given = [one.get("emoji", "") for one in call.structure("reaction") or []]
        self.world.keep({**message, "reactions": given})
        return True

    # -- settings of the bot -------------------------------------------------------------------

    async def set_my_commands(self, call: Call) -> bool:
        commands = call.structure("commands")
        if not isinstance(commands, list):
            raise bad("can't parse commands: expected an Array of BotCommand")
        if len(commands) > 100:
            raise bad("BOT_COMMANDS_TOO_MUCH")
        for one in commands:
            if not re.fullmatch(r"[a-z0-9_]{1,32}", str(one.get("command", "")).lstrip("/")):
                raise bad("BOT_COMMAND_INVALID")
            if not 1 <= len(str(one.get("description", ""))) <= 256:
                raise bad("BOT_COMMAND_DESCRIPTION_INVALID")
        self.world.settings.put(self.command_key(call), commands)
        return True

    async def get_my_commands(self, call: Call) -> Any:
        return self.world.settings.get(self.command_key(call), [])

    async def delete_my_commands(self, call: Call) -> bool:
        self.world.settings.drop(self.command_key(call))
        return True

    def command_key(self, call: Call) -> str:
        scope = call.structure("scope") or {"type": "default"}
        return f"telegram:commands:{orjson.dumps(scope, option=orjson.OPT_SORT_KEYS).decode()}:{call.text('language_code')}"

    async def set_chat_menu_button(self, call: Call) -> bool:
        button = call.structure("menu_button") or {"type": "default"}
        if button.get("type") not in ("commands", "web_app", "default"):
            raise bad("can't parse menu button: MenuButton has unsupported type")
        self.world.settings.put(f"telegram:menu:{call.text('chat_id')}", button)
        return True

    async def get_chat_menu_button(self, call: Call) -> Any:
        default = self.world.settings.get("telegram:menu:", {"type": "default"})
        return self.world.settings.get(f"telegram:menu:{call.text('chat_id')}", default)

    async def keep_setting(self, call: Call) -> bool:
        """setMyName, setMyDescription, setMyShortDescription."""
        field, limit = SETTINGS[call.method]
        if len(call.text(field)) > limit:
            raise bad(f"{field.upper()}_TOO_LONG")
        self.world.settings.put(f"telegram:{field}:{call.text('language_code')}", call.text(field))
        return True

    # -- updates -------------------------------------------------------------------------------

    async def set_webhook(self, call: Call) -> bool:
        url, secret = call.text("url"), call.text("secret_token")
        if not url:
            return await self.delete_webhook(call)
        if not re.fullmatch(r"[A-Za-z0-9_-]{0,256}", secret):
            raise bad("secret token contains unallowed characters")
        parts = urlsplit(url)
        target = self.world.route(url)
        if parts.scheme not in ("http", "https") or not parts.hostname or target is None:
            raise bad("bad webhook: Failed to resolve host: Name or service not known")
        if parts.scheme == "http" and not loopback(urlsplit(target).hostname):
            raise bad("bad webhook: An HTTPS URL must be provided for webhook")
        most = call.whole("max_connections") if call.text("max_connections") else 40
        wanted = call.structure("allowed_updates")
        kept = {"url": url, "secret_token": secret, "max_connections": most, "allowed_updates": wanted}
        self.world.settings.put("telegram:webhook", kept)
        self.drop_pending(call)
        for job in self.pending():
            self.world.jobs.put(job["id"], {**job, "url": url})
        self.bring_kept(url)
        self.postman.hurry()
        return True

    def bring_kept(self, url: str) -> None:
        for update in self.world.settings.get("telegram:kept", []):
            self.post_update(update["update"], update["lane"], update["kind"], url)
        self.world.settings.put("telegram:kept", [])

    async def delete_webhook(self, call: Call) -> bool:
        self.world.settings.drop("telegram:webhook")
        self.drop_pending(call)
        for job in self.pending():
            self.hold(orjson.loads(job["body"]), job["lane"], job.get("kind", ""))
            self.world.jobs.drop(job["id"])
        self.postman.hurry()
        return True

    def pending(self) -> list[Json]:
        return [job for job in self.world.jobs if job["provider"] == "telegram"]

    def drop_pending(self, call: Call) -> None:
        if call.flag("drop_pending_updates"):
            for job in self.pending():
                self.world.jobs.drop(job["id"])
            self.world.settings.put("telegram:kept", [])

    async def get_webhook_info(self, call: Call) -> Json:
        webhook = self.world.settings.get("telegram:webhook") or {}
        waiting = len(self.pending()) + len(self.world.settings.get("telegram:kept", []))
        info: Json = {"url": webhook.get("url", ""), "has_custom_certificate": False, "pending_update_count": waiting}
        if webhook:
            info["max_connections"] = webhook["max_connections"]
            info |= {"allowed_updates": webhook["allowed_updates"]} if webhook["allowed_updates"] else {}
            info |= self.world.settings.get("telegram:error") or {}
        return info

    def failed(self, status: int | None) -> None:
        """What getWebhookInfo tells about the last try that failed."""
        told = (
            "Connection refused"
            if status is None
            else f"Wrong response from the webhook: {status} {HTTPStatus(status).phrase}"
        )
        self.world.settings.put(
            "telegram:error", {"last_error_date": int(self.world.now()), "last_error_message": told}
        )

    async def get_updates(self, call: Call) -> list[Json]:
        if self.world.settings.get("telegram:webhook"):
            raise Refused(
                409,
                "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first",
            )
        first = call.whole("offset") if call.text("offset") else 0
        kept = [one for one in self.world.settings.get("telegram:kept", []) if one["update"]["update_id"] >= first]
        self.world.settings.put("telegram:kept", kept)
        return [one["update"] for one in kept[: call.whole("limit") if call.text("limit") else 100]]

    def bring(self, person: Json, kind: str, content: Json) -> str | None:
        """One update for the bot: to its webhook, or kept until it has one. None: kept, or a kind it did not ask for."""
        webhook = self.world.settings.get("telegram:webhook")
        field = next(iter(content))
        wanted = (webhook or {}).get("allowed_updates")
        if (wanted and field not in wanted) or (not wanted and field in UPDATES_DEFAULT_OFF):
            return None
        update, lane = (
            {"update_id": self.world.next("telegram:update", 10_000_001), **content},
            f"telegram:{person['telegram']}",
        )
        if not webhook:
            self.hold(update, lane, kind)
            return None
        return self.post_update(update, lane, kind, webhook["url"])

    def post_update(self, update: Json, lane: str, kind: str, url: str) -> str:
        return self.postman.send("telegram", lane, url, json_body(update), kind=kind)

    def hold(self, update: Json, lane: str, kind: str) -> None:
        kept = self.world.settings.get("telegram:kept", [])
        self.world.settings.put("telegram:kept", [*kept, {"update": update, "lane": lane, "kind": kind}])

    async def answered(self, body: bytes) -> None:
        """A webhook's answer may itself be one call: {"method": "sendMessage", ...}."""
        if not body.lstrip().startswith(b"{"):
            return
        try:
            value = orjson.loads(body)
        except orjson.JSONDecodeError:
            return
        method = self.methods.get(str(value.pop("method", ""))) if isinstance(value, dict) else None
        if method is not None:
            try:
                await method(Call(next(name for name, one in self.methods.items() if one == method), value, {}))
            except Refused as refusal:
                self.world.tell("note", provider="telegram", text=refusal.description)

    # -- what people write ---------------------------------------------------------------------

    def write(self, person: Json, said: Json) -> tuple[list[str], str | None]:
        """A person writes: kept and brought as one update, several when the text is over 4096 characters (as the apps cut it)."""
        if said.get("edit"):
            return self.edit(person, said)
        if (said.get("kind") or "text") != "text":
            return self.write_one(person, said, said["kind"])
        text, ids, job = said.get("text", ""), [], None
        for start in range(0, max(len(text), 1), TEXT_LIMIT):
            part, job = self.write_one(person, {**said, "text": text[start : start + TEXT_LIMIT]}, "text")
            ids += part
        return ids, job

    def write_one(self, person: Json, said: Json, kind: str) -> tuple[list[str], str | None]:
        key, now = str(self.world.next("telegram:message", 100)), self.world.now()
        api, extra = self.content(person, said, kind)
        quotes = said.get("quotes") if self.world.message(person["key"], "telegram", said.get("quotes") or "") else None
        message = letter(
            person["key"],
            "telegram",
            key,
            mine=True,
            at=now,
            iso=self.world.iso(now),
            kind=kind,
            api=api,
            quotes=quotes,
        )
        message |= {"text": said.get("text", ""), "by": said.get("as"), **extra}
        self.world.keep(message)
        return [key], self.bring(person, kind, {"message": self.message(message)})

    def content(self, person: Json, said: Json, kind: str) -> tuple[Json, Json]:
        """What Telegram says about it, and what the chat shows beside."""
        if kind == "text":
            return {"text": said.get("text", ""), **entities(said.get("text", ""))}, {}
        if kind == "location":
            place = {"lat": float(said.get("lat", 18.5674)), "lon": float(said.get("lon", -68.3634))}
            return {"location": {"latitude": place["lat"], "longitude": place["lon"]}}, {"location": place}
        if kind == "contact":
            own = {"phone_number": person.get("whatsapp", "+18095550177").lstrip("+"), "first_name": person["name"]}
            theirs = {"phone_number": said.get("phone"), "first_name": said.get("name", "Marta")}
            card = theirs if said.get("phone") else own | {"user_id": self.sender(person)["id"]}
            return {"contact": card}, {"contact": card}
        kept = self.world.keep_file(uuid.uuid4().hex, *sample(kind))
        caption = {"caption": said["text"]} if said.get("text") and kind in ("photo", "document", "voice") else {}
        return {kind: file_object(kind, kept), **caption}, {"media": [kept]}

    def edit(self, person: Json, said: Json) -> tuple[list[str], str | None]:
        message = self.world.message(person["key"], "telegram", said["edit"])
        if message is None or not message["mine"]:
            raise KeyError(said["edit"])
        text = said.get("text", "")
        api = {**message["api"], "text": text, **entities(text), "edit_date": int(self.world.now())}
        kept = self.world.keep({**message, "text": text, "edited": True, "api": api})
        return [message["id"]], self.bring(person, "edited", {"edited_message": self.message(kept)})

    def tap(
        self, person: Json, pressed: str, data: str, label: str, by: str | None = None
    ) -> tuple[list[str], str | None]:
        """A person presses a key under a message: a callback query with the message as it now stands."""
        message = self.world.message(person["key"], "telegram", pressed)
        if message is None:
            raise KeyError(pressed)
        key = str(uuid.uuid4().int >> 66)
        self.world.queries.put(key, {"person": person["key"], "at": self.world.now(), "answered": False})
        presser = self.sender(self.world.people.get(by or "") or person)
        query = {
            "id": key,
            "from": presser,
            "message": self.message(message),
            "chat_instance": str(abs(int(person["telegram"])) * 7),
            "data": data,
        }
        return [key], self.bring(person, "tap", {"callback_query": query})


SETTINGS = {
    "setMyName": ("name", 64),
    "setMyDescription": ("description", 512),
    "setMyShortDescription": ("short_description", 120),
}


def snake(name: str) -> str:
    return re.sub(r"([A-Z])", lambda found: "_" + found[1].lower(), name)


def result(value: Any) -> web.Response:
    return web.Response(body=orjson.dumps({"ok": True, "result": value}), content_type="application/json")


def names_of(person: Json) -> Json:
    first, _, last = str(person["name"]).partition(" ")
    return {"first_name": first, **({"last_name": last} if last else {})}


def entities(text: str) -> Json:
    """Commands and links as Telegram marks them; offsets in UTF-16 units."""
    found = [("bot_command", one) for one in re.finditer(r"(?<!\S)/[A-Za-z0-9_]{1,32}(@\w+)?", text)]
    found += [("url", one) for one in re.finditer(r"https?://\S+", text)]
    marks = [{"type": kind, "offset": units(text[: one.start()]), "length": units(one[0])} for kind, one in found]
    return {"entities": marks} if marks else {}


def units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def picture(content: bytes) -> bool:
    return content.startswith((b"\xff\xd8\xff", b"\x89PNG\r\n", b"GIF8", b"BM")) or content[8:12] == b"WEBP"


def file_object(kind: str, kept: Json) -> Any:
    """Telegram's PhotoSize, Voice, Sticker or Document for a kept file."""
    base = {"file_id": kept["id"], "file_unique_id": kept["id"][:16], "file_size": kept["size"]}
    if kind == "photo":
        return [{**base, "width": 96, "height": 64}]
    if kind == "voice":
        return {**base, "duration": 2, "mime_type": kept["content_type"]}
    if kind == "sticker":
        return {
            **base,
            "type": "regular",
            "width": 512,
            "height": 512,
            "is_animated": False,
            "is_video": False,
            "emoji": "🙂",
        }
    return {**base, "file_name": kept["name"], "mime_type": kept["content_type"]}
