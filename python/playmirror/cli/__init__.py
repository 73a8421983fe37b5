"""The command line, `playmirror VERB ...`. docs/cli.md has verbs, JSON shapes and exit codes."""

from .main import main

__all__ = ["main"]
