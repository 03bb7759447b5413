"""Every step of every alert and silence: one row a record of city.alerts; never edited.

People ask by `alerts` (the newest state of each), `alert_changes` (the history) and `silences`
(every version of each).
"""

from __future__ import annotations

from citybrain.alerts.records import AlertChange
from citybrain.alerts.silence_records import Silence
from citybrain.floor.topics import ALERTS
from sinks.record_columns import INSTANT_COLUMN, WORD_COLUMN, RecordReading
from sinks.steps_table import RecordBeside, StateColumn, StepsTable, StepsView

_SILENCE = RecordReading(
    Silence,
    {
        "what": lambda _: "silence",
        "at": lambda one: one.expired_at or one.reminded_at or one.created_at,
        "by": lambda one: one.approver or one.creator,
        "id": "id",
        "version": "version",
        "owner": "creator",
        "opened_at": "created_at",
        "updated_at": lambda one: one.expired_at or one.reminded_at or one.created_at,
    },
)

_STEPS = StepsTable(
    number=20,
    name="alert_steps",
    topic=ALERTS,
    step=AlertChange,
    state="alert",
    columns=(
        StateColumn("id", "String", "id", "ZSTD(1)"),
        StateColumn("version", "UInt32", "version"),
        StateColumn("state", WORD_COLUMN, "state"),
        StateColumn("level", WORD_COLUMN, "episode.level"),
        StateColumn("rule", WORD_COLUMN, "episode.rule"),
        StateColumn("theme", WORD_COLUMN, "episode.theme"),
        StateColumn("area", WORD_COLUMN, "episode.area"),
        StateColumn("departments", "Array(LowCardinality(String))", "episode.departments"),
        StateColumn("origin", WORD_COLUMN, "episode.origin"),
        StateColumn("owner", WORD_COLUMN, "owner"),
        StateColumn("incident", "String", "incident", "ZSTD(1)"),
        StateColumn("muted", WORD_COLUMN, "mutes.0.kind"),  # the first reason to keep it quiet
        StateColumn("title_zh", WORD_COLUMN, "episode.title.zh"),
        StateColumn("title_en", WORD_COLUMN, "episode.title.en"),
        StateColumn("lon", "Nullable(Float64)", "episode.lon"),
        StateColumn("lat", "Nullable(Float64)", "episode.lat"),
        StateColumn("opened_at", INSTANT_COLUMN, "opened_at", "Delta, ZSTD(1)"),
        StateColumn("updated_at", INSTANT_COLUMN, "updated_at", "Delta, ZSTD(1)"),
    ),
    newest=StepsView(21, "alerts"),
    changes=StepsView(22, "alert_changes", ("rule", "level", "state", "muted")),
    beside=(
        RecordBeside("silence", _SILENCE, StepsView(23, "silences", ("id", "version", "at", "by"))),
    ),
)

rows = _STEPS.rows()
TABLE = _STEPS.table()
