"""Exports of other services, made up: rows in each format, and files of them."""

from __future__ import annotations

import json
import zipfile
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

Row = dict[str, Any]

BEGIN = 1_700_000_000  # 2023-11-14T22:13:20Z


def later(seconds: int) -> str:
    """So long after BEGIN, as Spotify writes times."""
    at = datetime.fromtimestamp(BEGIN, timezone.utc) + timedelta(seconds=seconds)
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def spotify_id(number: int) -> str:
    return f"{number:022d}"


def extended(number: int, ts: str, **changes: Any) -> Row:
    """A row of Spotify's extended streaming history."""
    return {
        "ts": ts,
        "username": "someone-private",
        "platform": "linux",
        "ms_played": 180_000,
        "conn_country": "NL",
        "ip_addr_decrypted": "203.0.113.77",
        "user_agent_decrypted": "secret agent",
        "master_metadata_track_name": f"Song {number}",
        "master_metadata_album_artist_name": f"Artist {number % 7}",
        "master_metadata_album_album_name": f"Album {number % 3}",
        "spotify_track_uri": f"spotify:track:{spotify_id(number)}",
        "episode_name": None,
        "episode_show_name": None,
        "spotify_episode_uri": None,
        "reason_start": "trackdone",
        "reason_end": "trackdone",
        "shuffle": False,
        "skipped": None,
        "offline": False,
        "offline_timestamp": 0,
        "incognito_mode": False,
    } | changes


def account(number: int, end_time: str, **changes: Any) -> Row:
    """A row of Spotify's account data: to the minute, without ids."""
    return {
        "endTime": end_time,
        "artistName": f"Artist {number % 7}",
        "trackName": f"Song {number}",
        "msPlayed": 180_000,
    } | changes


def listenbrainz(number: int, listened_at: int, **info: Any) -> Row:
    """A line of a ListenBrainz export."""
    return {
        "listened_at": listened_at,
        "inserted_at": listened_at + 5,
        "track_metadata": {
            "track_name": f"Song {number}",
            "artist_name": f"Artist {number % 7}",
            "release_name": "Album",
            "mbid_mapping": {"artists": [{"artist_credit_name": "Somebody"}]},
            "additional_info": {"duration_ms": 200_000, "tags": ["a", "b"], **info},
        },
    }


def lastfm(number: int, uts: int | None) -> Row:
    """A track of Last.fm's recent tracks; without a time, the one that is playing."""
    row: Row = {
        "artist": {"mbid": "", "#text": f"Artist {number % 7}"},
        "album": {"mbid": "", "#text": ""},
        "name": f"Song {number}",
        "image": [{"size": "small", "#text": ""}],
    }
    if uts is None:
        return row | {"@attr": {"nowplaying": "true"}}
    return row | {"date": {"uts": str(uts), "#text": "then"}}


def maloja(number: int, time: int, **changes: Any) -> Row:
    """A scrobble of Maloja's export."""
    return {
        "time": time,
        "track": {
            "artists": [f"Artist {number % 7}", "Guest"],
            "title": f"Song {number}",
            "album": {"artists": ["x"], "albumtitle": "Album"},
            "length": 200,
        },
        "duration": 150,
        "origin": "client:x",
    } | changes


def spotify_zip(path: Path) -> Path:
    """An archive as Spotify sends it, of a few plays."""
    rows = [extended(n, f"2023-11-14T22:{n:02}:20Z") for n in range(5)]
    folder = "Spotify Extended Streaming History"
    return write_zip(
        path,
        {
            f"{folder}/ReadMeFirst_ExtendedStreamingHistory.pdf": b"%PDF-1.7",
            f"{folder}/Streaming_History_Audio_2023_1.json": json.dumps(rows),
        },
    )


def write(path: Path, document: Any) -> Path:
    path.write_text(json.dumps(document, ensure_ascii=False), encoding="utf-8")
    return path


def write_lines(path: Path, rows: list[Row]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def write_zip(path: Path, members: dict[str, str | bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path
