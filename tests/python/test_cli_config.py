"""Settings: an option goes before the environment, that before the file; passwords stay hidden."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playmirror.cli import exit_codes
from playmirror.cli.conninfo import NOT_SHOWN, shown_options
from playmirror.cli.main import main
from support.offline_library import open_library

Config = Callable[..., dict[str, Any]]


@pytest.fixture
def settings_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    file = tmp_path / "config.ini"
    monkeypatch.setenv("PLAYMIRROR_CONFIG", str(file))
    for name in ("NO_COLOR", "FORCE_COLOR", "PGHOST", "PGUSER", "PGPASSWORD", "PGSERVICE"):
        monkeypatch.delenv(name, raising=False)
    return file


@pytest.fixture
def config(settings_file: Path, capsys: pytest.CaptureFixture[str]) -> Config:
    """The settings by name, after the text was looked through for a password."""

    def run(*arguments: str) -> dict[str, Any]:
        assert main(["config", *arguments]) == exit_codes.OK
        text = capsys.readouterr().out
        assert main(["config", *arguments, "--json"]) == exit_codes.OK
        shown = capsys.readouterr().out
        assert "hush" not in text + shown
        return {each.pop("name"): each for each in json.loads(shown)["settings"]}

    return run


def test_each_source_goes_before_the_next(
    config: Config, settings_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert config()["db"]["source"] == config()["dsn"]["source"] == "default"
    assert config()["dsn"]["value"] is None
    assert config()["tz"] == {"value": "UTC", "source": "default", "where": ""}
    settings_file.write_text(
        "[playmirror]\ndb = ~/file.db\ndsn = service=file\ntz = Asia/Tokyo\ncolor = never\n"
    )
    assert config()["db"] == {"value": "~/file.db", "source": "file", "where": str(settings_file)}
    assert config()["tz"]["value"] == "Asia/Tokyo"
    assert (config()["color"]["value"], config()["color"]["source"]) == ("never", "file")
    monkeypatch.setenv("PLAYMIRROR_DB", "environment.db")
    monkeypatch.setenv("PLAYMIRROR_DSN", "service=environment")
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert config()["db"]["source"] == "environment"
    assert config()["dsn"] == {
        "value": "service=environment", "source": "environment", "where": "PLAYMIRROR_DSN",
    }  # fmt: skip
    assert (config()["color"]["value"], config()["color"]["where"]) == ("always", "FORCE_COLOR")
    found = config("--db", "option.db", "--dsn", "service=option", "--color", "never")
    assert [found[name]["source"] for name in ("db", "dsn", "color")] == ["option"] * 3
    assert found["db"]["value"] == "option.db"


def test_passwords_are_never_shown(
    config: Config, settings_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGPASSWORD", "hush")
    monkeypatch.setenv("PGHOST", "db.example")
    found = config("--dsn", "user=me password=hush sslpassword=hush")
    assert found["dsn"]["value"] == f"user=me password={NOT_SHOWN} sslpassword={NOT_SHOWN}"
    assert found["host"] == {"value": "db.example", "source": "environment", "where": "PGHOST"}
    assert "password" not in found  # that of the string is the one that counts
    assert config()["password"]["value"] == NOT_SHOWN
    settings_file.write_text("[playmirror]\ndsn = postgresql://" + "me:hush@x/music\n")
    assert config()["dsn"]["source"] == "file"
    monkeypatch.setenv("PLAYMIRROR_DSN", "host=x password=hush hush")
    assert config()["dsn"]["value"] == NOT_SHOWN


SERVICES = """\
# those of the office
[other]
host=other.example

  [music]
host=db.example
port=5433
password=hush
dbname=my music
host=second.example
options=-c search_path=hush
"""


def test_a_service_is_looked_up(
    config: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / ".pg_service.conf"
    file.write_text(SERVICES)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("PGSERVICEFILE", raising=False)
    monkeypatch.setenv("PGHOST", "environment.example")
    monkeypatch.setenv("PGUSER", "me")
    found = config("--dsn", "service=music port=1")
    assert found["dsn"]["value"] == "service=music port=1"
    assert found["host"] == {
        "value": "db.example", "source": "file", "where": f"{file} [music]",
    }  # fmt: skip
    assert found["dbname"]["value"] == "my music"
    assert found["password"]["value"] == found["options"]["value"] == NOT_SHOWN
    assert found["user"] == {"value": "me", "source": "environment", "where": "PGUSER"}
    assert "port" not in found  # that of the string is the one that counts
    monkeypatch.setenv("PGSERVICE", "other")
    found = config()
    assert found["service"]["where"] == "PGSERVICE"
    assert (found["host"]["value"], found["host"]["where"]) == ("other.example", f"{file} [other]")


def test_the_systems_service_file_comes_second(
    config: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    users, systems = tmp_path / "mine.conf", tmp_path / "pg_service.conf"
    monkeypatch.setenv("PGSERVICEFILE", str(users))
    monkeypatch.setenv("PGSYSCONFDIR", str(tmp_path))
    systems.write_text("[music]\nhost=system.example\n")
    assert config("--dsn", "service=music")["host"]["value"] == "system.example"
    users.write_text("[music]\nhost=user.example\n")
    assert config("--dsn", "service=music")["host"]["where"] == f"{users} [music]"


def test_a_service_that_no_file_has_is_told(
    config: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "services.conf"
    file.write_text(SERVICES)
    monkeypatch.setenv("PGSERVICEFILE", str(file))
    monkeypatch.delenv("PGSYSCONFDIR", raising=False)
    found = config("--dsn", "service=nonesuch")
    assert found["servicefile"] == {
        "value": "(no [nonesuch] in it)", "source": "file", "where": str(file),
    }  # fmt: skip
    assert "host" not in found


@pytest.mark.parametrize(
    ("dsn", "shown"),
    [
        ("", {}),
        ("host=x  dbname = 'my music'", {"host": "x", "dbname": "my music"}),
        ("user='it\\'s' password='a b'", {"user": "it's", "password": NOT_SHOWN}),
        ("postgresql://", {}),
        ("postgres://h:5433/music", {"host": "h", "port": "5433", "dbname": "music"}),
        ("postgresql://" + "me:p%40ss@h/m", {"user": "me", "password": NOT_SHOWN, "host": "h",
                                             "dbname": "m"}),
        ("postgresql://[::1]:5433,b/m", {"host": "::1,b", "port": "5433", "dbname": "m"}),
        ("postgresql:///m?host=/tmp&password=x", {"dbname": "m", "host": "/tmp",
                                                  "password": NOT_SHOWN}),
        ("postgresql://" + "me:p@ss@h/m", None),
        ("postgresql://" + "me:pa/ss@h/m", None),
        ("hush", None),
        ("password=hush more", None),
        ("host", None),
        ("password='hush", None),
    ],
)  # fmt: skip
def test_what_of_a_connection_string_is_shown(dsn: str, shown: dict[str, str] | None) -> None:
    assert shown_options(dsn) == shown


def test_the_file_counts_for_the_other_verbs(
    settings_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    open_library(tmp_path / "music.db").close()
    settings_file.write_text(
        f"[playmirror]\ndb = {tmp_path / 'music.db'}\ntz = Asia/Tokyo\nweek_start = sunday\n"
        "color = always\ndsn = host=127.0.0.1 port=9 dbname=x\n"
    )
    assert main(["heatmap"]) == exit_codes.OK
    shown = capsys.readouterr().out
    assert "Saturday at 21:00" in shown
    assert "\x1b[" in shown
    assert shown.index("Sun") < shown.index("Mon")
    assert main(["heatmap", "--tz", "UTC", "--json"]) == exit_codes.OK
    busiest = max(json.loads(capsys.readouterr().out), key=lambda cell: cell["plays"])
    assert busiest["hour"] == 12
    assert main(["stats", "genre_artist_counts"]) == exit_codes.OK  # which takes no zone
    assert main(["push"]) == exit_codes._BY_CLASS[__import__("playmirror").ServerUnavailable]
    assert "127.0.0.1:9" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("password=hush", "is no settings file"),
        ("[playmirror]\npassword = hush\n", "a setting that does not exist: password"),
        ("[other]\ndb = x\n", "a setting that does not exist: [other]"),
        ("[playmirror]\ncolor = pink\n", "a color that does not exist"),
        ("[playmirror]\ndb = a\ndb = b\n", "is no settings file"),
    ],
)
def test_a_file_that_means_nothing_is_refused(
    settings_file: Path, capsys: pytest.CaptureFixture[str], text: str, said: str
) -> None:
    settings_file.write_text(text)
    assert main(["config"]) == exit_codes.USAGE
    err = capsys.readouterr().err
    assert said in err
    assert "hush" not in err


def test_help_needs_no_settings(settings_file: Path) -> None:
    settings_file.write_text("nonsense")
    with pytest.raises(SystemExit) as caught:
        main(["config", "--help"])
    assert caught.value.code == exit_codes.OK


def test_what_an_editor_puts_before_the_text_is_no_part_of_it(
    config: Config, settings_file: Path
) -> None:
    settings_file.write_bytes(b"\xef\xbb\xbf[playmirror]\r\ntz = Asia/Tokyo\r\n")
    assert config()["tz"]["value"] == "Asia/Tokyo"


def test_a_setting_that_is_no_path(settings_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    settings_file.write_text("[playmirror]\ndb = music\0.db\n")
    assert main(["status"]) == exit_codes.USAGE
    assert "no path" in capsys.readouterr().err
