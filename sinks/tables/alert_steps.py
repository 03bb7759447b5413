"""Every step of every alert and silence: one row a record of city.alerts; never edited.

People ask by `alerts` (the newest state of each), `alert_changes` and `silences`. A record that is
inserted twice merges away; so it may be inserted again whenever it is not certain that it, and what
follows from it in `alerts`, is there.
"""

from __future__ import annotations

from typing import Any

import msgspec
import pyarrow as pa

from citybrain.alerts.records import Alert, AlertChange
from citybrain.alerts.silence_records import Silence
from citybrain.floor.errors import EnvelopeError
from citybrain.floor.events import INSTANT, WORD
from citybrain.floor.topics import ALERTS
from sinks.table import DEDUPLICATED, KAFKA_COLUMNS, Migration, Table, TopicSource

ALERT_COLUMNS = """
    id String CODEC(ZSTD(1)),
    version UInt32,
    state LowCardinality(String),
    level LowCardinality(String),
    rule LowCardinality(String),
    theme LowCardinality(String),
    area LowCardinality(String),
    departments Array(LowCardinality(String)),
    origin LowCardinality(String),
    owner LowCardinality(String),
    incident String CODEC(ZSTD(1)),
    muted LowCardinality(String),
    title_zh LowCardinality(String),
    title_en LowCardinality(String),
    lon Nullable(Float64),
    lat Nullable(Float64),
    opened_at DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    updated_at DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1))"""
"""What an alert is asked by; `muted` is the kind of the first reason that keeps it quiet."""

_CREATE = f"""CREATE TABLE IF NOT EXISTS alert_steps {{cluster}} (
    record LowCardinality(String),
    what LowCardinality(String),
    at DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    by LowCardinality(String),
    cause String CODEC(ZSTD(1)),{ALERT_COLUMNS},
    alert String CODEC(ZSTD(3)),
    whole String CODEC(ZSTD(3)),{KAFKA_COLUMNS}
) ENGINE = {{engine}}ReplacingMergeTree
PARTITION BY toMonday(at) ORDER BY (id, version, kafka_offset)
{DEDUPLICATED}"""

_SCHEMA = pa.schema(
    [
        ("record", WORD),
        ("what", WORD),
        ("at", INSTANT),
        ("by", WORD),
        ("cause", pa.utf8()),
        ("id", pa.utf8()),
        ("version", pa.uint32()),
        ("state", WORD),
        ("level", WORD),
        ("rule", WORD),
        ("theme", WORD),
        ("area", WORD),
        ("departments", pa.list_(pa.utf8())),
        ("origin", WORD),
        ("owner", WORD),
        ("incident", pa.utf8()),
        ("muted", WORD),
        ("title_zh", WORD),
        ("title_en", WORD),
        ("lon", pa.float64()),
        ("lat", pa.float64()),
        ("opened_at", INSTANT),
        ("updated_at", INSTANT),
        ("alert", pa.utf8()),
        ("whole", pa.utf8()),
    ]
)
_DECODER = msgspec.json.Decoder(AlertChange | Silence)


def rows(value: bytes) -> pa.Table:
    """Return the step in one record, a row.

    Raises:
        EnvelopeError: it is no step of an alert or silence.
    """
    try:
        record = _DECODER.decode(value)
        columns = _change(record) if isinstance(record, AlertChange) else _silence(record)
        return pa.Table.from_pylist([columns | {"whole": value.decode()}], schema=_SCHEMA)
    except (msgspec.DecodeError, pa.ArrowException, ValueError, OverflowError) as error:
        raise EnvelopeError(f"not a step of an alert or silence: {error}") from error


def _change(change: AlertChange) -> dict[str, Any]:
    alert = change.after
    return {
        "record": "change",
        "what": change.what,
        "at": change.at,
        "by": change.by,
        "cause": change.cause,
        "alert": msgspec.json.encode(alert).decode(),
        **_alert(alert),
    }


def _alert(alert: Alert) -> dict[str, Any]:
    episode = alert.episode
    return {
        "id": alert.id,
        "version": alert.version,
        "state": alert.state,
        "level": episode.level,
        "rule": episode.rule,
        "theme": episode.theme,
        "area": episode.area,
        "departments": list(episode.departments),
        "origin": episode.origin,
        "owner": alert.owner,
        "incident": alert.incident,
        "muted": alert.mutes[0].kind if alert.mutes else "",
        "title_zh": episode.title.zh,
        "title_en": episode.title.en,
        "lon": episode.lon,
        "lat": episode.lat,
        "opened_at": alert.opened_at,
        "updated_at": alert.updated_at,
    }


def _silence(silence: Silence) -> dict[str, Any]:
    at = silence.expired_at or silence.reminded_at or silence.created_at
    words = ("state", "level", "rule", "theme", "area", "origin", "incident", "muted")
    return {
        **dict.fromkeys((*words, "title_zh", "title_en", "cause", "alert"), ""),
        "record": "silence",
        "what": "silence",
        "at": at,
        "by": silence.approver or silence.creator,
        "id": silence.id,
        "version": silence.version,
        "departments": [],
        "owner": silence.creator,
        "lon": None,
        "lat": None,
        "opened_at": silence.created_at,
        "updated_at": at,
    }


TABLE = Table(
    "alert_steps",
    (Migration(20, "create alert_steps", (_CREATE,)),),
    expires="at",
    source=TopicSource(ALERTS, rows, flush_s=0.15, time="at", counted=False),
)
