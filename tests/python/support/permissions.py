"""For tests as root, whom no permission bits stop."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Iterator
from contextlib import contextmanager

VERSION_3 = 0x20080522
EFFECTIVE, SETS, WORDS = 0, 3, 2
DAC_OVERRIDE, DAC_READ_SEARCH = 1 << 1, 1 << 2


@contextmanager
def permissions_count() -> Iterator[None]:
    """Inside, the permission bits of files count for root as well: in the calling thread, and in
    those that it starts."""
    if os.geteuid() != 0:
        yield
        return
    before = _capabilities()
    bound = (ctypes.c_uint32 * (SETS * WORDS))(*before)
    bound[EFFECTIVE] &= ~(DAC_OVERRIDE | DAC_READ_SEARCH)
    _call("capset", bound)
    try:
        yield
    finally:
        _call("capset", before)


def _capabilities() -> ctypes.Array[ctypes.c_uint32]:
    data = (ctypes.c_uint32 * (SETS * WORDS))()
    _call("capget", data)
    return data


def _call(name: str, data: ctypes.Array[ctypes.c_uint32]) -> None:
    header = (ctypes.c_uint32 * 2)(VERSION_3, 0)
    libc = ctypes.CDLL(None, use_errno=True)
    if getattr(libc, name)(header, data) != 0:
        raise OSError(ctypes.get_errno(), name)
