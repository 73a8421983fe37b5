"""Tables in the hands of pyarrow, nanoarrow, pandas, polars and DuckDB."""

import dataclasses
import gc
import math
import pickle
import resource
import subprocess
import sys
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import playmirror as pm
import pytest
from support.offline_library import NOON, open_library

duckdb = pytest.importorskip("duckdb")
nanoarrow = pytest.importorskip("nanoarrow")
pandas = pytest.importorskip("pandas")
polars = pytest.importorskip("polars")
pyarrow = pytest.importorskip("pyarrow")
parquet = pytest.importorskip("pyarrow.parquet")


@pytest.fixture
def mirror(mirror_path: Path) -> Iterator[pm.Mirror]:
    with open_library(mirror_path) as mirror:
        mirror.snapshots.add(date=NOON, period_label="x", metrics_payload={"plays": 6})
        yield mirror


# Every type, NULLs at both ends and in the middle, texts of several lengths.
EVERY_TYPE = """
SELECT p.id, p.played_at, p.skipped, p.source, p.context_uri, a.genres,
       CASE p.rowid % 3 WHEN 0 THEN NULL ELSE p.rowid END AS i,
       CASE p.rowid % 3 WHEN 1 THEN NULL ELSE p.rowid / 4.0 END AS r,
       CASE p.rowid % 3 WHEN 2 THEN NULL ELSE substr('é♪xyz', 1, p.rowid & 3) END AS t,
       CASE p.rowid % 3 WHEN 0 THEN NULL ELSE zeroblob(p.rowid & 7) END AS b,
       NULL AS n
FROM play_history p, artists a ORDER BY p.played_at, a.id"""

TABLES: dict[str, Callable[[pm.Mirror], Any]] = {
    "every type": lambda mirror: mirror.sql(EVERY_TYPE),
    "plays": lambda mirror: mirror.plays.table(),
    "tracks": lambda mirror: mirror.tracks.table(),
    "artists": lambda mirror: mirror.artists.table(),
    "snapshots": lambda mirror: mirror.snapshots.table(),
    "records": lambda mirror: mirror.stats.top_tracks(),
    "no rows": lambda mirror: mirror.plays.table(track_id="nothing"),
    "no rows of sql": lambda mirror: mirror.sql(EVERY_TYPE.replace("ORDER", "WHERE 0 ORDER")),
    "no values": lambda mirror: mirror.playlists.table(),
    "slice": lambda mirror: mirror.sql(EVERY_TYPE)[1:10],
    "slice of a slice": lambda mirror: mirror.sql(EVERY_TYPE)[1:11][2:9],
    "empty slice": lambda mirror: mirror.plays.table()[3:3],
    "slice of plays": lambda mirror: mirror.plays.table()[1:4],
    "every second": lambda mirror: mirror.plays.table()[::2],
    "slice of records": lambda mirror: mirror.stats.top_tracks()[1:],
}


@pytest.fixture(params=TABLES)
def table(request: pytest.FixtureRequest, mirror: pm.Mirror) -> Any:
    return TABLES[request.param](mirror)


def test_pyarrow_reads_the_same_values_from_valid_buffers(table: Any) -> None:
    taken = table.to_arrow()
    taken.validate(full=True)
    assert taken.to_pylist() == table.to_dicts()
    assert pyarrow.schema(table) == taken.schema


def test_nanoarrow_agrees(table: Any) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", nanoarrow.iterator.UnregisteredExtensionWarning)
        with nanoarrow.ArrayStream(table) as stream:
            taken = stream.read_all()
        rows = [row for chunk in taken.iter_chunks() for row in chunk.to_pylist()]
    for chunk in taken.iter_chunks():
        view = nanoarrow.c_array(chunk).view()
        assert view.length == len(table)
    assert rows == table.to_dicts()


def test_polars_reads_the_same_values(table: Any) -> None:
    taken = table.to_polars()
    assert taken.height == len(table)
    rows = taken.to_dicts()
    assert rows == table.to_dicts()
    flat = table.table() if isinstance(table, pm.Records) else table
    assert polars.DataFrame(flat).equals(taken)


def test_pandas_reads_the_same_values(table: Any) -> None:
    taken = table.to_pandas(types_mapper=pandas.ArrowDtype)
    assert len(taken) == len(table)
    for row, expected in zip(taken.to_dict("records"), table.to_dicts(), strict=True):
        assert {k: None if pandas.isna(v) else v for k, v in row.items()} == expected
    assert list(table.to_pandas().columns) == list(taken.columns)
    if hasattr(pandas.DataFrame, "from_arrow"):  # since pandas 3
        assert pandas.DataFrame.from_arrow(table).shape == taken.shape


def test_duckdb_reads_the_same_values(table: Any) -> None:
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        connection.register("answer", table)
        taken = connection.sql("SELECT * FROM answer").to_arrow_table().to_pylist()
        assert taken == table.to_dicts()
        # A second query asks for a second stream.
        assert connection.execute("SELECT count(*) FROM answer").fetchone() == (len(table),)


def test_parquet_gives_it_back(table: Any, tmp_path: Path) -> None:
    table.to_parquet(tmp_path / "t.parquet")
    assert parquet.read_table(tmp_path / "t.parquet").to_pylist() == table.to_dicts()


def test_columns_go_through_arrow_by_themselves(mirror: pm.Mirror) -> None:
    table = mirror.plays.table(order="oldest_first")
    for column in table.columns:
        taken = pyarrow.array(column)
        taken.validate(full=True)
        assert taken.to_pylist() == column
        assert polars.Series(column).to_list() == column
    assert str(polars.Series(table["track_id"]).dtype) == "Categorical"


def lists_in(value: object) -> Iterator[Any]:
    """The lists of records in an answer, however deep."""
    if isinstance(value, pm.Records):
        yield value
    elif dataclasses.is_dataclass(value):
        for field in dataclasses.fields(value):
            yield from lists_in(getattr(value, field.name))


#: What single statistics must be told.
NEEDED: dict[str, tuple[Any, ...]] = {"entity_profile": ("miles",), "year_in_review": (2026,)}


@pytest.mark.parametrize(
    "name", [each for each in vars(pm.Stats) if each[0] != "_" and each != "compare"]
)
def test_every_list_of_a_statistic_is_a_table(mirror: pm.Mirror, name: str) -> None:
    for records in lists_in(getattr(mirror.stats, name)(*NEEDED.get(name, ()))):
        taken = records.to_arrow()
        taken.validate(full=True)
        assert taken.num_rows == len(records)
        assert records.to_polars().height == records.to_pandas().shape[0] == len(records)
        assert taken.to_pylist() == records.to_dicts()
        assert pickle.loads(pickle.dumps(records)) == records


def test_each_call_makes_a_fresh_stream(mirror: pm.Mirror) -> None:
    table = mirror.plays.table()
    first, second = table.__arrow_c_stream__(), table.__arrow_c_stream__(requested_schema=None)
    assert first is not second
    assert pyarrow.table(table) == pyarrow.table(table)
    reader = pyarrow.RecordBatchReader.from_stream(table)
    assert [batch.num_rows for batch in reader] == [6]
    assert 'capsule object "arrow_array_stream"' in repr(first)
    assert 'capsule object "arrow_schema"' in repr(table.__arrow_c_schema__())
    schema, array = table["id"].__arrow_c_array__()
    assert 'capsule object "arrow_schema"' in repr(schema)
    assert 'capsule object "arrow_array"' in repr(array)


def test_nothing_is_copied_and_the_memory_outlives_all(mirror_path: Path) -> None:
    with open_library(mirror_path) as mirror:
        table = mirror.plays.table(order="oldest_first")
        addresses = [pyarrow.array(table["listened_ms"]).buffers()[1].address for _ in range(2)]
        assert addresses[0] == addresses[1]
        part = pyarrow.array(table[2:]["listened_ms"])
        assert part.buffers()[1].address == addresses[0]
        assert part.offset == 2
        taken = pyarrow.array(table["listened_ms"])
        stream = table.__arrow_c_stream__()
    del table, part
    gc.collect()
    assert taken.to_pylist() == [0, 1000, 2000, 3000, 4000, 5000]
    assert pyarrow.RecordBatchReader._import_from_c_capsule(stream).read_all().num_rows == 6


def test_what_nobody_takes_is_released(mirror: pm.Mirror) -> None:
    def leftover() -> int:
        table = mirror.sql("SELECT zeroblob(4000000) AS b")
        for _ in range(3):
            table.__arrow_c_stream__()
            table.__arrow_c_schema__()
            table["b"].__arrow_c_array__()
        reader = pyarrow.RecordBatchReader.from_stream(table)
        assert reader.schema.names == ["b"]  # and no batch is read
        pyarrow.array(table["b"])
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    before = leftover()
    for _ in range(100):
        after = leftover()
    assert after - before < 100_000  # KB; a leak of each table would be 400 MB


def test_json_carries_the_canonical_extension(mirror: pm.Mirror) -> None:
    field = mirror.artists.table().to_arrow().schema.field("genres")
    assert field.type.extension_name == "arrow.json"
    with duckdb.connect() as connection:
        connection.register("artists", mirror.artists.table())
        query = "SELECT typeof(genres), genres->>0 FROM artists ORDER BY id"
        assert connection.execute(query).fetchone() == ("JSON", "cool jazz")
    assert mirror.artists.table().to_pandas()["genres"].iloc[0] == '["cool jazz", "bebop"]'


def test_instants_are_in_utc_to_the_microsecond(mirror: pm.Mirror) -> None:
    mirror.plays.add(track_id="blue", played_at="1969-12-31T23:59:59.999999Z")
    column = mirror.plays.table(order="oldest_first").to_arrow()["played_at"]
    assert str(column.type) == "timestamp[us, tz=UTC]"
    assert column.cast(pyarrow.int64())[0].as_py() == -1
    assert mirror.plays.table().to_pandas()["played_at"].dtype == "datetime64[us, UTC]"


def test_timestamps_beyond_arrow_are_null_with_a_warning(mirror: pm.Mirror) -> None:
    instants = ["infinity", "-infinity", "294276-12-31T00:00:00Z", "0044-03-15T00:00:00Z BC"]
    for number, instant in enumerate(instants):
        mirror.tracks.add(id=f"~{number}", created_at=instant)
    table = mirror.sql("SELECT created_at FROM tracks WHERE id LIKE '~%' ORDER BY id")
    with pytest.warns(RuntimeWarning, match="3 of the 4 timestamps in 'created_at'"):
        taken = table.to_arrow()
    taken.validate(full=True)
    assert taken["created_at"].null_count == 3
    assert taken["created_at"].cast(pyarrow.int64())[3].as_py() == -63517824000 * 10**6


def test_infinite_reals_are_kept(mirror: pm.Mirror) -> None:
    taken = mirror.sql("SELECT 9e999 AS r UNION ALL SELECT -9e999").to_arrow()
    assert taken["r"].to_pylist() == [math.inf, -math.inf]


def test_namesakes_are_an_error_only_where_they_must_be(mirror: pm.Mirror) -> None:
    table = mirror.sql("SELECT 1 AS x, 2 AS x")
    assert table.to_arrow().num_columns == 2
    with pytest.raises(pm.InvalidArgument, match="named 'x'"):
        table.to_polars()


@pytest.mark.parametrize(
    ("call", "hidden", "install"),
    [
        ("to_arrow()", "pyarrow", "pyarrow"),
        ("to_pandas()", "pandas", "pandas pyarrow"),
        ("to_pandas()", "pyarrow", "pandas pyarrow"),
        ("to_polars()", "polars", "polars"),
        ("to_parquet('x')", "pyarrow", "pyarrow"),
    ],
)
def test_a_missing_library_is_named(
    mirror: pm.Mirror, monkeypatch: pytest.MonkeyPatch, call: str, hidden: str, install: str
) -> None:
    taken = {"table": mirror.plays.table()}
    monkeypatch.setitem(sys.modules, hidden, None)
    with pytest.raises(ImportError, match=f"pip install {install}$") as caught:
        eval(f"table.{call}", taken)
    assert caught.value.name == hidden


def test_no_library_is_imported_before_it_is_asked_for(mirror_path: Path) -> None:
    open_library(mirror_path).close()
    code = (
        "import sys, playmirror as pm\n"
        f"table = pm.open({str(mirror_path)!r}).plays.table()\n"
        "table.to_csv(); table._repr_html_(); table.__arrow_c_stream__(); table.rows()\n"
        "libraries = {'duckdb', 'nanoarrow', 'numpy', 'pandas', 'polars', 'pyarrow'}\n"
        "assert not libraries & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
