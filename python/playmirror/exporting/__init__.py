"""Exports: the mirror's tables as files of other programs, all of one moment."""

from .export import export as export
