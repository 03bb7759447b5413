"""Events summed up by the city's local day, whose `at` is the instant of local midnight.

Fed on insert into `events_hour`: right for zones that are whole hours from UTC, which China's is.
"""

from __future__ import annotations

from sinks.rollup import coarser, rollup_table

_MIDNIGHT = "toDateTime(toStartOfDay({t}, '{time_zone}'), 'UTC')"
_LONGEST_S = 25 * 3600

TABLE = rollup_table(
    4, "events_day", coarser("events_hour", _MIDNIGHT, _LONGEST_S), partition="toYear(at)"
)
