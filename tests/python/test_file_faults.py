"""A file call of an operation goes wrong: the process is killed there, the power fails, the call is
refused once or from then on. Behind it the file is sound, shows the old state or the new, holds
what was recorded, and the next sync ends it all.

Kills and power cuts meet every call, of a first copy every second, the other faults a sample; with
PLAYMIRROR_TEST_FILE_FAULTS=N all meet every call, and power cuts with N seeds. A failing case
prints the command that repeats it.
"""

from __future__ import annotations

import os
import random
from collections.abc import Callable, Iterator

import pytest
from support.faults import seed
from support.file_faults import KINDS, Bench, Fault, bench
from support.model_backend import BEGINNING
from support.music_db import MusicDb

SEEDS = int(os.environ.get("PLAYMIRROR_TEST_FILE_FAULTS") or 0)
OPERATIONS = ("create", "copy", "pull", "push", "add", "import_plays")
SAMPLE = 6  # of so many calls, one meets the faults that kill nobody
ENDS = {"copy": 2}  # of so many, one is the last; else each


@pytest.fixture
def files(music_db: MusicDb) -> Iterator[Bench]:
    music_db.execute(BEGINNING)
    with bench(music_db) as made:
        yield made


@pytest.mark.slow
@pytest.mark.timeout(0 if SEEDS else 600)
@pytest.mark.parametrize("operation", OPERATIONS)
def test_every_file_call_of(
    operation: str, files: Bench, record_property: Callable[[str, object], None]
) -> None:
    chance = random.Random(seed())
    for kind, for_ever in KINDS:
        calls = files.calls(operation, kind)
        assert calls > 3
        step = ENDS.get(operation, 1) if kind in ("kill", "power") else SAMPLE
        if SEEDS:
            step = 1
        for call in range(1 + chance.randrange(step), calls + 1, step):
            for _ in range(max(SEEDS, 1) if kind == "power" else 1):
                fault = Fault(kind, call, for_ever, chance.randrange(1 << 30))
                try:
                    files.check(operation, fault)
                except BaseException:
                    case = f"{operation} {kind} {call} {int(for_ever)} {fault.seed}"
                    print(f'PLAYMIRROR_TEST_FILE_FAULT="{case}" ./dev test one_file_fault')
                    raise
    record_property("cases", files.cases)
    print(f"{operation}: {files.cases} cases")


@pytest.mark.skipif("PLAYMIRROR_TEST_FILE_FAULT" not in os.environ, reason="no case was given")
def test_one_file_fault(files: Bench) -> None:
    operation, kind, *numbers = os.environ["PLAYMIRROR_TEST_FILE_FAULT"].split()
    call, for_ever, coin = map(int, numbers)
    files.check(operation, Fault(kind, call, bool(for_ever), coin))
