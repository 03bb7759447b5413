"""Watch processes from outside: CPU seconds and resident memory, over time."""

from __future__ import annotations

import contextlib
import os
import threading
import time
from bisect import bisect_left
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any

import psutil

MIB = 1024 * 1024


@dataclass
class Track:
    """Samples of one process (children included), in order of time."""

    at: list[float] = field(default_factory=list)
    cpu_s: list[float] = field(default_factory=list)
    rss_mb: list[float] = field(default_factory=list)

    def cpu_between(self, begin: float, end: float) -> float:
        """Return the CPU seconds used between two instants, by interpolation."""
        return self._cpu_at(end) - self._cpu_at(begin)

    def peak_mb(self) -> float:
        """Return the greatest resident memory seen."""
        return max(self.rss_mb, default=0.0)

    def every(self, step_s: float) -> list[float]:
        """Return the resident memory at each `step_s` from the first sample on."""
        if not self.at:
            return []
        count = int((self.at[-1] - self.at[0]) / step_s) + 1
        spots = (bisect_left(self.at, self.at[0] + step * step_s) for step in range(count))
        return [round(self.rss_mb[min(spot, len(self.at) - 1)], 1) for spot in spots]

    def _cpu_at(self, instant: float) -> float:
        if not self.at:
            return 0.0
        spot = bisect_left(self.at, instant)
        if spot == 0:
            return self.cpu_s[0]
        if spot == len(self.at):
            return self.cpu_s[-1]
        share = (instant - self.at[spot - 1]) / (self.at[spot] - self.at[spot - 1])
        return self.cpu_s[spot - 1] + share * (self.cpu_s[spot] - self.cpu_s[spot - 1])


class Sampler:
    """A thread that samples processes by name until it is left."""

    def __init__(self, pids: dict[str, int], step_s: float = 0.5) -> None:
        """Watch the processes `pids` (name → process id)."""
        self.tracks = {name: Track() for name in pids}
        self._processes = {name: psutil.Process(pid) for name, pid in pids.items()}
        self._step_s = step_s
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Sampler:
        """Begin."""
        self._sample()
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End, with one last sample."""
        self._stop.set()
        self._thread.join()
        self._sample()

    def summary(self, begin: float, end: float, events: int) -> dict[str, Any]:
        """Return for each process its cost of the `events` between two instants, and its memory."""
        return {
            name: {
                "cpu_s": round(track.cpu_between(begin, end), 2),
                "core_seconds_per_million": round(
                    track.cpu_between(begin, end) / max(events, 1) * 1e6, 2
                ),
                "peak_mb": round(track.peak_mb(), 1),
                "rss_mb_every_15_s": track.every(15),
            }
            for name, track in self.tracks.items()
        }

    def _run(self) -> None:
        while not self._stop.wait(self._step_s):
            self._sample()

    def _sample(self) -> None:
        for name, process in self._processes.items():
            with contextlib.suppress(psutil.Error):
                cpu_s, rss_mb = _family(process)
                track = self.tracks[name]
                track.at.append(time.time())
                track.cpu_s.append(cpu_s)
                track.rss_mb.append(rss_mb)


def _family(process: psutil.Process) -> tuple[float, float]:
    """Return what `process` uses, with its children unless it is ourselves."""
    cpu_s = rss_mb = 0.0
    children = [] if process.pid == os.getpid() else process.children(recursive=True)
    for member in [process, *children]:
        with contextlib.suppress(psutil.NoSuchProcess), member.oneshot():
            times = member.cpu_times()
            cpu_s += times.user + times.system
            rss_mb += member.memory_info().rss / MIB
    return cpu_s, rss_mb
