"""The command line without a server: verbs, JSON documents, exit codes."""

import argparse
import dataclasses
import json
import os
import pwd
import re
import resource
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import playmirror as pm
import pytest
from playmirror.cli import exit_codes
from playmirror.cli.main import main
from playmirror.cli.parser import make_parser
from playmirror.cli.statistics import NAMES
from support.offline_library import open_library

DOCS = Path(__file__).resolve().parents[2] / "docs" / "cli.md"


@dataclass
class Result:
    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        return json.loads(self.out)

    @property
    def error(self) -> Any:
        return json.loads(self.err.splitlines()[-1])["error"]


Cli = Callable[..., Result]


@pytest.fixture
def cli(
    mirror_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Cli:
    """Runs one command on the mirror of the test."""
    monkeypatch.setenv("PLAYMIRROR_DB", str(mirror_path))

    def run(*arguments: str) -> Result:
        code = main(arguments)
        shown = capsys.readouterr()
        return Result(code, shown.out, shown.err)

    return run


@pytest.fixture
def library(mirror_path: Path) -> None:
    open_library(mirror_path).close()


@pytest.mark.usefixtures("library")
class TestVerbs:
    def test_status(self, cli: Cli, mirror_path: Path) -> None:
        document = cli("status", "--json").document
        assert document["file"] == str(mirror_path)
        assert document["server"] == ""
        assert document["last_pull"] is None
        assert document["tables"]["play_history"] == {"rows": 6, "complete": False, "problem": ""}
        assert document["pending"] == document["queued"] == 11
        text = cli("status").out
        assert "last pull   never" in text
        assert "pending     11 (11 queued)" in text

    def test_recent(self, cli: Cli) -> None:
        (play,) = cli("recent", "--limit", "1", "--json").document
        assert play["name"] == "Blue in Green"
        assert play["played_at"] == "2026-01-31T12:50:00Z"
        assert play["id"] < 0
        assert cli("recent").out.splitlines()[1].split() == [
            "2026-01-31T12:50:00Z", "Blue", "in", "Green", "not", "sent", "yet",
        ]  # fmt: skip

    def test_top(self, cli: Cli) -> None:
        (top,) = cli("top", "--limit", "1", "--json").document
        assert (top["track_id"], top["name"], top["plays"]) == ("so-what", "So What", 3)
        assert (top["position"], top["rank"], top["share"]) == (1, 1, 0.5)
        assert top["time"]["measured_ms"] == 6000
        assert top["last_at"] == "2026-01-31T12:40:00Z"
        assert "So What" in cli("top").out

    def test_stats(self, cli: Cli) -> None:
        totals = cli("stats", "totals", "--period", "2026-01", "--tz", "Europe/Berlin", "--json")
        assert totals.document["plays"] == 6
        assert totals.document["time"]["measured_ms"] == 15000
        assert "measured_ms" in cli("stats", "totals").out
        top = cli("stats", "top_artists", "--exclude-artist", "nina", "--limit", "1", "--json")
        assert [artist["name"] for artist in top.document] == ["Miles Davis"]
        days = cli("stats", "activity", "--unit", "month")
        assert days.out.splitlines()[1].split()[0] == "2026-01-01"
        assert "nothing" in cli("stats", "top_tracks", "--period", "1999").out

    @pytest.mark.parametrize("name", NAMES)
    def test_every_statistic_has_text_and_json(self, cli: Cli, name: str) -> None:
        needs = {
            "compare": ["--period", "2026-01"],
            "entity_profile": ["--id", "miles"],
            "year_in_review": ["--year", "2026"],
        }.get(name, [])
        assert cli("stats", name, *needs).out.strip()
        json.loads(cli("stats", name, *needs, "--json").out)

    def test_stats_refuses_what_it_does_not_take(self, cli: Cli) -> None:
        assert "takes no --unit" in cli("stats", "totals", "--unit", "day").err
        assert "needs --year" in cli("stats", "year_in_review").err
        assert "takes no --period" in cli("stats", "genre_artist_counts", "--period", "2026").err
        assert "no time zone" in cli("stats", "totals", "--tz", "Nowhere").err

    def test_sql(self, cli: Cli) -> None:
        query = "SELECT id, tempo, NULL AS n FROM tracks WHERE id = ?"
        assert cli("sql", query, "so-what", "--json").document == [
            {"id": "so-what", "tempo": 136.5, "n": None}
        ]
        assert cli("sql", query, "nothing", "--json").document == []
        assert cli("sql", query, "so-what").out == "id       tempo  n\nso-what  136.5\n"

    def test_sql_from_standard_input(self, cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
        import io

        monkeypatch.setattr(sys, "stdin", io.StringIO("SELECT 1 AS x"))
        assert cli("sql", "-", "--json").document == [{"x": 1}]

    def test_sql_values_that_json_lacks(self, cli: Cli) -> None:
        (row,) = cli("sql", "SELECT x'00ff' AS b, 9e999 AS i, 'é\u202e' AS t", "--json").document
        assert row == {"b": {"base64": "AP8="}, "i": "inf", "t": "é\u202e"}

    def test_add_play(self, cli: Cli) -> None:
        play = cli(
            "add-play", "--track", "blue", "--at", "2026-03-01T00:00:00+01:00", "--listened-ms",
            "5000", "--not-skipped", "--context", "spotify:album:1", "--source", "shell", "--json",
        ).document  # fmt: skip
        assert play.pop("id") < 0
        assert play == {
            "track_id": "blue",
            "played_at": "2026-02-28T23:00:00Z",
            "context_uri": "spotify:album:1",
            "listened_ms": 5000,
            "skipped": False,
            "source": "shell",
        }
        skipped = cli("add-play", "--track", "blue", "--at", "2026-03-02T00:00:00Z", "--skipped")
        assert re.fullmatch(
            r"play -\d+: blue at 2026-03-02T00:00:00Z \(recorded, not sent yet\)\n", skipped.out
        )
        unknown = cli("add-play", "--track", "blue", "--at", "2026-03-03T00:00:00Z", "--json")
        assert unknown.document["skipped"] is None

    def test_pending_retry_discard(self, cli: Cli) -> None:
        entries = cli("pending", "--json").document
        assert len(entries) == 11
        last = entries[-1]
        assert (last["table"], last["state"]) == ("play_history", "queued")
        assert cli("retry", "--json").document == {"retried": 0}
        number = str(last["entry"])
        assert cli("discard", number, "--json").document == {"discarded": last["entry"]}
        assert len(cli("pending", "--json").document) == 10
        assert cli("discard", number).code == exit_codes.USAGE
        assert "play_history" in cli("pending").out

    def test_verify_without_a_server_checks_the_file(self, cli: Cli) -> None:
        assert cli("verify", "--json").document == {
            "ok": True,
            "outbox_entries": 11,
            "blocks": 0,
            "problems": [],
        }
        assert cli("verify").out == "the file is sound (11 pending entries checked)\n"

    def test_the_db_option_goes_before_the_environment(self, cli: Cli, tmp_path: Path) -> None:
        pm.open(tmp_path / "other.db").close()
        assert cli("recent", "--db", str(tmp_path / "other.db"), "--json").document == []
        assert cli("recent", "--db", str(tmp_path / "other.db")).out == "no plays\n"


@pytest.mark.usefixtures("library")
@pytest.mark.parametrize(
    ("arguments", "code", "error"),
    [
        (["add-play", "--track", "blue", "--at", "2026-03-01"], 2, "InvalidArgument"),
        (["add-play", "--track", "nobody", "--at", "2026-03-01T00:00:00Z"], 2, "InvalidArgument"),
        (["retry", "4711"], 2, "InvalidArgument"),
        (["sql", "SELECT 1 AS x, 2 AS x"], 2, "InvalidArgument"),
        (["sql", "DROP TABLE tracks"], 3, "QueryError"),
        (["sql", "SELECT nothing"], 3, "QueryError"),
        (["pull", "--dsn", "host=127.0.0.1 port=9 dbname=x"], 7, "ServerUnavailable"),
        (["doctor", "--dsn", "nonsense=1"], 2, "InvalidArgument"),
        (["demo", "--plays", "0"], 2, "InvalidArgument"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_errors_leave_by_their_class(cli: Cli, arguments: list[str], code: int, error: str) -> None:
    as_json = cli(*arguments, "--json")
    assert (as_json.code, as_json.out) == (code, "")
    assert as_json.error["class"] == error
    assert list(as_json.error) == [
        "class", "message", "code", "hint", "sqlstate", "retryable", "outcome",
    ]  # fmt: skip
    if "x, 2" not in arguments[-1]:  # only JSON objects cannot hold a name twice
        as_text = cli(*arguments)
        assert as_text.code == code
        assert as_text.err.startswith(f"error: {as_json.error['message']}\n")


def test_a_mirror_that_is_not_there_is_not_made_by_asking(cli: Cli, mirror_path: Path) -> None:
    for verb in ("status", "recent", "pending", "verify", "push"):
        assert cli(verb).code in (exit_codes._BY_CLASS[pm.StorageError], 4)
        assert not mirror_path.exists()


def test_an_empty_path_is_no_directory(cli: Cli) -> None:
    result = cli("status", "--db", "")
    assert (result.code, result.out) == (2, "")
    assert "path of the mirror is empty" in result.err


def test_a_file_that_is_no_mirror_is_unusable(cli: Cli, mirror_path: Path) -> None:
    mirror_path.write_text("a shopping list\n" * 1000)
    mirror_path.chmod(0o600)
    assert cli("status").code == exit_codes._BY_CLASS[pm.MirrorUnusable]
    assert mirror_path.read_text().startswith("a shopping list")


@pytest.mark.parametrize(
    "dsn",
    ["host=x password=hush", "PASSWORD = hush", "postgresql://" + "me:hush@x/music",
     "postgresql://x/music?user=me&password=hush"],
)  # fmt: skip
def test_a_password_on_the_command_line_is_warned_about_and_never_shown(cli: Cli, dsn: str) -> None:
    result = cli("doctor", "--dsn", dsn.replace("x", "127.0.0.1:9" if "//" in dsn else "127.0.0.1"))
    assert result.err.startswith("warning: everybody on this machine can read the password")
    assert "hush" not in result.out + result.err


@pytest.mark.parametrize("arguments", [[], ["sing"], ["recent", "--limit", "x"], ["add-play"]])
def test_wrong_usage_exits_with_two(arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == exit_codes.USAGE


def test_the_module_and_the_script_are_the_same_program() -> None:
    module = [sys.executable, "-m", "playmirror", "--version"]
    done = subprocess.run(module, check=True, capture_output=True, text=True)
    assert done.stdout == f"playmirror {pm.__version__}\n"
    if script := shutil.which("playmirror"):
        done = subprocess.run([script, "--version"], check=True, capture_output=True, text=True)
        assert done.stdout.startswith("playmirror ")


def test_ctrl_c_exits_with_130(mirror_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as deaf:  # takes the connection and says nothing
        dsn = f"host=127.0.0.1 port={deaf.getsockname()[1]} dbname=x"
        process = subprocess.Popen(
            [sys.executable, "-m", "playmirror", "sync", "--db", mirror_path, "--dsn", dsn],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        connection, _ = deaf.accept()
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=5)
        connection.close()
    assert (process.returncode, out, err) == (exit_codes.INTERRUPTED, "", "stopped\n")


def test_ctrl_c_while_the_words_are_read_exits_with_130(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(sys.modules[main.__module__], "make_parser", interrupted)
    assert main(["status"]) == exit_codes.INTERRUPTED
    assert capsys.readouterr().err == "stopped\n"


@pytest.mark.usefixtures("library")
def test_a_reader_that_goes_away_is_no_crash(mirror_path: Path) -> None:
    command = f"{sys.executable} -m playmirror sql --db '{mirror_path}' 'SELECT * FROM tracks'"
    done = subprocess.run(
        ["bash", "-c", f"set -o pipefail; {command} | true; exit $?"],
        capture_output=True,
        text=True,
    )
    assert done.returncode in (exit_codes.OK, exit_codes.BROKEN_PIPE)
    assert done.stderr == ""


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_an_answer_that_is_cut_short_is_told(
    mirror_path: Path, tmp_path: Path, unbuffered: str
) -> None:
    """Whatever Python was told of buffers: without one, its text streams ignore a short write."""
    open_library(mirror_path).close()
    asked = [sys.executable, "-m", "playmirror", "sql", "--db", str(mirror_path)]
    asked.append("SELECT hex(zeroblob(200000)) AS long")
    least, most = 1 << 16, 400_000
    with open(tmp_path / "answer", "wb") as answer:
        done = subprocess.run(
            asked, stdout=answer, stderr=subprocess.PIPE, text=True, timeout=60,
            env=os.environ | {"PYTHONUNBUFFERED": unbuffered},
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (least, least)),
        )  # fmt: skip
    assert least <= (tmp_path / "answer").stat().st_size < most
    assert (done.returncode, done.stderr.startswith("error: the answer could not")) == (6, True)


def verbs() -> dict[str, argparse.ArgumentParser]:
    (choices,) = [
        action.choices
        for action in make_parser()._actions
        if isinstance(action, argparse._SubParsersAction)
    ]
    return dict(choices)


@pytest.mark.parametrize(
    "asked",
    [["status"], ["recent", "--json"], ["export", "-", "--table", "tracks", "--format", "csv"]],
)
def test_an_answer_that_has_no_room_is_no_crash(mirror_path: Path, asked: list[str]) -> None:
    open_library(mirror_path).close()
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "playmirror", *asked, "--db", str(mirror_path)],
            stdout=full, stderr=subprocess.PIPE, text=True, timeout=60,
        )  # fmt: skip
    assert done.returncode == 6
    assert "Traceback" not in done.stderr and "No space left" in done.stderr
    if "--json" in asked:
        assert json.loads(done.stderr)["error"]["code"] == "storage_full"


def test_a_closed_output_is_no_crash(mirror_path: Path) -> None:
    open_library(mirror_path).close()
    command = f"{sys.executable} -m playmirror status --db {mirror_path} >&-"
    done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.usefixtures("library")
@pytest.mark.parametrize(
    ("words", "code", "out"),
    [
        ("status --db nowhere 2>/dev/full", 6, ""),
        ("status --db nowhere 2>&-", 6, ""),
        ("status --db '~nobody-here/music.db'", 6, ""),
        ("sql - --db {db} <&-", 3, ""),
        ("sql - --db {db} < <(printf \"SELECT '\\xff' AS t\")", 0, "t\nx'ff'"),
        ("top --db {db} --album=--", 2, ""),
    ],
)
def test_odd_surroundings_are_no_crash(mirror_path: Path, words: str, code: int, out: str) -> None:
    command = f"{sys.executable} -m playmirror {words.format(db=mirror_path)}"
    done = subprocess.run(
        ["bash", "-c", command],
        capture_output=True,
        text=True,
        timeout=60,
        env=os.environ | {"PYTHONUTF8": "1"},
    )
    assert (done.returncode, done.stdout.strip()) == (code, out)
    assert "Traceback" not in done.stderr


def test_a_user_without_a_home_has_no_settings(
    cli: Cli, mirror_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_library(mirror_path).close()
    for name in ("HOME", "XDG_CONFIG_HOME", "PLAYMIRROR_CONFIG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(pwd, "getpwuid", {}.__getitem__)  # of a container, often
    assert cli("activity").code == 0


def test_a_terminal_of_one_column_is_no_crash(
    cli: Cli, mirror_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_library(mirror_path).close()
    monkeypatch.setenv("COLUMNS", "1")
    assert cli("activity").code == 0


def test_every_verb_and_option_is_documented() -> None:
    text = DOCS.read_text()
    for name, parser in verbs().items():
        assert f"`playmirror {name}" in text, name
        for action in parser._actions:
            for option in action.option_strings:
                assert re.search(rf"{re.escape(option)}\b", text), option


def members(cls: type) -> list[str]:
    return [field.name for field in dataclasses.fields(cls)]


def test_lists_of_what_to_leave_out(mirror_path: Path, cli: Cli) -> None:
    with open_library(mirror_path) as mirror:
        plays = mirror.stats.totals().plays
        [(blue,)] = mirror.sql("SELECT count(*) FROM play_history WHERE track_id = 'blue'").rows()
    assert cli("exclude", "--json").document == []
    assert cli("exclude").out.startswith("there are no lists; `playmirror exclude NAME` with ")
    children = {"name": "children", "track_ids": ["blue"], "artist_ids": [], "contexts": []}
    assert cli("exclude", "children", "--track", "blue", "--json").document == children
    left = cli("stats", "totals", "--exclude-list", "children", "--json").document
    assert 0 < blue < plays and left["plays"] == plays - blue
    grown = {**children, "artist_ids": ["miles", "nobody"], "contexts": ["spotify:x"]}
    adding = ("--artist", "nobody", "--artist", "miles", "--context", "spotify:x")
    assert cli("exclude", "children", *adding, "--json").document == grown
    text = cli("exclude").out
    assert text == cli("exclude", "children").out
    assert all(f"children  {kind}" in text for kind in ("track", "artist", "context"))
    for refused in (["--drop"], ["--track", "blue"], ["children", "--drop", "--track", "blue"]):
        assert cli("exclude", *refused, "--json").error["code"] == "invalid_argument"
    assert cli("exclude", "children", "--drop").out == "the list children is dropped\n"
    assert (
        cli("exclude", "children", "--json").error["message"] == "there is no list named children"
    )
    assert cli("exclude", "children", "--drop").code == exit_codes.USAGE


@pytest.mark.parametrize(
    ("heading", "path", "expected"),
    [
        ("sync, pull, push", [], members(pm.SyncReport)),
        ("sync, pull, push", ["pulled", "play_history"], members(pm.TableReport)),
        ("sync, pull, push", ["rows", 0], members(pm.RowOutcome)),
        ("sync, pull, push", ["wire"], members(pm.WireCounts)),
        ("watch, sync --watch", [], ["at", *members(pm.WatchEvent)]),
        ("status", [], [*members(pm.Status), "pending"]),
        ("status", ["tables", "tracks"], members(pm.TableStatus)),
        ("pending", [0], members(pm.PendingEntry)),
        ("recent", [0], members(pm.RecentPlay)),
        ("top", [0], members(pm.TopTrack)),
        ("activity, heatmap", [0], members(pm.ActivityBucket)),
        ("stats", [0], members(pm.GenreCount)),
        ("exclude", [0], members(pm.ExclusionList)),
        ("add-play", [], members(pm.Play)),
        ("verify", [], members(pm.FileReport)),
        ("export", [], members(pm.ExportReport)),
        ("export", ["tables", "play_history"], members(pm.ExportedTable)),
        ("doctor", [], members(pm.DoctorReport)),
        ("doctor", ["findings", 0], members(pm.Finding)),
    ],
)
def test_documented_shapes_are_the_real_ones(
    heading: str, path: list[Any], expected: list[str]
) -> None:
    section = DOCS.read_text().split(f"### {heading}\n")[1]
    fence = re.search(r"```json\n(.*?)```", section, re.DOTALL)
    assert fence
    shape = json.loads(fence[1])
    for step in path:
        shape = shape[step]
    assert list(shape) == expected


def test_every_verb_has_json() -> None:
    assert all("--json" in parser.format_help() for parser in verbs().values())


def test_every_exit_code_is_documented_and_unique() -> None:
    text = DOCS.read_text()
    rows = dict(re.findall(r"^\| (\d+) \| `?(\w+)", text, re.MULTILINE))
    for cls, code in exit_codes._BY_CLASS.items():
        assert rows[str(code)] == cls.__name__
    assert len(set(exit_codes._BY_CLASS.values())) == len(exit_codes._BY_CLASS)
    assert {"0", "1", "130", "141"} <= set(rows)
