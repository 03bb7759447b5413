"""The open records in memory: whatever comes twice or late changes nothing."""

from __future__ import annotations

import json
import random
from typing import Any

from citybrain.alerts.records import Alert
from citybrain.workflow.scope import WHOLE_CITY, Scope
from dashboards.lists.list_rows import row_of
from dashboards.lists.live_list import LiveList
from tests.dashboards.making import NOW, Make


def alerts() -> LiveList[Alert]:
    return LiveList(lambda one: one.open, row_of, dict)


def known(tested: LiveList[Alert], scope: Scope = WHOLE_CITY) -> dict[str, Alert]:
    return {one.id: one for one in tested.records.seen_by(scope)}


async def whole(tested: LiveList[Alert], scope: Scope = WHOLE_CITY) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads(await anext(tested.enter(scope).follow()))["rows"]
    return rows


def test_take_when_an_alert_is_new_or_newer_then_it_changed(make: Make) -> None:
    tested = alerts()
    assert tested.take([make("a1"), make("a2")]) == ["a1", "a2"]
    assert tested.take([make("a1"), make("a2", version=3, owner="duty_b")]) == ["a2"]
    assert known(tested)["a2"].owner == "duty_b"


def test_take_when_an_older_row_comes_then_nothing_changes(make: Make) -> None:
    tested = alerts()
    tested.take([make("a1", version=5)])
    assert tested.take([make("a1", version=4, owner="duty_b")]) == []
    assert known(tested)["a1"].owner == ""


def test_take_when_an_alert_is_closed_then_it_is_gone_and_an_older_row_does_not_open_it(
    make: Make,
) -> None:
    tested = alerts()
    tested.take([make("a1")])
    assert tested.take([make("a1", version=3, state="ended")]) == ["a1"]
    assert (known(tested), len(tested)) == ({}, 0)
    assert tested.take([make("a1", version=2)]) == []
    assert known(tested) == {}
    assert tested.take([make("a1", version=4, state="firing")]) == ["a1"]


def test_take_when_rows_come_in_any_order_then_the_newest_stand(make: Make) -> None:
    rows = [make("a1", version=number, owner=f"u{number}") for number in range(1, 9)]
    for seed in range(20):
        shuffled = random.Random(seed).sample(rows, len(rows))  # noqa: S311 no secret
        tested = alerts()
        for one in shuffled:
            tested.take([one])
        assert known(tested)["a1"].owner == "u8"


def test_begin_when_a_snapshot_comes_then_what_it_does_not_name_is_closed(make: Make) -> None:
    tested = alerts()
    tested.take([make("a1"), make("a2")])
    tested.begin([make("a2", version=4), make("a3"), make("a4", state="ended")])
    assert sorted(known(tested)) == ["a2", "a3"]
    assert tested.take([make("a1", version=2)]) == []


def test_records_when_somebody_looks_then_only_what_the_scope_covers(make: Make) -> None:
    tested = alerts()
    tested.take([make("a1", e_departments=("gas",)), make("a2", e_departments=("water",))])
    assert sorted(known(tested, Scope(departments=("gas",)))) == ["a1"]


async def test_row_when_asked_then_it_is_short_and_has_instants_in_milliseconds(
    make: Make,
) -> None:
    tested = alerts()
    tested.take([make("a1", e_level="red", e_area="150302001")])
    (row,) = await whole(tested)
    assert (row["id"], row["v"], row["level"], row["area"]) == ("a1", 2, 4, "150302001")
    assert row["opened"] == round(NOW.timestamp() * 1000)
    assert "evidence" not in row


def test_leave_when_the_last_one_goes_then_nothing_is_kept_for_the_scope() -> None:
    tested = alerts()
    first, second = tested.enter(WHOLE_CITY), tested.enter(WHOLE_CITY)
    assert first is second
    tested.leave(WHOLE_CITY)
    assert tested.channels == {WHOLE_CITY: first}
    tested.leave(WHOLE_CITY)
    assert tested.channels == {}
