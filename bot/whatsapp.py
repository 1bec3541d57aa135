"""WhatsApp through Twilio: a form becomes `Heard`, a drawn message becomes a REST call."""

import asyncio
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Literal
from urllib.parse import urlsplit, urlunsplit

import structlog
from aiohttp import ClientError, encode_basic_auth
from twilio.base.exceptions import TwilioException, TwilioRestException
from twilio.http.async_http_client import AsyncTwilioHttpClient
from twilio.request_validator import RequestValidator
from twilio.rest import Client

from bot.approved import filled
from bot.carriers import Attempt, Failed, Retry, Sent, Without
from bot.content import BODY, Content, plain_rest, plainly, rich
from bot.contents import Contents
from bot.fitting import cut, parts
from bot.taps import unpack
from flows.speech import Heard, Media, Tap
from handlers.delivery_reported import Report, Why
from models import lanes
from models.fields import instant, packed
from models.lanes import Outgoing

LIMIT = 1600  # Twilio: characters of a message body (error 21617)
LISTED = 1000  # messages that Twilio gives at once
SKEW = timedelta(seconds=6)  # by which its clock, in whole seconds, may be behind ours
WINDOW = timedelta(hours=24)  # Meta: free words only so long after the person last wrote (error 63016)
FAILURES: dict[int, Why] = {  # Twilio's error codes; any other means that they will not have it
    63016: "closed", 63019: "enclosed", **dict.fromkeys((63005, 63013, 63021, 63028), "content"),
    **dict.fromkeys((20429, 30001, 63017, 63018), "busy"),  # 30001: four hours in Twilio's queue, or it was full
    **dict.fromkeys((21211, 21610, 21614, 63003, 63024), "unreachable"),
}  # fmt: skip
BECAME: dict[str, Literal["sent", "delivered", "read", "failed"]] = {
    "sent": "sent", "delivered": "delivered", "read": "read", "failed": "failed", "undelivered": "failed",
}  # fmt: skip
AWAY = (ClientError, TimeoutError, OSError)  # how the SDK's client says that Twilio was not reached or did not answer
ANSWER = 15.0  # seconds
STOPPED = 21610  # Twilio's error code for whoever wrote STOP

log = structlog.get_logger()


class Rewritten(AsyncTwilioHttpClient):
    """The SDK's own client, mended in four places.

    Scheme and host are replaced, for Twilio has no setting for its base URL; JSON leaves as JSON and a call ends in
    time, which twilio 9.13 forgets in its asynchronous form; and the log-in is a header, since aiohttp gives up `auth=`.
    """

    def __init__(self, api: str) -> None:
        super().__init__()
        self.api = urlsplit(api)

    async def request(self, method: str, url: str, *args: Any, **kwargs: Any) -> Any:
        """One call, to the base URL of the settings when there is one."""
        if self.api.netloc:
            url = urlunsplit((self.api.scheme, self.api.netloc, *urlsplit(url)[2:]))
        login, headers = kwargs.pop("auth"), dict(kwargs.get("headers") or {})
        kwargs["headers"] = headers | {"Authorization": encode_basic_auth(*login)}
        if headers.get("Content-Type") == "application/json":
            kwargs["data"] = packed(kwargs["data"])
        async with asyncio.timeout(ANSWER):
            return await super().request(method, url, *args, **kwargs)


def free_until(last_heard: int | None, now: datetime) -> datetime | None:
    """Until when someone last heard then (as kept) may be written to in free words; None when that has passed."""
    until = instant(last_heard) + WINDOW if last_heard is not None else None
    return until if until is not None and now < until else None


def bare(text: str) -> str:
    """Text without NUL, which PostgreSQL does not keep."""
    return text.replace("\x00", "")


def figure(digits: str) -> int | None:
    """A number in plain digits, of a size that a database takes; None for anything else."""
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) <= 18 else None


def signed(token: str, url: str, form: Mapping[str, Any], signature: str) -> bool:
    """Whether Twilio signed this form for this whole URL."""
    return bool(RequestValidator(token).validate(url, form, signature))


def read(form: Mapping[str, str], now: datetime) -> Heard:
    """What a person did, from Twilio's inbound form; `now` is when it reached us."""
    tap = _tap(form)
    return Heard(
        channel="whatsapp",
        external_id=bare(form.get("MessageSid") or form.get("SmsSid") or ""),
        sender=bare(form.get("From", "").removeprefix("whatsapp:")),
        at=now,
        words=bare(form.get("Body", "")),
        name=bare(form.get("ProfileName", ""))[:120],
        kind="tap" if tap else _kind(form),
        tap=tap,
        location=_location(form),
        quotes=bare(form.get("OriginalRepliedMessageSid", "")) or None,
        media=_media(form),
    )


def _tap(form: Mapping[str, str]) -> Tap | None:
    """What a pressed button or a row of a list stands for; the words of one that is not ours are words."""
    data = bare(form.get("ButtonPayload") or form.get("ListId") or "")
    tap = unpack(data) if data else None
    return tap if tap and tap.question else None


def read_surely(form: Mapping[str, str], now: datetime) -> Heard:
    """The same; of what cannot be read, who it was: sent again it would be no better, and hold up the rest."""
    try:
        return read(form, now)
    except Exception as fault:  # noqa: BLE001  # whatever it is: an odd shape, or a mistake of ours
        log.warning("Twilio sent what cannot be read", fault=repr(fault)[:200])
        return read_barely(form, now)


def read_barely(form: Mapping[str, str], now: datetime) -> Heard:
    """Who wrote and their words, of a message that `read` stumbles over."""
    sid, sender, words = (bare(str(form.get(name) or "")) for name in ("MessageSid", "From", "Body"))
    return Heard("whatsapp", sid, sender.removeprefix("whatsapp:"), now, words=words, kind="text" if words else "other")


def _kind(form: Mapping[str, str]) -> str:
    said = form.get("MessageType", "text")
    if _location(form):
        return "location"
    first = form.get("MediaContentType0", "").split("/")[0]
    if form.get("NumMedia", "0") not in ("", "0"):
        sticker = "sticker" if said == "sticker" else "photo"
        return {"audio": "voice", "image": sticker, "video": "video"}.get(first, _attached(form))
    return {"text": "text", "button": "text", "interactive": "text", "contacts": "contact"}.get(said, "other")


def _attached(form: Mapping[str, str]) -> str:
    return "contact" if "vcard" in form.get("MediaContentType0", "") else "document"


def _location(form: Mapping[str, str]) -> tuple[float, float] | None:
    try:
        pin = float(form["Latitude"]), float(form["Longitude"])
    except (KeyError, ValueError):
        return None
    return pin if abs(pin[0]) <= 90 and abs(pin[1]) <= 180 else None


def _media(form: Mapping[str, str]) -> tuple[Media, ...]:
    numbers = range(min(figure(form.get("NumMedia", "0")) or 0, 10))
    return tuple(Media(form.get(f"MediaUrl{n}", ""), form.get(f"MediaContentType{n}", "")) for n in numbers)


def read_report(form: Mapping[str, str], *, enclosed: bool = False) -> Report | None:
    """What became of a message, from a status callback; None while it is still on its way.

    `enclosed`: it was a file, so what was not taken is no fault of the words.
    """
    became = BECAME.get(form.get("MessageStatus", ""))
    code = figure(form.get("ErrorCode", ""))
    sid = bare(form.get("MessageSid", ""))[:255]
    why = FAILURES.get(code or 0, "refused")
    why = "enclosed" if enclosed and why in ("content", "refused") else why
    return Report(sid, became, why, f"Twilio {code or ''}".strip(), by="whatsapp") if became else None


def sent_at(listed: Any) -> datetime:
    """When a message of Twilio's list was sent or reached Twilio, to the second."""
    at: datetime = listed.date_sent or listed.date_created
    return at.replace(tzinfo=UTC)


@dataclass(slots=True)
class Gone:
    """What has left of a delivery, as Twilio lists it: the ids of its words by what they say, and of its files in their order."""

    words: dict[str, list[str]] = field(default_factory=dict)
    files: list[str] = field(default_factory=list)  # "": one that failed

    def note(self, message: Any) -> None:
        """One more message of Twilio's list. Words that failed have not left; a failed file had its place in the order."""
        failed = str(message.status) in ("failed", "undelivered")
        if figure(str(message.num_media or 0)):
            self.files.append("" if failed else str(message.sid))
        elif not failed:
            self.words.setdefault(message.body or "", []).append(str(message.sid))

    def said(self, *parts: str) -> bool:
        """Whether any of these words has left."""
        return any(self.words.get(part) for part in parts)

    def places(self, count: int) -> list[str]:
        """The ids of so many files in their order, "" for what has to leave: after the last come those that failed once more."""
        found = [*self.files, *[""] * count][:count]
        for again in filter(None, self.files[count:]):
            if "" in found:
                found[found.index("")] = again
        return found


class WhatsApp:
    """Carries deliveries to WhatsApp."""

    channel = "whatsapp"

    def __init__(self, account: str, token: str, sender: str, api: str, public_url: str) -> None:
        self.http = Rewritten(api)
        self.client = Client(account, token, http_client=self.http)
        self.contents = Contents(self.client, account)
        self.sender = f"whatsapp:{sender}"
        self.public_url = public_url

    async def close(self) -> None:
        """End the SDK's session."""
        await self.http.close()

    async def send(self, out: Outgoing, attempt: Attempt) -> Sent | Retry | Failed:
        """Send one delivery: free words while the person's 24 hours last, else its approved template."""
        if "block" not in out.payload:
            return Failed("there is nothing to say in this")
        free = free_until(out.last_heard, attempt.now) is not None and not out.payload.get("closed")
        template = None if free else await filled(out.payload["block"], out.language, out.payload.get("facts", {}))
        if not free and template is None:
            return Failed("the 24 hours are over and this has no approved template")
        try:
            gone = await self._gone(out) if out.begun is not None else Gone()
        except (TwilioException, *AWAY) as away:  # sent blindly, it could arrive twice
            return Retry(f"Twilio cannot be asked what has left: {type(away).__name__}", away=True)
        try:
            if template is not None:
                return await self._say_template(out, gone, *template)
            return await self._say(out, attempt, gone)
        except TwilioRestException as refusal:
            return _classed(refusal)
        except AWAY as away:
            return Retry(f"Twilio is away: {type(away).__name__}", away=True)

    async def _say_template(self, out: Outgoing, gone: Gone, sid: str, variables: dict[str, str], text: str) -> Sent:
        return Sent(await self._once(out, gone, text, content_sid=sid, content_variables=packed(variables)), text, True)

    async def _say(self, out: Outgoing, attempt: Attempt, gone: Gone) -> Sent:
        """Send what has not left yet, what is enclosed first; what cannot be a rich message, or is refused as one, as text."""
        before, content = rich(
            attempt, int(out.payload.get("turn", 0)), str(out.payload.get("page", "")), self.public_url
        )
        text, rest = plainly(attempt), plain_rest(attempt, content, self.public_url)
        said_plainly = gone.said(*parts(text, LIMIT), *parts(rest, LIMIT))  # by an earlier attempt
        begun = gone.said(*before)
        await self._enclose(out, attempt, gone)
        if content is not None and not said_plainly and not out.payload.get("plain"):
            sid = await self._say_rich(out, gone, before, content)
            if sid is not None:
                return Sent(sid, attempt.drawn.text)
            begun = bool(before)
            before = []
        *first, last = ([*before, *parts(rest, LIMIT)] if begun else parts(text, LIMIT)) or [text]
        await self._begin(out, gone, first)
        return Sent(await self._once(out, gone, last, body=last), text)

    async def _enclose(self, out: Outgoing, attempt: Attempt, gone: Gone) -> None:
        """Papers and pictures, a message each (Twilio: one file in a message; words under a paper are not shown).

        Raises `Without` what Twilio will not have: the words follow in any case.
        """
        for one, sid in zip(attempt.enclosed, gone.places(len(attempt.enclosed)), strict=True):
            words_under = {"body": cut(one.words, BODY)} if one.picture and one.words else {}
            try:
                if not sid:
                    await self._leave(out, "&enclosed=1", media_url=[one.url], **words_under)
            except TwilioRestException as refusal:
                if not _is_about_content(refusal):
                    raise
                log.warning("something enclosed was refused", delivery=out.id, why=str(refusal.msg)[:200])
                raise Without(one.kind) from None

    async def _say_rich(self, out: Outgoing, gone: Gone, before: list[str], content: Content) -> str | None:
        """Gives the id of the rich message; None when Twilio will not have it: what goes before it has left then."""
        shape = await self.contents.sid(content)
        await self._begin(out, gone, before)
        if shape is None:
            return None
        try:
            variables = packed(content.values)
            return await self._once(out, gone, content.body, content_sid=shape, content_variables=variables)
        except TwilioRestException as refusal:
            if not _is_about_content(refusal):
                raise
            log.warning("a rich message was refused and goes as text", delivery=out.id, why=str(refusal.msg)[:200])
            await self.contents.gone(content)
            return None

    async def _begin(self, out: Outgoing, gone: Gone, said: list[str]) -> None:
        """What goes before the last message."""
        for part in said:
            await self._once(out, gone, part, "&more=1", body=part)

    async def _once(self, out: Outgoing, gone: Gone, listed: str, part: str = "", **what: Any) -> str:
        """Send words unless they have left; `listed` is how Twilio lists them."""
        had = gone.words.get(listed)
        return had.pop() if had else await self._leave(out, part, **what)

    async def _leave(self, out: Outgoing, part: str, **what: Any) -> str:
        """Send one message. Twilio is to tell of which part it tells: a delivery has not arrived with its first."""
        told = f"{self.public_url}/hooks/whatsapp/status?d={out.id}.{out.attempt}{part}"
        sent = await self.client.messages.create_async(
            to=f"whatsapp:{out.address}", from_=self.sender, status_callback=told, **what
        )
        out.left.append(str(sent.sid))
        return str(sent.sid)

    async def _gone(self, out: Outgoing) -> Gone:
        """Ask Twilio what has left since the first attempt: a crash or a time-out hides its end."""
        begun = instant(out.begun or 0) - SKEW
        listed = await self.client.messages.list_async(
            to=f"whatsapp:{out.address}", from_=self.sender, date_sent_after=begun, limit=LISTED, page_size=LISTED
        )
        theirs = await lanes.of_others(out, [str(each.sid) for each in listed])
        later = await lanes.overtaken(out)
        gone, until = Gone(), later - SKEW if later else datetime.max.replace(tzinfo=UTC)
        for each in reversed(listed):  # newest first
            sid, created = str(each.sid), (each.date_created or begun).replace(tzinfo=UTC)
            known = sid in out.left
            if known or (sid not in theirs and begun <= created < until):
                gone.note(each)
                out.left.extend([] if known else [sid])
        return gone

    async def written_since(self, since: datetime, at_most: int) -> list[Any]:
        """What was written to us since then, oldest first, as Twilio lists it; of more than `at_most` the oldest."""
        oldest = deque[Any](maxlen=at_most)  # a full one lets go of the newest
        listed = await self.client.messages.stream_async(
            to=self.sender, date_sent_after=since.astimezone(UTC), page_size=at_most
        )
        async for message in listed:  # newest first
            if sent_at(message) >= since.replace(microsecond=0):  # Twilio promises to look at the day only
                oldest.appendleft(message)
        return sorted(oldest, key=sent_at)

    async def read_listed(self, listed: Any, now: datetime) -> Heard:
        """What a person did, from Twilio's list, which lacks what the hook tells: name, place, what they quote or pressed."""
        form = {"MessageSid": str(listed.sid), "From": str(listed.from_), "Body": listed.body or ""}
        form["MessageType"] = "text" if listed.body else "other"
        if figure(str(listed.num_media or 0)):
            form |= await self._media_of(str(listed.sid))
        return read_surely(form, min(now, sent_at(listed)))

    async def _media_of(self, sid: str) -> dict[str, str]:
        """A message's files, as the hook tells of them (Twilio: at most ten); none of what Twilio has no more or will not give."""
        try:
            files = await self.client.messages(sid).media.list_async(limit=10)
        except TwilioException as refusal:
            if not _for_good(refusal):
                raise
            log.warning("a message's files cannot be had", sid=sid, why=str(refusal)[:200])
            return {}
        api = self.http.api.geturl().rstrip("/") or "https://api.twilio.com"
        form = {"NumMedia": str(len(files))}
        for number, file in enumerate(files):
            form[f"MediaUrl{number}"] = api + str(file.uri).removesuffix(".json")
            form[f"MediaContentType{number}"] = str(file.content_type)
        return form

    async def reports(self, wanted: set[str], since: datetime, until: datetime, page: int) -> dict[str, Report]:
        """What became of these messages (Twilio's ids), sent between these moments; page after page is read until all are found."""
        listed = await self.client.messages.stream_async(
            from_=self.sender, date_sent_after=since.astimezone(UTC), date_sent_before=until.astimezone(UTC),
            page_size=page,
        )  # fmt: skip
        found, missing = dict[str, Report](), set(wanted)
        async for each in listed:  # newest first: what is in doubt for long lies behind all that was sent since
            code = str(each.error_code or "")
            form = {"MessageSid": str(each.sid), "MessageStatus": str(each.status), "ErrorCode": code}
            if each.sid in missing and (report := read_report(form)):
                found[report.provider_id] = report
            missing.discard(str(each.sid))
            if not missing:
                break
        return found


def _for_good(refusal: TwilioException) -> bool:
    """Whether asking again is pointless: of a list, the SDK has the status in the answer that it could not use."""
    answer = refusal.args[-1] if refusal.args else None
    status: Any = getattr(refusal, "status", None) or getattr(answer, "status_code", 500)
    return status in range(400, 500) and status not in (401, 403, 408, 429)


def _is_about_content(refusal: TwilioRestException) -> bool:
    """Whether the same words may be taken in another form: it is neither the person, nor our log-in, nor their rush."""
    return refusal.status in range(400, 500) and refusal.status not in (401, 403, 429) and (
        FAILURES.get(refusal.code or 0, "content") == "content"
    )  # fmt: skip


def _classed(refusal: TwilioRestException) -> Retry | Failed:
    code, status = refusal.code or 0, refusal.status
    why = FAILURES.get(code)
    said = f"Twilio {code or status}: {refusal.msg}"
    # 401: our log-in, which can be mended; 429: Twilio means the whole account
    if status >= 500 or status in (401, 429):
        return Retry(said, away=True)
    return Retry(said) if why in ("busy", "enclosed") else Failed(said, stopped=code == STOPPED)
