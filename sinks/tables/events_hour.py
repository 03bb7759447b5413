"""Events summed up by UTC hour; fed on insert into `events_minute`."""

from __future__ import annotations

from sinks.rollup import coarser, rollup_table

_HOUR = "toDateTime(toStartOfHour({t}), 'UTC')"

TABLE = rollup_table(
    3, "events_hour", coarser("events_minute", _HOUR, 3600), partition="toYYYYMM(at)"
)
