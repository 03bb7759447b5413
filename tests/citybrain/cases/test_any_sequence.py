"""Any sequence of commands, of whoever, with whatever details, keeps what must always be so."""

from __future__ import annotations

import itertools
from datetime import timedelta
from random import Random
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from citybrain.cases.action_kinds import ACTION_KINDS
from citybrain.cases.clock_turns import running
from citybrain.cases.records import HELD, Case, CaseStep
from citybrain.workflow.commands import Actor
from citybrain.workflow.steps import fold
from tests.citybrain.cases.sample import CENTRE, NOON, CaseDesk, Due, actor, engine, wuhai

UNITS = ("sanitation", "parks", CENTRE, "hotline", "city_management")
ROLES = ("clerk", "dispatcher", "supervisor", "grid_worker", "officer", "administrator", "platform")
OWN_NAMES = ("file", "finish", "ask_citizen", "go_on", "answer")
DULL = ("comment", "attach", "reject", "assign", "reclassify")
ACTIONS = (*ACTION_KINDS, *OWN_NAMES)
actors = st.builds(
    lambda role, unit, n: actor(f"{role}{n}", role, *unit),
    st.sampled_from(ROLES),
    st.sampled_from([(), *((unit,) for unit in UNITS)]),
    st.integers(1, 2),
)
details = st.fixed_dictionaries(
    {
        "comment": st.sampled_from(["", "好"]),
        "unit": st.sampled_from([*UNITS, "nobody"]),
        "result": st.sampled_from(["satisfied", "unsatisfied", "unreached", "x"]),
        "level": st.sampled_from(["reminder", "notice", "escalation", "x"]),
        "verdict": st.sampled_from(["upheld", "rejected"]),
        "condition": st.sampled_from(["a", "b"]),
        "rating": st.sampled_from(["5", "x"]),
        "person": st.just("p"),
        "files": st.just("f1"),
        "title": st.just("另一件"),
        "days": st.integers(-1, 400),
    }
)


sensible = st.fixed_dictionaries(
    {
        "comment": st.just("好"),
        "unit": st.sampled_from(UNITS),
        "result": st.sampled_from(["satisfied", "unsatisfied", "unreached"]),
        "level": st.sampled_from(["reminder", "notice", "escalation"]),
        "verdict": st.sampled_from(["upheld", "upheld", "rejected"]),
        "condition": st.sampled_from(["a", "b"]),
        "rating": st.just("5"),
        "person": st.just("p"),
        "files": st.just("f1"),
        "title": st.just("另一件"),
        "days": st.integers(1, 300),
    }
)


class AnyCommands(RuleBasedStateMachine):
    """Two workflows, many hands."""

    def __init__(self) -> None:
        super().__init__()
        self.desk = CaseDesk()
        self.seen = 0

    @initialize()
    def begin(self) -> None:
        self.desk.open()
        self.desk.open(actor("h", "clerk", "hotline"), kind="hotline_complaint", source="hotline")
        self.desk.handled()
        self.desk.closed()

    @rule(
        who=actors,
        action=st.sampled_from(ACTIONS),
        which=st.integers(0, 9),
        into=st.integers(0, 9),
        given=details,
        stale=st.sampled_from([None, None, 0, -1, 3]),
    )
    def anything(
        self,
        who: Actor,
        action: str,
        which: int,
        into: int,
        given: dict[str, Any],
        stale: int | None,
    ) -> None:
        cases = list(self.desk.cases.values())
        case, other = cases[which % len(cases)], cases[into % len(cases)]
        self._send(who, action, case, {**given, "into": other.id}, stale)

    @rule(chance=st.randoms(use_true_random=False), given=sensible)
    def who_may(self, chance: Random, given: dict[str, Any]) -> None:
        """Do what stands in the case's stage, as somebody whose it mostly is."""
        case, other = (chance.choice(list(self.desk.cases.values())) for _ in range(2))
        flow = engine().flow(case)
        assert flow is not None
        here = [one for (_, stage), one in flow.placed.items() if stage == case.stage]
        if case.state in HELD:
            here = [one for one in here if case.state in one.kind.held]
        placed = chance.choice([one for one in here if one.name not in DULL] or here)
        units = [case.unit, case.unit, flow.definition.centre, case.handler or case.unit, ""]
        units += [part.unit for part in case.open_parts]
        unit, role = chance.choice(units), chance.choice(placed.who)
        who = actor(f"{role}{unit}{chance.randint(1, 2)}", role, *((unit,) if unit else ()))
        self._send(who, placed.name, case, {**given, "into": other.id}, None)

    @rule(late=st.booleans(), over=st.booleans())
    def time_passes(self, late: bool, over: bool) -> None:
        due = {"handle": NOON, "return": NOON} if over else {}
        self.desk.deadlines = Due(due, late=late)
        self.desk.now += timedelta(hours=1)

    def _send(
        self, who: Actor, action: str, case: Case, given: dict[str, Any], stale: int | None
    ) -> None:
        date = (self.desk.now + timedelta(days=given.pop("days", 1))).isoformat()
        given |= {"until": date, "due_at": date}
        expected = None if stale is None else case.version + stale
        before, steps = dict(self.desk.cases), len(self.desk.steps)
        command = self.desk.command(who, action, case.id, expected=expected, **given)
        refused = self.desk.send(command)
        if refused is not None:
            assert self.desk.cases == before
            assert self.desk.said(case, refused)
            return
        for step in self.desk.steps[steps:]:
            check_step(before.get(step.id), step, who)
            before[step.id] = step.after

    @invariant()
    def fold_is_what_is_known(self) -> None:
        assert fold(self.desk.steps) == self.desk.cases

    @invariant()
    def everybody_is_right(self) -> None:
        for case in self.desk.cases.values():
            check_case(case, self.desk.cases)


def check_step(before: Case | None, step: CaseStep, who: Actor) -> None:
    """Hold what every step keeps of the case before."""
    after = step.after
    assert step.version == after.version == (before.version + 1 if before else 1)
    if before is None:
        return
    closed = [leg for leg in before.legs if leg.closed_at is not None]
    assert list(after.legs[: len(closed)]) == closed
    assert after.closed_at == before.closed_at or before.closed_at is None
    assert after.clock[: len(before.clock)] == before.clock
    for name in ("returns", "transfers", "redos", "revisits", "flags", "deferrals", "extensions"):
        assert len(getattr(after, name)) >= len(getattr(before, name))
    assert after.updated_at >= before.updated_at
    ended = before.supervision is not None and after.supervision is None
    if ended and before.supervision is not None:
        watched = {*before.supervision.supervised, before.handler} - {""}
        assert watched.isdisjoint(who.departments)
        assert who.user != before.person
        assert who.role in {"supervisor", "commander", "administrator", "platform"}


def check_case(case: Case, cases: dict[str, Case]) -> None:
    """Hold what is so of every case at any time."""
    definition = wuhai().definitions[case.workflow]
    stage = definition.stages[case.stage]
    assert case.unit in wuhai().units
    assert case.state == case.stage or case.state in HELD
    assert case.unit in case.concerned
    assert set(wuhai().units.path(case.unit)) <= set(case.concerned)
    assert case.open is not bool(stage.ends)
    if stage.at == "handler" and not stage.ends:
        assert case.unit == case.handler
    assert len(case.approved_extensions) <= definition.extensions
    assert len(case.deferrals) <= 1
    check_clock(case)
    check_links(case, cases)


def check_clock(case: Case) -> None:
    """Hold that every clock that started stops once, and that pauses do not lie in each other."""
    definition = wuhai().definitions[case.workflow]
    at = [fact.at for fact in case.clock]
    assert at == sorted(at)
    pause = ""
    runs: set[str] = set()
    for fact in case.clock:
        if fact.what == "started":
            assert fact.limit not in runs
            runs.add(fact.limit)
        elif fact.what == "stopped":
            runs.remove(fact.limit)
        elif fact.what in {"paused", "deferred"}:
            assert pause == ""
            pause = fact.reason
        elif fact.what == "resumed":
            assert fact.reason == pause
            pause = ""
        elif fact.what in {"extended", "changed"}:
            assert fact.limit in runs
    assert sorted(runs) == sorted(running(case.clock))
    still = case.open and (case.state in HELD or definition.stages[case.stage].pauses)
    assert bool(pause) is bool(still)
    own = definition.stages[case.stage].clock
    assert (own in runs) if case.open else runs == set()


def check_links(case: Case, cases: dict[str, Case]) -> None:
    """Hold that links are known at both ends, and lead round in no circle."""
    seen, one = {case.id}, case
    while one.merged_into:
        one = cases[one.merged_into]
        assert one.id not in seen
        seen.add(one.id)
    if case.merged_into:
        parent = cases[case.merged_into]
        assert case.id in {*parent.children, *parent.split_into}
    for child in case.children:
        assert cases[child].merged_into == case.id
    for part in case.split_into:
        assert cases[part].split_from == case.id


AnyCommands.TestCase.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
TestAnyCommands = AnyCommands.TestCase


def test_steps_when_taken_in_any_order_then_the_fold_is_the_newest() -> None:
    desk = CaseDesk()
    desk.closed()
    for steps in itertools.islice(itertools.permutations(desk.steps), 24):
        assert fold([*steps, *steps]) == desk.cases
