"""What became of an alert, read from the store as the sinks write it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from clickhouse_connect.driver.client import Client
from msgspec.structs import replace

from citybrain.alerts.records import Alert, Mute
from citybrain.floor.clock import SystemClock
from citybrain.floor.settings import Settings
from citybrain.floor.store import connect
from citybrain.floor.text import Text
from streams.ruling.tools.explain_command import life
from tests.dashboards.desk.stored import make_tables, put
from tests.dashboards.desk.synthetic import changes_of, make_alert, notices_of, receipts_of

HOURS = Mute(kind="hours", by="office", reason=Text("办公时间", "tells only in office hours"))


@pytest.fixture(scope="module")
def client(store_settings: Settings) -> Iterator[Client]:
    """Return a client of a store that has the tables."""
    found = connect(store_settings)
    make_tables(found)
    yield found
    found.close()


def stored(client: Client, number: int, *mutes: Mute) -> Alert:
    """Store an alert with its steps, notices and receipts, as the sinks do."""
    now = SystemClock().now()
    alert = make_alert(number, now, state="firing", version=2, owner="", mutes=mutes, opened_at=now)
    notices = notices_of(alert)
    records = {
        "alert_changes": changes_of(alert),
        "notices": notices,
        "receipts": receipts_of(notices),
        "alerts": [alert],
    }
    for place, (table, rows) in enumerate(records.items()):
        put(client, table, rows, number * 100 + place * 10)
    return alert


def test_life_when_it_was_told_and_muted_then_says_both_with_whom_it_reached(
    client: Client,
) -> None:
    alert = stored(client, 901, HOURS)

    said = list(life(client, alert.episode))

    assert said[:2] == [
        f"alert {alert.id}: firing",
        "muted by hours office: tells only in office hours",
    ]
    assert any(line.endswith(": delivered") for line in said[2:])


def test_life_when_its_events_came_late_then_finds_it_by_rule_and_key(client: Client) -> None:
    alert = stored(client, 902)
    earlier = alert.episode.started_at - timedelta(minutes=7)
    episode = replace(alert.episode, alert="in hindsight", started_at=earlier)

    assert next(life(client, episode)) == f"alert {alert.id}: firing"


def test_life_when_another_key_is_meant_then_nothing_is_made_up(client: Client) -> None:
    alert = stored(client, 903)
    episode = replace(alert.episode, alert="of another", key={"street": "another"})

    assert list(life(client, episode)) == ["alert of another: not in the store"]
