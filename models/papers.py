"""Addresses under which a provider fetches a booking's paper once it is to be sent: signed, and good for a while only."""

import base64
import hashlib
import hmac
from datetime import datetime, timedelta

GOOD = timedelta(hours=5)  # Twilio keeps a message for four hours at most


def paper_token(secret: bytes, booking: int, kind: str, now: datetime) -> str:
    """The secret part of the address of a booking's newest paper of this kind ("ticket", "picture")."""
    what = f"{booking}.{kind}.{int((now + GOOD).timestamp())}"
    return f"{what}.{_seal(secret, what)}"


def paper_of(secret: bytes, token: str, now: datetime) -> tuple[int, str] | None:
    """Booking and kind behind a token; None when it is not ours, or too old."""
    what, _, seal = token.rpartition(".")
    booking, kind, until = (*what.split("."), "", "", "")[:3]
    if not hmac.compare_digest(seal.encode(), _seal(secret, what).encode()):
        return None
    return (int(booking), kind) if now.timestamp() < int(until) else None


def _seal(secret: bytes, what: str) -> str:
    made = hmac.digest(secret, f"paper:{what}".encode(), hashlib.sha256)
    return base64.urlsafe_b64encode(made).decode().rstrip("=")
