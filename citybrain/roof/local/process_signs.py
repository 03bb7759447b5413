"""See from outside how a process does: its heartbeat's file, /proc, and where the logs end."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable
from pathlib import Path

import msgspec
from kafka import KafkaConsumer, TopicPartition
from kafka.errors import KafkaError

from citybrain.floor import bus
from citybrain.floor.clock import monotonic
from citybrain.floor.errors import BusError
from citybrain.floor.heartbeat import PartProgress
from citybrain.floor.settings import Settings

ANSWER_MS = 3_000
_TICKS = os.sysconf("SC_CLK_TCK")
_NANO = 1e-9
_TASKS = Path("/proc/self/task")
_THROTTLED = -1
"""Stands for the time in which the whole container was held back, among threads."""
LogPlace = tuple[str, int]


class LogEnds:
    """Asks the broker where logs end; keeps its connection. Blocks; of one thread at a time."""

    def __init__(self, settings: Settings) -> None:
        """Ask the broker of `settings`, once it is asked."""
        self._settings = settings
        self._reader: KafkaConsumer | None = None

    def ask(self, places: Iterable[LogPlace]) -> dict[LogPlace, int] | None:
        """Return where logs end; None: the broker does not answer."""
        spots = [TopicPartition(*place) for place in sorted(places)]
        try:
            if self._reader is None:
                self._reader = bus.consumer(self._settings, bootstrap_timeout_ms=ANSWER_MS)
            there = self._reader.topics()  # one that is not there would be waited for
            return self._found(self._reader, [spot for spot in spots if spot.topic in there])
        except (BusError, KafkaError, OSError):
            self.close()
            return None

    def _found(self, reader: KafkaConsumer, spots: list[TopicPartition]) -> dict[LogPlace, int]:
        """Return the ends of those that the broker knows; another costs only itself."""
        try:
            ends = reader.end_offsets(spots, timeout_ms=ANSWER_MS) if spots else {}
        except KeyError:  # what the client raises for a topic that is not there (yet)
            if len(spots) == 1:
                return {}
            return {
                place: end for spot in spots for place, end in self._found(reader, [spot]).items()
            }
        return {(spot.topic, spot.partition): int(end) for spot, end in ends.items()}

    def close(self) -> None:
        """Let go of the connection."""
        if self._reader is not None:
            with contextlib.suppress(KafkaError, OSError):
                self._reader.close()
            self._reader = None


def filled(
    parts: dict[str, PartProgress], ends: dict[LogPlace, int] | None
) -> dict[str, PartProgress]:
    """Return `parts` with the ends of their logs, as far as the broker told."""
    return {
        name: msgspec.structs.replace(part, end=(ends or {}).get((part.topic, part.partition)))
        if part.topic
        else part
        for name, part in parts.items()
    }


def cpu_s(pid: int) -> float:
    """Return the processor time that a process used, all threads; 0 where nobody tells."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
        used = text.rpartition(")")[2].split()[11:13]
    except (OSError, IndexError):
        return 0.0
    return sum(map(int, used)) / _TICKS


def in_line_s(pid: int) -> dict[int, float]:
    """Return for how long each thread could have run but got no processor.

    Where the kernel does not count that (not Linux), the machine's load stands for it.
    """
    found: dict[int, float] = {}
    tasks = Path(f"/proc/{pid}/task")
    with contextlib.suppress(OSError):  # it ended meanwhile
        for thread in os.listdir(tasks):
            with contextlib.suppress(OSError, ValueError, IndexError):  # a thread did
                text = (tasks / thread / "schedstat").read_text()
                found[int(thread)] = int(text.split()[1]) * _NANO
    if not found and not _TASKS.exists():
        return {0: monotonic() * _share_in_line()}
    return found | {_THROTTLED: _throttled_s()} if found else {}


def longest_in_line_s(pids: Iterable[int]) -> dict[int, float]:
    """Return, of the threads of several processes, the times of each."""
    return {thread: at for pid in pids if pid for thread, at in in_line_s(pid).items()}


def load_per_core() -> float:
    """Return how many want to run for each processor."""
    try:
        return os.getloadavg()[0] / (os.cpu_count() or 1)
    except OSError:
        return 0.0


def _share_in_line() -> float:
    load = load_per_core()
    return 1.0 - 1.0 / load if load > 1.0 else 0.0


def _throttled_s() -> float:
    try:
        lines = Path("/sys/fs/cgroup/cpu.stat").read_text().splitlines()
    except OSError:
        return 0.0
    told = dict(line.split(" ", 1) for line in lines if " " in line)
    return int(told.get("throttled_usec", 0)) * 1e-6
