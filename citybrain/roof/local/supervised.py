"""One supervised process: its start, its end in words, its log file."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import os
import shutil
import signal
import socket
import sys
from dataclasses import replace
from pathlib import Path

from citybrain.floor.settings import Settings, to_environment
from citybrain.roof.local.child import CANNOT_START

LOG_BYTES = 10 * 1024 * 1024
LOGS_KEPT = 3
SMALL = {
    # Memory that one thread gave back serves the others, and large pieces go back to the system.
    "MALLOC_ARENA_MAX": "2",
    "MALLOC_TRIM_THRESHOLD_": str(4 * 1024 * 1024),
    "ARROW_DEFAULT_MEMORY_POOL": "system",
    "_RJEM_MALLOC_CONF": "dirty_decay_ms:1000,muzzy_decay_ms:0",  # the allocator of polars
}
"""How libraries of the processes use memory: nine of them share one machine."""


async def start(name: str, settings: Settings, log: Path) -> asyncio.subprocess.Process:
    """Start the process `name` in a session of its own, so that Ctrl-C reaches only us.

    What it prints goes to the file `log`, so that it never waits for us.
    """
    named = replace(settings, instance=instance_of(settings))
    with log.open("ab") as output:
        return await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "citybrain.roof.local.child",
            name,
            str(os.getpid()),
            env=os.environ | to_environment(named) | SMALL | {"PYTHONUNBUFFERED": "1"},
            stdin=asyncio.subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )


def instance_of(settings: Settings) -> str:
    """Return the name of this data folder's processes among those of their kinds."""
    folder = hashlib.sha256(str(settings.data.resolve()).encode()).hexdigest()[:12]
    return f"{socket.gethostname()}-{folder}"


def kill(pid: int) -> None:
    """End the process `pid` and what it started, at once."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)


def describe_exit(code: int, log: Path) -> str:
    """Return how a process ended, in words that follow its name."""
    if code < 0:
        return f"exited by signal {-code}"
    if code == CANNOT_START:
        return f"cannot start: {last_line(log)}"
    return f"exited with code {code}"


def last_line(log: Path) -> str:
    """Return the last line of a log that says something."""
    try:
        with log.open("rb") as text:
            text.seek(max(0, log.stat().st_size - 4096))
            lines = text.read().decode(errors="replace").split("\n")
    except OSError:
        return "no log"
    said = [line.strip() for line in lines if line.strip()]
    return said[-1] if said else "it said nothing"


def rotate(log: Path) -> None:
    """Put `log` aside when it is too big, and go on with an empty one.

    The process keeps its file open for appending, so the content is copied and cut off; lines
    written in between are lost. Where the disk is full the content is dropped.
    """
    with contextlib.suppress(OSError):
        if log.stat().st_size < LOG_BYTES:
            return
        with contextlib.suppress(OSError):
            for number in range(LOGS_KEPT - 1, 0, -1):
                older = log.with_suffix(f".log.{number}")
                if older.exists():
                    older.replace(log.with_suffix(f".log.{number + 1}"))
            shutil.copyfile(log, log.with_suffix(".log.1"))
        os.truncate(log, 0)
