"""Drills: scenarios are read strictly, and the times of what became of them are told."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from citybrain.alerts import machine
from citybrain.alerts.records import Evidence, Notice, Receipt, Text
from citybrain.config import load_city
from citybrain.errors import ConfigError
from citybrain.replay.drill.commands import table
from citybrain.replay.drill.scenario import feed_of, load_drills
from citybrain.replay.drill.times import Times
from tests.citybrain.alerts.sample import NOON, at, episode

WUHAI = Path(__file__).parents[4] / "cities" / "wuhai"


def notice(alert: str = "a1") -> Notice:
    return Notice(
        key=f"{alert}:yellow:exercise:first", alert=alert, group="g", receiver="exercise",
        level="yellow", purpose="fired", at=at(0.02), title=Text("", ""), body=Text("", ""),
        exercise=True,
    )  # fmt: skip


def receipt(outcome: str, minutes: float) -> Receipt:
    return Receipt(
        key=notice().key, receiver="exercise", attempt=1, outcome=outcome, at=at(minutes + 0.01),
        started_at=at(minutes),
    )  # fmt: skip


def test_times_when_an_exercise_is_told_then_each_instant_is_kept() -> None:
    times = Times(NOON)
    fired = machine.told(None, episode(origin="exercise"), at(0.01), "e")[0]
    held = machine.step(fired.after, "acknowledged", at(1), "duty_1", "c", state="acknowledged")

    times.note([fired, notice(), receipt("failed", 0.03), receipt("delivered", 0.1), held])

    row = times.rows["a1", "yellow"]
    assert (row.alert_at, row.sent_at, row.delivered_at) == (at(0.01), at(0.03), at(0.11))
    assert (row.acknowledged_at, row.by, row.receivers) == (at(1), "duty_1", ["exercise"])
    assert times.done()
    assert table([row]).row_count == 1


def test_times_when_a_second_event_raises_the_alert_then_it_has_a_row_with_times_of_its_own() -> (
    None
):
    times = Times(NOON)
    for minute in (0, 5):
        times.pushed(f"e{minute}", at(minute))
    low = episode(origin="exercise", evidence=Evidence(measure="m", events=("e0",)))
    high = episode(
        origin="exercise", level="red", evidence=Evidence(measure="m", events=("e0", "e5", "other"))
    )
    (fired,) = machine.told(None, low, at(0.01), "e")
    raised = machine.told(fired.after, high, at(5.01), "e")

    times.note([fired, *raised])

    assert [(row.level, row.event_at, row.alert_at) for row in times.rows.values()] == [
        ("yellow", at(0), at(0.01)),
        ("red", at(5), at(5.01)),
    ]


def test_times_when_an_alert_is_real_then_it_is_none_of_the_drill() -> None:
    times = Times(NOON)

    times.note(machine.told(None, episode(), at(0.01), "e"))

    assert (times.rows, times.done()) == ({}, False)


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
