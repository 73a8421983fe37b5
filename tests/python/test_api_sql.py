"""Mirror.sql(): one read-only SELECT, and nothing else."""

import os
import signal
import threading
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path

import playmirror as pm
import pytest
from playmirror.table import Parameter
from support.offline_library import NOON, open_library


@pytest.fixture
def mirror(mirror_path: Path) -> Iterator[pm.Mirror]:
    with open_library(mirror_path) as mirror:
        yield mirror


FOREVER = "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT sum(x) FROM c"


def test_every_type_arrives_as_itself(mirror: pm.Mirror) -> None:
    table = mirror.sql("SELECT NULL AS n, 1 AS i, 1.5 AS r, 'é' AS t, x'00ff' AS b")
    assert table.rows() == [(None, 1, 1.5, "é", b"\x00\xff")]
    assert [type(value) for value in table.rows()[0]] == [type(None), int, float, str, bytes]


def test_parameters_are_bound_in_order(mirror: pm.Mirror) -> None:
    given: list[Parameter] = [None, True, -(2**63), 1.5, "é\n", b"\x00", bytearray(b"x")]
    (row,) = mirror.sql("SELECT ?, ?, ?, ?, ?, ?, ?", given)
    assert row == (None, 1, -(2**63), 1.5, "é\n", b"\x00", b"x")


@pytest.mark.parametrize(
    ("query", "given", "said"),
    [
        ("SELECT ?", [], "it has 1 parameter, and 0 values were given"),
        ("SELECT ?, ?", [1], "it has 2 parameters, and 1 value was given"),
    ],
)
def test_parameters_and_values_are_as_many(
    mirror: pm.Mirror, query: str, given: list[Parameter], said: str
) -> None:
    with pytest.raises(pm.QueryError, match=said):
        mirror.sql(query, given)


def test_an_instant_compares_with_the_timestamp_columns(mirror: pm.Mirror) -> None:
    query = "SELECT count(*) AS n FROM play_history WHERE played_at <= ?"
    assert mirror.sql(query, [NOON]).column("n") == [1]
    assert mirror.sql(query, [pm.Timestamp.infinity()]).column("n") == [6]
    with pytest.raises(pm.InvalidArgument, match="naive"):
        mirror.sql(query, [datetime(2026, 1, 31)])


def test_numbers_of_numpy_are_numbers(mirror: pm.Mirror) -> None:
    numpy = pytest.importorskip("numpy")
    given = [numpy.float32(0.5), numpy.float64(0.25), numpy.int16(-3), numpy.bool_(True)]
    assert list(mirror.sql("SELECT ?, ?, ?, ?", given)[0]) == [0.5, 0.25, -3, 1]
    with pytest.raises(TypeError):
        mirror.sql("SELECT ?", [numpy.zeros(2)])  # type: ignore[list-item]


@pytest.mark.parametrize(
    "parameters", [[object], [1j], [Decimal("1.5")], [2**63], ["\ud800"]], ids=repr
)
def test_a_parameter_that_sql_cannot_hold_is_refused(
    mirror: pm.Mirror, parameters: list[object]
) -> None:
    with pytest.raises((TypeError, pm.InvalidArgument)):
        mirror.sql("SELECT ?", parameters)  # type: ignore[arg-type]


def test_text_is_not_taken_for_a_list_of_parameters(mirror: pm.Mirror) -> None:
    with pytest.raises(TypeError, match="parameters must be a sequence, not str"):
        mirror.sql("SELECT ?", "x")


def test_the_names_of_a_dict_are_not_taken_for_its_values(mirror: pm.Mirror) -> None:
    with pytest.raises(TypeError, match="parameters must be a sequence, not dict"):
        mirror.sql("SELECT :a", {"a": 1})  # type: ignore[arg-type]


def test_text_that_is_not_utf8_arrives_as_bytes(mirror: pm.Mirror) -> None:
    ((text,),) = mirror.sql("SELECT CAST(x'41ff' AS TEXT)")
    assert text == b"A\xff"


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM tracks",
        "INSERT INTO artists (id) VALUES ('x')",
        "DROP TABLE tracks",
        "PRAGMA journal_mode = DELETE",
        "ATTACH '/tmp/x' AS x",
        "SELECT 1; SELECT 2",
        "BEGIN",
        "VACUUM",
        "SELECT load_extension('x')",
        "",
    ],
)
def test_anything_but_one_select_is_refused(mirror: pm.Mirror, statement: str) -> None:
    with pytest.raises(pm.QueryError) as caught:
        mirror.sql(statement)
    assert caught.value.outcome == "unchanged"
    assert len(mirror.tracks) == 3


def test_wrong_sql_says_what_is_wrong(mirror: pm.Mirror) -> None:
    with pytest.raises(pm.QueryError, match="no such column: nane") as caught:
        mirror.sql("SELECT nane FROM tracks")
    assert caught.value.code is pm.ErrorCode.QUERY_FAILED


def test_limits_of_time_and_rows_are_kept(mirror: pm.Mirror) -> None:
    began = time.monotonic()
    with pytest.raises(pm.QueryError) as caught:
        mirror.sql(FOREVER, timeout=0.2)
    assert caught.value.code == "query_limit"
    assert "raise timeout" in caught.value.hint
    assert time.monotonic() - began < 5
    with pytest.raises(pm.QueryError) as caught:
        mirror.sql("SELECT id FROM play_history", max_rows=5)
    assert caught.value.code == "query_limit"


@pytest.mark.parametrize("timeout", [0, -1, timedelta(microseconds=-5)])
def test_a_timeout_that_leaves_no_time_is_refused(
    mirror: pm.Mirror, timeout: float | timedelta
) -> None:
    with pytest.raises(pm.InvalidArgument, match="timeout"):
        mirror.sql("SELECT 1", timeout=timeout)


def test_ctrl_c_stops_a_statement_within_a_second(mirror: pm.Mirror) -> None:
    began = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        threading.Timer(0.2, os.kill, [os.getpid(), signal.SIGINT]).start()
        mirror.sql(FOREVER)
    assert time.monotonic() - began < 10
    assert len(mirror.sql("SELECT id FROM tracks")) == 3


def test_stop_and_progress_stop_a_statement(mirror: pm.Mirror) -> None:
    stop = threading.Event()
    threading.Timer(0.1, stop.set).start()
    with pytest.raises(pm.Cancelled):
        mirror.sql(FOREVER, stop=stop)

    def enough(now: pm.Progress) -> None:
        raise LookupError(now.phase)

    with pytest.raises(LookupError, match="query"):
        mirror.sql(FOREVER, progress=enough)


def test_a_table_is_read_by_row_by_column_and_by_name(mirror: pm.Mirror) -> None:
    table = mirror.sql("SELECT id, name FROM artists ORDER BY id")
    assert len(table) == 2
    assert [column.name for column in table.columns] == ["id", "name"]
    assert list(table) == table.rows() == [("miles", "Miles Davis"), ("nina", "Nina Simone")]
    assert table.column("id") == ["miles", "nina"]
    assert table.to_dicts()[0] == {"id": "miles", "name": "Miles Davis"}
    assert repr(table) == "<Table of 2 rows: id, name>"
    with pytest.raises(KeyError):
        table.column("nothing")


def test_a_table_without_rows_still_has_columns(mirror: pm.Mirror) -> None:
    table = mirror.sql("SELECT id, name FROM artists WHERE 0")
    assert len(table) == 0
    assert not table
    assert table.rows() == []
    assert table.to_dicts() == []
    assert table.column("id") == []


def test_columns_of_one_name_are_not_silently_merged(mirror: pm.Mirror) -> None:
    table = mirror.sql("SELECT 1 AS x, 2 AS x")
    assert table.rows() == [(1, 2)]
    with pytest.raises(pm.InvalidArgument, match="2 columns of the result are named 'x'"):
        table.to_dicts()


def test_a_table_outlives_its_mirror(mirror_path: Path) -> None:
    with open_library(mirror_path) as mirror:
        table = mirror.sql("SELECT id FROM artists")
    assert len(table) == 2
