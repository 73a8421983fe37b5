"""The server of the model and all who work on it: writers, migrations, crashes and fail-overs."""

from __future__ import annotations

import subprocess
from collections import Counter
from dataclasses import dataclass

import psycopg
from cluster import Cluster, binaries
from databases import TABLES, create_database, create_plain_role, drop_database, make_template
from psycopg import errors

from support.cut_proxy import CutProxy
from support.faults import proxy_of
from support.music_db import MusicDb
from support.writers import Writers

ROLE = "laptop"
TRACKS = ("t1", "t2", "t3")
#: Marks what devices record: the source of plays, the model of snapshots, the start of other ids.
DEVICE = "device"

BEGINNING = f"""
TRUNCATE {", ".join(TABLES)};
INSERT INTO artists (id, name, genres) VALUES ('a1', 'One', '["jazz"]'), ('a2', 'Two', NULL);
INSERT INTO tracks (id, name, tempo, raw_data, lyrics)
  VALUES ('t1', 'One', 90.5, '{{"a": 1}}', 'la'), ('t2', 'Two', NULL, NULL, NULL),
         ('t3', 'Three', '-0', NULL, NULL);
INSERT INTO track_artists VALUES ('t1', 'a1'), ('t2', 'a1'), ('t2', 'a2');
INSERT INTO play_history (track_id, played_at, listened_ms, source)
  SELECT 't1', timestamp '2026-01-01' + n * interval '1 hour', n, 'backend'
  FROM generate_series(1, 8) n;
INSERT INTO analysis_snapshots (date, period_label) VALUES ('2026-01-01', 'month');
INSERT INTO playlist_config (key, composition) VALUES ('daily', '[1]'), ('weekly', NULL);
"""


@dataclass(frozen=True)
class Migration:
    """A change of the schema and the way back."""

    up: str
    down: str


MIGRATIONS = (
    Migration("ALTER TABLE tracks ADD COLUMN mood varchar NOT NULL DEFAULT 'calm'",
              "ALTER TABLE tracks DROP COLUMN mood"),
    Migration("ALTER TABLE play_history ADD COLUMN offline boolean DEFAULT false",
              "ALTER TABLE play_history DROP COLUMN offline"),
    Migration("ALTER TABLE play_history ADD COLUMN device integer NOT NULL DEFAULT 1;"
              "ALTER TABLE play_history ALTER device DROP DEFAULT",
              "ALTER TABLE play_history DROP COLUMN device"),
    Migration("ALTER TABLE tracks DROP COLUMN tempo", "ALTER TABLE tracks ADD COLUMN tempo float"),
    Migration("ALTER TABLE artists RENAME image_url TO picture",
              "ALTER TABLE artists RENAME picture TO image_url"),
    Migration("ALTER TABLE tracks ALTER popularity TYPE bigint",
              "ALTER TABLE tracks ALTER popularity TYPE integer"),
    Migration("ALTER TABLE playlist_config ALTER composition TYPE jsonb",
              "ALTER TABLE playlist_config ALTER composition TYPE json"),
    Migration("ALTER TABLE analysis_snapshots RENAME TO old_snapshots",
              "ALTER TABLE old_snapshots RENAME TO analysis_snapshots"),
    Migration("ALTER TABLE play_history ENABLE ROW LEVEL SECURITY",
              "ALTER TABLE play_history DISABLE ROW LEVEL SECURITY"),
    Migration(f"REVOKE INSERT ON play_history FROM {ROLE}",
              f"GRANT INSERT ON play_history TO {ROLE}"),
    Migration("ALTER TABLE play_history ADD CONSTRAINT short CHECK (listened_ms < 7) NOT VALID",
              "ALTER TABLE play_history DROP CONSTRAINT short"),
    Migration("CREATE TABLE copy (LIKE playlist_config INCLUDING ALL);"
              "INSERT INTO copy SELECT * FROM playlist_config; DROP TABLE playlist_config;"
              "ALTER TABLE copy RENAME TO playlist_config;"
              f"GRANT SELECT ON playlist_config TO {ROLE}",
              "UPDATE playlist_config SET description = 'again'"),
)  # fmt: skip


class Backend:
    """One music database, wherever it goes."""

    def __init__(self) -> None:
        self.cluster = self._started(Cluster())
        make_template(self.cluster)
        self.migrated: list[Migration] = []
        self._names = 0
        self._standby: Cluster | None = None
        self._settle_in(MusicDb.create(self.cluster, name="music_0"))

    def _settle_in(self, db: MusicDb) -> None:
        self.db = db
        self.dsn = create_plain_role(self.cluster, db.name, ROLE)
        self.proxy: CutProxy = proxy_of(db)
        self._open()

    def _open(self) -> None:
        self.sql: psycopg.Connection = self.db.connect()
        self.sql.execute("SET lock_timeout = '20s'; SET TimeZone = 'UTC'; SET DateStyle = 'ISO'")
        refusals = (errors.UndefinedTable, errors.UndefinedColumn, errors.IntegrityError)
        self.writers = Writers(self.db, 0, sessions=3, hands_off=DEVICE, refusals=refusals)

    @staticmethod
    def _started(cluster: Cluster) -> Cluster:
        try:
            cluster.start()
        except BaseException:
            cluster.close()
            raise
        return cluster

    def reset(self) -> None:
        """Everything as in the beginning, for the next program."""
        self.rest()
        self.sql.execute(BEGINNING)
        if self._standby is not None:
            self._standby.close()
            self._standby = None

    def rest(self) -> None:
        """All transactions end, and the schema is the one we know."""
        self.writers.finish()
        for migration in reversed(self.migrated):
            self.sql.execute(migration.down)
        self.migrated = []

    def write(self, choices: int, steps: int) -> None:
        self.writers.random.seed(choices)
        for _ in range(steps):
            self.writers.step()

    def migrate(self, number: int) -> None:
        """Up, or down again if it is the last that went up."""
        self.writers.finish()
        migration = MIGRATIONS[number]
        if migration not in self.migrated:
            self.sql.execute(migration.up)
            self.migrated.append(migration)
        elif self.migrated[-1] is migration:
            self.sql.execute(migration.down)
            self.migrated.pop()

    def identity(self) -> tuple[str, ...]:
        """System identifier, timeline and database."""
        (row,) = self.sql.execute(
            "SELECT system_identifier::text, "
            "('x' || left(pg_walfile_name(pg_current_wal_lsn()), 8))::bit(32)::int::text, "
            "current_database() FROM pg_control_system()"
        ).fetchall()
        return row

    def bring_back_tracks(self) -> None:
        """Whatever was deleted and may be waited for."""
        self.sql.execute(
            "INSERT INTO tracks (id) SELECT unnest(%s::text[]) ON CONFLICT DO NOTHING",
            [list(TRACKS)],
        )

    def recorded(self) -> Counter[tuple]:
        """How often the server has each row that only devices make."""
        renamed = any("old_snapshots" in migration.up for migration in self.migrated)
        snapshots = "old_snapshots" if renamed else "analysis_snapshots"
        found: Counter[tuple] = Counter()
        for query in (
            "SELECT 'play', track_id, played_at::text FROM play_history WHERE source = %s",
            f"SELECT 'snapshot', date::text, period_label FROM {snapshots} WHERE model_used = %s",
            "SELECT 'track', id, '' FROM tracks WHERE starts_with(id, %s)",
            "SELECT 'artist', id, '' FROM artists WHERE starts_with(id, %s)",
        ):
            found.update(self.sql.execute(query, [DEVICE]).fetchall())
        return found

    @property
    def has_standby(self) -> bool:
        return self._standby is not None

    # What befalls a server --------------------------------------------------------------------

    def restart(self, mode: str) -> None:
        self._leave()
        self.cluster.restart(mode)
        self._open()

    def make_standby(self) -> None:
        """One that stands still from now on, so that it will have missed what comes."""
        if self._standby is not None:
            self._standby.close()
        self._standby = self._started(Cluster.standby_of(self.cluster))
        self._standby.wait_for_replay(self.cluster)
        self._standby.stop()

    def fail_over(self, lose_the_tail: bool) -> None:
        """To the standby made before, which first catches up unless the tail is lost."""
        assert self._standby is not None
        if lose_the_tail:
            self.migrated = []  # it was made when the schema was the one we know
        else:
            self.rest()
            self._standby.start()
            self._standby.wait_for_replay(self.cluster)
        self._leave()
        self.proxy.close()
        self.cluster.stop("immediate")
        self.cluster.close()
        self.cluster, self._standby = self._standby, None
        if lose_the_tail:
            self.cluster.start()
        self.cluster.promote()
        self._settle_in(MusicDb(self.cluster, self.db.name))

    def dump_and_restore(self) -> None:
        """Into a database of another name, whose rows all have new transaction numbers."""
        self.rest()
        old = self.db
        self._names += 1
        name = f"music_{self._names}"
        dump = subprocess.run(
            [binaries() / "pg_dump", old.dsn], check=True, capture_output=True, text=True
        )
        create_database(self.cluster, name, "template0")
        self.cluster.psql(dump.stdout, name)
        self._leave()
        self.proxy.close()
        drop_database(self.cluster, old.name)
        self._settle_in(MusicDb(self.cluster, name))

    def _leave(self) -> None:
        self.writers.close()
        self.sql.close()

    def close(self) -> None:
        self._leave()
        self.proxy.close()
        if self._standby is not None:
            self._standby.close()
        self.cluster.close()
