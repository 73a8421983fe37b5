"""What the command line prints is safe for a terminal, aligned, and plain where nobody looks."""

import io
import json
import math
from datetime import datetime, timedelta, timezone
from pathlib import Path

import playmirror as pm
import pytest
from playmirror.characters import has_unicode
from playmirror.cli.look import coloured, paint, set_color
from playmirror.cli.terminal import cell, cut, pairs, safe, table, width
from playmirror.json_output import to_json


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


PLAIN = io.StringIO()


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("So What", "So What"),
        ("夜に駆ける 🎷 Ænima", "夜に駆ける 🎷 Ænima"),
        ("\x1b[2J", "\\x1b[2J"),
        ("a\nb\tc\r", "a\\nb\\tc\\r"),
        ("\x9b31m\x7f\x00", "\\x9b31m\\x7f\\x00"),
        ("abc\u202efed\u2066", "abc\\u202efed\\u2066"),
        ("a\u200bb\ufeff", "a\\u200bb\\ufeff"),
        ("\udcff", "\\udcff"),
        ("\u2028", "\\u2028"),
        ("👩\u200d🎤", "👩\u200d🎤"),
        ("a\u00a0b", "a\u00a0b"),
    ],
)
def test_what_could_move_hide_or_reorder_is_escaped(text: str, shown: str) -> None:
    assert safe(text) == shown


def test_a_cell_holds_any_value() -> None:
    values = [None, True, False, 7, 1.5, "a\nb", b"\x00\xff"]
    assert [cell(value) for value in values] == ["", "yes", "no", "7", "1.5", "a\\nb", "x'00ff'"]
    assert cell(datetime(2026, 1, 31, 6, tzinfo=timezone.utc)) == "2026-01-31T06:00:00Z"
    assert cell(pm.Timestamp.infinity()) == "infinity"


def test_columns_are_aligned_by_the_width_on_screen() -> None:
    rows = [("夜に", 5, None), ("e\u0301", 1000, "x")]
    assert table(("name", "n", ""), rows, out=PLAIN) == (
        "name     n\n"
        "夜に     5\n"
        "e\u0301     1000  x"
    )  # fmt: skip


def test_names_of_columns_are_as_untrusted_as_values() -> None:
    assert table(["\x1b[31m"], [["\x1b"]], out=PLAIN) == "\\x1b[31m\n\\x1b"


def test_a_terminal_gets_lines_that_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "20")
    monkeypatch.setenv("NO_COLOR", "1")
    lines = table(("name",), [("x" * 50,)], out=Terminal()).splitlines()
    assert lines[1] == "x" * 19 + "…"
    assert len(table(("name",), [("x" * 50,)], out=PLAIN).splitlines()[1]) == 50


def test_block_characters_are_for_those_who_can_see_them(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LC_ALL", "LC_CTYPE", "LANG"):
        monkeypatch.delenv(name, raising=False)
    assert has_unicode(io.TextIOWrapper(io.BytesIO(), encoding="utf-8"))
    assert not has_unicode(io.TextIOWrapper(io.BytesIO(), encoding="latin-1"))
    monkeypatch.setenv("LANG", "C")
    assert not has_unicode(io.TextIOWrapper(io.BytesIO(), encoding="utf-8"))
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    assert has_unicode(io.TextIOWrapper(io.BytesIO(), encoding="utf-8"))


def test_cutting_counts_wide_characters() -> None:
    assert cut("夜に駆ける", 6) == "夜に…"
    assert width(cut("夜に駆ける", 6)) <= 6
    assert cut("abc", 3) == "abc"


def test_colours_are_for_terminals_whose_user_wants_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    assert paint("x", "31", Terminal()) == "\x1b[31mx\x1b[0m"
    assert paint("x", "31", PLAIN) == "x"
    monkeypatch.setenv("TERM", "dumb")
    assert paint("x", "31", Terminal()) == "x"
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("NO_COLOR", "1")
    assert paint("x", "31", Terminal()) == "x"


@pytest.mark.parametrize(
    ("environment", "color", "of_terminal", "of_pipe"),
    [
        ({}, "auto", True, False),
        ({"NO_COLOR": "1"}, "auto", False, False),
        ({"NO_COLOR": ""}, "auto", True, False),
        ({"FORCE_COLOR": "1"}, "auto", True, True),
        ({"FORCE_COLOR": "0"}, "auto", False, False),
        ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, "auto", False, False),
        ({"FORCE_COLOR": "1", "TERM": "dumb"}, "auto", True, True),
        ({"NO_COLOR": "1"}, "always", True, True),
        ({"FORCE_COLOR": "1"}, "never", False, False),
    ],
)
def test_colours_follow_the_option_then_the_environment_then_the_terminal(
    environment: dict[str, str],
    color: str,
    of_terminal: bool,
    of_pipe: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm")
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    set_color(color)
    try:
        assert (coloured(Terminal()), coloured(PLAIN)) == (of_terminal, of_pipe)
    finally:
        set_color("auto")


def test_the_widest_text_gives_way_first_and_numbers_never(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    monkeypatch.setenv("NO_COLOR", "1")
    rows = [(7, "t" * 60, "a" * 12), (1_000_000, "夜" * 30, "b")]
    names, first, second = table(("plays", "track", "artist"), rows, out=Terminal()).splitlines()
    assert first == "      7  " + "t" * 16 + "…  " + "a" * 12
    assert second == "1000000  " + "夜" * 8 + "…  b"
    assert names == "  plays  track              artist"
    assert all(width(line) <= 40 for line in (names, first, second))


def test_a_table_of_many_columns_is_cut_at_the_edge(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "20")
    monkeypatch.setenv("NO_COLOR", "1")
    lines = table(["column"] * 9, [["x" * 30] * 9], out=Terminal()).splitlines()
    assert all(width(line) <= 20 for line in lines)


def test_pairs_are_aligned() -> None:
    assert pairs([("a", 1), ("long", "x\n")], out=PLAIN) == "a     1\nlong  x\\n"


def test_json_holds_every_value_in_plain_types() -> None:
    text = to_json(
        {
            "instant": datetime(2026, 1, 31, 7, tzinfo=timezone(timedelta(hours=1))),
            "beyond": pm.Timestamp.negative_infinity(),
            "length": timedelta(milliseconds=1500),
            "path": Path("/x"),
            "state": pm.PendingState.QUEUED,
            "real": [1.5, math.inf, -math.inf],
            "record": pm.GenreCount("bebop", 2),
            "blob": b"\x00",
        }
    )
    assert json.loads(text) == {
        "instant": "2026-01-31T06:00:00Z",
        "beyond": "-infinity",
        "length": 1.5,
        "path": "/x",
        "state": "queued",
        "real": [1.5, "inf", "-inf"],
        "record": {"genre": "bebop", "artists": 2},
        "blob": {"base64": "AA=="},
    }


def test_json_is_ascii_so_that_it_cannot_harm_a_terminal() -> None:
    text = to_json(["\x1b[2J\x9b\u202e夜\udcff"])
    assert text.isascii()
    assert text.replace("\n", "").isprintable()
    assert json.loads(text) == ["\x1b[2J\x9b\u202e夜\udcff"]
