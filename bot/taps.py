"""What a pressed key brings back to us: question, value and turn, in the 64 bytes that a key may carry."""

from flows.speech import Tap

DATA = 64  # bytes behind a key of Telegram; WhatsApp's carry 200 characters


def pack(question: str, value: str, turn: int) -> str:
    """Question, value and turn as one text."""
    packed = f"{turn}|{question}|{value}"
    if len(packed.encode()) > DATA:
        raise ValueError(f"a key carries at most {DATA} bytes: {packed}")
    return packed


def unpack(data: str) -> Tap:
    """What a key carried; one that is not ours becomes a tap on nothing, which the talk answers with a fresh card."""
    turn, _, rest = data.partition("|")
    question, _, value = rest.partition("|")
    ours = turn.isascii() and turn.isdigit() and len(turn) < 10
    return Tap(question, value, int(turn)) if ours else Tap("", data[:DATA], 0)
