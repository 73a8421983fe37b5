"""A throwaway PostgreSQL server: made in a temporary directory, gone without a trace afterwards.

    with Cluster() as cluster:
        cluster.psql("SELECT version()")

The server listens on a free loopback port and on a unix socket in its own directory. It is made
for tests: it does not survive a power cut (fsync is off), and everybody on this machine may log in
as superuser. Roles with a password, standbys, crashes and fail-overs are there to be tried out.

Standard library only.
"""

from __future__ import annotations

import contextlib
import functools
import os
import pwd
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path

SUPERUSER = "postgres"

SETTINGS = {
    "fsync": "off",
    "full_page_writes": "off",
    "max_connections": "200",
    "max_prepared_transactions": "20",
    "shared_buffers": "256MB",
    "max_wal_size": "16GB",
    "checkpoint_timeout": "1h",
    "jit": "off",
    "password_encryption": "scram-sha-256",  # not the default of PostgreSQL 13
    "track_commit_timestamp": "off",
    # Its transactions would come between two syncs of which the second is to find nothing.
    "autovacuum": "off",
    "log_min_messages": "warning",
    "log_timezone": "UTC",
}

# What is left when the process that made the cluster ends, however it ends: the pipe on standard
# input closes, the server of that directory (if any) is told to quit, and the directory goes.
GUARD = r"""
read -r _
pid=$(head -n 1 "$1/data/postmaster.pid" 2>/dev/null) && kill -QUIT "$pid" 2>/dev/null
for _ in 1 2 3 4 5 6 7 8 9 10; do
  [ -n "$pid" ] && kill -0 "$pid" 2>/dev/null || break
  sleep 0.5
done
rm -rf "$1"
"""


class ClusterError(RuntimeError):
    """A server program failed; the message ends with what it said."""


@functools.cache
def binaries() -> Path:
    """The directory of the server's programs: that of PLAYMIRROR_TEST_PG_BINDIR, else pg_config's,
    else the newest that Debian installed."""
    if chosen := os.environ.get("PLAYMIRROR_TEST_PG_BINDIR"):
        if not (Path(chosen) / "initdb").exists():
            raise ClusterError(f"PLAYMIRROR_TEST_PG_BINDIR has no initdb: {chosen}")
        return Path(chosen).absolute()
    with contextlib.suppress(OSError, subprocess.CalledProcessError):
        out = subprocess.run(["pg_config", "--bindir"], check=True, capture_output=True, text=True)
        if (Path(out.stdout.strip()) / "initdb").exists():
            return Path(out.stdout.strip())
    found = Path("/usr/lib/postgresql").glob("*/bin/initdb")
    newest = max(found, key=lambda path: int(path.parts[-3]), default=None)
    if newest is None:
        raise ClusterError(
            "no PostgreSQL server programs found. Debian/Ubuntu: apt install postgresql"
        )
    return newest.parent


def has_program(name: str) -> bool:
    """Whether it is there. Not every distribution of a server has all of them."""
    return (binaries() / name).exists()


@functools.cache
def server_user() -> str | None:
    """Whom to run the server as: a server refuses to run as root. None = ourselves."""
    if os.geteuid() != 0:
        return None
    names = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"


def run_as_server_user(program: str, *arguments: str, directory: str | Path = "/") -> str:
    """Runs one of the server's programs to its end, there, and returns what it printed."""
    user = server_user()
    done = subprocess.run(
        [str(binaries() / program), *arguments],
        cwd=directory,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        **_credentials(user),
    )
    if done.returncode != 0:
        raise ClusterError(f"{program} failed:\n{done.stderr}")
    return done.stdout


def _credentials(user: str | None) -> dict:
    if user is None:
        return {}
    return {"user": user, "group": pwd.getpwnam(user).pw_gid, "extra_groups": []}


def psql(conninfo: str, sql: str) -> str:
    """Runs SQL in one psql and returns its unaligned rows; the first error raises ClusterError."""
    done = subprocess.run(
        [str(binaries() / "psql"), "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", conninfo],
        input=sql,
        capture_output=True,
        text=True,
    )
    if done.returncode != 0:
        raise ClusterError(f"psql failed:\n{done.stderr}")
    return done.stdout.rstrip("\n")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Cluster:
    """One server and its data. `settings` are added to SETTINGS; a change counts at next start."""

    def __init__(self, settings: dict[str, str] | None = None, *, _primary: Cluster | None = None):
        self.settings = SETTINGS | (settings or {})
        self.host = "127.0.0.1"
        self.port = free_port()
        self.directory = Path(tempfile.mkdtemp(prefix="playmirror-pg-"))
        self.data = self.directory / "data"
        self.log = self.directory / "server.log"
        self._process: subprocess.Popen | None = None
        self._started = False  # once started, it keeps its port
        self._guard = subprocess.Popen(
            ["/bin/sh", "-c", GUARD, "guard", str(self.directory)],
            stdin=subprocess.PIPE,
            start_new_session=True,  # Ctrl-C must not reach it before it has cleaned up
        )
        try:
            self._make_data(_primary)
        except BaseException:
            self.close()
            raise

    def _make_data(self, primary: Cluster | None) -> None:
        user = server_user()
        if user is not None:
            os.chown(self.directory, pwd.getpwnam(user).pw_uid, pwd.getpwnam(user).pw_gid)
        if primary is None:
            run_as_server_user(
                "initdb", "-D", str(self.data), "-U", SUPERUSER, "--auth=trust",
                "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync",
            )  # fmt: skip
        else:
            run_as_server_user(
                "pg_basebackup", "-D", str(self.data), "-d", primary.dsn(unix=True),
                "--write-recovery-conf", "--wal-method=stream", "--checkpoint=fast", "--no-sync",
            )  # fmt: skip

    @classmethod
    def standby_of(cls, primary: Cluster, settings: dict[str, str] | None = None) -> Cluster:
        """A hot standby of a running primary, made by a base backup; not started yet."""
        return cls(settings, _primary=primary)

    @classmethod
    def upgraded_from(cls, old: Cluster, settings: dict[str, str] | None = None) -> Cluster:
        """What pg_upgrade makes of a stopped server, by the same programs; not started yet."""
        new = cls(settings)
        try:
            run_as_server_user(
                "pg_upgrade", "-b", str(binaries()), "-B", str(binaries()), "-d", str(old.data),
                "-D", str(new.data), "-s", str(new.directory), "-U", SUPERUSER,
                directory=new.directory,
            )  # fmt: skip
        except BaseException:
            new.close()
            raise
        return new

    # Where it is ---------------------------------------------------------------------------

    def dsn(self, dbname: str = "postgres", user: str = SUPERUSER, *, unix: bool = False) -> str:
        """A libpq connection string, over TCP unless `unix`."""
        host = self.directory if unix else self.host
        return f"host={host} port={self.port} dbname={dbname} user={user}"

    def psql(self, sql: str, dbname: str = "postgres", user: str = SUPERUSER) -> str:
        return psql(self.dsn(dbname, user, unix=True), sql)

    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    # Life and death ------------------------------------------------------------------------

    def start(self, timeout: float = 60) -> None:
        """Starts the server and returns when it takes connections."""
        deadline = time.monotonic() + timeout
        while not self._try_start(deadline):
            said = self.log.read_text()
            # After kill(), backends of the old server may need a moment to see that it is gone;
            # and between choosing a free port and using it, somebody else may have taken it.
            port_taken = "could not bind" in said and not self._started
            if not (port_taken or "still in use" in said) or time.monotonic() > deadline:
                raise ClusterError(f"the server did not start:\n{said[-2000:]}")
            if port_taken:
                self.port = free_port()
            time.sleep(0.1)
        self._started = True

    def _try_start(self, deadline: float) -> bool:
        settings = self.settings | {
            "listen_addresses": self.host,
            "port": str(self.port),
            "unix_socket_directories": str(self.directory),
        }
        command = [str(binaries() / "postgres"), "-D", str(self.data)]
        for name, value in settings.items():
            command += ["-c", f"{name}={value}"]
        with open(self.log, "w") as log:
            self._process = subprocess.Popen(
                command,
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                **_credentials(server_user()),
            )
        while self.running() and time.monotonic() < deadline:
            if self._reports_ready():
                return True
            time.sleep(0.02)
        self.kill()
        return False

    def _reports_ready(self) -> bool:
        """The last line of the server's pid file says how far it is; pg_ctl reads it as well."""
        try:
            lines = (self.data / "postmaster.pid").read_text().splitlines()
        except OSError:
            return False
        return len(lines) > 7 and lines[0] == str(self._process.pid) and lines[7].strip() == "ready"

    def stop(self, mode: str = "fast", timeout: float = 60) -> None:
        """Stops the server: `smart` waits for clients, `fast` ends them, `immediate` is a crash."""
        signals = {
            "smart": signal.SIGTERM,
            "fast": signal.SIGINT,
            "immediate": signal.SIGQUIT,
        }
        if self.running():
            self._process.send_signal(signals[mode])
            self._process.wait(timeout)

    def kill(self) -> None:
        """SIGKILL to the server's first process; its backends follow when they notice."""
        if self.running():
            self._process.kill()
            self._process.wait()

    def restart(self, mode: str = "fast") -> None:
        """Stops and starts again, on the same port."""
        self.stop(mode)
        self.start()

    def close(self) -> None:
        """Stops the server and removes its directory. May be called twice."""
        if self.running():
            self.stop("immediate")
        if self._guard.stdin.closed:
            return
        (self.data / "postmaster.pid").unlink(missing_ok=True)  # a killed server leaves it
        self._guard.stdin.close()
        self._guard.wait()

    def __enter__(self) -> Cluster:
        try:
            self.start()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # Roles with a password -----------------------------------------------------------------

    def require_password(self, role: str, timeout: float = 10) -> None:
        """From now on this role must prove its password (SCRAM), over TCP and the socket.

        Roles with a double quote in their name cannot be told to the server this way.
        """
        rules = self.data / "pg_hba.conf"
        lines = (
            f'local all "{role}" scram-sha-256\n'
            f'host all "{role}" 127.0.0.1/32 scram-sha-256\n'
        )  # the first rule that matches decides, so ours go on top
        before = self.psql("SELECT pg_conf_load_time()")
        rules.write_text(lines + rules.read_text())
        self.psql("SELECT pg_reload_conf()")
        deadline = time.monotonic() + timeout
        while self.psql("SELECT pg_conf_load_time()") == before:  # a signal: it takes a moment
            if time.monotonic() > deadline:
                raise ClusterError("the server did not read its new rules")
            time.sleep(0.02)

    # Replication ---------------------------------------------------------------------------

    def promote(self) -> None:
        """Makes a running standby a primary on a timeline of its own; returns when it is one."""
        run_as_server_user("pg_ctl", "promote", "-w", "-D", str(self.data))

    def wait_for_replay(self, primary: Cluster, timeout: float = 30) -> None:
        """Returns when this standby shows everything that `primary` has committed by now."""
        target = primary.psql("SELECT pg_current_wal_lsn()")
        deadline = time.monotonic() + timeout
        while self.psql(f"SELECT pg_last_wal_replay_lsn() >= '{target}'") != "t":
            if time.monotonic() > deadline:
                raise ClusterError(f"the standby did not reach {target} in {timeout} s")
            time.sleep(0.05)

    def fall_behind(self, primary: Cluster) -> None:
        """From now on this standby shows what `primary` has committed by now, and nothing later."""
        self.wait_for_replay(primary)
        self.psql("SELECT pg_wal_replay_pause()")
