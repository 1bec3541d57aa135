"""The ways to reach us: the link with which a guest's phone opens a talk with us on a channel."""

from collections.abc import Callable
from urllib.parse import quote


def link(channel: str, address: str, words: str = "") -> str:
    """Where the door leads; `words` are typed for the guest on WhatsApp and are the subject of a mail."""
    return _LINKS[channel](address, words)


def shown(channel: str, address: str) -> str:
    """The address as a person reads it."""
    return f"@{address}" if channel == "telegram" else address


def _whatsapp(phone: str, words: str) -> str:
    return f"https://wa.me/{''.join(filter(str.isdigit, phone))}{f'?text={quote(words)}' if words else ''}"


def _mail(address: str, words: str) -> str:
    subject = quote(words.rstrip(" :"))
    return f"mailto:{address}{f'?subject={subject}' if subject else ''}"


_LINKS: dict[str, Callable[[str, str], str]] = {
    "whatsapp": _whatsapp,
    "telegram": lambda name, _: f"https://t.me/{name}",
    "phone": lambda phone, _: f"tel:{''.join(phone.split())}",
    "mail": _mail,
    "web": lambda url, _: url,
}
