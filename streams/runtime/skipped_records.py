"""Say once a minute, not once a record, that records cannot be read."""

from __future__ import annotations

import structlog

log = structlog.get_logger(__name__)

EVERY_S = 60.0


class SkippedRecords:
    """Counts unreadable records of one topic between two lines of the log."""

    def __init__(self, topic: str) -> None:
        """Start without any."""
        self._topic = topic
        self._skipped = 0
        self._told_s: float | None = None

    def note(self, place: str, problem: str, now_s: float) -> bool:
        """Note one record that was skipped; return whether a line was logged."""
        self._skipped += 1
        if self._told_s is not None and now_s - self._told_s < EVERY_S:
            return False
        log.warning(
            "unreadable_records_skipped",
            topic=self._topic,
            skipped=self._skipped,
            last=place,
            problem=problem,
        )
        self._skipped, self._told_s = 0, now_s
        return True
