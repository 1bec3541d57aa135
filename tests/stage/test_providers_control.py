"""The sandbox as a whole: its mail server, its strings, what it keeps over a restart, and that it stays on this machine."""

import asyncio
import contextlib
import json
import os
import signal
import sys
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import aiosmtplib
import orjson
import pytest

from tests.patience import PATIENCE
from web.stage.providers import LiveCredential, start
from web.stage.providers.server import refuse_live

from .conftest import SECRET, STRIPE, TELEGRAM, TOKEN, Stand, settings

REPOSITORY = Path(__file__).resolve().parents[2]


def letter(to: str = "hannah@example.com", subject: str = "Su reserva está confirmada") -> EmailMessage:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"], mail["Message-ID"] = (
        "Costa Alisia <hola@costa.example>",
        to,
        subject,
        "<1.a@costa.example>",
    )
    mail.set_content("Hola Hannah,\nle esperamos. ñ")
    mail.add_alternative("<p>Hola <b>Hannah</b></p>", subtype="html")
    mail.add_attachment(b"%PDF-1.4 ticket", maintype="application", subtype="pdf", filename="ticket.pdf")
    return mail


async def post(stand: Stand, mail: EmailMessage, **more: Any) -> None:
    await aiosmtplib.send(mail, hostname="127.0.0.1", port=stand.sim.smtp_port, start_tls=False, **more)


async def test_a_mail_is_kept_with_its_parts(stand: Stand) -> None:
    """Headers, text, HTML, attachments and the raw mail can each be read."""
    await post(stand, letter())
    (mail,) = (await stand.see("/sim/mails"))["mails"]
    assert (mail["subject"], mail["recipients"], mail["message_id"]) == (
        "Su reserva está confirmada",
        ["hannah@example.com"],
        "<1.a@costa.example>",
    )
    whole = await stand.see(f"/sim/mails/{mail['id']}")
    assert whole["text"].strip() == "Hola Hannah,\nle esperamos. ñ"
    assert "<b>Hannah</b>" in whole["html"]
    (attachment,) = whole["attachments"]
    assert (attachment["name"], attachment["content_type"]) == ("ticket.pdf", "application/pdf")
    async with stand.http.get(stand.url + attachment["url"]) as got:
        assert (await got.read(), got.content_type) == (b"%PDF-1.4 ticket", "application/pdf")
    async with stand.http.get(f"{stand.url}/sim/mails/{mail['id']}/raw") as got:
        assert "Message-ID: <1.a@costa.example>" in await got.text()


async def test_pictures_of_a_mails_page_are_no_attachments(stand: Stand) -> None:
    """Only what is enclosed beside the page counts; a picture in it is marked, named or not."""
    mail = letter()
    page = mail.get_body(("html",))
    assert page is not None
    page.add_related(b"\x89PNG", "image", "png", cid="<art@costa>")
    page.add_related(b"\x89PNG", "image", "png", cid="<logo@costa>", filename="logo.png", disposition="inline")
    del page.get_payload()[1]["Content-Disposition"]  # type: ignore[index,union-attr]
    await post(stand, mail)
    (listed,) = (await stand.see("/sim/mails"))["mails"]
    assert listed["attachments"] == 1
    whole = await stand.see(f"/sim/mails/{listed['id']}")
    assert [one["name"] for one in whole["attachments"] if not one["inline"]] == ["ticket.pdf"]
    assert [one["cid"] for one in whole["attachments"] if one["inline"]] == ["art@costa", "logo@costa"]


@pytest.mark.parametrize(
    ("to", "code"), [("bounce@example.com", 550), ("full@example.com", 452), ("ana@nowhere.invalid", 550)]
)
async def test_mailboxes_that_do_not_take_mail(stand: Stand, to: str, code: int) -> None:
    """The sender is told at once, with the code that says whether to try again."""
    with pytest.raises(aiosmtplib.SMTPRecipientsRefused) as refused:
        await post(stand, letter(to))
    assert refused.value.recipients[0].code == code


@pytest.mark.parametrize("position", ["down", "reset", "limited"])
async def test_a_mail_server_out_of_order(stand: Stand, position: str) -> None:
    """Nothing is taken while it is out of order; afterwards the same mail goes."""
    await stand.pull("/sim/switches", smtp=position)
    with pytest.raises((aiosmtplib.SMTPException, ConnectionError)):
        await post(stand, letter(), timeout=5)
    await stand.pull("/sim/switches", smtp="up")
    await post(stand, letter())
    assert len((await stand.see("/sim/mails"))["mails"]) == 1


async def test_a_webhook_is_sent_again_as_it_was_in_parallel_and_forged(stand: Stand) -> None:
    """Byte for byte with the same signature, five at once; forged only when that is asked for."""
    await stand.says("hannah", "whatsapp", "hi")
    (entry,) = [one for one in (await stand.see("/sim/state"))["wire"] if one["way"] == "webhook"]
    assert (entry["status"], entry["method"], entry["provider"]) == (200, "POST", "twilio")
    assert await stand.pull(f"/sim/wire/{entry['n']}/again", times=5, parallel=True) == {"statuses": [200] * 5}
    hooks = await stand.bot.hears("/hooks/whatsapp", 6)
    assert len({(hook["body"], hook["headers"]["X-Twilio-Signature"]) for hook in hooks}) == 1
    await stand.pull(f"/sim/wire/{entry['n']}/again", forge=True)
    forged = (await stand.bot.hears("/hooks/whatsapp", 7))[-1]
    assert forged["headers"]["X-Twilio-Signature"] != hooks[0]["headers"]["X-Twilio-Signature"]
    assert "error" in await stand.pull("/sim/wire/99999/again")


async def test_no_secret_is_on_the_wire(stand: Stand) -> None:
    """Neither in addresses nor headers nor bodies of what is shown."""
    values = {"url": "https://book.example.com/hooks/telegram", "secret_token": SECRET}
    async with stand.http.post(f"{stand.url}/bot{TELEGRAM}/setWebhook", json=values) as got:
        assert got.status == 200
    async with stand.http.get(f"{stand.url}/v1/events", headers={"Authorization": f"Bearer {STRIPE}"}) as got:
        assert got.status == 200
    await stand.says("lucia", "telegram", "hola")
    wire = json.dumps((await stand.see("/sim/state"))["wire"])
    assert "setWebhook" in wire
    for secret in (SECRET, STRIPE, TOKEN, TELEGRAM.partition(":")[2]):
        assert secret not in wire


async def test_chats_mails_payments_and_what_is_owed_survive_a_restart(stand: Stand) -> None:
    """Also the clock's offset, and a webhook still owed is tried again."""
    stand.sim.world.pace = 1000
    stand.bot.answers = [500]
    await stand.says("hannah", "whatsapp", "hi")
    await post(stand, letter())
    await stand.pull("/sim/clock", offset=3600)
    before = await stand.see("/sim/state")
    await stand.restart()
    after = await stand.see("/sim/state")
    assert (after["chats"], after["mails"], after["people"]) == (before["chats"], before["mails"], before["people"])
    assert after["clock"]["offset"] == 3600
    await stand.pull("/sim/hurry")
    await stand.bot.hears("/hooks/whatsapp", 2)


async def test_reset_forgets_talk_and_keeps_people(stand: Stand) -> None:
    """Chats are empty, people and the bot's set-up stay, every switch is up."""
    await stand.says("hannah", "whatsapp", "hi")
    await stand.pull("/sim/switches", stripe="down")
    await stand.pull("/sim/reset")
    state = await stand.see("/sim/state")
    assert state["chats"]["hannah"]["whatsapp"]["messages"] == []
    assert len(state["people"]) == 4
    assert set(state["switches"].values()) == {"up"}


async def test_people_are_added_and_mistakes_are_told(stand: Stand) -> None:
    """A sentence says what is wrong; nothing is guessed."""
    await stand.pull("/sim/people", key="ana", name="Ana", whatsapp="+34600000001")
    assert (await stand.says("ana", "whatsapp", "hola"))["webhook_status"] == 200
    assert await stand.says("ana", "telegram", "hola") == {"error": "ana has no telegram"}
    assert await stand.says("bob", "telegram", "hola") == {"error": "nobody here is called bob"}
    assert "error" in await stand.says("ana", "whatsapp", "")
    assert "error" in await stand.pull("/sim/switches", fax="down")


async def test_a_bot_that_is_down_leaves_the_status_empty(stand: Stand) -> None:
    """No answer is no status, and the call itself does not fail."""
    stand.sim.world.config["deliver_to"] = "http://127.0.0.1:9"
    assert (await stand.says("hannah", "whatsapp", "hi"))["webhook_status"] is None


async def test_changes_are_told_as_they_happen(stand: Stand) -> None:
    """Whoever watches the stream sees the message as the chat shows it."""
    async with stand.http.get(f"{stand.url}/sim/events") as stream:
        await stream.content.readline()
        await stand.says("hannah", "whatsapp", "hi")
        async with asyncio.timeout(PATIENCE):
            while not (line := await stream.content.readline()).startswith(b"data:"):
                assert line
    told = json.loads(line[6:])
    assert (told["type"], told["person"], told["channel"], told["message"]["text"]) == (
        "message",
        "hannah",
        "whatsapp",
        "hi",
    )


async def test_other_hosts_are_turned_away(stand: Stand) -> None:
    """A page elsewhere that points its name at this machine gets nothing."""
    async with stand.http.get(f"{stand.url}/sim/state", headers={"Host": "evil.example.com"}) as got:
        assert got.status == 403


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("BELLHOP_STRIPE_SECRET_KEY", "sk_live_0123456789"),
        ("BELLHOP_STRIPE_SECRET_KEY", "rk_live_0123456789"),
        ("BELLHOP_TWILIO_AUTH_TOKEN", "a real one"),
        ("BELLHOP_TWILIO_ACCOUNT_SID", "AC" + "f" * 32),
        ("BELLHOP_TELEGRAM_TOKEN", "987654:a-real-one"),
    ],
)
def test_it_does_not_start_beside_a_live_credential(tmp_path: Path, name: str, value: str) -> None:
    """A live key, or any credential that is not the sandbox's own, in the environment."""
    config = settings("http://127.0.0.1:1", tmp_path)
    refuse_live(config, {})
    with pytest.raises(LiveCredential, match=name):
        refuse_live(config, {name: value})


async def test_it_listens_on_this_machine_only(tmp_path: Path) -> None:
    """Any other address is refused before anything is opened."""
    with pytest.raises(LiveCredential):
        await start({**settings("http://127.0.0.1:1", tmp_path), "host": "0.0.0.0"})  # noqa: S104 - the very address it must refuse


async def test_it_runs_as_a_process_of_its_own_and_stops_when_asked(tmp_path: Path) -> None:
    """It writes where it listens and ends cleanly on a polite signal."""
    config = settings("http://127.0.0.1:1", tmp_path)
    (tmp_path / "config.json").write_bytes(orjson.dumps(config))
    plain = {key: value for key, value in os.environ.items() if not key.startswith("BELLHOP_")}
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "web.stage.providers",
        str(tmp_path / "config.json"),
        cwd=REPOSITORY,
        env=plain,
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        assert process.stdout is not None
        line = await asyncio.wait_for(process.stdout.readline(), PATIENCE)
        ready = orjson.loads((tmp_path / "ready.json").read_bytes())
        assert str(ready["port"]) in line.decode()
        assert ready["pid"] == process.pid
        process.send_signal(signal.SIGTERM)
        assert await asyncio.wait_for(process.wait(), PATIENCE) == 0
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()


def test_it_imports_nothing_of_ours() -> None:
    """So that a wrong idea cannot stand on both sides."""
    for path in (REPOSITORY / "web" / "stage" / "providers").glob("*.py"):
        text = path.read_text()
        for word in ("bot", "flows", "handlers", "models", "web", "twilio", "telegram", "stripe"):
            assert f"\nfrom {word}" not in text, path.name
            assert f"\nimport {word}" not in text, path.name
