"""Forged or missing signatures: 403 at every hook, and no trace in any table."""

import asyncio
import json
import time
from typing import Any

import pytest
from multidict import MultiDict

from bot import checkout, whatsapp
from tests.doors.knocking import DATA, Door, everything
from tests.patience import PATIENCE
from tests.people import Person

VECTORS = DATA / "signatures" / "vectors.json"
STRIPE_FIXED = DATA / "signatures" / "stripe_fixed.json"
needs_vectors = pytest.mark.skipif(not VECTORS.exists(), reason="the signature vectors are not beside this checkout")


async def test_a_forged_or_missing_signature_leaves_no_trace(door: Door) -> None:
    """Every hook, every way of being wrong, signs no header should hold among them."""
    before = await everything()
    statuses = set()
    for path in ("/hooks/whatsapp", "/hooks/whatsapp/status", "/hooks/whatsapp/status?d=1.1"):
        form = door.message("hello") | {"MessageStatus": "failed"}
        right = door.signature(door.bellhop.url + path, form)
        elsewhere = door.signature("https://elsewhere.example" + path, form)
        altered = door.signature(door.bellhop.url + path, form | {"Body": "other"})
        for wrong in ("", "nonsense", elsewhere, altered, right[:-3] + "AA=", "\xff\xfe", "é" * 28):
            statuses.add(await door.twilio(form, path, signature=wrong))
    for wrong in ("", "guess", door.settings.telegram_secret.get_secret_value() + "x", "\xff", "ñ"):
        statuses.add(await door.telegram(door.update(text="hola"), secret=wrong))
    body = json.dumps({"id": "evt_1", "type": "checkout.session.completed", "data": {"object": {}}}).encode()
    stale, other = door.seal(body, int(time.time()) - 301), door.seal(body + b" ")
    for wrong in (
        "",
        "bad_header",
        "t=,v1=",
        "t=1700000000",
        stale,
        other,
        "t=²,v1=a",
        f"t={int(time.time())},v1=\xe9",
    ):
        statuses.add(await door.stripe(body, header=wrong))
    assert statuses == {403}
    assert await everything() == before


async def test_a_signature_of_raw_bytes_is_refused(door: Door) -> None:
    """Bytes that are no text in a header: refused, not stumbled over."""
    for path, name in (
        ("/hooks/whatsapp", "X-Twilio-Signature"),
        ("/hooks/telegram", "X-Telegram-Bot-Api-Secret-Token"),
        ("/hooks/stripe", "Stripe-Signature"),
    ):
        value = b"t=%d,v1=\xff\xfe" % int(time.time())
        head = f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nConnection: close\r\n{name}: ".encode()
        assert await _raw(door, head + value + b"\r\n\r\n{}") == 403


async def _raw(door: Door, request: bytes) -> int:
    reader, writer = await asyncio.open_connection("127.0.0.1", door.settings.port)
    writer.write(request)
    await writer.drain()
    line = await asyncio.wait_for(reader.readline(), PATIENCE)
    writer.close()
    return int(line.split()[1])


async def test_a_form_that_cannot_be_read_is_not_looked_into(door: Door) -> None:
    """Broken before anybody could have signed it: refused, never a fault of ours."""
    before = await everything()
    form = "application/x-www-form-urlencoded"
    broken: list[tuple[bytes, str]] = [
        (b"Body=%ff%fe", form), (b"\xff\xfe\x00", form), (b"Body=x", f"{form}; charset=klingon"), (b"", form), (b"{}", "application/json"),
        (b"--x\r\nnonsense", "multipart/form-data; boundary=x"), (b"x", "multipart/form-data"), (b"&" * 5000, form),
        (b'--x\r\nContent-Disposition: form-data; name="Body"\r\n\r\nhi\r\n--x--\r\n', "multipart/form-data; boundary=x"),
        (b"a=1&" * 20_000, form),
    ]  # fmt: skip
    for path in ("/hooks/whatsapp", "/hooks/whatsapp/status"):
        for body, kind in broken:
            status = await door.knock(path, body, {"Content-Type": kind, "X-Twilio-Signature": "x"})
            assert status in (400, 403, 413), (body[:40], kind, status)
    assert await everything() == before


async def test_a_genuine_message_sent_again_with_a_spoilt_signature_is_refused(ana: Person) -> None:
    """The very same message from the wire, one letter of the signature changed."""
    await ana.says("hi")
    await ana.hears()
    hooks = [one["entry"] for one in ana.bellhop.sim.world.wire if one["entry"].get("way") == "webhook"]
    number = next(one["n"] for one in hooks if one["url"].endswith("/hooks/whatsapp"))
    told = await ana.bellhop.pull(f"/sim/wire/{number}/again", times=3, forge=True)
    assert told["statuses"] == [403, 403, 403]


@needs_vectors
def test_twilios_own_examples() -> None:
    """Each form of the SDK's test cases is judged as there."""
    known = json.loads(VECTORS.read_text())["twilio"]
    params: Any = None
    for case in known["cases"]:
        if "body" in case:
            continue  # JSON bodies are not what WhatsApp's hooks get
        params = params if case["params"] == "same" else case["params"]
        form = MultiDict([(name, value) for name, value in params])
        assert whatsapp.signed(known["token"], case["url"], form, case["signature"]) is case["valid"], case["name"]


@needs_vectors
def test_stripes_own_examples(monkeypatch: pytest.MonkeyPatch) -> None:
    """Valid for five minutes, then stale; every bad header refused."""
    known = json.loads(STRIPE_FIXED.read_text())
    for case in known["cases"]:
        body = case["payload"].encode()
        for at, valid in ((case["valid_at"], True), (case["stale_at"], False)):
            with monkeypatch.context() as patch:
                patch.setattr("stripe._webhook.time.time", lambda at=at: float(at))
                assert (checkout.verified(body, case["header"], case["secret"]) is not None) is valid
                assert checkout.verified(body + b" ", case["header"], case["secret"]) is None
                for bad in known["bad_headers"]:
                    assert checkout.verified(body, bad, case["secret"]) is None
