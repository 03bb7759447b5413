"""Drills: scenarios are read strictly, and the times of what became of them are told."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import permutations
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl
import pytest

from citybrain.alerts import lifecycle
from citybrain.alerts.records import Episode, Evidence, Mute
from citybrain.alerts.workflow import ALERTS
from citybrain.city import City, load_city
from citybrain.floor.clock import millis
from citybrain.floor.errors import ConfigError
from citybrain.floor.text import Text
from citybrain.notices.records import DeliveryReceipt, Notice
from citybrain.roof.drills.commands import table
from citybrain.roof.drills.drill_times import DrillRow, DrillTimes
from citybrain.roof.drills.expectations import read_expectation, unmet
from citybrain.roof.drills.scenario import Drill, end_records, feed_of, load_drills, record
from citybrain.roof.replay.spoken_rows import as_ndjson
from connectors.door.intake import Intake, SmallPost
from streams.ruling.intake.inputs import COLUMNS, Excerpt, ExcerptHeader, Pulse
from streams.ruling.rulebook import load_rules
from streams.ruling.shard_engines import ShardEngines
from tests.citybrain.alerts.sample import NOON, at, episode
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


def row(level: str, told_after: float | None = 0.1, **given: Any) -> DrillRow:
    told = None if told_after is None else at(told_after)
    found = DrillRow("燃气", level, at(0), at(0.01), rule="gas_leak", delivered_at=told)
    return replace(found, **given)


@pytest.mark.parametrize(
    ("expected", "rows", "problems"),
    [
        ("red within 30s", [row("yellow"), row("red")], []),
        ("red of gas_leak within 30s", [row("red", rule="flood"), row("red")], []),
        ("red within 30s", [row("red", 2), row("red", 0.2)], []),
        ("red within 30s", [], ["no alert"]),
        ("red within 30s", [row("blue"), row("yellow")], ["the highest was yellow"]),
        ("red of flood within 30s", [row("red")], ["no alert"]),
        ("red within 30s", [row("red", 1)], ["told after 60.00 s"]),
        ("red within 30s", [row("red", None)], ["reached no receiver"]),
        ("red within 30s", [row("red", None, muted="hours")], ["kept quiet (hours)"]),
    ],
)
def test_unmet_when_a_run_is_over_then_what_did_not_come_true_is_said(
    expected: str, rows: list[DrillRow], problems: list[str]
) -> None:
    found = unmet([read_expectation(expected)], rows)

    assert found == [f"expected {expected}: {problem}" for problem in problems]


@pytest.mark.parametrize("text", ["red", "pink within 30s", "red within soon", "within 30s", ""])
def test_read_when_nothing_is_expected_that_can_be_checked_then_it_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"not a duration|can be checked"):
        read_expectation(text)


def test_load_when_an_expectation_cannot_be_checked_then_the_line_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "wuhai"
    shutil.copytree(WUHAI, folder)
    (folder / "drills.yaml").write_text(
        "drills:\n  one:\n    title: {zh: 一, en: One}\n    events: []\n    expect: [red soon]\n"
    )

    with pytest.raises(ConfigError) as raised:
        load_drills(load_city(folder))

    assert str(raised.value).startswith(f"{folder}/drills.yaml:5: drills.one.expect[0]: 'red soon'")


def test_load_when_wuhai_is_read_then_each_drill_says_what_it_expects() -> None:
    city = load_city(WUHAI)

    assert all(one.expectations for one in load_drills(city).values())


def test_feed_when_runs_could_not_be_told_apart_then_it_is_a_fault() -> None:
    city = load_city(WUHAI)
    feeds = {name: replace(one, attrs={}) for name, one in city.feeds.items()}

    with pytest.raises(ConfigError, match=r"attrs: {drill: drill, drill_end: drill_end}"):
        feed_of(replace(city, feeds=feeds))


@pytest.mark.parametrize("name", sorted(load_drills(load_city(WUHAI))))
@pytest.mark.parametrize("ended", ["run", "all"])
def test_drill_when_run_twice_over_the_rules_then_each_is_as_expected_and_ended_by_word(
    name: str, ended: str
) -> None:
    """The leftovers of a first run change nothing for a second one, and end with their own word."""
    city = load_city(WUHAI)
    scenario = load_drills(city)[name]
    desk = RulesOfDrills(city)
    first = desk.run(scenario, "one", NOON)
    second = desk.run(scenario, "two", NOON + timedelta(minutes=1))

    levels = [{one.level for one in found if one.state == "firing"} for found in (first, second)]
    assert levels[0] == levels[1] >= {one.level for one in scenario.expectations}
    assert not {one.alert for one in first} & {one.alert for one in second}
    over = desk.end("one" if ended == "run" else "", NOON + timedelta(minutes=2))
    opened = {one.alert for one in (first if ended == "run" else [*first, *second])}
    assert {one.alert for one in over if one.state == "ended"} == opened
    left = set() if ended == "all" else {one.alert for one in second}
    assert desk.standing() == left


class RulesOfDrills:
    """The city's rules in one shard, fed with the raw records of drills by the feed's mapping."""

    def __init__(self, city: City) -> None:
        self._city, self._feed = city, feed_of(city)
        rules = load_rules(city).over_events()
        self._engines = ShardEngines(rules, city, partitions=1, shard="0")
        self._offset = 0

    def run(self, scenario: Drill, run: str, begins: datetime) -> list[Episode]:
        told: list[Episode] = []
        for number, step in enumerate(scenario.events):
            now = begins + step.after
            told += self._push([record(step, f"{run}-{number}", now, run)], now)
        return told

    def end(self, run: str, now: datetime) -> list[Episode]:
        return self._push(end_records(self._feed, now, run), now)

    def standing(self) -> set[str]:
        return {name for one in self._engines.standing() for name in one.open}

    def _push(self, rows: list[dict[str, object]], now: datetime) -> list[Episode]:
        body = as_ndjson(pl.DataFrame(rows, infer_schema_length=None))
        post = SmallPost("batch", body.splitlines())
        table, _, told_of = Intake(self._feed, self._city).take_together([post], now)
        assert [(one.accepted, one.letters) for one in told_of] == [(len(rows), [])]
        self._offset += 1
        header = ExcerptHeader(
            partition=0, offset=self._offset, feed=self._feed.id, department="x",
            accepted=len(rows), rejected=0, newest_ms=millis(now), received_ms=millis(now),
        )  # fmt: skip
        excerpt = Excerpt(header, table.select(COLUMNS.names).cast(COLUMNS))
        told = self._engines.take([excerpt, Pulse(millis(now), {"0": millis(now)})])
        return [one for one in told if isinstance(one, Episode)]
