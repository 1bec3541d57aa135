"""Telegram: an update becomes `Heard`, a drawn message becomes text with keys under it."""

import asyncio
from datetime import datetime
from typing import Any

import aiohttp
from telegram import Bot, InlineKeyboardButton, InlineKeyboardMarkup, InputFile, Update
from telegram.error import BadRequest, Forbidden, NetworkError, RetryAfter, TelegramError, TimedOut
from telegram.request import BaseRequest, RequestData

from bot.carriers import Attempt, Failed, Retry, Sent
from bot.pace import ChatPace
from bot.words import cut
from flows.speech import Heard, Tap
from models.lanes import Outgoing

LIMIT, CAPTION, DATA = 4096, 1024, 64  # Telegram: characters of a text, of a caption; bytes behind a key
WIDE = 18  # a key longer than this gets a row of its own
BOT_API = "https://api.telegram.org"
PERSON, GROUP = ChatPace(1.0, 6), ChatPace(0.25, 5)  # a group: 5 + 15 in any minute


class OverAiohttp(BaseRequest):
    """python-telegram-bot's calls over aiohttp, which costs a sixth of its own client here."""

    def __init__(self) -> None:
        self.session: aiohttp.ClientSession | None = None

    @property
    def read_timeout(self) -> float | None:
        """Seconds; Telegram answers at once or not at all."""
        return 15

    async def initialize(self) -> None:
        """Open the session."""
        self.session = self.session or aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=15))

    async def shutdown(self) -> None:
        """Close the session."""
        if self.session is not None:
            await self.session.close()
            self.session = None

    async def do_request(  # the SDK's signature
        self, url: str, method: str, request_data: RequestData | None = None, read_timeout: Any = None,
        write_timeout: Any = None, connect_timeout: Any = None, pool_timeout: Any = None,
    ) -> tuple[int, bytes]:  # fmt: skip
        """One call; gives status and body."""
        await self.initialize()
        assert self.session is not None  # noqa: S101  # `initialize` has just opened it
        try:
            async with self.session.request(method, url, data=_form(request_data)) as answer:
                return answer.status, await answer.read()
        except TimeoutError as late:
            raise TimedOut from late
        except aiohttp.ClientError as away:
            raise NetworkError(str(away)) from away


def _form(data: RequestData | None) -> Any:
    if data is None:
        return None
    if not data.multipart_data:
        return data.json_parameters
    form = aiohttp.FormData(data.json_parameters)
    for name, (filename, content, kind) in data.multipart_data.items():
        form.add_field(name, content, filename=filename, content_type=kind)
    return form


def read(update: dict[str, Any], now: datetime) -> Heard | None:
    """What a person did, from an update; None for what nobody needs to answer (a channel's post, a poll)."""
    number = str(int(update["update_id"]))
    if message := update.get("message") or update.get("edited_message"):
        return _message(message, number, now, edited="edited_message" in update)
    if callback := update.get("callback_query"):
        return _tapped(callback, number, now)
    return None


def read_barely(update: dict[str, Any], now: datetime) -> Heard | None:
    """Who wrote and their words, of a message that `read` stumbles over; None when not even that stands in it."""
    found = (update.get(each) for each in ("message", "edited_message"))
    message: dict[str, Any] = next((each for each in found if isinstance(each, dict)), {})
    chat, number, said = message.get("chat"), update.get("update_id"), message.get("text") or message.get("caption")
    sender = chat.get("id") if isinstance(chat, dict) else None
    if not (_figure(number) and _figure(sender)):
        return None
    words = said.replace("\x00", "") if isinstance(said, str) else ""
    return Heard("telegram", str(number), str(sender), now, words=words, kind="text" if words else "other")


def _figure(given: Any) -> bool:
    """Whether it is one of Telegram's numbers (at most 52 bits)."""
    return isinstance(given, int) and not isinstance(given, bool) and abs(given) < 2**52


def _message(message: dict[str, Any], number: str, now: datetime, *, edited: bool) -> Heard | None:
    chat, person = message.get("chat", {}), message.get("from", {})
    if "id" not in chat or person.get("is_bot"):
        return None
    contact, place = message.get("contact") or {}, message.get("location")
    return Heard(
        channel="telegram",
        external_id=number,
        sender=str(int(chat["id"])),
        at=now,
        words=str(message.get("text") or message.get("caption") or "").replace("\x00", ""),
        name=_name(person),
        kind="edited" if edited else _kind(message),
        location=(float(place["latitude"]), float(place["longitude"])) if place else None,
        contact=(_name(contact), str(contact["phone_number"])) if contact.get("phone_number") else None,
        quotes=_id(message.get("reply_to_message")),
        language=_language(person),
    )


def _tapped(callback: dict[str, Any], number: str, now: datetime) -> Heard | None:
    message, person = callback.get("message") or {}, callback.get("from", {})
    chat = message.get("chat", {}).get("id", person.get("id"))
    if chat is None:
        return None
    return Heard(
        channel="telegram", external_id=number, sender=str(int(chat)), at=now, name=_name(person), kind="tap",
        tap=unpack(str(callback.get("data", ""))), quotes=_id(message), language=_language(person),
    )  # fmt: skip


_KINDS = {"text": "text", "location": "location", "contact": "contact", "voice": "voice", "audio": "voice", "photo": "photo",
          "video": "video", "video_note": "video", "sticker": "sticker", "document": "document", "venue": "location"}  # fmt: skip


def _kind(message: dict[str, Any]) -> str:
    return next((kind for key, kind in _KINDS.items() if key in message), "other")


def _name(person: dict[str, Any]) -> str:
    whole = f"{person.get('first_name') or ''} {person.get('last_name') or ''}".strip()
    return whole.replace("\x00", "")[:120]


def _language(person: dict[str, Any]) -> str | None:
    """The language of their app without its region: "es" of "es-DO"."""
    tag = str(person.get("language_code") or "").split("-")[0]
    return tag if tag.isascii() and tag.isalpha() and len(tag) <= 8 else None


def _id(message: dict[str, Any] | None) -> str | None:
    return str(message["message_id"]) if message and "message_id" in message else None


def pack(question: str, value: str, turn: int) -> str:
    """Question, value and turn in the 64 bytes that a key may carry."""
    packed = f"{turn}|{question}|{value}"
    if len(packed.encode()) > DATA:
        raise ValueError(f"a key carries at most {DATA} bytes: {packed}")
    return packed


def unpack(data: str) -> Tap:
    """What a key carried; one that is not ours becomes a tap on nothing, which the talk answers with a fresh card."""
    turn, _, rest = data.partition("|")
    question, _, value = rest.partition("|")
    ours = turn.isascii() and turn.isdigit() and len(turn) < 10
    return Tap(question, value, int(turn)) if ours else Tap("", data[:DATA], 0)


class Telegram:
    """Carries deliveries to Telegram."""

    channel = "telegram"

    def __init__(self, token: str, api: str) -> None:
        base = api or BOT_API
        self.bot = Bot(
            token, base_url=f"{base}/bot", base_file_url=f"{base}/file/bot", request=OverAiohttp(),
            get_updates_request=OverAiohttp(),
        )  # fmt: skip
        self.answers: set[asyncio.Task[None]] = set()

    async def close(self) -> None:
        """End the session."""
        await self.bot.request.shutdown()

    def answer_tap(self, callback_id: str) -> None:
        """Take the spinner off a tapped key at once; nothing hangs on whether it arrives."""
        task = asyncio.create_task(self._answer(callback_id))
        self.answers.add(task)
        task.add_done_callback(self.answers.discard)

    async def _answer(self, callback_id: str) -> None:
        try:
            await self.bot.answer_callback_query(callback_id)
        except TelegramError:
            return

    async def register(self, url: str, secret: str, commands: dict[str, list[tuple[str, str]]]) -> None:
        """Tell Telegram where our hook is, its secret, and the menu of commands in each language."""
        await self.bot.set_webhook(
            f"{url}/hooks/telegram", secret_token=secret,
            allowed_updates=[Update.MESSAGE, Update.EDITED_MESSAGE, Update.CALLBACK_QUERY],
        )  # fmt: skip
        for language, listed in commands.items():
            await self.bot.set_my_commands(listed, language_code=None if language == "" else language)

    async def waiting(self) -> dict[str, Any]:
        """How many updates wait at Telegram to be brought to us; when bringing one last failed, and why (None: never)."""
        info = await self.bot.get_webhook_info()
        failed = info.last_error_date
        return {
            "pending": info.pending_update_count, "failed": failed.isoformat() if failed else None,
            "why": info.last_error_message,
        }  # fmt: skip

    async def send(self, out: Outgoing, attempt: Attempt) -> Sent | Retry | Failed:
        """Send one delivery, in place of the card it belongs to where that was asked for."""
        if "block" not in out.payload:
            return Failed("there is nothing to say in this")
        try:
            return await self._send(out, attempt)
        except RetryAfter as busy:
            after = busy.retry_after
            return Retry("Telegram asks us to slow down", after if isinstance(after, int) else after.total_seconds())
        except TelegramError as refusal:
            return _classed(refusal)

    async def _send(self, out: Outgoing, attempt: Attempt) -> Sent:
        text = attempt.drawn.text
        keys = keyboard(attempt, int(out.payload.get("turn", 0)))
        if out.payload.get("edits") and not attempt.picture:
            edited = await self._edit(out, text, keys)
            if edited:
                return Sent(edited, text)
        if attempt.picture:
            photo = InputFile(attempt.picture, filename="ticket.png")
            message = await self.bot.send_photo(out.address, photo, caption=cut(text, CAPTION), reply_markup=keys)
            return Sent(str(message.message_id), text)
        message = await self.bot.send_message(out.address, cut(text, LIMIT), reply_markup=keys)
        return Sent(str(message.message_id), text)

    async def _edit(self, out: Outgoing, text: str, keys: InlineKeyboardMarkup | None) -> str | None:
        card = str(out.payload["edits"])
        try:
            await self.bot.edit_message_text(
                cut(text, LIMIT), chat_id=out.address, message_id=int(card), reply_markup=keys
            )
        except BadRequest as refusal:
            return card if "not modified" in str(refusal).lower() else None  # gone or too old: say it anew
        return card


def chat_pace(address: str) -> ChatPace:
    """Telegram's FAQ: about one message a second to a person, with short bursts; twenty a minute to a group."""
    return GROUP if address.startswith("-") else PERSON


def keyboard(attempt: Attempt, turn: int) -> InlineKeyboardMarkup | None:
    """Options and links as keys: short ones two in a row, long ones alone."""
    keys = [
        InlineKeyboardButton(option.label, callback_data=pack(option.question, option.value, turn))
        for option in attempt.drawn.options
    ]
    rows: list[list[InlineKeyboardButton]] = []
    for key in keys:
        beside = rows and len(rows[-1]) == 1 and len(key.text) <= WIDE and len(rows[-1][0].text) <= WIDE
        if beside:
            rows[-1].append(key)
        else:
            rows.append([key])
    known = [link for link in attempt.drawn.links if link.purpose in attempt.urls]
    rows += [[InlineKeyboardButton(link.label, url=attempt.urls[link.purpose])] for link in known]
    return InlineKeyboardMarkup(rows) if rows else None


def _classed(refusal: TelegramError) -> Retry | Failed:
    said = f"Telegram: {refusal.message}"
    return Failed(said) if isinstance(refusal, Forbidden | BadRequest) else Retry(said, away=True)
