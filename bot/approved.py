"""WhatsApp's approved templates: a file each under `templates/whatsapp/<language>`, as it is handed in, and what became of it.

The words come from the notices (`templates/chat/notices.*.txt`): `write` draws the files anew, `lint` says where they differ and what
would keep one from being approved. Name and category of a file are kept as somebody has set them.
"""

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from twilio.base.exceptions import TwilioRestException
from twilio.rest import Client
from twilio.rest.content.v1.content import ContentList
from twilio.rest.content.v1.content.approval_create import ApprovalCreateList

from bot import words
from bot.wrong import Wrong
from models.settings import keep_value, kept

FILES = words.TEMPLATES / "whatsapp"
CATEGORIES = ("UTILITY", "MARKETING", "AUTHENTICATION")
NAME = re.compile(r"[a-z0-9_]{1,503}")  # Meta: 512 characters, of which nine tell which wording it is
FIELDS = {"name": str, "category": str, "language": str, "body": str, "samples": dict}
_VARIABLE = re.compile(r"{{\s*(\w*)\s*}}")


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
    def wording(self) -> str:
        """Which wording it is: Meta takes a name once, so that changed words need another."""
        return hashlib.sha256(self.body.encode()).hexdigest()

    @property
    def handed_in_as(self) -> str:
        """The name it has at WhatsApp."""
        return f"{self.name}_{self.wording[:8]}"

    @property
    def kept_as(self) -> str:
        """Under which name its ContentSid is kept."""
        return kept_as(self.notice, self.language)


def kept_as(notice: str, language: str) -> str:
    """Under which name the ContentSid of a notice is kept."""
    return f"template:{notice}:{words.spoken(language)}"


# --- files ---


def path(notice: str, language: str, folder: Path = FILES) -> Path:
    """Where a template stands."""
    return folder / language / f"{notice}.yaml"


def drawn(notice: str, language: str) -> Template:
    """A template as its notice has it now."""
    samples = words.variables(notice, language, words.sample(notice))
    return Template(notice, f"{notice}_{language}", "UTILITY", language, words.template(notice, language), samples)


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
    says_else = template.body != drawn(notice, language).body
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


async def push(client: Client, folder: Path = FILES) -> list[str]:
    """Hand in what was not handed in with these words; gives what was. One that Twilio has by its name is taken up, not made twice."""
    wanted = [one for one in templates(folder) if await kept(f"{one.kept_as}:sha") != one.wording]
    there = await _there(client) if wanted else {}
    for one in wanted:
        await _push(client, one, there.get(one.handed_in_as))
    return [f"{one.notice} ({one.language})" for one in wanted]


async def _there(client: Client) -> dict[str, str]:
    """The ContentSids of what Twilio has, by name."""
    listed = await client.content.v1.contents.list_async()
    return {str(one.friendly_name): str(one.sid) for one in listed}


async def _push(client: Client, template: Template, sid: str | None) -> None:
    contents = client.content.v1.contents
    sid = sid or str((await contents.create_async(_content(template))).sid)
    if (await _approval(client, sid)).get("status", "unsubmitted") == "unsubmitted":
        asked = ApprovalCreateList.ContentApprovalRequest(
            {"name": template.handed_in_as, "category": template.category}
        )
        await contents(sid).approval_create.create_async(asked)
    await keep_value(template.kept_as, sid)
    await keep_value(f"{template.kept_as}:sha", template.wording)


def _content(template: Template) -> ContentList.ContentCreateRequest:
    """Content API: a template of plain text, with believable values for whoever approves it."""
    return ContentList.ContentCreateRequest({
        "friendly_name": template.handed_in_as, "language": template.language, "variables": template.samples,
        "types": {"twilio/text": {"body": template.body}},
    })  # fmt: skip


async def _approval(client: Client, sid: str) -> dict[str, Any]:
    known = await client.content.v1.contents(sid).approval_fetch().fetch_async()
    return dict(known.whatsapp or {})


async def status(client: Client) -> list[str]:
    """What became of each template at WhatsApp: a line each, with the reason where there is one."""
    return [
        f"{notice} ({language}): {await _became(client, notice, language)}"
        for notice in words.notices()
        for language in words.languages()
    ]


async def _became(client: Client, notice: str, language: str) -> str:
    sid = await kept(kept_as(notice, language))
    if not sid:
        return "not handed in"
    try:
        known = await _approval(client, sid)
    except TwilioRestException as refusal:
        return f"Twilio {refusal.code}: {refusal.msg}"
    changed = await kept(f"{kept_as(notice, language)}:sha") != drawn(notice, language).wording
    more = [known.get("rejection_reason"), "its words have changed since: push it again" if changed else None]
    return "; ".join(str(each) for each in (known.get("status", "unknown"), *more) if each)
