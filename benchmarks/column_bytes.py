"""P11: bytes of the columns per play, as they lie in the file."""

from __future__ import annotations

from columns import answer
from measure import Line
from place import Library

NAMES = ["played_at", "id", "track", "listened_ms", "skipped", "source", "context"]


def run(library: Library, runs: int) -> list[Line]:
    blocks, totals, dictionary, plays, *columns = map(int, answer("bytes", library.synced()))
    parts = {name: round(size / plays, 2) for name, size in zip(NAMES, columns, strict=True)}
    return [
        Line("P11", "bytes of the columns, per play", "bytes", [(blocks + totals) / plays],
             target="18 bytes", notes=parts | {
                 "totals per track": round(totals / plays, 2),
                 "beside it, the dictionary of tracks": round(dictionary / plays, 2),
             }),
    ]  # fmt: skip
