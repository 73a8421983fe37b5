"""Pictures of characters: how long bars are, how dark cells, and that they fit."""

import io
import re
from collections.abc import Callable
from pathlib import Path

import playmirror as pm
import pytest
from playmirror.cli import exit_codes
from playmirror.cli.drawing import bar, hours, shades, ticks
from playmirror.cli.filter_options import _FILTER, _LISTS, _NUMBERS
from playmirror.cli.main import main
from playmirror.cli.terminal import width
from support.offline_library import open_library

Shown = Callable[..., str]


class Terminal(io.StringIO):
    encoding = "utf-8"  # type: ignore[assignment]

    def isatty(self) -> bool:
        return True


@pytest.fixture
def shown(mirror_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shown:
    """What a command shows: on a terminal of so many columns, or in a pipe."""
    monkeypatch.setenv("PLAYMIRROR_DB", str(mirror_path))
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    monkeypatch.delenv("COLUMNS", raising=False)
    with open_library(mirror_path) as mirror:
        mirror.tracks.add(id="evil", name="\x1b[2JEvil\u202e" + "!" * 100)
        mirror.plays.add(track_id="evil", played_at="2025-11-30T23:30:00Z", listened_ms=3_900_000)

    def show(*arguments: str, columns: int | None = None) -> str:
        out = io.StringIO() if columns is None else Terminal()
        if columns is not None:
            monkeypatch.setenv("COLUMNS", str(columns))
        monkeypatch.setattr("sys.stdout", out)
        assert main(arguments) == exit_codes.OK
        assert "\x1b" not in out.getvalue()
        assert "\u202e" not in out.getvalue()
        return out.getvalue()

    return show


@pytest.mark.parametrize(
    ("value", "most", "drawn"),
    [
        (8, 8, "████"),
        (4, 8, "██"),
        (5, 8, "██▌"),
        (1, 8, "▌"),
        (1, 10_000, "▏"),
        (0, 8, ""),
        (0, 0, ""),
        (9, 8, "████"),
    ],
)
def test_bars_are_exact_to_an_eighth_and_never_invisible(
    value: float, most: float, drawn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    assert bar(value, most, 4, Terminal()) == drawn
    monkeypatch.setenv("LC_ALL", "C")
    plain = bar(value, most, 4, Terminal())
    assert set(plain) <= {"#"}
    assert bool(plain) == bool(drawn)


def test_shades_are_blank_only_for_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    values = (0, 1, 24, 25, 50, 75, 100)
    assert shades(values, 100, 1, Terminal()) == " ░░▒▓██"
    assert shades((0, 100), 100, 3, Terminal()) == "   ███"
    monkeypatch.setenv("LC_ALL", "POSIX")
    assert shades(values, 100, 1, Terminal()) == " ..:*##"


@pytest.mark.parametrize(
    ("ms", "text"),
    [(0, "0 min"), (59_999, "59 s"), (60_000, "1 min"), (3_599_999, "59 min"),
     (3_900_000, "1 h 05 min"), (4_000_000_000, "1,111 h 06 min")],
)  # fmt: skip
def test_lengths_of_time_are_for_people(ms: int, text: str) -> None:
    assert hours(ms) == text


def test_ticks_stand_over_their_cells() -> None:
    assert ticks(2, 3, 24) == "0     3     6     9     12    15    18    21"


def test_top_has_bars_on_a_terminal_and_none_in_a_pipe(shown: Shown) -> None:
    lines = shown("top", columns=100).splitlines()
    assert re.match(r" +1  So What ", lines[1])
    assert lines[1].count("█") == 30
    assert lines[2].count("█") == 20
    assert "█" not in shown("top", columns=50)
    piped = shown("top")
    assert "█" not in piped
    assert "Evil" + "\\u202e" + "!" * 100 in piped


@pytest.mark.parametrize("columns", [40, 60, 80, 133, 200])
@pytest.mark.parametrize(
    "arguments",
    [["top"], ["top", "--by", "skips"], ["top", "artists", "--by", "days"], ["activity"],
     ["activity", "--unit", "hour", "--period", "2026-01-31"], ["heatmap"]],
    ids=" ".join,
)  # fmt: skip
def test_pictures_fit_the_terminal(shown: Shown, arguments: list[str], columns: int) -> None:
    for line in shown(*arguments, columns=columns).splitlines():
        assert width(line) <= columns or "most on" in line


@pytest.mark.parametrize(
    "arguments", [["top"], ["top", "--by", "skips"], ["top", "--by", "days"], ["activity"]],
    ids=" ".join,
)  # fmt: skip
def test_bars_are_never_cut(shown: Shown, arguments: list[str]) -> None:
    for columns in range(24, 120):
        for line in shown(*arguments, columns=columns).splitlines():
            assert "█…" not in line, columns


def test_bars_that_have_little_room_still_tell_the_most_played(shown: Shown) -> None:
    for columns in range(60, 80):
        lengths = [line.count("█") for line in shown("top", columns=columns).splitlines()[1:]]
        assert lengths[0] > lengths[1] > 0, columns


@pytest.mark.parametrize("what", ["tracks", "artists", "albums", "genres", "contexts"])
@pytest.mark.parametrize("by", ["plays", "time", "days", "skips"])
def test_everything_can_be_ranked_by_everything(shown: Shown, what: str, by: str) -> None:
    names, *lines = shown("top", what, "--by", by, columns=90).splitlines()
    assert f" {by}" in names
    assert lines


def test_the_bars_measure_what_is_ranked(shown: Shown) -> None:
    first, *others = shown("top", "--by", "time", columns=100).splitlines()[1:]
    assert "Evil" in first
    assert "1 h 05 min" in first
    assert first.count("█") == 30
    assert all(line.count("█") == 0 for line in others)


def test_activity_takes_the_finest_unit_that_fits(shown: Shown) -> None:
    assert shown("activity").splitlines()[0].split()[0] == "week"
    assert len(shown("activity").splitlines()) == 11
    days = shown("activity", "--period", "2026-01").splitlines()
    assert days[0].split()[0] == "day"
    assert days[-1].split()[:2] == ["2026-01-31", "6"]
    assert days[-1].count("█") > 30
    months = shown("activity", "--unit", "month").splitlines()
    assert [line.split()[0] for line in months[1:]] == ["2025-11", "2025-12", "2026-01"]
    assert shown("activity", "--unit", "quarter").splitlines()[1].startswith("2025 Q4")
    assert shown("activity", "--unit", "year").splitlines()[2].split()[:2] == ["2026", "6"]
    hour = shown("activity", "--unit", "hour", "--since", "2026-01-31T12:00:00Z").splitlines()[1]
    assert hour.startswith("2026-01-31 12:00")
    assert shown("activity", "--period", "1999").splitlines()[1].split()[:2] == ["1999-01", "0"]


def test_a_heatmap_has_a_line_for_each_day(shown: Shown) -> None:
    lines = shown("heatmap").splitlines()
    assert [line[:3] for line in lines[1:8]] == ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
    saturday = lines[6][5:]
    assert (saturday.index("█"), saturday.count("█")) == (12 * 3, 3)
    assert lines[-1].endswith("most on Saturday at 12:00: 6 plays (hours of UTC)")
    sunday_first = shown("heatmap", "--week-start", "sunday", "--tz", "Asia/Tokyo").splitlines()
    assert sunday_first[1].startswith("Sun")
    assert "Saturday at 21:00" in sunday_first[-1]
    assert "Sunday at 23:00: 1 h 05 min" in shown("heatmap", "--by", "time")
    assert shown("heatmap", "--period", "1999") == "no plays\n"


def test_the_options_are_the_whole_filter() -> None:
    filter = set(pm.StatsFilter.__annotations__)
    options = {*_FILTER, *_LISTS, *_NUMBERS}
    assert options | {"details"} == filter  # which decides what is computed, not what counts


def test_since_and_until_are_a_period(shown: Shown, capsys: pytest.CaptureFixture[str]) -> None:
    since = ["--since", "2026-01-31T12:10:00Z", "--until", "2026-01-31T12:30:00Z"]
    assert re.search(r"^plays +2$", shown("stats", "totals", *since), re.MULTILINE)
    code = main(["top", "--period", "2026", *since])
    assert code == exit_codes.USAGE


def test_a_date_alone_is_the_start_of_that_local_day(
    shown: Shown, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def plays(*options: str) -> int:
        found = re.search(r"^plays +(\d+)$", shown("stats", "totals", *options), re.MULTILINE)
        assert found
        return int(found[1])

    monkeypatch.setenv("PLAYMIRROR_CONFIG", str(tmp_path / "config.ini"))
    day = ["--since", "2026-01-31", "--until", "2026-02-01"]
    assert plays(*day) == 6
    # In Kiritimati, 14 hours ahead, the day ends at 10:00 UTC, before all of them.
    assert plays(*day, "--tz", "Pacific/Kiritimati") == 0
    assert plays("--since", "2026-02-01", "--tz", "Pacific/Kiritimati") == 6
    (tmp_path / "config.ini").write_text("[playmirror]\ntz = Pacific/Kiritimati\n")
    assert plays(*day) == 0
    assert plays(*day, "--tz", "UTC") == 6

    streak = ["stats", "streaks", "--tz", "UTC", "--as-of"]
    assert re.search(r"^current_days +1$", shown(*streak, "2026-02-01"), re.MULTILINE)
    assert re.search(r"^current +", shown(*streak, "2026-02-02"), re.MULTILINE)
    now = ["stats", "totals", "--tz", "UTC", "--period", "this_day", "--now"]
    assert re.search(r"^plays +6$", shown(*now, "2026-01-31"), re.MULTILINE)


def test_no_other_time_goes_without_a_zone(
    shown: Shown, capsys: pytest.CaptureFixture[str]
) -> None:
    for wrong in ("2026-02-30", "2026-01-31T06:00", "2026-1-31", "yesterday"):
        for option in ("--since", "--until", "--now"):
            assert main(["top", option, wrong]) == exit_codes.USAGE
            said = capsys.readouterr().err
            assert wrong in said
            assert f"{option}: " in said or "there is no day" in said


def test_what_a_statistic_does_not_take_is_refused_by_its_name(
    shown: Shown, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, option, value in (
        ("genre_artist_counts", "--since", "2026-01-01"),
        ("genre_artist_counts", "--until", "2026-01-01"),
        ("genre_artist_counts", "--period", "2026"),
        ("year_in_review", "--period", "2025"),
        ("totals", "--gap", "5"),
    ):
        year = ["--year", "2026"] if name == "year_in_review" else []
        assert main(["stats", name, *year, option, value]) == exit_codes.USAGE
        assert f"{name} takes no {option}\n" in capsys.readouterr().err


def test_lengths_of_time_have_fractions(shown: Shown) -> None:
    assert shown("stats", "totals", "--dedupe", "near", "--dedupe-window", "0.5")


def test_compare_takes_another_period(shown: Shown) -> None:
    text = shown("stats", "compare", "--period", "2026-01", "--base", "2025-11")
    assert re.search(r"plays +6(\.0)? +1", text)


def test_a_person_who_looks_gets_statistics_as_people_read_them(shown: Shown) -> None:
    looked, piped = shown("stats", "totals", columns=80), shown("stats", "totals")
    assert re.search(r"^time measured +1 h 05 min$", looked, re.MULTILINE)
    assert re.search(r"^time_measured_ms +3915000$", piped, re.MULTILINE)
    assert re.search(r"^time per active day +32 min$", looked, re.MULTILINE)
    assert re.search(r"^first at +2025-11-30 23:30Z$", looked, re.MULTILINE)
    looked = shown("stats", "top_artists", columns=100).splitlines()[0]
    piped = shown("stats", "top_artists").splitlines()[0]
    assert looked.split()[:2] == ["rank", "name"]
    assert looked.split()[-1] == "time"
    assert "artist_id" in piped.split()
    assert "artist id" not in looked
    assert "14.3%" in shown("stats", "top_albums", columns=100)


def test_recent_plays_are_told_to_the_minute(shown: Shown) -> None:
    assert shown("recent", columns=100).splitlines()[1].startswith("2026-01-31 12:50Z")
    assert shown("recent").splitlines()[1].startswith("2026-01-31T12:50:00Z")


def test_lists_inside_a_statistic_are_for_people_too(shown: Shown) -> None:
    lines = shown("stats", "audio_profile", columns=100).splitlines()
    assert "time signatures" in lines
    assert "time_signatures" in shown("stats", "audio_profile").splitlines()


@pytest.mark.parametrize("verb", ["top", "activity", "heatmap", "recent"])
def test_nothing_to_draw_is_said(
    verb: str, mirror: pm.Mirror, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([verb, "--db", str(mirror.path)]) == exit_codes.OK
    assert capsys.readouterr().out == "no plays\n"
