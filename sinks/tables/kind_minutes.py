"""Events and measures by UTC minute, theme, kind, feed and origin: some hundred rows a minute.

What the screens compare over days (the day's course, the same time on the days before), and the
readings of the last hour, would take thousands of rows a minute from `events_minute`, which holds
every street. It has what decides whether an event is counted at all: the kind (a matter or a
reading), the origin (a drill's) and the feed (whether it delivered on both days that are compared).
"""
# ruff: noqa: S608  constants of this module

from __future__ import annotations

from sinks.rollup import changed_view, view
from sinks.table import DEDUPLICATED, Migration, Rollup, Table

_CREATE = f"""CREATE TABLE IF NOT EXISTS kind_minutes {{cluster}} (
    at DateTime('UTC') CODEC(Delta, ZSTD(1)),
    theme LowCardinality(String),
    kind LowCardinality(String),
    feed LowCardinality(String),
    origin LowCardinality(String),
    events SimpleAggregateFunction(sum, UInt64),
    severe SimpleAggregateFunction(sum, UInt64)
) ENGINE = {{engine}}AggregatingMergeTree PARTITION BY toMonday(at)
ORDER BY (at, theme, kind, feed, origin)
{DEDUPLICATED}"""

_MINUTE = "toDateTime(toStartOfMinute({t}), 'UTC')"
_COUNTS = "sum(s.events) AS events, sum(s.severe) AS severe"
_MEASURES = """sum(s.`values`) AS `values`, sum(s.sum) AS sum, min(s.min) AS min,
    max(s.max) AS max"""


def _select(columns: str) -> str:
    return f"""
SELECT
    {_MINUTE.replace("{t}", "s.at")} AS at, s.theme AS theme, s.kind AS kind, s.feed AS feed,
    s.origin AS origin, {columns}
FROM events_minute AS s {{where}}
GROUP BY at, theme, kind, feed, origin"""


def _filled(select: str, lacks: str, named: str = "") -> str:
    """Return the INSERT of what `events_minute` has from before, once; it keeps as many days.

    Args:
        select: the columns.
        lacks: what no row of the table fulfils as long as it has nothing from before.
        named: the columns' names, where they are not all of the table's.
    """
    where = f"WHERE (SELECT count() FROM kind_minutes{lacks}) = 0"
    return f"INSERT INTO kind_minutes{named}" + _select(select).replace("{where}", where)


_ALL = " (at, theme, kind, feed, origin, events, severe, `values`, sum, min, max)"
_FIRST = _select(_COUNTS)
"""The SELECT with which the view is first made: the table has no measures yet."""
_ADD = """ALTER TABLE kind_minutes {cluster}
    ADD COLUMN IF NOT EXISTS `values` SimpleAggregateFunction(sum, UInt64),
    ADD COLUMN IF NOT EXISTS sum SimpleAggregateFunction(sum, Float64),
    ADD COLUMN IF NOT EXISTS min SimpleAggregateFunction(min, Nullable(Float64)),
    ADD COLUMN IF NOT EXISTS max SimpleAggregateFunction(max, Nullable(Float64))"""
_ROLLUP = Rollup(
    "events_minute",
    _select(f"{_COUNTS}, {_MEASURES}"),
    time="at",
    bucket=_MINUTE,
    bucket_s=60,
)

TABLE = Table(
    "kind_minutes",
    (
        Migration(
            50,
            "create kind_minutes",
            (_CREATE, _filled(_COUNTS, ""), view("kind_minutes", _ROLLUP, _FIRST)),
        ),
        Migration(
            51,
            "drop theme_minutes, which kind_minutes replaces",
            (
                "DROP VIEW IF EXISTS theme_minutes_view {cluster}",
                "DROP TABLE IF EXISTS theme_minutes {cluster}",
            ),
        ),
        Migration(
            66,
            "measures in kind_minutes",
            (
                _ADD,
                _filled(f"0 AS events, 0 AS severe, {_MEASURES}", " WHERE `values` > 0", _ALL),
                changed_view("kind_minutes", _ROLLUP),
            ),
        ),
    ),
    expires="at",
    keep_days=40,
    rollup=_ROLLUP,
)
