"""Answers SQL about a mirror by DuckDB and its extension for SQLite files; see rivals.py.

    python duckdb_on_file.py MIRROR FOLDER

FOLDER holds both packages. First the version is printed; then each line of the input is a statement
and each line of the output its rows and the seconds that it took, all as JSON.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path


def main(mirror: str, folder: str) -> None:
    sys.path.insert(0, folder)
    import duckdb

    extension = next(Path(folder).glob("duckdb_extension_sqlite_scanner/**/*.duckdb_extension"))
    database = duckdb.connect()
    database.execute(f"LOAD '{extension}'")
    database.execute(f"ATTACH '{mirror}' AS mirror (TYPE sqlite, READ_ONLY)")
    print(json.dumps(duckdb.__version__), flush=True)
    for line in sys.stdin:
        begin = time.perf_counter()
        rows = database.execute(json.loads(line)).fetchall()
        seconds = time.perf_counter() - begin
        print(json.dumps([rows, seconds]), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
