"""The sandbox's Twilio, asked by Twilio's own SDK and held against Twilio's own contract."""

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import pytest_asyncio
from aiohttp import encode_basic_auth
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]
from twilio.base.exceptions import TwilioRestException
from twilio.http.async_http_client import AsyncTwilioHttpClient
from twilio.request_validator import RequestValidator
from twilio.rest import Client
from twilio.rest.content.v1.content import ContentList
from twilio.rest.content.v1.content.approval_create import ApprovalCreateList

from .conftest import ACCOUNT, TOKEN, Stand

OURS, HANNAH = "whatsapp:+18095550100", "whatsapp:+447700900142"
STATUS = "https://book.example.com/hooks/whatsapp/status?d=7.1"


class Redirected(AsyncTwilioHttpClient):  # type: ignore[misc]
    """Twilio's client with only the host changed; and JSON sent as JSON, which twilio 9.13 forgets in its asynchronous form."""

    def __init__(self, base: str) -> None:
        super().__init__()
        self.base = base

    async def request(self, method: str, url: str, *args: Any, **kwargs: Any) -> Any:
        parts, auth = urlsplit(url), kwargs.pop("auth")
        kwargs["headers"] = {**(kwargs.get("headers") or {}), "Authorization": encode_basic_auth(*auth)}
        if kwargs["headers"].get("Content-Type") == "application/json":
            kwargs["data"] = json.dumps(kwargs["data"])
        return await super().request(
            method, f"{self.base}{parts.path}" + (f"?{parts.query}" if parts.query else ""), *args, **kwargs
        )


@pytest_asyncio.fixture
async def twilio(stand: Stand) -> Any:
    http = Redirected(stand.url)
    yield Client(ACCOUNT, TOKEN, http_client=http)
    await http.session.close()


async def send(twilio: Client, **more: Any) -> Any:
    return await twilio.messages.create_async(**{"to": HANNAH, "from_": OURS, **more})


async def raw(stand: Stand, path: str, method: str = "GET", **more: Any) -> tuple[int, Any]:
    heads = {"Authorization": encode_basic_auth(ACCOUNT, more.pop("token", TOKEN))}
    async with stand.http.request(method, f"{stand.url}{path}", headers=heads, **more) as got:
        return got.status, await got.json() if "json" in got.content_type else await got.read()


MESSAGES = f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json"


async def template(
    twilio: Client,
    body: str,
    name: str = "booking_received",
    samples: dict[str, str] | None = None,
    *,
    approve: bool = True,
) -> str:
    """A content made and, unless told otherwise, handed in for approval."""
    variables = samples if samples is not None else dict.fromkeys(re.findall(r"{{(\w+)}}", body), "sample")
    asked = ContentList.ContentCreateRequest(
        {
            "friendly_name": name,
            "language": "en",
            "variables": variables,
            "types": {"twilio/text": {"body": body}},
        }
    )
    made = await twilio.content.v1.contents.create_async(content_create_request=asked)
    if approve:
        wish = ApprovalCreateList.ContentApprovalRequest({"name": name, "category": "UTILITY"})
        await twilio.content.v1.contents(made.sid).approval_create.create_async(content_approval_request=wish)
    return str(made.sid)


async def test_a_person_writes_and_the_webhook_is_signed_over_the_public_address(stand: Stand) -> None:
    """Twilio's own validator accepts the signature, made over PUBLIC_URL though the request goes elsewhere."""
    told = await stand.says("hannah", "whatsapp", "hola, ¿4 personas?\n& más")
    (hook,) = await stand.bot.hears("/hooks/whatsapp")
    assert told["webhook_status"] == 200
    url = "https://book.example.com/hooks/whatsapp"
    assert RequestValidator(TOKEN).validate(url, hook["form"], hook["headers"]["X-Twilio-Signature"])
    assert not RequestValidator(TOKEN).validate(
        url, {**hook["form"], "Body": "x"}, hook["headers"]["X-Twilio-Signature"]
    )
    assert hook["form"]["Body"] == "hola, ¿4 personas?\n& más"
    assert (hook["form"]["From"], hook["form"]["To"], hook["form"]["ProfileName"]) == (HANNAH, OURS, "Hannah Moore")
    assert hook["form"]["MessageSid"] == told["id"]


async def test_a_reply_inside_the_window_is_followed_to_read(stand: Stand, twilio: Client) -> None:
    """Each step is reported, in order and signed, to the StatusCallback with its query."""
    await stand.says("hannah", "whatsapp", "hi")
    sent = await send(twilio, body="Where to?", status_callback=STATUS)
    assert sent.status == "queued"
    hooks = await stand.bot.hears("/hooks/whatsapp/status", 4)
    assert [hook["form"]["MessageStatus"] for hook in hooks] == ["queued", "sent", "delivered", "read"]
    assert all(
        RequestValidator(TOKEN).validate(STATUS, hook["form"], hook["headers"]["X-Twilio-Signature"]) for hook in hooks
    )
    assert {hook["form"]["MessageSid"] for hook in hooks} == {sent.sid}
    last = (await stand.chat("hannah", "whatsapp"))[-1]
    assert (last["text"], last["status"], last["mine"], last["template"]) == ("Where to?", "read", False, False)


async def test_outside_24_hours_a_free_text_is_accepted_and_then_fails(stand: Stand, twilio: Client) -> None:
    """63016 comes by callback: for someone who never wrote, and for someone who wrote a day ago."""
    await send(twilio, body="psst", status_callback=STATUS)
    hooks = await stand.bot.hears("/hooks/whatsapp/status", 2)
    assert [hook["form"].get("ErrorCode") for hook in hooks] == [None, "63016"]
    assert hooks[-1]["form"]["MessageStatus"] == "failed"
    await stand.says("hannah", "whatsapp", "hi")
    await stand.pull("/sim/clock", offset=24 * 3600 + 1)
    sent = await send(twilio, body="psst", status_callback=STATUS)
    hooks = await stand.bot.hears("/hooks/whatsapp/status", 4)
    assert hooks[-1]["form"]["ErrorCode"] == "63016"
    fetched = await twilio.messages(sent.sid).fetch_async()
    assert (fetched.status, fetched.error_code) == ("failed", 63016)


async def test_just_before_24_hours_are_over_the_window_is_open(stand: Stand, twilio: Client) -> None:
    """Twenty seconds before its end a free text still arrives."""
    await stand.says("hannah", "whatsapp", "hi")
    await stand.pull("/sim/clock", offset=24 * 3600 - 20)
    await send(twilio, body="just in time", status_callback=STATUS)
    hooks = await stand.bot.hears("/hooks/whatsapp/status", 4)
    assert hooks[-1]["form"]["MessageStatus"] == "read"


async def test_an_approved_template_reaches_someone_who_never_wrote(stand: Stand, twilio: Client) -> None:
    """Drawn with its variables, and marked as a template."""
    sid = await template(twilio, "Booking {{1}} is confirmed for {{2}}, thank you.")
    await send(
        twilio,
        content_sid=sid,
        content_variables=json.dumps({"1": "CA-7K4M2", "2": "Sat 21 Nov"}),
        status_callback=STATUS,
    )
    await stand.bot.hears("/hooks/whatsapp/status", 4)
    (message,) = await stand.chat("hannah", "whatsapp")
    assert (message["text"], message["template"]) == ("Booking CA-7K4M2 is confirmed for Sat 21 Nov, thank you.", True)


@pytest.mark.parametrize(
    ("variables", "code"),
    [
        ({"1": "two\nlines"}, 21656),
        ({"1": "a\ttab"}, 21656),
        ({"1": "five     spaces"}, 21656),
        ({"1": ""}, 21656),
        ({"1": None}, 21656),
        ({"1": 3}, 21656),
    ],
)
async def test_template_variables_whatsapp_does_not_take_are_refused(
    stand: Stand, twilio: Client, variables: Any, code: int
) -> None:
    """Line breaks, tabs, five spaces, nothing, and what is no text."""
    sid = await template(twilio, "Booking {{1}} is confirmed.")
    with pytest.raises(TwilioRestException) as refused:
        await send(twilio, content_sid=sid, content_variables=json.dumps(variables))
    assert (refused.value.status, refused.value.code) == (400, code)


@pytest.mark.parametrize("variables", [{}, {"1": "a"}, {"1": "a", "2": "b", "3": "c"}])
async def test_variables_that_do_not_match_the_template_fail_with_63028(
    stand: Stand, twilio: Client, variables: dict[str, str]
) -> None:
    """Too few as well as too many."""
    sid = await template(twilio, "Booking {{1}} on {{2}} is confirmed.")
    await send(twilio, content_sid=sid, content_variables=json.dumps(variables), status_callback=STATUS)
    hooks = await stand.bot.hears("/hooks/whatsapp/status", 2)
    assert hooks[-1]["form"]["ErrorCode"] == "63028"


async def test_a_template_longer_than_1024_with_its_variables_fails_with_63021(stand: Stand, twilio: Client) -> None:
    """The limit holds for what the person would read."""
    sid = await template(twilio, "Booking {{1}} is confirmed.")
    await send(twilio, content_sid=sid, content_variables=json.dumps({"1": "x" * 1010}), status_callback=STATUS)
    assert (await stand.bot.hears("/hooks/whatsapp/status", 2))[-1]["form"]["ErrorCode"] == "63021"


@pytest.mark.parametrize(
    ("body", "name", "why"),
    [
        ("{{1}} is confirmed.", "starts", "start or end"),
        ("Confirmed: {{1}}", "ends", "start or end"),
        ("x" * 1025, "long", "1024"),
        ("Booking {{1}}{{2}} is in.", "beside", "next to"),
        ("Booking {{1}} on {{3}} is in.", "gap", "gaps"),
        ("All is well.", "alert_rejected", "rejects"),
    ],
)
async def test_templates_whatsapp_would_not_approve_are_rejected_and_do_not_go_out(
    stand: Stand, twilio: Client, body: str, name: str, why: str
) -> None:
    """With Meta's reason; sending it outside the window fails."""
    sid = await template(twilio, body, name)
    approval = await twilio.content.v1.contents(sid).approval_fetch().fetch_async()
    assert approval.whatsapp["status"] == "rejected"
    assert why in approval.whatsapp["rejection_reason"]
    await send(twilio, content_sid=sid, status_callback=STATUS)
    assert (await stand.bot.hears("/hooks/whatsapp/status", 2))[-1]["form"]["ErrorCode"] == "63016"


async def test_approval_takes_its_time(stand: Stand, twilio: Client) -> None:
    """Until Meta has looked at it, a template is pending and does not go out."""
    stand.sim.world.config["approval"] = 60.0
    sid = await template(twilio, "All is well.")
    assert (await twilio.content.v1.contents(sid).approval_fetch().fetch_async()).whatsapp["status"] == "pending"
    await send(twilio, content_sid=sid, status_callback=STATUS)
    assert (await stand.bot.hears("/hooks/whatsapp/status", 2))[-1]["form"]["ErrorCode"] == "63016"
    await stand.pull("/sim/clock", by=61)
    assert (await twilio.content.v1.contents(sid).approval_fetch().fetch_async()).whatsapp["status"] == "approved"


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        ("twilio/quick-reply", {"actions": [{"type": "QUICK_REPLY", "title": "{{2}}", "id": "1"}]}),
        ("twilio/list-picker", {"button": "Choose", "items": [{"item": "{{2}}", "id": "1"}]}),
    ],
)
async def test_what_is_too_long_once_filled_does_not_arrive(
    stand: Stand, twilio: Client, kind: str, content: dict[str, Any]
) -> None:
    """Meta: twenty on a button, twenty-four in a row; the same content arrives with a shorter word."""
    await stand.says("hannah", "whatsapp", "hi")
    asked = {
        "friendly_name": "x",
        "language": "en",
        "variables": {"1": "a", "2": "b"},
        "types": {kind: {"body": "{{1}}", **content}},
    }
    made = await twilio.content.v1.contents.create_async(ContentList.ContentCreateRequest(asked))
    for title, code in (("x" * 25, "63021"), ("Fine", None)):
        await send(
            twilio,
            content_sid=made.sid,
            content_variables=json.dumps({"1": "Which?", "2": title}),
            status_callback=STATUS,
        )
        last = await stand.until(
            "/sim/chats/hannah/whatsapp", lambda seen: seen["messages"][-1]["status"] in ("failed", "delivered", "read")
        )
        assert str(last["messages"][-1].get("error_code") or "") == (code or "")


async def test_whoever_wrote_stop_is_not_written_to(stand: Stand, twilio: Client) -> None:
    """21610, until START."""
    await stand.says("hannah", "whatsapp", "STOP")
    with pytest.raises(TwilioRestException) as refused:
        await send(twilio, body="Are you there?")
    assert refused.value.code == 21610
    await stand.says("hannah", "whatsapp", "start")
    assert (await send(twilio, body="Are you there?")).status == "queued"


async def test_a_template_nobody_approved_fails_outside_the_window(stand: Stand, twilio: Client) -> None:
    """Making it is not enough."""
    sid = await template(twilio, "All is well.", approve=False)
    await send(twilio, content_sid=sid, status_callback=STATUS)
    assert (await stand.bot.hears("/hooks/whatsapp/status", 2))[-1]["form"]["ErrorCode"] == "63016"


@pytest.mark.parametrize(
    ("more", "status", "code"),
    [
        ({"body": "x" * 1601}, 400, 21617),
        ({}, 400, 21619),
        ({"body": ""}, 400, 21619),
        ({"to": "whatsapp:+1", "body": "x"}, 400, 21211),
        ({"to": "whatsapp:44770", "body": "x"}, 400, 21211),
        ({"to": "+447700900142", "body": "x"}, 400, 21910),
        ({"from_": "whatsapp:+15550001111", "body": "x"}, 400, 63007),
        ({"content_sid": "HX" + "0" * 32}, 400, 21655),
        ({"content_sid": "HXshort"}, 400, 21655),
        ({"body": "x", "content_variables": "{}"}, 400, 21654),
        ({"body": "x", "status_callback": "book.example.com"}, 400, 21609),
        ({"body": "x", "media_url": ["ftp://x"]}, 400, 21620),
    ],
)
async def test_what_twilio_refuses_is_refused_with_its_code(
    stand: Stand, twilio: Client, more: dict[str, Any], status: int, code: int
) -> None:
    """At once, with nothing left in the chat."""
    await stand.says("hannah", "whatsapp", "hi")
    with pytest.raises(TwilioRestException) as refused:
        await send(twilio, **more)
    assert (refused.value.status, refused.value.code) == (status, code)
    assert len(await stand.chat("hannah", "whatsapp")) == 1


async def test_1600_characters_still_go(stand: Stand, twilio: Client) -> None:
    """The limit itself is allowed."""
    await stand.says("hannah", "whatsapp", "hi")
    assert (await send(twilio, body="x" * 1600)).status == "queued"


async def test_bad_log_in_unknown_parameter_and_unknown_message_in_twilios_form(stand: Stand) -> None:
    """Code, message, more_info and status, as Twilio's errors have them."""
    status, body = await raw(stand, MESSAGES, token="wrong")
    assert (status, body["code"], body["status"], body["message"]) == (401, 20003, 401, "Authenticate")
    assert body["more_info"].endswith("/20003")
    status, body = await raw(stand, MESSAGES, "POST", data={"To": HANNAH, "From": OURS, "Body": "x", "Bodi": "x"})
    assert (status, body["code"]) == (400, 20001)
    status, body = await raw(stand, f"/2010-04-01/Accounts/{ACCOUNT}/Messages/SM{'0' * 32}.json")
    assert (status, body["code"]) == (404, 20404)


async def test_a_number_nobody_has_fails_with_63024(stand: Stand, twilio: Client) -> None:
    """It is accepted first, as every well-formed number is."""
    await send(twilio, to="whatsapp:+447700900999", body="x", status_callback=STATUS)
    assert (await stand.bot.hears("/hooks/whatsapp/status", 2))[-1]["form"]["ErrorCode"] == "63024"


async def test_a_picture_is_fetched_from_the_bot_and_kept(stand: Stand, twilio: Client) -> None:
    """From the public address, though the bot is really elsewhere."""
    stand.bot.files["/art/van.png"] = (b"\x89PNG\r\n\x1a\nart", "image/png")
    await stand.says("hannah", "whatsapp", "hi")
    await send(twilio, body="The van", media_url=["https://book.example.com/art/van.png"], status_callback=STATUS)
    await stand.bot.hears("/hooks/whatsapp/status", 4)
    message = (await stand.chat("hannah", "whatsapp"))[-1]
    async with stand.http.get(stand.url + message["media"][0]["url"]) as got:
        assert (await got.read(), got.content_type) == (b"\x89PNG\r\n\x1a\nart", "image/png")


@pytest.mark.parametrize("url", ["https://book.example.com/art/gone.png", "http://192.0.2.1/x.png"])
async def test_a_picture_that_cannot_be_had_fails_with_63019(stand: Stand, twilio: Client, url: str) -> None:
    """Also one beyond this machine: the sandbox never leaves it."""
    await stand.says("hannah", "whatsapp", "hi")
    await send(twilio, body="The van", media_url=[url], status_callback=STATUS)
    assert (await stand.bot.hears("/hooks/whatsapp/status", 2))[-1]["form"]["ErrorCode"] == "63019"


@pytest.mark.parametrize(
    ("content", "content_type", "code"),
    [
        (b"\x89PNG" + b"x" * 5 * 1024 * 1024, "image/png", "63019"),
        (b"%PDF-1.4" + b"x" * 16 * 1024 * 1024, "application/pdf", "63019"),
        (b"<svg/>", "image/svg+xml", "63005"),
        (b"<html>not drawn yet</html>", "application/pdf", "63005"),
    ],
    ids=["too large an image", "too large a paper", "no kind that WhatsApp takes", "not what it says"],
)
async def test_a_file_that_whatsapp_does_not_take_fails(
    stand: Stand, twilio: Client, content: bytes, content_type: str, code: str
) -> None:
    """An image of more than 5 MB, anything of more than 16, a kind nobody shows, a page in place of a paper."""
    stand.bot.files["/art/file"] = (content, content_type)
    await stand.says("hannah", "whatsapp", "hi")
    await send(twilio, media_url=["https://book.example.com/art/file"], status_callback=STATUS)
    assert (await stand.bot.hears("/hooks/whatsapp/status", 2))[-1]["form"]["ErrorCode"] == code


async def test_words_under_a_paper_are_not_shown(stand: Stand, twilio: Client) -> None:
    """Twilio gives a document neither a name nor a caption; its list has the words all the same."""
    stand.bot.files["/art/ticket.pdf"] = (b"%PDF-1.4", "application/pdf")
    await stand.says("hannah", "whatsapp", "hi")
    sent = await send(
        twilio, body="Your ticket", media_url=["https://book.example.com/art/ticket.pdf"], status_callback=STATUS
    )
    await stand.bot.hears("/hooks/whatsapp/status", 4)
    message = (await stand.chat("hannah", "whatsapp"))[-1]
    assert (message["text"], message["kind"]) == ("", "document")
    assert (await twilio.messages(sent.sid).fetch_async()).body == "Your ticket"


@pytest.mark.parametrize(("code", "status"), [(63018, 201), (63005, 201), (20429, 429), (21656, 400)])
async def test_it_fails_with_a_code_that_is_wished_for_once(
    stand: Stand, twilio: Client, code: int, status: int
) -> None:
    """At once, or after it was taken, as Twilio does with that code; the next message is an ordinary one."""
    await stand.says("hannah", "whatsapp", "hi")
    async with stand.http.post(f"{stand.url}/sim/refuse", json={"code": code, "of": "text"}) as answer:
        assert answer.status == 200
    if status == 201:
        await send(twilio, body="x", status_callback=STATUS)
        assert (await stand.bot.hears("/hooks/whatsapp/status", 2))[-1]["form"]["ErrorCode"] == str(code)
    else:
        with pytest.raises(TwilioRestException) as refusal:
            await send(twilio, body="x", status_callback=STATUS)
        assert (refusal.value.status, refusal.value.code) == (status, code)
    assert (await send(twilio, body="y", status_callback=STATUS)).status == "queued"


@pytest.mark.parametrize(
    ("kind", "message_type", "content_type", "magic"),
    [
        ("photo", "image", "image/jpeg", b"\xff\xd8\xff"),
        ("voice", "audio", "audio/ogg", b"OggS"),
        ("sticker", "sticker", "image/webp", b"RIFF"),
        ("document", "document", "application/pdf", b"%PDF-1.4"),
        ("contact", "contacts", "text/vcard", b"BEGIN:VCARD"),
    ],
)
async def test_media_people_send_lies_behind_the_accounts_log_in(
    stand: Stand, kind: str, message_type: str, content_type: str, magic: bytes
) -> None:
    """Genuine bytes of the announced type, for the account only."""
    await stand.says("hannah", "whatsapp", kind=kind)
    (hook,) = await stand.bot.hears("/hooks/whatsapp")
    form = hook["form"]
    assert (form["MessageType"], form["NumMedia"], form["MediaContentType0"], form["Body"]) == (
        message_type,
        "1",
        content_type,
        "",
    )
    path = urlsplit(form["MediaUrl0"]).path
    status, body = await raw(stand, path)
    assert status == 200
    assert body.startswith(magic)
    assert (await raw(stand, path, token="wrong"))[0] == 401


async def test_a_location_a_quote_and_an_edit(stand: Stand, twilio: Client) -> None:
    """An edit stays between the person and their phone: Twilio does not bring it."""
    first = await stand.says("hannah", "whatsapp", "hi")
    await stand.says("hannah", "whatsapp", kind="location", lat=18.7, lon=-68.4)
    sent = await send(twilio, body="Here?")
    await stand.says("hannah", "whatsapp", "yes", quotes=sent.sid)
    edited = await stand.says("hannah", "whatsapp", "hello", edit=first["id"])
    hooks = await stand.bot.hears("/hooks/whatsapp", 3)
    assert (hooks[1]["form"]["Latitude"], hooks[1]["form"]["Longitude"]) == ("18.7", "-68.4")
    assert (hooks[2]["form"]["OriginalRepliedMessageSid"], hooks[2]["form"]["OriginalRepliedMessageSender"]) == (
        sent.sid,
        OURS,
    )
    assert edited["webhook_status"] is None
    assert len(stand.bot.heard) == 3
    shown = (await stand.chat("hannah", "whatsapp"))[0]
    assert (shown["text"], shown["edited"]) == ("hello", True)


async def test_a_quick_reply_is_tapped(stand: Stand, twilio: Client) -> None:
    """The payload comes with the label and quotes the message it belongs to."""
    types = {
        "twilio/quick-reply": {
            "body": "Shall we go on?",
            "actions": [{"title": "Yes", "id": "go:yes", "type": "QUICK_REPLY"}],
        }
    }
    _, made = await raw(stand, "/v1/Content", "POST", json={"language": "en", "types": types})
    await stand.says("hannah", "whatsapp", "hi")
    sent = await send(twilio, content_sid=made["sid"])
    assert (await stand.chat("hannah", "whatsapp"))[-1]["keyboard"] == [[{"text": "Yes", "data": "go:yes"}]]
    await stand.pull("/sim/chats/hannah/whatsapp/taps", message=sent.sid, data="go:yes")
    form = (await stand.bot.hears("/hooks/whatsapp", 2))[-1]["form"]
    assert (form["MessageType"], form["ButtonPayload"], form["ButtonText"], form["Body"]) == (
        "button",
        "go:yes",
        "Yes",
        "Yes",
    )
    assert form["OriginalRepliedMessageSid"] == sent.sid


async def test_messages_are_listed_newest_first_by_address_and_time(stand: Stand, twilio: Client) -> None:
    """What a bot needs to ask before it sends again, and to catch up on what it missed."""
    for word in ("one", "two", "three"):
        await stand.says("hannah", "whatsapp", word)
    await stand.says("rafael", "whatsapp", "hello")
    await send(twilio, body="answer")
    found = await twilio.messages.list_async(to=OURS, page_size=2)
    assert [one.body for one in found] == ["hello", "three", "two", "one"]
    assert {one.direction for one in found} == {"inbound"}
    assert [one.body for one in await twilio.messages.list_async(to=HANNAH)] == ["answer"]
    soon = datetime.now(UTC) + timedelta(hours=1)
    assert await twilio.messages.list_async(to=OURS, date_sent_after=soon) == []
    assert (
        len(await twilio.messages.list_async(to=OURS, date_sent_before=soon, date_sent_after=soon - timedelta(hours=2)))
        == 4
    )
    assert len(await twilio.messages.list_async(date_sent=datetime.now(UTC).date())) == 5


async def test_an_inbound_webhook_is_tried_once_more_and_then_given_up(stand: Stand) -> None:
    """After a 5xx; a 4xx is not tried again."""
    stand.bot.answers = [503, 503, 503]
    told = await stand.says("hannah", "whatsapp", "hi")
    assert told["webhook_status"] == 503
    await stand.bot.hears("/hooks/whatsapp", 2)
    await stand.until("/sim/state", lambda state: state["pending"] == 0)
    assert len(stand.bot.heard) == 2
    stand.bot.answers = [404]
    await stand.says("hannah", "whatsapp", "hi")
    await stand.until("/sim/state", lambda state: state["pending"] == 0)
    assert len(stand.bot.heard) == 3


async def test_messages_are_redacted_and_deleted(stand: Stand, twilio: Client) -> None:
    """By the two calls Twilio has for it."""
    told = await stand.says("hannah", "whatsapp", "my secret")
    assert (await twilio.messages(told["id"]).update_async(body="")).body == ""
    assert await twilio.messages(told["id"]).delete_async()
    assert await stand.chat("hannah", "whatsapp") == []


def checked(contract: dict[str, Any], name: str, value: Any) -> None:
    """Fails unless the value fits the named schema of an OpenAPI 3.0 contract and has all of its properties."""

    def modern(schema: Any) -> Any:
        if isinstance(schema, list):
            return [modern(one) for one in schema]
        if not isinstance(schema, dict):
            return schema
        plain = {
            key: modern(one) for key, one in schema.items() if key not in ("nullable", "format", "x-twilio", "example")
        }
        return {"anyOf": [plain, {"type": "null"}]} if schema.get("nullable") is True else plain

    schema = {"$ref": f"#/components/schemas/{name}", "components": modern(contract["components"])}
    problems = [
        f"{'.'.join(map(str, one.path))}: {one.message}" for one in Draft202012Validator(schema).iter_errors(value)
    ]
    assert problems == []
    assert set(value) == set(contract["components"]["schemas"][name]["properties"])


async def test_answers_fit_twilios_contract(stand: Stand, twilio: Client, contracts: Path) -> None:
    """Messages made, received and failed, and their media: every property, of its type."""
    contract = json.loads((contracts / "twilio_messages.json").read_bytes())
    await stand.says("hannah", "whatsapp", kind="photo")
    _, made = await raw(stand, MESSAGES, "POST", data={"To": HANNAH, "From": OURS, "Body": "hi"})
    _, failed = await raw(
        stand,
        MESSAGES,
        "POST",
        data={"To": "whatsapp:+18095550177", "From": OURS, "Body": "hi", "StatusCallback": STATUS},
    )
    await stand.bot.hears("/hooks/whatsapp/status", 2)
    _, page = await raw(stand, MESSAGES)
    for one in (made, failed, *page["messages"]):
        checked(contract, "api.v2010.account.message", one)
    assert {one["status"] for one in page["messages"]} >= {"received", "failed"}
    _, media = await raw(stand, page["messages"][-1]["subresource_uris"]["media"])
    checked(contract, "api.v2010.account.message.media", media["media_list"][0])


async def test_content_answers_fit_twilios_contract(stand: Stand, twilio: Client, contracts: Path) -> None:
    """Contents, approvals and both in one list."""
    contract = json.loads((contracts / "twilio_content_v1.json").read_bytes())
    sid = await template(twilio, "Booking {{1}} is in.")
    status, one = await raw(stand, f"/v1/Content/{sid}")
    assert status == 200
    checked(contract, "content.v1.content", one)
    checked(contract, "content.v1.content.approval_fetch", (await raw(stand, f"/v1/Content/{sid}/ApprovalRequests"))[1])
    wish = {"name": "again", "category": "UTILITY"}
    checked(
        contract,
        "content.v1.content.approval_create",
        (await raw(stand, f"/v1/Content/{sid}/ApprovalRequests/whatsapp", "POST", json=wish))[1],
    )
    checked(
        contract, "content.v1.content_and_approvals", (await raw(stand, "/v1/ContentAndApprovals"))[1]["contents"][0]
    )
    assert [one.sid for one in await twilio.content.v1.contents.list_async()] == [sid]


@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"language": "en"},
        {"language": "english", "types": {"twilio/text": {"body": "x"}}},
        {"language": "en", "types": {"twilio/texts": {"body": "x"}}},
        {"language": "en", "types": {"twilio/text": {}}},
        {"language": "en", "types": {"twilio/text": {"body": "x"}}, "colour": "red"},
    ],
)
async def test_contents_that_are_not_whole_are_refused(stand: Stand, asked: dict[str, Any]) -> None:
    """Language, types, their required parts, and nothing unknown."""
    status, body = await raw(stand, "/v1/Content", "POST", json=asked)
    assert (status, body["code"], body["status"]) == (400, 20422, 400)


async def test_the_parameters_we_know_are_the_contracts(contracts: Path) -> None:
    """No more and no fewer."""
    from web.stage.providers.twilio import CONTRACT

    paths = json.loads((contracts / "twilio_messages.json").read_bytes())["paths"]
    messages = paths["/2010-04-01/Accounts/{AccountSid}/Messages.json"]
    form = messages["post"]["requestBody"]["content"]["application/x-www-form-urlencoded"]["schema"]
    assert set(CONTRACT["messages.create"]) == set(form["properties"])
    assert set(CONTRACT["messages.list"]) == {
        one["name"] for one in messages["get"]["parameters"] if one["in"] == "query"
    }


async def test_a_message_on_its_way_goes_on_after_a_restart(stand: Stand, twilio: Client) -> None:
    """From the step it had reached."""
    stand.sim.world.pace = 1000
    await stand.says("hannah", "whatsapp", "hi")
    await send(twilio, body="Where to?", status_callback=STATUS)
    await stand.bot.hears("/hooks/whatsapp/status", 1)
    await stand.restart()
    hooks = await stand.bot.hears("/hooks/whatsapp/status", 4)
    assert hooks[-1]["form"]["MessageStatus"] == "read"


@pytest.mark.parametrize(("hours", "became"), [(3.9, "read"), (4.1, "failed")])
async def test_what_whatsapp_does_not_take_for_four_hours_fails(
    stand: Stand, twilio: Client, hours: float, became: str
) -> None:
    """Twilio goes on taking it, and keeps it in its queue for so long."""
    await stand.says("hannah", "whatsapp", "hi")
    await stand.pull("/sim/switches", twilio="queued")
    sent = await send(twilio, body="Hello", status_callback=STATUS)
    assert sent.status == "queued"
    await stand.pull("/sim/clock", by=hours * 3600)
    await stand.pull("/sim/switches", twilio="up")
    chat = await stand.until("/sim/chats/hannah/whatsapp", lambda seen: seen["messages"][-1]["status"] == became)
    assert chat["messages"][-1].get("error_code") == (30001 if became == "failed" else None)
