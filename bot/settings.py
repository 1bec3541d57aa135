"""Every setting, read once from the environment or `.env`, refused at start when it is wrong."""

import os
import secrets
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from dotenv import dotenv_values
from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict
from rapidfuzz import fuzz, process

from bot.wrong import Wrong

PREFIX = "BELLHOP_"
TOGETHER = (  # half of one provider's settings would lose or refuse every message
    ("twilio_account_sid", "twilio_auth_token", "twilio_whatsapp_from"),
    ("telegram_token", "telegram_secret"),
    ("stripe_secret_key", "stripe_webhook_secret"),
)


class Settings(BaseSettings):
    """What differs between one installation and another. Business rules stand in the catalogue, not here."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, env_file=".env", extra="ignore", frozen=True)

    host: str = "127.0.0.1"
    port: int = Field(default=8080, ge=0, le=65535)
    public_url: str = ""
    data: Path = Path("data")
    database_url: str = ""
    secret_key: SecretStr = SecretStr("")
    catalog: Path = Path(__file__).parent.parent / "models" / "sample" / "catalog.yaml"
    operator_email: str = ""
    operator_whatsapp: str = ""
    twilio_account_sid: str = ""
    twilio_auth_token: SecretStr = SecretStr("")
    twilio_whatsapp_from: str = ""
    twilio_api: str = ""
    twilio_rate: float = Field(default=70, ge=0)
    telegram_token: SecretStr = SecretStr("")
    telegram_secret: SecretStr = SecretStr("")
    telegram_staff_chat: str = ""
    telegram_api: str = ""
    telegram_rate: float = Field(default=25, ge=0)
    stripe_secret_key: SecretStr = SecretStr("")
    stripe_webhook_secret: SecretStr = SecretStr("")
    stripe_api: str = ""
    smtp_url: str = ""
    mail_from: str = ""
    mail_secret: SecretStr = SecretStr("")
    mail_authserv: str = ""
    mail_strangers: int = Field(default=60, ge=0)

    @field_validator("public_url", "twilio_api", "telegram_api", "stripe_api")
    @classmethod
    def an_address(cls, given: str) -> str:
        """http(s), with a host, without a slash at the end."""
        if given and (urlsplit(given).scheme not in ("http", "https") or not urlsplit(given).hostname):
            raise ValueError("write a whole address that begins with http:// or https://")
        return given.rstrip("/")

    @field_validator("smtp_url")
    @classmethod
    def a_mail_server(cls, given: str) -> str:
        """smtp://user:password@host:587 or smtps://…:465."""
        if given and urlsplit(given).scheme not in ("smtp", "smtps"):
            raise ValueError("write smtp://user:password@host:587 or smtps://user:password@host:465")
        return given

    @property
    def database(self) -> str:
        """The database's URL; an SQLite file under DATA unless said otherwise."""
        return self.database_url or f"sqlite:///{self.data / 'bellhop.db'}"

    @property
    def url(self) -> str:
        """Where guests and providers reach us; on this machine alone unless PUBLIC_URL is set."""
        return self.public_url or f"http://{self.host}:{self.port}"

    def secret(self) -> bytes:
        """The key that links are derived from: SECRET_KEY, or one made once and kept under DATA."""
        given = self.secret_key.get_secret_value()
        return given.encode() if given else _kept_secret(self.data / "secret.key")


def _kept_secret(path: Path) -> bytes:
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_urlsafe(48))
    return path.read_bytes()


def read_settings(**given: Any) -> Settings:
    """The settings of this process; raises `Wrong` with one sentence per mistake."""
    _refuse_unknown()
    try:
        return Settings(**given)
    except ValidationError as wrong:
        raise Wrong("\n".join(_sentence(mistake) for mistake in wrong.errors())) from None


def refuse_halves(settings: Settings) -> None:
    """Refuse (`Wrong`) to serve with a provider that is half set; commands that ask no provider may run."""
    lacking = []
    for names in TOGETHER:
        unset = [name for name in names if not _plain(getattr(settings, name))]
        if unset and len(unset) < len(names):
            known = next(name for name in names if name not in unset)
            lacking += [f"{PREFIX}{known.upper()} is set: set {PREFIX}{name.upper()} too" for name in unset]
    if lacking:
        raise Wrong("\n".join(lacking))


def _plain(given: str | SecretStr) -> str:
    return given.get_secret_value() if isinstance(given, SecretStr) else given


def _sentence(mistake: Any) -> str:
    name = PREFIX + str(mistake["loc"][0]).upper()
    return f"{name} is wrong: {mistake['msg'].removeprefix('Value error, ')}"


def _refuse_unknown() -> None:
    known = {PREFIX + name.upper() for name in Settings.model_fields}
    given = {name for name in (*os.environ, *dotenv_values(".env")) if name.startswith(PREFIX)}
    unknown = sorted(given - known)
    if unknown:
        raise Wrong("\n".join(f"{name} is no setting of ours{_did_you_mean(name, known)}" for name in unknown))


def _did_you_mean(name: str, known: set[str]) -> str:
    bare = [each.removeprefix(PREFIX) for each in known]  # what all have in common says nothing
    close = process.extractOne(name.removeprefix(PREFIX), bare, scorer=fuzz.ratio, score_cutoff=70)
    return f"; did you mean {PREFIX}{close[0]}?" if close else ""
