"""How records and reports show themselves: one line as text, a small table in a notebook."""

from __future__ import annotations

import dataclasses
import reprlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes

_short = reprlib.Repr()
_short.maxstring = 60
_short.maxother = 60
_FEW = 6  # entries of a list or dict that are named


class Record:
    """Base of the records and reports: a short repr, one line whatever the lyrics."""

    def __repr__(self) -> str:
        shown = []
        for field in dataclasses.fields(self):  # type: ignore[arg-type]  # every subclass is one
            value = getattr(self, field.name)
            if value is not None:
                shown.append(f"{field.name}={_in_short(value)}")
        return f"{type(self).__name__}({', '.join(shown)})"

    def _repr_html_(self) -> str:
        from .html_output import record_html  # here, for programs that show nothing

        return record_html(self)


class Drawn(Record):
    """A record that has a picture."""

    def plot(
        self,
        ax: Axes | None = None,
        *,
        kind: str | None = None,
        by: str | None = None,
        base: Sequence[Any] | None = None,
    ) -> Axes:
        """Draws it on `ax`, or on an Axes of its own, and returns that.

        docs/plots.md shows every picture with the options it has. Raises ImportError without
        matplotlib, ValueError for an option that means nothing.

        >>> mirror.stats.moods().plot().figure.savefig("moods.png")
        """
        from .plots import draw

        drawn: Axes = draw(self, type(self), ax, {"kind": kind, "by": by, "base": base})
        return drawn


def _in_short(value: Any) -> str:
    if isinstance(value, str):
        return _short.repr(str(value))
    if isinstance(value, dict):
        names = [f"{_short.repr(name)}: ..." for name in list(value)[:_FEW]]
        return f"{{{', '.join(names)}{', ...' if len(value) > _FEW else ''}}}"
    if isinstance(value, list) and value and isinstance(value[0], Record):
        return f"<{len(value)} of {type(value[0]).__name__}>"
    return repr(value)
