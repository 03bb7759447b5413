"""What statistics of cases are asked of: one row a case, its newest version, read from its state.

It follows from `case_steps` alone, by SQL over the JSON of the state, so that the cases which a
store held before are read by the same words as those that come (the second step). Instants are UTC.

A case's figures are those of its first run from opening to closing: what comes after a reopening
moves none of them.

- ``clocks``: limits whose clocks were started, with the first start of each in ``clocks_started``
  and its first stop, or 1970, in ``clocks_stopped``;
- ``late``: those that ran out before the first closing, as ``workflow/limit``; ``late_first``:
  those of which the first run did, by the limit alone;
- ``stages``: stages it was in, as ``workflow/stage``, with the seconds that passed in each until
  the first closing, or of an open case until it came into the stage that it is in.

All versions of a case lie in the partition of the month in which it was opened, and a month in
which nothing happens any more is one part: so the newest versions are read without merging.

``watched`` says that a signal is measured of what it is about, ``not_seen`` how often it was said
to be solved while that was still there; also after its first closing, which that takes back.

``handler`` is the unit that it is counted with, ``first_handler`` the one that had it before it was
first returned or transferred.
"""

from __future__ import annotations

from sinks.table import DEDUPLICATED, Migration, Table

NAME = "case_figures"
_INSTANT = "DateTime64(3, 'UTC')"
_WORD, _WORDS = "LowCardinality(String)", "Array(LowCardinality(String))"
_PLAIN = (
    *("id", "version", "number", "state", "stage", "workflow", "kind", "source", "area"),
    *("concerned", "origin", "severity", "title", "opened_at", "updated_at"),
)
_CREATE = f"""CREATE TABLE IF NOT EXISTS {NAME} {{cluster}} (
    id String CODEC(ZSTD(1)),
    version UInt32,
    number String CODEC(ZSTD(1)),
    state {_WORD},
    stage {_WORD},
    workflow {_WORD},
    kind {_WORD},
    source {_WORD},
    area {_WORD},
    concerned {_WORDS},
    origin {_WORD},
    severity UInt8,
    title String CODEC(ZSTD(1)),
    opened_at {_INSTANT} CODEC(Delta, ZSTD(1)),
    updated_at {_INSTANT} CODEC(Delta, ZSTD(1)),
    handler {_WORD},
    first_handler {_WORD},
    follows Bool,
    exempt Bool,
    rating UInt8,
    redos UInt16,
    moves UInt16,
    watched Bool,
    not_seen UInt16,
    closed_at Nullable({_INSTANT}) CODEC(ZSTD(1)),
    reopened_at Nullable({_INSTANT}) CODEC(ZSTD(1)),
    last_closed_at Nullable({_INSTANT}) CODEC(ZSTD(1)),
    clocks {_WORDS},
    clocks_started Array({_INSTANT}),
    clocks_stopped Array({_INSTANT}),
    late {_WORDS},
    late_first {_WORDS},
    stages {_WORDS},
    stages_s Array(UInt32)
) ENGINE = {{engine}}ReplacingMergeTree(version)
PARTITION BY toYYYYMM(opened_at) ORDER BY (opened_at, id)
{DEDUPLICATED.replace(", ttl_only_drop_parts = 1", "")}, min_age_to_force_merge_seconds = 600, \
min_age_to_force_merge_on_partition_only = 1"""


def _at(text: str, otherwise: str = "Zero") -> str:
    """Return SQL that reads an instant; one that cannot be read must not hold up the insert."""
    return f"parseDateTime64BestEffortOr{otherwise}({text}, 3, 'UTC')"


def _told(name: str, fields: str) -> str:
    return f"JSONExtract(case_record, '{name}', 'Array(Tuple({fields}))')"


_UNTIL_CLOSED = "closed_at IS NULL OR {at} <= closed_at"
_SELECT = f"""WITH
    {_told("legs", "opened_at String, closed_at String")} AS _legs,
    arrayMap(one -> ({_at("one.2")}, one.1, one.3, one.4),
        {_told("clock", "what String, at String, limit String, reason String")}) AS _facts,
    arrayFilter(one -> one.2 = 'started' AND (closed_at IS NULL OR one.1 < closed_at), _facts)
        AS _starts,
    arrayFilter(one -> one.2 = 'stopped', _facts) AS _stops,
    arrayDistinct(arrayMap(one -> one.3, _starts)) AS _limits,
    arrayMap(one -> splitByChar('/', one), JSONExtractKeys(case_record, 'told'))
        AS _told,
    arrayFilter(one -> one[3] = 'breach' AND toUInt32OrZero(one[2])
        < arrayCount(start -> start.3 = one[1], _starts), _told) AS _breaches,
    arrayDistinct(arrayMap(one -> (one.1, one.4), arrayFilter(one -> one.4 != '', _starts)))
        AS _entries,
    arrayMap((one, n) -> (one.2, dateDiff('second', one.1, if(n < length(_entries),
        _entries[n + 1].1, coalesce(closed_at, one.1)))), _entries, arrayEnumerate(_entries))
        AS _passages,
    arrayDistinct(arrayMap(one -> one.1, _passages)) AS _stages,
    arraySort(one -> one.1, arrayConcat(
        arrayMap(one -> ({_at("one.1")}, one.2),
            {_told("returns", "at String, unit String")}),
        arrayMap(one -> ({_at("one.1")}, one.2),
            {_told("transfers", "at String, from_unit String")}))) AS _moves,
    if(case_steps.handler = '', unit, case_steps.handler) AS _handler
SELECT {", ".join(_PLAIN)},
    _handler AS handler,
    if(empty(_moves), _handler, _moves[1].2) AS first_handler,
    JSONHas(case_record, 'merged_into') AS follows,
    arrayExists(one -> one.1 = 'exempt', {_told("flags", "what String, leg UInt32")}) AS exempt,
    JSONExtractUInt(case_record, 'rating') AS rating,
    arrayCount(one -> {_UNTIL_CLOSED.format(at=_at("one.1"))},
        {_told("redos", "at String, unit String")}) AS redos,
    arrayCount(one -> {_UNTIL_CLOSED.format(at="one.1")}, _moves) AS moves,
    JSONHas(case_record, 'signal') AS watched,
    arrayCount(one -> one.1 = 'not_seen', {_told("flags", "what String, leg UInt32")}) AS not_seen,
    closed_at,
    {_at("_legs[2].1", "Null")} AS reopened_at,
    {_at("_legs[-1].2", "Null")} AS last_closed_at,
    _limits AS clocks,
    arrayMap(one -> arrayFirst(start -> start.3 = one, _starts).1, _limits) AS clocks_started,
    arrayMap(one -> arrayFirst(stop -> stop.3 = one, _stops).1, _limits) AS clocks_stopped,
    arrayDistinct(arrayMap(one -> concat(workflow, '/', one[1]), _breaches)) AS late,
    arrayMap(one -> one[1], arrayFilter(one -> one[2] = '0', _breaches)) AS late_first,
    arrayMap(one -> concat(workflow, '/', one), _stages) AS stages,
    arrayMap(stage -> arraySum(arrayMap(one -> one.2, arrayFilter(one -> one.1 = stage,
        _passages))), _stages) AS stages_s
FROM case_steps WHERE record = 'change'"""  # noqa: S608  names of this module
_VIEW = f"CREATE MATERIALIZED VIEW IF NOT EXISTS {NAME}_view {{cluster}} TO {NAME} AS\n{_SELECT}"
_NEWEST = "(id, version) IN (SELECT id, max(version) FROM case_steps GROUP BY id)"
_FILL = f"INSERT INTO {NAME} {_SELECT} AND {_NEWEST}"

TABLE = Table(
    NAME,
    (
        Migration(70, f"create {NAME}", (_CREATE, _VIEW)),
        Migration(71, f"fill {NAME} from the cases there are", (_FILL,)),
    ),
    expires="updated_at",
)
