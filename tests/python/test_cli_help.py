"""The command line teaches by example: every example of every --help, and of the pages, runs."""

import contextlib
import io
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from databases import Server
from playmirror.cli import exit_codes
from playmirror.cli.main import main
from playmirror.cli.parser import VERBS, make_parser
from support.listening_exports import spotify_zip
from support.music_db import SMALL_TEMPLATE, MusicDb
from support.offline_library import open_library

sys.path.append(str(Path(__file__).resolve().parents[1] / "docs"))
import snippets

TRACK = "4uLU6hMCjMI75M1A2tKUQC"  # of the examples


def examples() -> Iterator[str]:
    for verb in VERBS:
        yield from (line for _, line in verb.examples)
    lines = (line for _, line in snippets.shell_lines())
    yield from (line for line in lines if re.search(r"\bplaymirror |^sqlite3 ", line))


def words_after_playmirror(line: str) -> list[str]:
    words = shlex.split(line.partition("playmirror ")[2].removesuffix(")"), comments=True)
    ends = [words.index(each) for each in ("|", ">", "&&", ";") if each in words]
    return words[: min(ends, default=len(words))]


@pytest.mark.parametrize("verb", VERBS, ids=lambda verb: verb.name)
def test_every_verb_has_examples_of_itself(verb: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert verb.examples
    with pytest.raises(SystemExit) as caught:
        main([verb.name, "--help"])
    assert caught.value.code == exit_codes.OK
    shown = capsys.readouterr().out
    assert shown.startswith(f"usage: playmirror {verb.name}")
    for _, line in verb.examples:
        assert f"  {line}\n" in shown
        assert words_after_playmirror(line)[0] == verb.name


def test_an_argument_that_may_be_repeated_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["import", "--help"])
    assert capsys.readouterr().out.startswith("usage: playmirror import FILE... [OPTION...]")


@pytest.fixture(scope="module")
def server_of_examples(cluster: Server) -> Iterator[str]:
    with MusicDb.create(cluster, template=SMALL_TEMPLATE) as db:
        yield db.plain_role()


@pytest.fixture(scope="module")
def mirror_of_examples(server_of_examples: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("examples") / "music.db"
    with open_library(path) as mirror:
        mirror.exclusions.set(name="children", track_ids=["blue"])
        mirror.tracks.add(id=TRACK, name="Track of the examples", artist_ids=["miles"])
        mirror.plays.add(track_id=TRACK, played_at="2026-01-30T06:00:00Z")
        mirror.pull(server_of_examples)
    return path


@pytest.mark.pg
@pytest.mark.parametrize("line", sorted(set(examples())))
def test_every_example_runs(
    line: str, server_of_examples: str, mirror_of_examples: Path, tmp_path: Path
) -> None:
    """With a mirror, a server in the environment, and a service `music`, in an empty directory."""
    mirror_path = tmp_path / "music.db"
    shutil.copy(mirror_of_examples, mirror_path)
    spotify_zip(tmp_path / "my_spotify_data.zip")
    service = tmp_path / "pg_service.conf"
    options = shlex.split(server_of_examples)
    service.write_text("[music]\n" + "".join(f"{option}\n" for option in options))
    environment = {
        **os.environ,
        "PLAYMIRROR_DB": str(mirror_path),
        "PLAYMIRROR_DSN": server_of_examples,
        "PGSERVICEFILE": str(service),
        "HOME": str(tmp_path),
        "PLAYMIRROR_CONFIG": str(tmp_path / "config.ini"),
    }
    if line.startswith("sqlite3 ") and shutil.which("sqlite3") is None:
        pytest.skip("no sqlite3")
    program = f'playmirror() {{ "{sys.executable}" -m playmirror "$@"; }}\n'
    first, *_ = [*words_after_playmirror(line), ""]
    process = subprocess.Popen(
        ["bash", "-o", "pipefail", "-c", program + line],
        cwd=tmp_path,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    wanted = {exit_codes.OK}
    if first == "watch" or "--watch" in line:
        assert process.stdout is not None
        process.stdout.readline()
        os.killpg(process.pid, signal.SIGINT)
        wanted = {exit_codes.INTERRUPTED, -signal.SIGINT}
    elif first == "verify":
        wanted.add(exit_codes.DIFFERENT)  # another example may have moved the server on
    out, err = process.communicate(timeout=60)
    assert process.returncode in wanted, err
    assert "Traceback" not in err
    assert out or re.search("[<>]|VACUUM|backup", line) or exit_codes.INTERRUPTED in wanted


def test_no_verb_at_all_shows_the_help(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main([])
    assert caught.value.code == exit_codes.USAGE
    shown = capsys.readouterr()
    assert shown.out == ""
    assert all(re.search(rf"^  {verb.name} +\w", shown.err, re.MULTILINE) for verb in VERBS)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["pul"], "did you mean pull?"),
        (["stats", "top_artist"], "did you mean top_artists?"),
        (["sync", "--leave-out", "lyric"], "did you mean lyrics?"),
        (["verify", "--depth", "x"], "it is one of file, quick, full"),
        (["status", "--\x1b[2J"], "--\\x1b[2J"),
        (["top", "--limt", "3"], "there is no --limt: did you mean --limit?"),
        (["top", "--limt=3"], "there is no --limt: did you mean --limit?"),
        (["recent", "--verbose"], "there is no --verbose"),
        (["sql", "SELECT 1", "--jsn"], "did you mean --json?"),
        (["--db", "music.db", "top"], "--db stands after the verb: playmirror VERB --db"),
        (["--json"], "--json stands after the verb"),
        (["--bogus", "top"], "there is no --bogus"),
    ],
)
def test_a_mistyped_word_gets_the_nearest(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == exit_codes.USAGE
    shown = capsys.readouterr()
    assert shown.out == ""
    assert said in shown.err
    assert "\x1b" not in shown.err


def test_what_only_looks_like_an_option_is_none(
    mirror_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PLAYMIRROR_DB", str(mirror_path))
    open_library(mirror_path).close()
    for words in (["-- a comment\nSELECT 1 AS x"], ["--", "--nothing"], ["SELECT 1 AS x", "--"]):
        with contextlib.suppress(SystemExit):
            main(["sql", *words])
        assert "there is no --" not in capsys.readouterr().err


def test_demo_says_which_server_it_takes(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["demo", "--help"])
    shown = capsys.readouterr().out
    assert "PLAYMIRROR_DEMO_DSN" in shown.partition("--dsn DSN")[2].partition("--played")[0]
    assert "PG*" not in shown


def test_help_is_coloured_where_that_is_wanted(capsys: pytest.CaptureFixture[str]) -> None:
    for color, coloured in (("always", True), ("never", False)):
        with pytest.raises(SystemExit):
            main(["top", "--color", color, "--help"])
        assert ("\x1b[" in capsys.readouterr().out) == coloured


def test_help_fits_into_a_narrow_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "64")
    out = io.StringIO()
    parser = make_parser()
    parser.print_help(out)
    (verbs,) = [each.choices for each in parser._actions if each.choices]
    for verb in verbs.values():
        described = verb.format_help().split("examples:")[0]
        assert max(map(len, described.splitlines())) <= 64
