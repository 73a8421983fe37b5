"""A small library recorded offline: what the API tests ask questions about."""

from datetime import datetime, timedelta, timezone
from pathlib import Path

import playmirror as pm

NOON = datetime(2026, 1, 31, 12, tzinfo=timezone.utc)


def open_library(path: Path) -> pm.Mirror:
    """Two artists, three tracks, and six plays ten minutes apart from noon on."""
    mirror = pm.open(path)
    mirror.artists.add(id="miles", name="Miles Davis", genres=["cool jazz", "bebop"])
    mirror.artists.add(id="nina", name="Nina Simone", genres=["soul", "cool jazz"])
    mirror.tracks.add(
        pm.Track("so-what", name="So What", album="Kind of Blue", tempo=136.5),
        artist_ids=["miles"],
    )
    mirror.tracks.add(pm.Track("blue", name="Blue in Green", album="Kind of Blue"), ["miles"])
    mirror.tracks.add(id="sinnerman", name="Sinnerman", album="Pastel Blues", artist_ids=["nina"])
    for number, track in enumerate(("so-what", "blue", "so-what", "sinnerman", "so-what", "blue")):
        mirror.plays.add(
            track_id=track,
            played_at=NOON + timedelta(minutes=10 * number),
            listened_ms=1000 * number,
            skipped=None if number == 0 else number % 2 == 0,
            source="test",
        )
    return mirror
