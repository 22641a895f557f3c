"""The command line: every module parses one command, calls the library, and prints."""

from align.cli.app import main, run

__all__ = ["main", "run"]
