"""Telegram: an update becomes `Heard`, a drawn message becomes text with keys under it."""

import asyncio
import hashlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import aiohttp
import structlog
from telegram import (
    Bot,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    InputFile,
    KeyboardButton,
    ReplyKeyboardMarkup,
    ReplyKeyboardRemove,
    Update,
)
from telegram import Message as TelegramMessage
from telegram.error import BadRequest, Forbidden, NetworkError, RetryAfter, TelegramError, TimedOut
from telegram.request import BaseRequest, RequestData

from bot.carriers import CALL, Attempt, Enclosed, Failed, Retry, Sent
from bot.fitting import cut, parts, units
from bot.pace import ChatPace
from bot.picking import gridded, listed
from bot.taps import pack, unpack
from bot.words import Drawn, DrawnOption, block
from flows.speech import Heard
from models.lanes import Outgoing
from models.settings import keep_value, kept

Markup = InlineKeyboardMarkup | ReplyKeyboardMarkup | ReplyKeyboardRemove | None

LIMIT, CAPTION = 4096, 1024  # Telegram: characters of a text, of a caption
KEYS = 90  # Telegram: a hundred keys under a message, doors among them
LABEL = 48  # units of a key alone in its row
ROW = 30  # units that the keys of one row have together: what a narrow phone shows without cutting
COLUMNS = 3  # keys in a row at most, unless they are a month or the hours of a day
BOT_API = "https://api.telegram.org"
log = structlog.get_logger()

PERSON, GROUP = ChatPace(1.0, 6), ChatPace(0.25, 5)  # a group: 5 + 15 in any minute


Message = str | Enclosed


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
        of_another=bool(contact) and contact.get("user_id") != person.get("id"),
        quotes=_id(message.get("reply_to_message")),
        language=_language(person),
        group=int(chat["id"]) < 0,
    )


def _tapped(callback: dict[str, Any], number: str, now: datetime) -> Heard | None:
    message, person = callback.get("message") or {}, callback.get("from", {})
    chat = message.get("chat", {}).get("id", person.get("id"))
    if chat is None:
        return None
    return Heard(
        channel="telegram", external_id=number, sender=str(int(chat)), at=now, name=_name(person), kind="tap",
        tap=unpack(str(callback.get("data", ""))), quotes=_id(message), language=_language(person),
        group=int(chat) < 0,
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
        for language, menu in commands.items():
            await self.bot.set_my_commands(menu, language_code=None if language == "" else language)

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
        text, keys = attempt.drawn.text, keyboard(attempt, out.payload)
        if (
            out.payload.get("edits")
            and not out.payload.get("unshares")
            and not attempt.enclosed
            and units(text) <= LIMIT
        ):
            edited = await self._edit(out, text, keys)
            if edited:
                return Sent(edited, text)
        return Sent(await self._say(out, attempt, keys), text)

    async def _say(self, out: Outgoing, attempt: Attempt, keys: Markup) -> str:
        """Send those of its messages that have not left with an earlier attempt, the keys under the last.

        Keys for sharing are put away by the first message that has no keys of its own: one message has one kind (Bot API).
        """
        unshares = bool(out.payload.get("unshares"))
        messages = _messages(attempt, apart=unshares and keys is not None)
        away = ReplyKeyboardRemove() if unshares else None
        for number in range(min(len(out.left), len(messages) - 1), len(messages)):
            last, below = number == len(messages) - 1, away if number == 0 else None
            out.left.append(await self._once(out, messages[number], keys or below if last else below))
        return out.left[-1]

    async def _once(self, out: Outgoing, what: Message, keys: Markup) -> str:
        sent = await self._enclosed(out, what, keys) if isinstance(what, Enclosed) else None
        text = what.words if isinstance(what, Enclosed) else what
        if sent is None and not text.strip():
            return ""  # it was not taken, and there is nothing to say in its place
        sent = sent or await self.bot.send_message(out.address, text, reply_markup=keys)
        return str(sent.message_id)

    async def _enclosed(self, out: Outgoing, what: Enclosed, keys: Markup) -> TelegramMessage | None:
        """A picture or a paper; one that lasts is uploaded once, and then named. None where Telegram will not have it."""
        name = f"telegram:{self.bot.token.partition(':')[0]}:{hashlib.sha256(what.content).hexdigest()[:40]}"
        known = await kept(name) if what.lasting else None
        files: list[str | InputFile] = [known] if known else []
        for file in (*files, InputFile(what.content, filename=what.name)):
            try:
                sent = await self._uploaded(out, what, file, keys)
            except BadRequest as refusal:
                log.warning("something enclosed was refused", delivery=out.id, why=str(refusal)[:200])
                continue
            if what.lasting and sent.photo and sent.photo[-1].file_id != known:
                await keep_value(name, sent.photo[-1].file_id)
            return sent
        return None

    async def _uploaded(self, out: Outgoing, what: Enclosed, file: str | InputFile, keys: Markup) -> TelegramMessage:
        caption = what.words or None
        if what.picture:
            return await self.bot.send_photo(out.address, file, caption=caption, reply_markup=keys)
        return await self.bot.send_document(out.address, file, caption=caption, reply_markup=keys)

    async def _edit(self, out: Outgoing, text: str, keys: Markup) -> str | None:
        """Gives the card that was edited; None where that cannot be done: then it is said anew."""
        card = str(out.payload["edits"])
        if isinstance(keys, ReplyKeyboardMarkup | ReplyKeyboardRemove):
            return None
        try:
            await self.bot.edit_message_text(text, chat_id=out.address, message_id=int(card), reply_markup=keys)
        except BadRequest as refusal:
            return card if "not modified" in str(refusal).lower() else None  # gone or too old: say it anew
        return card


def _messages(attempt: Attempt, *, apart: bool = False) -> list[Message]:
    """A delivery as the messages it takes: what is enclosed goes first, and the last picture carries the words that fit under it.

    `apart`: what comes before the question is a message of its own, a word of thanks where nothing does.
    """
    text, enclosed = attempt.drawn.text, attempt.enclosed
    if apart:
        rest = text.removeprefix(attempt.drawn.first)
        first = attempt.drawn.first or block("keys_put_away", attempt.drawn.language, {})
        return [*parts(first, LIMIT), *_messages(replace(attempt, drawn=replace(attempt.drawn, text=rest, first="")))]
    if not enclosed or not enclosed[-1].picture or units(text) > CAPTION:
        return [*map(_captioned, enclosed), *parts(text, LIMIT)]
    return [*map(_captioned, enclosed[:-1]), replace(enclosed[-1], words=text.strip())]


def _captioned(one: Enclosed) -> Enclosed:
    return replace(one, words=cut(one.words, CAPTION))


def chat_pace(address: str) -> ChatPace:
    """Telegram's FAQ: about one message a second to a person, with short bursts; twenty a minute to a group."""
    return GROUP if address.startswith("-") else PERSON


def keyboard(attempt: Attempt, payload: dict[str, Any]) -> Markup:
    """What may be pressed: in columns that fit their words, a month or the hours of a day in theirs, doors alone in a row."""
    drawn, turn = attempt.drawn, int(payload.get("turn", 0))
    if shared := SHARED.get(str(payload.get("shares", ""))):
        return _with_sharing(drawn, shared)
    page = str(payload.get("page", ""))
    rows = gridded(drawn, page) or _columns(listed(drawn, page, KEYS))
    known = [link for link in drawn.links if attempt.urls.get(link.purpose, CALL).startswith("http")]
    doors = [
        [InlineKeyboardButton(cut(link.label, LABEL).strip() or "–", url=attempt.urls[link.purpose])] for link in known
    ]
    made = [[_key(option, turn) for option in row] for row in rows if row] + doors
    return InlineKeyboardMarkup(made) if made else None


SHARED = {"phone": ("share_phone", "request_contact"), "place": ("share_place", "request_location")}


def _with_sharing(drawn: Drawn, shared: tuple[str, str]) -> ReplyKeyboardMarkup:
    """A key that shares what is asked for, and the options as keys that type their words (Bot API: it stands in no other kind)."""
    name, wanted = shared
    key = KeyboardButton(block(name, drawn.language, {}), **{wanted: True})  # type: ignore[arg-type]  # one of two flags
    rows = [[KeyboardButton(_label(option)) for option in row] for row in _columns(listed(drawn, "", KEYS))]
    return ReplyKeyboardMarkup([[key], *rows], resize_keyboard=True, one_time_keyboard=True)


def _label(option: DrawnOption) -> str:
    label = option.label if units(option.label) <= LABEL else option.short
    return " ".join(label.split()) or "–"


def _key(option: DrawnOption, turn: int) -> InlineKeyboardButton:
    return InlineKeyboardButton(_label(option), callback_data=pack(option.question, option.value, turn))


def _columns(options: Sequence[DrawnOption]) -> list[list[DrawnOption]]:
    """Rows of up to three, all keys of a row as wide as the widest of them needs."""
    rows: list[list[DrawnOption]] = []
    for option in options:
        beside = [*rows[-1], option] if rows else []
        if beside and len(beside) <= COLUMNS and max(units(one.label) for one in beside) * len(beside) <= ROW:
            rows[-1] = beside
        else:
            rows.append([option])
    return rows


def _classed(refusal: TelegramError) -> Retry | Failed:
    said = f"Telegram: {refusal.message}"
    return Failed(said) if isinstance(refusal, Forbidden | BadRequest) else Retry(said, away=True)
