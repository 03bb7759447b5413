"""Durable notes of how far a feed was read, kept under ``<data>/checkpoints/<feed>/``.

A note is a small JSON object in a file of its own. It is written beside the old one, forced to
the disk and renamed over it, so a crash or a pulled plug leaves either the old note or the new.
"""

from __future__ import annotations

import hashlib
import os
import re
from pathlib import Path
from typing import TypeVar

import msgspec

T = TypeVar("T")
_PLAIN = re.compile(r"[\w.-]{1,80}")


class Checkpoints:
    """The notes of one feed; gateways that share a feed's source must share this folder."""

    def __init__(self, folder: Path) -> None:
        """Keep the notes in `folder`; it is made when the first is saved."""
        self._folder = folder

    def load(self, name: str, kind: type[T]) -> T | None:
        """Return the note `name` as a `kind` (a msgspec Struct), or None if there is none.

        A note that cannot be read (written by another version) counts as none.
        """
        try:
            return msgspec.json.decode(self._path(name).read_bytes(), type=kind)
        except (FileNotFoundError, msgspec.MsgspecError):
            return None

    def save(self, name: str, note: object) -> None:
        """Write `note` (anything msgspec encodes); it is on the disk when this returns.

        Raises:
            OSError: the disk is full or may not be written.
        """
        path = self._path(name)
        fresh = not self._folder.exists()
        self._folder.mkdir(parents=True, exist_ok=True)
        beside = path.with_suffix(f".{os.getpid()}.new")
        with beside.open("wb") as out:
            out.write(msgspec.json.encode(note))
            out.flush()
            os.fsync(out.fileno())
        beside.replace(path)
        _sync_folder(self._folder)
        if fresh:
            _sync_folder(self._folder.parent)

    def drop(self, name: str) -> None:
        """Forget the note `name`, if there is one."""
        self._path(name).unlink(missing_ok=True)

    def _path(self, name: str) -> Path:
        plain = name if _PLAIN.fullmatch(name) else hashlib.sha256(name.encode()).hexdigest()[:32]
        return self._folder / f"{plain}.json"


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
