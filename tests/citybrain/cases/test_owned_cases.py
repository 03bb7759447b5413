"""Cases in the owner that all records share: a command is done once, whatever comes twice."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta

import msgspec
from msgspec.structs import replace

from citybrain.cases.action_kind import CaseContext
from citybrain.cases.case_engine import OPEN
from citybrain.cases.case_snapshot import CasesSnapshot, read_cases_snapshot
from citybrain.cases.records import Case, CaseStep
from citybrain.floor.reason import Reason
from citybrain.floor.topics import ALERTS
from citybrain.workflow.commands import Command
from streams.owned.held_records import HeldRecords
from streams.owned.outcome import InputOutcome
from streams.owned.records_owner import RecordsOwner
from tests.citybrain.cases.sample import (
    CLERK,
    DISPATCHER,
    NOON,
    SANITATION,
    CaseDesk,
    actor,
    engine,
    wuhai,
)

CASE = str(uuid.UUID(int=7))
RECORD = msgspec.Raw(b'{"kind": "exposed_rubbish", "title": "x", "source": "clerk"}')


class CaseOwner(RecordsOwner[Case, CaseStep]):
    """As little as an owner of cases has to say."""

    def __init__(self) -> None:
        held = HeldRecords[Case](lambda case: case.open, lambda _case: None, {})
        super().__init__("case", ALERTS, held)

    def act(
        self, command: Command, cause: str, now: datetime, outcome: InputOutcome
    ) -> Reason | None:
        context = CaseContext(now, self.records, number=f"WH-20260302-{len(self.records) + 1:06}")
        decision = engine().decide(command, context, cause)
        for step in decision.steps:
            self.changed(step, now, outcome)
        return decision.refusal

    def changed(self, change: CaseStep, now: datetime, outcome: InputOutcome) -> None:
        self.apply(change, outcome)

    def on_due(self, record: Case, now: datetime, outcome: InputOutcome) -> None:
        raise NotImplementedError


def command(number: int, action: str, who: object = CLERK, **details: str) -> Command:
    return Command(
        id=str(uuid.UUID(int=number)),
        action=action,
        target=CASE,
        noun="case",
        actor=who,  # type: ignore[arg-type]  # an Actor
        at=NOON + timedelta(minutes=number),
        details=details,
        record=RECORD if action == OPEN else msgspec.Raw(b"null"),
    )


def filled() -> tuple[CaseOwner, list[Command], list[CaseStep]]:
    owner = CaseOwner()
    commands = [
        command(1, OPEN),
        command(2, "accept"),
        command(3, "file"),
        command(4, "dispatch", DISPATCHER, unit="sanitation"),
        command(5, "resolve", SANITATION, comment="x"),
    ]
    steps: list[CaseStep] = []
    for one in commands:
        outcome = owner.take_command(one, "c", one.at)
        assert [entry.outcome for entry in outcome.audit] == ["accepted"]
        steps += outcome.records(CaseStep)
    return owner, commands, steps


def test_command_when_it_comes_twice_then_it_is_done_once() -> None:
    owner, commands, steps = filled()
    assert [step.version for step in steps] == [1, 2, 3, 4, 5]
    for one in commands:
        assert owner.take_command(one, "again", one.at).outputs == []
    assert owner.records[CASE].version == 5


def test_command_when_it_comes_again_after_a_restart_then_only_its_entry_is_written() -> None:
    _, commands, steps = filled()
    owner = CaseOwner()
    owner.restore(steps)
    for one in commands:
        outcome = owner.take_command(one, "again", one.at)
        assert outcome.records(CaseStep) == []
        assert len(outcome.audit) == 1
    assert owner.records[CASE] == steps[-1].after


def test_commands_when_two_clerks_act_at_once_then_one_conflict_says_who_did_what() -> None:
    owner, _, _ = filled()
    seen = owner.records[CASE].version
    one = replace(command(6, "redo", comment="x"), expected=seen)
    two = replace(
        command(7, "revisit", actor("ge", "grid_worker", "city_management_centre"), result="x"),
        expected=seen,
        details={"result": "satisfied"},
    )
    assert owner.take_command(one, "c", one.at).audit[0].outcome == "accepted"
    entry = owner.take_command(two, "c", two.at).audit[0]
    assert (entry.outcome, entry.reason) == ("refused", "case_state_by")
    assert entry.arguments == {"state": "handling", "what": "sent_back", "by": "cao"}


def test_command_when_refused_then_the_audit_log_says_why_and_nothing_else_is_written() -> None:
    owner, _, _ = filled()
    late = command(6, "dispatch", DISPATCHER, unit="parks")
    outcome = owner.take_command(late, "c", late.at)
    assert [entry.reason for entry in outcome.audit] == ["case_state_by"]
    assert len(outcome.outputs) == 1


def test_step_when_written_and_read_again_then_it_is_the_same() -> None:
    desk = CaseDesk()
    desk.closed()
    decoder = msgspec.json.Decoder(CaseStep)
    for step in desk.steps:
        assert decoder.decode(msgspec.json.encode(step)) == step


def test_step_when_the_click_was_before_the_last_step_then_its_instant_is_not() -> None:
    owner, _, _ = filled()
    late = replace(command(6, "comment", comment="x"), at=NOON)
    outcome = owner.take_command(late, "c", NOON + timedelta(hours=1))
    (step,) = outcome.records(CaseStep)
    assert step.at == owner.records[CASE].updated_at == NOON + timedelta(minutes=5)


def test_case_when_nobody_knows_its_workflow_any_more_then_says_so() -> None:
    desk = CaseDesk()
    case = desk.open()
    desk.cases[case.id] = replace(case, workflow_version=9)
    said = "nobody knows version 9 of the workflow city_management any more"
    assert desk.refusal(CLERK, "accept", desk.cases[case.id]) == said
    assert wuhai().definition("city_management", 9) is None


def test_snapshot_when_read_then_the_cases_are_the_same_and_share_their_words() -> None:
    desk = CaseDesk()
    cases = [desk.handled(), desk.closed()]
    state = msgspec.msgpack.encode(CasesSnapshot(cases, 7))

    found = read_cases_snapshot(state)

    assert found == CasesSnapshot(cases, 7)
    first, second = found.cases
    assert first.workflow is second.workflow
    assert first.clock[0].limit is second.clock[0].limit
