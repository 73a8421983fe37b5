"""Every value that PostgreSQL accepts is pulled as it is, read as it is, and in the same order."""

import math
from collections.abc import Callable

import playmirror as pm
import pytest
from psycopg.types.json import Json
from support.comparing import file_rows
from support.music_db import MusicDb

Check = Callable[[pm.Mirror, MusicDb], None]

TIMES = [
    "infinity", "-infinity", "4714-11-24 00:00:00 BC", "0044-03-15 00:00:00.000001 BC",
    "0001-12-31 23:59:59.999999 BC", "0001-01-01 00:00:00", "1582-10-10 00:00:00",
    "1969-12-31 23:59:59.999999", "1970-01-01 00:00:00", "1999-12-31 23:59:59.9999999",
    "2000-01-01 00:00:00", "2026-01-31 06:00:00.25", "2026-01-31 06:00:00.250001",
    "9999-12-31 23:59:59.999999", "10000-01-01 00:00:00", "294276-12-31 23:59:59.999999", None,
]  # fmt: skip
REALS = [
    "NaN", "-0", "0", "Infinity", "-Infinity", "5e-324", "-5e-324", "2.2250738585072014e-308",
    "1.7976931348623157e308", "0.1", "0.30000000000000004", "123456789012345.67", None,
]  # fmt: skip
INTEGERS = [2147483647, -2147483648, 0, -1, None]
TEXTS = [
    "", None, " ", "'", '"', "\\", "\\N", "\\x41", "%", "\t\r\n\v\f", "\x01\x1f\x7f\x80\x9f",
    "\x1b[2J", "𝄞💿", "\U0001f469\u200d\U0001f469\u200d\U0001f466", "e\u0301", "\u202egnirts",
    "\ufeffbom", "\ufffe\uffff\U0010ffff", "NULL", "null", "1e5", "0x10", "2026-01-31",
    "<img src=x onerror=alert(1)>", "=cmd()", "'; DROP TABLE tracks; --",
    "x" * 100_000,
]  # fmt: skip
JSONS = [
    r'{"a": "\u0000"}', r'"\ud800"', r'["\udc00\ud800", "\ud83d\ude00"]', '{"a":1,"a":2}',
    ' { "b" : 1.000 , "a" : 1e400 } ', "null", '""', "-0", "-0.0e-0", "[" * 3_000 + "]" * 3_000,
    '"\U0001f4bf\u2028"', None,
]  # fmt: skip
IDS = [0, -5, 1, 2147483647, -2147483648]


def test_odd_times_arrive_and_sort_as_on_the_server(
    music_db: MusicDb, server: pm.Server, mirror: pm.Mirror, assert_equal: Check
) -> None:
    with music_db.connect() as connection, connection.cursor() as cursor:
        for time in TIMES:
            cursor.execute("INSERT INTO play_history (played_at) VALUES (%s)", [time])
            cursor.execute(
                "INSERT INTO analysis_snapshots (date, period_start) VALUES (%s, %s)", [time, time]
            )
            cursor.execute(
                "INSERT INTO playlist_config (key, last_updated) VALUES (%s, %s)", [str(time), time]
            )
    server.pull(mirror)
    assert_equal(mirror, music_db)
    newest_first = music_db.execute("SELECT id FROM play_history ORDER BY played_at DESC, id DESC")
    oldest_first = music_db.execute("SELECT id FROM play_history ORDER BY played_at, id")
    assert [(play.id,) for play in mirror.plays.list()] == newest_first
    assert [(play.id,) for play in mirror.plays.list(order="oldest_first")] == oldest_first
    assert [(play.id,) for play in mirror.plays.recent(5)] == newest_first[:5]
    dates = music_db.execute("SELECT id FROM analysis_snapshots ORDER BY date DESC, id DESC")
    assert [(snapshot.id,) for snapshot in mirror.snapshots.list()] == dates
    assert server.verify(mirror).equal


def test_odd_reals_arrive_bit_for_bit(
    music_db: MusicDb, server: pm.Server, mirror: pm.Mirror, assert_equal: Check
) -> None:
    for real in REALS:
        music_db.execute("INSERT INTO tracks (id, tempo) VALUES (%s, %s)", [str(real), real])
    server.pull(mirror)
    assert_equal(mirror, music_db)
    for real in REALS:
        tempo = mirror.tracks[str(real)].tempo
        if real is None:
            assert tempo is None
        elif real == "NaN":
            assert math.isnan(tempo)
        else:
            assert (tempo, math.copysign(1, tempo)) == (float(real), math.copysign(1, float(real)))
    assert server.verify(mirror).equal


def test_odd_reals_that_become_plain_and_back(
    music_db: MusicDb, server: pm.Server, mirror: pm.Mirror, assert_equal: Check
) -> None:
    music_db.execute("INSERT INTO tracks (id, tempo, energy) VALUES ('t', 'NaN', '-0')")
    for tempo, energy in [("NaN", "-0"), ("1", "NaN"), (None, "0"), ("-0", None), ("NaN", "NaN")]:
        music_db.execute("UPDATE tracks SET tempo = %s, energy = %s", [tempo, energy])
        server.pull(mirror)
        assert_equal(mirror, music_db)
    music_db.execute("DELETE FROM tracks")
    server.pull(mirror)
    assert_equal(mirror, music_db)
    assert file_rows(mirror.path, "SELECT * FROM playmirror_odd_values") == []


def test_odd_integers_and_ids_arrive(
    music_db: MusicDb, server: pm.Server, mirror: pm.Mirror, assert_equal: Check
) -> None:
    for number, id in enumerate(IDS):
        music_db.execute(
            "INSERT INTO play_history (id, listened_ms, skipped) VALUES (%s, %s, %s)",
            [id, INTEGERS[number], [True, False, None][number % 3]],
        )
        music_db.execute("INSERT INTO analysis_snapshots (id) VALUES (%s)", [id])
    server.pull(mirror)
    assert [mirror.plays[id].listened_ms for id in IDS] == INTEGERS
    assert_equal(mirror, music_db)

    # What is recorded here never takes an id that the server uses.
    music_db.execute("INSERT INTO tracks (id) VALUES ('t')")
    music_db.execute("SELECT setval('play_history_id_seq', 100)")
    server.pull(mirror)
    play = mirror.plays.add(track_id="t", played_at="2026-05-05T05:05:05Z")
    assert play.id not in IDS
    assert server.sync(mirror).pushed == 1
    server.pull(mirror)
    assert_equal(mirror, music_db)


def test_odd_texts_arrive_in_every_place(
    music_db: MusicDb, server: pm.Server, mirror: pm.Mirror, assert_equal: Check
) -> None:
    with music_db.connect() as connection:
        for number, text in enumerate(TEXTS):
            key = f"key {number}" if text is None or len(text) > 1_000 else text
            connection.execute(
                "INSERT INTO tracks (id, name, lyrics) VALUES (%s, %s, %s)", [key, text, text]
            )
            connection.execute("INSERT INTO artists (id, name) VALUES (%s, %s)", [key, text])
            connection.execute("INSERT INTO track_artists VALUES (%s, %s)", [key, key])
            connection.execute(
                "INSERT INTO play_history (track_id, context_uri) VALUES (%s, %s)", [key, text]
            )
            connection.execute(
                "INSERT INTO playlist_config (key, description) VALUES (%s, %s)", [key, text]
            )
    server.pull(mirror)
    assert_equal(mirror, music_db)
    for text in TEXTS:
        if text is not None and len(text) < 1_000:
            assert mirror.tracks[text].lyrics == text
            assert [artist.name for artist in mirror.tracks.artists(text)] == [text]
    assert server.verify(mirror).equal
    music_db.execute("DELETE FROM play_history WHERE id % 2 = 0")
    music_db.execute("DELETE FROM track_artists WHERE length(track_id) = 1")
    server.pull(mirror, confirm_deletes=True)
    assert_equal(mirror, music_db)


def test_odd_json_arrives_as_the_server_prints_it(
    music_db: MusicDb, server: pm.Server, mirror: pm.Mirror, assert_equal: Check
) -> None:
    for number, text in enumerate(JSONS):
        music_db.execute(
            "INSERT INTO tracks (id, raw_data, genres) VALUES (%s, %s, %s)",
            [str(number), text, text],
        )
        music_db.execute("INSERT INTO analysis_snapshots (metrics_payload) VALUES (%s)", [text])
    server.pull(mirror)
    assert [mirror.tracks[str(number)].raw_data for number in range(len(JSONS))] == JSONS
    assert_equal(mirror, music_db)
    assert mirror.tracks["0"].raw_data_json == {"a": "\0"}
    assert server.verify(mirror).equal


def test_broken_genres_of_one_artist_do_not_spoil_the_others(
    music_db: MusicDb, server: pm.Server, mirror: pm.Mirror, assert_equal: Check
) -> None:
    odd = [{"a": 1}, None, "text", 5, [1, None, ["x"], "soul"], ["\ud83d\ude00"]]
    for number, genres in enumerate(odd):
        music_db.execute(
            "INSERT INTO artists (id, genres) VALUES (%s, %s)",
            [str(number), Json(genres) if genres is not None else None],
        )
    music_db.execute("INSERT INTO artists (id, genres) VALUES ('ok', '[\"soul\", \"jazz\"]')")
    server.pull(mirror)
    assert_equal(mirror, music_db)
    counts = {each.genre: each.artists for each in mirror.stats.genre_artist_counts()}
    assert counts["soul"] == 2 and counts["jazz"] == 1


def test_megabytes_of_lyrics_arrive(
    music_db: MusicDb, server: pm.Server, mirror: pm.Mirror, assert_equal: Check
) -> None:
    music_db.execute("INSERT INTO tracks (id, lyrics) VALUES ('t', repeat('la 𝄞', 1500000))")
    server.pull(mirror)
    assert len(mirror.tracks["t"].lyrics) == 6_000_000
    music_db.execute("UPDATE tracks SET lyrics = lyrics || 'x', raw_data = to_json(lyrics)")
    server.pull(mirror)
    assert_equal(mirror, music_db)


@pytest.mark.parametrize("when", ["first copy", "sweep"])
def test_a_field_above_the_cap_is_refused_by_table_id_and_size(
    when: str, music_db: MusicDb, server: pm.Server, mirror: pm.Mirror, assert_equal: Check
) -> None:
    music_db.execute("INSERT INTO tracks (id, name) VALUES ('small', 'x'), ('the-big-one', 'x')")
    if when == "sweep":
        server.pull(mirror)
    music_db.execute("UPDATE tracks SET lyrics = repeat('x', 1000001) WHERE id = 'the-big-one'")
    with pytest.raises(pm.InvalidArgument) as error:
        server.pull(mirror, field_cap=1_000_000)
    assert error.value.code == "value_too_large"
    for part in ("tracks", "lyrics", "the-big-one", "1000001"):
        assert part in str(error.value)
    assert error.value.hint.startswith("Raise field_cap,")
    # Nothing is broken by it: with a higher cap, all arrives.
    server.pull(mirror, field_cap=1_000_001)
    assert_equal(mirror, music_db)


@pytest.mark.parametrize("part", ["\x1f", "\x1e", ""], ids=repr)
def test_a_first_copy_goes_on_after_any_key(
    part: str, music_db: MusicDb, server: pm.Server, mirror: pm.Mirror, assert_equal: Check
) -> None:
    """More rows than it asks for at once, under keys with the characters that bookkeeping uses."""
    music_db.execute(
        "INSERT INTO artists (id) SELECT concat(%s::text, n, %s::text) "
        "FROM generate_series(1, 20100) AS n",
        [part, part],
    )
    music_db.execute("INSERT INTO tracks (id, tempo) VALUES (%s, 'NaN'), ('b', '-0')", [part])
    music_db.execute("INSERT INTO track_artists SELECT %s, id FROM artists", [part])
    assert server.pull(mirror).complete
    assert_equal(mirror, music_db)
