"""A wheelchair that comes along: whether it folds tells which vehicle takes it."""

from flows.speech import Option
from flows.understand.ear import Doubt, Ear
from flows.understand.text import plain

KINDS = ("folding", "rigid")
OPTIONS = tuple(Option("wheelchair", kind, f"@wheelchair_{kind}") for kind in (*KINDS, "none"))


def a_wheelchair(ear: Ear) -> str | bool | Doubt | None:
    """ "folding", "rigid", or False for none; a doubt where nobody has said whether it folds."""
    found = None if _is_to_change(ear) else ear.words.take(ear.vocabulary.wheelchair)
    if not found:
        return _answered(ear) if ear.asked == "wheelchair" else None
    if (ear.vocabulary.number(found["many"] or "") or 1) > 1:
        ear.found.setdefault("_remarks", []).append(("wheelchairs", {"words": found[0].strip()}))
    return _kind(ear, found[0]) or ear.draft.get("wheelchair") or _which()


def _is_to_change(ear: Ear) -> bool:
    """ "Change the wheelchair" asks for the question and tells nothing."""
    found = ear.vocabulary.change.search(ear.words.folded)
    return bool(
        found and ear.vocabulary.lines["wheelchair"].match(plain(found["what"])) and not _kind(ear, ear.words.folded)
    )


def _kind(ear: Ear, said: str) -> str | None:
    if ear.vocabulary.rigid.search(said):  # "does not fold" says "fold" too
        return "rigid"
    return "folding" if ear.vocabulary.folding.search(said) else None


def _answered(ear: Ear) -> str | bool | Doubt | None:
    """The answer to "does one come along?", or, after that doubt, to "does it fold?"."""
    if ear.words.take(ear.vocabulary.rigid):
        return "rigid"
    if ear.words.take(ear.vocabulary.folding):
        return "folding"
    if ear.is_all(ear.vocabulary.yes):
        return "folding" if ear.memory else _which()
    if ear.is_all(ear.vocabulary.no):
        return "rigid" if ear.memory else False
    return False if ear.is_all(ear.vocabulary.none) else None


def _which() -> Doubt:
    return Doubt("which_wheelchair", {}, OPTIONS, {"wheelchair": True})
