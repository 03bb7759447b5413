"""`citybrain up`: check the machine, prepare what is missing, then run everything.

Attached, the supervisor is this process and Ctrl-C stops it; detached, it is a process of its own
(``python -m citybrain.roof.local.up``), and this one only watches it start.
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

from citybrain.accounts.first_start import ADMINISTRATOR, make_administrator
from citybrain.city import load_city
from citybrain.floor.clock import SystemClock, monotonic
from citybrain.floor.errors import CityBrainError, LaunchError
from citybrain.floor.settings import Settings, from_environment, to_environment
from citybrain.roof.local import jars, preflight, private_data, running_state, status_report
from citybrain.roof.local.journal import Journal
from citybrain.roof.local.process_plan import plan
from citybrain.roof.local.supervised import last_line
from citybrain.roof.local.supervisor import Supervisor

PATIENCE_S = 180.0
_LOOK_S = 0.2


def up(settings: Settings, console: Console, *, detach: bool = False) -> int:
    """Run the system until Ctrl-C, or leave it running; return the exit code.

    Args:
        settings: this machine's.
        console: what a person sees.
        detach: whether to leave it running.

    Raises:
        CityBrainError: the machine or the city's folder is not ready.
    """
    if detach:
        return _detach(settings, console)
    _check(settings)
    with running_state.sole(settings):
        _prepare(settings, console)
        return asyncio.run(_attend(settings, console))


async def _attend(settings: Settings, console: Console) -> int:
    journal = Journal(settings.data / "log" / "supervisor.log", SystemClock())
    supervisor = Supervisor(settings, plan(settings), SystemClock(), journal)
    if not console.is_terminal:
        journal.show = _line_to(console)
    announce = functools.partial(show, settings, console)
    showing = asyncio.create_task(_show_start(supervisor, console, journal, announce))
    try:
        await supervisor.run()
    finally:
        showing.cancel()
    return 0


async def _show_start(
    supervisor: Supervisor,
    console: Console,
    journal: Journal,
    announce: Callable[[running_state.ProcessesSnapshot], None],
) -> None:
    ends = monotonic() + PATIENCE_S
    with Live(console=console, transient=True, auto_refresh=console.is_terminal) as live:
        while not status_report.is_up(snapshot := supervisor.snapshot()) and monotonic() < ends:
            live.update(status_report.progress(snapshot))
            await asyncio.sleep(_LOOK_S)
    announce(snapshot)
    console.print("\nCtrl-C stops everything")
    journal.show = _line_to(console)


def _line_to(console: Console) -> Callable[[str], None]:
    return lambda line: console.print(line, soft_wrap=True, markup=False)


def show(settings: Settings, console: Console, snapshot: running_state.ProcessesSnapshot) -> None:
    """Print the state of each process, and the addresses; nothing that opens one of them."""
    console.print(status_report.processes(snapshot, SystemClock().now()))
    status_report.show_addresses(console, plan(settings), settings)


def _check(settings: Settings) -> None:
    """Find out whether this machine is ready, before anything is started.

    Raises:
        CityBrainError: it is not.
    """
    planned = plan(settings)
    load_city(settings.city_folder)
    preflight.check_folder(settings.data)
    if running_state.is_running(settings):
        with running_state.sole(settings):  # says by whom
            return
    last = running_state.read(settings)
    preflight.check_clock(SystemClock().now(), last.at if last else None)
    preflight.check_disk(settings.data, settings.min_free_mb + preflight.NEEDED_MB)
    preflight.check_ports(planned)


def _prepare(settings: Settings, console: Console) -> None:
    private_data.tighten(settings.data)
    private_data.make_secrets(settings)
    if not jars.is_complete():
        with console.status("downloading Kafka (45 MB, only the first time)"):
            jars.ensure_jars()
    departments = load_city(settings.city_folder).departments
    from connectors.door.key_files import issue_missing  # noqa: PLC0415  # a stage: only when needed

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
            [sys.executable, "-m", "citybrain.roof.local.up"],
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
            snapshot = _of(running_state.read(settings), child.pid)
            if snapshot is not None and status_report.is_up(snapshot):
                break
            if snapshot is not None:
                live.update(status_report.progress(snapshot))
            time.sleep(_LOOK_S)
    if snapshot is not None:
        show(settings, console, snapshot)
    console.print("\n'./city status' looks after it, './city down' stops it")
    return 0 if status_report.is_up(snapshot) else 1


def _of(
    snapshot: running_state.ProcessesSnapshot | None, supervisor: int
) -> running_state.ProcessesSnapshot | None:
    return snapshot if snapshot is not None and snapshot.supervisor == supervisor else None


def main() -> int:
    """Be the supervisor of a detached system."""
    try:
        private_data.keep_private()
        return up(from_environment(), Console(highlight=False))
    except CityBrainError as error:
        sys.stderr.write(f"{error}\n")
        return 1


if __name__ == "__main__":
    sys.exit(main())
