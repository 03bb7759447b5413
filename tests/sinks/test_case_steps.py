"""City.cases in the store, and what `citybrain cases` prints of it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import msgspec
import pytest
from clickhouse_connect.driver.client import Client
from typer.testing import CliRunner

from citybrain.cases.records import Case, CaseStep
from citybrain.floor.clock import ManualClock, SystemClock, millis
from citybrain.floor.settings import Settings
from citybrain.roof import case_commands
from sinks.insert import insert
from sinks.record_batch import RecordBatch
from sinks.table import find_tables
from sinks.tables.case_steps import rows
from sinks.topic_reader import make_record
from tests.sinks.stored import prepared
from tests.streams.cases.test_case_owner import MONDAY, Rig


def steps_of_two() -> list[CaseStep]:
    """Return the steps of a case that is dispatched late and one that was just opened."""
    rig = Rig()
    rig.open(0, "井盖缺失")
    rig.do(5, "accept", "井盖缺失")
    rig.do(9, "file", "井盖缺失")
    rig.tick(30)
    rig.do(31, "dispatch", "井盖缺失", unit="drainage")
    rig.do(32, "comment", "井盖缺失", comment="已到现场")
    rig.open(33, "另一件")
    return rig.steps


STEPS = steps_of_two()
LAST = next(one.after for one in reversed(STEPS) if one.after.title == "井盖缺失")


@pytest.fixture
def client(store_settings: Settings) -> Iterator[Client]:
    """Return a store with the steps, the last of them twice."""
    source = find_tables()["case_steps"].source
    assert source is not None
    with prepared(store_settings) as client:
        values = [msgspec.json.encode(step) for step in [*STEPS, STEPS[-1]]]
        batch = RecordBatch(
            make_record(source, 0, offset, value) for offset, value in enumerate(values)
        )
        insert(client, "case_steps", batch.table(), "t")
        yield client


def test_rows_of_a_step_hold_what_cases_are_asked_by() -> None:
    row = rows(msgspec.json.encode(STEPS[0])).to_pylist()[0]

    names = ("record", "what", "by", "version", "number", "stage", "unit", "legs", "closed_at")
    assert {name: row[name] for name in names} == {
        "record": "change",
        "what": "opened",
        "by": "chief",
        "version": 1,
        "number": "WH-20260302-000001",
        "stage": "reporting",
        "unit": "city_management_centre",
        "legs": 1,
        "closed_at": None,
    }
    assert msgspec.json.decode(row["case_record"], type=Case) == STEPS[0].after


def test_turns_hold_when_a_case_came_and_was_closed_first_and_whether_it_was_late(
    client: Client,
) -> None:
    source = find_tables()["case_steps"].source
    assert source is not None
    now = SystemClock().now()  # rows expire by the store's own clock
    came = now.replace(microsecond=now.microsecond // 1000 * 1000) - timedelta(hours=3)
    at = came + timedelta(hours=1)
    leg = msgspec.structs.replace(STEPS[0].after.legs[0], opened_at=came)
    closed = msgspec.structs.replace(leg, closed_at=at, closed_by="wang")
    opened = msgspec.structs.replace(STEPS[0].after, id="turned", number="WH-9", legs=(leg,))
    late = msgspec.structs.replace(
        opened,
        version=2,
        legs=(closed,),
        told={"handle/0/breach/100": at, "handle/0/warning/80": at},
    )
    steps = [
        CaseStep(id=one.id, version=one.version, what="w", at=when, by="w", cause="c", after=one)
        for one, when in (
            *((opened, came), (late, at), (late, at)),  # it comes again after a doubt
            (msgspec.structs.replace(late, version=3), at + timedelta(minutes=1)),
        )
    ]
    for offset, step in enumerate(steps):
        record = make_record(source, 1, offset, msgspec.json.encode(step))
        insert(client, "case_steps", RecordBatch([record]).table(), f"turn {offset}")

    turns = client.query(
        "SELECT turn, toUnixTimestamp64Milli(at), late FROM case_turns FINAL"
        " WHERE id = 'turned' ORDER BY at"
    ).result_rows
    assert turns == [("opened", millis(came), False), ("closed", millis(at), True)]


def test_cases_hold_the_newest_state_and_the_history_each_step_once(client: Client) -> None:
    newest = client.query(
        "SELECT case_record FROM cases FINAL WHERE number = 'WH-20260302-000001'"
    ).result_rows
    history = client.query(
        "SELECT what FROM case_changes WHERE case_record = {id:String}"
        " ORDER BY version, kafka_offset LIMIT 1 BY version",
        {"id": LAST.id},
    ).result_rows

    assert [msgspec.json.decode(text, type=Case) for (text,) in newest] == [LAST]
    assert [what for (what,) in history] == [
        *("opened", "accepted", "file"),
        *("warned", "overdue", "dispatched", "commented"),
    ]


def printed(monkeypatch: pytest.MonkeyPatch, settings: Settings, *arguments: str) -> list[str]:
    """Return the lines that `citybrain cases` prints two minutes after the last step."""
    monkeypatch.setattr(case_commands, "from_environment", lambda: settings)
    clock = ManualClock(MONDAY + timedelta(minutes=33))
    monkeypatch.setattr(case_commands, "SystemClock", lambda: clock)
    done = CliRunner().invoke(case_commands.cases, list(arguments), env={"COLUMNS": "120"})
    return [*done.output.splitlines(), *([str(done.exception)] if done.exception else [])]


@pytest.mark.usefixtures("client")
def test_show_prints_a_case_and_every_step_in_the_citys_time(
    monkeypatch: pytest.MonkeyPatch, store_settings: Settings
) -> None:
    lines = printed(monkeypatch, store_settings, "show", "WH-20260302-000001")

    assert lines[0] == "WH-20260302-000001  井盖缺失"
    assert lines[2] == "stage handling, state handling, with drainage"
    assert [line.split() for line in lines[4:]][-1] == [
        *("7", "2026-03-02", "09:32:00", "commented", "chief", "已到现场")
    ]


@pytest.mark.usefixtures("client")
def test_clock_counts_what_was_used_to_the_second_and_says_where_the_limit_stands(
    monkeypatch: pytest.MonkeyPatch, store_settings: Settings
) -> None:
    lines = printed(monkeypatch, store_settings, "clock", LAST.id)

    at = lines.index("dispatch: 15 min, stopped; used 0:22:00 of 0:15:00")
    assert lines[at + 1].strip().startswith("source: zhcg2026/smart_cityguard")
    assert lines[at + 2].strip() == "used up at 2026-03-02 09:24:00"
    assert [line.split() for line in lines[at + 3 : at + 6]] == [
        ["leg", "from", "until", "counted", "why"],
        ["1", "2026-03-02", "09:09:00", "2026-03-02", "09:31:00", "0:22:00", "counted"],
        ["0:22:00", "counted", "in", "the", "last", "leg"],
    ]


@pytest.mark.usefixtures("client")
def test_a_case_that_is_not_there_is_said_to_be_so(
    monkeypatch: pytest.MonkeyPatch, store_settings: Settings
) -> None:
    assert printed(monkeypatch, store_settings, "clock", "WH-1") == [
        "store: cases: no case 'WH-1'; give a number such as WH-20261130-000001"
    ]
