"""What the log says of records that cannot be read."""

from __future__ import annotations

from structlog.testing import capture_logs

from streams.runtime.envelope_reader import SkippedRecords


def test_skipped_records_when_many_records_are_unreadable_then_a_line_a_minute_counts_them():
    skipped = SkippedRecords("city.events")

    with capture_logs() as lines:
        for second in (0, 1, 59, 60, 61):
            skipped.note(f"city.events[0]@{second}", "not an envelope", float(second))

    assert lines == [
        {
            "event": "unreadable_records_skipped",
            "log_level": "warning",
            "topic": "city.events",
            "skipped": skipped,
            "last": f"city.events[0]@{last}",
            "problem": "not an envelope",
        }
        for skipped, last in [(1, 0), (3, 60)]
    ]
