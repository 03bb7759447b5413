"""`citybrain down`, `status` and `reset`: what one does with a system that `up` made."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import time
from collections.abc import Callable

from rich.console import Console

from citybrain.floor.clock import SystemClock, monotonic
from citybrain.floor.errors import LaunchError
from citybrain.floor.settings import Settings
from citybrain.roof.local import running_state, status_report
from citybrain.roof.local.private_data import STATE
from citybrain.roof.local.up import show
from connectors.told_faults import CITY, notes_of, open_faults

STOP_S = 60.0
NOT_RUNNING = 3
STALLED = 4


def down(settings: Settings, console: Console) -> int:
    """Stop the system and wait until it has stopped; return the exit code.

    Raises:
        LaunchError: it does not stop.
    """
    snapshot = running_state.read(settings)
    if not running_state.is_running(settings) or snapshot is None:
        console.print("not running")
        return 0
    with contextlib.suppress(ProcessLookupError):
        os.kill(snapshot.supervisor, signal.SIGTERM)
    with console.status("stopping"):
        ends = monotonic() + STOP_S
        while running_state.is_running(settings):
            if monotonic() > ends:
                problem = f"supervisor {snapshot.supervisor}: did not stop within {STOP_S:.0f} s"
                raise LaunchError(f"{problem}; end it with 'kill -9 {snapshot.supervisor}'")
            time.sleep(0.1)
    console.print("stopped")
    return 0


def status(settings: Settings, console: Console) -> int:
    """Print a line for each process, and what stands or is waited for; return the exit code.

    It is 0 when all do their work, 1 when not all are up, 3 when none runs, and 4 when one runs
    but does not move, or the supervisor itself does not look any more.
    """
    snapshot = running_state.read(settings)
    if snapshot is None or not running_state.is_running(settings):
        console.print("not running; './city up' starts it")
        return NOT_RUNNING
    show(settings, console, snapshot)
    for episode in open_faults(notes_of(settings.data)).values():
        if episode.rule == CITY:
            console.print(f"\ncity's folder: {episode.summary.en}", soft_wrap=True, markup=False)
    away_s = status_report.unattended_s(snapshot, SystemClock().now())
    if away_s:
        ago = status_report.duration(away_s)
        console.print(
            f"\nstalled: the supervisor has not looked for {ago}; this is how it was then"
        )
    if away_s or status_report.is_stalled(snapshot):
        return STALLED
    return 0 if status_report.is_up(snapshot) else 1


def reset(settings: Settings, console: Console, *, confirm: Callable[[str], bool]) -> int:
    """Remove all state of this machine, once `confirm` agreed; return the exit code.

    Raises:
        LaunchError: the system runs.
    """
    if running_state.is_running(settings):
        problem = f"{settings.data}: the system runs on this folder"
        raise LaunchError(f"{problem}; stop it with './city down' first")
    doomed = [path for name in STATE if (path := settings.data / name).exists()]
    if not doomed:
        console.print("nothing to remove")
        return 0
    names = ", ".join(path.name for path in doomed)
    if not confirm(f"Remove all events, keys, accounts and logs in {settings.data} ({names})?"):
        console.print("nothing removed")
        return 1
    for path in doomed:
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    console.print(f"removed at {SystemClock().now():%H:%M:%S} UTC; './city up' starts anew")
    return 0
