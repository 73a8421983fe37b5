"""Completion: the scripts say what the parser knows, and the shells understand them."""

import shutil
import subprocess
from pathlib import Path

import pytest
from playmirror.cli.completion.verb import _SHELLS
from playmirror.cli.main import main
from playmirror.cli.parser import VERBS
from playmirror.cli.statistics import NAMES


@pytest.fixture
def script(tmp_path: Path, capsys: pytest.CaptureFixture[str], shell: str) -> Path:
    assert main(["completion", shell]) == 0
    file = tmp_path / f"playmirror.{shell}"
    file.write_text(capsys.readouterr().out)
    return file


def completions(shell: str, script: Path, line: str, directory: Path) -> list[str]:
    """What a shell offers at the end of a line."""
    if (program := shutil.which(shell)) is None:
        pytest.skip(f"no {shell}")
    if shell == "bash":
        words = line.split(" ")
        quoted = " ".join(f"'{word}'" for word in words)
        command = (
            f"source '{script}'; COMP_WORDS=({quoted}); COMP_CWORD={len(words) - 1}; "
            "_playmirror 2>/dev/null; printf '%s\\n' \"${COMPREPLY[@]}\""
        )
        arguments = [program, "--norc", "-c", command]
    else:
        arguments = [program, "--no-config", "-c", f"source '{script}'; complete -C '{line}'"]
    done = subprocess.run(
        arguments, cwd=directory, capture_output=True, text=True, timeout=30, check=True
    )
    assert done.stderr == ""
    return [each.split("\t")[0] for each in done.stdout.splitlines() if each]


@pytest.mark.parametrize("shell", ["bash", "fish"])
class TestShells:
    def test_verbs(self, shell: str, script: Path, tmp_path: Path) -> None:
        verbs = [verb.name for verb in VERBS]
        assert set(verbs) <= set(completions(shell, script, "playmirror ", tmp_path))
        found = completions(shell, script, "playmirror re", tmp_path)
        assert sorted(found) == ["recent", "repair", "retry"]

    def test_statistics(self, shell: str, script: Path, tmp_path: Path) -> None:
        assert set(NAMES) <= set(completions(shell, script, "playmirror stats ", tmp_path))
        found = completions(shell, script, "playmirror stats top_", tmp_path)
        assert sorted(found) == sorted(name for name in NAMES if name.startswith("top_"))

    def test_options(self, shell: str, script: Path, tmp_path: Path) -> None:
        for verb, prefix, expected in (
            ("stats", "--exclude-l", ["--exclude-list"]),
            ("add-play", "--li", ["--listened-ms"]),
            ("verify", "--dep", ["--depth"]),
            ("status", "--dsn", []),
        ):
            line = f"playmirror {verb} {prefix}"
            assert completions(shell, script, line, tmp_path) == expected

    def test_values_of_options(self, shell: str, script: Path, tmp_path: Path) -> None:
        line = "playmirror stats totals --rule "
        assert sorted(completions(shell, script, line, tmp_path)) == [
            "all", "scrobble", "spotify_30s",
        ]  # fmt: skip
        line = "playmirror verify --depth f"
        assert sorted(completions(shell, script, line, tmp_path)) == ["file", "full"]
        line = "playmirror top --period this_"
        assert "this_year" in completions(shell, script, line, tmp_path)
        assert completions(shell, script, "playmirror sync --interval ", tmp_path) == []

    def test_files(self, shell: str, script: Path, tmp_path: Path) -> None:
        (tmp_path / "my music.db").touch()
        assert completions(shell, script, "playmirror top --db my", tmp_path)[0].replace(
            "\\", ""
        ) == ("my music.db")
        assert completions(shell, script, "playmirror export my", tmp_path)


@pytest.mark.parametrize("shell", sorted(_SHELLS))
def test_every_verb_and_option_is_completed(shell: str, script: Path) -> None:
    from playmirror.cli.parser import make_parser

    text = script.read_text()
    (verbs,) = [each.choices for each in make_parser()._actions if isinstance(each.choices, dict)]
    for name, parser in verbs.items():
        assert name in text
        for action in parser._actions:
            for option in action.option_strings:
                assert (f"-l {option[2:]} " if shell == "fish" else option) in text or len(
                    option
                ) == 2


@pytest.mark.parametrize("shell", ["zsh"])
def test_zsh_completes(shell: str, script: Path, tmp_path: Path) -> None:
    """In a zsh of its own that a pseudo-terminal types into."""
    if (program := shutil.which("zsh")) is None:
        pytest.skip("no zsh")
    drive = f"""
zmodload zsh/zpty
zpty -b z '{program} -f -i'
zpty -w z "PS1='> '; autoload -Uz compinit; compinit -D -u; source '{script}'; LISTMAX=1000"
zpty -w z "zstyle ':completion:*' list-prompt ''; bindkey '^I' complete-word; echo REA''DY"
zpty -r z out '*READY*'
zpty -w -n z $'playmirror stats top_c\\t --rul\\t scr\\t\\x01echo <\\x05>\\n'
zpty -r z out '*<playmirror stats*>*' && print -r -- "$out"
zpty -d z
"""
    done = subprocess.run(
        [program, "-f", "-c", drive], cwd=tmp_path, capture_output=True, text=True, timeout=60
    )
    assert "playmirror stats top_contexts" in done.stdout, done.stdout + done.stderr
    assert "--rule" in done.stdout
    assert "scrobble" in done.stdout
