"""The bookkeeping of the file is checked: what another hand has changed, as a flipped bit does, is
named by verify(), nothing is synced by it, and repair() puts it right."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import playmirror as pm
import psycopg
import pytest
from databases import TABLES
from support.comparing import assert_same_rows, file_rows
from support.faults import add_play, played_at
from support.model_backend import BEGINNING
from support.music_db import MusicDb
from test_verify import damage

Check = Callable[[pm.Mirror, MusicDb], None]

#: Each with its key. Those of pushes in doubt have tests of their own among the faults.
BOOKS = {
    "playmirror_meta": ("key",),
    "playmirror_tables": ("name",),
    "playmirror_columns": ("table_name", "name"),
    "playmirror_odd_values": ("table_name", "row_key", "column_name"),
    "playmirror_delivered": ("table_name", "provisional_id"),
    "playmirror_exclusions": ("name", "kind", "id"),
}

#: What a sync does not go by.
NOT_FOR_A_SYNC = ("playmirror_odd_values", "playmirror_delivered", "playmirror_exclusions")
ONLY_TOLD = ("server_name", "alembic_version", "last_push", "last_import")


EVERYTHING = {"leave_out": [], "plays_since": pm.Timestamp.negative_infinity()}


@pytest.fixture
def music_db(music_db: MusicDb) -> MusicDb:
    music_db.execute(BEGINNING + "UPDATE tracks SET energy = 'NaN' WHERE id = 't2';")
    return music_db


@pytest.fixture
def made(music_db: MusicDb, server: pm.Server, mirror_path: Path) -> Path:
    """A closed mirror that has sent two plays, and holds two that are pending."""
    with pm.open(mirror_path) as mirror:
        server.sync(mirror)
        for number in (1, 2):
            add_play(mirror, number, source="sent")
        server.sync(mirror)
        mirror.exclusions.set(name="mine", track_ids=["t1"])
        for number in (3, 4):
            add_play(mirror, number, source="recorded")
    return mirror_path


@dataclass(frozen=True)
class Flip:
    """A change of the bookkeeping that another hand makes."""

    table: str
    key: tuple
    column: str  # empty: the row goes
    value: object = None

    def make(self, path: Path) -> bool:
        """False when the table does not take it."""
        where = " AND ".join(f"{column} = ?" for column in BOOKS[self.table])
        with closing(sqlite3.connect(path)) as file:
            file.execute("PRAGMA ignore_check_constraints = ON")
            try:
                if self.column:
                    change = f"UPDATE {self.table} SET {self.column} = ? WHERE {where}"
                    changed = file.execute(change, (self.value, *self.key)).rowcount
                else:
                    change = f"DELETE FROM {self.table} WHERE {where}"
                    changed = file.execute(change, self.key).rowcount
                file.commit()
            except sqlite3.Error:
                return False
        return changed == 1

    @property
    def is_for_sync(self) -> bool:
        return self.table not in NOT_FOR_A_SYNC and self.key[0] not in ONLY_TOLD

    @property
    def is_checked(self) -> bool:
        """Of the columns of plays the file keeps nothing that is not in the rows."""
        return not (self.table == "playmirror_meta" and self.key[0].startswith("columns_"))


def flipped(value: object) -> object:
    """One bit of it."""
    if value is None:
        return 0
    if isinstance(value, int):
        return value ^ (1 << 12)
    text = str(value)
    middle = len(text) // 2
    return text[:middle] + chr(ord(text[middle]) ^ 1) + text[middle + 1 :] if text else "0"


def flips(path: Path, table: str) -> Iterator[Flip]:
    """Every value of the table, and every row."""
    names = [name for (name,) in file_rows(path, f"SELECT name FROM pragma_table_info('{table}')")]
    for row in file_rows(path, f"SELECT * FROM {table}"):
        values = dict(zip(names, row, strict=True))
        key = tuple(values[column] for column in BOOKS[table])
        yield Flip(table, key, "")
        for column, value in values.items():
            yield Flip(table, key, column, flipped(value))


def assert_equal(mirror: pm.Mirror, db: MusicDb) -> None:
    with psycopg.connect(db.dsn, autocommit=True) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute("SET DateStyle = 'ISO'")
        assert_same_rows(mirror.path, connection, TABLES)


def assert_heals(flip: Flip, path: Path, db: MusicDb, server: pm.Server) -> None:
    """The server has moved on; and recorded rows arrive once."""
    db.execute(
        "UPDATE tracks SET name = name || '!' WHERE id = 't1'; "
        "DELETE FROM play_history WHERE source = 'recorded'; "
        "INSERT INTO play_history (track_id, source) VALUES ('t2', 'backend')"
    )
    with pm.open(path) as mirror:
        if flip.is_checked:
            assert not mirror.verify().ok
        if flip.is_checked and flip.is_for_sync:
            with pytest.raises(pm.MirrorUnusable) as refused:
                server.sync(mirror)
            assert (refused.value.code, "repair" in refused.value.hint) == ("damaged", True)
            assert len(mirror.pending()) == 2
        repaired = server.repair(mirror)
        assert repaired.complete
        assert len(mirror.pending()) == 2
        report = server.sync(mirror)
        assert (report.pushed, report.complete) == (2, True)
        assert_equal(mirror, db)
        assert [(each.where, each.what) for each in mirror.verify().problems] == []
        assert server.verify(mirror, depth="full").equal
    assert db.execute(
        "SELECT played_at FROM play_history WHERE source = 'recorded' ORDER BY 1"
    ) == [(played_at(number).replace(tzinfo=None),) for number in (3, 4)]


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("table", BOOKS)
def test_every_value(
    table: str, music_db: MusicDb, server: pm.Server, made: Path, tmp_path: Path
) -> None:
    count = 0
    for flip in flips(made, table):
        if table == "playmirror_columns" and flip.key[0] not in ("tracks", "playlist_config"):
            continue
        path = tmp_path / "flipped.db"
        for file in tmp_path.glob("flipped.db*"):
            file.unlink()
        shutil.copy(made, path)
        if not flip.make(path):
            continue
        count += 1
        try:
            assert_heals(flip, path, music_db, server)
        except Exception as error:
            raise AssertionError(f"{flip}: {error}") from error
    assert count > 3


# What was wrong, one by one --------------------------------------------------------------------


@pytest.mark.parametrize("bit", [2, 12, 33, 62])
@pytest.mark.parametrize("table", ["tracks", "play_history"])
def test_a_horizon_that_reads_higher_hides_no_row(
    table: str, bit: int, music_db: MusicDb, server: pm.Server, made: Path
) -> None:
    music_db.execute(
        "UPDATE tracks SET name = 'new' WHERE id = 't1'; "
        "UPDATE play_history SET listened_ms = 7 WHERE source = 'backend'"
    )
    with pm.open(made) as mirror:
        damage(
            mirror,
            f"UPDATE playmirror_tables SET horizon = horizon | {1 << bit} WHERE name = '{table}'; "
            f"UPDATE playmirror_tables SET horizon = horizon + 8 WHERE name = '{table}'",
        )
        with pytest.raises(pm.MirrorUnusable, match="playmirror_tables"):
            server.pull(mirror)
        assert server.repair(mirror).tables["tracks"].updated == 1
        assert_equal(mirror, music_db)


def test_a_changed_identity_accuses_no_server(
    music_db: MusicDb, server: pm.Server, made: Path
) -> None:
    with pm.open(made) as mirror:
        damage(
            mirror,
            "UPDATE playmirror_meta SET value = '1' || value WHERE key = 'system_identifier'",
        )
        with pytest.raises(pm.MirrorUnusable, match="identity"):
            server.sync(mirror)
        server.repair(mirror)
        assert server.sync(mirror).pushed == 2
        assert_equal(mirror, music_db)


def test_a_repair_of_the_identity_follows_no_other_server(
    music_db: MusicDb, made: Path, cluster: object
) -> None:
    with MusicDb.create(music_db.server) as other, pm.open(made) as mirror:
        other.execute(BEGINNING)
        damage(mirror, "UPDATE playmirror_meta SET value = 'publib' WHERE key = 'schema'")
        with pm.connect(other.dsn) as server, pytest.raises(pm.ServerChanged):
            server.repair(mirror)
        assert len(mirror.pending()) == 2
        with pm.connect(music_db.dsn) as server:
            assert server.repair(mirror).complete
            assert server.sync(mirror).pushed == 2


def test_a_handle_leads_to_no_other_play(music_db: MusicDb, server: pm.Server, made: Path) -> None:
    with pm.open(made) as mirror:
        [(handle, rows)] = file_rows(made, "SELECT provisional_id, rows FROM playmirror_delivered")
        assert (mirror.plays[handle].source, rows) == ("sent", 2)
        damage(mirror, "UPDATE playmirror_delivered SET server_id = server_id - 1")
        with pytest.raises(pm.MirrorUnusable, match="playmirror_delivered"):
            mirror.plays[handle]
        assert server.sync(mirror).pushed == 2  # no sync asks for it
        [warning] = server.repair(mirror).warnings
        assert str(handle) in warning
        with pytest.raises(KeyError):
            mirror.plays[handle]
        assert mirror.verify().ok


def test_no_row_of_others_is_sent_by_a_changed_handle(
    music_db: MusicDb, server: pm.Server, made: Path
) -> None:
    with pm.open(made) as mirror:
        damage(mirror, "UPDATE playmirror_delivered SET server_id = 1")
        music_db.execute("DELETE FROM play_history WHERE id = 1")
        damage(mirror, "UPDATE playmirror_meta SET value = '0' WHERE key = 'timeline'")
        with pytest.raises(pm.MirrorUnusable, match=r"playmirror_delivered|identity"):
            server.pull(mirror, accept_server=True)
        server.repair(mirror)
        server.sync(mirror)
        assert music_db.execute("SELECT count(*) FROM play_history WHERE id = 1") == [(0,)]
        assert_equal(mirror, music_db)


def test_a_changed_list_of_exclusions_is_named(
    music_db: MusicDb, server: pm.Server, made: Path
) -> None:
    with pm.open(made) as mirror:
        damage(mirror, "UPDATE playmirror_exclusions SET id = 't2'")
        [problem] = mirror.verify().problems
        assert problem.where == "playmirror_exclusions, list mine"
        [warning] = server.repair(mirror).warnings
        assert '"mine"' in warning
        assert [each.name for each in mirror.exclusions.list()] == ["mine"]
        assert mirror.verify().ok


def test_a_changed_choice_of_what_to_leave_out_is_told(
    music_db: MusicDb, server: pm.Server, made: Path
) -> None:
    with pm.open(made) as mirror:
        server.pull(mirror, leave_out=["lyrics"], plays_since="2026-01-01T04:00:00Z")
        damage(
            mirror,
            "UPDATE playmirror_meta SET value = '2026-01-01 06:00:00' WHERE key = 'plays_since'",
        )
        with pytest.raises(pm.MirrorUnusable, match="left out"):
            server.pull(mirror)
        report = server.repair(mirror, confirm_deletes=True)
        assert report.complete
        assert "plays_since" in report.warnings[0]
        assert server.sync(mirror, pull=EVERYTHING).pushed == 2
        assert_equal(mirror, music_db)


def test_what_was_written_before_is_not_taken_for_sound_by_what_comes_later(
    music_db: MusicDb, server: pm.Server, made: Path
) -> None:
    """A check follows what is written, and not what is there."""
    with pm.open(made) as mirror:
        damage(mirror, "UPDATE playmirror_tables SET horizon = horizon + 64 WHERE name = 'tracks'")
        mirror.exclusions.set(name="other", track_ids=["t2"])
        add_play(mirror, 9)
        assert mirror.verify().problems[0].where == "playmirror_tables"
        with pytest.raises(pm.MirrorUnusable):
            server.pull(mirror)


def test_a_new_handle_is_none_that_was_given_before(
    music_db: MusicDb, server: pm.Server, made: Path
) -> None:
    with pm.open(made) as mirror:
        given = {entry.row_id for entry in mirror.pending()}
        damage(mirror, "UPDATE playmirror_meta SET value = '0' WHERE key = 'provisional_ids'")
        with pytest.raises(pm.MirrorUnusable, match="counts"):
            server.sync(mirror)
        server.repair(mirror)
        assert add_play(mirror, 9).id < min(given)


def test_salvage_leaves_out_the_handles_that_were_changed(
    music_db: MusicDb, server: pm.Server, made: Path
) -> None:
    with closing(sqlite3.connect(made)) as file:
        file.execute("UPDATE playmirror_delivered SET server_id = server_id + 1")
        file.commit()
    report = pm.Mirror.salvage(made)
    assert (report.saved, len(report.lost)) == (2, 1)
    with pm.open(made) as mirror:
        assert file_rows(made, "SELECT * FROM playmirror_delivered") == []
        assert mirror.verify().ok
        assert server.sync(mirror).pushed == 2


# Files of format 4 -----------------------------------------------------------------------------

MAKE_FORMAT_4 = (
    "DROP TABLE playmirror_checks; "
    "DELETE FROM playmirror_digests WHERE table_name = 'playmirror_odd_values'; "
    "PRAGMA user_version = 4"
)


def test_an_older_file_is_checked_from_the_upgrade_on(
    music_db: MusicDb, server: pm.Server, made: Path
) -> None:
    with closing(sqlite3.connect(made)) as file:
        file.executescript(MAKE_FORMAT_4)
    with pytest.raises(pm.MirrorUnusable, match="not ready"):
        pm.open(made, read_only=True)
    with pm.open(made) as mirror:
        assert file_rows(made, "PRAGMA user_version") == [(5,)]
        assert mirror.verify().ok
        for flip in (
            "UPDATE playmirror_tables SET horizon = horizon + 1",
            "UPDATE playmirror_odd_values SET value = '-0'",
            "DELETE FROM playmirror_delivered",
        ):
            damage(mirror, flip)
            assert not mirror.verify().ok
            server.repair(mirror)
            assert mirror.verify().ok
        assert server.sync(mirror).pushed == 2
        assert_equal(mirror, music_db)


def test_an_older_file_is_salvaged(music_db: MusicDb, server: pm.Server, made: Path) -> None:
    with closing(sqlite3.connect(made)) as file:
        file.executescript(MAKE_FORMAT_4)
    report = pm.Mirror.salvage(made)
    assert (report.saved, report.lost) == (2, [])
    with pm.open(made) as mirror:
        assert len(file_rows(made, "SELECT * FROM playmirror_delivered")) == 1
        assert server.sync(mirror).pushed == 2
