"""Every safeguard is taken away once, and something then goes wrong: a rule whose loss nobody
notices is not tested, or not needed.

Each scenario ends well with all safeguards, and must fail without the one that it is for.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import file_scenarios
import identity_scenarios
import import_scenarios
import playmirror as pm
import pytest
import sync_scenarios
import watch_scenarios
from databases import Server
from support import hooks
from support.music_db import ROOT
from world import World

SCENARIOS: dict[str, Callable[[World], None]] = {
    **sync_scenarios.SCENARIOS,
    **identity_scenarios.SCENARIOS,
    **import_scenarios.SCENARIOS,
    **file_scenarios.SCENARIOS,
    **watch_scenarios.SCENARIOS,
}

#: Those whose loss shows in a process of its own, which a fault ends.
ENDED: dict[str, Callable[..., None]] = {
    "one transaction": sync_scenarios.a_process_killed_while_it_records,
    "full sync": sync_scenarios.a_power_cut,
    "settled import": import_scenarios.a_power_cut_behind_an_import,
}


@pytest.fixture
def world(cluster: Server, tmp_path: Path) -> Iterator[World]:
    with ExitStack() as stack:
        yield World(cluster, tmp_path, stack)


@pytest.mark.parametrize(
    "scenario", dict.fromkeys(SCENARIOS.values()), ids=lambda each: each.__name__
)
def test_with_every_safeguard_all_is_well(scenario: Callable[[World], None], world: World) -> None:
    scenario(world)


@pytest.mark.parametrize("safeguard", [name for name in SCENARIOS if name not in ENDED])
def test_something_fails_without(safeguard: str, world: World) -> None:
    with (
        hooks.without(safeguard),
        pytest.raises((AssertionError, pm.Error, pytest.fail.Exception)) as failure,
    ):
        SCENARIOS[safeguard](world)
    print(f"without {safeguard}: {failure.value}")


@pytest.mark.parametrize("safeguard", ENDED)
def test_something_is_lost_without(safeguard: str, world: World) -> None:
    with pytest.raises(
        AssertionError, match=r"lost|in the file only|not those that were written"
    ) as failure:
        ENDED[safeguard](world, without=safeguard)
    print(f"without {safeguard}: {failure.value}")


def test_every_safeguard_has_a_scenario() -> None:
    named = set()
    for folder in ("core", "sync"):
        for file in (ROOT / folder).rglob("*.[ch]pp"):
            named |= set(re.findall(r'PLAYMIRROR_SAFEGUARD\("([^"]+)"\)', file.read_text()))
    assert named == set(SCENARIOS)
