"""The sandbox's mail server: takes every mail the bot sends and keeps it to be read on the stage.

Recipients it refuses, for rehearsing: bounce@… (550, no such mailbox), full@… (452, try later), and any address at a domain ending in
.invalid (550). With its switch down it answers 421 and closes; reset drops the line; hang never answers; limited says 451 to every mail.
"""

import asyncio
import contextlib
import email
import email.policy
from email.message import EmailMessage
from typing import Any
from weakref import WeakSet

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session

from .world import Json, World

SIZE_LIMIT = 25 * 1024 * 1024


class Closed(asyncio.Protocol):
    """A mail server that is down: one line and good-bye, or nothing at all."""

    def __init__(self, position: str) -> None:
        self.position, self.transport = position, None

    def connection_made(self, transport: Any) -> None:
        self.transport = transport
        if self.position == "down":
            transport.write(b"421 4.3.2 mail.sandbox.local Service not available, closing transmission channel\r\n")
            transport.close()
        elif self.position == "reset":
            transport.abort()


def anybody(server: SMTP, session: Session, envelope: Envelope, mechanism: str, given: Any) -> AuthResult:
    """Any name and password will do; none is needed."""
    return AuthResult(success=True)


class Mailbox:
    """The SMTP server and what it has received."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.server: asyncio.Server | None = None
        self.lines: WeakSet[Any] = WeakSet()  # a line that a client leaves open ends with us

    async def start(self, host: str, port: int) -> int:
        self.server = await asyncio.get_running_loop().create_server(self.protocol, host, port)
        return int(self.server.sockets[0].getsockname()[1])

    async def stop(self) -> None:
        if self.server is not None:
            self.server.close()
            for line in self.lines:
                if line.transport is not None:
                    line.transport.abort()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self.server.wait_closed(), 0.5)

    def protocol(self) -> asyncio.Protocol:
        position = self.world.switch("smtp")
        line = Closed(position) if position in ("down", "reset", "hang") else self.smtp()
        self.lines.add(line)
        return line

    def smtp(self) -> asyncio.Protocol:
        smtp: asyncio.Protocol = SMTP(
            self,
            hostname="mail.sandbox.local",
            data_size_limit=SIZE_LIMIT,
            enable_SMTPUTF8=True,
            ident="Sandbox",
            auth_require_tls=False,
            authenticator=anybody,
        )
        return smtp

    async def handle_RCPT(  # noqa: N802 - aiosmtpd calls it by this name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        local, _, domain = address.lower().rpartition("@")
        if local == "bounce" or domain.endswith(".invalid"):
            return "550 5.1.1 The email account that you tried to reach does not exist"
        if local == "full":
            return "452 4.2.2 The recipient's inbox is out of storage space"
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd calls it by this name
        position = self.world.switch("smtp")
        if position != "up":
            return "451 4.7.1 Try again later" if position == "limited" else "421 4.3.2 Service not available"
        content = envelope.content or b""
        raw = content.encode() if isinstance(content, str) else content
        mail = self.take(raw, envelope.mail_from or "", envelope.rcpt_tos)
        return f"250 2.0.0 OK {mail['id']}"

    def take(self, raw: bytes, sender: str, recipients: list[str]) -> Json:
        key = str(self.world.next("mail"))
        self.world.keep_file(f"mail-{key}", raw, "message/rfc822", f"{key}.eml")
        message = parsed(raw)
        mail = {
            "id": key,
            "at": self.world.iso(),
            "sender": sender,
            "recipients": recipients,
            **{name: str(message.get(header, "")) for name, header in HEADERS.items()},
            "size": len(raw),
            "attachments": sum(not is_inline(part) for part in parts_of(message)),
        }
        self.world.mails.put(key, mail)
        self.world.tell("mail", mail=mail)
        entry = {
            "way": "call",
            "provider": "smtp",
            "method": "MAIL",
            "url": f"smtp: {', '.join(recipients)}",
            "headers": {},
        }
        self.world.log(
            {
                **entry,
                "body": f"{mail['subject']} ({len(raw)} bytes)",
                "status": 250,
                "ms": 0,
                "answer": "",
                "error": None,
            }
        )
        return mail

    def raw(self, key: str) -> bytes | None:
        stored = self.world.file(f"mail-{key}")
        return stored[0] if stored else None

    def whole(self, key: str) -> Json | None:
        """One mail in full: headers in order, text, html, attachments (inline ones with their cid)."""
        raw, mail = self.raw(key), self.world.mails.get(key)
        if raw is None or mail is None:
            return None
        message = parsed(raw)
        return {
            **mail,
            "headers": [[name, str(value)] for name, value in message.items()],
            "text": content_of(message, "plain"),
            "html": content_of(message, "html"),
            "attachments": [described(key, number, part) for number, part in enumerate(parts_of(message))],
        }

    def attachment(self, key: str, number: int) -> tuple[bytes, str, str] | None:
        raw = self.raw(key)
        parts = list(parts_of(parsed(raw))) if raw is not None else []
        if not 0 <= number < len(parts):
            return None
        part = parts[number]
        return (bytes_of(part), part.get_content_type(), part.get_filename() or f"attachment-{number}")


HEADERS = {
    "from": "From",
    "to": "To",
    "subject": "Subject",
    "message_id": "Message-ID",
    "reply_to": "Reply-To",
    "date": "Date",
}


def parsed(raw: bytes) -> EmailMessage:
    return email.message_from_bytes(raw, policy=email.policy.default)


def content_of(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    return str(part.get_content()).replace("\r\n", "\n") if part is not None else ""


def parts_of(message: EmailMessage) -> list[EmailMessage]:
    """Everything that is not the text itself: attachments, and inline images of the HTML."""
    bodies = [message.get_body((kind,)) for kind in ("plain", "html")]
    return [part for part in message.walk() if not part.is_multipart() and not any(part is one for one in bodies)]


def is_inline(part: EmailMessage) -> bool:
    """Whether it belongs to the HTML: shown in it, not beside it."""
    how = part.get_content_disposition()
    return how == "inline" or (how is None and "Content-ID" in part)


def bytes_of(part: EmailMessage) -> bytes:
    content = part.get_payload(decode=True)
    return content if isinstance(content, bytes) else b""


def described(key: str, number: int, part: EmailMessage) -> Json:
    return {
        "n": number,
        "name": part.get_filename() or f"attachment-{number}",
        "content_type": part.get_content_type(),
        "size": len(bytes_of(part)),
        "cid": str(part.get("Content-ID", "")).strip("<>") or None,
        "inline": is_inline(part),
        "url": f"/sim/mails/{key}/attachments/{number}",
    }
