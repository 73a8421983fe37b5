"""Table, Column and Records: types, access, text forms, and what cannot be held by Arrow."""

import copy
import csv
import gc
import io
import pickle
from collections.abc import Callable, Iterator
from datetime import datetime, timezone
from pathlib import Path

import playmirror as pm
import pytest
from support.offline_library import NOON, open_library

T = pm.ColumnType


@pytest.fixture
def mirror(mirror_path: Path) -> Iterator[pm.Mirror]:
    with open_library(mirror_path) as mirror:
        yield mirror


def schema(table: pm.Table) -> dict[str, str]:
    return {field.name: str(field.type) for field in table.schema}


# Types ---------------------------------------------------------------------------------------


def test_a_listing_has_the_types_of_the_record(mirror: pm.Mirror) -> None:
    assert schema(mirror.plays.table()) == {
        "id": "int64",
        "track_id": "dictionary",
        "played_at": "timestamp",
        "context_uri": "dictionary",
        "listened_ms": "int64",
        "skipped": "boolean",
        "source": "dictionary",
    }
    assert schema(mirror.artists.table())["genres"] == "json"
    assert schema(mirror.tracks.table())["tempo"] == "float64"


@pytest.mark.parametrize("name", ["plays", "tracks", "artists", "snapshots", "playlists"])
def test_a_listing_as_a_table_is_the_listing(mirror: pm.Mirror, name: str) -> None:
    mirror.snapshots.add(date=NOON, period_label="x", metrics_payload={"plays": 6})
    collection = getattr(mirror, name)
    names = [field.name for field in collection.table().schema]
    records = [tuple(getattr(record, each) for each in names) for record in collection]
    assert collection.table().rows() == records


def test_the_filters_are_those_of_the_listing(mirror: pm.Mirror) -> None:
    filters = {"track_id": "so-what", "order": "oldest_first", "limit": 2}
    plays = list(mirror.plays.list(**filters))
    assert mirror.plays.table(**filters)["id"] == [play.id for play in plays]
    assert mirror.plays.table(pending=False)["id"] == []
    assert mirror.tracks.table(album="Pastel Blues")["id"] == ["sinnerman"]
    assert mirror.artists.table(genre="soul")["id"] == ["nina"]


@pytest.mark.parametrize("rows", ["", " WHERE 0"], ids=["rows", "no rows"])
@pytest.mark.parametrize(
    "source",
    [
        "play_history",
        "(SELECT * FROM play_history)",
        "(SELECT p.* FROM play_history p JOIN tracks t ON t.id = p.track_id ORDER BY p.id)",
    ],
    ids=["table", "subquery", "join"],
)
def test_sql_gives_mirrored_columns_their_types(mirror: pm.Mirror, source: str, rows: str) -> None:
    table = mirror.sql(f"SELECT id, played_at AS at, skipped, source FROM {source}{rows}")
    expected = {"id": "int64", "at": "timestamp", "skipped": "boolean", "source": "utf8"}
    assert schema(table) == expected
    if len(table):
        assert sorted(table["at"])[0] == NOON
        assert set(table["skipped"]) == {True, False, None}


def test_sql_gives_json_and_reals_their_types(mirror: pm.Mirror) -> None:
    assert schema(mirror.sql("WITH a AS (SELECT genres g FROM artists) SELECT g FROM a")) == {
        "g": "json"
    }
    # All NULL, and typed all the same.
    query = "SELECT tempo, energy, created_at, lyrics FROM tracks WHERE id = 'blue'"
    assert schema(mirror.sql(query)) == {
        "tempo": "float64",
        "energy": "float64",
        "created_at": "timestamp",
        "lyrics": "utf8",
    }


@pytest.mark.parametrize(
    ("values", "type", "expected"),
    [
        ("(NULL), (NULL)", T.NULL, [None, None]),
        ("(1), (NULL), (-9223372036854775808)", T.INT64, [1, None, -(2**63)]),
        ("(1.5), (9e999), (NULL)", T.FLOAT64, [1.5, float("inf"), None]),
        ("(1), (0.5), (9007199254740992)", T.FLOAT64, [1.0, 0.5, 2.0**53]),
        ("(9007199254740993), (0.5)", T.UTF8, ["9007199254740993", "0.5"]),
        ("('a'), (NULL), ('')", T.UTF8, ["a", None, ""]),
        ("(0.1), ('a'), (2)", T.UTF8, ["0.1", "a", "2"]),
        ("(2), ('a'), (0.1)", T.UTF8, ["2", "a", "0.1"]),
        ("(x'00ff'), (NULL)", T.BINARY, [b"\x00\xff", None]),
        ("(x'ff'), ('é'), (7)", T.BINARY, [b"\xff", "é".encode(), b"7"]),
        ("('ok'), (CAST(x'41ff' AS TEXT))", T.BINARY, [b"ok", b"A\xff"]),
        ("('a' || char(0)), ('b')", T.UTF8, ["a\0", "b"]),
    ],
)
def test_expressions_go_by_their_values(
    mirror: pm.Mirror, values: str, type: pm.ColumnType, expected: list[object]
) -> None:
    (column,) = mirror.sql(f"SELECT column1 FROM (VALUES {values})").columns
    assert column.type is type
    assert column == expected
    assert [value.__class__ for value in column] == [value.__class__ for value in expected]
    assert column.null_count == expected.count(None)


def test_a_character_cut_between_two_texts_is_not_utf8(mirror: pm.Mirror) -> None:
    (column,) = mirror.sql(
        "SELECT CAST(x'c3' AS TEXT) UNION ALL SELECT CAST(x'a9' AS TEXT)"
    ).columns
    assert column == [b"\xc3", b"\xa9"]


def test_a_union_below_a_mirrored_column_is_not_taken_for_it(mirror: pm.Mirror) -> None:
    table = mirror.sql(
        "SELECT skipped, played_at, genres FROM play_history, artists WHERE false "
        "UNION ALL SELECT 7, 'noon', 1.5"
    )
    assert table.rows() == [(7, "noon", 1.5)]
    table = mirror.sql("SELECT skipped FROM play_history UNION ALL SELECT 7")
    assert schema(table) == {"skipped": "int64"}


def test_columns_that_a_tool_calls_like_mirrored_ones_are_expressions(mirror: pm.Mirror) -> None:
    assert schema(mirror.sql("SELECT max(played_at) AS played_at FROM play_history")) == {
        "played_at": "utf8"
    }


# Access --------------------------------------------------------------------------------------


def test_rows_and_columns_are_reached_by_number_and_name(mirror: pm.Mirror) -> None:
    table = mirror.plays.table(order="oldest_first")
    assert table[0] == table.row(0) == table.rows()[0]
    assert table[-1] == table.rows()[5]
    assert table["track_id"] == table.column("track_id") == table.columns[1]
    assert table["track_id"][:2] == ["so-what", "blue"]
    assert table[1:3].rows() == table.slice(1, 2).rows() == table.rows()[1:3]
    assert table[::-2].rows() == table.rows()[::-2]
    assert table[10:] == table[:0]
    assert len(table[:0]) == 0
    for outside in (6, -7):
        with pytest.raises(IndexError, match=f"row {outside} is not among the 6 of the table"):
            table[outside]
    for sliced in (table, table.columns[0]):
        for offset, length in ((5, 2), (7, 0), (2**63 - 1, 1), (1, 2**63 - 1)):
            with pytest.raises(pm.InvalidArgument, match="not all among the 6"):
                sliced.slice(offset, length)
        with pytest.raises(pm.InvalidArgument, match="5 rows from row 2 on"):
            sliced.slice(2, 5)
        for offset, length in ((-1, 1), (0, -1)):
            with pytest.raises(pm.InvalidArgument, match="counted from 0"):
                sliced.slice(offset, length)
        with pytest.raises(pm.InvalidArgument, match="64 bits"):
            sliced.slice(0, 2**64)
    assert table.shape == (6, 7)
    assert table[:0].shape == (0, 7)


def test_a_notebook_completes_the_names_of_columns(mirror: pm.Mirror) -> None:
    table = mirror.sql("SELECT 1 AS one, 2 AS 'two words'")
    assert table._ipython_key_completions_() == ["one", "two words"]


def test_a_column_that_is_not_there_is_both_a_key_error_and_an_error(mirror: pm.Mirror) -> None:
    table = mirror.sql("SELECT 1 AS one, 2 AS two, 3 AS two")
    for kind in (KeyError, pm.InvalidArgument, pm.UnknownColumn):
        for read in (table.column, table.__getitem__):
            with pytest.raises(kind) as caught:
                read("three")
            assert str(caught.value) == "no column is named three"
            assert caught.value.hint == "The table has one, two, two."
    twin = pickle.loads(pickle.dumps(caught.value))
    assert (type(twin), str(twin)) == (pm.UnknownColumn, str(caught.value))
    assert table["one"] == [1]  # whose name is its own
    with pytest.raises(pm.InvalidArgument, match="2 columns of the result are named 'two'"):
        table["two"]


def test_a_long_table_is_iterated_in_order(mirror: pm.Mirror) -> None:
    table = mirror.sql(
        "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n LIMIT 5000) "
        "SELECT i, nullif(i % 3, 0) AS m, 't' || i AS t FROM n"
    )
    assert list(table) == [(i, i % 3 or None, f"t{i}") for i in range(5000)]
    part = table[1001:4003]
    assert list(part) == list(table)[1001:4003]
    assert part["m"].null_count == sum(i % 3 == 0 for i in range(1001, 4003))


def test_a_table_shows_itself_in_one_line(mirror: pm.Mirror) -> None:
    assert repr(mirror.artists.table()) == "<Table of 2 rows: id, name, genres, image_url>"
    assert "\n" not in repr(mirror.sql('SELECT 1 AS "a\nb"'))
    assert repr(mirror.artists.table()["genres"]) == "<Column of 2 rows: genres json>"
    assert len(repr(mirror.tracks.table())) < 200


def test_tables_are_equal_by_schema_and_values_and_survive_pickling(mirror: pm.Mirror) -> None:
    mirror.tracks.add(id="inf", created_at=pm.Timestamp.infinity())
    for table in (
        mirror.plays.table(),
        mirror.tracks.table(),
        mirror.artists.table()[1:],
        mirror.sql("SELECT x'00' AS b, NULL AS n, 0.1 AS r, 'x' AS t, 1 AS b"),
        mirror.sql("SELECT id FROM tracks WHERE 0"),
    ):
        assert pickle.loads(pickle.dumps(table)) == table
        for column in table.columns:
            copied = copy.deepcopy(column)
            assert (copied, copied.name, copied.type) == (column, column.name, column.type)
    assert mirror.sql("SELECT 1 AS x") != mirror.sql("SELECT 1.0 AS x")


# Records -------------------------------------------------------------------------------------


def test_records_read_like_a_list(mirror: pm.Mirror) -> None:
    top = mirror.stats.top_tracks()
    assert isinstance(top, pm.Records)
    assert top == list(top)
    assert top == [top[0], *top[1:]]
    assert top != list(top)[:1]
    assert top[-1] is top[2]
    assert top + [1] == [*top, 1]  # noqa: RUF005
    assert [1] + top == [1, *top]  # noqa: RUF005
    assert top[0] in top
    assert list(reversed(top)) == list(top)[::-1]
    assert repr(top) == "<Records: 3 of TopTrack>"
    assert repr(mirror.plays.recent(0)[:0]) == "<Records: none>"
    assert bool(top) and not mirror.snapshots.recent()
    with pytest.raises(IndexError):
        top[3]


@pytest.mark.parametrize("switch", [gc.enable, gc.disable])
def test_making_records_leaves_the_collector_as_it_was(
    mirror: pm.Mirror, switch: Callable[[], None]
) -> None:
    was_enabled = gc.isenabled()
    try:
        switch()
        before = gc.isenabled()
        assert len(list(mirror.stats.top_tracks())) == 3
        assert gc.isenabled() == before
    finally:
        (gc.enable if was_enabled else gc.disable)()


def test_the_collector_follows_only_records_that_could_be_in_a_cycle(mirror: pm.Mirror) -> None:
    bucket = mirror.stats.activity()[0]
    assert not gc.is_tracked(bucket.time) and not gc.is_tracked(bucket)
    genres = mirror.stats.genres()
    assert isinstance(genres.genres, pm.Records) and gc.is_tracked(genres)


def test_records_are_a_table(mirror: pm.Mirror) -> None:
    top = mirror.stats.top_tracks()
    assert top.table()["track_id"] == [track.track_id for track in top]
    assert top[::2].to_dicts() == top.to_dicts()[::2]
    assert top[:1].table()["plays"] == [3]
    assert schema(mirror.plays.recent(1).table()) == schema(mirror.plays.table())
    assert mirror.tracks.artists("blue").to_dicts()[0]["name"] == "Miles Davis"
    assert pickle.loads(pickle.dumps(top)) == top
    assert pickle.loads(pickle.dumps(top)).table() == top.table()
    empty = mirror.snapshots.recent()
    assert len(empty.table()) == 0
    assert empty.table().schema == mirror.snapshots.table().schema


def test_records_and_tables_outlive_their_mirror(mirror_path: Path) -> None:
    with open_library(mirror_path) as mirror:
        top, table = mirror.stats.top_tracks(), mirror.plays.table()
    assert top[0].plays == 3
    assert top.table()["plays"] == [3, 2, 1]
    assert len(table.rows()) == 6


# CSV -----------------------------------------------------------------------------------------


def test_csv_has_every_value_in_a_standard_form(mirror: pm.Mirror, tmp_path: Path) -> None:
    query = (
        "SELECT played_at, skipped, 1 AS i, -0.5 AS r, x'00ff' AS b, NULL AS n, '' AS e, "
        "'a,\"b\"' || char(13, 10) || 'é' AS t FROM play_history ORDER BY played_at LIMIT 2"
    )
    table = mirror.sql(query)
    text = table.to_csv()
    assert text is not None
    assert text.splitlines(keepends=True)[:2] == [
        "played_at,skipped,i,r,b,n,e,t\r\n",
        '2026-01-31T12:00:00Z,,1,-0.5,00ff,,"","a,""b""\r\n',
    ]
    rows = list(csv.reader(io.StringIO(text, newline="")))
    assert rows[2][1] == "false"
    assert rows[2][7] == 'a,"b"\r\né'
    table.to_csv(tmp_path / "t.csv")
    assert (tmp_path / "t.csv").read_bytes() == text.encode()
    out = io.StringIO()
    assert table.to_csv(out) is None
    assert out.getvalue() == text


def test_csv_keeps_one_record_for_each_row(mirror: pm.Mirror) -> None:
    text = mirror.sql("SELECT column1 AS x FROM (VALUES (NULL), (''), ('y'), (NULL))").to_csv()
    assert len(list(csv.reader(io.StringIO(text)))) == 5


@pytest.mark.parametrize(
    "text",
    ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "  =cmd|' /C calc'!A0", "\uff1d1"],
)
def test_csv_defuses_what_a_spreadsheet_would_run(mirror: pm.Mirror, text: str) -> None:
    table = mirror.sql(f'SELECT ? AS "{text}"', [text])
    safe = list(csv.reader(io.StringIO(table.to_csv(), newline="")))
    assert safe == [["'" + text], ["'" + text]]
    exact = list(csv.reader(io.StringIO(table.to_csv(exact=True), newline="")))
    assert exact == [[text], [text]]


def test_csv_leaves_numbers_alone(mirror: pm.Mirror) -> None:
    assert mirror.sql("SELECT -1 AS i, -0.5 AS r").to_csv() == "i,r\r\n-1,-0.5\r\n"


# Notebook ------------------------------------------------------------------------------------


def test_html_is_escaped_and_small(mirror: pm.Mirror) -> None:
    evil = "<script>alert('x')</script>&\"" + "x" * 100_000
    rows = mirror.sql(
        "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n LIMIT 1000) "
        'SELECT i, ? AS "<b>" FROM n',
        [evil],
    )
    html = rows._repr_html_()
    assert "<script" not in html
    assert "<b>" not in html
    assert "&lt;script&gt;alert(&#x27;x&#x27;)" in html
    assert "1,000 rows (20 shown) and 2 columns" in html
    assert len(html) < 20_000
    wide = mirror.sql("SELECT " + ", ".join(f"{i} AS c{i}" for i in range(500)))
    assert "500 columns (30 shown)" in wide._repr_html_()
    assert "So What" in mirror.stats.top_tracks()._repr_html_()
    assert "0 rows" in mirror.snapshots.table()._repr_html_()


# Beyond Arrow --------------------------------------------------------------------------------


def test_timestamps_beyond_arrow_are_exact_here(mirror: pm.Mirror) -> None:
    created = [
        pm.Timestamp.infinity(),
        pm.Timestamp.negative_infinity(),
        pm.Timestamp("294276-12-31T00:00:00Z"),
        pm.Timestamp("294247-01-10T04:00:54.775807Z"),
        pm.Timestamp("4714-11-24T00:00:00Z BC"),
        datetime(1, 1, 1, tzinfo=timezone.utc),
    ]
    for number, instant in enumerate(created):
        mirror.tracks.add(id=f"~{number}", created_at=instant)
    for table in (
        mirror.tracks.table(name_contains=None)[3:],
        mirror.sql("SELECT created_at FROM tracks WHERE id LIKE '~%' ORDER BY id"),
    ):
        column = table["created_at"]
        assert column == created
        assert column.null_count == 0
        assert column.beyond_arrow == 3
        assert column.slice(1, 3).beyond_arrow == 2
        assert column.slice(1, 3) == created[1:4]
        assert pickle.loads(pickle.dumps(table))["created_at"].beyond_arrow == 3
    assert mirror.tracks.table()["created_at"].null_count == 3
