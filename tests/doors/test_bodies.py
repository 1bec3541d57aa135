"""Bodies that are too large, too slow, endless, broken or of the wrong shape."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from models.database import read, transaction
from tests.doors.knocking import DATA, Door, count, everything
from tests.patience import PATIENCE
from tests.people import Person
from web import hooks

HOOKS = ("/hooks/whatsapp", "/hooks/whatsapp/status", "/hooks/telegram", "/hooks/stripe")
PAYLOADS = DATA / "payloads"
needs_payloads = pytest.mark.skipif(
    not PAYLOADS.exists(), reason="the providers' payloads are not beside this checkout"
)


@pytest.mark.parametrize("path", HOOKS)
async def test_a_body_over_a_megabyte_is_refused(door: Door, path: str) -> None:
    """Told by its length, or found out on the way; nothing is kept."""
    before = await everything()
    assert await door.knock(path, b"x" * (hooks.LARGEST + 1)) == 413
    assert await _endless(door, path) == 413
    assert await everything() == before
    assert await door.knock(path, b"x" * 1000) in (400, 403)


async def _endless(door: Door, path: str) -> int:
    """A chunked body that never ends, until we are told to stop."""
    reader, writer = await asyncio.open_connection("127.0.0.1", door.settings.port)
    writer.write(f"POST {path} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n".encode())
    piece = b"10000\r\n" + b"x" * 0x10000 + b"\r\n"

    async def pour() -> None:
        while True:
            writer.write(piece)
            await writer.drain()

    pouring = asyncio.create_task(pour())
    try:
        return int((await asyncio.wait_for(reader.readline(), PATIENCE)).split()[1])
    finally:
        pouring.cancel()
        await asyncio.gather(pouring, return_exceptions=True)
        writer.transport.abort()


@pytest.mark.parametrize("path", [*HOOKS, "/desk/login"])
async def test_a_body_that_drips_is_cut_off(door: Door, path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """408 at the deadline, whether a length was promised or not; the program goes on."""
    monkeypatch.setattr(hooks, "DEADLINE", 0.2)
    before = await everything()
    for head in ("Content-Length: 500", "Transfer-Encoding: chunked"):
        reader, writer = await asyncio.open_connection("127.0.0.1", door.settings.port)
        writer.write(f"POST {path} HTTP/1.1\r\nHost: x\r\n{head}\r\n\r\n".encode())
        assert int((await asyncio.wait_for(reader.readline(), PATIENCE)).split()[1]) == 408
        writer.transport.abort()
    assert await everything() == before


async def test_a_slow_body_that_arrives_in_time_is_taken(door: Door) -> None:
    """Piece by piece is fine."""
    body = json.dumps(door.update(text="hola")).encode()

    async def pieces() -> AsyncIterator[bytes]:
        for at in range(0, len(body), 50):
            yield body[at : at + 50]
            await asyncio.sleep(0)

    secret = door.settings.telegram_secret.get_secret_value()
    assert await door.knock("/hooks/telegram", pieces(), {"X-Telegram-Bot-Api-Secret-Token": secret}) == 200
    assert await count("inbound") == 1


BROKEN: tuple[bytes, ...] = (
    b"", b"{", b"null", b"[]", b"42", b'"text"', b"\xff\xfe", b'{"a":', b"{} {}", b"[" * 5000, b'{"a": NaN}', b"\x00", b"{}",
)  # fmt: skip


async def test_broken_json_is_refused_and_leaves_nothing(door: Door) -> None:
    """Genuinely signed, and still no JSON."""
    before = await everything()
    for body in BROKEN:
        assert await door.telegram(body) in (200, 400), body
        assert await door.stripe(body) in (200, 400, 403), body
    assert await everything() == before


ODD: tuple[Any, ...] = (None, -1, 2**70, "²", "a\x00b", [1], {}, {"id": []})


async def test_an_update_of_the_wrong_shape_is_answered_and_never_a_fault(door: Door) -> None:
    """Any field of a message or a tap replaced by anything: Telegram would repeat a 5xx for a day."""
    for odd in ODD:
        whole: list[Any] = [
            {"update_id": odd},
            {"update_id": 1, "message": odd},
            {"update_id": 2, "callback_query": odd},
            {"update_id": 3, "edited_message": odd},
        ]
        for field in (
            "chat",
            "from",
            "text",
            "caption",
            "location",
            "contact",
            "reply_to_message",
            "message_id",
            "photo",
            "date",
        ):
            whole.append(door.update(text="hi") | {})
            whole[-1]["message"][field] = odd
        for field in ("message", "from", "data", "id"):
            whole.append(door.callback("1|a|b"))
            whole[-1]["callback_query"][field] = odd
        whole.append(door.update(text="hi") | {"update_id": odd})
        for update in whole:
            assert await door.telegram(update) in (200, 400), update
    assert await count("inbound WHERE state <> 'done'") == 0


async def test_a_tap_with_anything_behind_it_is_answered(door: Door) -> None:
    """Whoever writes their own client can send any bytes as a key's data."""
    for data in (
        "",
        "²|service|transfer",
        "9" * 64,
        "1|",
        "|",
        "1|service",
        "-1|service|x",
        "1|service|\x00",
        "١|a|b",
        "🏝" * 16,
        "99999999999|a|b",
    ):
        assert await door.telegram(door.callback(data)) == 200, data
    assert await count("inbound") == 11


async def test_an_event_of_the_wrong_shape_is_answered_and_never_a_fault(door: Door) -> None:
    """Genuinely signed: Stripe would repeat a 5xx for three days."""
    kinds = ("checkout.session.completed", "checkout.session.expired", "refund.created", "unheard.of")
    for odd in ODD:
        for kind in kinds:
            about = {
                "id": "cs_1",
                "payment_status": "paid",
                "status": "succeeded",
                "amount_total": 1,
                "currency": "usd",
            }
            event: dict[str, Any] = {
                "id": f"evt_{kind}",
                "type": kind,
                "created": 1,
                "livemode": False,
                "data": {"object": about},
            }
            shapes = [event | {name: odd} for name in event]
            shapes += [event | {"data": {"object": odd}}]
            shapes += [
                event | {"data": {"object": about | {name: odd}}} for name in (*about, "payment_intent", "amount")
            ]
            shapes += [{name: value for name, value in event.items() if name != left} for left in event]
            for shape in shapes:
                assert await door.stripe(shape) in (200, 400), shape


@pytest.mark.too_late  # the simulated Twilio does not know of what is brought to the hook past it
async def test_a_form_of_the_wrong_shape_is_answered_and_never_a_fault(door: Door) -> None:
    """Genuinely signed: fields missing, of another kind, or full of signs."""
    for odd in ("", "²", "\x00", "-1", "NaN", "inf", "1e999", "9" * 400, "é\x00🏝", "whatsapp:", "<b>"):
        for field in (
            "MessageSid",
            "From",
            "Body",
            "ProfileName",
            "NumMedia",
            "MessageType",
            "Latitude",
            "OriginalRepliedMessageSid",
            "MediaContentType0",
        ):
            form = door.message("hi") | {"Longitude": "1", "NumMedia": "1"} | {field: odd}
            assert await door.twilio(form) in (200, 400), (field, odd)
        for field in ("MessageSid", "MessageStatus", "ErrorCode"):
            form = {"MessageSid": "SM1", "MessageStatus": "failed", "ErrorCode": "63016"} | {field: odd}
            assert await door.twilio(form, "/hooks/whatsapp/status?d=1.1") in (200, 400), (field, odd)
    for d in (
        "",
        "1",
        "1.",
        ".1",
        "%C2%B2.1",
        "1.%C2%B2",
        "9" * 40 + ".1",
        "1." + "9" * 40,
        "a.b",
        "-1.1",
        "1.1.1",
        "%00.1",
    ):
        assert await door.twilio({"MessageStatus": "sent"}, f"/hooks/whatsapp/status?d={d}") in (200, 400), d
    assert await count("inbound WHERE state <> 'done'") == 0


async def test_a_delivery_has_not_arrived_with_its_first_part(door: Door, ana: Person) -> None:
    """Its bearer died before the rest: noted as arrived it would never be sent. A part that fails counts at once."""
    await ana.says("hi")
    await ana.hears()
    await door.bellhop.program.courier.drain()  # nobody takes it up meanwhile
    found = (await read("SELECT MAX(id) AS id FROM delivery"))[0]["id"]
    form = {"MessageSid": "SM" + "1" * 32, "MessageStatus": "delivered"}
    for query, became, then in (
        ("&more=1", "delivered", "sending"), ("", "delivered", "delivered"), ("&more=1", "failed", "failed"),
    ):  # fmt: skip
        async with transaction() as run:
            await run("UPDATE delivery SET state = 'sending', attempt = 7 WHERE id = :id", id=found)
            await run(
                "UPDATE recipient SET lease = :late, owner = 'another'", late=2**60
            )  # nobody takes it up meanwhile
        path = f"/hooks/whatsapp/status?d={found}.7{query}"
        assert await door.twilio(form | {"MessageStatus": became, "ErrorCode": "30008"}, path) == 200
        assert (await read("SELECT state FROM delivery WHERE id = :id", id=found))[0]["state"] == then


@needs_payloads
async def test_every_update_telegram_may_send_is_answered(door: Door, luis: Person) -> None:
    """All kinds of the Bot API, ours or not; afterwards the bot talks as before."""
    for line in (PAYLOADS / "telegram_updates.jsonl").read_text().splitlines():
        assert await door.telegram(line.encode()) in (200, 400), line
    assert await luis.says("hola") == 200
    await luis.hears()


@needs_payloads
async def test_every_form_twilio_may_send_is_answered(door: Door, ana: Person) -> None:
    """Missing bodies, NUL, media that must not be fetched; NUL alone is taken out of what is kept."""
    from models.database import read

    for line in (PAYLOADS / "twilio_inbound.jsonl").read_text().splitlines():
        form = json.loads(line)["params"]
        for sid in ({}, {"MessageSid": f"SM{abs(hash(line)):x}", "SmsSid": ""}):
            assert await door.twilio(form | sid) in (200, 400), line
    kept = {row["words"] for row in await read("SELECT words FROM inbound")}
    assert "remove null bytes" in kept
    assert await ana.says("hi") == 200
    await ana.hears()
