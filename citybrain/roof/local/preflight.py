"""Whether this machine is ready: each reason why not is one line that says what to do."""

from __future__ import annotations

import shutil
import socket
import tempfile
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psutil

from citybrain.floor.errors import LaunchError
from citybrain.roof.local.process_plan import Listening, Planned

NEEDED_MB = 1024
"""Free space beyond the door's own minimum, so that a start does not end in back-pressure."""
_RELEASED = datetime(2026, 1, 1, tzinfo=UTC)
_BACK = timedelta(minutes=5)


def check_folder(data: Path) -> None:
    """Make `data` when it is missing, and check that it can be written.

    Raises:
        LaunchError: it cannot.
    """
    try:
        data.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=data):
            return
    except OSError as error:
        problem = f"{data}: cannot be written: {error.strerror}"
        raise LaunchError(f"{problem}; give yourself access, or set CITYBRAIN_DATA") from error


def check_disk(data: Path, needed_mb: int, free_mb: int | None = None) -> None:
    """Check that the disk of `data` has `needed_mb` MiB free.

    Raises:
        LaunchError: it has less.
    """
    free = shutil.disk_usage(data).free // 1024**2 if free_mb is None else free_mb
    if free < needed_mb:
        problem = f"{data}: {free} MB free on its disk, {needed_mb} MB are needed"
        raise LaunchError(f"{problem}; free some, or set CITYBRAIN_DATA to a folder elsewhere")


def check_clock(now: datetime, last_run: datetime | None) -> None:
    """Check that `now` is neither before this software nor before its last run.

    Raises:
        LaunchError: it is; every event would carry a wrong time.
    """
    since, what = _RELEASED, "this software is newer"
    if last_run is not None and last_run - _BACK > since:
        since, what = last_run - _BACK, f"the system last ran at {_minute(last_run)}"
    if now < since:
        problem = f"clock: this machine says that it is {_minute(now)}, but {what}"
        raise LaunchError(f"{problem}; set the clock (timedatectl set-ntp true)")


def check_ports(processes: Iterable[Planned]) -> None:
    """Check that nobody listens where our processes will, and no two of them at the same place.

    Raises:
        LaunchError: the ports that are taken, a line each, with the setting to change.
    """
    processes = tuple(processes)
    taken = list(_shared(processes)) or [
        f"{process.name}: port {spot.port} of {spot.host} is taken{_by(spot.port)}; "
        f"stop that program, or set {spot.setting}"
        for process in processes
        for spot in process.listening
        if not _is_free(spot)
    ]
    if taken:
        raise LaunchError("\n".join(taken))


def _shared(processes: Iterable[Planned]) -> Iterator[str]:
    owners: dict[int, str] = {}
    for process in processes:
        for spot in process.listening:
            owner = owners.setdefault(spot.port, process.name)
            if owner != process.name:
                problem = f"{process.name}: port {spot.port} is that of {owner} too"
                yield f"{problem}; set {spot.setting} to another (kafka takes two in a row)"


def _is_free(spot: Listening) -> bool:
    family = socket.AF_INET6 if ":" in spot.host else socket.AF_INET
    with socket.socket(family) as probe:
        # As the servers do: what a killed one left half closed does not count.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((spot.host, spot.port))
        except OSError:
            return False
    return True


def _by(port: int) -> str:
    try:
        for connection in psutil.net_connections("tcp"):
            listens = connection.status == psutil.CONN_LISTEN
            if listens and getattr(connection.laddr, "port", 0) == port and connection.pid:
                return f" by {psutil.Process(connection.pid).name()} (pid {connection.pid})"
    except psutil.Error:
        return ""
    return ""


def _minute(instant: datetime) -> str:
    return instant.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")
