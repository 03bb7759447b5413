"""Rows that do not get into the store become one alert a topic, and it ends when they are there."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec

from citybrain.alerts.rows_aside import RULE, RowsAside, RowsAsideAlerts

NOW = datetime(2026, 3, 1, 8, tzinfo=UTC)
SINCE = NOW - timedelta(minutes=5)
ASIDE = RowsAside("c1", 120, "city.events[2]@7…9", "store: refuses it", SINCE)


def test_rows_aside_are_told_once_and_once_that_they_are_in_the_store() -> None:
    alerts = RowsAsideAlerts()

    (told,) = alerts.look({"city.events": ASIDE}, NOW)

    assert (told.rule, told.key, told.state) == (RULE, {"topic": "city.events"}, "firing")
    assert (told.started_at, told.fired_at) == (SINCE, NOW)
    assert told.summary.en == (
        "120 rows, from city.events[2]@7…9 on, are set aside, all others go on: store: refuses it"
    )
    assert (
        told.summary.zh == "city.events[2]@7…9 等 120 行未能入库，其余数据照常：store: refuses it"
    )
    assert alerts.look({"city.events": ASIDE._replace(rows=500)}, NOW) == []
    later = NOW + timedelta(minutes=1)
    (over,) = alerts.look({}, later)
    assert over == msgspec.structs.replace(told, state="ended", ended_at=later, told_at=later)
    assert alerts.look({}, later) == []


def test_the_same_claim_after_a_restart_is_the_same_alert_and_another_is_another() -> None:
    (told,) = RowsAsideAlerts().look({"city.events": ASIDE}, NOW)
    (again,) = RowsAsideAlerts().look({"city.events": ASIDE._replace(since=NOW)}, NOW)
    (other,) = RowsAsideAlerts().look({"city.events": ASIDE._replace(claim="c2")}, NOW)

    assert told.alert == again.alert != other.alert


def test_two_topics_are_two_alerts() -> None:
    told = RowsAsideAlerts().look({"city.events": ASIDE, "city.windows": ASIDE}, NOW)

    assert len({one.alert for one in told}) == 2
