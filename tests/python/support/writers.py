"""The backend as eight sessions that write at once: every step of every session drawn from a seed.

One thread takes the steps, so that a seed gives the same order of statements and commits each time.
No session ever waits for another: rows that another one holds are passed over.
"""

from __future__ import annotations

import itertools
import random
import string
from collections.abc import Iterator

import psycopg

from support.music_db import MusicDb


class Writers:
    """Sessions with open transactions. step() lets one of them do one thing. Plays whose source is
    `hands_off` are not theirs to change; of `refusals` they make nothing but a rollback."""

    def __init__(
        self,
        db: MusicDb,
        seed: int,
        sessions: int = 8,
        hands_off: str = "",
        refusals: tuple[type[psycopg.Error], ...] = (),
    ):
        self.random = random.Random(seed)
        self._refusals = refusals
        old_plays = itertools.count(1)
        self._sessions = [
            _Session(db, self.random, f"{seed}.{n}", hands_off, old_plays) for n in range(sessions)
        ]

    def step(self) -> None:
        session = self.random.choice(self._sessions)
        try:
            session.step()
        except self._refusals:
            session.roll_back()

    def finish(self) -> None:
        """Every open transaction ends, in random order, by commit or rollback."""
        self.random.shuffle(self._sessions)
        for session in self._sessions:
            session.end()

    def close(self) -> None:
        """Whatever is open is rolled back."""
        for session in self._sessions:
            session.close()


class _Session:
    def __init__(
        self,
        db: MusicDb,
        choices: random.Random,
        name: str,
        hands_off: str,
        old_plays: Iterator[int],
    ):
        self._connection = db.connect(autocommit=False)
        self._hands_off = hands_off
        self._connection.execute("SET lock_timeout = '20s'")  # a bound; nothing should wait
        self._connection.commit()
        self._random = choices
        self._name = name
        self._old_plays = old_plays
        self._numbers = 0
        self._cached_id: int | None = None
        self._savepoints = 0

    def step(self) -> None:
        actions = {
            self._add_play: 30,
            self._add_play_with_a_cached_id: 5,
            self._add_old_play: 5,
            self._cache_an_id: 5,
            self._change_play: 10,
            self._delete_play: 6,
            self._add_track: 5,
            self._change_track: 10,
            self._delete_link: 2,
            self._add_snapshot: 3,
            self._change_playlist: 3,
            self._savepoint: 8,
            self._roll_back_to_savepoint: 4,
            self.end: 12,
        }
        (action,) = self._random.choices(list(actions), list(actions.values()))
        action()

    def end(self) -> None:
        self._savepoints = 0
        if self._random.random() < 0.2:
            self._connection.rollback()
        elif self._in_transaction() and self._random.random() < 0.1:
            name = self._next_name()
            self._execute("PREPARE TRANSACTION {}", name)
            self._connection.commit()
            self._connection.autocommit = True
            self._execute("COMMIT PREPARED {}", name)
            self._connection.autocommit = False
        else:
            self._connection.commit()

    def roll_back(self) -> None:
        self._savepoints = 0
        self._connection.rollback()

    def close(self) -> None:
        self._connection.close()

    def _add_play(self) -> None:
        if track := self._some_track("FOR KEY SHARE SKIP LOCKED"):
            self._execute(
                "INSERT INTO play_history (track_id, played_at, listened_ms, source) "
                "VALUES ({}, {}, {}, {})",
                track, self._time(), self._random.randrange(300_000), self._next_name(),
            )  # fmt: skip

    def _add_play_with_a_cached_id(self) -> None:
        if self._cached_id is not None and (track := self._some_track("FOR KEY SHARE SKIP LOCKED")):
            self._execute(
                "INSERT INTO play_history (id, track_id) VALUES ({}, {})", self._cached_id, track
            )
            self._cached_id = None

    def _add_old_play(self) -> None:
        # With a number that no other session has had: it would wait for the one that changes it.
        number = self._random.getrandbits(11) << 20 | next(self._old_plays)
        self._execute(
            "INSERT INTO play_history (id, played_at) VALUES ({}, {}) ON CONFLICT DO NOTHING",
            -number, self._time(),
        )  # fmt: skip

    def _cache_an_id(self) -> None:
        (self._cached_id,) = self._execute("SELECT nextval('play_history_id_seq')").fetchone()

    def _change_play(self) -> None:
        if play := self._some_play():
            self._execute(
                "UPDATE play_history SET skipped = {}, played_at = {} WHERE id = {}",
                self._random.choice([True, False, None]), self._time(), play,
            )  # fmt: skip

    def _delete_play(self) -> None:
        if play := self._some_play():
            self._execute("DELETE FROM play_history WHERE id = {}", play)

    def _add_track(self) -> None:
        name = self._next_name()
        self._execute("INSERT INTO tracks (id, name) VALUES ({}, {})", self._word() + name, name)
        self._execute("INSERT INTO artists (id, name) VALUES ({}, {})", self._word() + name, name)
        self._execute(
            "INSERT INTO track_artists (track_id, artist_id) "
            "SELECT t.id, a.id FROM tracks t, artists a WHERE t.name = {} AND a.name = {}",
            name, name,
        )  # fmt: skip

    def _change_track(self) -> None:
        if track := self._some_track("FOR NO KEY UPDATE SKIP LOCKED"):
            self._execute(
                "UPDATE tracks SET tempo = {}, lyrics = {} WHERE id = {}",
                self._random.random() * 200, self._word() * 50, track,
            )  # fmt: skip

    def _delete_link(self) -> None:
        row = self._execute(
            "SELECT track_id, artist_id FROM track_artists WHERE track_id >= {} "
            "ORDER BY 1, 2 LIMIT 1 FOR UPDATE SKIP LOCKED",
            self._word(),
        ).fetchone()
        if row:
            self._execute("DELETE FROM track_artists WHERE track_id = {} AND artist_id = {}", *row)

    def _add_snapshot(self) -> None:
        self._execute(
            "INSERT INTO analysis_snapshots (date, period_label) VALUES ({}, {})",
            self._time(), self._next_name(),
        )  # fmt: skip

    def _change_playlist(self) -> None:
        self._execute(
            "UPDATE playlist_config SET description = {} WHERE key = "
            "(SELECT key FROM playlist_config WHERE key >= {} ORDER BY key LIMIT 1 "
            "FOR UPDATE SKIP LOCKED)",
            self._next_name(), self._word(),
        )  # fmt: skip

    def _savepoint(self) -> None:
        self._savepoints += 1
        self._execute(f"SAVEPOINT s{self._savepoints}")

    def _roll_back_to_savepoint(self) -> None:
        if self._savepoints:
            self._savepoints = self._random.randint(1, self._savepoints)  # the later ones are gone
            self._execute(f"ROLLBACK TO s{self._savepoints}")

    def _some_play(self) -> int | None:
        return self._first(
            "SELECT id FROM play_history WHERE id >= {} AND source IS DISTINCT FROM {} "
            "ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED",
            self._random.choice([-self._random.getrandbits(31), self._random.randrange(1_500)]),
            self._hands_off,
        )

    def _some_track(self, lock: str) -> str | None:
        return self._first(
            "SELECT id FROM tracks WHERE id >= {} ORDER BY id LIMIT 1 " + lock, self._word()
        )

    def _first(self, query: str, *parameters: object) -> object:
        row = self._execute(query, *parameters).fetchone()
        return row[0] if row else None

    def _in_transaction(self) -> bool:
        return self._connection.info.transaction_status == psycopg.pq.TransactionStatus.INTRANS

    def _execute(self, query: str, *parameters: object) -> psycopg.Cursor:
        literals = [psycopg.sql.Literal(value) for value in parameters]
        return self._connection.execute(psycopg.sql.SQL(query).format(*literals))

    def _time(self) -> str:
        return f"2026-{self._random.randint(1, 12):02}-01 00:00:{self._random.uniform(0, 59):09.6f}"

    def _word(self) -> str:
        return "".join(self._random.choices(string.ascii_letters + string.digits, k=6))

    def _next_name(self) -> str:
        self._numbers += 1
        return f"{self._connection.info.dbname}-{self._name}-{self._numbers}"
