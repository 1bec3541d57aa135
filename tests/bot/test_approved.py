"""WhatsApp's templates as files: what is handed in is what the notices say, and what would be rejected is named before."""

import shutil
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs
from twilio.rest.content.v1.content import ContentList

from bot import approved, words
from bot.approved import FILES, body_faults
from bot.whatsapp import WhatsApp
from bot.wrong import Wrong
from models.fields import packed, unpacked
from models.lanes import Outgoing
from models.settings import forget, keep_value, kept
from tests.bot.test_whatsapp import HANNAH, Line, carrier, carry, line

__all__ = ["carrier", "line"]

NOTICE, FILE = "hold_ended_guest", "en/hold_ended_guest.yaml"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The files, to be spoilt."""
    return Path(shutil.copytree(FILES, tmp_path / "whatsapp"))


def test_every_template_says_what_its_notice_says() -> None:
    """In every language, with nothing that would keep it from being approved: else `bellhop templates write`."""
    assert approved.lint() == []
    assert len(list(FILES.glob("*/*.yaml"))) == len(words.notices()) * len(words.languages())


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("name: hold_ended_guest_en", "name: Hold-Ended", "the name 'Hold-Ended' is not of small letters, digits and _"),
        ("category: UTILITY", "category: NEWS", "the category is one of UTILITY, MARKETING, AUTHENTICATION, not 'NEWS'"),
        ("language: en", "language: de", "the language is 'en' by its folder, not 'de'"),
        ("The hold for {{1}}", "Your hold for {{1}}", "its notice says something else now: bellhop templates write"),
        ("samples:", "examples:", "it holds name, category, language, body, samples, and samples by number"),
        ("samples:\n", "samples:\n  '9': x\n", "a sample for no variable: 9"),
        ("category: UTILITY", "category: [", "it cannot be read"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_file_is_named(folder: Path, old: str, new: str, fault: str) -> None:
    """By the template and its language; nothing is handed in meanwhile."""
    text = (folder / FILE).read_text("utf-8")
    assert old in text
    (folder / FILE).write_text(text.replace(old, new, 1), "utf-8")
    faults = approved.lint(folder)
    assert any(each.startswith(f"{NOTICE} (en): ") and fault in each for each in faults), faults
    with pytest.raises(Wrong, match="nothing was handed in"):
        approved.templates(folder)


def test_a_language_that_is_missing_is_named(folder: Path) -> None:
    """As is a file of a notice that is gone."""
    (folder / "es" / f"{NOTICE}.yaml").rename(folder / "es" / "farewell.yaml")
    assert approved.lint(folder) == [
        f"{NOTICE} (es): there is no such file: write it with bellhop templates write",
        "farewell (es): there is no such notice",
    ]


@pytest.mark.parametrize(
    ("body", "samples", "fault"),
    [
        ("{{1}} is here.", {"1": "Ana"}, "it begins with a variable"),
        ("Here is {{1}}.", {"1": "Ana"}, "it ends with a variable"),
        ("Of {{1}} {{2}} here", {"1": "a", "2": "b"}, "two variables stand side by side"),
        ("Of {{1}} and {{3}} here", {"1": "a", "3": "b"}, "its variables are not numbered from 1 without a gap"),
        ("Of {{name}} here", {"name": "a"}, "its variables are not numbered from 1 without a gap"),
        ("Of {{1}} here", {}, "no sample for 1"),
        ("Of {{1}} here", {"1": " "}, "a sample is not words on one line: 1"),
        ("Of {{1}} here", {"1": "a\nb"}, "a sample is not words on one line: 1"),
        ("x" * 1025, {}, "it is longer than 1024 characters"),
        ("Of {{1}} here", {"1": "x" * 1020}, "it is longer than 1024 characters"),
        ("a\n\n\nb", {}, "there are more than two line breaks in a row"),
        ("", {}, "it has no words"),
    ],
)  # fmt: skip
def test_what_whatsapp_would_reject_is_named(body: str, samples: dict[str, str], fault: str) -> None:
    """Before it is handed in: a rejection comes a day later."""
    assert fault in body_faults(body, samples)


def test_more_than_nine_variables_are_no_gap() -> None:
    """Ten comes after nine."""
    body = "x ".join(["Hello ", *(f"{{{{{n}}}}} " for n in range(1, 13)), "end"])
    assert body_faults(body, {str(n): "value" for n in range(1, 13)}) == []


def test_writing_keeps_what_somebody_has_chosen(folder: Path) -> None:
    """The words are drawn anew, name and category stay; what nobody says any more is taken away."""
    text = (folder / FILE).read_text("utf-8")
    chosen = text.replace("UTILITY", "MARKETING").replace("name: hold", "name: the_hold")
    (folder / FILE).write_text(chosen.replace("The hold", "A hold"), "utf-8")
    (folder / "es" / "farewell.yaml").write_text(text, "utf-8")
    assert approved.write(folder) == [f"{NOTICE} (en)", "farewell (es): taken away"]
    assert (folder / FILE).read_text("utf-8") == chosen
    assert approved.write(folder) == []


@pytest.mark.usefixtures("database")
async def test_handing_in_twice_makes_nothing_twice(line: Line, carrier: WhatsApp) -> None:
    """Also where we have forgotten what was handed in: Twilio has it by its name."""
    first = await approved.push(carrier.client)
    assert len(first) == len(line.sim.world.templates)
    assert await approved.push(carrier.client) == []
    await forget(f"approved:{NOTICE}:en")
    await forget(f"handed_in:{NOTICE}:en")
    assert await approved.push(carrier.client) == [f"{NOTICE} (en)"]
    assert len(line.sim.world.templates) == len(first)
    assert f"{NOTICE} (en): approved" in await approved.status(carrier.client)


OLDER = 'We held it for {{ says("moment_words", story) }} ({{ says("trip_words", story) }}), and no payment came. "book" begins anew.'


async def had_other_words(line: Line, carrier: WhatsApp) -> str:
    """One notice was approved with other words, in which the values stand in another order; gives its ContentSid."""
    await approved.push(carrier.client)
    content = ContentList.ContentCreateRequest({
        "friendly_name": "older", "language": "en", "variables": {"1": "a", "2": "b"},
        "types": {"twilio/text": {"body": words.numbered(OLDER)}},
    })  # fmt: skip
    sid = str((await carrier.client.content.v1.contents.create_async(content)).sid)
    becomes(line, sid, "approved")
    known = approved.Known(sid, OLDER, "approved")
    for which in ("approved", "handed_in"):
        await keep_value(f"{which}:{NOTICE}:en", packed(asdict(known)))
    for each in line.sim.world.templates:
        if each["friendly_name"].startswith(f"{NOTICE}_en"):
            line.sim.world.templates.drop(each["sid"])
    return sid


def becomes(line: Line, sid: str, status: str, reason: str = "") -> None:
    """WhatsApp has decided."""
    found = line.sim.world.templates.get(sid)
    approval = {**found["approval"], "status": status, "rejection_reason": reason, "decided": 0.0}
    line.sim.world.templates.put(sid, {**found, "approval": approval})


def newest(line: Line) -> str:
    """The ContentSid of what was handed in last."""
    return str(list(line.sim.world.templates)[-1]["sid"])


async def sent(line: Line, carrier: WhatsApp) -> tuple[Any, dict[str, Any]]:
    """The notice to Hannah, who has not written for long: how the attempt ended, and what Twilio took."""
    line.sim.world.messages.clear()
    out = Outgoing(
        id=1, recipient=1, fence=1, attempt=1, channel="whatsapp", address=HANNAH, kind=NOTICE, language="en", last_heard=None,
        created=0, payload={"block": NOTICE, "facts": words.sample(NOTICE)},
    )  # fmt: skip
    ended = await carry(carrier, out, "")
    return ended, line.sent()[-1]


@pytest.mark.usefixtures("database")
async def test_what_is_approved_is_sent_until_the_new_words_are(line: Line, carrier: WhatsApp) -> None:
    """The old words with their own order of values, which stand in the record as they were sent; then the new ones."""
    older = await had_other_words(line, carrier)
    line.sim.world.config["approval"] = 3600
    assert await approved.push(carrier.client) == [f"{NOTICE} (en)"]
    assert f"{NOTICE} (en): approved; its new words: pending" in await approved.status(carrier.client)
    ended, message = await sent(line, carrier)
    assert message["api"]["content_sid"] == older
    assert message["status"] != "failed"
    assert ended.text == message["text"] == (
        'We held it for Sat 21 Nov 15:00 (Airport PUJ to Hotel Arena Blanca), and no payment came. "book" begins anew.'
    )  # fmt: skip
    assert await approved.push(carrier.client) == []
    becomes(line, newest(line), "approved")
    await approved.look(carrier.client)
    ended, message = await sent(line, carrier)
    assert message["api"]["content_sid"] == newest(line)
    assert ended.text == message["text"] == words.block(NOTICE, "en", words.sample(NOTICE))
    assert f"{NOTICE} (en): approved" in await approved.status(carrier.client)


@pytest.mark.usefixtures("database")
async def test_a_rejection_is_said_and_the_approved_words_go_on(line: Line, carrier: WhatsApp) -> None:
    """By status and lint, and once in the log; it is not asked about again."""
    older = await had_other_words(line, carrier)
    line.sim.world.config["approval"] = 3600
    await approved.push(carrier.client)
    becomes(line, newest(line), "rejected", "it sells something")
    with capture_logs() as logged:
        await approved.look(carrier.client)
        asked = len(line.calls)
        await approved.look(carrier.client)
    assert len(line.calls) == asked
    assert [one["why"] for one in logged] == ["it sells something"]
    assert f"{NOTICE} (en): approved; its new words: rejected; it sells something" in await approved.status(
        carrier.client
    )
    assert await approved.rejected() == [f"{NOTICE} (en): WhatsApp rejected; it sells something"]
    assert (await sent(line, carrier))[1]["api"]["content_sid"] == older


@pytest.mark.usefixtures("database")
async def test_words_that_are_taken_back_do_not_take_over(line: Line, carrier: WhatsApp) -> None:
    """What waits is not wanted any more when the notice says again what is approved."""
    await approved.push(carrier.client)
    await keep_value(f"handed_in:{NOTICE}:en", packed(asdict(approved.Known("HX1", OLDER))))
    assert await approved.push(carrier.client) == []
    assert approved.Known(**unpacked(await kept(f"handed_in:{NOTICE}:en") or "")).became == "approved"


@pytest.mark.usefixtures("database")
async def test_what_can_no_longer_be_filled_is_not_sent_with_gaps(carrier: WhatsApp) -> None:
    """The facts of today have nothing for an older wording; of the same body the newest wording knows better."""
    facts = words.sample(NOTICE)
    for source, works in (("{{ story.gone }}", False), ('{{ says("trip_words", story) }}', True)):
        now = words.wording(NOTICE, "en")
        other = "Of {{ story.gone }} here" if not works else now.replace(source, "{{ story.gone }}")
        await keep_value(f"approved:{NOTICE}:en", packed(asdict(approved.Known("HX1", other))))
        assert bool(await approved.filled(NOTICE, "en", facts)) == works


@pytest.mark.usefixtures("database")
async def test_what_an_older_version_handed_in_is_used_as_it_was(line: Line, carrier: WhatsApp) -> None:
    """It had kept no words: they are those of the notice until new ones are approved."""
    await keep_value(f"approved:{NOTICE}:en", '{"sid":"HX1","wording":null}')
    sid, _, text = await approved.filled(NOTICE, "en", words.sample(NOTICE)) or ("", {}, "")
    assert (sid, text) == ("HX1", words.block(NOTICE, "en", words.sample(NOTICE)))
    assert f"{NOTICE} (en)" in await approved.push(carrier.client)
    assert (await approved.filled(NOTICE, "en", words.sample(NOTICE)) or ("",))[0] != "HX1"
