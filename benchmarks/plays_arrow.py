"""P9: all plays as an Arrow table, and the sum of every column.

Floor: the same columns in an Arrow file, mapped into memory, summed by the same functions of
pyarrow. Both begin with nothing but an open file or mirror and end with the sums: of numbers, of
instants as microseconds, of true flags, and of the codes of dictionaries, whose texts count too.
The system keeps the file in memory, and the mirror the table; how long that took to make is noted.
"""

from __future__ import annotations

import time

import playmirror
import pyarrow
import pyarrow.compute as compute
from measure import Line, expect, interleave, milliseconds
from place import PLAYS, Library


def run(library: Library, runs: int) -> list[Line]:
    path = library.path("plays").with_suffix(".arrow")
    with playmirror.open(library.synced()) as mirror:

        def plays() -> pyarrow.Table:
            return pyarrow.table(mirror.plays.table(order="oldest_first"))

        begin = time.perf_counter()
        first = plays()
        made_in = time.perf_counter() - begin
        wanted = _write(first, path)
        check = mirror.sql("SELECT count(*) AS plays, sum(listened_ms) AS ms FROM play_history")
        (answer,) = check.to_dicts()
        expect(wanted["id"][1], answer["plays"], "plays counted by SQL")
        expect(wanted["listened_ms"][0], answer["ms"], "milliseconds summed by SQL")

        def ours() -> float:
            begin = time.perf_counter()
            found = _sums(plays())
            seconds = time.perf_counter() - begin
            expect(found, wanted, "our sums")
            return seconds

        def mapped() -> float:
            begin = time.perf_counter()
            with pyarrow.memory_map(str(path)) as file:
                found = _sums(pyarrow.ipc.open_file(file).read_all())
            seconds = time.perf_counter() - begin
            expect(found, wanted, "the sums of the file")
            return seconds

        floor_times, our_times = interleave(runs * 2, mapped, ours)
        size = path.stat().st_size
    path.unlink()
    notes = {"bytes of the Arrow file": size, "plays": PLAYS[library.size]}
    notes |= {"ms to make the table first": round(made_in * 1e3), "pyarrow": pyarrow.__version__}
    return [
        Line("P9", "all plays as an Arrow table, every column summed", "ms",
             milliseconds(our_times), milliseconds(floor_times), "2 F", notes)
    ]  # fmt: skip


def _write(table: pyarrow.Table, path: object) -> dict[str, tuple[int, int]]:
    """Writes the table as one batch and returns its sums."""
    table = table.combine_chunks()
    with pyarrow.OSFile(str(path), "wb") as file, pyarrow.ipc.new_file(file, table.schema) as out:
        out.write_table(table)
    return _sums(table)


def _sums(table: pyarrow.Table) -> dict[str, tuple[int, int]]:
    """The sum of each column, and how many values it has."""
    return {name: _sum(table.column(name)) for name in table.column_names}


def _sum(column: pyarrow.ChunkedArray) -> tuple[int, int]:
    total = 0
    for chunk in column.chunks:
        if isinstance(chunk, pyarrow.DictionaryArray):
            total += compute.sum(compute.binary_length(chunk.dictionary)).as_py() or 0
            chunk = chunk.indices
        elif pyarrow.types.is_timestamp(chunk.type):
            chunk = chunk.view(pyarrow.int64())
        total += compute.sum(chunk).as_py() or 0
    return total, len(column) - column.null_count
