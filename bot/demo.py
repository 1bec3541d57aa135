"""The demo: the simulated providers and the server, each a process of its own, started and watched over here."""

import json
import secrets
import signal
import socket
import time
import urllib.request
from itertools import count
from typing import Any

from bot import ahead
from bot.ahead import Process
from bot.settings import Settings
from bot.wrong import Wrong
from models import catalog_file
from models.catalog import Catalog, compile

PATIENCE = 120.0  # seconds for a process to listen: a machine may be busy, and nobody is helped by a demo that ends
GUESTS = (
    {"key": "hannah", "name": "Hannah Moore", "language": "en", "role": "guest", "whatsapp": "+447700900142"},
    {"key": "lucia", "name": "Lucía Fernández", "language": "es", "role": "guest", "telegram": 700100201},
)

STRIPE_EVENTS = (  # what a webhook endpoint at Stripe has to be subscribed to
    "checkout.session.completed", "checkout.session.async_payment_succeeded", "checkout.session.async_payment_failed",
    "checkout.session.expired", "refund.created", "refund.updated",
)  # fmt: skip


class Unable(Wrong):
    """The demo cannot start; the sentence says why and what to do."""


def sandbox(settings: Settings) -> dict[str, Any]:
    """The demo's own accounts with the simulated providers, made up once and kept under DATA."""
    path = settings.data / "demo.json"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(_made_up(), indent=1))
        path.chmod(0o600)
    kept: dict[str, Any] = json.loads(path.read_text())
    return kept


def _made_up() -> dict[str, Any]:
    return {
        "twilio_account_sid": "AC" + secrets.token_hex(16),
        "twilio_auth_token": secrets.token_hex(16),
        "telegram_token": f"{secrets.randbelow(10**10):010d}:{secrets.token_urlsafe(26)}",
        "telegram_secret": secrets.token_urlsafe(24),
        "stripe_secret_key": "sk_test_" + secrets.token_hex(24),
        "stripe_webhook_secret": "whsec_" + secrets.token_hex(16),
        "mail_secret": secrets.token_urlsafe(24),
        "desk_password": "-".join(secrets.choice(_PLAIN_WORDS) for _ in range(3)),
    }


_PLAIN_WORDS = (
    "palm",
    "coral",
    "harbor",
    "lagoon",
    "breeze",
    "dune",
    "cove",
    "reef",
    "sail",
    "shore",
    "tide",
    "sunset",
)


def simulators(settings: Settings, accounts: dict[str, Any], catalog: Catalog) -> dict[str, Any]:
    """What the simulated providers are told of our accounts, our address and the people with phones."""
    house: dict[str, str] = {alert.channel: alert.address for alert in catalog.alerts}
    return {
        "host": "127.0.0.1", "ready_file": str(settings.data / "sandbox.ready.json"),
        "state": str(settings.data / "sandbox.db"), "public_url": settings.url, "deliver_to": settings.url,
        "checkout_base": f"{settings.url}/stage/sim/checkout",
        "twilio": {
            "account_sid": accounts["twilio_account_sid"], "auth_token": accounts["twilio_auth_token"],
            "from": catalog.brand.whatsapp,
        },
        "telegram": {"token": accounts["telegram_token"], "username": catalog.brand.telegram},
        "stripe": {
            "secret_key": accounts["stripe_secret_key"], "webhook_secret": accounts["stripe_webhook_secret"],
            "publishable": "pk_test_" + accounts["stripe_secret_key"][8:], "events": list(STRIPE_EVENTS),
        },
        "people": [*GUESTS, _house(house), *_leads(catalog)],
    }  # fmt: skip


def _house(house: dict[str, str]) -> dict[str, Any]:
    person: dict[str, Any] = {"key": "house", "name": "The house", "language": "en", "role": "house"}
    if "whatsapp" in house:
        person["whatsapp"] = house["whatsapp"]
    if "telegram" in house:
        person["telegram"] = int(house["telegram"])
    return person


def _leads(catalog: Catalog) -> list[dict[str, Any]]:
    return [
        {"key": lead.key, "name": lead.name, "language": lead.languages[0], "role": "lead"}
        | ({"whatsapp": lead.whatsapp} if lead.whatsapp else {})
        | ({"telegram": int(lead.telegram)} if lead.telegram and lead.telegram.isdigit() else {})
        for lead in catalog.leads.values()
    ]


def environment(
    settings: Settings, accounts: dict[str, Any], catalog: Catalog, ports: dict[str, int]
) -> dict[str, str]:
    """The settings of the demo's server: the simulators in place of every provider."""
    base = f"http://127.0.0.1:{ports['port']}"
    ours = {
        "HOST": settings.host, "PORT": str(settings.port), "PUBLIC_URL": settings.url, "DATA": str(settings.data),
        "DATABASE_URL": settings.database, "CATALOG": str(settings.catalog),
        "TWILIO_ACCOUNT_SID": accounts["twilio_account_sid"], "TWILIO_AUTH_TOKEN": accounts["twilio_auth_token"],
        "TWILIO_WHATSAPP_FROM": catalog.brand.whatsapp, "TWILIO_API": base,
        "TELEGRAM_TOKEN": accounts["telegram_token"], "TELEGRAM_SECRET": accounts["telegram_secret"], "TELEGRAM_API": base,
        "STRIPE_SECRET_KEY": accounts["stripe_secret_key"], "STRIPE_WEBHOOK_SECRET": accounts["stripe_webhook_secret"],
        "STRIPE_API": base, "SMTP_URL": f"smtp://127.0.0.1:{ports['smtp_port']}", "MAIL_SECRET": accounts["mail_secret"],
    }  # fmt: skip
    return {f"BELLHOP_{name}": value for name, value in ours.items()}


def play(settings: Settings, server: Process) -> None:
    """Run the demo until it is interrupted; a server that is killed is started again.

    `server` is the first server's process, which was begun before our own code was loaded.
    """
    _refuse_taken(settings)
    accounts, catalog = sandbox(settings), _catalog(settings)
    ports = {"port": _free_port(), "smtp_port": _free_port()}
    config = settings.data / "sandbox.json"
    config.write_text(json.dumps(simulators(settings, accounts, catalog) | ports))
    told = environment(settings, accounts, catalog, ports)
    with Process("web.stage.providers", str(config)) as providers:
        for number in count():
            with server:
                server.tell(told)
                _listens(settings, server, providers)
                if number == 0:
                    _tell(settings, accounts)
                _until_killed(server)
            server = ahead.server()


def _until_killed(server: Process) -> None:
    began = time.monotonic()
    code = server.process.wait()
    if code != -signal.SIGKILL:
        raise Unable(f"the server ended by itself (code {code}); what it printed stands above")
    print(f"  killed after {time.monotonic() - began:.0f} s, starting it again")


def _refuse_taken(settings: Settings) -> None:
    """Somebody else's answer at our address must not be taken for our own server's."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError:
            raise Unable(
                f"port {settings.port} is taken: stop what listens there (another demo?), or choose another port with "
                "BELLHOP_PORT=8081 make run"
            ) from None


def _free_port() -> int:
    """A port of this machine that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _tell(settings: Settings, accounts: dict[str, Any]) -> None:
    print(f"\n  Bellhop is ready:  {settings.url}")
    print(f"  The desk's log-in: marisol@costa-alisia.example / {accounts['desk_password']}")
    print(f"  Ctrl-C stops it; everything is kept in {settings.data}\n", flush=True)


def _catalog(settings: Settings) -> Catalog:
    reading = catalog_file.read_file(settings.catalog)
    if reading.content is None:
        raise Unable("the catalogue has mistakes:\n" + "\n".join(map(str, reading.mistakes)))
    return compile(reading.content)


def _listens(settings: Settings, server: Process, providers: Process) -> None:
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until and server.ended is None and providers.ended is None:
        if _answers(f"http://127.0.0.1:{settings.port}/readyz"):
            return
        time.sleep(0.05)
    which = "the simulated providers" if providers.ended is not None else "the server"
    raise Unable(f"{which} did not start; what was printed stands above")


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:  # noqa: S310  # our own address
            return bool(answer.status == 200)
    except OSError:
        return False
