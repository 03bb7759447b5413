"""The cases that their owner holds: all open ones, and those that were closed of late."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime

from citybrain.cases.opening import case_number, serial_of
from citybrain.cases.records import Case
from citybrain.cases.signals import verdict_at
from streams.owned.held_records import HeldRecords


class HeldCases(HeldRecords[Case]):
    """Open cases, and those that were closed within a day; older ones are in the store.

    Attributes:
        prefix: how numbers begin.
        signals: id of a signal → id of the case that began last with it.
    """

    def __init__(self, prefix: str, next_due: Callable[[Case], datetime | None]) -> None:
        """Hold none yet; `next_due` says when time alone changes something about a case."""
        super().__init__(lambda case: case.open, next_due, {})
        self.prefix = prefix
        self.signals: dict[str, str] = {}
        self._serials: dict[date, int] = {}

    def next_number(self, day: date) -> str:
        """Return what the next new case of a day of the city is called."""
        serial = self._serials.get(day)
        if serial is None:  # all of today's cases are here: closed ones stay for a day
            numbers = (serial_of(one.number, self.prefix, day) for one in self.known.values())
            serial = max(numbers, default=0)
            self._serials = {day: serial}
        return case_number(self.prefix, day, serial + 1)

    def same_due(self, before: Case, record: Case) -> bool:
        """Return whether nothing happened to its clocks and its signal, and nothing was told."""
        watched = (before.signal, before.claimed_at) == (record.signal, record.claimed_at)
        return watched and before.clock == record.clock and before.told == record.told

    def index(self, before: Case | None, record: Case) -> None:
        """Take note of the number and the signal of a new case; one taken back leaves a gap."""
        if before is not None:
            return
        if record.signal is not None:
            self.signals[record.signal.id] = record.id
        for day, serial in self._serials.items():
            self._serials[day] = max(serial, serial_of(record.number, self.prefix, day))

    def unindex(self, record: Case) -> None:
        """Look a case up by its signal no more."""
        if record.signal is not None and self.signals.get(record.signal.id) == record.id:
            del self.signals[record.signal.id]

    def awaits(self, record: Case) -> bool:
        """Return whether time may change a case: also one that is closed, and still watched."""
        return record.open or verdict_at(record) is not None
