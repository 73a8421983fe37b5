"""Which characters a stream can show."""

from __future__ import annotations

import os
from typing import TextIO


def has_unicode(out: TextIO) -> bool:
    """Whether block characters can be shown: by the encoding, and no plain C locale."""
    locale = os.environ.get("LC_ALL") or os.environ.get("LC_CTYPE") or os.environ.get("LANG")
    if locale in ("C", "POSIX"):
        return False
    try:
        "█▏░…".encode(getattr(out, "encoding", None) or "utf-8")
    except UnicodeEncodeError:
        return False
    return True
