"""The real doors: what is sent arrives on `city.events`, by each of the three ways, once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import urllib3

from citybrain.city import City
from citybrain.floor import bus
from citybrain.floor.clock import SystemClock, from_millis, millis
from citybrain.floor.events import decode
from citybrain.floor.settings import Settings
from citybrain.floor.topics import EVENTS, partition_of
from citybrain.roof.replay.department_doors import DOORS
from citybrain.roof.replay.feeder import Feeder, FeederOptions
from citybrain.roof.replay.replay_state import StateFile
from citybrain.roof.replay.simulate import Simulator
from connectors.door.key_files import issue_missing
from tests.conftest import _started, running
from tests.waiting import eventually

pytestmark = pytest.mark.services

NOW = millis(SystemClock().now()) // 60_000 * 60_000


@pytest.fixture(scope="module")
def doors(
    broker_settings: Settings, wuhai: City, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Settings]:
    """Settings with a running gateway, and a key for every department."""
    settings = replace(broker_settings, data=tmp_path_factory.mktemp("data"))
    issue_missing(settings, wuhai.departments)
    with running("gateway", settings):
        health = f"http://127.0.0.1:{settings.gateway_port}/healthz"
        http = urllib3.PoolManager(retries=False)
        eventually(lambda: http.request("GET", health).status == 200, timeout_s=60)
        yield settings
        http.clear()


def fed(settings: Settings, city: City, simulator: Simulator, feed: str, folder: Path) -> None:
    """Feed one feed until all that was due has been taken."""
    doors = {name: make(settings) for name, make in DOORS.items()}
    progress = StateFile(folder)
    feeder = Feeder(city, simulator, doors, progress, FeederOptions(only=feed, days=1))

    def done() -> bool:
        feeder.round(NOW)
        spans = progress.state.simulated.values()
        return all(span.sent == NOW for span in spans) and not feeder.has_undelivered

    try:
        eventually(done, timeout_s=60)
    finally:
        feeder.close()


def arrived(settings: Settings, feed: str) -> list[str]:
    """Return the ids of all events of a feed on the bus, in order."""
    partition = partition_of(feed, settings.partitions)
    last = bus.end_offset(settings, EVENTS, partition) - 1
    envelopes = (decode(value) for _, value in bus.read_range(settings, EVENTS, partition, 0, last))
    return [
        str(one["event_id"].hex())
        for envelope in envelopes
        if envelope.feed == feed
        for one in envelope.table.select(["event_id"]).to_pylist()
    ]


@pytest.mark.parametrize("feed", ["permits", "greening_findings", "transport_operations"])
def test_feed_when_brought_by_its_door_then_every_event_arrives(
    doors: Settings, wuhai: City, simulator: Simulator, tmp_path: Path, feed: str
) -> None:
    expected = len(simulator.between(feed, from_millis(NOW - 86_400_000), from_millis(NOW)))

    fed(doors, wuhai, simulator, feed, tmp_path)

    eventually(lambda: len(arrived(doors, feed)) >= expected, timeout_s=60)
    assert len(arrived(doors, feed)) == expected
    assert len(set(arrived(doors, feed))) == expected


def test_push_when_progress_was_lost_then_the_door_knows_the_parcels(
    doors: Settings, wuhai: City, simulator: Simulator, tmp_path: Path
) -> None:
    fed(doors, wuhai, simulator, "mediations", tmp_path / "first")
    once = arrived(doors, "mediations")

    fed(doors, wuhai, simulator, "mediations", tmp_path / "second")

    assert len(once) > 0
    assert arrived(doors, "mediations") == once


@pytest.mark.parametrize("feed", ["nab_traffic", "ndw_lanes", "pems_detector"])
def test_recorded_set_when_played_then_its_rows_arrive(
    doors: Settings, wuhai: City, simulator: Simulator, tmp_path: Path, feed: str
) -> None:
    fed(doors, wuhai, simulator, feed, tmp_path)

    eventually(lambda: len(arrived(doors, feed)) > 0, timeout_s=60)


def test_process_when_told_to_stop_then_it_ends_at_once_and_keeps_its_progress(
    doors: Settings,
) -> None:
    progress = doors.data / "replay" / "state.json"

    with _started("replay", doors) as process:
        eventually(lambda: b'"nab"' in progress.read_bytes(), timeout_s=60)
        process.terminate()
        assert process.wait(10) == 0

    assert b'"air_quality"' in progress.read_bytes()
