"""Server.repair() and the outbox: an entry that is damaged is taken from its mirrored row."""

from contextlib import closing
from pathlib import Path

import playmirror as pm
import pytest
from support.comparing import file_rows
from support.faults import add_play
from support.music_db import MusicDb
from test_verify import damage

AT = pm.Timestamp.from_unix_micros(1_700_000_000_000_000)


@pytest.fixture
def music_db(small_db: MusicDb) -> MusicDb:
    return small_db


def record_one_of_each(mirror: pm.Mirror) -> None:
    mirror.artists.add(id="new artist", name="Someone", genres=["jazz", "köln"])
    mirror.tracks.add(
        id="new track", tempo=float("inf"), energy=0.1, key=7, artist_ids=["new artist"],
        raw_data={"album": {"id": "b"}},
    )  # fmt: skip
    add_play(mirror, 1, "new track", skipped=True, listened_ms=5, source="recorded")
    mirror.snapshots.add(date=AT, period_label="last_30_days", metrics_payload={"a": [1, None]})


DAMAGE = {
    "image": "image = CAST(substr(image, 1, 5) || x'07' || substr(image, 7) AS BLOB)",
    "checksum": "checksum = checksum + 1",
    "recorded_at": "recorded_at = 'some day'",
    "identity": "identity = identity || 'x'",
    "row_id": "row_id = row_id - 77",
    "row_id of another": "row_id = -(1 << 40) - 1",
    "identity of none": "identity = ''",
}
TABLES = ["artists", "tracks", "play_history", "analysis_snapshots"]
#: Those whose row cannot be told: its key is what is damaged.
LOST = {("artists", "identity"), ("tracks", "identity"), ("artists", "identity of none"),
        ("tracks", "identity of none")}  # fmt: skip


@pytest.mark.parametrize("what", DAMAGE)
@pytest.mark.parametrize("table", TABLES)
def test_a_damaged_entry_is_taken_from_its_row(
    table: str, what: str, music_db: MusicDb, server: pm.Server, mirror: pm.Mirror
) -> None:
    server.pull(mirror)
    record_one_of_each(mirror)
    before = file_rows(mirror.path, "SELECT * FROM playmirror_outbox ORDER BY entry")
    damage(mirror, f"UPDATE playmirror_outbox SET {DAMAGE[what]} WHERE table_name = '{table}'")
    [entry] = [each.entry for each in mirror.pending() if each.table == table]
    shows_nothing = file_rows(mirror.path, "SELECT * FROM playmirror_outbox ORDER BY entry")
    report = server.repair(mirror)
    if shows_nothing == before or (table, what) in LOST:
        assert report.damaged_entries == ([entry] if (table, what) in LOST else [])
        return
    assert report.damaged_entries == []
    assert any(f"entry {entry}" in warning for warning in report.warnings)
    assert mirror.verify().ok
    after = file_rows(mirror.path, "SELECT * FROM playmirror_outbox ORDER BY entry")
    if what != "recorded_at":
        assert [row[:5] for row in after] == [row[:5] for row in before]
    assert server.sync(mirror).pushed == 4
    assert mirror.pending() == []
    assert music_db.execute(
        "SELECT p.skipped, p.listened_ms, p.source, t.tempo, t.energy, t.key, a.genres ->> 1, "
        "t.raw_data -> 'album' ->> 'id' FROM play_history p JOIN tracks t ON t.id = p.track_id "
        "JOIN track_artists l ON l.track_id = t.id JOIN artists a ON a.id = l.artist_id "
        "WHERE t.id = 'new track'"
    ) == [(True, 5, "recorded", float("inf"), 0.1, 7, "köln", "b")]
    assert music_db.execute(
        "SELECT metrics_payload -> 'a' ->> 0 FROM analysis_snapshots "
        "WHERE period_label = 'last_30_days' AND date = '2023-11-14 22:13:20'"
    ) == [("1",)]
    assert server.verify(mirror).equal


def test_what_an_earlier_repair_set_aside_is_sent_after_all(
    music_db: MusicDb, server: pm.Server, mirror: pm.Mirror
) -> None:
    record_one_of_each(mirror)
    damage(mirror, f"UPDATE playmirror_outbox SET {DAMAGE['image']} WHERE row_id < 0")
    # No digest tells yet whether the rows are as they were written.
    assert len(server.repair(mirror).damaged_entries) == 2
    server.pull(mirror)
    assert {each.state for each in mirror.pending()} == {"queued", "rejected"}
    report = server.repair(mirror)
    assert report.damaged_entries == []
    assert {each.state for each in mirror.pending()} == {"queued"}
    assert server.sync(mirror).pushed == 4
    assert server.verify(mirror).equal


def test_a_row_that_is_damaged_too_is_not_sent(
    music_db: MusicDb, server: pm.Server, mirror: pm.Mirror, mirror_path: Path
) -> None:
    server.pull(mirror)
    record_one_of_each(mirror)
    damage(mirror, f"UPDATE playmirror_outbox SET {DAMAGE['image']} WHERE row_id < 0")
    damage(mirror, "UPDATE play_history SET listened_ms = 6 WHERE id < 0")
    assert len(server.repair(mirror).damaged_entries) == 2
    with closing(mirror):
        assert server.push(mirror).pushed == 2
