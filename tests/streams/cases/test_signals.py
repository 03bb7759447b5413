"""The machine's revisit: a signal that is there after all sends its case back, once."""

from __future__ import annotations

from typing import Any
from uuid import uuid5

import pytest

from citybrain.alerts.records import Episode
from citybrain.cases.case_parts import CaseFlag
from citybrain.cases.opening import AlertMatter
from citybrain.cases.records import Case, CaseStep
from citybrain.floor.topics import CASES, COMMANDS
from citybrain.workflow.commands import Actor, Command
from streams.alerts.alert_cases import case_of
from streams.alerts.alert_owner import AlertOwner
from streams.cases.case_owner import NOUN, CaseOwner
from tests.citybrain.alerts.sample import at, episode
from tests.streams.alerts.test_alert_cases import COVER, owner, setup_of
from tests.streams.cases.test_case_owner import ENGINE, SPACE

CHIEF = Actor(user="chief", role="administrator")
WATCH_MIN = 60
KEY = {"street": "150302003"}


class House:
    """Alerts and cases, wired as city.commands wires them."""

    def __init__(self, alerts: AlertOwner | None = None) -> None:
        self.alerts = alerts or owner(setup_of(AlertMatter(watch=f"{WATCH_MIN}m")))
        self.cases = CaseOwner(ENGINE)
        self.steps: list[CaseStep] = []
        self.sent: list[Command] = []

    def tell(self, minute: float, alert: str, state: str = "firing") -> None:
        """Let a rule tell of an alert, and have done what that asks of cases."""
        given: dict[str, Any] = {**COVER, "key": KEY, "told_at": at(minute), "state": state}
        if state != "firing":
            given["ended_at"] = at(minute)
        told: Episode = episode(alert, **given)
        outcome = self.alerts.take_episode(told, "c", at(minute))
        for one in outcome.on(COMMANDS):
            self.take(one.record, minute)

    def take(self, command: Command, minute: float) -> None:
        self.sent.append(command)
        outcome = self.cases.take_command(command, f"c/{len(self.sent)}", at(minute))
        assert outcome.failures == []
        self.steps += [one.record for one in outcome.on(CASES)]

    def do(self, minute: float, action: str, case: str = "a1", **details: str) -> None:
        """Have somebody do something with the case of an alert."""
        command = Command(
            id=str(uuid5(SPACE, f"{action} {minute}")),
            action=action,
            target=case_of(case),
            actor=CHIEF,
            at=at(minute),
            details=details,
            noun=NOUN,
        )
        self.take(command, minute)

    def tick(self, minute: float) -> list[str]:
        """Let it be `minute`; return what the machine found."""
        before = len(self.steps)
        while self.cases.waits(at(minute)):
            self.steps += [one.record for one in self.cases.on_time(at(minute)).on(CASES)]
        found = self.steps[before:]
        return [one.details["result"] for one in found if one.what == "machine_revisited"]

    def solve(self) -> None:
        """Go the way to where somebody says that it is solved, in minute 5."""
        self.tell(0, "a1")
        for minute, action in enumerate(("accept", "file"), 1):
            self.do(minute, action)
        self.do(3, "dispatch", unit="drainage")
        self.do(5, "resolve", comment="已修复")

    @property
    def case(self) -> Case:
        return self.cases.records[case_of("a1")]


def flags(case: Case) -> list[CaseFlag]:
    return [one for one in case.flags if one.what == "not_seen"]


def test_a_signal_that_is_still_there_at_the_end_of_the_watch_sends_the_case_back() -> None:
    house = House()
    house.solve()

    assert house.case.stage == "feedback"
    assert house.tick(5 + WATCH_MIN - 1) == []
    assert house.tick(5 + WATCH_MIN) == ["persists"]
    assert (house.case.stage, len(house.case.redos), len(flags(house.case))) == ("handling", 1, 1)
    assert house.tick(5 + 10 * WATCH_MIN) == []  # it is claimed no more


def test_a_signal_that_ended_is_found_gone_once_and_the_case_stays_where_it_is() -> None:
    house = House()
    house.solve()
    house.tell(20, "a1", "ended")

    assert house.tick(5 + WATCH_MIN) == ["gone"]
    assert house.tick(5 + 3 * WATCH_MIN) == []
    assert (house.case.stage, flags(house.case)) == ("feedback", [])


@pytest.mark.parametrize("closed", [False, True], ids=["being-checked", "closed"])
def test_a_signal_that_comes_back_while_watched_reopens_its_case_and_makes_no_other(
    closed: bool,
) -> None:
    house = House()
    house.solve()
    house.tell(6, "a1", "ended")
    if closed:
        house.do(8, "revisit", result="satisfied")
    house.tell(30, "a2")

    assert house.tick(30) == ["persists"]
    assert list(house.cases.records) == [case_of("a1")]
    assert (house.case.open, house.case.stage, len(flags(house.case))) == (True, "handling", 1)
    assert house.case.alerts == ("a1", "a2")
    assert len(house.case.legs) == (2 if closed else 1)


def test_a_case_that_was_closed_is_watched_to_the_end() -> None:
    house = House()
    house.solve()
    house.do(8, "revisit", result="satisfied")

    assert not house.case.open
    assert house.tick(5 + WATCH_MIN) == ["persists"]
    assert house.case.open


def test_the_next_alert_of_a_signal_joins_the_open_case_and_after_the_watch_begins_one() -> None:
    house = House()
    house.solve()
    house.tell(6, "a1", "ended")
    house.do(8, "revisit", result="satisfied")
    house.tick(5 + WATCH_MIN)
    house.tell(6 + WATCH_MIN, "a2")
    house.tell(7 + WATCH_MIN, "a2", "ended")
    house.tell(8 + WATCH_MIN, "a3")

    assert list(house.cases.records) == [case_of("a1"), case_of("a2")]
    assert house.cases.records[case_of("a2")].alerts == ("a2", "a3")
    assert house.cases.records[case_of("a2")].signal.holds  # type: ignore[union-attr]


def test_an_owner_that_begins_anew_watches_on_and_says_nothing_twice() -> None:
    house = House()
    house.solve()
    other = House(house.alerts)
    other.cases.restore(house.steps)

    assert other.tick(5 + WATCH_MIN) == ["persists"]
    third = House(house.alerts)
    third.cases.restore([*house.steps, *other.steps])
    for command in house.sent:
        third.take(command, 5 + WATCH_MIN)
    assert third.steps == []
    assert third.tick(5 + 2 * WATCH_MIN) == []


@pytest.mark.parametrize("alerts", [("a1",), ("a1", "a2")], ids=["opened", "joined"])
def test_an_owner_that_died_after_an_opening_does_it_not_again(alerts: tuple[str, ...]) -> None:
    house = House()
    for minute, alert in enumerate(alerts):
        house.tell(minute, alert)
    other = House(house.alerts)
    other.cases.restore(house.steps)

    for command in house.sent:
        other.take(command, 5)

    assert other.steps == []
    assert list(other.cases.records) == [case_of("a1")]
    assert other.case.alerts == alerts


@pytest.mark.parametrize("action", ["report", "note_signal", "machine_revisit"])
def test_what_the_machine_does_no_person_does(action: str) -> None:
    house = House()
    house.solve()
    details = {"status": "closed", "holds": "no", "result": "gone"}
    command = Command(
        id="x",
        action=action,
        target=case_of("a1"),
        actor=CHIEF,
        at=at(6),
        details=details,
        noun=NOUN,
    )

    (entry,) = house.cases.take_command(command, "c", at(6)).audit

    assert entry.reason == "by_machine"
