"""Tables as agreed, until the sinks have them."""

from __future__ import annotations

import msgspec

DDL = {
    "alerts": """CREATE TABLE IF NOT EXISTS alerts (id String, version UInt32, state LowCardinality(String), level LowCardinality(String), rule LowCardinality(String), theme LowCardinality(String), area String, lon Nullable(Float64), lat Nullable(Float64), opened_at DateTime64(3,'UTC'), updated_at DateTime64(3,'UTC'), owner String, incident String, muted String, title_zh String, title_en String, origin LowCardinality(String), alert String CODEC(ZSTD(1)), kafka_partition UInt16, kafka_offset UInt64, kafka_row UInt32) ENGINE=ReplacingMergeTree(version) ORDER BY id""",
    "alert_changes": """CREATE TABLE IF NOT EXISTS alert_changes (alert String, version UInt32, what LowCardinality(String), at DateTime64(3,'UTC'), by String, cause String, change String CODEC(ZSTD(1)), kafka_partition UInt16, kafka_offset UInt64, kafka_row UInt32) ENGINE=MergeTree ORDER BY (alert, version)""",
    "silences": """CREATE TABLE IF NOT EXISTS silences (id String, version UInt32, silence String, kafka_partition UInt16, kafka_offset UInt64, kafka_row UInt32) ENGINE=ReplacingMergeTree(version) ORDER BY id""",
    "audit": """CREATE TABLE IF NOT EXISTS audit (id String, at DateTime64(3,'UTC'), user String, role String, action String, target String, outcome String, reason String, kafka_partition UInt16, kafka_offset UInt64, kafka_row UInt32) ENGINE=MergeTree ORDER BY at""",
    "notices": """CREATE TABLE IF NOT EXISTS notices (key String, alert String, at DateTime64(3,'UTC'), notice String, kafka_partition UInt16, kafka_offset UInt64, kafka_row UInt32) ENGINE=ReplacingMergeTree ORDER BY key""",
    "receipts": """CREATE TABLE IF NOT EXISTS receipts (key String, attempt UInt32, outcome String, at DateTime64(3,'UTC'), receipt String, kafka_partition UInt16, kafka_offset UInt64, kafka_row UInt32) ENGINE=MergeTree ORDER BY key""",
}
text = lambda one: msgspec.json.encode(one).decode()
ROWS = {
    "alerts": lambda a: dict(
        id=a.id,
        version=a.version,
        state=a.state,
        level=a.episode.level,
        rule=a.episode.rule,
        theme=a.episode.theme,
        area=a.episode.area,
        lon=a.episode.lon,
        lat=a.episode.lat,
        opened_at=a.opened_at,
        updated_at=a.updated_at,
        owner=a.owner,
        incident=a.incident,
        muted="",
        title_zh=a.episode.title.zh,
        title_en=a.episode.title.en,
        origin=a.episode.origin,
        alert=text(a),
    ),
    "alert_changes": lambda c: dict(
        alert=c.alert,
        version=c.version,
        what=c.what,
        at=c.at,
        by=c.by,
        cause=c.cause,
        change=text(c),
    ),
    "silences": lambda s: dict(id=s.id, version=s.version, silence=text(s)),
    "audit": lambda e: dict(
        id=e.id,
        at=e.at,
        user=e.user,
        role=e.role,
        action=e.action,
        target=e.target,
        outcome=e.outcome,
        reason=e.reason,
    ),
    "notices": lambda n: dict(key=n.key, alert=n.alert, at=n.at, notice=text(n)),
    "receipts": lambda r: dict(
        key=r.key, attempt=r.attempt, outcome=r.outcome, at=r.at, receipt=text(r)
    ),
}


def create(client):
    for ddl in DDL.values():
        client.command(ddl)


def insert(client, table, records, offset):
    if not records:
        return
    rows = [
        ROWS[table](one) | dict(kafka_partition=0, kafka_offset=offset + i, kafka_row=0)
        for i, one in enumerate(records)
    ]
    names = list(rows[0])
    client.insert(table, [[r[n] for n in names] for r in rows], column_names=names)
