"""How many rows and bytes wait between the doors and the store; a record may hold 1 row or 10,000.

Each gateway remembers the size of what it put on Kafka until the sink has committed past it. What
it did not put there (another gateway's records, or its own before a restart) counts as the mean of
those that it knows, and where it knows none as `UNKNOWN`.
"""

from __future__ import annotations

import threading
from collections import defaultdict, deque
from collections.abc import Mapping
from typing import NamedTuple

MEAN_OF = 1_000
"""Of so many of its newest records the mean is taken."""


class RecordSize(NamedTuple):
    """Rows and bytes of one record, or of many."""

    rows: int
    size: int


UNKNOWN = RecordSize(1_000, 128 * 1024)


class _Sent:
    """The records of one partition that wait, in order, and what they are together."""

    def __init__(self) -> None:
        self.records: deque[tuple[int, RecordSize]] = deque()
        self.total = RecordSize(0, 0)

    def add(self, offset: int, size: RecordSize) -> None:
        self.records.append((offset, size))
        self.total = RecordSize(self.total.rows + size.rows, self.total.size + size.size)

    def drop_before(self, offset: int) -> None:
        while self.records and self.records[0][0] < offset:
            _, size = self.records.popleft()
            self.total = RecordSize(self.total.rows - size.rows, self.total.size - size.size)


class WaitingRows:
    """The sizes of one gateway's records on `city.events`; used by several threads."""

    def __init__(self) -> None:
        """Know of none."""
        self._lock = threading.Lock()
        self._sent: defaultdict[int, _Sent] = defaultdict(_Sent)
        self._newest: deque[RecordSize] = deque(maxlen=MEAN_OF)

    def note(self, partition: int, offset: int, size: RecordSize) -> None:
        """Take note that Kafka has a record of ours."""
        with self._lock:
            self._sent[partition].add(offset, size)
            self._newest.append(size)

    def count(self, done: Mapping[int, int], ends: Mapping[int, int]) -> RecordSize:
        """Return what waits, by partition from the offset `done` to the `ends` of the log."""
        with self._lock:
            mean = self._mean()
            rows = size = 0
            for partition, end in ends.items():
                sent, first = self._sent[partition], done.get(partition, end)
                sent.drop_before(first)
                others = max(0, end - first - len(sent.records))
                rows += others * mean.rows + sent.total.rows
                size += others * mean.size + sent.total.size
        return RecordSize(rows, size)

    def _mean(self) -> RecordSize:
        if not self._newest:
            return UNKNOWN
        count = len(self._newest)
        rows = sum(one.rows for one in self._newest)
        return RecordSize(-(-rows // count), sum(one.size for one in self._newest) // count)
