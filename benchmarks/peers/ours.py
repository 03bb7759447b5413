"""Ours: the stream process (and, for plain JSON, the gateway before it), followed from outside."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from kafka import TopicPartition

from benchmarks import harness
from benchmarks.measure import Sampler, Track
from citybrain.floor import bus
from citybrain.floor.results import decode_table
from citybrain.floor.settings import Settings
from citybrain.floor.topics import PARTIALS, WINDOWS

WINDOW_S = 60


@dataclass
class Run:
    """What was seen of one run."""

    counts: dict[str, int] = field(default_factory=dict)
    began: float = 0.0
    ended: float = 0.0
    track: list[Track] = field(default_factory=list)

    def cpu_s(self) -> float:
        """Return the CPU seconds of all its processes from the first event to the last count."""
        return sum(track.cpu_between(self.began, self.ended) for track in self.track)

    def peak_mb(self) -> float:
        """Return the greatest resident memory, of all its processes together."""
        return sum(track.peak_mb() for track in self.track)


def run(settings: Settings, commands: list[str], expected: int, cap_s: float) -> Run:
    """Run `commands` until `city.windows` counts `expected` events, or `cap_s` have passed."""
    found = Run()
    processes = {name: harness.start(settings, name) for name in commands}
    try:
        with Sampler({name: item.pid for name, item in processes.items()}, 0.1) as sampler:
            _follow(settings, found, expected, cap_s)
        found.track = list(sampler.tracks.values())
    finally:
        for process in processes.values():
            harness.stop(process)
    return found


def _follow(settings: Settings, found: Run, expected: int, cap_s: float) -> None:
    reader = bus.consumer(settings, max_partition_fetch_bytes=bus.MAX_RECORD)
    spots = [
        TopicPartition(topic.name, partition)
        for topic in (PARTIALS, WINDOWS)
        for partition in range(settings.partitions)
    ]
    reader.assign(spots)
    reader.seek_to_beginning(*spots)
    newest: dict[tuple[str, str, str, int], tuple[int, int]] = {}
    limit = time.monotonic() + cap_s
    while time.monotonic() < limit:
        for spot, records in reader.poll(timeout_ms=100).items():
            for record in records:
                if spot.topic == PARTIALS.name:
                    found.began = min(
                        found.began or record.timestamp / 1000, record.timestamp / 1000
                    )
                else:
                    _take(record.value, newest)
                    found.ended = max(found.ended, record.timestamp / 1000)
        if sum(events for _, events in newest.values()) >= expected:
            break
    reader.close()
    for (department, kind, _area, start), (_, events) in newest.items():
        key = f"{department}:{kind}@{start}"
        found.counts[key] = found.counts.get(key, 0) + events


def _take(value: bytes, newest: dict[tuple[str, str, str, int], tuple[int, int]]) -> None:
    table = decode_table(value)
    names = ("size_s", "department", "kind", "area", "starts_at", "revision", "events")
    for size_s, department, kind, area, start, revision, events in zip(
        *(table[name].to_pylist() for name in names), strict=True
    ):
        key = (department, kind, area, round(start.timestamp() * 1000))
        if size_s == WINDOW_S and revision >= newest.get(key, (0, 0))[0]:
            newest[key] = (revision, events)
