"""The sandbox's Twilio Content API: templates, and their approval by WhatsApp after the config's `approval` seconds."""

import re
import uuid
from datetime import UTC, datetime
from typing import Any

import orjson
from aiohttp import web

from .twilio import CONTRACT, TEMPLATE_LIMIT, VARIABLE, Refused, Twilio, answer, number_of, words_of
from .world import Json

CATEGORIES = ("UTILITY", "MARKETING", "AUTHENTICATION")
VARIABLES = 100
# Twilio: what a content holds at most; of buttons without approval only three are sent.
MOST = {
    "twilio/list-picker": {"items": 10},
    "twilio/quick-reply": {"actions": 10},
    "twilio/call-to-action": {"actions": 10},
}
NEVER_APPROVED = ("twilio/list-picker", "twilio/catalog", "twilio/flows")
LANGUAGE = re.compile(r"[a-z]{2,3}(_[A-Z]{2,3})?")


class Templates:
    """Create, fetch, list, delete and hand in for approval (https://www.twilio.com/docs/content/content-api-resources)."""

    def __init__(self, twilio: Twilio) -> None:
        self.twilio, self.world = twilio, twilio.world

    def routes(self) -> list[web.RouteDef]:
        return [
            web.post("/v1/Content", self.create),
            web.get("/v1/Content", self.find_all),
            web.get("/v1/ContentAndApprovals", self.list_approvals),
            web.get("/v1/Content/{sid}", self.fetch),
            web.delete("/v1/Content/{sid}", self.delete),
            web.get("/v1/Content/{sid}/ApprovalRequests", self.approval),
            web.post("/v1/Content/{sid}/ApprovalRequests/whatsapp", self.approve),
        ]

    async def body(self, request: web.Request, known: list[str]) -> Json:
        try:
            value = orjson.loads(await request.read())
        except orjson.JSONDecodeError:
            raise Refused(400, 20422, "Invalid Parameter: the body is not JSON") from None
        unknown = sorted(set(value) - set(known)) if isinstance(value, dict) else ["body"]
        if unknown:
            raise Refused(400, 20422, f"Invalid Parameter: {', '.join(unknown)}")
        return dict(value)

    async def create(self, request: web.Request) -> web.Response:
        self.twilio.check(request)
        asked = await self.body(request, CONTRACT["content.create"])
        if isinstance(asked.get("types"), dict):  # Twilio's SDK names every type it knows, null where there is none
            asked["types"] = {kind: content for kind, content in asked["types"].items() if content is not None}
        check_content(asked)
        sid, now = "HX" + uuid.uuid4().hex, self.stamp()
        template = {
            "sid": sid,
            "friendly_name": asked.get("friendly_name"),
            "language": asked["language"],
            "variables": asked.get("variables") or {},
            "types": asked["types"],
            "date_created": now,
            "date_updated": now,
            "approval": {"status": "unsubmitted", "name": "", "category": "", "rejection_reason": ""},
        }
        self.world.templates.put(sid, template)
        return answer(self.resource(template), 201)

    def stamp(self) -> str:
        return datetime.fromtimestamp(int(self.world.now()), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

    def find(self, request: web.Request) -> Json:
        self.twilio.check(request)
        template: Json | None = self.world.templates.get(request.match_info["sid"])
        if template is None:
            raise Refused(404, 20404, f"The requested resource {request.path} was not found")
        return template

    async def fetch(self, request: web.Request) -> web.Response:
        return answer(self.resource(self.find(request)))

    async def delete(self, request: web.Request) -> web.Response:
        self.world.templates.drop(self.find(request)["sid"])
        return web.Response(status=204)

    async def find_all(self, request: web.Request) -> web.Response:
        return self.page(request, "contents", self.resource)

    async def list_approvals(self, request: web.Request) -> web.Response:
        def both(template: Json) -> Json:
            plain = {key: value for key, value in self.resource(template).items() if key not in ("url", "links")}
            return {**plain, "approval_requests": whatsapp_of(template, self.world.now())}

        return self.page(request, "contents", both)

    def page(self, request: web.Request, key: str, draw: Any) -> web.Response:
        self.twilio.check(request)
        size, page = (max(1, number_of(request.query.get("PageSize"), 50)), number_of(request.query.get("Page"), 0))
        found, base = (list(self.world.templates), f"{request.scheme}://{request.host}{request.path}")
        part, more = (found[page * size : (page + 1) * size], len(found) > (page + 1) * size)
        meta = {
            "page": page,
            "page_size": size,
            "first_page_url": f"{base}?PageSize={size}&Page=0",
            "previous_page_url": f"{base}?PageSize={size}&Page={page - 1}" if page else None,
            "url": f"{base}?PageSize={size}&Page={page}",
            "next_page_url": f"{base}?PageSize={size}&Page={page + 1}" if more else None,
            "key": key,
        }
        return answer({key: [draw(one) for one in part], "meta": meta})

    async def approve(self, request: web.Request) -> web.Response:
        template = self.find(request)
        asked = await self.body(request, CONTRACT["approval"])
        name, category = asked.get("name", ""), asked.get("category", "")
        if not re.fullmatch(r"[a-z0-9_]{1,512}", name):
            raise Refused(
                400, 20422, "Invalid Parameter: name may hold lower-case letters, digits and underscores only"
            )
        if category not in CATEGORIES:
            raise Refused(400, 20422, "Invalid Parameter: category")
        reason = rejection(template, name)
        approval = {
            "status": "rejected" if reason else "approved",
            "name": name,
            "category": category,
            "rejection_reason": reason,
            "decided": self.world.now() + float(self.world.config.get("approval", 0.0)),
        }
        self.world.templates.put(template["sid"], {**template, "approval": approval})
        received = {"status": "received", "name": name, "category": category, "rejection_reason": ""}
        return answer({**received, "content_type": next(iter(template["types"])), "allow_category_change": True}, 201)

    async def approval(self, request: web.Request) -> web.Response:
        template = self.find(request)
        sid = template["sid"]
        url = f"https://content.twilio.com/v1/Content/{sid}/ApprovalRequests"
        return answer(
            {
                "sid": sid,
                "account_sid": self.twilio.sid,
                "whatsapp": whatsapp_of(template, self.world.now()),
                "url": url,
            }
        )

    def resource(self, template: Json) -> Json:
        url = f"https://content.twilio.com/v1/Content/{template['sid']}"
        plain = {key: value for key, value in template.items() if key != "approval"}
        links = {"approval_create": f"{url}/ApprovalRequests/whatsapp", "approval_fetch": f"{url}/ApprovalRequests"}
        return {**plain, "account_sid": self.twilio.sid, "url": url, "links": links}


def whatsapp_of(template: Json, now: float) -> Json:
    """The approval as it stands: Meta looks at a template for a while before it says yes or no."""
    kind, approval = next(iter(template["types"])), dict(template["approval"])
    if approval.pop("decided", 0.0) > now:
        approval |= {"status": "pending", "rejection_reason": ""}
    return {"type": "whatsapp", "content_type": kind, "allow_category_change": True, **approval}


def check_content(asked: Json) -> None:
    """Language, at least one known type with what it needs, variables as texts, placeholders well formed."""
    types = asked.get("types")
    if not isinstance(asked.get("language"), str) or not LANGUAGE.fullmatch(asked["language"]):
        raise Refused(400, 20422, "Invalid Parameter: language")
    if not isinstance(types, dict) or not types:
        raise Refused(400, 20422, "Invalid Parameter: types")
    for kind, content in types.items():
        needed = CONTRACT["content.types"].get(kind)
        if needed is None or not isinstance(content, dict):
            raise Refused(400, 20422, f"Invalid Parameter: types.{kind}")
        missing = [key for key in needed if not content.get(key)]
        if missing:
            raise Refused(400, 20422, f"Invalid Parameter: types.{kind}.{missing[0]} is required")
    if len(set(VARIABLE.findall(orjson.dumps(types).decode()))) > VARIABLES:
        raise Refused(400, 20422, "Invalid Parameter: more than 100 variables")
    for kind, content in types.items():
        for name, most in MOST.get(kind, {}).items():
            if len(content[name]) > most:
                raise Refused(400, 20422, f"Invalid Parameter: types.{kind}.{name} has more than {most}")
        for action in content.get("actions") or []:
            if action.get("type") == "PHONE_NUMBER" and not re.fullmatch(r"\+[1-9]\d{6,14}", action.get("phone") or ""):
                raise Refused(400, 20422, "Invalid Parameter: a phone number is written in E.164, and has no variable")
            if action.get("url") and not re.match(r"https?://[^{}/]+/", action["url"]):
                raise Refused(400, 20422, "Invalid Parameter: the domain of a url has a variable")
    variables = asked.get("variables") or {}
    if not isinstance(variables, dict) or not all(isinstance(value, str) for value in variables.values()):
        raise Refused(400, 20422, "Invalid Parameter: variables")


def rejection(template: Json, name: str) -> str:
    """Why WhatsApp would not approve this content; empty when it does.

    Meta: a body of at most 1024 characters which neither begins nor ends with a variable, no two variables side by side, numbered variables
    without gaps, a sample for each variable.
    """
    body = str(next(iter(template["types"].values())).get("body", "")).strip()
    found = VARIABLE.findall(body)
    if "rejected" in name or "rejected" in (template["friendly_name"] or ""):
        return "The sandbox rejects every template with this word in its name"
    if next(iter(template["types"])) in NEVER_APPROVED:
        return "This content type is for a session only and cannot be approved"
    if len(body) > TEMPLATE_LIMIT:
        return "The body is longer than 1024 characters"
    if re.match(r"{{\s*\w+\s*}}", body) or re.search(r"{{\s*\w+\s*}}$", body):
        return "Variables can't be at the start or end of the template"
    if re.search(r"}}\s*{{", body):
        return "Variables can't be next to each other"
    numbers = sorted({int(one) for one in found if one.isdigit()})
    if numbers and numbers != list(range(1, len(numbers) + 1)):
        return "Variables must be numbered in order without gaps"
    if set(VARIABLE.findall(words_of(template))) - set(template["variables"]):
        return "Every variable needs a sample"
    return ""
