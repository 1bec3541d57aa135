"""What a reader sees: money, days, the recap, and notices that can be approved as templates."""

import re
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_dir

from bot import words
from bot.notation import Notation
from models import recap
from tests.bot import stories
from tests.flows.people import Guest

EN, ES = Notation("en"), Notation("es")
PUNTA_CANA = stories.instant("2026-11-21T19:00:00Z")
STORIES = (stories.transfer, stories.one_way, stories.tour, stories.naughty)


@pytest.mark.parametrize(
    ("amount", "alone", "under_a_total"),
    [
        (stories.money(4110), "US$41.10", "$41.10"),
        (stories.money(-600), "−US$6.00", "−$6.00"),
        (stories.money(28400, "JPY"), "¥28,400", "¥28,400"),
        (stories.money(125000, "DOP"), "RD$1,250.00", "RD$1,250.00"),
        (stories.money(13700, "EUR"), "€137.00", "€137.00"),
        (stories.money(1250, "KWD"), "KWD 1.250", "KWD 1.250"),
        (stories.money(900719925474099301), "US$9,007,199,254,740,993.01", "$9,007,199,254,740,993.01"),
    ],
)
def test_money_is_exact_and_names_its_currency(amount: stories.Story, alone: str, under_a_total: str) -> None:
    """Decimals are the currency's own, the minus is a true minus, and both languages write figures alike."""
    assert EN.money(amount) == ES.money(amount) == alone
    assert EN.bare(amount) == under_a_total


def test_a_day_is_written_where_it_happens() -> None:
    """19:00 UTC is 15:00 in Punta Cana, on a day named in the reader's language."""
    assert (EN.moment(PUNTA_CANA), ES.day(PUNTA_CANA)) == ("Sat 21 Nov 15:00", "sáb 21 nov")
    assert EN.long_day(PUNTA_CANA) == "Saturday 21 November 2026"
    assert ES.long_day(PUNTA_CANA) == "sábado 21 de noviembre de 2026"
    assert (EN.clock("9:05"), EN.day("2026-11-22"), EN.clock("2026-11-24T07:30")) == ("09:05", "Sun 22 Nov", "07:30")
    assert EN.day(stories.instant("2026-11-22T03:30:00Z")) == "Sat 21 Nov"


def test_phones_flights_and_names() -> None:
    """Numbers are spaced for reading; a board shows the family name, or the only name there is."""
    assert EN.phone("+18095550142") == "+1 809 555 0142"
    assert EN.phone("not a phone") == "not a phone"
    assert EN.flight("BA2203") == EN.flight("BA 2203") == "BA 2203"
    board = EN.filters()["board"]
    assert (board("Hannah Moore"), board("Cher"), board("")) == ("MOORE", "CHER", "")


def test_party_words() -> None:
    """A child of unknown age is counted without an age."""
    party = {"adults": 1, "children": [4, 7, None], "infants": 1, "luggage": 1}
    spoken = {"party": party}
    assert _recap_value("party", spoken, "en") == "1 adult, 3 children of 4 and 7, 1 infant, 1 bag"
    assert _recap_value("party", spoken, "es") == "1 adulto, 3 niños de 4 y 7 años, 1 bebé, 1 maleta"


def _recap_value(key: str, facts: stories.Story, language: str) -> str:
    return words.recap([(key, facts)], language)[0][2]


def test_every_language_has_every_block() -> None:
    """A sentence that exists in one language exists in all of them."""
    for folder, pattern in (("chat", "*.en.txt"), ("recap", "en.txt")):
        for english in (words.TEMPLATES / folder).glob(pattern):
            for language in words.languages():
                name = english.name.replace("en.txt", f"{language}.txt")
                assert _blocks(english.with_name(name)) == _blocks(english), name


def test_no_block_stands_in_two_scripts() -> None:
    """A name means one sentence, whichever script it stands in."""
    names = [name for path in (words.TEMPLATES / "chat").glob("*.en.txt") for name in _blocks(path)]
    assert len(names) == len(set(names))


def _blocks(path: Path) -> list[str]:
    return re.findall(r"{%-? block (\w+)", path.read_text("utf-8"))


def test_every_sentence_of_mails_and_documents_is_translated() -> None:
    """English is the source; every other language has each sentence, with the same values in it."""
    options = {"trim_blocks": "true", "lstrip_blocks": "true", "newstyle_gettext": "true"}
    method = [("**.html", "jinja2.ext:babel_extract"), ("**.txt", "jinja2.ext:babel_extract")]
    for language in set(words.languages()) - {words.SOURCE}:
        known = words.translated(language)._catalog
        for folder in ("mail", "documents"):
            found = extract_from_dir(words.TEMPLATES / folder, method, {"**.html": options, "**.txt": options})
            for _, _, sentence, _, _ in found:
                assert isinstance(sentence, str)
                assert sentence in known, sentence
                assert sorted(re.findall(r"%\(\w+\)s", known[sentence])) == sorted(re.findall(r"%\(\w+\)s", sentence))


def test_the_recap_keeps_its_order_and_its_secrets() -> None:
    """Each audience reads its own fields in the one order; a partner never the price, the payment or the e-mail."""
    story = stories.transfer()
    team = words.story_recap(story, "team", "en")
    assert [key for key, _, _ in team] == list(recap.AUDIENCES["team"])
    partner = " ".join(value for _, _, value in words.story_recap(story, "partner", "en"))
    assert "137.00" not in partner
    assert "hannah.moore@example.com" not in partner
    guest = " ".join(value for _, _, value in words.story_recap(story, "guest", "en"))
    assert "809 555 0177" not in guest


@pytest.mark.parametrize("language", words.languages())
@pytest.mark.parametrize("name", words.notices())
def test_every_notice_can_be_an_approved_template(name: str, language: str) -> None:
    """The body is the same for every booking, ends in words, and fits together with any values."""
    facts = words.sample(name)
    samples = [facts, *({**facts, "story": story()} for story in STORIES if "story" in facts)]
    assert words.is_one_wording(name, language, samples)
    for sample in samples:
        values, filled = words.filled(words.wording(name, language), language, sample)
        assert list(values) == re.findall(r"{{(\d+)}}", words.numbered(words.wording(name, language)))
        assert all(
            value and "\n" not in value and "\t" not in value and "    " not in value for value in values.values()
        )
        assert len(filled) <= words.TEMPLATE_LIMIT


def test_a_template_says_what_the_chat_says() -> None:
    """Filled with its values, a template is the notice itself when every field has something in it."""
    facts = words.sample("booking_confirmed_guest")
    _, filled = words.filled(words.wording("booking_confirmed_guest", "es"), "es", facts)
    assert filled == words.block("booking_confirmed_guest", "es", facts)


def test_a_longer_text_is_cut_and_breaks_no_template() -> None:
    """Ten thousand characters and line breaks become one line that fits."""
    facts = {"reference": None, "text": "one\n\ntwo\n" + "x" * 10_000}
    values, _ = words.filled(words.wording("message_from_house", "en"), "en", facts)
    assert values["1"] == "your request"
    assert values["2"].startswith("one, two, xxx")
    assert values["2"].endswith("…")


def test_a_notice_that_changes_with_the_facts_is_no_template(monkeypatch: pytest.MonkeyPatch) -> None:
    """Words behind an "if" would be approved for some and sent to others."""
    voice = words._voice("en")
    script = voice.notices.environment.from_string("{% block b %}Of {{ a }} {% if a %}more{% endif %}{% endblock %}")
    monkeypatch.setattr(voice, "notices", script)
    assert not words.is_one_wording("b", "en", [{"a": 1}, {"a": 0}])


def test_the_thank_you_fits_under_a_picture() -> None:
    """Telegram: a caption holds 1024 characters; we stay under 900."""
    for story in (stories.transfer, stories.one_way, stories.tour):
        for language in words.languages():
            text = words.block("booking_confirmed_guest", language, {"story": story()})
            assert len(text) <= 900
            assert story()["reference"] in text


def test_a_say_is_drawn_in_the_readers_language() -> None:
    """Labels are catalogue words, plain words or blocks; what comes before stands on a line of its own."""
    say = {
        "block": "hold_ended_guest",
        "facts": {"story": stories.one_way()},
        "before": [{"block": "link_invoice"}],
        "options": [
            {"question": "extras", "value": "flowers", "label": {"en": "Welcome flowers, large", "es": "Flores"}},
            {"question": "pay", "value": "now", "label": "@link_desk", "short": "Desk"},
        ],
        "links": [{"purpose": "pay"}],
    }
    drawn = words.draw(say, "es-DO")
    assert drawn.text.splitlines()[0] == "Factura"
    assert [option.label for option in drawn.options] == ["Flores", "Abrir en recepción"]
    assert drawn.links[0].label == "Pagar US$14.40"
    assert len(words.draw(say, "en").options[0].short) <= words.SHORT


def test_what_a_guest_typed_is_never_a_template() -> None:
    """Braces, tags and percent signs in a guest's words are printed as typed in chat, and escaped in HTML."""
    story = stories.naughty()
    assert stories.NAUGHTY in words.block("booking_requested_house", "en", {"story": story})
    page = words.html("en").from_string("{{ recap(story, 'team')[9][2] }}").render(story=story)
    assert "<script>" not in page
    assert "{{7*7}}" in page


def test_an_unknown_language_reads_english() -> None:
    """Nobody gets an empty message because we do not speak their language."""
    assert words.block("link_invoice", "fr", {}) == "Invoice"
    assert words.spoken(None) == "en"


def test_the_total_is_bold_where_the_channel_has_bold() -> None:
    """WhatsApp's stars stand around head and total of the review; Telegram's plain text reads the same without."""
    guest = Guest("Ana")
    guest.says("airport to Bávaro tomorrow at 3pm, 2 adults, 2 bags, AA1045, sedan, no extras, no occasion, no notes")
    guest.says("Ana Lindqvist")
    assert guest.block == "review"
    starred, plain = (
        words.draw(guest.replies[-1].as_json(), "en", channel).text for channel in ("whatsapp", "telegram")
    )
    assert "*Your request, Ana Lindqvist*" in starred.splitlines()
    assert any(re.fullmatch(r"\*US\$[\d.]+ in total\*, tax included", line) for line in starred.splitlines())
    assert plain == starred.replace("*", "")


@pytest.mark.parametrize("language", words.languages())
def test_a_message_kept_before_there_were_two_ways_is_still_drawn(language: str) -> None:
    """An upgrade finds messages that wait: what they do not say is left out."""
    facts = dict.fromkeys(
        ("pickup", "dropoff", "near", "date", "time", "departure", "service", "room", "flight", "party", "luggage",
         "vehicle", "occasion", "name", "phone", "email", "total"),
    ) | {"extras": [], "service": {"en": "Private transfer", "es": "Traslado privado"}}  # fmt: skip
    for block in ("understood", "summary", "extras"):
        assert "None" not in words.block(block, language, facts)
    assert words.block("vehicle", language, {"people": 2, "bags": 2}).endswith((".", "?"))


def test_a_wording_says_where_each_value_comes_from() -> None:
    """So that it can be filled when the script says something else by then, also a line of the recap."""
    written = words.wording("booking_confirmed_house", "en")
    assert '\nParty: {{ line(story, "team", "party") }}\n' in written
    assert '{{ says("channel_words", {"source": {"channel": channel}}) }}' in words.wording("person_wanted_house", "en")
    turned = 'Of {{ line(story, "team", "guest") }} for {{ story.reference }} (}} here)'
    values, text = words.filled(turned, "en", words.sample("booking_confirmed_house"))
    assert words.numbered(turned) == "Of {{1}} for {{2}} (}} here)"
    assert values["2"] == "CA-7K4M2"
    assert text == f"Of {values['1']} for CA-7K4M2 (}}}} here)"
