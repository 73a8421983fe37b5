"""The examples in docs/statistics.md give what the page says."""

import os
from contextlib import ExitStack

import pytest
import statistics_examples
from cluster import Cluster, ClusterError
from databases import Attached, Server


@pytest.mark.pg
def test_the_statistics_page_shows_what_its_examples_give() -> None:
    with ExitStack() as stack:
        if dsn := os.environ.get("PLAYMIRROR_TEST_DSN"):
            server: Server = Attached(dsn)
        else:
            try:
                server = stack.enter_context(Cluster())
            except (ClusterError, OSError) as error:
                if os.environ.get("CI") == "true":
                    raise
                pytest.skip(f"no PostgreSQL server: {error}")
        assert statistics_examples.render(server) == statistics_examples.PAGE.read_text()
