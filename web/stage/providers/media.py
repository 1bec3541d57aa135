"""Small genuine files that people in the sandbox send: a photo, a voice note, a sticker, a document, a contact card."""

import base64
import struct
import textwrap
from typing import NamedTuple


class Sample(NamedTuple):
    content: bytes
    content_type: str
    name: str


PHOTO = base64.b64decode(
    """
/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDABQODxIPDRQSEBIXFRQYHjIhHhwcHj0sLiQySUBMS0dARkVQWnNiUFVtVkVGZIhlbXd7gYKBTmCNl4x9lnN+
gXz/2wBDARUXFx4aHjshITt8U0ZTfHx8fHx8fHx8fHx8fHx8fHx8fHx8fHx8fHx8fHx8fHx8fHx8fHx8fHx8fHx8fHx8fHz/wAARCABAAGADASIAAhEB
AxEB/8QAGAABAQEBAQAAAAAAAAAAAAAAAQACBgX/xAAVEAEBAAAAAAAAAAAAAAAAAAAAEf/EABkBAQEBAQEBAAAAAAAAAAAAAAACAQQFA//EABsRAQAD
AQEBAQAAAAAAAAAAAAABERRhYqET/9oADAMBAAIRAxEAPwDyIo1FH2iXn2IoYYuJLZhhii4lliKNRRcSWIo1FFxLLZhhhi4ktmKGGPOiWWzDDDFxJbMU
aii4lliKNRRcSWzDDDFxJbMMMUXEstmGOoTxv347M3XLxR1Cbo4zN1zEUdOlauGXrmIY6ZN18MvXMwx0qVs8/TL1zUUdKm7fP0y+ggnA6rKCCyggsoIL
KCCyggt//9k=
"""
)
STICKER = base64.b64decode(
    """
UklGRmoAAABXRUJQVlA4TF0AAAAv/8F/EBcgEEjCGXpwgUAS2PaLCQRSHMQQz39A9QfGkSS1ocjR50UQkCfyT1V1RP8nIPA///P/netzI//xH2H1tB9X
9bQf/IdKb+c/RUkPnbD2av7jvz82/ud/aQcA
"""
)


def sample(kind: str, name: str = "", phone: str = "") -> Sample:
    """The file for a kind of message: photo, voice, sticker, document or contact (a vCard with name and phone)."""
    if kind == "photo":
        return Sample(PHOTO, "image/jpeg", "photo.jpg")
    if kind == "sticker":
        return Sample(STICKER, "image/webp", "sticker.webp")
    if kind == "voice":
        return Sample(voice_note(), "audio/ogg", "voice.ogg")
    if kind == "contact":
        return Sample(vcard(name, phone).encode(), "text/vcard", "contact.vcf")
    return Sample(document(), "application/pdf", "document.pdf")


def vcard(name: str, phone: str) -> str:
    return f"BEGIN:VCARD\r\nVERSION:3.0\r\nFN:{name}\r\nTEL;TYPE=CELL:{phone}\r\nEND:VCARD\r\n"


def voice_note(seconds: int = 2) -> bytes:
    """An Ogg/Opus file of silence (RFC 7845): two header pages, then 20 ms packets."""
    head = b"OpusHead" + struct.pack("<BBHIHB", 1, 1, 312, 48000, 0, 0)
    tags = b"OpusTags" + struct.pack("<I", 7) + b"sandbox" + struct.pack("<I", 0)
    packets = [b"\xf8\xff\xfe"] * (seconds * 50)
    return ogg_page(0, 2, 0, [head]) + ogg_page(1, 0, 0, [tags]) + ogg_page(2, 4, len(packets) * 960, packets)


def ogg_page(number: int, flags: int, position: int, packets: list[bytes]) -> bytes:
    segments = bytes(len(packet) for packet in packets)
    head = struct.pack("<4sBBqIII", b"OggS", 0, flags, position, 1, number, 0) + bytes([len(segments)]) + segments
    page = head + b"".join(packets)
    return page[:22] + struct.pack("<I", ogg_checksum(page)) + page[26:]


def ogg_checksum(page: bytes) -> int:
    crc = 0
    for byte in page:
        crc ^= byte << 24
        for _ in range(8):
            crc = ((crc << 1) ^ 0x04C11DB7) & 0xFFFFFFFF if crc & 0x80000000 else (crc << 1) & 0xFFFFFFFF
    return crc


def document(line: str = "A document from the sandbox") -> bytes:
    """A one-page PDF with one line of text."""
    stream = f"BT /F1 18 Tf 60 760 Td ({line}) Tj ET".encode()
    bodies = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%b\nendstream" % (len(stream), stream),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    out, places = b"%PDF-1.4\n", []
    for number, body in enumerate(bodies, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%b\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    trailer = textwrap.dedent(f"""\
        trailer
        << /Size {len(bodies) + 1} /Root 1 0 R >>
        startxref
        {len(out)}
        %%EOF
        """).encode()
    return out + b"xref\n0 %d\n0000000000 65535 f \n" % (len(bodies) + 1) + table + trailer
