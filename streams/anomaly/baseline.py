"""What is usual in a slot of time: by default an hour of the week, or what the caller names.

Each visit to a slot (Monday 08:00 of one week) leaves three of its values behind: those at one
sixth, half and five sixths of its order. A slot keeps its last visits; what is usual is the
median of what they left, the spread their median absolute deviation. A visit counts only when it
is over, so what is judged never judges itself. As long as a slot of the week has too few visits,
those of the same hour on all days stand in for it (not for a slot that the caller names).
"""

from __future__ import annotations

from array import array
from dataclasses import astuple, dataclass
from typing import Any

from streams.anomaly.novelty import GAUSSIAN, TINY
from streams.anomaly.recent import RELATIVE_FLOOR, middle
from streams.anomaly.typical import Typical

HOUR_MS = 3_600_000
DAY_H = 24
WEEK_H = 168
EPOCH_H = 72
"""1 January 1970 was a Thursday: hours from the Monday before."""
LEFT = (1 / 6, 1 / 2, 5 / 6)
FEW_VISITS = 3
MOST_VALUES = 128
"""Values held of a visit; beyond, every second is dropped, and then only every second taken."""


@dataclass(frozen=True)
class Usual:
    """What is usual: the middle and the robust standard deviation, and of what.

    Attributes:
        expected: the median.
        spread: the median absolute deviation as a standard deviation, never 0.
        visits: how many visits of the slot that rests on.
        basis: `slot` (this hour of the week, or the caller's slot), `hour` (this hour of all
            days) or `recent` (the values before).
    """

    expected: float
    spread: float
    basis: str
    visits: int = 0


def hour_of_week(at_ms: int, offset_ms: int = 0) -> int:
    """Return the hour since Monday 00:00, 0-167, in a zone `offset_ms` ahead of UTC."""
    return ((at_ms + offset_ms) // HOUR_MS + EPOCH_H) % WEEK_H


class Baseline:
    """The slots of one series."""

    def __init__(self, visits: int) -> None:
        """Keep `visits` visits of each slot."""
        self._most = visits * len(LEFT)
        self._slots: dict[int | str, array[float]] = {}
        self._present: int | str | None = None
        self._entered_ms = 0
        self._values: list[float] = []
        self._stride, self._skipped = 1, 0
        self._usual: Usual | None = None

    def enter(self, at_ms: int, slot: int | str) -> Usual | None:
        """Go to `slot` at `at_ms`, ending the visit before; return what is usual there."""
        if slot != self._present or at_ms - self._entered_ms >= DAY_H * HOUR_MS:
            self._leave()
            self._present, self._entered_ms = slot, at_ms
            self._usual = self._find(slot)
        return self._usual

    def append(self, value: float) -> None:
        """Take in one value of the present visit."""
        self._skipped += 1
        if self._skipped < self._stride:
            return
        self._skipped = 0
        self._values.append(value)
        if len(self._values) > MOST_VALUES:
            del self._values[1::2]
            self._stride *= 2

    def _leave(self) -> None:
        if self._present is None or not self._values:
            return
        ordered = sorted(self._values)
        held = self._slots.setdefault(self._present, array("d"))
        held.extend(ordered[int(len(ordered) * share)] for share in LEFT)
        del held[: max(0, len(held) - self._most)]
        self._values, self._stride, self._skipped = [], 1, 0

    def _find(self, slot: int | str) -> Usual | None:
        held = self._slots.get(slot, array("d"))
        if len(held) >= FEW_VISITS * len(LEFT):
            return usual(sorted(held), "slot", len(held) // len(LEFT))
        if isinstance(slot, str):
            return None
        same_hour = (self._slots.get(hour, ()) for hour in range(slot % DAY_H, WEEK_H, DAY_H))
        pooled = sorted(value for values in same_hour for value in values)
        return usual(pooled, "hour") if len(pooled) >= FEW_VISITS * len(LEFT) else None

    def state(self) -> dict[str, Any]:
        """Return the slots and the present visit, for `restore`."""
        return {
            "slots": [[slot, values.tolist()] for slot, values in self._slots.items()],
            "present": self._present,
            "entered_ms": self._entered_ms,
            "values": list(self._values),
            "stride": [self._stride, self._skipped],
            "usual": None if self._usual is None else [*astuple(self._usual)],
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Go on where `state` was taken."""
        self._slots = {slot: array("d", values) for slot, values in state["slots"]}
        self._present, self._entered_ms = state["present"], state["entered_ms"]
        self._values = list(state["values"])
        self._stride, self._skipped = state["stride"]
        self._usual = Usual(*state["usual"]) if state["usual"] else None


def usual(ordered: list[float], basis: str, visits: int = 0) -> Usual:
    """Return median and robust standard deviation of a sorted list that is not empty."""
    median = middle(ordered)
    deviation = middle(sorted(abs(value - median) for value in ordered))
    floor = RELATIVE_FLOOR * abs(median) + TINY
    return Usual(median, GAUSSIAN * deviation + floor, basis, visits)


class Season:
    """How far a value is from what is usual in its slot, in deviations.

    A slot has few visits, so its spread is uncertain; it is joined with the typical distance of
    all slots.
    """

    def __init__(self, typical: float | None = None) -> None:
        """Start with a typical distance that was learnt before, or with none."""
        self.typical = Typical(typical)

    def update(self, value: float, usual: Usual | None) -> float | None:
        """Return how far `value` is off; None as long as its slot was hardly ever visited."""
        if usual is None or usual.basis != "slot":
            return None
        return self.typical.measure(abs(value - usual.expected), usual.spread)
