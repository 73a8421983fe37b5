"""Exports: what other programs read is what the mirror has, at one moment."""

import csv
import io
import json
import os
import stat
import subprocess
import sys
import threading
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import duckdb
import playmirror as pm
import polars
import pyarrow.dataset
import pytest
from playmirror.cli import exit_codes
from playmirror.cli.main import main
from playmirror.exporting import parquet, rows
from support.music_db import MusicDb
from support.offline_library import open_library

TABLES = list(rows.KEYS)


@pytest.fixture
def library(mirror_path: Path) -> pm.Mirror:
    with open_library(mirror_path) as mirror:
        for at in ("2025-12-31T23:59:59.999999Z", "2026-02-01T00:00:00Z", "0044-03-15T12:00:00Z"):
            mirror.plays.add(track_id="blue", played_at=at)
        yield mirror


def csv_rows(file: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(file.read_bytes().decode(), newline="")))


def parquet_rows(directory: Path, table: str) -> list[dict[str, Any]]:
    found = duckdb.connect().execute(
        f"SELECT * FROM read_parquet('{directory}/{table}/**/*.parquet', hive_partitioning = true)"
    )
    names = [column[0] for column in found.description]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def test_plays_lie_by_year_and_month_and_every_reader_finds_them(
    library: pm.Mirror, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    report = library.export(out)
    assert (report.format, report.to) == ("parquet", out)
    assert report.tables["play_history"] == pm.ExportedTable(rows=9, files=4, beyond_arrow=0)
    assert sorted(str(file.relative_to(out)) for file in out.rglob("*.parquet")) == sorted(
        [f"{name}/part-0.parquet" for name in TABLES if name != "play_history"]
        + [
            f"play_history/year={year}/month={month}/part-0.parquet"
            for year, month in ((44, 3), (2025, 12), (2026, 1), (2026, 2))
        ]
    )
    plays = {play.id: play for play in library.plays.list()}
    by_duckdb = parquet_rows(out, "play_history")
    assert {row["id"] for row in by_duckdb} == set(plays)
    for row in by_duckdb:
        at = plays[row["id"]].played_at
        assert (row["played_at"].astimezone(timezone.utc), row["year"], row["month"]) == (
            at,
            at.year,
            at.month,
        )
    by_polars = polars.read_parquet(out / "play_history/**/*.parquet", hive_partitioning=True)
    assert by_polars.filter(year=2026, month=1).height == 6
    assert by_polars.sort("id")["listened_ms"].to_list() == [
        plays[id].listened_ms for id in sorted(plays)
    ]
    by_pyarrow = pyarrow.dataset.dataset(out / "play_history", partitioning="hive").to_table()
    assert sorted(by_pyarrow["year"].to_pylist()) == [44, 2025, *[2026] * 7]


def test_every_column_and_value_is_there(
    small_db: MusicDb, mirror_path: Path, tmp_path: Path
) -> None:
    small_db.execute(
        """
        ALTER TABLE tracks ADD COLUMN rating double precision;
        UPDATE tracks SET rating = 'NaN', tempo = '-0' WHERE id = (SELECT min(id) FROM tracks);
        INSERT INTO play_history (id, track_id, played_at)
          SELECT -5 + n, min(id), at::timestamp FROM tracks, unnest(
            '{infinity,-infinity,0044-03-15 BC,20260-01-05 06:00:00}'::text[]
          ) WITH ORDINALITY AS odd(at, n) GROUP BY n, at;
        """
    )
    out = tmp_path / "out"
    with pm.open(mirror_path) as mirror:
        mirror.pull(small_db.dsn)
        report = mirror.export(out)
        (odd,) = [track for track in mirror.tracks.list() if track.tempo == 0]
        for name in TABLES:
            assert (
                report.tables[name].rows == small_db.execute(f"SELECT count(*) FROM {name}")[0][0]
            )
            exported = parquet_rows(out, name)
            assert len(exported) == report.tables[name].rows
            columns = {column.name for column in mirror.sql(f"SELECT * FROM {name}").columns}
            extra = {"year", "month"} if name == "play_history" else set()
            assert all(set(row) == columns | extra for row in exported)
        (row,) = [row for row in parquet_rows(out, "tracks") if row["id"] == odd.id]
        assert row["rating"] != row["rating"]
        assert str(row["tempo"]) == "-0.0"
        assert row["raw_data"] == odd.raw_data
        assert report.tables["play_history"].beyond_arrow == 2
        beyond = polars.read_parquet(
            out / "play_history" / "year=__HIVE_DEFAULT_PARTITION__" / "*" / "*.parquet"
        )
        assert sorted(beyond["id"]) == [-4, -3, -2, -1]
        lines = tmp_path / "tracks.jsonl"
        mirror.export(lines, tables=["tracks"])
        (row,) = [
            row for row in map(json.loads, lines.read_text().splitlines()) if row["id"] == odd.id
        ]
        assert (row["rating"], row["tempo"]) == ("nan", -0.0)
        plays = tmp_path / "plays.csv"
        mirror.export(plays, tables=["play_history"])
        read = csv_rows(plays)
        assert {row["played_at"] for row in read if int(row["id"]) < 0} == {
            "infinity",
            "-infinity",
            "0044-03-15T00:00:00Z BC",
            "20260-01-05T06:00:00Z",
        }


def test_one_table_is_named_in_a_list(library: pm.Mirror, tmp_path: Path) -> None:
    with pytest.raises(TypeError, match="tables must be a sequence, not str"):
        library.export(tmp_path / "tracks.csv", tables="tracks")


def test_tables_longer_than_a_batch_are_whole(
    small_db: MusicDb, mirror_path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rows, "_USUAL_BATCH", 7)
    monkeypatch.setattr(rows, "_BATCH", {})
    with pm.open(mirror_path) as mirror:
        mirror.pull(small_db.dsn)
        for name in TABLES:
            expected = mirror.sql(f"SELECT * FROM {name}").to_dicts()
            file = tmp_path / f"{name}.parquet"
            mirror.export(file, tables=[name])
            read = polars.read_parquet(file).to_dicts()
            key = rows.KEYS[name]
            assert read == sorted(expected, key=lambda row: tuple(row[part] for part in key))
        mirror.export(tmp_path / "out")
    read = parquet_rows(tmp_path / "out", "play_history")
    assert len({row["id"] for row in read}) == len(read) == 1000


def test_csv_is_safe_for_spreadsheets_unless_exact(library: pm.Mirror, tmp_path: Path) -> None:
    library.tracks.add(id="=1", name='=HYPERLINK("x")', album="two\nlines")
    safe, exact = tmp_path / "safe.csv", tmp_path / "exact.csv"
    library.export(safe, tables=["tracks"])
    library.export(exact, tables=["tracks"], exact=True)
    (row,) = [row for row in csv_rows(safe) if row["id"] == "'=1"]
    assert row["name"] == '\'=HYPERLINK("x")'
    (row,) = [row for row in csv_rows(exact) if row["id"] == "=1"]
    assert (row["name"], row["album"]) == ('=HYPERLINK("x")', "two\nlines")
    for format in ("csv", "jsonl"):
        library.export(tmp_path / format, format=format)
        assert {file.name for file in (tmp_path / format).iterdir()} == {
            "_playmirror.json",
            *(f"{name}.{format}" for name in TABLES),
        }


def test_a_sqlite_export_is_a_copy(library: pm.Mirror, tmp_path: Path) -> None:
    report = library.export(tmp_path / "copy.db")
    assert report.tables["play_history"].rows == 9
    with pm.open(tmp_path / "copy.db") as copy:
        assert copy.plays.table() == library.plays.table()
        assert len(copy.pending()) == len(library.pending())


def test_nothing_is_replaced_unless_told(library: pm.Mirror, tmp_path: Path) -> None:
    out, file = tmp_path / "out", tmp_path / "plays.csv"
    for target, tables in ((out, None), (file, ["play_history"])):
        library.export(target, tables=tables)
        with pytest.raises(pm.InvalidArgument, match="exists already"):
            library.export(target, tables=tables)
    library.plays.add(track_id="blue", played_at="2026-03-01T00:00:00Z")
    assert library.export(out, overwrite=True, tables=["artists"]).tables["artists"].rows == 2
    assert sorted(each.name for each in out.iterdir()) == ["_playmirror.json", "artists"]
    assert library.export(file, tables=["play_history"], overwrite=True).tables
    assert len(file.read_text().splitlines()) == 11

    (out / "notes.txt").write_text("mine")
    with pytest.raises(pm.InvalidArgument, match="holds what no export put there, notes"):
        library.export(out, overwrite=True)
    with pytest.raises(pm.InvalidArgument, match="no export put there"):
        library.export(tmp_path, overwrite=True)
    (tmp_path / "link").symlink_to(out)
    with pytest.raises(pm.InvalidArgument, match="is no directory"):
        library.export(tmp_path / "link", overwrite=True)
    with pytest.raises(pm.InvalidArgument, match="onto itself"):
        library.export(library.path, overwrite=True)
    with pytest.raises(pm.InvalidArgument, match="mirror itself"):
        library.export(f"{library.path}-wal", format="csv", overwrite=True)
    assert (out / "notes.txt").read_text() == "mine"
    assert not [each for each in tmp_path.iterdir() if "partial" in each.name]


def test_an_empty_directory_may_be_filled(library: pm.Mirror, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    library.export(tmp_path / "out", format="csv")
    assert (tmp_path / "out" / "tracks.csv").exists()


def test_an_export_is_as_private_as_the_mirror(library: pm.Mirror, tmp_path: Path) -> None:
    library.export(tmp_path / "out")
    library.export(tmp_path / "plays.csv", tables=["play_history"])
    for root in (tmp_path / "out", tmp_path / "plays.csv"):
        for each in [root, *root.rglob("*")]:
            assert stat.S_IMODE(each.stat().st_mode) & 0o077 == 0, each


def test_an_export_that_is_stopped_leaves_nothing(library: pm.Mirror, tmp_path: Path) -> None:
    def stop_in_tracks(now: pm.Progress) -> None:
        if now.phase == "export" and now.table == "tracks":
            raise KeyboardInterrupt

    before = sorted(os.listdir(tmp_path))
    with pytest.raises(KeyboardInterrupt):
        library.export(tmp_path / "out", progress=stop_in_tracks)
    assert sorted(os.listdir(tmp_path)) == before


def test_a_flag_stops_it(library: pm.Mirror, tmp_path: Path) -> None:
    stop = threading.Event()

    def in_plays(now: pm.Progress) -> None:
        if now.table == "artists":
            stop.set()

    with pytest.raises(pm.Cancelled):
        library.export(tmp_path / "out", progress=in_plays, stop=stop)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("to", "options", "said"),
    [
        ("out", {"format": "xml"}, "no format 'xml'"),
        ("out", {"tables": ["alembic_version"]}, "no table 'alembic_version'"),
        ("plays.csv", {}, "one file, and 6 tables"),
        ("plays.csv", {"format": "jsonl", "tables": ["artists"]}, "does not look like jsonl"),
        ("copy.db", {"tables": ["artists"]}, "has all tables"),
        ("out", {"exact": True}, "`exact` is for CSV"),
    ],
)
def test_what_makes_no_sense_is_refused(
    library: pm.Mirror, tmp_path: Path, to: str, options: dict[str, Any], said: str
) -> None:
    with pytest.raises(pm.InvalidArgument, match=said) as caught:
        library.export(tmp_path / to, **options)
    assert caught.value.hint
    assert not (tmp_path / to).exists()


def test_a_directory_that_cannot_be_made_is_a_storage_error(library: pm.Mirror) -> None:
    with pytest.raises(pm.StorageError, match="could not export"):
        library.export("/proc/nowhere/out", format="csv")


def test_a_column_named_year_does_not_hide_behind_the_directory(
    small_db: MusicDb, mirror_path: Path, tmp_path: Path
) -> None:
    small_db.execute("ALTER TABLE play_history ADD COLUMN year integer DEFAULT 7")
    with pm.open(mirror_path) as mirror:
        mirror.pull(small_db.dsn)
        mirror.export(tmp_path / "out", tables=["play_history"])
    read = parquet_rows(tmp_path / "out", "play_history")
    assert {row["year"] for row in read} == {7}
    assert all(row["played_year"] == row["played_at"].year for row in read[:10])


def test_the_verb(
    library: pm.Mirror,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PLAYMIRROR_DB", str(library.path))
    assert main(["export", str(tmp_path / "out"), "--json"]) == exit_codes.OK
    document = json.loads(capsys.readouterr().out)
    assert document["tables"]["artists"] == {"rows": 2, "files": 1, "beyond_arrow": 0}
    assert main(["export", str(tmp_path / "out")]) == exit_codes.USAGE
    assert "exists already" in capsys.readouterr().err
    assert main(["export", "-", "--table", "artists", "--format", "jsonl"]) == exit_codes.OK
    lines = capsys.readouterr().out.splitlines()
    assert [json.loads(line)["name"] for line in lines] == ["Miles Davis", "Nina Simone"]
    for wrong in (["-"], ["-", "--format", "parquet"], ["-", "--table", "artists", "--json"]):
        assert main(["export", *wrong]) == exit_codes.USAGE
        assert capsys.readouterr().out == ""
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    assert main(["export", str(tmp_path / "other")]) == exit_codes.USAGE
    assert "pip install" in capsys.readouterr().err


@pytest.mark.parametrize("format", ["csv", "jsonl"])
def test_standard_output_is_utf8_whatever_the_locale(library: pm.Mirror, format: str) -> None:
    library.artists.add(id="x", name="Sigríður 日本")
    options = ["-", "--table", "artists", "--format", format, "--db", str(library.path)]
    said = {
        encoding: subprocess.run(
            [sys.executable, "-m", "playmirror", "export", *options],
            env=os.environ | {"PYTHONIOENCODING": encoding},
            capture_output=True,
            check=True,
        ).stdout
        for encoding in ("utf-8", "latin-1", "ascii", "utf-16")
    }
    assert len(set(said.values())) == 1
    assert format == "jsonl" or "Sigríður 日本" in said["ascii"].decode("utf-8")


def test_names_of_partitions(library: pm.Mirror) -> None:
    found = list(parquet._partitions(rows.Rows(library, "play_history")))
    assert [name for name, _, _ in found][-1].count("__HIVE_DEFAULT_PARTITION__") == 2
    assert datetime(2026, 1, 1).month == 1


def test_an_empty_mirror_has_an_empty_export(mirror: pm.Mirror, tmp_path: Path) -> None:
    report = mirror.export(tmp_path / "out")
    assert {each.rows for each in report.tables.values()} == {0}
    for name in TABLES:
        assert parquet_rows(tmp_path / "out", name) == []
    mirror.export(tmp_path / "artists.csv", tables=["artists"])
    assert (tmp_path / "artists.csv").read_bytes() == b"id,name,genres,image_url\r\n"
