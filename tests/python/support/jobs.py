"""What forked children do, see forker.py. Each gets `tell` first."""

import playmirror as pm

from support.forker import Tell


def sync(tell: Tell, path: str, dsn: str) -> None:
    """A sync that takes what it is given: typed errors are told, anything else is a crash."""
    try:
        with pm.open(path) as mirror, pm.connect(dsn, timeout=10) as server:
            server.sync(mirror)
    except pm.Error as error:
        tell(error.code)
