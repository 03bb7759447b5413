"""How large a claim may be, so that whatever is done about it ends soon. Pure.

A claim is bounded in rows, bytes and weeks: each week is a partition of several tables, and so some
parts of each insert. Rows of about now, which people wait for, never share a claim with history,
which takes long: history is stored beside the flow (`sinks.side_lane`).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from datetime import datetime

import numpy as np
import pyarrow as pa

from sinks.record_batch import RecordBatch, TopicRecord

MOST_ROWS = 130_000
MOST_BYTES = 64 * 1024 * 1024
MOST_WEEKS = 64
"""Weeks of one insert: about 250 parts, some 2 s on two cores (`benchmarks/backfill`)."""
WEEKS_BACK, WEEKS_AHEAD = 4, 1
"""Rows of so many weeks around the present go straight into the store."""
_MS = 1000
_WEEK_S = 7 * 86_400
_MONDAY_S = 3 * 86_400  # 1970-01-01 was a Thursday


def week_of(at: datetime) -> int:
    """Return the number of the week (Monday to Sunday, UTC) that `at` (aware) lies in."""
    return (int(at.timestamp()) + _MONDAY_S) // _WEEK_S


def weeks_of(times: pa.ChunkedArray) -> frozenset[int]:
    """Return the numbers of the weeks of `times` (instants in ms UTC)."""
    return frozenset(np.unique(week_numbers(times.drop_null())).tolist())


def week_numbers(times: pa.ChunkedArray) -> np.ndarray:
    """Return the number of the week of each of `times` (instants in ms UTC)."""
    instants = times.cast(pa.timestamp("ms", "UTC"), safe=False).cast(pa.int64()).to_numpy()
    weeks: np.ndarray = (instants // _MS + _MONDAY_S) // _WEEK_S
    return weeks


def cut(batch: RecordBatch, this_week: int) -> Iterator[tuple[RecordBatch, bool]]:
    """Yield `batch` in pieces that may be claimed, and whether each is to be stored beside.

    Of each partition in order, every record once. A record that is too large by itself is a piece.
    """
    queues: dict[int, deque[TopicRecord]] = {}
    for record in batch.records:
        queues.setdefault(record.partition, deque()).append(record)
    while any(queues.values()):
        for beside in (False, True):
            if taken := _take(queues, this_week, beside=beside):
                yield RecordBatch(taken), beside


def weeks_apart(weeks: frozenset[int]) -> list[frozenset[int]]:
    """Return `weeks` in groups of at most `MOST_WEEKS` that follow each other."""
    ordered = sorted(weeks)
    return [frozenset(ordered[at : at + MOST_WEEKS]) for at in range(0, len(ordered), MOST_WEEKS)]


def is_history(record: TopicRecord, this_week: int) -> bool:
    """Whether some row of `record` lies far from the present."""
    first, last = this_week - WEEKS_BACK, this_week + WEEKS_AHEAD
    return any(not first <= week <= last for week in record.weeks)


def _take(
    queues: dict[int, deque[TopicRecord]], this_week: int, *, beside: bool
) -> list[TopicRecord]:
    taken: list[TopicRecord] = []
    rows = size = 0
    weeks: frozenset[int] = frozenset()
    for queue in queues.values():
        while queue and is_history(queue[0], this_week) == beside:
            record = queue[0]
            too_large = (
                rows + record.rows > MOST_ROWS
                or size + record.size > MOST_BYTES
                or len(weeks | record.weeks) > MOST_WEEKS
            )
            if taken and too_large:
                break
            taken.append(queue.popleft())
            rows, size, weeks = rows + record.rows, size + record.size, weeks | record.weeks
    return taken
