"""What time brings to cases: each timer once, in the order in which it was due, however late."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid5

import msgspec
import pytest

from citybrain.cases.case_engine import CaseEngine
from citybrain.cases.linking import split_id
from citybrain.cases.opening import CaseOpening
from citybrain.cases.records import CaseStep
from citybrain.city import load_city
from citybrain.floor.topics import CASES
from citybrain.workflow.commands import NO_RECORD, Actor, Command
from streams.cases.case_owner import NOUN, CaseOwner
from streams.owned.outcome import InputOutcome
from tests.repository import WUHAI

ENGINE = CaseEngine.of(load_city(WUHAI))
MONDAY = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)  # nine o'clock in Wuhai
SPACE = UUID("0b7e1b1e-7d0e-5f1a-9a43-6a0c7d1c2f11")
CHIEF = Actor(user="chief", role="administrator")
KIND = "manhole_cover_missing"


def at(minutes: float) -> datetime:
    """Return an instant after nine on Monday."""
    return MONDAY + timedelta(minutes=minutes)


class Rig:
    """An owner, and somebody who may do everything."""

    def __init__(self) -> None:
        self.owner = CaseOwner(ENGINE)
        self.sent = 0
        self.given: list[Command] = []
        self.steps: list[CaseStep] = []

    def do(
        self, minute: float, action: str, name: str, record: msgspec.Raw = NO_RECORD, **details: str
    ) -> InputOutcome:
        """Have something done with the case `name`, or of that id."""
        self.sent += 1
        command = Command(
            id=str(uuid5(SPACE, f"{self.sent}")),
            action=action,
            target=name if len(name) == 36 else str(uuid5(SPACE, name)),
            actor=CHIEF,
            at=at(minute),
            details=details,
            record=record,
            noun=NOUN,
        )
        self.given.append(command)
        return self.note(self.owner.take_command(command, f"c/{self.sent}", at(minute)))

    def open(self, minute: float, name: str) -> InputOutcome:
        """Open a case."""
        given = CaseOpening(kind=KIND, title=name, source="clerk")
        return self.do(minute, "open", name, msgspec.Raw(msgspec.json.encode(given)))

    def tick(self, minute: float) -> list[CaseStep]:
        """Let it be `minute`; return what that brings."""
        before = len(self.steps)
        while self.owner.waits(at(minute)):
            self.note(self.owner.on_time(at(minute)))
        return self.steps[before:]

    def note(self, outcome: InputOutcome) -> InputOutcome:
        """Keep the steps of an outcome."""
        assert outcome.failures == []
        assert [one.reason for one in outcome.audit if one.reason] == []
        self.steps += [one.record for one in outcome.on(CASES)]
        return outcome


def told(steps: list[CaseStep]) -> list[tuple[str, str, str, float]]:
    """Return what steps tell: what, of which case, of which clock, due in which minute."""
    return [
        (
            one.what,
            one.after.title,
            one.details["limit"],
            (datetime.fromisoformat(one.details["due"]) - MONDAY).total_seconds() / 60,
        )
        for one in steps
    ]


def test_timers_when_nobody_accepts_then_warns_before_and_tells_the_breach_once() -> None:
    rig = Rig()
    rig.open(0, "a")

    assert rig.tick(11) == []
    assert told(rig.tick(12)) == [("warned", "a", "accept", 12.0)]
    assert told(rig.tick(14)) == []
    assert told(rig.tick(15)) == [("overdue", "a", "accept", 15.0)]
    assert told(rig.tick(600)) == []


def test_timers_when_it_was_done_in_time_then_nothing_is_told() -> None:
    rig = Rig()
    rig.open(0, "a")
    rig.do(5, "accept", "a")
    rig.do(10, "file", "a")

    assert [one for one in told(rig.tick(20)) if one[2] in {"accept", "verify"}] == []


def test_timers_when_nothing_ran_for_three_days_then_each_once_in_due_order() -> None:
    rig = Rig()
    for number, name in enumerate("abc"):
        rig.open(number, name)
    late = 3 * 24 * 60

    first, again = rig.tick(late), rig.tick(late + 1)

    dues = [due for *_, due in told(first)]
    assert dues == sorted(dues)
    assert [one[:3] for one in told(first)] == [
        *(("warned", name, "accept") for name in "abc"),
        *(("overdue", name, "accept") for name in "abc"),
    ]
    assert {one.at for one in first} == {at(late)}
    assert again == []


def test_timers_when_an_owner_begins_anew_then_what_was_told_is_not_told_again() -> None:
    rig = Rig()
    rig.open(0, "a")
    rig.tick(12)
    other = Rig()
    other.owner.restore(rig.steps)

    assert told(other.tick(16)) == [("overdue", "a", "accept", 15.0)]


def test_timers_when_the_time_in_which_it_could_be_returned_is_over_then_nothing_is_late() -> None:
    rig = Rig()
    rig.open(0, "a")
    rig.do(1, "accept", "a")
    rig.do(2, "file", "a")
    rig.do(3, "dispatch", "a", unit="drainage")

    limits = {limit for _, _, limit, _ in told(rig.tick(14 * 24 * 60))}

    assert limits == {"handle", "sign"}


def test_a_case_that_was_put_aside_comes_back_by_itself_and_its_clock_stood_still() -> None:
    rig = Rig()
    rig.open(0, "a")
    rig.do(1, "accept", "a")
    rig.do(2, "file", "a")
    rig.do(3, "dispatch", "a", unit="drainage")
    rig.do(4, "defer", "a", until=at(24 * 60).isoformat(), comment="等配件")

    (back,) = [one for one in rig.tick(24 * 60 + 1) if one.what == "taken_up_again"]

    assert (back.by, back.after.state, back.after.stage) == ("engine", "handling", "handling")
    due = ENGINE.clocks.due_at(back.after, "handle")
    assert due == at(24 * 60 + 120 - 1)  # one of its 120 minutes was used before


def test_a_case_closed_long_ago_when_the_desk_brings_it_then_it_is_reopened() -> None:
    rig = Rig()
    rig.open(0, "a")
    rig.do(1, "accept", "a")
    rig.do(2, "file", "a")
    rig.do(3, "dispatch", "a", unit="drainage")
    rig.do(4, "resolve", "a", comment="好了")
    rig.do(5, "revisit", "a", result="satisfied")
    closed = rig.steps[-1].after
    rig.owner.held.forget(at(3 * 24 * 60))
    assert rig.owner.records == {}

    record = msgspec.Raw(msgspec.json.encode(closed))
    rig.do(3 * 24 * 60, "reopen", "a", record, comment="又丢了")

    case = rig.steps[-1].after
    assert (case.stage, len(case.legs), case.legs[0].outcome) == ("handling", 2, "closed")
    assert case.version == closed.version + 1


def lost(what: str) -> Rig:
    """Return who had a command done that made two steps, the second of them `what`."""
    rig = Rig()
    rig.open(0, "a")
    rig.open(1, "b")
    split = split_id(str(uuid5(SPACE, "3")))
    if what in {"gathered", "ungathered"}:
        rig.do(2, "merge", "b", into=str(uuid5(SPACE, "a")), comment="x")
    elif what in {"opened", "part_rejoined", "part_split"}:
        rig.do(2, "split", "a", title="另一件", comment="x")
    if what == "ungathered":
        rig.do(3, "undo_merge", "b", comment="x")
    if what in {"part_rejoined", "part_split"}:
        rig.do(3, "undo_split", split, comment="x")
    if what == "part_split":
        rig.do(4, "undo_merge", split, comment="x")
    if what == "flagged":
        rig.do(2, "accept", "a")
        rig.do(3, "file", "a")
        rig.do(4, "dispatch", "a", unit="drainage")
        for minute in (5, 7, 9):
            rig.do(minute, "resolve", "a", comment="x")
            rig.do(minute + 1, "redo", "a", comment="x")
    assert rig.steps[-1].what == what
    return rig


@pytest.mark.parametrize(
    "what", ["gathered", "ungathered", "opened", "part_rejoined", "part_split", "flagged"]
)
def test_command_when_its_owner_died_after_its_first_step_then_the_lost_one_is_made(
    what: str,
) -> None:
    rig = lost(what)
    owner = CaseOwner(ENGINE)
    owner.restore(rig.steps[:-1])

    again = owner.take_command(rig.given[-1], f"c/{rig.sent}", at(60))

    assert again.records(CaseStep) == [rig.steps[-1]]
    assert [one.outcome for one in again.audit] == ["accepted"]


def test_command_when_all_its_steps_were_written_then_only_its_entry_is() -> None:
    rig = lost("opened")
    owner = CaseOwner(ENGINE)
    owner.restore(rig.steps)

    again = owner.take_command(rig.given[-1], f"c/{rig.sent}", at(60))

    assert again.records(CaseStep) == []
    assert len(again.audit) == 1
