"""The catalogue's pictures as a chat can show them: files beside the brand's mark, under `photos`."""

import hashlib
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from bot.art import HOUSE
from models.catalog_file import PHOTO_FILE

TYPES = {".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".png": "image/png"}
LARGEST = 5 * 1024 * 1024  # bytes. WhatsApp: an image


def photo(brand: str, file: str) -> tuple[bytes, str] | None:
    """A picture of the brand of this key, with its content type; None where there is no such file, or no chat would take it."""
    path = HOUSE / brand / "photos" / file
    if not PHOTO_FILE.fullmatch(file) or not path.is_file() or path.stat().st_size > LARGEST:
        return None
    return _kept(path, path.stat().st_mtime_ns), TYPES[path.suffix.lower()]


def path_of(file: str, content: bytes) -> str:
    """Where it is fetched from: its address changes with its content, so it may be kept."""
    return f"/photos/{file}?v={hashlib.sha256(content).hexdigest()[:8]}"


def shown(brand: str, photos: list[Mapping[str, Any]]) -> list[tuple[str, bytes, Mapping[str, str]]]:
    """Those that are there: file, content, words for who cannot see it."""
    found = ((each["file"], photo(brand, each["file"]), each["alt"]) for each in photos)
    return [(file, had[0], alt) for file, had, alt in found if had]


@lru_cache(maxsize=64)
def _kept(path: Path, _changed: int) -> bytes:
    return path.read_bytes()
