"""WhatsApp's approved templates: a file each under `templates/whatsapp/<language>`, as it is handed in, and what became of it.

The words come from the notices (`templates/chat/notices.*.txt`): `write` draws the files anew, `lint` says where they differ and what
would keep one from being approved. Name and category of a file are kept as somebody has set them.
"""

import hashlib
import re
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import structlog
import yaml
from twilio.rest import Client
from twilio.rest.content.v1.content import ContentList
from twilio.rest.content.v1.content.approval_create import ApprovalCreateList

from bot import words
from bot.wrong import Wrong
from models.fields import packed, unpacked
from models.settings import change_kept, keep_value, kept, kept_under

FILES = words.TEMPLATES / "whatsapp"
CATEGORIES = ("UTILITY", "MARKETING", "AUTHENTICATION")
NAME = re.compile(r"[a-z0-9_]{1,503}")  # Meta: 512 characters, of which nine tell which wording it is
FIELDS = {"name": str, "category": str, "language": str, "body": str, "samples": dict}
PAGE = 500  # contents that Twilio gives at once
_VARIABLE = re.compile(r"{{\s*(\w*)\s*}}")

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Template:
    """One template in one language. `notice` is the block it is made from; `samples` are values by number, for who approves it."""

    notice: str
    name: str
    category: str
    language: str
    body: str
    samples: dict[str, str]

    @property
    def handed_in_as(self) -> str:
        """The name it has at WhatsApp: Meta takes a name once, so that changed words need another."""
        return f"{self.name}_{hashlib.sha256(self.body.encode()).hexdigest()[:8]}"


# --- files ---


def path(notice: str, language: str, folder: Path = FILES) -> Path:
    """Where a template stands."""
    return folder / language / f"{notice}.yaml"


def drawn(notice: str, language: str) -> Template:
    """A template as its notice has it now."""
    written = words.wording(notice, language)
    samples, _ = words.filled(written, language, words.sample(notice))
    return Template(notice, f"{notice}_{language}", "UTILITY", language, words.numbered(written), samples)


def read(notice: str, language: str, folder: Path = FILES) -> Template:
    """A template as its file has it. Refuses with `Wrong` what is not such a file."""
    file = path(notice, language, folder)
    try:
        had = yaml.safe_load(file.read_text("utf-8"))
    except FileNotFoundError:
        raise Wrong("there is no such file: write it with bellhop templates write") from None
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as fault:
        raise Wrong(f"it cannot be read: {str(fault).splitlines()[0]}") from None
    if not isinstance(had, dict) or any(not isinstance(had.get(name), kind) for name, kind in FIELDS.items()):
        raise Wrong(f"it holds {', '.join(FIELDS)}, and samples by number")
    samples = {str(number): str(value) for number, value in had["samples"].items()}
    return Template(notice, had["name"], had["category"], had["language"], had["body"].rstrip("\n"), samples)


def write(folder: Path = FILES) -> list[str]:
    """Draw every file anew, and take away those of no notice; gives those that changed."""
    changed = []
    for notice in words.notices():
        for language in words.languages():
            file, text = path(notice, language, folder), _text(_with_choices(drawn(notice, language), folder))
            if not file.is_file() or file.read_text("utf-8") != text:
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text(text, "utf-8")
                changed.append(f"{notice} ({language})")
    for file in _of_nothing(folder):
        file.unlink()
        changed.append(f"{file.stem} ({file.parent.name}): taken away")
    return changed


def _with_choices(template: Template, folder: Path) -> Template:
    try:
        had = read(template.notice, template.language, folder)
    except Wrong:
        return template
    return Template(template.notice, had.name, had.category, template.language, template.body, template.samples)


def _text(template: Template) -> str:
    head = f"name: {template.name}\ncategory: {template.category}\nlanguage: {template.language}\n"
    body = "".join(f"  {line}".rstrip() + "\n" for line in template.body.splitlines())
    samples = yaml.safe_dump({"samples": template.samples}, allow_unicode=True, sort_keys=False, width=10_000)
    return f"{head}body: |\n{body}{samples}"


def _of_nothing(folder: Path) -> list[Path]:
    known = {path(notice, language, folder) for notice in words.notices() for language in words.languages()}
    return sorted(set(folder.glob("*/*.yaml")) - known)


# --- what is wrong with one ---


def lint(folder: Path = FILES) -> list[str]:
    """Everything that would keep a template from being approved, or from saying what its notice says; a line each."""
    found = [
        f"{notice} ({language}): {fault}"
        for notice in words.notices()
        for language in words.languages()
        for fault in _faults(notice, language, folder)
    ]
    return found + [f"{file.stem} ({file.parent.name}): there is no such notice" for file in _of_nothing(folder)]


def _faults(notice: str, language: str, folder: Path) -> list[str]:
    try:
        template = read(notice, language, folder)
    except Wrong as wrong:
        return [str(wrong)]
    says_else = template.body != words.numbered(words.wording(notice, language))
    found = {
        f"the name {template.name!r} is not of small letters, digits and _": not NAME.fullmatch(template.name),
        f"the category is one of {', '.join(CATEGORIES)}, not {template.category!r}": template.category
        not in CATEGORIES,
        f"the language is {language!r} by its folder, not {template.language!r}": template.language != language,
        "its notice says something else now: bellhop templates write": says_else,
    }
    told = [fault for fault, holds in found.items() if holds]
    return told + body_faults(template.body, template.samples)


def body_faults(body: str, samples: dict[str, str]) -> list[str]:
    """What is wrong with the words.

    Meta: at most 1024 characters with the samples, numbered variables without gaps, none at either end or beside another, a
    sample for each on one line.
    """
    numbers = _VARIABLE.findall(body)
    gaps = numbers and sorted(set(numbers), key=lambda each: (len(each), each)) != [
        str(n) for n in range(1, len(set(numbers)) + 1)
    ]
    filled = _VARIABLE.sub(lambda found: samples.get(found[1], ""), body)
    bad = [number for number, value in samples.items() if not value.strip() or re.search(r"[\n\r\t]| {5,}", value)]
    missing, idle = set(numbers) - set(samples), set(samples) - set(numbers)
    found = {
        "it has no words": not _VARIABLE.sub("", body).strip(),
        f"it is longer than {words.TEMPLATE_LIMIT} characters": len(filled) > words.TEMPLATE_LIMIT,
        "it begins with a variable": bool(re.match(r"\W*{{", body)),
        "it ends with a variable": bool(re.search(r"}}\W*$", body)),
        "two variables stand side by side": bool(re.search(r"}}\s*{{", body)),
        "there are more than two line breaks in a row": "\n\n\n" in body,
        "its variables are not numbered from 1 without a gap": bool(gaps),
        f"no sample for {', '.join(sorted(missing))}": bool(missing),
        f"a sample for no variable: {', '.join(sorted(idle))}": bool(idle),
        f"a sample is not words on one line: {', '.join(bad)}": bool(bad),
    }
    return [fault for fault, holds in found.items() if holds]


# --- at Twilio ---


def templates(folder: Path = FILES) -> list[Template]:
    """All of them as their files have them. Refuses with `Wrong` while anything is wrong with one."""
    if faults := lint(folder):
        raise Wrong("nothing was handed in. " + "; ".join(faults))
    return [read(notice, language, folder) for notice in words.notices() for language in words.languages()]


@dataclass(frozen=True, slots=True)
class Known:
    """What Twilio knows by a ContentSid: the words, with where each value comes from in its place, and what became of them.

    `wording` None: as the notice is drawn now (handed in by an older version). `became`: "", then "approved" or "rejected" and why.
    """

    sid: str
    wording: str | None
    became: str = ""

    @property
    def body(self) -> str | None:
        """The words as they were handed in."""
        return None if self.wording is None else words.numbered(self.wording)

    def words_for(self, notice: str, language: str) -> str:
        """The wording to be filled: of the same body the newest, which knows best where its values come from."""
        newest = words.wording(notice, language)
        return newest if self.wording is None or self.body == words.numbered(newest) else self.wording


IN_USE, HANDED_IN = "approved", "handed_in"  # the one that is sent, and the newest that was handed in


def _name(which: str, notice: str, language: str) -> str:
    return f"{which}:{notice}:{words.spoken(language)}"


async def _kept(which: str, notice: str, language: str) -> Known | None:
    found = await kept(_name(which, notice, language))
    return Known(**unpacked(found)) if found else None


async def _keep(which: str, notice: str, language: str, known: Known) -> None:
    await keep_value(_name(which, notice, language), packed(asdict(known)))


async def filled(notice: str, language: str, facts: words.Facts) -> tuple[str, dict[str, str], str] | None:
    """What to send for a notice outside the 24 hours: ContentSid, values by number, and how it will read; None where nothing is approved."""
    known = await _kept(IN_USE, notice, language) if notice in words.notices() else None
    if known is None:
        return None
    try:
        return known.sid, *words.filled(known.words_for(notice, language), language, facts)
    except Exception as fault:  # noqa: BLE001  # whatever it is: what it was written for, the facts have no more
        log.warning(
            "an approved template cannot be filled any more", notice=notice, language=language, why=repr(fault)[:200]
        )
        return None


async def push(client: Client, folder: Path = FILES) -> list[str]:
    """Hand in what was not handed in with these words; gives what was. One that Twilio has by its name is taken up, not made twice.

    What is approved stays in use until the new words are.
    """
    wanted = [one for one in templates(folder) if not await _is_known(one)]
    there = {each.name: each for each in await _there(client)} if wanted else {}
    for one in wanted:
        sid = await _handed_in(client, one, there.get(one.handed_in_as))
        await _keep(HANDED_IN, one.notice, one.language, Known(sid, words.wording(one.notice, one.language)))
    await look(client)
    return [f"{one.notice} ({one.language})" for one in wanted]


async def _is_known(one: Template) -> bool:
    """Whether these words are in use or handed in. Where they are in use, others that wait are wanted no more."""
    used, waiting = await _kept(IN_USE, one.notice, one.language), await _kept(HANDED_IN, one.notice, one.language)
    if used and used.body == one.body and waiting != used:
        await _keep(HANDED_IN, one.notice, one.language, used)
    return any(known and known.body == one.body for known in (used, waiting))


@dataclass(frozen=True, slots=True)
class _AtTwilio:
    """A content there. `status`: unsubmitted, received, pending, approved, rejected, paused or disabled."""

    name: str
    sid: str
    status: str
    reason: str

    def __str__(self) -> str:
        return f"{self.status}; {self.reason}" if self.reason else self.status


async def _there(client: Client) -> list[_AtTwilio]:
    """All that Twilio has."""
    found = []
    for each in await client.content.v1.content_and_approvals.list_async(page_size=PAGE):
        asked: Any = each.approval_requests or {}
        status, reason = asked.get("status", "unsubmitted"), asked.get("rejection_reason") or ""
        found.append(_AtTwilio(str(each.friendly_name), str(each.sid), status, reason))
    return found


async def _handed_in(client: Client, template: Template, there: _AtTwilio | None) -> str:
    """Gives its ContentSid."""
    contents = client.content.v1.contents
    sid = there.sid if there else str((await contents.create_async(_content(template))).sid)
    if there is None or there.status == "unsubmitted":
        asked = ApprovalCreateList.ContentApprovalRequest(
            {"name": template.handed_in_as, "category": template.category}
        )
        await contents(sid).approval_create.create_async(asked)
    return sid


def _content(template: Template) -> ContentList.ContentCreateRequest:
    """Content API: a template of plain text, with believable values for whoever approves it."""
    return ContentList.ContentCreateRequest({
        "friendly_name": template.handed_in_as, "language": template.language, "variables": template.samples,
        "types": {"twilio/text": {"body": template.body}},
    })  # fmt: skip


async def look(client: Client) -> None:
    """Ask what became of those that wait, if any do: what is approved is in use from now on, what is rejected is said."""
    rows = {
        name: value
        for name, value in (await kept_under(f"{HANDED_IN}:")).items()
        if not Known(**unpacked(value)).became
    }
    there = {each.sid: each for each in await _there(client)} if rows else {}
    for name, value in rows.items():
        known, found = Known(**unpacked(value)), there.get(Known(**unpacked(value)).sid)
        if found is None or found.status not in ("approved", "rejected"):
            continue
        ended = replace(known, became=str(found))
        if found.status == "approved":
            await keep_value(name.replace(HANDED_IN, IN_USE, 1), packed(asdict(ended)))
        else:
            log.warning("WhatsApp rejected a template", template=name.partition(":")[2], why=found.reason)
        await change_kept(name, value, packed(asdict(ended)))  # not what was handed in meanwhile


async def rejected() -> list[str]:
    """What WhatsApp would not have of what was handed in last, and why: a line each."""
    found = []
    for name, value in (await kept_under(f"{HANDED_IN}:")).items():
        _, notice, language = name.split(":")
        if (became := Known(**unpacked(value)).became).startswith("rejected"):
            found.append(f"{notice} ({language}): WhatsApp {became}")
    return found


async def status(client: Client) -> list[str]:
    """What became of each template at WhatsApp: a line each, with the reason where there is one."""
    await look(client)
    there = {each.sid: each for each in await _there(client)}
    return [
        f"{notice} ({language}): {'; '.join(await _became(there, notice, language))}"
        for notice in words.notices()
        for language in words.languages()
    ]


async def _became(there: dict[str, _AtTwilio], notice: str, language: str) -> list[str]:
    """What is in use, what was handed in since, and whether the words have changed after that."""
    used, newest = await _kept(IN_USE, notice, language), await _kept(HANDED_IN, notice, language)
    known = [each for each in (used, newest) if each and (each is used or used is None or each.sid != used.sid)]
    found = [str(there.get(each.sid, "Twilio has it no more")) for each in known]
    if len(found) > 1:
        found[1] = f"its new words: {found[1]}"
    changed = words.numbered(words.wording(notice, language)) not in [each.body for each in known]
    return [*found, *(["its words have changed since: push it again"] if known and changed else [])] or [
        "not handed in"
    ]
