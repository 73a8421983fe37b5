"""For tests as root, whom no permission bits stop."""

from __future__ import annotations

import os
import pwd
from collections.abc import Iterator
from contextlib import contextmanager

NOBODY = pwd.getpwnam("nobody")


@contextmanager
def as_nobody() -> Iterator[None]:
    """What is done inside is done by another user, if this one is root."""
    if os.geteuid() != 0:
        yield
        return
    os.setegid(NOBODY.pw_gid)
    os.seteuid(NOBODY.pw_uid)
    try:
        yield
    finally:
        os.seteuid(0)
        os.setegid(0)
