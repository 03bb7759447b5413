"""What a person sees of the processes."""

from __future__ import annotations

import io
import os
from datetime import UTC, datetime, timedelta

import pytest
from rich.console import Console

from citybrain.floor.settings import Settings
from citybrain.roof.local import status_report
from citybrain.roof.local.process_plan import plan
from citybrain.roof.local.running_state import ProcessesSnapshot, ProcessState

NOW = datetime(2026, 3, 1, 8, tzinfo=UTC)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 s"),
        (59.9, "59 s"),
        (200, "3 min 20 s"),
        (7500, "2 h 5 min"),
        (187_200, "2 d 4 h"),
        (-5, "0 s"),
    ],
)
def test_duration_in_the_two_largest_units(seconds: float, text: str) -> None:
    assert status_report.duration(seconds) == text


def test_row_of_a_running_process() -> None:
    process = ProcessState("store", "up", 42, NOW - timedelta(minutes=5), 1)
    assert status_report.row(process, NOW, 371) == [
        *("store", "[green]up[/]", "42", "5 min 0 s", "1", "371 MB")
    ]


def test_table_tells_why_a_process_died() -> None:
    out = io.StringIO()
    died = ProcessState("sink", "down", restarts=2, last_exit="exited by signal 9 after 312 s")
    console = Console(file=out, width=80)
    console.print(status_report.processes(ProcessesSnapshot(1, NOW, (died,)), NOW))
    assert [line.split() for line in out.getvalue().splitlines()] == [
        ["process", "state", "pid", "uptime", "restarts", "memory"],
        ["sink", "down", "-", "-", "2", "-"],
        ["sink,", "the", "last", "time:", "exited", "by", "signal", "9", "after", "312", "s"],
    ]


@pytest.mark.parametrize(
    ("is_open", "hint"),
    [(True, ""), (False, "         './city walls address' prints it with what opens it\n")],
)
def test_addresses_say_where_and_never_what_opens_the_wall(is_open: bool, hint: str) -> None:
    out = io.StringIO()
    settings = Settings(screens_open=is_open)
    status_report.show_addresses(Console(file=out, width=80), plan(settings), settings)
    assert out.getvalue() == (
        f"\nwall     http://127.0.0.1:18050/\n{hint}"
        "desk     http://127.0.0.1:18050/desk\n"
        "gateway  http://127.0.0.1:18080/docs\n"
        "logs     data/log\n"
    )


def test_memory_of_a_process_that_is_gone_is_unknown() -> None:
    assert status_report.memory_mb(0) is None
    assert (status_report.memory_mb(os.getpid()) or 0) > 10


def test_up_means_every_process() -> None:
    both = (ProcessState("a", "up"), ProcessState("b", "starting"))
    assert status_report.is_up(ProcessesSnapshot(1, NOW, both[:1]))
    assert not status_report.is_up(ProcessesSnapshot(1, NOW, both))
    assert not status_report.is_up(None)


def test_table_tells_what_stands_and_what_is_waited_for() -> None:
    out = io.StringIO()
    words = "city.rule-inputs[2] stands at 5 of 9 for 30 s, waits for the broker"
    ruler = ProcessState("ruler", "stalled", detail=words)
    Console(file=out, width=100).print(
        status_report.processes(ProcessesSnapshot(1, NOW, (ruler,)), NOW)
    )
    assert out.getvalue().splitlines()[2].rstrip() == f"ruler: {words}"


def test_slow_works_and_stalled_does_not() -> None:
    slow, stalled = (
        ProcessesSnapshot(1, NOW, (ProcessState("a", s),)) for s in ("slow", "stalled")
    )
    assert (status_report.is_up(slow), status_report.is_stalled(slow)) == (True, False)
    assert (status_report.is_up(stalled), status_report.is_stalled(stalled)) == (False, True)


def test_supervisor_that_looks_no_more_is_told() -> None:
    snapshot = ProcessesSnapshot(1, NOW, ())
    assert status_report.unattended_s(snapshot, NOW + timedelta(seconds=30)) == 0
    assert status_report.unattended_s(snapshot, NOW + timedelta(seconds=90)) == 90
