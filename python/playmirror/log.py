"""The logger `playmirror`, which the library's records reach: see docs/logging.md.

It is loaded by those who use it: a program that never asks for logging does not pay for it.
"""

import logging

logger = logging.getLogger("playmirror")
logger.addHandler(logging.NullHandler())


def threshold() -> int:
    """The least level that somebody listens for."""
    return logger.getEffectiveLevel()


def write(level: int, message: str) -> None:
    """Logs one record of the library."""
    logger.log(level, "%s", message, stacklevel=2)
