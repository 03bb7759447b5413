"""What is written to a terminal: nothing that others wrote moves the cursor, colours or hides."""

from __future__ import annotations

import getpass

import typer
from rich import control

from citybrain.floor.wire_text import CONTROLS, terminal_text


def say(text: str) -> None:
    """Write a line to the standard output."""
    typer.echo(terminal_text(text))


def user_of_machine() -> str:
    """Return the name of the operating system's user, "" where it has none."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return ""


def guard_tables() -> None:
    """Have rich leave control characters out of all that it prints, not of its own colours alone.

    Raises:
        LookupError: this version of rich does so elsewhere.
    """
    try:
        left_out = control._CONTROL_STRIP_TRANSLATE  # noqa: SLF001  there is no other way
    except AttributeError as error:
        raise LookupError(
            "rich strips control codes elsewhere; see citybrain.floor.terminal"
        ) from error
    left_out.update(dict.fromkeys(CONTROLS))
