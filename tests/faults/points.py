"""Every function that commits or sends: the points at which a server is killed, just before its work and right after it.

`test_points.py` reads the code and holds this table against it.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
FLOORS = ("bot", "handlers", "models", "web")
COMMITS = re.compile(r"(?:database\.)?transaction|(?:\w+\.)*[A-Z]\w+\.(?:create|bulk_create|update_or_create)")

# On the way from a first message to a paid booking: each is visited while a crowd talks.
ON_THE_WAY = (
    "bot.checkout:_create",
    "bot.courier:Courier._settle",
    "bot.mail:Mail.send",
    "bot.packing:Packing._drawn",
    "bot.telegram:Telegram.send",
    "bot.whatsapp:WhatsApp.send",
    "handlers.checkout_opened:opened",
    "handlers.checkout_opened:wanted",
    "handlers.delivery_reported:delivery_reported",
    "handlers.event_told:_once",
    "handlers.event_told:_tried",
    "handlers.guest_paid:_settle",
    "handlers.guest_wrote:_turn",
    "handlers.hearing:_act",
    "handlers.someone_wrote:_recipient",
    "handlers.time_passed:_one_due",
    "handlers.wishes:_send",
    "models.claims:claim",
    "models.database:migrate",
    "models.lanes:begin",
    "models.lanes:claim",
    "models.lanes:leave",
    "models.lanes:recover",
    "models.lanes:renew",
    "models.rates:take",
    "models.settings:keep_value",
    "models.settings:move_on",
)

# Bound before anybody could put another in its place: its only caller stands for it.
BOUND_EARLY = {"models.rates:take": "bot.pace:Pace._take"}

# When a hold ends: visited by a guest who does not pay.
WHEN_A_HOLD_ENDS = ("bot.checkout:Payments.send", "handlers.time_passed:hold_ended")

# What guests do afterwards: visited by those who cancel, change, go on elsewhere and wait.
AFTERWARDS = (
    "handlers.guest_wrote:_go_on_here",
    "handlers.place_freed:_offer",
    "handlers.wishes:_change",
    "handlers.wishes:_theirs",
    "models.waiting:freed",
    "models.waiting:looked",
)

# Elsewhere, each with where it is held against a kill or why it needs none.
ASIDE = {
    "bot.courier:NotConnected.send": "nothing is sent",
    "bot.rehearsal:Rehearsal._goes_on": "no server: a talk that is rehearsed on a file of its own",
    "bot.courier:Courier._barely_settled": "an outcome that cannot be noted whole: tests/bot/test_courier, one commit",
    **dict.fromkeys(
        ("handlers.guest_cancelled:refund_owed", "handlers.place_freed:list_ended"),
        "no commit of its own: it goes in _one_due's, together with the row that says it is due",
    ),
    **dict.fromkeys(("bot.__main__:_add", "web.serving:_demo_staff"), "a log-in is there or not, and is asked for again"),
    "handlers.event_told:_owe": "an event that failed: tests/handlers, one commit",
    "handlers.event_told:stumbled": "an owed event that cannot be read: tests/handlers, one commit",
    "handlers.event_told:unread": "an event that cannot be read: tests/handlers, one commit",
    "handlers.flight_delayed:flight_delayed": "a savepoint inside a turn, as wishes._send",
    "handlers.guest_wrote:_turn_page": "one commit, as _turn",
    "handlers.guests_fell_silent:_nudge": "one commit, and whoever looks next finds the talk moved or not",
    "handlers.letter_came:_noted": "one commit, and a letter brought again has its effect once: tests/doors/test_letters",
    "handlers.letter_came:_house_knows": "one commit, once an hour, before the letter is noted: tests/stories/test_letters_forged",
    "handlers.letter_came:letter_let": "the desk: taken, and if it ends there it can be let again: tests/web/test_letters_on_the_desk",
    "handlers.letter_came:letter_set_aside": "the desk: one commit, and whoever pressed sees whether it was done",
    "handlers.letter_came:_commit": "one piece, and the mail server brings it again: tests/doors/test_letters, test_large_letters",
    "handlers.person_stopped:_kept": "one commit, as someone_wrote",
    "handlers.person_stopped:stopped_by_link": "one commit, and whoever pressed sees whether it was done",
    "handlers.place_freed:_reckoned": "a commit for each who waits, and the next look begins anew",
    "models.waiting:again_later": "one commit; undone, what was being looked at is looked at again after a while",
    "models.stuck:note_failing": "what was noted long ago is kept or not, and is taken away at the next",
    "models.settings:change_kept": "a template's fate: whoever looks next finds it as it was",
    "models.settings:forget": "a kept value is gone or not, and is looked for again",
    "models.settings:keep_first": "of several the first stands; asked again it is found",
    **dict.fromkeys(
        (
            "handlers.call_wanted:call_seen_to", "handlers.call_wanted:call_tapped", "handlers.call_wanted:call_wanted",
            "handlers.door_made:door_made", "handlers.source_named:source_named",
        ),
        "a door or a call: one commit, and whoever asked for it asks again",
    ),
    "handlers.guest_wrote:_listen": "a talk that a person has: one commit, as _turn",
    "handlers.hearing:owe": "a turn that failed: tests/handlers/test_turns_that_fail, one commit",
    **dict.fromkeys(
        (
            "handlers.place_freed:listed_again",
            "handlers.staff_acted:confirmed", "handlers.staff_acted:delivery_aside", "handlers.staff_acted:event_again",
            "handlers.staff_acted:event_aside", "handlers.staff_acted:filed", "handlers.staff_acted:handed_back", "handlers.staff_acted:replied",
            "handlers.staff_acted:sent_again", "handlers.staff_acted:took_over", "handlers.staff_acted:try_again",
            "handlers.staff_acted:wrote_in_talk", "handlers.staff_acted:wrote_to_guest", "handlers.staff_logged_in:_note",
            "handlers.staff_logged_in:logged_in", "handlers.staff_logged_in:logged_out",
        ),
        "the desk: one commit, and whoever pressed sees whether it was done",
    ),
    "models.catalogs:load": "a command, and the first start: one commit, and loading the same again changes nothing",
}  # fmt: skip


def commits() -> set[str]:
    """The functions and methods in our code that open a transaction, as module:name."""
    return {f"{module}:{name}" for module, tree in _modules() for name in _with(tree, ())}


def sends() -> set[str]:
    """The `send` of every carrier."""
    return {
        f"{module}:{one.name}.send"
        for module, tree in _modules() if module.startswith("bot.")
        for one in tree.body if isinstance(one, ast.ClassDef) and not any(ast.unparse(base) == "Protocol" for base in one.bases)
        for each in one.body if isinstance(each, ast.AsyncFunctionDef) and each.name == "send"
    }  # fmt: skip


def _modules() -> Iterator[tuple[str, ast.Module]]:
    for floor in FLOORS:
        for path in sorted((ROOT / floor).rglob("*.py")):
            name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
            if not name.startswith("web.stage."):
                yield name, ast.parse(path.read_text("utf-8"))


def _with(node: ast.AST, names: tuple[str, ...]) -> Iterator[str]:
    """The outermost functions under a node in which `transaction()` is called, or a record makes itself a row."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Call) and COMMITS.fullmatch(ast.unparse(child.func)):
            yield ".".join(names)
        opens = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        within = isinstance(node, ast.Module | ast.ClassDef)
        yield from _with(child, (*names, child.name) if opens and within else names)  # type: ignore[attr-defined]
