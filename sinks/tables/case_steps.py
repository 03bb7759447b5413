"""Every step of every case: one row a record of city.cases; never edited.

People ask by `cases` (the newest state of each) and `case_changes` (the history).
"""

from __future__ import annotations

from citybrain.cases.records import CaseStep
from citybrain.floor.topics import CASES
from sinks.record_columns import INSTANT_COLUMN, WORD_COLUMN
from sinks.steps_table import StateColumn, StepsTable, StepsView

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

rows = _STEPS.rows()
TABLE = _STEPS.table()
