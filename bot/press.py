"""The press: turns plain values into a ticket, an invoice or a picture. Runs only in the document process.

This is the one module that imports WeasyPrint. It opens nothing but the brand's own files and the house's fonts,
whatever a guest has typed; it never sees the database.
"""

import io
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import font_manrope
import pypdfium2
import segno
from weasyprint import CSS, HTML
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import URLFetcher, URLFetcherResponse

from bot import art, words

Facts = Mapping[str, Any]

FONTS = Path(font_manrope.__file__).parent / "files"
WEIGHTS = {500: "Medium", 600: "SemiBold", 700: "Bold", 800: "ExtraBold"}
SCHEME = "bellhop:"
# A picture is drawn on a page of 600 px and shown at twice that on a phone.
PICTURE_SCALE = 2.0


class BrandOnly(URLFetcher):  # type: ignore[misc]
    """Hands out the brand's mark and scene and the house's fonts, and refuses every other address.

    WeasyPrint's own fetcher would call loopback servers and attach local files named in a guest's text.
    """

    def __init__(self, brand: Facts) -> None:
        super().__init__(allowed_protocols=["data"], allow_redirects=False)
        self.brand = brand

    def fetch(self, url: str, headers: Any = None) -> URLFetcherResponse:
        """The named piece; anything but `bellhop:` and `data:` is refused."""
        if url.startswith(SCHEME):
            body, content_type = self._piece(url.removeprefix(SCHEME))
            return URLFetcherResponse(url, body, {"Content-Type": content_type})
        return super().fetch(url, headers)

    def _piece(self, name: str) -> tuple[bytes, str]:
        pieces: dict[str, Callable[[], tuple[bytes, str]]] = {
            "mark": lambda: art.mark(self.brand),
            "mark.dark": lambda: art.mark(self.brand, dark=True),
            "scene": lambda: art.scene(self.brand),
            "scene.wide": lambda: art.scene(self.brand, "wide"),
            "scene.tall": lambda: art.scene(self.brand, "tall"),
        }
        if name.startswith("font/"):
            return _font(int(name.removeprefix("font/"))), "font/ttf"
        return pieces[name]()


def warm() -> None:
    """Makes the first document as quick as the next, and yields to the server whenever it needs the processor."""
    _faces()


def make(kind: str, facts: Facts, brand: Facts, language: str) -> bytes:
    """One document: kind "ticket" or "invoice" as PDF, "ticket_picture" or "mail_picture" as PNG."""
    return KINDS[kind](facts, brand, language)


def ticket(facts: Facts, brand: Facts, language: str) -> bytes:
    """The e-ticket, one page for each leg. Facts: story."""
    story = facts["story"]
    return _pdf("ticket", brand, language, story=story, code=qr(story["reference"]))


def invoice(facts: Facts, brand: Facts, language: str) -> bytes:
    """The invoice, A4. Facts: story, number, issued (Instant); `corrects` (a number) makes it a credit note."""
    story = facts["story"]
    return _pdf(
        "invoice",
        brand,
        language,
        story=story,
        number=facts["number"],
        issued=facts["issued"],
        corrects=facts.get("corrects"),
        code=qr(story["reference"]),
    )


def ticket_picture(facts: Facts, brand: Facts, language: str) -> bytes:
    """The ticket's head as a picture for chat, 1200 × 640. Facts: story."""
    return _png(_pdf("ticket_picture", brand, language, story=facts["story"]))


def mail_picture(facts: Facts, brand: Facts, language: str) -> bytes:
    """The head of a guest's mail, 1200 × 352. Facts: heading, line."""
    return _png(_pdf("mail_picture", brand, language, heading=facts["heading"], line=facts["line"]))


KINDS: Mapping[str, Callable[[Facts, Facts, str], bytes]] = {
    "ticket": ticket,
    "invoice": invoice,
    "ticket_picture": ticket_picture,
    "mail_picture": mail_picture,
}


def qr(text: str) -> str:
    """A QR code as SVG for a page: no margin of its own, the sheet leaves it free."""
    drawn = io.BytesIO()
    segno.make(text, error="m", micro=False).save(
        drawn, kind="svg", border=0, xmldecl=False, svgns=True, omitsize=True, dark="#10211E"
    )
    return drawn.getvalue().decode()


def _pdf(sheet: str, brand: Facts, language: str, **facts: Any) -> bytes:
    page = words.page(f"documents/{sheet}.html", language, brand=brand, shades=art.shades(art.colours(brand)), **facts)
    fonts, faces = _faces()
    document = HTML(string=page, url_fetcher=BrandOnly(brand), base_url=None).render(
        stylesheets=[faces], font_config=fonts
    )
    return bytes(document.write_pdf())


@cache
def _faces() -> tuple[FontConfiguration, CSS]:
    fonts = FontConfiguration()
    rules = "".join(
        f"@font-face {{ font-family: Manrope; font-weight: {weight}; src: url({SCHEME}font/{weight}) }}"
        for weight in WEIGHTS
    )
    return fonts, CSS(string=rules, font_config=fonts, url_fetcher=BrandOnly({}))


@cache
def _font(weight: int) -> bytes:
    return (FONTS / f"Manrope-{WEIGHTS[weight]}.ttf").read_bytes()


def _png(pdf: bytes) -> bytes:
    document = pypdfium2.PdfDocument(pdf)
    try:
        # A CSS pixel is 0.75 of the point that PDFium counts in.
        drawn = document[0].render(scale=PICTURE_SCALE / 0.75).to_pil().convert("RGB")
    finally:
        document.close()
    kept = io.BytesIO()
    drawn.save(kept, format="PNG")
    return kept.getvalue()
