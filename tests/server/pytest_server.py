"""The server that tests run on."""

from __future__ import annotations

import os
from contextlib import ExitStack

import pytest
from cluster import Cluster, ClusterError
from databases import Attached, Server


def server_for_tests(stack: ExitStack) -> Server:
    """That of PLAYMIRROR_TEST_DSN, or a throwaway one that ends with the stack. Where there can be
    none, the test is skipped, but fails in continuous integration."""
    if dsn := os.environ.get("PLAYMIRROR_TEST_DSN"):
        return Attached(dsn)
    try:
        return stack.enter_context(Cluster())
    except (ClusterError, OSError) as error:
        if os.environ.get("CI") == "true":
            raise
        pytest.skip(f"no PostgreSQL server: {error}")
