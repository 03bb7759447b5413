"""Events summed up by UTC minute; fed on insert into `events`."""

from __future__ import annotations

from sinks.rollup import BEFORE_VERSIONS, OF_EVENTS, changed_view, rollup_table
from sinks.table import Migration

_SIGNED = changed_view("events_minute", OF_EVENTS)

TABLE = rollup_table(
    2,
    "events_minute",
    OF_EVENTS,
    "toMonday(at)",
    Migration(64, "take back in events_minute what is taken back", (_SIGNED,)),
    first=BEFORE_VERSIONS,
)
