"""What is kept of a delivery: its words, and no secret address in them."""

from bot.packing import without_links


def test_a_transcript_holds_no_secret_address() -> None:
    """The longest first, for one address begins another; a purpose that leads nowhere takes nothing out."""
    urls = {"booking": "https://b.example/b/s3cret", "pay": "https://b.example/b/s3cret/pay", "desk": "", "ticket": ""}
    text = "Pay here: https://b.example/b/s3cret/pay, see it: https://b.example/b/s3cret."
    assert without_links(text, urls) == "Pay here: [link], see it: [link]."
