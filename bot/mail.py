"""Mail out: a letter with its documents, by SMTP, under one Message-ID however often it is tried."""

from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from urllib.parse import unquote, urlsplit

import aiosmtplib

from bot.carriers import Attempt, Failed, Retry, Sent
from bot.letters import Letter
from handlers.person_stopped import CONFIRM_STOP
from models import letters
from models.delivery import is_unasked
from models.lanes import Outgoing


class Mail:
    """Carries deliveries by mail."""

    channel = "mail"

    def __init__(self, url: str, sender: str, name: str, secret: bytes, home: str = "") -> None:
        parts = urlsplit(url)
        self.host, self.port = parts.hostname or "localhost", parts.port or (465 if parts.scheme == "smtps" else 587)
        self.tls = parts.scheme == "smtps"
        self.login = (unquote(parts.username), unquote(parts.password or "")) if parts.username else None
        self.sender, self.name, self.secret, self.home = sender, name, secret, home

    async def send(self, out: Outgoing, attempt: Attempt) -> Sent | Retry | Failed:
        """Send one letter; a mailbox that does not exist is given up, a server that is away is tried again."""
        letter = attempt.letter
        if letter is None:
            return Failed("there is no letter to send")
        try:
            message = self.compose(out, letter, attempt)
        except ValueError as wrong:
            return Failed(f"the address cannot be written to: {wrong}")
        try:
            await aiosmtplib.send(
                message, hostname=self.host, port=self.port, use_tls=self.tls, timeout=20,
                username=self.login[0] if self.login else None, password=self.login[1] if self.login else None,
            )  # fmt: skip
        except aiosmtplib.SMTPRecipientsRefused as refusal:
            worst = max((one.code for one in refusal.recipients), default=550)
            return Failed(f"mailbox refused ({worst})") if worst >= 500 else Retry(f"mailbox busy ({worst})")
        except aiosmtplib.SMTPAuthenticationError as refusal:
            # Until SMTP_URL is mended.
            return Retry(f"the mail server refuses our log-in: {refusal.message}", away=True)
        except aiosmtplib.SMTPResponseException as refusal:
            sentence = f"mail server {refusal.code}: {refusal.message}"
            # A busy server means everybody, not this mailbox alone.
            return Failed(sentence) if 500 <= refusal.code < 600 else Retry(sentence, away=True)
        except aiosmtplib.SMTPNotSupported as refusal:  # no SMTPUTF8: no other letter is in its way
            return Failed(f"the mail server cannot take this address: {refusal}")
        except (aiosmtplib.SMTPException, OSError) as away:
            return Retry(f"the mail server is away: {away}", away=True)
        return Sent(str(message["Message-ID"]), letter.text)

    def _may_be_stopped(self, message: EmailMessage, out: Outgoing) -> None:
        """A button of the mail program ends these letters: by our signed link at one click (RFC 8058), else by a letter to us."""
        ways = [f"<mailto:{self.sender}?subject=unsubscribe>"]
        if self.home.startswith("https://"):
            ways.insert(0, f"<{self.home}/stop/{letters.stop_token(self.secret, out.id)}>")
            message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
        message["List-Unsubscribe"] = ", ".join(ways)

    def compose(self, out: Outgoing, letter: Letter, attempt: Attempt) -> EmailMessage:
        """The message as it leaves. The standard library refuses a line break in a header."""
        message = EmailMessage(policy=SMTP)
        message["From"] = Address(self.name, addr_spec=self.sender)
        message["To"] = out.address
        message["Subject"] = letter.subject
        message["Date"] = format_datetime(attempt.now)
        message["Message-ID"] = letters.number(self.secret, out.id, self.sender.partition("@")[2])
        message["Auto-Submitted"] = "auto-generated"
        if (answers := str(out.payload.get("facts", {}).get("answers", ""))).startswith("<"):
            message["In-Reply-To"] = message["References"] = answers
        message["X-Auto-Response-Suppress"] = "All"  # Exchange: no answering machine answers this
        if is_unasked(out.kind, out.payload) or out.kind == CONFIRM_STOP:
            self._may_be_stopped(message, out)
        message.set_content(letter.text)
        message.add_alternative(letter.html, subtype="html")
        html = message.get_payload()[1]  # type: ignore[index]
        for picture in letter.pictures:
            maintype, subtype = picture.content_type.split("/")
            html.add_related(picture.content, maintype, subtype, cid=f"<{picture.cid}>", disposition="inline")  # type: ignore[union-attr]
        for document in attempt.attachments:
            of = "text" if document.subtype == "calendar" else "application"
            message.add_attachment(document.content, of, document.subtype, filename=document.name)
        return message
