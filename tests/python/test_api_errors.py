"""Exceptions: one base, one class for each thing a caller would do, facts to act on."""

import copy
import os
import pickle
import signal
import sqlite3
import threading
import traceback
from contextlib import closing
from pathlib import Path

import playmirror as pm
import pytest
from support.offline_library import NOON, open_library

CLASSES = [
    pm.InvalidArgument,
    pm.QueryError,
    pm.MirrorUnusable,
    pm.MirrorBusy,
    pm.StorageError,
    pm.ServerUnavailable,
    pm.AccessDenied,
    pm.SchemaMismatch,
    pm.ServerChanged,
    pm.InDoubt,
    pm.Cancelled,
]


@pytest.mark.parametrize("cls", [pm.Error, *CLASSES], ids=lambda cls: cls.__name__)
def test_errors_survive_pickling_with_all_they_carry(cls: type[pm.Error]) -> None:
    error = cls(
        "no such thing",
        code="server_refused",
        hint="Look again.",
        sqlstate="42P01",
        retryable=True,
        outcome="rolled_back",
    )
    for twin in (pickle.loads(pickle.dumps(error)), copy.copy(error)):
        assert type(twin) is cls
        assert str(twin) == "no such thing"
        assert twin.code is pm.ErrorCode.SERVER_REFUSED
        assert twin.outcome is pm.Outcome.ROLLED_BACK
        assert (twin.hint, twin.sqlstate, twin.retryable) == ("Look again.", "42P01", True)


@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__name__)
def test_every_error_has_one_base_and_is_shown_as_public(cls: type[pm.Error]) -> None:
    assert cls.__bases__ == (pm.Error,)
    assert cls.__module__ == pm.Error.__module__ == "playmirror"
    assert cls.__doc__


def test_an_error_of_the_library_carries_its_facts(mirror_path: Path) -> None:
    mirror_path.write_bytes(b"this is no database, but it is long enough to be asked" * 100)
    with pytest.raises(pm.MirrorUnusable) as caught:
        pm.open(mirror_path)
    error = caught.value
    assert error.code is pm.ErrorCode.NOT_A_MIRROR
    assert error.code == "not_a_mirror"
    assert error.outcome is pm.Outcome.UNCHANGED
    assert error.sqlstate == ""
    assert not error.retryable
    assert error.hint
    assert error.details() == {
        "code": "not_a_mirror",
        "hint": error.hint,
        "sqlstate": "",
        "retryable": False,
        "outcome": "unchanged",
    }


@pytest.mark.skipif(not hasattr(Exception, "add_note"), reason="Python 3.10 has no notes")
def test_a_traceback_ends_with_the_hint() -> None:
    error = pm.InvalidArgument("no", hint="Say yes.")
    assert traceback.format_exception(error)[-2:] == [
        "playmirror.InvalidArgument: no\n",
        "Hint: Say yes.\n",
    ]


def test_an_unreachable_server_is_unavailable_and_worth_another_try() -> None:
    with pytest.raises(pm.ServerUnavailable) as caught:
        pm.connect("host=127.0.0.1 port=9 user=nobody password=hush dbname=x", connect_timeout=5)
    assert caught.value.code == "unreachable"
    assert caught.value.retryable
    assert "hush" not in str(caught.value) + caught.value.hint + repr(caught.value)


def test_a_senseless_dsn_is_an_invalid_argument_without_its_password() -> None:
    with pytest.raises(pm.InvalidArgument) as caught:
        pm.connect("password=hush nonsense=1")
    assert caught.value.code == "bad_connection_options"
    assert "hush" not in str(caught.value) + caught.value.hint


def test_ctrl_c_during_a_call_that_fails_is_not_lost(tmp_path: Path) -> None:
    """Python hears of it only when the error is made."""
    with open_library(tmp_path / "music.db") as first:
        path = first.path
    with (
        pm.open(path, busy_timeout=0.3) as mirror,
        closing(sqlite3.connect(path, isolation_level=None)) as writer,
    ):
        writer.execute("BEGIN IMMEDIATE")
        interrupt = threading.Timer(0.1, os.kill, [os.getpid(), signal.SIGINT])
        interrupt.start()
        with pytest.raises(KeyboardInterrupt):
            mirror.plays.add(track_id="blue", played_at=NOON)
        interrupt.join()
