"""The sandbox's Telegram, asked by python-telegram-bot and held against the Bot API's own description."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from telegram import (
    Bot,
    BotCommand,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    KeyboardButton,
    MenuButtonCommands,
    ReplyKeyboardMarkup,
    ReplyKeyboardRemove,
    ReplyParameters,
    Update,
)
from telegram.error import BadRequest, Forbidden, InvalidToken, NetworkError, RetryAfter, TelegramError

from tests.patience import PATIENCE

from .conftest import SECRET, TELEGRAM, Stand

LUCIA, HOUSE, RAFAEL = 700100201, -1001234567, 700100301
HOOK = "/hooks/telegram"
JPEG = b"\xff\xd8\xff\xe0 a picture"


@pytest_asyncio.fixture
async def bot(stand: Stand) -> AsyncIterator[Bot]:
    async with Bot(TELEGRAM, base_url=f"{stand.url}/bot", base_file_url=f"{stand.url}/file/bot") as one:
        await one.set_webhook(f"https://book.example.com{HOOK}", secret_token=SECRET)
        yield one


async def call(stand: Stand, method: str, token: str = TELEGRAM, **values: Any) -> tuple[int, Any]:
    async with stand.http.post(f"{stand.url}/bot{token}/{method}", json=values) as got:
        return got.status, await got.json()


def keyboard(*rows: tuple[str, str]) -> InlineKeyboardMarkup:
    return InlineKeyboardMarkup([[InlineKeyboardButton(text, callback_data=data)] for text, data in rows])


async def test_a_person_writes_and_the_update_comes_with_the_secret(stand: Stand, bot: Bot) -> None:
    """Read by the real library; the deep link's command is marked as one."""
    told = await stand.says("lucia", "telegram", "/start abc")
    (hook,) = await stand.bot.hears(HOOK)
    update = Update.de_json(json.loads(hook["body"]), bot)
    assert told["webhook_status"] == 200
    assert hook["headers"]["X-Telegram-Bot-Api-Secret-Token"] == SECRET
    assert update.message is not None
    assert update.message.from_user is not None
    assert (update.message.text, update.message.chat.id, update.message.from_user.language_code) == (
        "/start abc",
        LUCIA,
        "es",
    )
    assert update.message.entities[0].type == "bot_command"


async def test_the_bot_may_not_write_first_to_a_person_but_may_to_a_group(stand: Stand, bot: Bot) -> None:
    """Once the person has written it may, until they block it."""
    with pytest.raises(Forbidden, match="bot can't initiate conversation with a user"):
        await bot.send_message(LUCIA, "psst")
    assert (await bot.send_message(HOUSE, "A new booking")).chat.type == "supergroup"
    await stand.says("lucia", "telegram", "/start")
    assert (await bot.send_message(LUCIA, "hello")).text == "hello"
    async with stand.http.patch(f"{stand.url}/sim/people/lucia", json={"blocked": ["telegram"]}) as got:
        assert got.status == 200
    with pytest.raises(Forbidden, match="bot was blocked by the user"):
        await bot.send_message(LUCIA, "still there?")


async def test_keys_are_tapped_answered_and_the_message_edited(stand: Stand, bot: Bot) -> None:
    """An edit without a keyboard takes the keys away; an answer to no query is too old."""
    await stand.says("lucia", "telegram", "/start")
    sent = await bot.send_message(LUCIA, "Which vehicle?", reply_markup=keyboard(("Van", "vehicle|van|3")))
    shown = (await stand.chat("lucia", "telegram"))[-1]
    assert shown["keyboard"] == [[{"text": "Van", "data": "vehicle|van|3"}]]
    await stand.pull("/sim/chats/lucia/telegram/taps", message=shown["id"], data="vehicle|van|3")
    update = Update.de_json(json.loads((await stand.bot.hears(HOOK, 2))[-1]["body"]), bot)
    assert update.callback_query is not None
    assert (update.callback_query.data, update.callback_query.message.message_id) == ("vehicle|van|3", sent.message_id)  # type: ignore[union-attr]
    assert await bot.answer_callback_query(update.callback_query.id)
    await bot.edit_message_text("A van it is.", LUCIA, sent.message_id)
    shown = (await stand.chat("lucia", "telegram"))[-1]
    assert (shown["text"], shown["edited"], shown["keyboard"]) == ("A van it is.", True, [])
    with pytest.raises(BadRequest, match="Query is too old"):
        await bot.answer_callback_query("12345")


async def test_an_edit_that_changes_nothing_is_refused(stand: Stand, bot: Bot) -> None:
    """Text or keys alone may change; a message that is not there cannot."""
    sent = await bot.send_message(HOUSE, "Same https://a.example", reply_markup=keyboard(("A", "a")))
    with pytest.raises(BadRequest, match="Message is not modified"):
        await bot.edit_message_text("Same https://a.example", HOUSE, sent.message_id, reply_markup=keyboard(("A", "a")))
    with pytest.raises(BadRequest, match="Message is not modified"):
        await bot.edit_message_reply_markup(HOUSE, sent.message_id, reply_markup=keyboard(("A", "a")))
    await bot.edit_message_reply_markup(HOUSE, sent.message_id)
    with pytest.raises(BadRequest, match="Message to edit not found"):
        await bot.edit_message_text("x", HOUSE, 99999)


@pytest.mark.parametrize(
    ("method", "values", "words"),
    [
        ("sendMessage", {"chat_id": HOUSE, "text": "x" * 4097}, "message is too long"),
        ("sendMessage", {"chat_id": HOUSE, "text": " \n "}, "message text is empty"),
        ("sendMessage", {"chat_id": HOUSE}, "message text is empty"),
        ("sendMessage", {"text": "x"}, "chat_id is empty"),
        ("sendMessage", {"chat_id": 42, "text": "x"}, "chat not found"),
        ("sendMessage", {"chat_id": HOUSE, "text": "<x>a</x>", "parse_mode": "HTML"}, "Unsupported start tag"),
        ("sendMessage", {"chat_id": HOUSE, "text": "x", "parse_mode": "BBCode"}, "unsupported parse_mode"),
        ("sendMessage", {"chat_id": HOUSE, "text": "x", "reply_markup": "{"}, "can't parse reply markup JSON object"),
        (
            "sendMessage",
            {"chat_id": HOUSE, "text": "x", "reply_parameters": {"message_id": 9}},
            "message to be replied not found",
        ),
        ("sendPhoto", {"chat_id": HOUSE}, "there is no photo in the request"),
        ("sendPhoto", {"chat_id": HOUSE, "photo": "nosuchfile"}, "wrong file identifier/HTTP URL specified"),
        ("sendChatAction", {"chat_id": HOUSE, "action": "dancing"}, "wrong parameter action in request"),
        ("editMessageText", {"chat_id": HOUSE, "text": "x"}, "message identifier is not specified"),
        ("setMyCommands", {"commands": [{"command": "Not OK", "description": "x"}]}, "BOT_COMMAND_INVALID"),
        (
            "setWebhook",
            {"url": "https://book.example.com/x", "secret_token": "no spaces"},
            "secret token contains unallowed characters",
        ),
        ("getFile", {"file_id": "nosuchfile"}, "invalid file_id"),
    ],
)
async def test_what_telegram_refuses_is_refused_in_its_words(
    stand: Stand, method: str, values: dict[str, Any], words: str
) -> None:
    """The code is 400 and the description begins as the Bot API's does."""
    status, body = await call(stand, method, **values)
    assert (status, body["ok"], body["error_code"]) == (400, False, 400)
    assert body["description"].startswith("Bad Request: ")
    assert words in body["description"]


@pytest.mark.parametrize(
    ("button", "words"),
    [
        ({"text": "A", "callback_data": "é" * 33}, "BUTTON_DATA_INVALID"),
        ({"text": "A", "callback_data": ""}, "BUTTON_DATA_INVALID"),
        ({"text": "A"}, "Text buttons are unallowed"),
        ({"text": "", "callback_data": "a"}, "Text must be non-empty"),
        ({"text": "A", "url": "nowhere"}, "Wrong HTTP URL"),
        ({"text": "A", "callback_data": "a", "style": "purple"}, "Invalid button style"),
    ],
)
async def test_keys_telegram_does_not_take_are_refused(stand: Stand, button: dict[str, Any], words: str) -> None:
    """Data are counted in bytes, not characters."""
    _, body = await call(stand, "sendMessage", chat_id=HOUSE, text="x", reply_markup={"inline_keyboard": [[button]]})
    assert words in body["description"]


async def test_64_bytes_of_data_and_4096_characters_still_go(stand: Stand, bot: Bot) -> None:
    """The limits themselves are allowed."""
    assert (await bot.send_message(HOUSE, "x" * 4096, reply_markup=keyboard(("A", "é" * 32)))).text == "x" * 4096


async def test_photos_and_documents_are_uploaded_captioned_and_shown(stand: Stand, bot: Bot) -> None:
    """By multipart upload and again by file_id; captions have their own limit."""
    photo = await bot.send_photo(HOUSE, JPEG, caption="The van", reply_markup=keyboard(("Take it", "van")))
    await bot.send_document(HOUSE, b"%PDF-1.4 ticket\r\n--\r\n", filename="ticket.pdf")
    shown = (await stand.chat("house", "telegram"))[-2:]
    assert [one["kind"] for one in shown] == ["photo", "document"]
    assert (shown[0]["text"], shown[0]["keyboard"][0][0]["data"], shown[1]["media"][0]["name"]) == (
        "The van",
        "van",
        "ticket.pdf",
    )
    async with stand.http.get(stand.url + shown[1]["media"][0]["url"]) as got:
        assert (await got.read(), got.content_type) == (b"%PDF-1.4 ticket\r\n--\r\n", "application/pdf")
    again = await bot.send_photo(HOUSE, photo.photo[-1].file_id)
    assert again.photo
    with pytest.raises(BadRequest, match="caption is too long"):
        await bot.send_photo(HOUSE, JPEG, caption="x" * 1025)
    with pytest.raises(BadRequest, match="Image_process_failed"):
        await bot.send_photo(HOUSE, b"not a picture")
    with pytest.raises(BadRequest, match="no text in the message to edit"):
        await bot.edit_message_text("x", HOUSE, photo.message_id)
    assert (await bot.edit_message_caption(HOUSE, photo.message_id, caption="The big van")).caption == "The big van"  # type: ignore[union-attr]


@pytest.mark.parametrize("kind", ["photo", "voice", "sticker", "document"])
async def test_files_people_send_are_had_by_get_file(stand: Stand, bot: Bot, kind: str) -> None:
    """The bytes are a genuine picture, voice note, sticker or document."""
    await stand.says("lucia", "telegram", kind=kind)
    update = Update.de_json(json.loads((await stand.bot.hears(HOOK))[0]["body"]), bot)
    assert update.message is not None
    media = update.message.effective_attachment
    one: Any = media[-1] if isinstance(media, (tuple, list)) else media
    content = bytes(await (await bot.get_file(one.file_id)).download_as_bytearray())
    assert content[:4] in (b"\xff\xd8\xff\xe0", b"OggS", b"RIFF", b"%PDF")


async def test_location_contact_quote_and_edit(stand: Stand, bot: Bot) -> None:
    """Each comes as the kind of update Telegram makes of it."""
    await stand.says("lucia", "telegram", kind="location", lat=18.5, lon=-68.4)
    await stand.says("lucia", "telegram", kind="contact")
    sent = await bot.send_message(LUCIA, "Here?")
    told = await stand.says("lucia", "telegram", "yes", quotes=str(sent.message_id))
    await stand.says("lucia", "telegram", "no", edit=told["id"])
    updates = [Update.de_json(json.loads(hook["body"]), bot) for hook in await stand.bot.hears(HOOK, 4)]
    messages: list[Any] = [update.effective_message for update in updates]
    assert (messages[0].location.latitude, messages[1].contact.first_name) == (18.5, "Lucía Fernández")
    assert messages[2].reply_to_message.text == "Here?"
    assert updates[3].edited_message is not None
    assert updates[3].edited_message.text == "no"


async def test_ten_thousand_characters_come_as_three_messages(stand: Stand, bot: Bot) -> None:
    """As Telegram's apps cut what is typed."""
    told = await stand.says("lucia", "telegram", "x" * 10_000)
    hooks = await stand.bot.hears(HOOK, 3)
    assert [len(json.loads(hook["body"])["message"]["text"]) for hook in hooks] == [4096, 4096, 1808]
    assert len(told["ids"]) == 3


async def test_one_chat_waits_in_order_while_another_goes_on(stand: Stand, bot: Bot) -> None:
    """One update in flight per chat; a refused one is tried again before the next; other chats are not held up."""
    stand.bot.answers = [503, 503]
    assert (await stand.says("lucia", "telegram", "one"))["webhook_status"] == 503
    await asyncio.gather(
        stand.says("lucia", "telegram", "two", wait=0), stand.says("rafael", "telegram", "hello", wait=0)
    )
    hooks = await stand.bot.hears(HOOK, 5)
    texts = [json.loads(hook["body"])["message"]["text"] for hook in hooks]
    assert [text for text in texts if text != "hello"] == (["one"] * (texts.count("one"))) + ["two"]
    assert texts.count("one") >= 2


async def test_in_flight_is_one_per_chat(stand: Stand, bot: Bot) -> None:
    """While one chat's update is unanswered only another chat's may come."""
    stand.bot.open.clear()
    for word in ("one", "two", "three"):
        await stand.says("lucia", "telegram", word, wait=0)
    await stand.bot.hears(HOOK, 1)
    await stand.says("rafael", "telegram", "hello", wait=0)
    await stand.bot.hears(HOOK, 2)
    assert stand.bot.most_inside == 2
    stand.bot.open.set()
    texts = [json.loads(hook["body"])["message"]["text"] for hook in await stand.bot.hears(HOOK, 4)]
    assert [text for text in texts if text != "hello"] == ["one", "two", "three"]


async def test_webhook_info_counts_what_waits_and_says_what_went_wrong(stand: Stand, bot: Bot) -> None:
    """And setting the webhook again ends the waiting."""
    stand.sim.world.pace = 1000
    stand.bot.answers = [500]
    await stand.says("lucia", "telegram", "one")
    info = await bot.get_webhook_info()
    assert (info.pending_update_count, info.last_error_message) == (
        1,
        "Wrong response from the webhook: 500 Internal Server Error",
    )
    await bot.set_webhook(f"https://book.example.com{HOOK}", secret_token=SECRET)
    await stand.bot.hears(HOOK, 2)


async def test_updates_are_kept_until_there_is_a_webhook(stand: Stand, bot: Bot) -> None:
    """Without one they can be asked for; with one they cannot."""
    await bot.delete_webhook()
    assert (await stand.says("lucia", "telegram", "hola"))["webhook_status"] is None
    (update,) = await bot.get_updates(timeout=0)
    assert update.message is not None
    assert update.message.text == "hola"
    await bot.set_webhook(f"https://book.example.com{HOOK}", secret_token=SECRET)
    await stand.bot.hears(HOOK)
    with pytest.raises(TelegramError, match="can't use getUpdates method while webhook is active"):
        await bot.get_updates(timeout=0)


async def test_bad_tokens_and_unknown_methods(stand: Stand) -> None:
    """401 for a wrong token, 404 for a method nobody has."""
    stranger = Bot("123456:AAwrong-token_0123456789", base_url=f"{stand.url}/bot")
    with pytest.raises(InvalidToken):
        await stranger.initialize()
    await stranger.shutdown()
    assert await call(stand, "getMe", "123456:AAwrong") == (
        401,
        {"ok": False, "error_code": 401, "description": "Unauthorized"},
    )
    status, body = await call(stand, "sendMesage", chat_id=HOUSE, text="x")
    assert (status, body["error_code"]) == (404, 404)


async def test_an_unknown_parameter_is_ignored_and_noted_on_the_wire(stand: Stand) -> None:
    """As Telegram does; but whoever looks at the wire sees the slip."""
    status, _ = await call(stand, "sendMessage", chat_id=HOUSE, text="x", reply_to=5)
    assert status == 200
    assert (await stand.see("/sim/wire?last=1"))["wire"][0]["error"] == "ignored unknown parameters: reply_to"


async def test_limited_and_down(stand: Stand, bot: Bot, monkeypatch: pytest.MonkeyPatch) -> None:
    """429 with its retry_after, then nothing at all in either direction until it is up."""
    monkeypatch.setenv("PTB_TIMEDELTA", "1")
    await stand.pull("/sim/switches", telegram="limited")
    with pytest.raises(RetryAfter) as limited:
        await bot.send_message(HOUSE, "x")
    assert limited.value.retry_after == timedelta(seconds=3)
    await stand.pull("/sim/switches", telegram="down")
    with pytest.raises(NetworkError):
        await bot.send_message(HOUSE, "x")
    assert (await stand.says("lucia", "telegram", "hola"))["webhook_status"] is None
    assert stand.bot.heard == []
    await stand.pull("/sim/switches", telegram="up")
    await stand.bot.hears(HOOK)


async def test_with_limits_it_refuses_what_is_too_much(stand: Stand) -> None:
    """Twenty a minute to a group, thirty a second in all; whoever is told to wait so long and does is heard."""
    stand.sim.world.config["limits"] = True
    telegram = stand.sim.parts.telegram.limits
    statuses = [(await call(stand, "sendMessage", chat_id=HOUSE, text="x"))[0] for _ in range(21)]
    assert statuses == [200] * 20 + [429]
    _, answer = await call(stand, "sendMessage", chat_id=HOUSE, text="x")
    assert 50 <= answer["parameters"]["retry_after"] <= 60
    await stand.pull("/sim/clock", by=answer["parameters"]["retry_after"])
    assert (await call(stand, "sendMessage", chat_id=HOUSE, text="x"))[0] == 200
    telegram.said.clear()
    assert [telegram.wait(str(chat), 1000.0, 7.5) for chat in range(31)] == [0] * 30 + [1]
    assert telegram.wait("31", 1000.0, 8.5) == 0
    assert [telegram.wait("5", 2000.0 + part / 100, 20.0 + part) for part in range(19)] == [0] * 18 + [10]


async def test_commands_menu_and_typing(stand: Stand, bot: Bot) -> None:
    """What was set can be read back; typing is told to whoever watches."""
    await bot.set_my_commands([BotCommand("start", "Start")])
    assert (await bot.get_my_commands())[0].command == "start"
    await bot.set_chat_menu_button(menu_button=MenuButtonCommands())
    assert isinstance(await bot.get_chat_menu_button(), MenuButtonCommands)
    async with stand.http.get(f"{stand.url}/sim/events") as stream:
        await stream.content.readline()
        await bot.send_chat_action(HOUSE, "typing")
        async with asyncio.timeout(PATIENCE):
            while not (line := await stream.content.readline()).startswith(b'data: {"type":"typing"'):
                assert line is not None
    assert json.loads(line[6:]) == {"type": "typing", "person": "house", "channel": "telegram", "action": "typing"}


# -- the contract --------------------------------------------------------------------------------


PLAIN: dict[str, tuple[type, ...]] = {
    "Integer": (int,),
    "String": (str,),
    "Boolean": (bool,),
    "True": (bool,),
    "Float": (int, float),
}


class Contract:
    """The Bot API's description, as checks on plain JSON."""

    def __init__(self, folder: Path) -> None:
        self.api = json.loads((folder / "telegram_api.json").read_bytes())

    def check(self, types: list[str], value: Any, path: str) -> None:
        problems = [self.problem(kind, value, path) for kind in types]
        assert None in problems, problems

    def problem(self, kind: str, value: Any, path: str) -> str | None:
        if kind.startswith("Array of "):
            if not isinstance(value, list):
                return f"{path} is no array"
            inside = kind.removeprefix("Array of ")
            return next(
                (found for n, one in enumerate(value) if (found := self.problem(inside, one, f"{path}[{n}]"))), None
            )
        plain = PLAIN.get(kind)
        if plain is not None:
            return (
                None
                if isinstance(value, plain) and (kind in ("Boolean", "True") or not isinstance(value, bool))
                else f"{path} is no {kind}"
            )
        described = self.api["types"][kind]
        if described.get("subtypes"):
            return self.best(described["subtypes"], value, path)
        return self.object(described, value, path)

    def object(self, described: Any, value: Any, path: str) -> str | None:
        if not isinstance(value, dict):
            return f"{path} is no {described['name']}"
        fields = {field["name"]: field for field in described.get("fields", [])}
        unknown = set(value) - set(fields)
        missing = [name for name, field in fields.items() if field["required"] and name not in value]
        if unknown or missing:
            return f"{path}: unknown {unknown}, missing {missing}"
        for name, one in value.items():
            if (found := self.best(fields[name]["types"], one, f"{path}.{name}")) is not None:
                return found
        return None

    def best(self, kinds: list[str], value: Any, path: str) -> str | None:
        found = [self.problem(kind, value, path) for kind in kinds]
        return None if None in found else found[0]


async def test_every_answer_and_update_fits_the_bot_api(stand: Stand, bot: Bot, contracts: Path) -> None:
    """Every field is known there and of its type, none that is required is missing."""
    contract = Contract(contracts)
    for kind in ("location", "voice", "photo", "sticker", "contact", "document"):
        await stand.says("lucia", "telegram", kind=kind)
    told = await stand.says("lucia", "telegram", "see https://a.example")
    await stand.says("lucia", "telegram", "or not", edit=told["id"])
    await stand.says("house", "telegram", "in a group")
    sent = await bot.send_message(
        LUCIA, "x", reply_markup=keyboard(("A", "a")), reply_parameters=ReplyParameters(int(told["id"]))
    )
    await stand.pull("/sim/chats/lucia/telegram/taps", message=str(sent.message_id), data="a")
    hooks = await stand.bot.hears(HOOK, 10)
    for hook in hooks:
        contract.check(["Update"], json.loads(hook["body"]), "Update")
    asked: list[tuple[str, dict[str, Any]]] = [
        ("getMe", {}),
        (
            "sendMessage",
            {
                "chat_id": LUCIA,
                "text": "/start https://a.example",
                "reply_markup": {"inline_keyboard": [[{"text": "a", "url": "https://a.example"}]]},
            },
        ),
        ("editMessageText", {"chat_id": LUCIA, "message_id": sent.message_id, "text": "y"}),
        (
            "editMessageReplyMarkup",
            {
                "chat_id": LUCIA,
                "message_id": sent.message_id,
                "reply_markup": {"inline_keyboard": [[{"text": "b", "callback_data": "b"}]]},
            },
        ),
        ("sendLocation", {"chat_id": LUCIA, "latitude": 18.5, "longitude": -68.4}),
        ("sendVenue", {"chat_id": LUCIA, "latitude": 18.5, "longitude": -68.4, "title": "T", "address": "A"}),
        ("sendContact", {"chat_id": LUCIA, "phone_number": "1", "first_name": "A"}),
        ("sendChatAction", {"chat_id": LUCIA, "action": "typing"}),
        ("getWebhookInfo", {}),
        ("getChat", {"chat_id": HOUSE}),
        ("getMyCommands", {}),
        ("getChatMenuButton", {}),
        ("deleteMessage", {"chat_id": LUCIA, "message_id": sent.message_id}),
    ]
    for method, values in asked:
        status, body = await call(stand, method, **values)
        assert (status, body["ok"]) == (200, True), (method, body)
        contract.check(contract.api["methods"][method]["returns"], body["result"], method)
    for kind in ("photo", "document", "voice"):
        method = f"send{kind.title()}"
        file = (
            await call(
                stand,
                "getFile",
                file_id=stand.sim.world.db.execute("SELECT id FROM file WHERE content_type = 'image/jpeg'").fetchone()[
                    0
                ],
            )
        )[1]["result"]
        contract.check(["File"], file, "File")
        _, body = await call(stand, method, chat_id=LUCIA, **{kind: file["file_id"]})
        contract.check(["Message"], body["result"], method)


async def test_the_methods_we_play_are_described_as_in_the_contract(contracts: Path) -> None:
    """Names, types and what is required, for every method played."""
    from web.stage.providers.telegram_reading import CONTRACT

    api = json.loads((contracts / "telegram_api.json").read_bytes())
    assert CONTRACT["version"] == api["version"]
    assert set(CONTRACT["methods"]) | set(CONTRACT["others"]) == set(api["methods"])
    for name, fields in CONTRACT["methods"].items():
        theirs = {
            one["name"]: {"types": one["types"], "required": one["required"]}
            for one in api["methods"][name].get("fields", [])
        }
        assert fields == theirs


async def test_keys_in_place_of_the_keyboard(stand: Stand, bot: Bot) -> None:
    """They stand until others come or they are put away; such a message is not edited, and a group's have nothing to share."""
    await stand.says("lucia", "telegram", "/start")
    share = KeyboardButton("Share my location", request_location=True)
    board = ReplyKeyboardMarkup([[share], [KeyboardButton("Airport PUJ")]], one_time_keyboard=True)
    sent = await bot.send_message(LUCIA, "Where?", reply_markup=board)
    shown = (await stand.chat("lucia", "telegram"))[-1]["keyboard"]
    assert shown == [[{"text": "Share my location", "request": "location"}], [{"text": "Airport PUJ"}]]
    with pytest.raises(BadRequest, match="essage can't be edited"):
        await bot.edit_message_text("Where from?", LUCIA, sent.message_id)
    await bot.send_message(LUCIA, "And when?", reply_markup=keyboard(("A", "a")))
    assert (await stand.chat("lucia", "telegram"))[-2]["keyboard"] == shown
    await bot.send_message(LUCIA, "Thank you.", reply_markup=ReplyKeyboardRemove())
    assert [one["keyboard"] for one in await stand.chat("lucia", "telegram")][-3] == []
    with pytest.raises(BadRequest, match="in private chats only"):
        await bot.send_message(HOUSE, "Where?", reply_markup=board)


async def test_whose_card_it_is(stand: Stand, bot: Bot) -> None:
    """Their own has their id; one of somebody they know may have none."""
    await stand.says("lucia", "telegram", kind="contact")
    await stand.says("lucia", "telegram", kind="contact", phone="+34600111222", name="Marta")
    cards = [json.loads(hook["body"])["message"]["contact"] for hook in await stand.bot.hears("/hooks/telegram", 2)]
    assert [card.get("user_id") for card in cards] == [LUCIA, None]
