"""Events summed up by UTC minute; fed on insert into `events`."""

from __future__ import annotations

from sinks.rollup import OF_EVENTS, rollup_table

TABLE = rollup_table(2, "events_minute", OF_EVENTS, partition="toMonday(at)")
