"""The command line with a server: a day in scripts."""

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from playmirror.cli.main import main
from support.music_db import MusicDb

Cli = Callable[..., tuple[int, Any]]


@pytest.fixture
def cli(
    small_db: MusicDb,
    mirror_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> Cli:
    """Runs one command with --json; its exit code and document."""
    monkeypatch.setenv("PLAYMIRROR_DB", str(mirror_path))
    monkeypatch.setenv("PLAYMIRROR_DSN", small_db.plain_role())

    def run(*arguments: str) -> tuple[int, Any]:
        code = main([*arguments, "--json"])
        return code, json.loads(capsys.readouterr().out)

    return run


def test_a_day_in_scripts(cli: Cli, small_db: MusicDb) -> None:
    code, report = cli("sync")
    assert (code, report["method"], report["complete"]) == (0, "first_copy", True)
    assert report["pulled"]["play_history"]["inserted"] == 1000

    _, (top, *_) = cli("top")
    at = "2026-01-31T06:00:00.25Z"
    code, play = cli("add-play", "--track", top["track_id"], "--at", at, "--source", "shell")
    assert (code, play["played_at"]) == (0, at)
    code, (entry,) = cli("pending")
    assert (code, entry["row_id"]) == (0, play["id"])

    code, report = cli("push")
    assert (code, report["pushed"]) == (0, 1)
    rows = small_db.execute("SELECT id, played_at::text FROM play_history WHERE source = 'shell'")
    (row,) = rows
    assert row[1] == "2026-01-31 06:00:00.25"
    _, again = cli("add-play", "--track", top["track_id"], "--at", at)
    assert again["id"] == row[0]

    code, report = cli("pull")
    assert (code, report["pushed"]) == (0, 0)
    _, status = cli("status")
    assert status["pending"] == 0
    assert status["complete"]
    assert status["last_pull"].endswith("Z")


def test_verify_says_different_by_its_exit_code(cli: Cli, small_db: MusicDb) -> None:
    cli("pull")
    code, report = cli("verify", "--dsn", "")
    assert (code, report["equal"], report["differences"]) == (0, True, [])
    small_db.execute("UPDATE artists SET name = 'X' WHERE id = (SELECT min(id) FROM artists)")
    code, report = cli("verify", "--dsn", "")
    assert (code, report["equal"]) == (1, False)
    (difference,) = report["differences"]
    assert (difference["table"], difference["columns"]) == ("artists", ["name"])


def test_doctor_says_problem_by_its_exit_code(cli: Cli, small_db: MusicDb) -> None:
    code, report = cli("doctor")
    assert (code, report["ok"]) == (0, True)
    small_db.execute("REVOKE SELECT ON tracks FROM laptop")
    code, report = cli("doctor")
    assert (code, report["ok"]) == (1, False)
    assert any("GRANT SELECT" in finding["remedy"] for finding in report["findings"])


def test_held_deletes_are_applied_when_confirmed(cli: Cli, small_db: MusicDb) -> None:
    cli("pull")
    small_db.execute("DELETE FROM play_history WHERE id <= 500")
    _, report = cli("pull")
    assert report["pulled"]["play_history"]["held_deletes"] == 500
    _, report = cli("pull", "--confirm-deletes")
    assert report["pulled"]["play_history"]["deleted"] == 500


def test_the_demo_reads_and_leaves_nothing(cli: Cli, small_db: MusicDb, mirror_path: Path) -> None:
    code, shown = cli("demo", "--dsn", small_db.plain_role())
    assert (code, shown["verify"]["equal"]) == (0, True)
    assert len(shown["top"]) == len(shown["recent"]) == 5
    assert not mirror_path.exists()


def test_the_demo_makes_a_library_up_when_no_server_is_named(
    cli: Cli, capsys: pytest.CaptureFixture[str], mirror_path: Path
) -> None:
    keep = mirror_path.parent / "kept.db"
    code, shown = cli("demo", "--plays", "1000", "--keep", str(keep))
    assert (code, shown["made_up"], shown["pull"], shown["verify"]["ok"]) == (0, True, None, True)
    assert cli("demo", "--plays", "300", "--dsn", "")[1]["made_up"]  # PLAYMIRROR_DSN is set
    assert not mirror_path.exists()
    assert len(cli("recent", "--db", str(keep), "--limit", "0")[1]) == 1001
    assert main(["demo", "--keep", str(keep)]) == 2
    assert main(["demo", "--plays", "1000"]) == 0
    text = capsys.readouterr().out
    assert "No server was named (--dsn does it), so this library is made up: 1,000 plays" in text
    assert "1 pending" in text
    assert "$ playmirror heatmap" in text


def test_text_is_for_people(
    cli: Cli, capsys: pytest.CaptureFixture[str], small_db: MusicDb
) -> None:
    for arguments, said in (
        (["sync"], "pushed 0, in "),
        (["pull"], "pulled in "),
        (["verify", "--dsn", ""], "equal ("),
        (["doctor"], "ok  "),
        (["status"], "first copy  complete"),
        (["demo", "--dsn", small_db.dsn], "copy and server are equal"),
    ):
        assert main(arguments) == 0
        shown = capsys.readouterr()
        assert said in shown.out
        assert shown.err == ""


def test_repair_takes_what_differs_and_what_cannot_be_opened(cli: Cli, mirror_path: Path) -> None:
    cli("sync")
    code, report = cli("verify", "--depth", "quick")
    assert (code, report["depth"], report["blocks"]) == (0, "quick", [])
    with closing(sqlite3.connect(mirror_path)) as connection, connection:
        connection.execute("UPDATE artists SET name = 'x' WHERE id = (SELECT max(id) FROM artists)")
    assert cli("verify")[0] == cli("verify", "--depth", "quick")[0] == 1
    code, report = cli("verify", "--repair")
    assert (code, report["tables"]["artists"]["updated"]) == (0, 1)
    assert cli("repair")[1]["tables"]["artists"]["updated"] == 0
    assert cli("verify", "--depth", "file")[1]["ok"]

    with mirror_path.open("r+b") as file:
        file.write(bytes(100))
    code, report = cli("repair")
    assert (code, report["complete"]) == (0, True)
    assert Path(report["salvaged"]["set_aside"]).exists()
    assert cli("verify", "--depth", "quick")[0] == 0
