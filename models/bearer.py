"""Who carries: the name that a process's leases bear, and whether the process of a name is gone for certain."""

import os
import secrets
import socket
from contextlib import suppress
from functools import cache
from hashlib import blake2s
from pathlib import Path


@cache
def machine() -> str:
    """Where process numbers mean the same: this host since it was switched on, and this container. Ends with "-" where none can tell."""
    with suppress(OSError):
        boot, space = Path("/proc/sys/kernel/random/boot_id").read_bytes(), Path("/proc/self/ns/pid").stat().st_ino
        return f"{socket.gethostname()[:12]}-{blake2s(boot + str(space).encode(), digest_size=4).hexdigest()}"
    return f"{socket.gethostname()[:12]}-"


def name() -> str:
    """A new name for this process, at most 40 characters; no two are ever the same."""
    return f"{machine()}:{os.getpid()}:{secrets.token_hex(4)}"


def is_gone(owner: str) -> bool:
    """Whether this process ran on this machine and has ended. A process elsewhere, or a number used anew, is never said to be gone."""
    where, _, rest = owner.partition(":")
    number = rest.partition(":")[0]
    if where != machine() or where.endswith("-") or not number.isdecimal():
        return False
    try:
        os.kill(int(number), 0)
    except ProcessLookupError:
        return True
    except PermissionError:  # it lives, and is somebody else's
        return False
    return False
