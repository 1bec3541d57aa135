"""The sandbox's Twilio: takes WhatsApp messages from the bot, reports what became of them, and brings what people write.

Refusals follow Twilio's error dictionary (https://www.twilio.com/docs/api/errors): 20003 bad log-in, 20001 unknown parameter, 20404 not
found, 21211 wrong To, 21603/21604 From/To missing, 21609 wrong StatusCallback, 21610 STOP, 21617 more than 1600 characters, 21619 nothing
to say, 21620 wrong MediaUrl, 21623 too many files, 21654/21655/21656 ContentSid and ContentVariables, 21910 From and To of two channels,
63007 not our sender, 20429 too many requests. Accepted and then failed: 30001 four hours in the queue, 63005 a file of a kind WhatsApp does
not take, 63016 outside the 24 hours without an approved template, 63018 too fast, 63019 media that cannot be had or is too large,
63021 too long with its variables, 63024 not on WhatsApp, 63028 variables that do not match the template.
"""

import asyncio
import base64
import hmac
import re
import uuid
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import aiohttp
import orjson
from aiohttp import web

from .media import sample
from .postman import Postman, form_body
from .world import Json, World, letter

CONTRACT: Json = orjson.loads((Path(__file__).parent / "contract" / "twilio.json").read_bytes())
VERSION = "2010-04-01"
BODY_LIMIT = 1600
TEMPLATE_LIMIT = 1024
MEDIA_LIMIT = 16 * 1024 * 1024
IMAGE_LIMIT = 5 * 1024 * 1024
# What WhatsApp takes (https://www.twilio.com/docs/whatsapp/guidance-whatsapp-media-messages), and how such a file begins where that is plain.
TAKEN: dict[str, tuple[bytes, ...]] = {
    "image/jpeg": (b"\xff\xd8\xff",), "image/png": (b"\x89PNG",), "application/pdf": (b"%PDF",), "audio/ogg": (b"OggS",),
    **dict.fromkeys(("image/webp", "audio/amr", "audio/3gpp", "audio/aac", "audio/mpeg", "video/mp4", "text/vcard"), (b"",)),
}  # fmt: skip
VARIABLE = re.compile(r"{{\s*(\w+)\s*}}")
SPOKEN = {
    30001: "Queue overflow",
    63005: "Channel did not accept given content. Please see Channel specific error message for more information.",
    63018: "Rate limit exceeded for Channel",
    63016: "Failed to send freeform message because you are outside the allowed window. Please use a Template.",
    63019: "Media failed to download",
    63021: "Channel invalid content error",
    63013: "This message send failed because it violates Channel provider's policy.",
    20429: "Too Many Requests",
    21656: "The ContentVariables Parameter is invalid",
    63024: "Invalid message recipient",
    63028: "Number of parameters provided does not match the expected number of parameters",
}
FIRST_LATER = 30000  # codes from here on come after a message was taken, by the status callback
# Seconds that a message may wait for WhatsApp (https://www.twilio.com/docs/whatsapp/best-practices-and-faqs).
QUEUE = 4 * 3600
# Seconds after acceptance at which Twilio reports each step (times the configured pace).
STEPS = (("queued", 0.0), ("sent", 0.15), ("delivered", 0.25), ("read", 1.2))


class Refused(Exception):
    """A request Twilio answers with an error."""

    def __init__(self, status: int, code: int, message: str) -> None:
        super().__init__(message)
        self.status, self.code, self.message = status, code, message

    def response(self) -> web.Response:
        more = f"https://www.twilio.com/docs/errors/{self.code}"
        body = {"code": self.code, "message": self.message, "more_info": more, "status": self.status}
        return answer(body, self.status)


def answer(value: Any, status: int = 200) -> web.Response:
    return web.Response(body=orjson.dumps(value), status=status, content_type="application/json")


class Twilio:
    """Messages of one account; one sender; every person with a `whatsapp` number can be reached."""

    def __init__(self, world: World, postman: Postman) -> None:
        self.world, self.postman = world, postman
        self.config: Json = world.config["twilio"]
        self.sid: str = self.config["account_sid"]
        self.sender = "whatsapp:" + self.config["from"].removeprefix("whatsapp:")
        self.base = f"/{VERSION}/Accounts/{self.sid}"
        self.tasks: set[asyncio.Task[None]] = set()

    def routes(self) -> list[web.RouteDef]:
        base = f"/{VERSION}/Accounts/{{account}}"
        return [
            web.get(base + ".json", self.account),
            web.post(base + "/Messages.json", self.create),
            web.get(base + "/Messages.json", self.find_all),
            web.get(base + "/Messages/{sid}.json", self.fetch),
            web.post(base + "/Messages/{sid}.json", self.update),
            web.delete(base + "/Messages/{sid}.json", self.delete),
            web.get(base + "/Messages/{sid}/Media.json", self.media_list),
            web.get(base + "/Messages/{sid}/Media/{media}", self.media),
        ]

    def check(self, request: web.Request) -> None:
        """HTTP basic with account SID and auth token."""
        pair = base64.b64encode(f"{self.sid}:{self.config['auth_token']}".encode()).decode()
        if not hmac.compare_digest(request.headers.get("Authorization", "").encode(), f"Basic {pair}".encode()):
            raise Refused(401, 20003, "Authenticate")
        if request.match_info.get("account", self.sid) != self.sid:
            raise Refused(404, 20404, f"The requested resource {request.path} was not found")

    # -- the REST API --------------------------------------------------------------------------

    async def account(self, request: web.Request) -> web.Response:
        self.check(request)
        now = rfc2822(self.world.now())
        return answer(
            {
                "sid": self.sid,
                "friendly_name": "Sandbox",
                "status": "active",
                "type": "Full",
                "owner_account_sid": self.sid,
                "auth_token": "•••",
                "date_created": now,
                "date_updated": now,
                "uri": f"{self.base}.json",
                "subresource_uris": {"messages": f"{self.base}/Messages.json"},
            }
        )

    async def create(self, request: web.Request) -> web.Response:
        self.check(request)
        form, files = await self.form(request, "messages.create", ("MediaUrl", "PersistentAction"))
        self.check_addresses(form)
        self.check_words(form, files["MediaUrl"])
        template, variables = self.check_template(form)
        wished = self.wished("content" if template else "media" if files["MediaUrl"] else "text")
        if wished is not None and wished < FIRST_LATER:
            raise Refused(429 if wished == 20429 else 400, wished, SPOKEN.get(wished, "Refused by the sandbox"))
        message = self.accept(form, files, template)
        failure = self.failure(message, template, variables) or wished
        if template is not None and failure is None:
            self.draw(message, template, variables)
        self.world.keep(message)
        self.later(self.follow(message["id"], form.get("StatusCallback"), failure, files["MediaUrl"]))
        return answer(self.resource(message), 201)

    def wished(self, kind: str) -> int | None:
        """The code with which the next message of this kind (content, media, text) shall fail; see /sim/refuse."""
        wishes = self.world.settings.get("refuse") or {}
        wish = wishes.get(kind)
        if not wish:
            return None
        self.world.settings.put(
            "refuse", {**wishes, kind: {**wish, "times": wish["times"] - 1} if wish["times"] > 1 else None}
        )
        return int(wish["code"])

    async def form(
        self, request: web.Request, name: str, lists: tuple[str, ...] = ()
    ) -> tuple[Json, dict[str, list[str]]]:
        pairs = parse_qsl((await request.read()).decode("utf-8", "replace"), keep_blank_values=True)
        unknown = sorted({key for key, _ in pairs} - set(CONTRACT[name]))
        if unknown:
            raise Refused(400, 20001, f"Unknown parameters: {', '.join(unknown)}")
        many = {key: [value for one, value in pairs if one == key] for key in lists}
        return {key: value for key, value in pairs if key not in lists}, many

    def check_addresses(self, form: Json) -> None:
        to, sender = form.get("To", ""), form.get("From", "")
        if not to:
            raise Refused(400, 21604, "A 'To' phone number is required.")
        if not sender and not form.get("MessagingServiceSid"):
            raise Refused(400, 21603, "A 'From' phone number is required.")
        if not re.fullmatch(r"(whatsapp:)?\+[1-9]\d{6,14}", to):
            raise Refused(400, 21211, f"Invalid 'To' Phone Number: {masked(to)}")
        if to.startswith("whatsapp:") != sender.startswith("whatsapp:"):
            raise Refused(400, 21910, "Invalid From and To pair. From and To should be of the same channel")
        if sender != self.sender:
            raise Refused(400, 63007, "Twilio could not find a Channel with the specified From address")
        if to == sender:
            raise Refused(400, 63031, "Channels message cannot have same From and To")
        person = self.world.person_at("whatsapp", to.removeprefix("whatsapp:"))
        if person is not None and person.get("stopped"):
            raise Refused(400, 21610, "Attempt to send to unsubscribed recipient")
        callback = form.get("StatusCallback")
        if callback and not http_url(callback):
            raise Refused(400, 21609, f"The StatusCallback URL {callback} is not a valid URL.")

    def check_words(self, form: Json, urls: list[str]) -> None:
        if not form.get("Body") and not urls and not form.get("ContentSid"):
            raise Refused(400, 21619, "A text message body or media urls must be specified.")
        if len(form.get("Body", "")) > BODY_LIMIT:
            raise Refused(400, 21617, "The concatenated message body exceeds the 1600 character limit.")
        if len(urls) > 10:
            raise Refused(400, 21623, "Number of media files exceeds allowed limit.")
        for url in urls:
            if not http_url(url):
                raise Refused(400, 21620, f"Invalid media URL(s): {url}")

    def check_template(self, form: Json) -> tuple[Json | None, dict[str, str]]:
        sid, raw = form.get("ContentSid"), form.get("ContentVariables")
        if not sid:
            if raw:
                raise Refused(400, 21654, "ContentSid Required")
            return None, {}
        template = self.world.templates.get(sid) if re.fullmatch(r"HX[0-9a-fA-F]{32}", sid) else None
        if template is None:
            raise Refused(400, 21655, "The ContentSid is Invalid")
        return template, variables_of(raw)

    def accept(self, form: Json, files: dict[str, list[str]], template: Json | None) -> Json:
        number = form["To"].removeprefix("whatsapp:")
        person = self.world.person_at("whatsapp", number)
        sid = ("MM" if files["MediaUrl"] else "SM") + uuid.uuid4().hex
        place = next((place_of(one) for one in files["PersistentAction"] if one.startswith("geo:")), None)
        now = self.world.now()
        return letter(
            person["key"] if person else "",
            "whatsapp",
            sid,
            mine=False,
            at=now,
            iso=self.world.iso(now),
            text=form.get("Body", ""),
            kind="location" if place else "photo" if files["MediaUrl"] else "text",
            status="queued",
            template=template is not None,
            **({"location": place} if place else {}),
            api={
                "to": form["To"],
                "from": form["From"],
                "direction": "outbound-api",
                "updated": now,
                "sent": None,
                "error_code": None,
                "num_media": len(files["MediaUrl"]),
                "content_sid": form.get("ContentSid"),
                "callback": form.get("StatusCallback"),
            },
        )

    def failure(self, message: Json, template: Json | None, variables: dict[str, str]) -> int | None:
        """The code with which an accepted message fails, None when it will arrive."""
        person = self.world.people.get(message["person"])
        if person is None or "whatsapp" in person.get("blocked", ()):
            return 63024
        until = self.world.window_until(message["person"])
        inside = until is not None and self.world.now() < until
        if template is None:
            return None if inside else 63016
        approval = template["approval"]
        approved = approval["status"] == "approved" and approval.get("decided", 0.0) <= self.world.now()
        if not inside and not approved:
            return 63016
        if set(VARIABLE.findall(orjson.dumps(template["types"]).decode())) != set(variables):
            return 63028
        return 63021 if self.misfit(template, variables, approved=approved) else None

    def misfit(self, template: Json, variables: dict[str, str], *, approved: bool) -> str:
        """What WhatsApp does not take of a content once it is filled; empty when it takes it.

        Meta: a body of 1024 characters (a plain text in a talk: 4096, Twilio 1600), reply buttons and doors of 20 (three without
        approval), a list of ten rows in all, its button 20, a row 24 with 72 below it, an id 200; no two alike.
        """
        kind, content = next(iter(template["types"].items()))
        body = BODY_LIMIT if kind == "twilio/text" and not approved else TEMPLATE_LIMIT
        filled = {key: fill(value, variables) for key, value in content.items() if isinstance(value, str)}
        items, actions = content.get("items") or [], content.get("actions") or []
        limits = {"body": body, "title": body, "button": 20, "footer": 60, "header_text": 60}
        found = [f"{key} is too long" for key, most in limits.items() if units(filled.get(key, "")) > most]
        for parts, fields in ((items, {"item": 24, "description": 72, "id": 200}), (actions, {"title": 20, "id": 256})):
            values = [{key: fill(one[key], variables) for key in fields if one.get(key)} for one in parts]
            found += [
                f"{key} is too long" for one in values for key, value in one.items() if units(value) > fields[key]
            ]
            ids = [one.get("id") or one.get("title") for one in values if one.get("id") or one.get("title")]
            found += ["two are alike"] if len(set(ids)) < len(ids) else []
        titles = [fill(one["title"], variables) for one in actions if one.get("title")]
        found += ["two buttons say the same"] if len(set(titles)) < len(titles) else []
        found += ["more than three buttons"] if len(actions) > 3 and not approved else []
        return ", ".join(found)

    def draw(self, message: Json, template: Json, variables: dict[str, str]) -> None:
        message["text"] = fill(words_of(template), variables)
        message["keyboard"] = keyboard_of(template, variables)
        kind, content = next(iter(template["types"].items()))
        if kind == "twilio/list-picker":
            message["list"] = fill(content["button"], variables)

    async def follow(
        self, sid: str, callback: str | None, failure: int | None, urls: list[str], reached: str = ""
    ) -> None:
        """What becomes of an accepted message, step by step, each reported to the StatusCallback."""
        before, queued = 0.0, 0.0
        if failure is None and urls:
            failure = await self.fetch_media(sid, urls)
        steps = (STEPS[0], ("failed", 0.15)) if failure else STEPS
        past = [status for status, _ in steps].index(reached) + 1 if reached else 0
        for status, after in steps[past:]:
            await asyncio.sleep((after - before) * self.world.pace)
            before, began = after, self.world.now()
            await self.world.until_up("twilio")
            queued += self.world.now() - began
            if status == "sent" and queued > QUEUE:
                status, failure = "failed", 30001  # noqa: PLW2901  # it goes no further
            if not self.step(sid, status, failure if status == "failed" else None, callback) or status == "failed":
                return

    def step(self, sid: str, status: str, error: int | None, callback: str | None) -> bool:
        message = self.world.messages.get(f"whatsapp:{sid}")
        if message is None:
            return False
        now = self.world.now()
        sent = message["api"]["sent"] or (now if status == "sent" else None)
        message = {
            **message,
            "status": status,
            "api": {**message["api"], "updated": now, "sent": sent, "error_code": error},
        }
        if error:
            message = {**message, "error_code": error, "error": SPOKEN[error]}
        self.world.keep(message, "status")
        if callback:
            form = self.status_form(message)
            self.postman.send("twilio", f"status:{sid}", callback, form_body(form), form=form, kind=f"status {status}")
        return True

    def status_form(self, message: Json) -> dict[str, str]:
        api = message["api"]
        form = {
            "ChannelPrefix": "whatsapp",
            "ApiVersion": VERSION,
            "MessageStatus": message["status"],
            "SmsSid": message["id"],
            "SmsStatus": message["status"],
            "MessageSid": message["id"],
            "ChannelToAddress": api["to"],
            "To": api["to"],
            "From": api["from"],
            "AccountSid": self.sid,
        }
        if message["status"] in ("delivered", "read"):
            form["EventType"] = message["status"].upper()
        if api["error_code"]:
            form |= {"ErrorCode": str(api["error_code"]), "ErrorMessage": SPOKEN[api["error_code"]]}
        return form

    async def fetch_media(self, sid: str, urls: list[str]) -> int | None:
        """Only the first file is sent on; the words under a document are not shown."""
        got = await download(self.world.route(urls[0]))
        if got is None:
            return 63019
        content, content_type = got
        if content_type not in TAKEN or not content.startswith(TAKEN[content_type]):
            return 63005
        image = content_type.startswith("image/")
        if image and len(content) > IMAGE_LIMIT:
            return 63019
        name = urlsplit(urls[0]).path.rpartition("/")[2]
        kept = self.world.keep_file(f"ME{uuid.uuid4().hex}", content, content_type, name)
        message = self.world.messages.get(f"whatsapp:{sid}")
        if message is not None:
            shown = {"kind": "photo", "text": message["text"]} if image else {"kind": "document", "text": ""}
            api = {**message["api"], "said": message["text"]}
            self.world.keep({**message, "media": [kept], **shown, "api": api})
        return None

    async def find_all(self, request: web.Request) -> web.Response:
        """Newest first; To, From, DateSent (a day), DateSent< and DateSent> (days or instants), 50 a page, at most 1000."""
        self.check(request)
        unknown = sorted(set(request.query) - set(CONTRACT["messages.list"]))
        if unknown:
            raise Refused(400, 20001, f"Unknown parameters: {', '.join(unknown)}")
        size = max(1, min(1000, number_of(request.query.get("PageSize"), 50)))
        page = max(0, number_of(request.query.get("Page"), 0))
        found = [
            one
            for one in reversed(list(self.world.messages))
            if one["channel"] == "whatsapp" and matches(one, request.query)
        ]
        return answer(self.page([self.resource(one) for one in found], page, size, dict(request.query)))

    def page(self, found: list[Json], page: int, size: int, query: dict[str, str]) -> Json:
        def uri(number: int) -> str:
            asked = {**query, "PageSize": str(size), "Page": str(number)}
            return f"{self.base}/Messages.json?{urlencode(asked)}"

        start, more = page * size, len(found) > (page + 1) * size
        return {
            "first_page_uri": uri(0),
            "end": max(start, min(len(found), start + size) - 1),
            "previous_page_uri": uri(page - 1) if page else None,
            "messages": found[start : start + size],
            "uri": uri(page),
            "page_size": size,
            "start": start,
            "next_page_uri": uri(page + 1) if more else None,
            "page": page,
        }

    def find(self, request: web.Request) -> Json:
        self.check(request)
        message: Json | None = self.world.messages.get(f"whatsapp:{request.match_info['sid']}")
        if message is None:
            raise Refused(404, 20404, f"The requested resource {request.path} was not found")
        return message

    async def fetch(self, request: web.Request) -> web.Response:
        return answer(self.resource(self.find(request)))

    async def update(self, request: web.Request) -> web.Response:
        """Body="" redacts a message; Status=canceled is refused, nothing here is scheduled."""
        message = self.find(request)
        form, _ = await self.form(request, "messages.update")
        if form.get("Status"):
            raise Refused(400, 30409, "Message cannot be canceled")
        if form.get("Body"):
            raise Refused(400, 20001, "Body can only be updated to an empty string")
        return answer(self.resource(self.world.keep({**message, "text": ""})))

    async def delete(self, request: web.Request) -> web.Response:
        message = self.find(request)
        self.world.messages.drop(f"whatsapp:{message['id']}")
        return web.Response(status=204)

    def resource(self, message: Json) -> Json:
        api, uri = message["api"], f"{self.base}/Messages/{message['id']}"
        error = api["error_code"]
        return {
            "body": api.get("said", message["text"]),
            "num_segments": "1",
            "direction": api["direction"],
            "from": api["from"],
            "to": api["to"],
            "date_created": rfc2822(message["epoch"]),
            "date_updated": rfc2822(api["updated"]),
            "date_sent": rfc2822(api["sent"]) if api["sent"] else None,
            "price": None,
            "price_unit": None,
            "error_code": error,
            "error_message": SPOKEN.get(error) if error else None,
            "uri": f"{uri}.json",
            "account_sid": self.sid,
            "num_media": str(api["num_media"]),
            "status": "received" if message["mine"] else message["status"],
            "messaging_service_sid": None,
            "sid": message["id"],
            "api_version": VERSION,
            "subresource_uris": {"media": f"{uri}/Media.json"},
        }

    async def media_list(self, request: web.Request) -> web.Response:
        message = self.find(request)
        found = [self.media_resource(message, one) for one in message["media"]]
        uri = f"{self.base}/Messages/{message['id']}/Media.json"
        edges = {"first_page_uri": uri, "next_page_uri": None, "previous_page_uri": None, "uri": uri}
        return answer(
            {"media_list": found, "page": 0, "page_size": 50, "start": 0, "end": max(0, len(found) - 1), **edges}
        )

    def media_resource(self, message: Json, file: Json) -> Json:
        at = rfc2822(message["epoch"])
        return {
            "sid": file["id"],
            "account_sid": self.sid,
            "parent_sid": message["id"],
            "content_type": file["content_type"],
            "date_created": at,
            "date_updated": at,
            "uri": f"{self.base}/Messages/{message['id']}/Media/{file['id']}.json",
        }

    async def media(self, request: web.Request) -> web.Response:
        """The bytes (or with .json their description); both need the account's log-in."""
        message, key = self.find(request), request.match_info["media"]
        file = next((one for one in message["media"] if one["id"] == key.removesuffix(".json")), None)
        stored = self.world.file(key.removesuffix(".json"))
        if file is None or stored is None:
            raise Refused(404, 20404, f"The requested resource {request.path} was not found")
        if key.endswith(".json"):
            return answer(self.media_resource(message, file))
        return web.Response(body=stored[0], content_type=stored[1])

    # -- what people write ---------------------------------------------------------------------

    def write(self, person: Json, said: Json) -> tuple[list[str], str | None]:
        """A person writes: kept in the chat and brought to the bot.

        Returns the ids and the webhook's id (None: WhatsApp's edits are not brought by Twilio).
        """
        if said.get("edit"):
            return self.edit(person, said), None
        sid, now = "SM" + uuid.uuid4().hex, self.world.now()
        kind = said.get("kind") or "text"
        message = letter(
            person["key"],
            "whatsapp",
            sid,
            mine=True,
            at=now,
            iso=self.world.iso(now),
            text=said.get("text", ""),
            kind=kind,
            quotes=said.get("quotes"),
        )
        form = self.inbound_form(person, sid, message["text"])
        self.add_kind(message, form, said)
        self.add_quote(form, person, said)
        message["api"] = {
            "to": self.sender,
            "from": form["From"],
            "direction": "inbound",
            "updated": now,
            "sent": now,
            "error_code": None,
            "num_media": len(message["media"]),
        }
        self.world.keep(message)
        self.heed(person, message["text"])
        return [sid], self.bring(form, sid, kind)

    def heed(self, person: Json, text: str) -> None:
        """STOP and START in the languages the account has set: from then on the person is not written to, or again."""
        word = text.strip().casefold()
        if word in STOP or (word in START and person.get("stopped")):
            self.world.people.put(person["key"], {**person, "stopped": word in STOP})
            self.confirm(person, "unsubscribed. Reply START" if word in STOP else "re-subscribed. Reply STOP")

    def confirm(self, person: Json, what: str) -> None:
        """The network's own word on it, which is no message of the account's."""
        now, sid = self.world.now(), "SM" + uuid.uuid4().hex
        api = {
            "to": f"whatsapp:{person['whatsapp']}",
            "from": self.sender,
            "direction": "outbound-reply",
            "updated": now,
        }
        api |= {"sent": now, "error_code": None, "num_media": 0}
        text = f"You have successfully been {what} at any time."
        self.world.keep(
            letter(
                person["key"],
                "whatsapp",
                sid,
                mine=False,
                at=now,
                iso=self.world.iso(now),
                text=text,
                status="read",
                api=api,
            )
        )

    def inbound_form(self, person: Json, sid: str, text: str) -> dict[str, str]:
        number = person["whatsapp"]
        return {
            "SmsMessageSid": sid,
            "NumMedia": "0",
            "ProfileName": person.get("profile", person["name"]),
            "MessageType": "text",
            "SmsSid": sid,
            "WaId": number.lstrip("+"),
            "SmsStatus": "received",
            "Body": text,
            "To": self.sender,
            "NumSegments": "1",
            "ReferralNumMedia": "0",
            "MessageSid": sid,
            "AccountSid": self.sid,
            "From": f"whatsapp:{number}",
            "ApiVersion": VERSION,
        }

    def add_kind(self, message: Json, form: dict[str, str], said: Json) -> None:
        kind = message["kind"]
        if kind == "location":
            place = {"lat": float(said.get("lat", 18.5674)), "lon": float(said.get("lon", -68.3634))}
            message["location"] = place
            form |= {"MessageType": "location", "Latitude": str(place["lat"]), "Longitude": str(place["lon"])}
            for key in ("label", "address"):
                form |= {key.title(): said[key]} if said.get(key) else {}
        elif kind in TYPES:
            file = sample(kind, said.get("name", "María Contacto"), said.get("phone", "+18095550177"))
            kept = self.world.keep_file(f"ME{uuid.uuid4().hex}", *file)
            message["media"] = [kept]
            url = f"{self.world.origin}{self.base}/Messages/{message['id']}/Media/{kept['id']}"
            form |= {
                "MessageType": TYPES[kind],
                "NumMedia": "1",
                "MediaUrl0": url,
                "MediaContentType0": file.content_type,
            }

    def add_quote(self, form: dict[str, str], person: Json, said: Json) -> None:
        quoted = self.world.message(person["key"], "whatsapp", said.get("quotes") or "")
        if quoted is not None:
            form |= {"OriginalRepliedMessageSid": quoted["id"], "OriginalRepliedMessageSender": quoted["api"]["from"]}

    def edit(self, person: Json, said: Json) -> list[str]:
        message = self.world.message(person["key"], "whatsapp", said["edit"])
        if message is None:
            raise KeyError(said["edit"])
        self.world.keep({**message, "text": said.get("text", ""), "edited": True})
        return [message["id"]]

    def tap(self, person: Json, pressed: str, data: str, label: str) -> tuple[list[str], str]:
        """A person presses a template's quick reply or picks from a list: a new message that quotes the old."""
        quoted = self.world.message(person["key"], "whatsapp", pressed)
        if quoted is None:
            raise KeyError(pressed)
        sid, now = "SM" + uuid.uuid4().hex, self.world.now()
        form = self.inbound_form(person, sid, label)
        listed = any(button.get("row") for row in quoted["keyboard"] for button in row)
        form |= {"ListId": data, "ListTitle": label} if listed else {"ButtonText": label, "ButtonPayload": data}
        form["MessageType"] = "interactive" if listed else "button"
        self.add_quote(form, person, {"quotes": pressed})
        api = {"to": self.sender, "from": form["From"], "direction": "inbound", "updated": now, "sent": now}
        message = letter(
            person["key"], "whatsapp", sid, mine=True, at=now, iso=self.world.iso(now), text=label, quotes=pressed
        )
        self.world.keep({**message, "kind": "tap", "api": {**api, "error_code": None, "num_media": 0}})
        return [sid], self.bring(form, sid, "tap")

    def bring(self, form: dict[str, str], sid: str, kind: str) -> str:
        path = self.world.config.get("hooks", {}).get("twilio", "/hooks/whatsapp")
        url = self.world.config["public_url"].rstrip("/") + path
        return self.postman.send("twilio", f"in:{sid}", url, form_body(form), form=form, kind=kind)

    # -- odds and ends -------------------------------------------------------------------------

    def later(self, work: Any) -> None:
        task = asyncio.create_task(work)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    def resume(self) -> None:
        """After a restart: messages that were on their way go on."""
        for message in self.world.messages:
            if message["channel"] == "whatsapp" and not message["mine"] and message["status"] in ("queued", "sent"):
                self.later(
                    self.follow(
                        message["id"], message["api"].get("callback"), self.failure_again(message), [], "queued"
                    )
                )

    def failure_again(self, message: Json) -> int | None:
        if message["template"]:
            return None if message["text"] else 63028
        return self.failure(message, None, {})

    async def stop(self) -> None:
        for task in list(self.tasks):
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)


STOP, START = ("stop", "stopall", "unsubscribe", "baja"), ("start", "unstop", "alta")
TYPES = {"voice": "audio", "photo": "image", "sticker": "sticker", "document": "document", "contact": "contacts"}


def units(text: str) -> int:
    """Length in UTF-16 units: the strictest that WhatsApp may count."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def rfc2822(at: float) -> str:
    return format_datetime(datetime.fromtimestamp(int(at), UTC))


def http_url(url: str) -> bool:
    return urlsplit(url).scheme in ("http", "https") and bool(urlsplit(url).hostname)


def masked(to: str) -> str:
    return to[:-4] + "XXXX" if len(to) > 8 else to


def number_of(text: str | None, default: int) -> int:
    return int(text) if text and text.isdigit() else default


def place_of(action: str) -> Json:
    """A PersistentAction geo:lat,lon|label."""
    point, _, label = action.removeprefix("geo:").partition("|")
    lat, _, lon = point.partition(",")
    return {"lat": float(lat), "lon": float(lon), "label": label}


def variables_of(raw: str | None) -> dict[str, str]:
    """ContentVariables: a JSON object of texts, none empty, none with a line break, a tab or more than four spaces in a row."""
    if not raw:
        return {}
    try:
        values = orjson.loads(raw)
    except orjson.JSONDecodeError:
        values = None
    if not isinstance(values, dict) or not all(variable_fits(value) for value in values.values()):
        raise Refused(400, 21656, "The ContentVariables Parameter is invalid")
    return values


def variable_fits(value: Any) -> bool:
    fits = isinstance(value, str) and bool(value.strip()) and len(value) <= BODY_LIMIT
    return fits and not re.search(r"[\n\r\t]| {5,}", value)


def words_of(template: Json) -> str:
    """The text of a content's first type, title and footer included."""
    content = next(iter(template["types"].values()))
    parts = [content.get(key) for key in ("header_text", "title", "body", "subtitle", "footer")]
    return "\n".join(part for part in parts if part)


def fill(text: str, variables: dict[str, str]) -> str:
    return VARIABLE.sub(lambda found: variables.get(found[1], found[0]), text)


def keyboard_of(template: Json, variables: dict[str, str]) -> list[list[Json]]:
    content = next(iter(template["types"].values()))
    rows = [
        [
            {
                "text": fill(one["item"], variables),
                "data": fill(one["id"], variables),
                "row": True,
                **({"description": fill(one["description"], variables)} if one.get("description") else {}),
            }
        ]
        for one in content.get("items") or []
    ]
    for action in content.get("actions") or []:
        button = {"text": fill(action["title"], variables)}
        target = fill(action["url"], variables) if action.get("url") else None
        target = f"tel:{action['phone']}" if action.get("phone") else target
        rows.append(
            [
                {**button, "url": target}
                if target
                else {**button, "data": fill(action.get("id") or action["title"], variables)}
            ]
        )
    return rows


def matches(message: Json, query: Any) -> bool:
    api = message["api"]
    if query.get("To", api["to"]) != api["to"] or query.get("From", api["from"]) != api["from"]:
        return False
    sent = api["sent"] or message["epoch"]
    day, before, after = (moment_of(query.get(key)) for key in ("DateSent", "DateSent<", "DateSent>"))
    if day is not None and not day.timestamp() <= sent < (day + timedelta(days=1)).timestamp():
        return False
    return (before is None or int(sent) <= before.timestamp()) and (after is None or int(sent) >= after.timestamp())


def moment_of(text: str | None) -> datetime | None:
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise Refused(400, 20001, f"Invalid DateSent: {text}") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


async def download(url: str | None) -> tuple[bytes, str] | None:
    """What a MediaUrl holds, with its content type; None when it cannot be had or is over 16 MB."""
    if url is None:
        return None
    try:
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=15)) as session, session.get(url) as got:
            content = await got.content.read(MEDIA_LIMIT + 1)
            while len(content) <= MEDIA_LIMIT and (more := await got.content.read(65536)):
                content += more
            return (content, got.content_type) if got.status == 200 and 0 < len(content) <= MEDIA_LIMIT else None
    except (aiohttp.ClientError, TimeoutError, OSError):
        return None
