"""Every step of every case: one row a record of city.cases; never edited.

People ask by `cases` (the newest state of each) and `case_changes` (the history); walls count by
`case_turns`: when each case was opened, and when it was closed first, whatever came later.
"""

from __future__ import annotations

from dataclasses import replace

from citybrain.cases.records import CaseStep
from citybrain.floor.topics import CASES
from sinks.record_columns import INSTANT_COLUMN, WORD_COLUMN
from sinks.steps_table import StateColumn, StepsTable, StepsView
from sinks.table import DEDUPLICATED, Migration, Table

_STEPS = StepsTable(
    number=67,
    name="case_steps",
    topic=CASES,
    step=CaseStep,
    state="case_record",
    columns=(
        StateColumn("id", "String", "id", "ZSTD(1)"),
        StateColumn("version", "UInt32", "version"),
        StateColumn("number", "String", "number", "ZSTD(1)"),
        StateColumn("state", WORD_COLUMN, "state"),
        StateColumn("stage", WORD_COLUMN, "stage"),
        StateColumn("workflow", WORD_COLUMN, "workflow"),
        StateColumn("kind", WORD_COLUMN, "kind"),
        StateColumn("source", WORD_COLUMN, "source"),
        StateColumn("area", WORD_COLUMN, "area"),
        StateColumn("unit", WORD_COLUMN, "unit"),
        StateColumn("handler", WORD_COLUMN, "handler"),
        StateColumn("person", WORD_COLUMN, "person"),
        StateColumn("concerned", "Array(LowCardinality(String))", "concerned"),
        StateColumn("origin", WORD_COLUMN, "origin"),
        StateColumn("severity", "UInt8", "severity"),
        StateColumn("title", "String", "title", "ZSTD(1)"),
        StateColumn("lon", "Nullable(Float64)", "lon"),
        StateColumn("lat", "Nullable(Float64)", "lat"),
        StateColumn("opened_at", INSTANT_COLUMN, "opened_at", "Delta, ZSTD(1)"),
        StateColumn("closed_at", f"Nullable({INSTANT_COLUMN})", "closed_at", "ZSTD(1)"),
        StateColumn("legs", "UInt16", lambda case: len(case.legs)),
        StateColumn("updated_at", INSTANT_COLUMN, "updated_at", "Delta, ZSTD(1)"),
    ),
    newest=StepsView(68, "cases"),
    changes=StepsView(69, "case_changes", ("stage", "unit")),
)

_CREATE_TURNS = f"""CREATE TABLE IF NOT EXISTS case_turns {{cluster}} (
    at {INSTANT_COLUMN} CODEC(Delta, ZSTD(1)),
    turn LowCardinality(String),
    id String CODEC(ZSTD(1)),
    kind LowCardinality(String),
    origin LowCardinality(String),
    late Bool
) ENGINE = {{engine}}ReplacingMergeTree PARTITION BY toYYYYMM(at) ORDER BY (at, turn, id)
{DEDUPLICATED}"""
_TURNS_SELECT = """SELECT at, if(version = 1, 'opened', 'closed') AS turn, id, kind, origin,
    arrayExists(name -> endsWith(name, '/breach/100'),
        JSONExtractKeys(case_record, 'told')) AS late
FROM case_steps WHERE record = 'change' AND (version = 1 OR (legs = 1 AND closed_at = at))"""
"""A step that is inserted twice, or of which a part is filled in twice, merges away."""
_TURNS_VIEW = "CREATE MATERIALIZED VIEW IF NOT EXISTS case_turns_view {cluster} TO case_turns"
_TURNS = Table(
    "case_turns",
    (
        Migration(
            72,
            "create case_turns",
            (
                _CREATE_TURNS,
                f"{_TURNS_VIEW} AS\n{_TURNS_SELECT}",
                f"INSERT INTO case_turns {_TURNS_SELECT}",
            ),
        ),
    ),
    expires="at",
    keep_days=40,
)

rows = _STEPS.rows()
_TABLE = _STEPS.table()
TABLE = replace(_TABLE, derived=(*_TABLE.derived, _TURNS))
