"""What the sandbox remembers: people, their chats, the mails, the checkouts, its own clock and every request that passed."""

import asyncio
import base64
import contextlib
import sqlite3
import time
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import orjson

Json = dict[str, Any]

PROVIDERS = ("twilio", "telegram", "stripe", "smtp")
POSITIONS = ("up", "down", "reset", "hang", "limited", "queued")
WIRE_KEPT = 400
WIRE_BODY = 4096
WINDOW = 24 * 3600


class Shelf:
    """Values of one kind by id, in the order they came, each written to the file as it is put."""

    def __init__(self, db: sqlite3.Connection, kind: str) -> None:
        self.db, self.kind = db, kind
        rows = db.execute("SELECT id, body FROM thing WHERE kind = ? ORDER BY rowid", (kind,))
        self.things: dict[str, Any] = {row[0]: orjson.loads(row[1]) for row in rows}

    def put(self, key: str, value: Any) -> Any:
        self.things[key] = value
        self.db.execute(
            "INSERT INTO thing (kind, id, body) VALUES (?, ?, ?) ON CONFLICT (kind, id) DO UPDATE SET body = excluded.body",
            (self.kind, key, orjson.dumps(value)),
        )
        return value

    def get(self, key: str, default: Any = None) -> Any:
        return self.things.get(key, default)

    def drop(self, key: str) -> None:
        self.things.pop(key, None)
        self.db.execute("DELETE FROM thing WHERE kind = ? AND id = ?", (self.kind, key))

    def clear(self) -> None:
        self.things.clear()
        self.db.execute("DELETE FROM thing WHERE kind = ?", (self.kind,))

    def __iter__(self) -> Iterator[Any]:
        return iter(list(self.things.values()))

    def __len__(self) -> int:
        return len(self.things)


class World:
    """The state shared by all simulators of one process; everything in it survives a kill."""

    def __init__(self, config: Json) -> None:
        self.config = config
        self.pace = float(config.get("pace", 1.0))
        self.db = open_file(config.get("state") or ":memory:")
        self.settings = Shelf(self.db, "setting")
        self.people = Shelf(self.db, "person")
        self.messages = Shelf(self.db, "message")
        self.mails = Shelf(self.db, "mail")
        self.sessions = Shelf(self.db, "session")
        self.objects = Shelf(self.db, "object")
        self.events = Shelf(self.db, "event")
        self.templates = Shelf(self.db, "template")
        self.jobs = Shelf(self.db, "job")
        self.queries = Shelf(self.db, "query")
        self.keys = Shelf(self.db, "key")
        self.wire = Shelf(self.db, "wire")
        self.origin = ""  # our own HTTP address, known once we listen
        self.listeners: set[asyncio.Queue[Json]] = set()
        self.switched = asyncio.Event()
        for person in config.get("people", []):
            self.people.put(person["key"], {**(self.people.get(person["key"]) or {}), **person})

    # -- clock ---------------------------------------------------------------------------------

    @property
    def offset(self) -> float:
        return float(self.settings.get("offset", 0))

    def now(self) -> float:
        """Seconds since 1970 on the sandbox's clock: real time plus its offset."""
        return time.time() + self.offset

    def iso(self, at: float | None = None) -> str:
        moment = datetime.fromtimestamp(self.now() if at is None else at, UTC)
        return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")

    def clock(self) -> Json:
        return {"now": self.iso(), "offset": self.offset}

    def next(self, name: str, start: int = 1) -> int:
        number = int(self.settings.get(f"next:{name}", start))
        self.settings.put(f"next:{name}", number + 1)
        return number

    # -- switches ------------------------------------------------------------------------------

    def switch(self, provider: str) -> str:
        return str(self.settings.get(f"switch:{provider}", "up"))

    def switches(self) -> dict[str, str]:
        return {provider: self.switch(provider) for provider in PROVIDERS}

    def set_switch(self, provider: str, position: str) -> None:
        self.settings.put(f"switch:{provider}", position)
        self.switched.set()
        self.switched = asyncio.Event()
        self.tell("switch", switches=self.switches())

    async def until_up(self, provider: str) -> None:
        """A provider that is down sends nothing either; "limited" only refuses what is sent to it."""
        while self.switch(provider) not in ("up", "limited"):
            await self.switched.wait()

    # -- people and chats ----------------------------------------------------------------------

    def person_at(self, channel: str, address: Any) -> Json | None:
        """Whoever has this address (+E.164 on WhatsApp, chat id on Telegram), or nobody."""
        return next((one for one in self.people if str(one.get(channel)) == str(address)), None)

    def chat(self, person: str, channel: str) -> list[Json]:
        return [one for one in self.messages if one["person"] == person and one["channel"] == channel]

    def message(self, person: str, channel: str, key: str) -> Json | None:
        found = self.messages.get(f"{channel}:{key}")
        return found if found and found["person"] == person else None

    def keep(self, message: Json, kind: str = "message") -> Json:
        """Keeps a message (new or changed) and shows it to whoever watches."""
        self.messages.put(f"{message['channel']}:{message['id']}", message)
        self.tell(kind, person=message["person"], channel=message["channel"], message=shown(message))
        return message

    def last_word(self, person: str, channel: str) -> float | None:
        """When the person last wrote themselves, on the sandbox's clock."""
        return next((one["epoch"] for one in reversed(self.chat(person, channel)) if one["mine"]), None)

    def window_until(self, person: str) -> float | None:
        """The end of WhatsApp's 24 hours in which free-form messages may be sent to this person."""
        last = self.last_word(person, "whatsapp")
        return None if last is None else last + WINDOW

    def owe(self, job: str, key: str, **mark: Any) -> None:
        """Marks a message (owed, or pressed: data) until the bot has taken the webhook `job` that brings it."""
        message, waiting = self.messages.get(key), self.jobs.get(job)
        if message is not None and waiting is not None:
            self.messages.put(key, {**message, **mark})
            self.jobs.put(job, {**waiting, "brings": [*waiting.get("brings", []), key]})

    def heard(self, keys: Iterable[str]) -> None:
        """The bot knows of these now: it has taken the webhook, or asked for the list."""
        for key in keys:
            message = self.messages.get(key)
            if message is not None and message.keys() & {"owed", "pressed"}:
                rest = {name: value for name, value in message.items() if name not in ("owed", "pressed")}
                self.keep(rest, "status")

    # -- files ---------------------------------------------------------------------------------

    def keep_file(self, key: str, content: bytes, content_type: str, name: str = "") -> Json:
        self.db.execute("INSERT OR REPLACE INTO file VALUES (?, ?, ?, ?)", (key, content_type, name, content))
        return {"url": f"/sim/media/{key}", "content_type": content_type, "name": name, "size": len(content), "id": key}

    def file(self, key: str) -> tuple[bytes, str, str] | None:
        row = self.db.execute("SELECT content, content_type, name FROM file WHERE id = ?", (key,)).fetchone()
        return (row[0], row[1], row[2]) if row else None

    # -- watching ------------------------------------------------------------------------------

    def tell(self, kind: str, **facts: Any) -> None:
        """Tells every open /sim/events stream; a reader that fell 1000 behind is cut loose."""
        for queue in list(self.listeners):
            if queue.qsize() > 1000:
                self.listeners.discard(queue)
            else:
                queue.put_nowait({"type": kind, **facts})

    def log(self, entry: Json, replay: Json | None = None) -> Json:
        """Adds one request to the wire, secrets masked; `replay` is kept beside it for sending it again as it was."""
        number = self.next("wire")
        entry = {"n": number, "at": self.iso(), **self.masked(entry)}
        self.wire.put(str(number), {"entry": entry, "replay": replay})
        self.wire.drop(str(number - WIRE_KEPT))
        self.tell("wire", entry=entry)
        return entry

    def masked(self, value: Any) -> Any:
        if isinstance(value, dict):
            return {key: self.masked(one) for key, one in value.items()}
        if isinstance(value, list):
            return [self.masked(one) for one in value]
        if not isinstance(value, str):
            return value
        for secret in self.secrets():
            value = value.replace(secret, "•••")
        return value

    def secrets(self) -> list[str]:
        twilio, telegram, stripe = (self.config.get(name, {}) for name in ("twilio", "telegram", "stripe"))
        webhook = self.settings.get("telegram:webhook") or {}
        pair = f"{twilio.get('account_sid', '')}:{twilio.get('auth_token', '')}".encode()
        known = [
            twilio.get("auth_token"),
            base64.b64encode(pair).decode(),
            str(telegram.get("token", "")).partition(":")[2],
            webhook.get("secret_token"),
            stripe.get("secret_key"),
            base64.b64encode(f"{stripe.get('secret_key', '')}:".encode()).decode(),
            stripe.get("webhook_secret"),
        ]
        return [secret for secret in known if secret and len(secret) > 5]

    # -- addresses -----------------------------------------------------------------------------

    def route(self, url: str) -> str | None:
        """Where a URL the bot gave us is really reached: its public address leads to `deliver_to`; all else must be loopback."""
        public, target = (
            str(self.config.get("public_url", "")).rstrip("/"),
            str(self.config.get("deliver_to", "")).rstrip("/"),
        )
        if public and target and (url == public or url.startswith((public + "/", public + "?"))):
            return target + url[len(public) :]
        return url if loopback(urlsplit(url).hostname) else None

    def reset(self) -> None:
        """Forgets chats, mails, payments, queues and the wire; keeps people, templates, webhook and commands the bot has set up."""
        shelves = (
            self.messages,
            self.mails,
            self.sessions,
            self.objects,
            self.events,
            self.jobs,
            self.queries,
            self.keys,
            self.wire,
        )
        for shelf in shelves:
            shelf.clear()
        self.db.execute("DELETE FROM file")
        self.settings.put("offset", 0)
        self.settings.drop("refuse")
        for provider in PROVIDERS:
            self.set_switch(provider, "up")
        self.tell("clock", **self.clock())
        self.tell("reset")

    def close(self) -> None:
        with contextlib.suppress(sqlite3.Error):
            self.db.close()


def shown(message: Json) -> Json:
    """A message as the control API gives it."""
    hidden = ("person", "channel", "epoch", "api")
    return {key: value for key, value in message.items() if key not in hidden}


def letter(person: str, channel: str, key: str, *, mine: bool, at: float, iso: str, **more: Any) -> Json:
    """A new message with every field the control API promises."""
    return {
        "id": key,
        "person": person,
        "channel": channel,
        "mine": mine,
        "epoch": at,
        "at": iso,
        "text": "",
        "html": False,
        "kind": "text",
        "media": [],
        "keyboard": [],
        "status": "sent",
        "edited": False,
        "quotes": None,
        "template": False,
        "api": {},
        **more,
    }


def open_file(path: str) -> sqlite3.Connection:
    db = sqlite3.connect(path, isolation_level=None)
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA synchronous = NORMAL")
    db.execute("CREATE TABLE IF NOT EXISTS thing (kind TEXT, id TEXT, body BLOB, PRIMARY KEY (kind, id))")
    db.execute("CREATE TABLE IF NOT EXISTS file (id TEXT PRIMARY KEY, content_type TEXT, name TEXT, content BLOB)")
    return db


def loopback(host: str | None) -> bool:
    return host is not None and (host in ("localhost", "::1") or host.startswith("127."))


def cut(body: bytes) -> str:
    """The first 4 kB of a body, as text."""
    text = body[:WIRE_BODY].decode("utf-8", "replace")
    return text + f" … ({len(body)} bytes)" if len(body) > WIRE_BODY else text
