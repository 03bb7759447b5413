"""Drills: scenarios are read strictly, and the times of what became of them are told."""

from __future__ import annotations

import shutil
from itertools import permutations
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from citybrain.alerts import lifecycle
from citybrain.alerts.records import Episode, Evidence, Mute
from citybrain.alerts.workflow import ALERTS
from citybrain.city import load_city
from citybrain.floor.errors import ConfigError
from citybrain.floor.text import Text
from citybrain.notices.records import DeliveryReceipt, Notice
from citybrain.roof.drills.commands import table
from citybrain.roof.drills.drill_times import DrillTimes
from citybrain.roof.drills.scenario import feed_of, load_drills
from tests.citybrain.alerts.sample import at, episode
from tests.repository import WUHAI


def notice(alert: str = "a1") -> Notice:
    return Notice(
        key=f"{alert}:yellow:exercise:first", alert=alert, group="g", receiver="exercise",
        level="yellow", purpose="fired", at=at(0.02), title=Text("", ""), body=Text("", ""),
        exercise=True,
    )  # fmt: skip


def receipt(outcome: str, minutes: float) -> DeliveryReceipt:
    return DeliveryReceipt(
        key=notice().key, receiver="exercise", attempt=1, outcome=outcome, at=at(minutes + 0.01),
        started_at=at(minutes),
    )  # fmt: skip


def drilled(level: str = "yellow", *events: str) -> Episode:
    evidence = Evidence(measure="m", events=(*events, "of somebody else"))
    return episode(origin="exercise", level=level, evidence=evidence)


def times() -> DrillTimes:
    """Return the times of a drill with an event at noon and one five minutes later."""
    found = DrillTimes()
    for minute in (0, 5):
        found.pushed(f"e{minute}", at(minute))
    return found


@pytest.mark.parametrize("order", list(permutations(range(4))))
def test_times_when_records_come_in_any_order_then_each_instant_is_kept(
    order: tuple[int, ...],
) -> None:
    fired = lifecycle.told(None, drilled("yellow", "e0"), at(0.01), "e")[0]
    held = ALERTS.step(
        fired.after, "acknowledged", at(1), by="duty_1", cause="c", state="acknowledged"
    )
    records = [fired, notice(), receipt("failed", 0.03), receipt("delivered", 0.1)]
    tested = times()

    for number in order:
        tested.note([records[number]])
    tested.note([held])

    (row,) = tested.rows()
    assert (row.event_at, row.alert_at) == (at(0), at(0.01))
    assert (row.sent_at, row.delivered_at, row.muted) == (at(0.03), at(0.11), "")
    assert (row.acknowledged_at, row.by, row.receivers) == (at(1), "duty_1", ("exercise",))
    assert tested.done()
    assert table([row], ZoneInfo("Asia/Shanghai")).row_count == 1


def test_times_when_a_second_event_raises_the_alert_then_it_has_a_row_of_its_own() -> None:
    (fired,) = lifecycle.told(None, drilled("yellow", "e0"), at(0.01), "e")
    raised = lifecycle.told(fired.after, drilled("red", "e0", "e5"), at(5.01), "e")
    tested = times()

    tested.note([*raised, fired])

    assert [(row.level, row.event_at, row.alert_at) for row in tested.rows()] == [
        ("yellow", at(0), at(0.01)),
        ("red", at(5), at(5.01)),
    ]
    assert not tested.done()


def test_times_when_an_alert_is_kept_quiet_then_nobody_is_waited_for() -> None:
    (fired,) = lifecycle.told(None, drilled("yellow", "e0"), at(0.01), "e")
    mute = Mute(kind="inhibition", by="red", reason=Text("", ""))
    quiet = lifecycle.automatic_step(fired.after, "muted", at(0.01), {}, mutes=(mute,))
    tested = times()

    tested.note([fired, quiet])

    assert [row.muted for row in tested.rows()] == ["inhibition"]
    assert tested.done()


def test_times_when_an_alert_has_none_of_its_events_then_it_is_none_of_the_drill() -> None:
    tested = times()

    tested.note(lifecycle.told(None, episode(origin="exercise"), at(0.01), "e"))

    assert (tested.rows(), tested.done()) == ([], False)


def test_load_when_wuhai_is_read_then_its_drills_have_a_feed() -> None:
    city = load_city(WUHAI)

    assert {"gas_leak", "manhole"} <= load_drills(city).keys()
    feed = feed_of(city)
    assert {step.kind for one in load_drills(city).values() for step in one.events} <= {*feed.kinds}


def test_load_when_a_kind_is_unknown_then_the_line_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "wuhai"
    shutil.copytree(WUHAI, folder)
    (folder / "drills.yaml").write_text(
        "drills:\n  one:\n    title: {zh: 一, en: One}\n    events: [{kind: gas_concentrtion}]\n"
    )

    with pytest.raises(ConfigError) as raised:
        load_drills(load_city(folder))

    assert str(raised.value) == (
        f"{folder}/drills.yaml:4: drills.one.events[0].kind: unknown kind 'gas_concentrtion'; "
        "did you mean 'gas_concentration'?"
    )
