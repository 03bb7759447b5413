"""Free ports of this machine; no two processes that ask here are given the same ones."""

from __future__ import annotations

import atexit
import contextlib
import fcntl
import itertools
import os
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from citybrain.floor.errors import LaunchError

FIRST, END = 20_000, 32_000  # below the range that the system gives to clients
BLOCK = 100

_block: list[IO[str]] = []
_next = itertools.count()


def free_ports(count: int) -> list[int]:
    """Return `count` free ports in a row, other ones at each call.

    They are of a block that is this process's own until it ends, so that test runs side by side
    do not give one port to two, however long it takes until somebody listens there.

    Raises:
        LaunchError: there are none.
    """
    first = _own_block()
    for _ in range(BLOCK // count):
        ports = [first + next(_next) % BLOCK for _ in range(count)]
        if ports == list(range(ports[0], ports[0] + count)) and all(map(_is_free, ports)):
            return ports
    raise LaunchError(
        f"no {count} free ports from {first} to {first + BLOCK}; stop what holds them"
    )


def _own_block() -> int:
    """Return the first port of this process's block; the lock of the system goes with us."""
    if not _block:
        _block.append(next(_locked()))
    return int(Path(_block[0].name).name)


def _locked() -> Iterator[IO[str]]:
    folder = Path(tempfile.gettempdir()) / f"citybrain-ports-{os.getuid()}"
    folder.mkdir(exist_ok=True)
    for first in range(FIRST, END, BLOCK):
        file = (folder / str(first)).open("w")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            file.close()
            continue
        atexit.register(file.close)
        yield file
    raise LaunchError(f"all ports from {FIRST} to {END} are taken; see {folder}")


def _is_free(port: int) -> bool:
    with contextlib.closing(socket.socket()) as spot:
        try:
            spot.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True
