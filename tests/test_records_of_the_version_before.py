"""Records and snapshots of the version before, read by the types of today; no services."""

from __future__ import annotations

import io
import json
from typing import Any

import msgspec
import polars as pl
import pytest

from benchmarks.city import make_city
from citybrain.alerts.records import AlertChange, Episode, OpenAlertsOfShard
from citybrain.alerts.silence_records import Silence
from citybrain.alerts.silences import asked
from citybrain.alerts.snapshot import AlertsSnapshot
from citybrain.city import City
from citybrain.city.reading import load_city
from citybrain.floor.audit_entry import AuditEntry
from citybrain.floor.snapshot_parts import newest_whole
from citybrain.notices.records import DeliveryReceipt, Notice
from citybrain.workflow.commands import Command
from streams.ruling.rulebook import load_rules
from streams.ruling.shard import Shard
from streams.windows.window_owner import WindowOwner
from streams.windows.window_snapshot import WindowsSnapshot, decode_snapshot
from tests.acceptance.recording import Recording
from tests.acceptance.version_0_1.recorded_city import recorded, set_up

PARTITIONS = 2
RECORDS: dict[str, Any] = {
    "city.alerts": AlertChange | Silence,
    "city.audit": AuditEntry,
    "city.commands": Command,
    "city.episodes": Episode | OpenAlertsOfShard,
    "city.notifications": Notice | DeliveryReceipt,
}


@pytest.fixture(scope="module")
def before() -> Recording:
    return recorded()


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> City:
    folder = make_city(tmp_path_factory.mktemp("city") / "cities") / "wuhai"
    set_up(folder)
    return load_city(folder)


@pytest.mark.parametrize("topic", RECORDS)
def test_record_when_read_and_written_then_what_it_said_is_still_said(
    topic: str, before: Recording
) -> None:
    decoder = msgspec.json.Decoder(RECORDS[topic])
    values = list(before.values(topic))
    assert values
    for value in values:
        record = decoder.decode(value)
        again = msgspec.json.encode(record)
        assert decoder.decode(again) == record
        assert_keeps(json.loads(value), json.loads(again))


def assert_keeps(said: Any, again: Any) -> None:
    """Assert that all that was said is said again under the same names; more may be said."""
    if not isinstance(said, dict):
        assert again == said
        return
    for name, value in said.items():
        assert_keeps(value, again[name])


def test_silence_in_a_command_when_it_stands_as_text_then_it_is_understood(
    before: Recording,
) -> None:
    commands = [msgspec.json.decode(one, type=Command) for one in before.values("city.commands")]
    (command,) = [one for one in commands if one.action == "silence"]
    made = asked(command)
    told = [one for one in before.values("city.alerts") if b'"type":"silence"' in one]
    assert [made] == [msgspec.json.decode(one, type=Silence) for one in told]


def _rows(snapshot: WindowsSnapshot) -> dict[str, list[dict[str, object]]]:
    """Return the rows of the tables; how wide their numbers are may change."""
    return {
        name: pl.read_ipc(io.BytesIO(table)).to_dicts() for name, table in snapshot.tables.items()
    }


@pytest.mark.parametrize("partition", range(PARTITIONS))
def test_snapshot_of_windows_restores(partition: int, before: Recording, city: City) -> None:
    values = [one.value or b"" for one in before.topics["city.snapshots"][partition]]
    snapshot = decode_snapshot(values[-1])
    owner = WindowOwner(list(city.feeds.values()), PARTITIONS, partition)
    owner.restore(snapshot)
    again = owner.snapshot(snapshot.taken_ms)
    assert (again.offset, _rows(again)) == (snapshot.offset, _rows(snapshot))
    assert {one.health.feed: one for one in again.feeds}.items() >= {
        one.health.feed: one for one in snapshot.feeds
    }.items()


@pytest.mark.parametrize("partition", range(PARTITIONS))
def test_snapshot_of_rules_restores_and_each_rule_goes_on(
    partition: int, before: Recording, city: City
) -> None:
    values = [one.value or b"" for one in before.topics["city.rule-snapshots"][partition]]
    found = newest_whole(values)
    assert found is not None
    offset, state = found
    rulebook = load_rules(city)
    kept = msgspec.msgpack.decode(state)
    judged = {name: one["judgement"] for name, one in kept["real"]["rules"].items()}
    assert judged == {name: rulebook.rules[name].judgement for name in judged}
    shard = Shard(partition, rulebook, city, PARTITIONS)
    shard.restore(offset, state)
    told = [msgspec.json.decode(one, type=Episode | OpenAlertsOfShard) for one in _told(before)]
    own = {one.alert for one in told if isinstance(one, Episode) and one.shard == str(partition)}
    assert {name for one in shard.standing() for name in one.open} == own
    assert shard.snapshot()[0] == offset


def _told(before: Recording) -> list[bytes]:
    return list(before.values("city.episodes"))


def test_snapshot_of_alerts_restores(before: Recording) -> None:
    found = newest_whole(list(before.values("city.desk-snapshots")))
    assert found is not None
    offset, state = found
    kept = msgspec.msgpack.decode(state, type=AlertsSnapshot)
    steps = [
        msgspec.json.decode(one, type=AlertChange | Silence)
        for one in list(before.values("city.alerts"))[: offset + 1]
    ]
    alerts = {one.id: one.after for one in steps if isinstance(one, AlertChange)}
    assert {one.id: one for one in kept.alerts} == alerts
    assert kept.silences == [one for one in steps if isinstance(one, Silence)]
