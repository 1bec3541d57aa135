"""What a house must know that was restored from a backup: some of what it is about to do may have been done since that backup."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from models.database import Run
from models.fields import packed, unpacked
from models.settings import kept

NAME = "restored"  # the value kept
SHOWN = timedelta(days=7)  # to staff, from the restore on


@dataclass(frozen=True, slots=True)
class Restored:
    """The `backup` was made at that moment and restored `at` another (the house's time); `invoice` is the last it knows.

    `chosen`: staff said with which number invoices go on.
    """

    backup: datetime
    at: datetime
    invoice: str | None
    chosen: bool

    def as_value(self) -> str:
        """As it is kept."""
        return packed(
            {
                "backup": self.backup.isoformat(), "at": self.at.isoformat(), "invoice": self.invoice,
                "chosen": self.chosen,
            }
        )  # fmt: skip


async def restored() -> Restored | None:
    """Whether, and when, this house was restored last."""
    value = await kept(NAME)
    if value is None:
        return None
    was = unpacked(value)
    return Restored(
        datetime.fromisoformat(was["backup"]), datetime.fromisoformat(was["at"]), was["invoice"], bool(was["chosen"])
    )


async def lately(now: datetime) -> Restored | None:
    """The restore that staff should still have in mind."""
    was = await restored()
    return was if was and now < was.at + SHOWN else None


async def leave_to_the_desk(run: Run, booking: int, kind: str, due: datetime) -> None:
    """What was due at a moment before the restore may have been told then: the desk has it, it does not leave by itself."""
    was = await restored()
    if was is not None and due <= was.at:
        await run(
            "UPDATE delivery SET state = 'given_up', error = :why WHERE booking_id = :booking AND kind = :kind "
            "AND state = 'waiting'",
            booking=booking, kind=kind, why=f"due before the backup of {was.backup:%Y-%m-%d %H:%M} UTC was restored; "
            "it may have left since that backup",
        )  # fmt: skip
