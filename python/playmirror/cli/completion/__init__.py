"""The verb completion: what a shell needs to know to complete `playmirror`."""

from .verb import VERBS as VERBS
