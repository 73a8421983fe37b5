"""The right to read a table is taken away in the middle of a pull. No lock stands in the way of a
`REVOKE`, so it may come between the look at the catalog and any question behind it."""

from __future__ import annotations

from collections.abc import Callable

import playmirror as pm
import pytest
from databases import TABLES
from support import hooks
from support.model_backend import ROLE
from support.music_db import MusicDb

#: Steps behind which a pull asks more: of another catalog than it had seen; by which keys differ.
STEPS = {
    "pull.opened": "ALTER TABLE artists ADD COLUMN mood varchar DEFAULT 'calm'",
    "pull.read": "DELETE FROM play_history WHERE id = (SELECT min(id) FROM play_history)",
}


def once(step: str, act: Callable[[], object]) -> Callable[[str], None]:
    done: list[str] = []

    def call(name: str) -> None:
        if name == step and not done:
            done.append(name)
            act()

    return call


@pytest.mark.parametrize("step", STEPS)
def test_that_table_stops_and_the_rest_is_pulled(
    step: str, small_db: MusicDb, mirror: pm.Mirror, assert_equal: Callable[..., None]
) -> None:
    taken = "play_history"
    with pm.connect(small_db.plain_role()) as server:
        server.pull(mirror)
        small_db.execute(STEPS[step])
        small_db.execute("UPDATE tracks SET popularity = 7")
        with hooks.at_steps(
            once(step, lambda: small_db.execute(f"REVOKE SELECT ON {taken} FROM {ROLE}"))
        ):
            report = server.pull(mirror)
        assert [table for table in TABLES if report.pulled[table].problem] == [taken]
        assert report.pulled[taken].problem_code == "permission_denied"
        assert report.pulled["tracks"].updated > 0
        small_db.execute(f"GRANT SELECT ON {taken} TO {ROLE}")
        assert server.pull(mirror).complete
    assert_equal(mirror, small_db)
