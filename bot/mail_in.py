"""Mail in: a letter as it came (RFC 822) is read; a person's words are told from a machine's, and from ours that they quote."""

import asyncio
import hashlib
import re
from collections.abc import Collection, Iterator
from dataclasses import replace
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage, Message
from email.parser import BytesParser
from email.policy import EmailPolicy
from email.utils import getaddresses, parseaddr

from bot import unquoting
from bot.settings import Settings
from flows.speech import Heard
from handlers.house import House
from handlers.letter_came import AUTOMATIC, NO_SENDER, Bounce, Letter
from models import doors, letters

LONGEST = 20_000  # characters of a letter that are kept as its words
LONGEST_PART = 200_000  # characters of a letter that are looked at
LONGEST_LETTER = 1024 * 1024  # bytes of it that are parsed, in MOST_PARTS of LONGEST_STRETCH at most
LONGEST_STRETCH, MOST_PARTS = 400_000, 500
LONGEST_PICTURE = 4000  # bytes of what is no text, its head with it
LONGEST_HEADER = 1000  # characters of a header that are looked at: the parser of addresses takes their square
LONGEST_NOTE = 10_000  # characters of one that is not parsed
LONGEST_NAME = 100  # characters of a Message-ID that names a letter
OUR_ADDRESS = "[our address]"
_REPLY = re.compile(r"\s*(?:re|fwd?|rv|rm|aw|antw|enc)\s*:", re.IGNORECASE)
_MACHINES = re.compile(r"(?:mailer-daemon|postmaster|no-?reply|do-?not-?reply|bounces?)\b", re.IGNORECASE)
_SERVERS = re.compile(r"(?:mailer-daemon|postmaster)@", re.IGNORECASE)
_OF_LISTS = ("List-Id", "List-Unsubscribe", "List-Post")
_DMARC = re.compile(r"dmarc\s*=\s*([a-z]+)\b(.*)", re.DOTALL)
_FROM = re.compile(r"header\.from\s*=\s*(\S*)")
_ASKED = re.compile(r"(?<![\w.=-])(p|sp|dis|policy|policy\.dmarc)\s*=\s*([a-z]+)")
_REMARK = re.compile(r"\([^)]*\)?")
_ANSWERING_MACHINES = ("X-Autoreply", "X-Autorespond", "X-Auto-Reply")

REASONS = (  # RFC 3463: what the second and third figure say, the first that fits
    (r"\d\.1\.[0-68]", "there is no such mailbox"),
    (r"\d\.1\.10", "there is no such mailbox: its domain takes no mail"),
    (r"\d\.2\.1", "the mailbox is closed"),
    (r"\d\.2\.2", "the mailbox is full"),
    (r"\d\.(?:2\.3|3\.4)", "the letter is too large for the mailbox"),
    (r"\d\.4\.\d+", "the mail server there could not be reached for a long time"),
    (r"\d\.7\.\d+", "the mail server there does not take letters from us"),
)
OTHERWISE = "the mail server there did not take it"
_NOBODY_THERE = re.compile(r"\d\.(?:1|4)\.\d+|\d\.2\.1")


class _Cut(EmailPolicy):
    """Reads a letter as Python does, each header of it and of its parts only so far, and of parameters what a letter needs."""

    def header_source_parse(self, sourcelines: list[str]) -> tuple[str, str]:
        """A header's name, and what of it is looked at: of a long References its end, where the nearest letter stands."""
        name, value = super().header_source_parse(sourcelines)
        if name.lower() == "content-type":
            return name, _type(value[:LONGEST_HEADER])
        if name.lower() in _ONE_WORD:
            return name, "".join(_WORD.findall(value[:LONGEST_HEADER])[:1])
        if name.lower() == "references":
            return name, value[-LONGEST_NOTE:]
        return name, value[: LONGEST_NOTE if name.lower() == "authentication-results" else LONGEST_HEADER]


def _type(value: str) -> str:
    """A content type with its boundary and its charset."""
    kind = _TYPE.match(value)
    wanted = {found[1].lower(): found[2] for found in reversed(list(_PARAMETER.finditer(value)))}
    return "; ".join(
        [kind[0].strip() if kind else "text/plain", *(f"{name}={given}" for name, given in wanted.items())]
    )


_TYPE = re.compile(r"\s*[\w.+-]{1,80}/[\w.+-]{1,80}")
_NO_TEXT = re.compile(
    rb"\s*+(?:[^\r\n]++(?:\r\n|\r|\n))*?content-type\s*:\s*(?:image|audio|video|application)/", re.IGNORECASE
)
_PARAMETER = re.compile(r';\s*(boundary|charset)\s*=\s*("[^"\r\n]{1,100}"|[^\s;"]{1,100})', re.IGNORECASE)
_ONE_WORD = ("content-disposition", "content-transfer-encoding", "mime-version")
_WORD = re.compile(r"[\w.-]{1,80}")


_CUT = _Cut()


class NotAPerson(Exception):
    """Nobody waits for an answer to this letter: an automatic reply, a list, ourselves; the sentence says which."""


async def understood(house: House, settings: Settings, raw: bytes) -> Letter:
    """A letter to this house, as far as it can be read, in a thread of its own. Raises only for a mistake of ours."""
    brand = (await house.catalog()).brand
    alerts = [alert.address for alert in await house.alerted() if alert.channel == "mail"]
    ours = (brand.email, settings.mail_from)
    return await asyncio.to_thread(opened, raw, house.now(), ours, alerts, settings.mail_authserv)


def opened(raw: bytes, now: datetime, ours: Collection[str], staff: Collection[str] = (), authserv: str = "") -> Letter:
    """A letter as far as it can be read; from `ours` the house writes, from `staff` its people.

    `authserv` is the name under which our own mail server says what it found out about the sender (RFC 8601); "" for none.
    """
    message = _parsed(raw)
    sender, subject = parseaddr(_header(message, "From"))[1][:320], _header(message, "Subject")[:500]
    if returned := _bounces(message):
        return Letter(sender, subject, bounces=returned)
    try:
        heard = _heard(message, raw, now, (*ours, *staff))
    except NotAPerson as why:
        return Letter(sender, subject, aside=str(why))
    own, about = {address.lower() for address in ours}, _named_by_a_server(heard.sender, raw)
    aside = _machine(message, heard, own, {address.lower() for address in staff})
    found = _found_out(message, authserv)
    heard = replace(heard, vouched=found == "pass")
    return Letter(sender, subject, heard, aside=aside, ours=heard.sender in own, about=about, forged=found == "fail")


def read(raw: bytes, now: datetime, ours: Collection[str]) -> Heard:
    """What a person wrote, from their letter. Raises `NotAPerson`."""
    message = _parsed(raw)
    heard = _heard(message, raw, now, ours)
    if why := _machine(message, heard, {address.lower() for address in ours}):
        raise NotAPerson(why)
    return heard


def _heard(message: EmailMessage, raw: bytes, now: datetime, ours: Collection[str]) -> Heard:
    name, given = parseaddr(_header(message, "From"))
    sender, answered = _address(given), _answered(message)
    words, subject = _words(message, answered is not None), _header(message, "Subject")
    if subject and not _REPLY.match(subject):
        words = f"{subject}\n{words}"
    attached = any(part.get_content_disposition() == "attachment" for part in message.walk())
    return Heard(
        channel="mail", external_id=_number(message, raw), sender=sender, at=now, name=_plain(name)[:120],
        words=_ours_left_out(_plain(words).strip()[:LONGEST], ours).strip(),
        kind="text" if words.strip() or not attached else "document", quotes=answered,
    )  # fmt: skip


def _parsed(raw: bytes) -> EmailMessage:
    message = BytesParser(policy=_CUT).parsebytes(b"".join(_looked_at(raw)))
    assert isinstance(message, EmailMessage)  # noqa: S101  # the policy makes these
    return message


def _looked_at(raw: bytes) -> Iterator[bytes]:
    """A letter without what is long in it, a picture say: of each stretch between what may be boundaries its beginning."""
    at = size = parts = 0
    ends = dict.fromkeys((b"\n--", b"\r--"), 0)
    while at < len(raw) and size < LONGEST_LETTER and parts < MOST_PARTS:
        for mark in (mark for mark, end in ends.items() if end <= at):
            found = raw.find(mark, at + 1)
            ends[mark] = len(raw) if found < 0 else found
        until = min(ends.values())
        longest = LONGEST_PICTURE if at and _NO_TEXT.match(raw, at, at + LONGEST_PICTURE) else LONGEST_STRETCH
        stretch = raw[at : min(until, at + longest, at + LONGEST_LETTER - size)]
        yield stretch
        at, size, parts = until, size + len(stretch), parts + 1


def _header(message: Message, name: str) -> str:
    """A header's text on one line; one that cannot be read is as if it were not there."""
    try:
        return _plain(" ".join(str(message.get(name, "")).split()))
    except (ValueError, LookupError, IndexError, AttributeError, TypeError, RecursionError):
        return ""


def _address(given: str) -> str:
    try:
        Address(addr_spec=given)
    except (ValueError, IndexError):
        raise NotAPerson(NO_SENDER) from None
    if "@" not in given or len(given) > 150:
        raise NotAPerson(NO_SENDER)
    return given.lower()


# --- what our own mail server found out ---


def _found_out(message: EmailMessage, authserv: str) -> str:
    """Whether the letter comes from the domain in its From, by DMARC: "pass", "fail", or "" where our server does not say so.

    Only what bears our server's name counts, the topmost: whatever anybody wrote into the letter stands below.
    """
    for name, value in message.raw_items():
        if name.lower() == "authentication-results":
            server, *results = _bare(str(value)).split(";")
            said = {each: found for each in results if (found := _DMARC.fullmatch(_REMARK.sub(" ", each).strip()))}
            if said and authserv and _REMARK.sub(" ", server).split()[:1] == [authserv.lower()]:
                return _of_the_sender(message, said)
    return ""


def _of_the_sender(message: EmailMessage, results: dict[str, re.Match[str]]) -> str:
    """What was found out, if it is about the one address that we take the letter to come from.

    A letter that fails, of a domain whose owner asks for nothing to be done then, may well be theirs: it was forwarded, say.
    """
    said = results.values()
    verdicts = {found[1] for found in said}
    if any(found[1] == "fail" and not _nothing_asked(result) for result, found in results.items()):
        return "fail"
    senders = getaddresses([_header(message, "From")]) if len(message.get_all("From", ())) == 1 else []
    domain = senders[0][1].lower().rpartition("@")[2] if len(senders) == 1 else ""
    about = {named[1] for found in said if (named := _FROM.search(found[2]))}
    return "pass" if verdicts == {"pass"} and domain and about <= {domain} else ""


def _nothing_asked(result: str) -> bool:
    """Whether the policy of the domain is p=none, as our server says behind its verdict, in a remark or without one."""
    said = dict(_ASKED.findall(result))
    policies = {said[name] for name in ("p", "policy", "policy.dmarc") if name in said}
    return policies == {"none"} and said.get("dis", said.get("sp", "none")) == "none"


def _bare(value: str) -> str:
    """A header in small letters, without what stands in quotes, nor a ";" in a remark: a sender's address may have one (RFC 5322)."""
    return "".join(_plainly_written(value.lower()))


def _plainly_written(value: str) -> Iterator[str]:
    depth, quoted, escaped = 0, False, False
    for sign in value:
        if escaped:
            escaped = False
        elif sign == "\\" and (depth or quoted):
            escaped = True
        elif sign == '"' and not depth:
            quoted = not quoted
        elif sign == "(" and not quoted:
            yield " " if depth else sign
            depth += 1
        elif sign == ")" and not quoted:
            yield sign if depth == 1 else " "
            depth = max(0, depth - 1)
        elif not quoted and (sign != ";" or not depth):
            yield sign


# --- machines ---


def _machine(message: EmailMessage, heard: Heard, ours: Collection[str], staff: Collection[str] = ()) -> str:
    """Why nobody waits for an answer, or "". RFC 3834: what was sent automatically is never answered; nor are lists, bounces, ourselves.

    The house's own people may answer a letter of ours from an address that we write from.
    """
    by_itself = _header(message, "Auto-Submitted").lower() not in ("", "no") or _any(message, _ANSWERING_MACHINES)
    if by_itself or message.get_content_type() == "multipart/report":
        return AUTOMATIC
    if heard.sender in ours and heard.quotes is None:
        return "we wrote it"
    if _MACHINES.match(heard.sender) or _header(message, "Return-Path") == "<>":
        return "a machine wrote it"
    if _went_to_many(message) and not _came_by_our_own_list(message, (*ours, *staff)):
        return "it went to many"
    return ""


def _named_by_a_server(sender: str, raw: bytes) -> str:
    """The letter of ours that a mail server writes about in a form of its own."""
    if not _SERVERS.match(sender):
        return ""
    return next(iter(letters.named(raw[:LONGEST_PART].decode("latin-1"))), "")


def _any(message: EmailMessage, names: Collection[str]) -> bool:
    return any(_header(message, name) for name in names)


def _went_to_many(message: EmailMessage) -> bool:
    return _header(message, "Precedence").lower() in ("bulk", "list", "junk", "auto_reply") or _any(message, _OF_LISTS)


def _came_by_our_own_list(message: EmailMessage, ours: Collection[str]) -> bool:
    """Whether the list is the house's inbox itself: a shared one marks whatever comes to it so (RFC 2919)."""
    listed = _header(message, "List-Id").lower()
    return any(f"<{address.replace('@', '.')}>" in listed for address in ours if address)


# --- what was written ---


def _words(message: EmailMessage, answers: bool) -> str:
    """What was written anew: without what is quoted, and without a signature.

    A letter that only quotes says nothing where it `answers` ours; else it was passed on to us and says all of it.
    """
    text = _body(message)
    return unquoting.written_anew(text) or ("" if answers else unquoting.unquoted(text))


def _body(message: EmailMessage) -> str:
    """All the text of a letter: mail programs put pictures between its paragraphs."""
    try:
        parts = _texts(message, "plain") or _texts(message, "html")
        content = "\n".join(str(part.get_content()) for part in parts)
        as_page = bool(parts) and parts[0].get_content_subtype() == "html"
    except (
        LookupError,
        ValueError,
        AttributeError,
        AssertionError,
        RecursionError,
    ):  # broken MIME: whatever text there is
        content, as_page = _whatever(message), False
    content = content[:LONGEST_PART].replace("\r\n", "\n")
    return unquoting.as_text(content) if as_page else content


def _texts(message: EmailMessage, kind: str) -> list[EmailMessage]:
    """The text parts of a letter that are shown one below the other: all of what is mixed, else the one that is its body."""
    if message.get_content_type() == "multipart/mixed":
        inner = [part for part in message.iter_parts() if isinstance(part, EmailMessage) and not part.is_attachment()]
        return [text for part in inner for text in _texts(part, kind)]
    body = message.get_body((kind,))
    return [body] if isinstance(body, EmailMessage) else []


def _whatever(message: EmailMessage) -> str:
    found = message.get_payload(decode=True)
    return found.decode("utf-8", "replace") if isinstance(found, bytes) else ""


def _ours_left_out(words: str, ours: Collection[str]) -> str:
    """Words without what is ours in them: secret links and tokens, and our own addresses, which are nobody's to be taken for."""
    words = doors.readable(words)
    for address in filter(None, ours):
        words = re.sub(re.escape(address), OUR_ADDRESS, words, flags=re.IGNORECASE)
    return words


# --- which of ours it is about ---


def _answered(message: EmailMessage) -> str | None:
    """The Message-ID of the letter of ours that this one answers, the nearest first."""
    nearest = letters.named(_header(message, "In-Reply-To"))
    before = [
        each for name, value in message.raw_items() if name.lower() == "references" for each in letters.named(value)
    ]
    return next(iter([*nearest, *reversed(before)]), None)


def _number(message: EmailMessage, raw: bytes) -> str:
    """The letter's own Message-ID; one without is known by its bytes."""
    given = _header(message, "Message-ID")
    return given if 0 < len(given) <= LONGEST_NAME else f"sha256:{hashlib.sha256(raw).hexdigest()}"


def _bounces(message: EmailMessage) -> tuple[Bounce, ...]:
    """What a mail server reports of letters that it could not deliver (RFC 3464); one that is only late is none."""
    if message.get_content_type() != "multipart/report":
        return ()
    status = next((part for part in message.walk() if part.get_content_type() == "message/delivery-status"), None)
    if status is None:
        return ()
    named = next(iter(_returned(message)), "")
    return tuple(
        Bounce(named, *_reason(group))
        for group in status.get_payload() if isinstance(group, Message) and "Action" in group
        for action in [_header(group, "Action").lower()] if action == "failed"
    ) or (Bounce(named, ""),)  # fmt: skip


def _returned(message: EmailMessage) -> list[str]:
    """The numbers of ours in the head of the letter that comes back, whole or only its head."""
    found: list[str] = []
    for part in message.walk():
        if part.get_content_type() == "message/rfc822":
            whole = [inner for inner in part.get_payload() if isinstance(inner, Message)]
            found += [each for inner in whole for each in letters.named(_header(inner, "Message-ID"))]
        elif part.get_content_type() in ("text/rfc822-headers", "message/rfc822-headers"):
            content = part.get_payload(decode=True)
            head = BytesParser(policy=_CUT).parsebytes(content if isinstance(content, bytes) else b"", True)
            found += letters.named(_header(head, "Message-ID"))
    return found


def _reason(group: Message) -> tuple[str, bool]:
    """Why, in plain words with the server's own behind them; and whether nobody is there at all."""
    status = _header(group, "Status").split(" ")[0]
    told = _header(group, "Diagnostic-Code").partition(";")[2].strip()[:200]
    plain = next((words for pattern, words in REASONS if re.fullmatch(pattern, status)), OTHERWISE)
    return f"{plain} ({told or status})" if told or status else plain, bool(_NOBODY_THERE.fullmatch(status))


def _plain(text: str) -> str:
    return text.replace("\x00", "").encode("utf-8", "replace").decode()
