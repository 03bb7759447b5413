"""The cases that their owner holds: all open ones, and those that were closed of late."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime

from citybrain.cases.opening import case_number, serial_of
from citybrain.cases.records import Case
from streams.owned.held_records import HeldRecords


class HeldCases(HeldRecords[Case]):
    """Open cases, and those that were closed within a day; older ones are in the store.

    Attributes:
        prefix: how numbers begin.
    """

    def __init__(self, prefix: str, next_due: Callable[[Case], datetime | None]) -> None:
        """Hold none yet; `next_due` says when time alone changes something about a case."""
        super().__init__(lambda case: case.open, next_due, {})
        self.prefix = prefix
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
        """Return whether nothing happened to its clocks, and nothing was told of them."""
        return before.clock == record.clock and before.told == record.told

    def index(self, before: Case | None, record: Case) -> None:
        """Take note of the number of a new case; one that is taken back leaves a gap."""
        if before is not None:
            return
        for day, serial in self._serials.items():
            self._serials[day] = max(serial, serial_of(record.number, self.prefix, day))
