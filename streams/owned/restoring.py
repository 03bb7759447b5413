"""Bring a state up to date from Kafka: the newest whole snapshot, then what stands behind it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import Generic, TypeVar

import structlog

from citybrain.floor.errors import BusError
from citybrain.floor.snapshot_parts import Whole, last_whole
from citybrain.floor.topics import Topic

log = structlog.get_logger(__name__)

CHUNK = 500
PAUSE_S = 1.0
S = TypeVar("S")
Read = Callable[[Topic, int, int, int], Iterable[tuple[int, bytes]]]
"""(topic, partition, first, last) → (offset, value) of its records; blocks."""
End = Callable[[Topic, int], int]
"""(topic, partition) → offset that its next record will get; blocks."""


@dataclass(frozen=True)
class Restoring(Generic[S]):
    """How states of one kind come back; blocks, so run it in a thread.

    Attributes:
        snapshots: the topic of their snapshots.
        log: the topic that they are a function of.
        read, end: how topics are read.
        new: partition → a state that knows nothing.
        restore: takes a snapshot (offset, bytes) over; may raise where it cannot read it.
        follow: takes (offset, value) records of the log in, those behind the snapshot.
        position: state → the last offset of the log that is in it; -1: none.
        single: reads a snapshot of one record, as an earlier version wrote it.
    """

    snapshots: Topic
    log: Topic
    read: Read
    end: End
    new: Callable[[int], S]
    restore: Callable[[S, int, bytes], None]
    follow: Callable[[S, Sequence[tuple[int, bytes]]], None]
    position: Callable[[S], int]
    single: Callable[[bytes], Whole | None] = lambda _value: None

    def load(self, partition: int) -> S:
        """Return the state of `partition` as of the end of its log; waits for Kafka."""
        told = False
        while True:
            try:
                return self._load(partition)
            except BusError as error:
                if not told:
                    place = {"topic": self.log.name, "partition": partition}
                    log.warning("state_not_loaded", **place, problem=str(error))
                told = True
                time.sleep(PAUSE_S)

    def _load(self, partition: int) -> S:
        state = self._restored(partition)
        restored = self.position(state)
        end = self.end(self.log, partition)
        records = iter(self.read(self.log, partition, restored + 1, end - 1))
        while chunk := list(islice(records, CHUNK)):
            self._follow(partition, state, chunk)
        place = {"topic": self.log.name, "partition": partition}
        log.info("state_loaded", **place, snapshot=restored, offset=self.position(state))
        return state

    def _restored(self, partition: int) -> S:
        """Return the state as of its newest whole snapshot; an empty one where there is none."""
        state = self.new(partition)
        found = last_whole(partial(self._last, partition), self.single)
        if found is None:
            return state
        try:
            self.restore(state, *found)
        except Exception as error:  # whatever is wrong with it, the log itself is there
            place = {"topic": self.snapshots.name, "partition": partition}
            log.error("snapshot_unreadable", **place, at=found[0], problem=repr(error))
            return self.new(partition)
        return state

    def _follow(self, partition: int, state: S, chunk: Sequence[tuple[int, bytes]]) -> None:
        """Take records in; what raises there must not stop a start, now and each time again."""
        try:
            self.follow(state, chunk)
        except BusError:
            raise
        except Exception:
            place = {"topic": self.log.name, "partition": partition}
            log.exception("records_not_taken", **place, first=chunk[0][0], last=chunk[-1][0])

    def _last(self, partition: int, count: int) -> list[bytes]:
        end = self.end(self.snapshots, partition)
        records = self.read(self.snapshots, partition, max(end - count, 0), end - 1)
        return [value for _, value in records]
