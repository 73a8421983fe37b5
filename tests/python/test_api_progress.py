"""Showing progress: what `progress=` takes, and what `progress=True` prints."""

import io
import sys

import pytest
from playmirror.progress import Lines, Progress, reporting


def at(rows: int, table: str = "tracks", total: int = 100) -> Progress:
    return Progress(phase="first copy", table=table, rows=rows, rows_total=total, bytes=rows * 10)


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_nothing_is_shown_unless_asked_for() -> None:
    for progress in (None, False):
        with reporting(progress) as callback:
            assert callback is None


def test_a_callable_is_used_as_it_is() -> None:
    with reporting(print) as callback:
        assert callback is print


@pytest.mark.parametrize("with_tqdm", [True, False])
def test_true_shows_something_on_standard_error(
    with_tqdm: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    if with_tqdm:
        pytest.importorskip("tqdm")
    else:
        monkeypatch.setitem(sys.modules, "tqdm.auto", None)
    with reporting(True) as callback:
        assert callback is not None
        callback(at(10))
        callback(at(100))
        callback(at(5, "play_history", total=0))
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "first copy of tracks" in shown.err
    assert "first copy of play_history" in shown.err


def test_lines_in_a_file_are_one_for_each_table() -> None:
    stream = io.StringIO()
    lines = Lines(stream)
    for progress in (at(1), at(2), at(1, "artists"), at(2, "artists")):
        lines(progress)
    lines.close()
    assert stream.getvalue() == "first copy of tracks\nfirst copy of artists\n"


def test_a_bar_needs_no_more_than_the_terminal_has(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "30")
    monkeypatch.setenv("LC_ALL", "C")
    stream = Terminal()
    Lines(stream)(at(200))
    assert stream.getvalue() == "\r\x1b[Kfirst copy of tracks ########"


def test_a_copy_is_counted_in_pages() -> None:
    stream = Terminal()
    Lines(stream)(Progress(phase="copy", table="", rows=5, rows_total=10, bytes=0))
    assert stream.getvalue().endswith("5 of 10 pages")


def test_a_bar_on_a_terminal_is_one_line_that_vanishes() -> None:
    stream = Terminal()
    lines = Lines(stream)
    lines(at(1))
    lines(at(50))
    lines.close()
    assert stream.getvalue() == (
        f"\r\x1b[Kfirst copy of tracks {'░' * 20}   1% 1 of 100 rows"
        f"\r\x1b[Kfirst copy of tracks {'█' * 10}{'░' * 10}  50% 50 of 100 rows"
        "\r\x1b[K"
    )
