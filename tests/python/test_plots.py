"""Pictures: every example of docs/plots.md, and what a picture must bear."""

import pickle
import subprocess
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import playmirror as pm
import pytest
from cluster import ClusterError  # noqa: F401  # puts tests/server on the path
from support.music_db import SMALL_TEMPLATE, MusicDb
from support.offline_library import NOON, open_library

sys.path.append(str(Path(__file__).resolve().parents[1] / "docs"))
import gallery

matplotlib = pytest.importorskip("matplotlib")

EXAMPLES = dict(gallery.examples())
HOSTILE = "$\\frac$ \x1b[2J\u202e東京 نوال <img src=x onerror=alert(1)>" * 20


@pytest.fixture(scope="module")
def synced(cluster: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[pm.Mirror]:
    """A mirror of the library of 1,000 plays."""
    with (
        MusicDb.create(cluster, template=SMALL_TEMPLATE) as db,
        pm.open(tmp_path_factory.mktemp("plots") / "music.db") as mirror,
    ):
        mirror.sync(db.dsn)
        yield mirror


@pytest.fixture
def mirror(mirror_path: Path) -> Iterator[pm.Mirror]:
    with open_library(mirror_path) as mirror:
        yield mirror


def texts(picture: Any) -> str:
    """Everything written in a picture."""
    import matplotlib.text

    found = picture.figure if hasattr(picture, "get_title") else picture
    return "\n".join(
        text.get_text() for text in found.findobj(matplotlib.text.Text) if text.get_visible()
    )


def png(picture: Any) -> bytes:
    data: bytes = picture._repr_png_()[0]
    return data


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_example_draws(synced: pm.Mirror, name: str) -> None:
    picture = gallery.picture(EXAMPLES[name], synced)
    assert png(picture).startswith(b"\x89PNG")
    if name != "genre_artist_counts":  # it has no filter
        assert "n = " in texts(picture)


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_example_draws_nothing_at_all(mirror_path: Path, name: str) -> None:
    """On an empty mirror there is a picture with a title, and no exception."""
    code = (
        EXAMPLES[name]
        .replace("[0].artist_id", ":=None")
        .replace("artist = mirror.stats.top_artists(limit=1):=None", 'artist = "nobody"')
    )
    with pm.open(mirror_path) as mirror:
        picture = gallery.picture(code, mirror)
        assert png(picture)
        assert "n = 0" in texts(picture)


def test_a_picture_says_what_was_counted(synced: pm.Mirror) -> None:
    drawn = synced.stats.heatmap(
        period="2026", tz="Europe/Berlin", skips="exclude", exclude_track_ids=["a", "b"]
    )
    shown = texts(drawn.plot())
    n = sum(cell.plays for cell in drawn)
    assert f"2026 · Europe/Berlin · skips exclude · exclude track ids a, b · n = {n:,}" in shown


def test_a_period_counted_from_today_is_told_by_its_dates(synced: pm.Mirror) -> None:
    totals = synced.stats.moods(
        period="last_30_days", tz="Asia/Tokyo", now="2026-01-31T18:00:00Z"
    ).plot()
    assert "last 30 days (2026-01-02 to 2026-02-01)" in texts(totals)


def test_an_answer_remembers_the_clock_of_its_call(mirror: pm.Mirror) -> None:
    """What is printed belongs to the numbers, whenever it is drawn."""
    answer = pickle.loads(pickle.dumps(mirror.stats.activity("day", period="previous_month")))
    asked = answer._asked
    assert asked.span() == pm.Period.previous_month().resolve("UTC", asked.filter["now"])
    assert answer[:3]._asked == asked


def test_what_was_given_may_change_or_run_out_afterwards(mirror: pm.Mirror) -> None:
    excluded = ["blue"]
    answer = mirror.stats.moods(exclude_track_ids=excluded, sources=(each for each in ["test"]))
    excluded.append("so-what")
    shown = texts(pickle.loads(pickle.dumps(answer)).plot())
    assert "exclude track ids blue · sources test · n = 4 plays" in shown.replace("\n", " ")


def test_remembering_changes_no_answer(mirror: pm.Mirror) -> None:
    one, other = mirror.stats.moods(), mirror.stats.moods(tz="Europe/Berlin")
    assert one == other
    assert hash(mirror.stats.totals().time) == hash(mirror.stats.totals().time)


def test_pictures_outlive_their_mirror(mirror: pm.Mirror) -> None:
    top = mirror.stats.top_tracks()
    moods = pickle.loads(pickle.dumps(mirror.stats.moods()))
    mirror.close()
    assert png(top.plot())
    assert png(moods.plot())


def test_an_axes_of_ones_own_is_drawn_on_and_returned(mirror: pm.Mirror) -> None:
    from matplotlib.figure import Figure

    figure = Figure()
    left, right = figure.subplots(1, 2)
    assert mirror.stats.top_tracks().plot(left) is left
    assert mirror.stats.heatmap().plot(ax=right) is right
    round_one = figure.add_subplot(projection="polar")
    assert mirror.stats.clock().plot(round_one) is round_one
    with pytest.raises(ValueError, match="polar"):
        mirror.stats.clock().plot(left)
    with pytest.raises(ValueError, match="polar"):
        mirror.stats.heatmap().plot(round_one)


def test_hostile_names_are_drawn_harmlessly(mirror: pm.Mirror) -> None:
    mirror.artists.add(id="evil", name=HOSTILE, genres=[HOSTILE])
    mirror.tracks.add(id="evil", name=HOSTILE, artist=HOSTILE, album=HOSTILE, artist_ids=["evil"])
    for minute in range(8):
        mirror.plays.add(
            track_id="evil", played_at=NOON.replace(hour=20, minute=minute), context_uri=HOSTILE
        )
    stats = mirror.stats
    for answer in (
        stats.top_tracks(),
        stats.top_artists(album=HOSTILE),
        stats.top_contexts(),
        stats.genres(),
        stats.evolution("track", "day"),
        stats.genre_by_daypart(),
        stats.skips("artist", min_known=0),
        stats.milestones(every=2),
    ):
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # a letter that no font has would be one
            picture = answer.plot()
            assert png(picture)
        shown = texts(picture)
        assert "\x1b" not in shown
        assert "\u202e" not in shown
        assert all(len(line) < 400 for line in shown.split("\n"))


def test_nothing_of_matplotlib_is_changed(mirror: pm.Mirror, tmp_path: Path) -> None:
    script = """
import sys, playmirror as pm, matplotlib
before = matplotlib.rcParams.copy()  # to read the backend is to choose one
with pm.open(sys.argv[1]) as mirror:
    for answer in (mirror.stats.heatmap(), mirror.stats.clock(), mirror.stats.moods()):
        answer.plot()._repr_png_()
assert matplotlib.rcParams.copy() == before
assert "matplotlib.pyplot" not in sys.modules
"""
    subprocess.run([sys.executable, "-c", script, tmp_path / "music.db"], check=True)


def test_without_matplotlib_the_message_says_what_to_install(
    mirror: pm.Mirror, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(ImportError, match=r"pip install 'playmirror\[plot\]'"):
        mirror.stats.heatmap().plot()


@pytest.mark.parametrize(
    ("draw", "message"),
    [
        (lambda stats: stats.heatmap().plot(by="skips"), "by must be one of plays, time"),
        (lambda stats: stats.top_tracks().plot(kind="pie"), "kind must be one of bars"),
        (lambda stats: stats.top_tracks(limit=1).plot(kind="lorenz"), "limit=0"),
        (lambda stats: stats.activity("week").plot(kind="calendar"), "needs the days"),
        (lambda stats: stats.audio_trend().plot(feature="loudest"), "feature must be one of"),
        (lambda stats: stats.moods().plot(kind="pie"), "no option 'kind'; its options: none"),
        (lambda stats: stats.heatmap().plot(kind="pie"), "no option 'kind'; its options: by"),
    ],
)
def test_an_option_that_means_nothing_is_refused(
    mirror: pm.Mirror, draw: Any, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        draw(mirror.stats)


def test_records_without_a_picture_say_so(mirror: pm.Mirror) -> None:
    with pytest.raises(TypeError, match="no picture of RecentPlay"):
        mirror.stats.recent_plays().plot()
    with pytest.raises(TypeError, match="no picture of Play"):
        mirror.plays.recent().plot()


def contrast(one: tuple[float, float, float], other: tuple[float, float, float]) -> float:
    """As the Web Content Accessibility Guidelines define it."""

    def luminance(colour: tuple[float, float, float]) -> float:
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in colour]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    bright, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("ground", ["#ffffff", "#111111"])
def test_text_is_readable_on_light_and_dark(synced: pm.Mirror, ground: str) -> None:
    from matplotlib.colors import to_rgb
    from matplotlib.text import Text

    for name in ("top_tracks", "places_won", "compare", "heatmap", "clock", "moods", "evolution"):
        picture = gallery.picture(EXAMPLES[name], synced)
        for text in picture.figure.findobj(Text):
            if text.get_text() and text.get_visible():
                ratio = contrast(to_rgb(text.get_color()), to_rgb(ground))
                assert ratio >= 4, (name, text.get_text(), ratio)
        assert picture.figure.get_facecolor()[3] == 0


def test_means_of_few_are_left_out(mirror: pm.Mirror) -> None:
    mirror.tracks.add(id="calm", name="Calm", valence=0.2, energy=0.1)
    for day, plays in ((1, 4), (2, 5)):
        for minute in range(plays):
            mirror.plays.add(
                track_id="calm", played_at=NOON.replace(month=3, day=day, minute=minute)
            )
    picture = mirror.stats.audio_trend("day", period="2026-03").plot()
    (line,) = picture.get_lines()
    drawn = [value for value in line.get_ydata() if value == value]
    assert drawn == [pytest.approx(0.2)]
    assert "means of n < 5 left out: 1" in texts(picture)


def test_the_calendar_tells_the_longest_streak(mirror: pm.Mirror) -> None:
    for day in (5, 6, 7, 20):
        mirror.plays.add(track_id="blue", played_at=NOON.replace(month=3, day=day))
    picture = mirror.stats.activity("day", period="2026").plot(kind="calendar")
    assert "longest streak 3 days, 2026-03-05 to 2026-03-07" in texts(picture)


def test_arrows_tell_places_won(mirror: pm.Mirror) -> None:
    base = mirror.stats.top_tracks()
    for minute in range(10):
        mirror.plays.add(track_id="blue", played_at=NOON.replace(month=3, minute=minute))
    shown = texts(mirror.stats.top_tracks().plot(base=base)).split("\n")
    assert "▲ 1" in shown
    assert "▼ 1" in shown
    assert "=" in shown


@pytest.mark.parametrize("at", ["0001-01-08T00:00:00Z", "9999-12-29T23:00:00Z"])
def test_the_first_and_the_last_years_can_be_drawn(mirror: pm.Mirror, at: str) -> None:
    """No axis has room for dates before or behind them."""
    stats = mirror.stats
    mirror.tracks.add(id="long", name="Long", energy=0.5, duration_ms=10**9, artist_ids=["miles"])
    mirror.plays.add(track_id="long", played_at=at, source="import" if at < "1" else None)
    for unit in ("day", "month", "year"):
        year = {"period": at[:4]} if unit != "day" else {"period": at[:10]}
        for answer in (
            stats.activity(unit, **year),
            stats.discovery_trend(unit, **year),
            stats.audio_trend(unit, **year),
            stats.evolution("artist", unit, **year),
            stats.session_list(**year),
        ):
            assert len(answer)
            answer.plot().figure.canvas.draw()
