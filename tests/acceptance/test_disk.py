"""A disk that fills up: the door says 429 in time, and takes events again when there is room."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.harness import free_ports, healthy
from benchmarks.load import Load, Pushers
from tests.acceptance.center import Center, start_child, stop
from tests.acceptance.test_faults import assert_exactly_once
from tests.waiting import eventually

pytestmark = pytest.mark.acceptance
MIB = 1024 * 1024
ROOM_MB, BALLAST_MB = 16, 32
CONNECTIONS = 2
SMALL_DISK = Path("/dev/shm")  # noqa: S108  # a disk of its own, which nobody else fills


@pytest.fixture
def small_disk() -> Iterator[Path]:
    """Return a folder on a disk that a test can fill."""
    if not SMALL_DISK.is_dir() or shutil.disk_usage(SMALL_DISK).free < 60 * MIB:
        pytest.skip("this machine has no /dev/shm of 60 MiB to fill")
    with tempfile.TemporaryDirectory(dir=SMALL_DISK) as folder:
        yield Path(folder)


@contextlib.contextmanager
def filled(folder: Path, megabytes: int) -> Iterator[None]:
    """Take up room while the block runs."""
    ballast = folder / "ballast"
    with ballast.open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, megabytes * MIB)
    try:
        yield
    finally:
        ballast.unlink()


def refused_in_a_row(pushers: Pushers) -> None:
    """Wait until both connections were told to wait, more than once: nothing is on its way then."""
    told = pushers.pushed.told_to_wait
    eventually(lambda: pushers.pushed.told_to_wait > told + 2 * CONNECTIONS, 120)


def test_disk_when_full_then_the_door_says_429_and_goes_on_when_there_is_room(
    city_center: Center, small_disk: Path
) -> None:
    free_mb = shutil.disk_usage(small_disk).free // MIB
    settings = replace(
        city_center.settings,
        data=small_disk,
        keys_file=city_center.settings.keys_path.absolute(),
        gateway_port=free_ports(1)[0],
        min_free_mb=free_mb - ROOM_MB,
    )
    door = start_child("gateway", settings)
    load = Load(1_000, 50, CONNECTIONS, first_serial=city_center.serial)
    city_center.serial += 1_000_000
    pushers = Pushers(settings, city_center.keys, load)
    pushers.start()  # nobody answers yet: the bodies are sent until somebody does
    try:
        eventually(lambda: healthy(settings.gateway_port), 120)
        eventually(lambda: pushers.pushed.accepted() > 1_000, 120)
        with filled(small_disk, BALLAST_MB):
            refused_in_a_row(pushers)
            before = pushers.pushed.accepted()
            refused_in_a_row(pushers)
            assert pushers.pushed.accepted() == before
        eventually(lambda: pushers.pushed.accepted() > before + 1_000, 120)
    finally:
        pushers.stop()
        stop(door)
        city_center.accepted += pushers.pushed.accepted()
    assert pushers.pushed.refused == []
    assert_exactly_once(city_center)
