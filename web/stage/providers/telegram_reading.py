"""Reads what the bot sends to Telegram: parameters in any of the four encodings, texts, keyboards; and refuses what Telegram refuses."""

import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlsplit

import orjson
from aiohttp import web

from .world import Json

CONTRACT: Json = orjson.loads((Path(__file__).parent / "contract" / "telegram.json").read_bytes())
TEXT_LIMIT = 4096
CAPTION_LIMIT = 1024
DATA_LIMIT = 64
STYLES = ("danger", "success", "primary")


class Refused(Exception):
    """A call Telegram answers with ok: false."""

    def __init__(self, code: int, description: str, **parameters: Any) -> None:
        super().__init__(description)
        self.code, self.description, self.parameters = code, description, parameters

    def response(self) -> web.Response:
        body: Json = {"ok": False, "error_code": self.code, "description": self.description}
        if self.parameters:
            body["parameters"] = self.parameters
        heads = {"Retry-After": str(self.parameters["retry_after"])} if "retry_after" in self.parameters else {}
        return web.Response(body=orjson.dumps(body), status=self.code, content_type="application/json", headers=heads)


def bad(description: str) -> Refused:
    return Refused(400, f"Bad Request: {description}")


class Upload(NamedTuple):
    content: bytes
    content_type: str
    name: str


class Call:
    """The parameters of one call, each read as the type the contract gives it."""

    def __init__(self, method: str, values: dict[str, Any], files: dict[str, Upload]) -> None:
        self.method, self.values, self.files = method, values, files
        self.known: Json = CONTRACT["methods"][method]
        self.unknown = sorted(set(values) - set(self.known))

    def text(self, name: str) -> str:
        value = self.values.get(name)
        return "" if value is None else value if isinstance(value, str) else orjson.dumps(value).decode()

    def whole(self, name: str, missing: str = "") -> int:
        raw = self.text(name).strip()
        if not re.fullmatch(r"-?\d{1,19}", raw):
            raise bad(missing or f"invalid {name} specified")
        return int(raw)

    def number(self, name: str) -> float:
        try:
            return float(self.text(name))
        except ValueError:
            raise bad(f"{name} is empty" if not self.text(name) else f"invalid {name} specified") from None

    def flag(self, name: str) -> bool:
        return self.text(name).strip().lower() in ("true", "1", "yes", "t", "y")

    def structure(self, name: str) -> Any:
        """An object or array: as it is in a JSON body, as JSON text in a form."""
        value = self.values.get(name)
        if not isinstance(value, str):
            return value
        if not value:
            return None
        try:
            return orjson.loads(value)
        except orjson.JSONDecodeError:
            raise bad(f"can't parse {name.replace('_', ' ')} JSON object") from None

    def file(self, name: str) -> Upload | str:
        """An upload (directly or through attach://), or else a file_id or URL."""
        if name in self.files:
            return self.files[name]
        value = self.text(name)
        if value.startswith("attach://"):
            found = self.files.get(value.removeprefix("attach://"))
            if found is None:
                raise bad(f"attached file with name {value.removeprefix('attach://')} not found")
            return found
        if not value:
            raise bad(f"there is no {name} in the request")
        return value


async def read_call(method: str, request: web.Request) -> Call:
    """Query, urlencoded form, multipart form and JSON are all taken, as the Bot API does."""
    values: dict[str, Any] = dict(request.query)
    files: dict[str, Upload] = {}
    body = await request.read()
    if request.content_type == "application/json" and body.strip():
        values |= read_json(body)
    elif request.content_type == "multipart/form-data":
        for name, part in multipart(body, request.headers["Content-Type"]):
            if part.name:
                files[name] = part
            else:
                values[name] = part.content.decode("utf-8", "replace")
    elif body:
        values |= dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))
    return Call(method, values, files)


def read_json(body: bytes) -> Json:
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise bad("can't parse JSON object") from None
    if not isinstance(value, dict):
        raise bad("can't parse JSON object")
    return value


def multipart(body: bytes, content_type: str) -> list[tuple[str, Upload]]:
    found = re.search(r'boundary="?([^";]+)"?', content_type)
    if found is None:
        raise bad("boundary field not found")
    parts = []
    for part in body.split(b"--" + found[1].encode())[1:-1]:
        head, _, content = part.removeprefix(b"\r\n").partition(b"\r\n\r\n")
        text = head.decode("utf-8", "replace")
        name, file = (re.search(r'\bname="([^"]*)"', text), re.search(r'filename="([^"]*)"', text))
        kind = re.search(r"content-type:\s*([^\s;]+)", text, re.IGNORECASE)
        if name is not None:
            upload = Upload(
                content.removesuffix(b"\r\n"), kind[1] if kind else "application/octet-stream", file[1] if file else ""
            )
            parts.append((name[1], upload))
    return parts


# -- texts ---------------------------------------------------------------------------------------


def text_of(call: Call, name: str, limit: int, long: str, empty: str | None) -> tuple[str, bool]:
    """The text as shown (entities parsed, trimmed) and whether it was HTML; refused when empty or too long after that."""
    raw, html = call.text(name), call.text("parse_mode").lower() == "html"
    mode = call.text("parse_mode").lower()
    if mode not in ("", "html", "markdown", "markdownv2"):
        raise bad("unsupported parse_mode")
    text = (Markup.read(raw) if html else raw).replace("\0", "").strip()
    if not text and empty is not None:
        raise bad(empty)
    if len(text) > limit:
        raise bad(long)
    return (raw.strip() if html else text), html


class Markup(HTMLParser):
    """The few tags Telegram knows (https://core.telegram.org/bots/api#html-style); anything else is refused as there."""

    TAGS = frozenset(
        [
            "b",
            "strong",
            "i",
            "em",
            "u",
            "ins",
            "s",
            "strike",
            "del",
            "span",
            "tg-spoiler",
            "a",
            "tg-emoji",
            "code",
            "pre",
            "blockquote",
        ]
    )

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.words: list[str] = []

    @classmethod
    def read(cls, raw: str) -> str:
        markup = cls()
        markup.feed(raw)
        markup.close()
        if markup.open:
            raise bad(f"can't parse entities: Can't find end tag corresponding to start tag \"{markup.open[-1]}\"")
        return "".join(markup.words)

    def place(self) -> int:
        return len("".join(self.words).encode())

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        if tag not in self.TAGS:
            raise bad(f'can\'t parse entities: Unsupported start tag "{tag}" at byte offset {self.place()}')
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            raise bad(f"can't parse entities: Unexpected end tag at byte offset {self.place()}")

    def handle_data(self, data: str) -> None:
        self.words.append(data)


# -- keyboards -----------------------------------------------------------------------------------


def keyboard_of(call: Call, *, private: bool = True) -> tuple[list[list[Json]] | None, Json | None]:
    """The keyboard as the chat shows it and as Telegram keeps it; (None, None) when there is none."""
    markup = call.structure("reply_markup")
    if not markup:
        return None, None
    if not isinstance(markup, dict):
        raise bad("object expected as reply markup")
    if "inline_keyboard" in markup:
        rows = rows_of(markup["inline_keyboard"], "inline_keyboard")
        drawn = [[inline_button(button) for button in row] for row in rows]
        if sum(len(row) for row in drawn) > 100:
            raise bad("REPLY_MARKUP_TOO_LONG")
        return drawn, {"inline_keyboard": rows}
    if "keyboard" in markup:
        rows = rows_of(markup["keyboard"], "keyboard")
        return [[plain_button(button, private=private) for button in row] for row in rows], None
    return [], None


def typed_keys(keyboard: list[list[Json]]) -> bool:
    """Whether pressing these keys types their words: they stand in place of the phone's own keyboard."""
    return bool(keyboard) and not any(key.keys() & {"data", "url"} for row in keyboard for key in row)


def rows_of(rows: Any, name: str) -> list[list[Any]]:
    if not isinstance(rows, list) or not all(isinstance(row, list) for row in rows):
        raise bad(f'field "{name}" must be of type Array of Array')
    return [row for row in rows if row]


def inline_button(button: Any) -> Json:
    if not isinstance(button, dict):
        raise bad("can't parse inline keyboard button: InlineKeyboardButton must be an Object")
    text = button.get("text")
    if not isinstance(text, str):
        raise bad("can't parse inline keyboard button: Can't find field \"text\"")
    if not text.strip():
        raise bad("can't parse inline keyboard button: Text must be non-empty")
    drawn: Json = {"text": text}
    if button.get("style"):
        if button["style"] not in STYLES:
            raise bad("can't parse inline keyboard button: Invalid button style specified")
        drawn["style"] = button["style"]
    if button.get("url") is not None:
        return {**drawn, "url": button_url(button["url"])}
    if button.get("callback_data") is not None:
        if not 1 <= len(str(button["callback_data"]).encode()) <= DATA_LIMIT:
            raise bad("BUTTON_DATA_INVALID")
        return {**drawn, "data": str(button["callback_data"])}
    if not any(
        button.get(key) is not None for key in ("web_app", "login_url", "switch_inline_query", "copy_text", "pay")
    ):
        raise bad("can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard")
    return drawn


def button_url(url: Any) -> str:
    parts = urlsplit(str(url))
    if parts.scheme not in ("http", "https", "tg", "ton") or not parts.netloc or re.search(r"\s", str(url)):
        raise bad(f"inline keyboard button URL '{url}' is invalid: Wrong HTTP URL")
    if parts.hostname == "localhost":
        raise bad(f"inline keyboard button URL '{url}' is invalid: Wrong HTTP URL")
    return str(url)


def plain_button(button: Any, *, private: bool) -> Json:
    if isinstance(button, str):
        return {"text": button}
    if not isinstance(button, dict) or not isinstance(button.get("text"), str):
        raise bad("can't parse keyboard button: Can't find field \"text\"")
    asked = "contact" if button.get("request_contact") else "location" if button.get("request_location") else None
    if asked and not private:
        told = "phone number" if asked == "contact" else "location"
        raise bad(f"{told} can be requested in private chats only")
    if not button["text"].strip():
        raise bad("can't parse keyboard button: Text must be non-empty")
    return {"text": button["text"], **({"request": asked} if asked else {})}
