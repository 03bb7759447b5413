"""`citybrain up`: check the machine, prepare what is missing, then run everything.

Attached, the supervisor is this process and Ctrl-C stops it; detached, it is a process of its own
(``python -m citybrain.local.up``), and this one only watches it start.
"""

from __future__ import annotations

import asyncio
import functools
import os
import subprocess
import sys
import time
from collections.abc import Callable

from rich.console import Console
from rich.live import Live

from citybrain.accounts.first import ADMINISTRATOR, local_token, make_administrator
from citybrain.clock import SystemClock, monotonic
from citybrain.config import load_city
from citybrain.errors import CityBrainError, LaunchError
from citybrain.local import jars, preflight, report, running
from citybrain.local.journal import Journal
from citybrain.local.plan import plan
from citybrain.local.process import last_line
from citybrain.local.supervisor import Supervisor
from citybrain.settings import Settings, from_environment, to_environment

PATIENCE_S = 180.0
_LOOK_S = 0.2


def up(settings: Settings, console: Console, *, detach: bool = False, secrets: bool = True) -> int:
    """Run the system until Ctrl-C, or leave it running; return the exit code.

    Args:
        settings: this machine's.
        console: what a person sees.
        detach: whether to leave it running.
        secrets: whether only that person sees it, so that tokens may be shown.

    Raises:
        CityBrainError: the machine or the city's folder is not ready.
    """
    if detach:
        return _detach(settings, console)
    _check(settings)
    with running.sole(settings):
        _prepare(settings, console)
        return asyncio.run(_attend(settings, console, secrets))


async def _attend(settings: Settings, console: Console, secrets: bool) -> int:
    journal = Journal(settings.data / "log" / "supervisor.log", SystemClock())
    supervisor = Supervisor(settings, plan(settings), SystemClock(), journal)
    if not console.is_terminal:
        journal.show = _line_to(console)
    tell = functools.partial(show, settings, console, secrets=secrets)
    showing = asyncio.create_task(_show_start(supervisor, console, journal, tell))
    try:
        await supervisor.run()
    finally:
        showing.cancel()
    return 0


async def _show_start(
    supervisor: Supervisor,
    console: Console,
    journal: Journal,
    tell: Callable[[running.Snapshot], None],
) -> None:
    ends = monotonic() + PATIENCE_S
    with Live(console=console, transient=True, auto_refresh=console.is_terminal) as live:
        while not report.is_up(snapshot := supervisor.snapshot()) and monotonic() < ends:
            live.update(report.progress(snapshot))
            await asyncio.sleep(_LOOK_S)
    tell(snapshot)
    console.print("\nCtrl-C stops everything")
    journal.show = _line_to(console)


def _line_to(console: Console) -> Callable[[str], None]:
    return lambda line: console.print(line, soft_wrap=True, markup=False)


def show(
    settings: Settings, console: Console, snapshot: running.Snapshot, *, secrets: bool = True
) -> None:
    """Print the state of each process, and the addresses, the wall's with what opens it."""
    now = SystemClock().now()
    console.print(report.processes(snapshot, now))
    token = "" if settings.screens_open or not secrets else local_token(settings, now)
    report.show_addresses(console, plan(settings), settings, token)


def _check(settings: Settings) -> None:
    """Find out whether this machine is ready, before anything is started.

    Raises:
        CityBrainError: it is not.
    """
    planned = plan(settings)
    load_city(settings.city_folder)
    preflight.check_folder(settings.data)
    if running.is_running(settings):
        with running.sole(settings):  # says by whom
            return
    last = running.read(settings)
    preflight.check_clock(SystemClock().now(), last.at if last else None)
    preflight.check_disk(settings.data, settings.min_free_mb + preflight.NEEDED_MB)
    preflight.check_ports(planned)


def _prepare(settings: Settings, console: Console) -> None:
    if not jars.is_complete():
        with console.status("downloading Kafka (45 MB, only the first time)"):
            jars.ensure_jars()
    departments = load_city(settings.city_folder).departments
    from connectors.key_files import issue_missing  # noqa: PLC0415  # a stage: only when needed

    if made := issue_missing(settings, departments):
        console.print(f"made API keys of {made} departments in {settings.data / 'secrets'}")
    if password := make_administrator(settings, SystemClock().now()):
        console.print(
            f"\nadministrator [bold]{ADMINISTRATOR}[/], password [bold]{password}[/]\n"
            "  shown this once; './city accounts password admin' changes it,\n"
            "  './city accounts add' makes accounts of duty officers and others\n"
        )


def _detach(settings: Settings, console: Console) -> int:
    _check(settings)
    _prepare(settings, console)
    output = settings.data / "log" / "up.log"
    output.parent.mkdir(parents=True, exist_ok=True)
    with output.open("wb") as said:
        child = subprocess.Popen(  # no shell, our own module
            [sys.executable, "-m", "citybrain.local.up"],
            env=os.environ | to_environment(settings),
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=said,
            start_new_session=True,
        )
    ends = monotonic() + PATIENCE_S
    with Live(console=console, transient=True, auto_refresh=console.is_terminal) as live:
        while monotonic() < ends:
            if child.poll() is not None:
                raise LaunchError(f"the supervisor ended: {last_line(output)}; see {output}")
            snapshot = _of(running.read(settings), child.pid)
            if snapshot is not None and report.is_up(snapshot):
                break
            if snapshot is not None:
                live.update(report.progress(snapshot))
            time.sleep(_LOOK_S)
    if snapshot is not None:
        show(settings, console, snapshot)
    console.print("\n'./city status' looks after it, './city down' stops it")
    return 0 if report.is_up(snapshot) else 1


def _of(snapshot: running.Snapshot | None, supervisor: int) -> running.Snapshot | None:
    return snapshot if snapshot is not None and snapshot.supervisor == supervisor else None


def main() -> int:
    """Be the supervisor of a detached system."""
    try:
        # What is printed here goes to a file.
        return up(from_environment(), Console(highlight=False), secrets=False)
    except CityBrainError as error:
        sys.stderr.write(f"{error}\n")
        return 1


if __name__ == "__main__":
    sys.exit(main())
