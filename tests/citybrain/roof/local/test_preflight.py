"""Each reason not to start is one line that says what to do."""

from __future__ import annotations

import os
import socket
from datetime import UTC, datetime
from pathlib import Path

import pytest

from citybrain.floor.errors import LaunchError
from citybrain.roof.local import preflight
from citybrain.roof.local.process_plan import Listening, Planned
from tests.conftest import free_ports


def test_taken_port_is_told_with_process_taker_and_setting() -> None:
    with socket.socket() as taker:
        taker.bind(("127.0.0.1", 0))
        taker.listen()
        port = taker.getsockname()[1]
        spot = Listening("127.0.0.1", port, "CITYBRAIN_GATEWAY_PORT")
        with pytest.raises(LaunchError) as caught:
            preflight.check_ports([Planned("gateway", listening=(spot,))])
    by = f"by {Path('/proc/self/comm').read_text().strip()} (pid {os.getpid()})"
    assert str(caught.value) == (
        f"gateway: port {port} of 127.0.0.1 is taken {by}; "
        "stop that program, or set CITYBRAIN_GATEWAY_PORT"
    )


def test_port_of_two_processes_is_told_before_one_of_them_fails() -> None:
    first, second = free_ports(2)
    kafka = [Listening("127.0.0.1", port, "CITYBRAIN_KAFKA") for port in (first, second)]
    store = Listening("127.0.0.1", second, "CITYBRAIN_STORE_URL")
    with pytest.raises(LaunchError) as caught:
        preflight.check_ports(
            [Planned("kafka", listening=tuple(kafka)), Planned("store", listening=(store,))]
        )
    assert str(caught.value) == (
        f"store: port {second} is that of kafka too; "
        "set CITYBRAIN_STORE_URL to another (kafka takes two in a row)"
    )


def test_free_ports_are_fine() -> None:
    (port,) = free_ports(1)
    spot = Listening("127.0.0.1", port, "CITYBRAIN_GATEWAY_PORT")
    preflight.check_ports([Planned("gateway", listening=(spot,))])


def test_full_disk_is_told_with_both_numbers(tmp_path: Path) -> None:
    with pytest.raises(LaunchError) as caught:
        preflight.check_disk(tmp_path, 1536, free_mb=300)
    assert str(caught.value) == (
        f"{tmp_path}: 300 MB free on its disk, 1536 MB are needed; "
        "free some, or set CITYBRAIN_DATA to a folder elsewhere"
    )


def test_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.touch()
    with pytest.raises(LaunchError) as caught:
        preflight.check_folder(blocked / "data")
    assert str(caught.value) == (
        f"{blocked}/data: cannot be written: Not a directory; "
        "give yourself access, or set CITYBRAIN_DATA"
    )


def test_folder_is_made_when_it_is_missing(tmp_path: Path) -> None:
    preflight.check_folder(tmp_path / "a" / "b")
    assert list((tmp_path / "a" / "b").iterdir()) == []


@pytest.mark.parametrize(
    ("now", "last", "what"),
    [
        (datetime(1970, 1, 1, tzinfo=UTC), None, "this software is newer"),
        (
            datetime(2026, 3, 1, 8, tzinfo=UTC),
            datetime(2026, 3, 1, 9, tzinfo=UTC),
            "the system last ran at 2026-03-01 09:00 UTC",
        ),
    ],
    ids=["battery", "went_back"],
)
def test_wrong_clock_is_told(now: datetime, last: datetime | None, what: str) -> None:
    with pytest.raises(LaunchError) as caught:
        preflight.check_clock(now, last)
    assert str(caught.value) == (
        f"clock: this machine says that it is {now:%Y-%m-%d %H:%M} UTC, but {what}; "
        "set the clock (timedatectl set-ntp true)"
    )


def test_clock_that_went_back_a_little_is_fine() -> None:
    now = datetime(2026, 3, 1, 8, 58, tzinfo=UTC)
    preflight.check_clock(now, datetime(2026, 3, 1, 9, tzinfo=UTC))
