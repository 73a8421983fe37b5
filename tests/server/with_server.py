#!/usr/bin/env python3
"""Runs a command beside a throwaway PostgreSQL and returns the command's exit code.

    python3 tests/server/with_server.py -- ctest --test-dir build

The command finds the server in PLAYMIRROR_TEST_DSN: a superuser's connection string to the database
`postgres`. The empty music database `music_template` is there to be copied. This interpreter needs
alembic, sqlalchemy and psycopg.
"""

import os
import signal
import subprocess
import sys

from cluster import Cluster, ClusterError
from databases import make_template


def main() -> int:
    if len(sys.argv) < 3 or sys.argv[1] != "--":
        print("usage: with_server.py -- COMMAND [ARGUMENT...]", file=sys.stderr)
        return 2
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    try:
        with Cluster() as cluster:
            make_template(cluster)
            return run(sys.argv[2:], os.environ | {"PLAYMIRROR_TEST_DSN": cluster.dsn()})
    except ClusterError as error:
        print(f"with_server.py: {error}", file=sys.stderr)
        return 1


def run(command: list[str], environment: dict[str, str]) -> int:
    """The command's exit code, as a shell would give it. It never outlives us."""
    try:
        process = subprocess.Popen(command, env=environment)
    except OSError as error:
        print(f"with_server.py: {error}", file=sys.stderr)
        return 127
    try:
        code = process.wait()
    except BaseException:
        process.terminate()
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
        raise
    return code if code >= 0 else 128 - code


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
