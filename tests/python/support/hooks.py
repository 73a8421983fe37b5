"""Steps and safeguards of a library that was built with PLAYMIRROR_TEST_HOOKS; the C++ side is
core/test_hooks.hpp."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from playmirror import _core

_library = ctypes.CDLL(_core.__file__)
_StepFunction = ctypes.CFUNCTYPE(None, ctypes.c_char_p)

#: Whether the library in use has them.
PRESENT = hasattr(_library, "playmirror_on_step")


@contextmanager
def at_steps(act: Callable[[str], None]) -> Iterator[None]:
    """Calls `act` at every step, in the thread that takes it. What it raises comes at the end."""
    raised: list[BaseException] = []

    def call(step: bytes) -> None:
        try:
            act(step.decode())
        except BaseException as error:
            raised.append(error)

    function = _StepFunction(call)
    _library.playmirror_on_step(function)
    try:
        yield
    finally:
        _library.playmirror_on_step(_StepFunction())
    if raised:
        raise raised[0]


@contextmanager
def without(*safeguards: str) -> Iterator[None]:
    """Takes safeguards away; each must come up while it is gone."""
    _library.playmirror_missed()
    switch_off(*safeguards)
    try:
        yield
        missed = _library.playmirror_missed()
        assert missed == len(safeguards), f"{missed} of {safeguards} came up"
    finally:
        switch_off()


def switch_off(*safeguards: str) -> None:
    """Takes these away, and puts all others back."""
    _library.playmirror_switch_off("\n".join(safeguards).encode())
