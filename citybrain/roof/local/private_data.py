"""What is ours in the data folder: for its owner alone, with the secrets that processes share."""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Iterator
from pathlib import Path

from citybrain.floor.settings import Settings

STATE = (
    *(
        "accounts.json",
        "accounts.json.taken-over",
        "accounts.sqlite",
        "accounts.sqlite-journal",
        "accounts.lock",
        "accounts.telling",
        "checkpoints",
        "drop",
        "gateway",
        "kafka",
        "keys.json",
        "keys.lock",
    ),
    *("log", "replay", "run", "secrets", "store"),
)
"""What is ours in the data folder; `reset` removes this and nothing else. They belong together:
what the doors remember of files and batches is only true for the broker that took them."""
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def keep_private() -> None:
    """Let nobody but the owner read or write what this process and its children make."""
    os.umask(_OTHERS)


def tighten(data: Path) -> None:
    """Take from everybody but the owner what they may do with what is ours in `data`.

    A version before made it readable for all. Links are left alone, and what is not ours.
    """
    for path in (data / name for name in STATE):
        for one in [path, *_within(path)]:
            with contextlib.suppress(OSError):
                mode = one.lstat().st_mode
                if mode & _OTHERS and not stat.S_ISLNK(mode):
                    one.chmod(stat.S_IMODE(mode) & ~_OTHERS)


def make_secrets(settings: Settings) -> None:
    """Make the passwords of broker and store and the key of commands, those that are missing."""
    from citybrain.accounts import private_files  # noqa: PLC0415  `--help` needs none

    for path in (
        settings.kafka_secret_path,
        settings.writer_secret_path,
        settings.reader_secret_path,
        settings.command_key_path,
    ):
        private_files.secret(path)


def _within(folder: Path) -> Iterator[Path]:
    for parent, folders, files in os.walk(folder):
        for name in (*folders, *files):
            yield Path(parent, name)
