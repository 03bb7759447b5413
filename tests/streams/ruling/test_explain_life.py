"""What became of an alert, read from the store as the sinks write it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from msgspec.structs import replace

from citybrain.alerts.records import Alert, Mute
from citybrain.floor.clock import SystemClock
from citybrain.floor.settings import Settings
from citybrain.floor.text import Text
from streams.ruling.tools.explain_command import life
from tests.dashboards.desk.house import House
from tests.dashboards.desk.synthetic import make_alert

HOURS = Mute(kind="hours", by="office", reason=Text("办公时间", "tells only in office hours"))


@pytest.fixture
def house(live_settings: Settings) -> Iterator[House]:
    """Return a desk's store with the tables."""
    found = House(live_settings)
    found.prepare()
    yield found
    found.client.close()


def stored(house: House, number: int, *mutes: Mute) -> Alert:
    now = SystemClock().now()
    alert = make_alert(number, now, state="firing", version=2, owner="", mutes=mutes, opened_at=now)
    house.put([alert], history=True)
    return alert


def test_life_when_it_was_told_and_muted_then_says_both_with_whom_it_reached(house: House) -> None:
    alert = stored(house, 901, HOURS)

    said = list(life(house.client, alert.episode))

    assert said[:2] == [
        f"alert {alert.id}: firing",
        "muted by hours office: tells only in office hours",
    ]
    assert any(line.endswith(": delivered") for line in said[2:])


def test_life_when_its_events_came_late_then_finds_it_by_rule_and_key(house: House) -> None:
    alert = stored(house, 902)
    earlier = alert.episode.started_at - timedelta(minutes=7)
    episode = replace(alert.episode, alert="in hindsight", started_at=earlier)

    assert next(life(house.client, episode)) == f"alert {alert.id}: firing"


def test_life_when_another_key_is_meant_then_nothing_is_made_up(house: House) -> None:
    alert = stored(house, 903)
    episode = replace(alert.episode, alert="of another", key={"street": "another"})

    assert list(life(house.client, episode)) == ["alert of another: not in the store"]
