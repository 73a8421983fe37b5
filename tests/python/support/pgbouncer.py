"""A PgBouncer of our own in transaction mode, between a test and its server."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from cluster import free_port, server_user
from psycopg.conninfo import conninfo_to_dict

from support.music_db import MusicDb


@contextmanager
def pooled(db: MusicDb, connections: int) -> Iterator[str]:
    """The DSN of the same database through a pool of so many connections. Skips the test where
    there is no PgBouncer; on CI that is an error."""
    program = shutil.which("pgbouncer", path=f"{os.environ['PATH']}:/usr/sbin")
    if program is None:
        assert os.environ.get("CI") != "true", "no pgbouncer"
        pytest.skip("no pgbouncer")
    server = conninfo_to_dict(db.dsn)
    port = free_port()
    with TemporaryDirectory(prefix="playmirror-pool-") as name:
        directory = Path(name)
        (directory / "users").write_text('"postgres" ""\n"laptop" ""\n')
        (directory / "pool.ini").write_text(
            f"""
            [databases]
            * = host={server["host"]} port={server["port"]}
            [pgbouncer]
            listen_addr = 127.0.0.1
            listen_port = {port}
            unix_socket_dir =
            auth_type = trust
            auth_file = {directory}/users
            pool_mode = transaction
            default_pool_size = {connections}
            max_client_conn = 200
            """
        )
        user = server_user()  # it refuses to run as root, like the server
        for path in (directory, *directory.iterdir()):
            if user is not None:
                os.chown(path, pwd.getpwnam(user).pw_uid, pwd.getpwnam(user).pw_gid)
        log = directory / "log"
        with open(log, "w") as output:
            process = subprocess.Popen(
                [program, directory / "pool.ini"],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                user=user,
                extra_groups=None if user is None else [],
            )
        try:
            _wait_for(port, process, log)
            yield f"{db.dsn} host=127.0.0.1 port={port}"
        finally:
            process.kill()
            process.wait()


def _wait_for(port: int, process: subprocess.Popen, log: Path) -> None:
    deadline = time.monotonic() + 10
    while True:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
            return
        except OSError:
            assert process.poll() is None and time.monotonic() < deadline, log.read_text()
            time.sleep(0.02)
