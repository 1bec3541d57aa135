"""The brand's own pictures: its mark and its scene, in the brand's colours.

A brand's SVG may use `var(--name, #fallback)` for the shades below; they are put in from the brand's two colours, so
that one changed colour in the catalogue changes every ticket, mail and page. Beside `art.svg` may stand `art.wide.svg`
(a mail's head) and `art.tall.svg` (a ticket's head); where one is missing, `art.svg` serves.
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

Facts = Mapping[str, Any]

HOUSE = Path(__file__).parent.parent / "templates" / "brand"
TYPES = {".svg": "image/svg+xml", ".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg"}
SAMPLE = "costa_alisia"
DEFAULTS = {"brand": "#0B5D5B", "brass": "#D2A250"}
BLACK, WHITE = "#000000", "#FFFFFF"
COLOUR = re.compile(r"^#[0-9A-Fa-f]{6}$")


def colours(brand: Facts) -> dict[str, str]:
    """The brand's two colours as #RRGGBB, `brand` and `brass` (a catalogue may call it `accent`); else the house's own."""
    given = brand.get("colours") or {}
    chosen = {"brand": given.get("brand"), "brass": given.get("brass") or given.get("accent")}
    return DEFAULTS | {role: value for role, value in chosen.items() if value and COLOUR.match(value)}


def mix(one: str, other: str, share: float) -> str:
    """A colour `share` of the way from one to the other (0 to 1), in sRGB."""
    pairs = ((int(one[n : n + 2], 16), int(other[n : n + 2], 16)) for n in (1, 3, 5))
    return "#" + "".join(f"{round(a + (b - a) * share):02X}" for a, b in pairs)


def brightened(colour: str, factor: float) -> str:
    """The same hue with every channel `factor` times as strong: lighter without turning grey."""
    return "#" + "".join(f"{min(255, round(int(colour[n : n + 2], 16) * factor)):02X}" for n in (1, 3, 5))


def shades(chosen: Mapping[str, str]) -> dict[str, str]:
    """Every shade a scene or a sheet is painted with, from the brand's colour and its brass."""
    brand, brass = chosen["brand"], chosen["brass"]
    night, sky, sun = mix(brand, BLACK, 0.56), brightened(brand, 1.25), mix(brass, "#FFF4D2", 0.86)
    return {
        "brand": brand,
        "brass": brass,
        "pale": mix(brass, WHITE, 0.52),
        "shell": mix(brand, "#0E1A1C", 0.72),
        "soft": mix(brand, WHITE, 0.88),
        "line": mix(brand, WHITE, 0.7),
        "night": night,
        "dusk": mix(brand, BLACK, 0.26),
        "sky": sky,
        "haze": mix(sky, brass, 0.42),
        "glow": mix(mix(brand, BLACK, 0.1), brass, 0.74),
        "sun": sun,
        "ember": mix(sun, brand, 0.22),
        "sea": brightened(brand, 1.28),
        "deep": mix(brand, BLACK, 0.6),
        "shade": mix(brand, BLACK, 0.6),
        "sand": mix(mix(brand, BLACK, 0.3), brass, 0.42),
        "wet": mix(mix(brand, BLACK, 0.55), brass, 0.12),
        "palm": mix(brand, BLACK, 0.64),
        "mark-wave": brand,
        "mark-sun": brass,
    }


def on_dark(chosen: Mapping[str, str]) -> dict[str, str]:
    """The shades with the mark as it stands on a dark ground."""
    return shades(chosen) | {"mark-wave": WHITE, "mark-sun": mix(chosen["brass"], WHITE, 0.3)}


def painted(svg: str, palette: Mapping[str, str]) -> str:
    """An SVG with the palette's colours in place of its variables."""

    def shade(found: re.Match[str]) -> str:
        return palette.get(found["name"], found["fallback"])

    return re.sub(r"var\(--(?P<name>[a-z-]+),\s*(?P<fallback>#[0-9A-Fa-f]{3,8})\)", shade, svg)


def scene(brand: Facts, shape: str = "") -> tuple[bytes, str]:
    """The brand's scene as (bytes, content type); `shape` is "", "wide" or "tall"."""
    plain = _file(brand, "art")
    shaped = plain.with_suffix(f".{shape}{plain.suffix}")
    return _picture(shaped if shape and shaped.exists() else plain, shades(colours(brand)))


def mark(brand: Facts, *, dark: bool = False) -> tuple[bytes, str]:
    """The brand's mark as (bytes, content type), for a light or a dark ground."""
    chosen = colours(brand)
    return _picture(_file(brand, "logo"), on_dark(chosen) if dark else shades(chosen))


def _file(brand: Facts, part: str) -> Path:
    """A brand's file: a whole path, or a name in the folder of the brand's key; the sample's own where there is none."""
    named = Path(brand.get(part) or f"{part}.svg")
    path = named if named.is_absolute() else HOUSE / str(brand.get("key") or SAMPLE) / named.name
    return path if path.exists() else HOUSE / SAMPLE / f"{part}.svg"


def _picture(path: Path, palette: Mapping[str, str]) -> tuple[bytes, str]:
    content_type = TYPES[path.suffix.lower()]
    kept = _kept(path, path.stat().st_mtime_ns)
    if content_type != "image/svg+xml":
        return kept, content_type
    return painted(kept.decode("utf-8"), palette).encode(), content_type


@lru_cache(maxsize=32)
def _kept(path: Path, _changed: int) -> bytes:
    return path.read_bytes()
