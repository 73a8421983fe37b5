"""How everything shows itself: one line as text; in a notebook small, harmless, without a query."""

import dataclasses
import re
from collections.abc import Iterator
from datetime import timedelta
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import playmirror as pm
import pytest
from support.music_db import MusicDb
from support.offline_library import NOON, open_library

HOSTILE = "<img src=x onerror=alert(1)>\x1b[2J\x00\u202e\u2066\"'&</td></table>"


@pytest.fixture
def mirror(mirror_path: Path) -> Iterator[pm.Mirror]:
    with open_library(mirror_path) as mirror:
        yield mirror


class Checker(HTMLParser):
    """Takes nothing but the few tags that the displays are made of."""

    TAGS = frozenset(
        ("div", "table", "caption", "thead", "tbody", "tr", "th", "td", "strong", "span", "em")
    )

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        assert tag in self.TAGS, tag
        assert {name for name, _ in attributes} <= {"style", "title"}
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def check(html: str) -> str:
    """The HTML, if it is whole, small and harmless."""
    checker = Checker()
    checker.feed(html)
    checker.close()
    assert checker.open == []
    assert len(html.encode()) <= 100_000
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", html)
    assert not re.search(r"#[0-9a-f]{3,6}\b|black|white|rgb", html)  # the page's own colours
    return html


def answers(mirror: pm.Mirror) -> list[Any]:
    """One of everything that can be asked of a mirror."""
    stats = mirror.stats
    asked = [
        getattr(stats, name)()
        for name in vars(pm.Stats)
        if not name.startswith("_")
        and name not in ("compare", "entity_profile", "year_in_review", "metrics_payload")
    ]
    asked += [
        stats.compare(period="2026"),
        stats.entity_profile("miles"),
        stats.year_in_review(2026),
    ]
    return [
        *asked,
        *mirror.tracks,
        *mirror.artists,
        *mirror.plays,
        *mirror.pending(),
        mirror,
        mirror.status(),
        mirror.verify(),
        mirror.plays.table(),
        mirror.exclusions.list(),
        pm.Period.year(2026).resolve(),
    ]


def test_everything_has_a_line_and_a_small_table(mirror: pm.Mirror) -> None:
    for answer in answers(mirror):
        assert re.fullmatch(r"[^\n]{1,4000}", repr(answer)), answer
        check(answer._repr_html_())


def test_hostile_names_do_nothing(mirror: pm.Mirror) -> None:
    hostile = HOSTILE.replace("\x00", "")  # which PostgreSQL refuses, and so does the mirror
    mirror.artists.add(id=hostile, name=hostile, genres=[hostile])
    mirror.tracks.add(id=hostile, name=hostile, artist=hostile, album=hostile, lyrics=hostile,
                      artist_ids=[hostile])  # fmt: skip
    mirror.plays.add(track_id=hostile, played_at=NOON, context_uri=hostile, source=hostile)
    mirror.exclusions.set(name=hostile, contexts=[hostile])
    for answer in answers(mirror):
        html = check(answer._repr_html_())
        assert "<img" not in html
        assert not re.search(r"[\x00-\x1f\u202e\u2066]", repr(answer))
    named = mirror.sql('SELECT 1 AS "<img src=x onerror=alert(1)>"')
    check(named._repr_html_())
    assert "\\x1b[2J" in mirror.tracks[hostile]._repr_html_()


def test_an_answer_is_never_larger_than_100_kb(mirror: pm.Mirror) -> None:
    columns = ", ".join(f"? AS c{number}" for number in range(40))
    parts = "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n LIMIT 60) "
    wide = mirror.sql(f"{parts} SELECT {columns} FROM n", ["'" * 5000] * 40)
    assert "shown" in check(wide._repr_html_())
    assert "shown" in check(mirror.sql(f"{parts} SELECT {columns} FROM n", ["𝄞" * 99] * 40)
                            ._repr_html_())  # fmt: skip


def test_readable_text_stays_as_it_is(mirror: pm.Mirror) -> None:
    name = "Ärger\u00a0mit 東京 👩\u200d🎤 نوال"
    mirror.artists.add(id="x", name=name)
    assert "Ärger mit 東京 👩\u200d🎤 نوال" in mirror.artists["x"]._repr_html_()


def test_a_mirror_says_when_it_was_synced_and_what_is_unsent(
    mirror_path: Path, small_db: MusicDb
) -> None:
    with pm.open(mirror_path) as mirror:
        assert "never synced" in mirror._repr_html_()
        mirror.sync(small_db.dsn)
        track = mirror.stats.top_tracks(limit=1)[0].track_id
        mirror.plays.add(track_id=track, played_at=NOON)
        html = check(mirror._repr_html_())
        assert re.search(r"last synced \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC with \S+, 1 unsent", html)
        assert "1,001 rows" in html
        assert html == mirror.status()._repr_html_()


def test_a_closed_mirror_shows_itself(mirror: pm.Mirror) -> None:
    top, plays = mirror.stats.top_tracks(), mirror.plays
    mirror.close()
    assert str(mirror.path) in repr(mirror)
    assert "closed" in check(mirror._repr_html_())
    assert repr(plays) == "<Plays>"
    assert "So What" in check(top._repr_html_())


def test_no_repr_asks_the_file(mirror: pm.Mirror) -> None:
    """Only the HTML of a Mirror does, for what status() tells."""
    shown = [mirror, mirror.plays, mirror.stats, mirror.tracks.list(), mirror.stats.heatmap(),
             mirror.plays.table(), mirror.status(), mirror.exclusions]  # fmt: skip
    before = [repr(each) for each in shown]
    assert not [each for each in before if " object at 0x" in each]
    mirror.close()
    assert [repr(each) for each in shown] == before


def test_reports_show_their_tables(mirror: pm.Mirror, small_db: MusicDb) -> None:
    with pm.connect(small_db.dsn) as server:
        report = server.sync(mirror)
        html = check(report._repr_html_())
        assert "play_history" in html
        assert "inserted" in html
        assert "pulled={'analysis_snapshots': ...," in repr(report)
        assert "first_copy" in repr(report)
        for each in (server.verify(mirror), server.doctor(), server.repair(mirror)):
            check(each._repr_html_())
            assert "\n" not in repr(each)


def test_a_long_list_of_differences_is_cut() -> None:
    difference = pm.Difference("t", "k", pm.Difference.Kind.DIFFERENT, [HOSTILE], False)
    report = pm.VerifyReport(
        equal=False,
        depth=pm.VerifyDepth.FULL,
        rows_compared=1,
        blocks_compared=0,
        difference_count=5000,
        differences=[dataclasses.replace(difference, key=HOSTILE * 50)] * 5000,
        blocks=[],
        skipped={HOSTILE: HOSTILE},
        wire=pm.WireCounts(1, 2, 3),
        duration=timedelta(seconds=1),
    )
    assert "4,980 more" in check(report._repr_html_())
    assert "<5000 of Difference>" in repr(report)
