"""A password goes to the server and nowhere else: not into an error, a log, a report, the output of
the command line or the file, however it was given and whatever characters it is made of."""

from __future__ import annotations

import io
import logging
import socket
import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote

import playmirror as pm
import pytest
from databases import literal, make_template
from playmirror.cli.main import main
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from support.faults import add_play
from support.music_db import MusicDb

from cluster import Cluster  # isort: skip

MARK = "Zw5hunter2Qx"
URI = "postgresql://"
PASSWORDS = {
    "plain": MARK,
    "percent": f"%41{MARK}%zz%",
    "at and slash": f"a@b/{MARK}:?#&=c",
    "quotes": f'it\'s "{MARK}" \\o/',
    "other script": f"пароль {MARK} 🔑",
}


@pytest.fixture(scope="module")
def guarded() -> Iterator[Cluster]:
    """A server that asks the role `guarded` for its password."""
    with Cluster() as cluster:
        make_template(cluster)
        cluster.psql("CREATE ROLE guarded LOGIN")
        cluster.require_password("guarded")
        yield cluster


@pytest.fixture(params=PASSWORDS.values(), ids=PASSWORDS.keys())
def password(request: pytest.FixtureRequest, guarded: Cluster) -> str:
    guarded.psql(f"ALTER ROLE guarded PASSWORD {literal(request.param)}")
    return request.param


@pytest.fixture(scope="module")
def db(guarded: Cluster) -> Iterator[MusicDb]:
    with MusicDb.create(guarded) as db:
        db.plain_role("guarded")
        db.execute("INSERT INTO tracks (id) VALUES ('t1')")
        yield db


# The ways to hand a password over -----------------------------------------------------------------


def by_keyword(server: dict[str, str], password: str, **_: object) -> str:
    return make_conninfo(**server, password=password)


def by_uri(server: dict[str, str], password: str, **_: object) -> str:
    where = f"{server['host']}:{server['port']}/{server['dbname']}"
    return f"postgresql://{server['user']}:{quote(password, safe='')}@{where}"


def by_environment(
    server: dict[str, str], password: str, monkeypatch: pytest.MonkeyPatch, **_: object
) -> str:
    monkeypatch.setenv("PGPASSWORD", password)
    return make_conninfo(**server)


def by_playmirror_dsn(
    server: dict[str, str], password: str, monkeypatch: pytest.MonkeyPatch, **_: object
) -> str:
    monkeypatch.setenv("PLAYMIRROR_DSN", make_conninfo(**server, password=password))
    return ""


def by_passfile(
    server: dict[str, str], password: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> str:
    file = tmp_path / "passfile"
    escaped = password.replace("\\", "\\\\").replace(":", "\\:")
    file.write_text(f"*:*:*:guarded:{escaped}\n")
    file.chmod(0o600)
    monkeypatch.setenv("PGPASSFILE", str(file))
    return make_conninfo(**server)


def by_service(
    server: dict[str, str], password: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> str:
    file = tmp_path / "services"
    lines = [f"{name}={value}" for name, value in {**server, "password": password}.items()]
    file.write_text("\n".join(["[music]", *lines, ""]))
    file.chmod(0o600)
    monkeypatch.setenv("PGSERVICEFILE", str(file))
    return "service=music"


WAYS = [by_keyword, by_uri, by_environment, by_playmirror_dsn, by_passfile, by_service]


@pytest.fixture(params=WAYS, ids=lambda way: way.__name__)
def dsn_of(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Callable[[dict[str, str], str], str]:
    """dsn_of(server, password): hands the password over in one of the ways."""
    return lambda server, password: request.param(
        server, password, monkeypatch=monkeypatch, tmp_path=tmp_path
    )


def server_of(db: MusicDb, **changes: object) -> dict[str, str]:
    known = conninfo_to_dict(db.dsn)
    server = {name: str(known[name]) for name in ("host", "port", "dbname")}
    return server | {"user": "guarded"} | {name: str(value) for name, value in changes.items()}


# What must not hold it ----------------------------------------------------------------------------


def expect_silence(text: object, password: str) -> None:
    """Neither the password nor a recognisable part of it, as it is or as a URI has it."""
    shown = text if isinstance(text, str) else repr(text)
    for secret in (MARK, password, quote(password, safe="")):
        assert secret not in shown


def expect_silent_file(path: Path, password: str) -> None:
    for file in path.parent.glob(f"{path.name}*"):
        content = file.read_bytes()
        assert MARK.encode() not in content, file
        assert password.encode() not in content, file


def words_of(error: pm.Error) -> str:
    return "\n".join(
        [
            str(error),
            repr(error),
            repr(error.args),
            repr(error.details()),
            repr(vars(error)),
            *traceback.format_exception(error),
        ]
    )


def test_a_day_with_a_password(
    db: MusicDb,
    password: str,
    dsn_of: Callable[[dict[str, str], str], str],
    mirror_path: Path,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    """Everything works, and what can be seen of it is free of the password."""
    caplog.set_level(logging.DEBUG)
    dsn = dsn_of(server_of(db), password)
    seen: list[object] = []
    with pm.open(mirror_path) as mirror, pm.connect(dsn) as server:
        seen += [server, server.name, vars(server), server.sync(mirror)]
        add_play(mirror, 1)
        seen += [server.push(mirror), server.pull(mirror)]
        seen += [server.verify(mirror), server.doctor(), mirror.status(), mirror]
        activity = db.execute("SELECT * FROM pg_stat_activity")
        assert "guarded" in repr(activity)
        seen.append(activity)
        expect_silent_file(mirror_path, password)
    expect_silent_file(mirror_path, password)
    for thing in seen:
        expect_silence(thing, password)
    expect_silence(caplog.text, password)
    expect_silence("".join(capfd.readouterr()), password)


def test_every_way_to_fail_to_connect(
    db: MusicDb, password: str, dsn_of: Callable[[dict[str, str], str], str]
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        closed = probe.getsockname()[1]
    wrong: list[tuple[type[pm.Error], dict[str, object]]] = [
        (pm.ServerUnavailable, {"port": closed}),
        (pm.AccessDenied, {"user": "nobody_here"}),
        (pm.Error, {"dbname": "not_there"}),
    ]
    for cls, changes in wrong:
        with pytest.raises(pm.Error) as caught:
            pm.connect(dsn_of(server_of(db, **changes), password), connect_timeout=5)
        assert isinstance(caught.value, cls)
        assert caught.value.hint
        expect_silence(words_of(caught.value), password)


def test_a_wrong_password_is_not_repeated(db: MusicDb, mirror: pm.Mirror) -> None:
    with pytest.raises(pm.AccessDenied) as caught:
        mirror.sync(by_keyword(server_of(db), MARK + "-wrong"))
    assert caught.value.code == "authentication_failed"
    assert "password" in caught.value.hint
    expect_silence(words_of(caught.value), MARK)
    with pytest.raises(pm.AccessDenied) as caught:
        mirror.sync(make_conninfo(**server_of(db)))
    assert caught.value.hint


@pytest.mark.parametrize(
    "dsn",
    [
        f"password={MARK} nonsense=1",
        f"password={MARK} port=x",
        f"password='{MARK}",
        f"password={MARK} {MARK}",
        f"pasword={MARK}",
        f"host=h passwordd={MARK} dbname",
        f"{URI}u:{MARK}%zz@h/d",
        f"{URI}u:{MARK}@h:port/d",
        f"{URI}u:{MARK}@h/d?sslmode=sometimes",
        f"{URI}u:{MARK}@h/d?nonsense=1",
        f"{URI}u:x@{MARK}@h/d",
        f"{URI}u:{MARK} with space@h/d",
        f"{URI}u:@{MARK}:[/d",
        f"postgresql://h/d?password={MARK}&x",
        f"sslpassword={MARK} sslmode=x",
    ],
)
def test_a_connection_string_that_makes_no_sense(dsn: str) -> None:
    with pytest.raises(pm.Error) as caught:
        pm.connect(dsn, connect_timeout=5)
    expect_silence(words_of(caught.value), MARK)


def test_a_service_file_that_makes_no_sense(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "services"
    monkeypatch.setenv("PGSERVICEFILE", str(file))
    for line in (f"password {MARK}", f"password{MARK}=x", f"port={MARK}", f"x={MARK}"):
        file.write_text(f"[music]\nhost=127.0.0.1\npassword={MARK}\n{line}\n")
        file.chmod(0o600)
        with pytest.raises(pm.Error) as caught:
            pm.connect("service=music")
        expect_silence(words_of(caught.value), MARK)


def test_a_server_that_says_the_password_back(
    guarded: Cluster, password: str, mirror_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """In the reason for refusing a row, which is kept in the file."""
    caplog.set_level(logging.DEBUG)
    with MusicDb.create(guarded) as db:
        db.plain_role("guarded")
        db.execute("INSERT INTO tracks (id) VALUES ('t1')")
        tell_on_insert(db, password)
        with (
            pm.open(mirror_path) as mirror,
            pm.connect(by_keyword(server_of(db), password)) as server,
        ):
            server.pull(mirror)
            add_play(mirror, 1)
            report = server.sync(mirror)
            [entry] = mirror.pending()
    assert report.rejected == 1
    assert entry.message
    for thing in (report, entry, caplog.text):
        expect_silence(thing, password)
    expect_silent_file(mirror_path, password)


def tell_on_insert(db: MusicDb, password: str) -> None:
    db.execute(
        f"""
        CREATE FUNCTION tell() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN RAISE WARNING 'it is %', {literal(password)};
           RAISE 'your password is %', {literal(password)} USING DETAIL = {literal(password)};
        END $$;
        CREATE TRIGGER tell BEFORE INSERT ON play_history FOR EACH ROW EXECUTE FUNCTION tell()
        """
    )


def test_a_server_that_asks_for_it_in_clear(tmp_path: Path) -> None:
    """Across the network, without TLS, nobody gets it: the connection ends before the question."""
    asked = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            with suppress(OSError):
                client, _ = listener.accept()
                with client:
                    client.recv(8)
                    client.sendall(b"N")
                    if client.recv(1):
                        asked.set()

        thread = threading.Thread(target=serve)
        thread.start()
        port = listener.getsockname()[1]
        with pytest.raises(pm.AccessDenied) as caught:
            pm.connect(
                f"host=music.example hostaddr=127.0.0.1 port={port} "
                f"user=u dbname=d password={MARK} sslmode=require"
            )
        thread.join(timeout=10)
    assert caught.value.code == "encryption_refused"
    assert not asked.is_set()
    expect_silence(words_of(caught.value), MARK)


def test_the_command_line_shows_nothing(
    db: MusicDb,
    password: str,
    mirror_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("PLAYMIRROR_DB", str(mirror_path))
    good = by_keyword(server_of(db), password)
    for dsn, expected in ((good, 0), (f"{good} port=9", 7), (f"{good} nonsense=1", 2)):
        monkeypatch.setenv("PLAYMIRROR_DSN", dsn)
        for verb in (["sync"], ["sync", "--json"], ["doctor"]):
            code = main(verb)
            assert code == expected or (verb, code) == (["doctor"], 1)
            expect_silence("".join(capfd.readouterr()), password)
    expect_silent_file(mirror_path, password)


def test_a_log_of_everything_shows_nothing(db: MusicDb, password: str, mirror_path: Path) -> None:
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    logger = logging.getLogger("playmirror")
    logger.addHandler(handler)
    logger.setLevel(logging.DEBUG)
    try:
        with pm.open(mirror_path) as mirror:
            mirror.sync(by_uri(server_of(db), password))
            with suppress(pm.Error):
                mirror.sync(by_uri(server_of(db, port=9), password))
    finally:
        logger.removeHandler(handler)
        logger.setLevel(logging.NOTSET)
    expect_silence(stream.getvalue(), password)
