"""What a person sees of the processes: progress while starting, a table, the addresses."""

from __future__ import annotations

from datetime import datetime

import psutil
from rich.console import Console, Group, JustifyMethod, RenderableType
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from citybrain.floor.settings import Settings
from citybrain.roof.local.process_plan import Planned, address
from citybrain.roof.local.running_state import ProcessesSnapshot, ProcessState

STYLES = {
    "up": "green",
    "starting": "yellow",
    "slow": "yellow",
    "stalled": "red",
    "waiting": "dim",
    "down": "red",
    "stopped": "dim",
}
WORKS = frozenset({"up", "slow"})
UNATTENDED_S = 60.0
_MINUTE, _HOUR, _DAY = 60, 3600, 86_400


def progress(snapshot: ProcessesSnapshot) -> RenderableType:
    """Return the picture of a start that is under way."""
    grid = Table.grid(padding=(0, 2))
    for process in snapshot.processes:
        style = STYLES[process.state]
        note = process.last_exit if process.state == "down" else process.detail
        grid.add_row(process.name, f"[{style}]{process.state}[/]", note)
    return Group(Spinner("dots", "starting"), grid)


def processes(snapshot: ProcessesSnapshot, now: datetime) -> RenderableType:
    """Return the table of `status`, with what there is to say of those that died under it."""
    table = Table(box=None, padding=(0, 2), pad_edge=False)
    for name in ("process", "state", "pid", "uptime", "restarts", "memory"):
        numeric = name in {"pid", "uptime", "restarts", "memory"}
        justify: JustifyMethod = "right" if numeric else "left"
        table.add_column(name, justify=justify, no_wrap=True, overflow="ellipsis")
    for process in snapshot.processes:
        table.add_row(*row(process, now, memory_mb(process.pid)))
    told = [
        Text(f"{process.name}: {process.detail}", overflow="fold")
        for process in snapshot.processes
        if process.detail
    ]
    died = [
        Text(f"{process.name}, the last time: {process.last_exit}", overflow="fold")
        for process in snapshot.processes
        if process.last_exit
    ]
    return Group(table, *told, *died)


def row(process: ProcessState, now: datetime, memory: int | None) -> list[str]:
    """Return one line of the table."""
    runs = process.pid and process.started_at
    return [
        process.name,
        f"[{STYLES[process.state]}]{process.state}[/]",
        str(process.pid or "-"),
        duration((now - process.started_at).total_seconds())
        if runs and process.started_at
        else "-",
        str(process.restarts),
        f"{memory} MB" if memory is not None else "-",
    ]


def duration(seconds: float) -> str:
    """Return seconds in the two largest units: ``42 s``, ``3 min 20 s``, ``2 d 4 h``."""
    whole = max(0, int(seconds))
    if whole < _MINUTE:
        return f"{whole} s"
    if whole < _HOUR:
        return f"{whole // _MINUTE} min {whole % _MINUTE} s"
    if whole < _DAY:
        return f"{whole // _HOUR} h {whole % _HOUR // _MINUTE} min"
    return f"{whole // _DAY} d {whole % _DAY // _HOUR} h"


def memory_mb(pid: int) -> int | None:
    """Return the resident memory of a process and what it started, None when it is gone."""
    if not pid:
        return None
    try:
        process = psutil.Process(pid)
        family = [process, *process.children(recursive=True)]
        return int(sum(one.memory_info().rss for one in family) // 1024**2)
    except psutil.Error:
        return None


def show_addresses(console: Console, planned: tuple[Planned, ...], settings: Settings) -> None:
    """Print where the wall, the duty desk and the door are, and where the logs.

    What opens the wall is no part of it: terminals are looked at, kept and copied.
    """
    where = {one.name: address(one.listening[0]) for one in planned if one.listening}
    console.print(f"\nwall     [bold]{where['screens']}/[/]", soft_wrap=True)
    if not settings.screens_open:
        console.print("         './city walls address' prints it with what opens it")
    console.print(f"desk     {where['screens']}/desk")
    console.print(f"gateway  {where['gateway']}/docs")
    console.print(f"logs     {settings.data / 'log'}")


def is_up(snapshot: ProcessesSnapshot | None) -> bool:
    """Whether every process does its work, be it slowly."""
    return snapshot is not None and all(one.state in WORKS for one in snapshot.processes)


def is_stalled(snapshot: ProcessesSnapshot) -> bool:
    """Whether a process runs but does not move."""
    return any(one.state == "stalled" for one in snapshot.processes)


def unattended_s(snapshot: ProcessesSnapshot, now: datetime) -> float:
    """Return for how long the supervisor has not looked; 0: it looks as it should."""
    away_s = (now - snapshot.at).total_seconds()
    return away_s if away_s > UNATTENDED_S else 0.0
