"""The examples in docs/statistics.md give what the page says."""

from contextlib import ExitStack

import pytest
import statistics_examples
from pytest_server import server_for_tests


@pytest.mark.pg
def test_the_statistics_page_shows_what_its_examples_give() -> None:
    with ExitStack() as stack:
        server = server_for_tests(stack)
        assert statistics_examples.render(server) == statistics_examples.PAGE.read_text()
