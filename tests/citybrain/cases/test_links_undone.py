"""Any sequence of merges, splits and undos that is undone returns to the same fold."""

from __future__ import annotations

from random import Random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from citybrain.cases.records import Case
from citybrain.workflow.steps import fold
from tests.citybrain.cases.sample import CLERK, DISPATCHER, CaseDesk

HISTORY = {"version", "updated_at", "touched", "touched_by", "touched_what", "clock"}
"""What a case remembers of how it came to be as it is; all else is what it is."""
INVERSE = {
    "merge": "undo_merge",
    "split": "undo_split",
    "undo_merge": "merge",
    "undo_split": "undo_merge",
}


def standing(desk: CaseDesk) -> dict[str, dict[str, Any]]:
    """Return every case as it is, apart from its history; parts that are back count as no cases."""
    cases = fold(desk.steps)
    back = {
        one.id for one in cases.values() if one.split_from and one.merged_into == one.split_from
    }
    found = {}
    for name, case in cases.items():
        if name in back:
            continue
        fields = {
            field: getattr(case, field) for field in case.__struct_fields__ if field not in HISTORY
        }
        fields["split_into"] = tuple(one for one in case.split_into if one not in back)
        found[name] = fields
    return found


class Linked:
    """Cases that are put together and taken apart at random."""

    def __init__(self, chance: Random) -> None:
        self.desk, self.chance = CaseDesk(), chance
        self.done: list[tuple[str, str, str]] = []
        for number in range(4):
            self.desk.handled() if number % 2 else self.desk.open()

    def case(self) -> Case:
        return self.chance.choice(list(self.desk.cases.values()))

    def act(self, action: str, target: str, into: str = "") -> bool:
        given = {"into": into, "title": "另一件"}
        command = self.desk.command(DISPATCHER, action, target, comment="x", **given)
        return self.desk.send(command) is None

    def anything(self) -> None:
        """Do one that is accepted, and remember what undoes it."""
        for _ in range(50):
            action, case, other = self.chance.choice(list(INVERSE)), self.case(), self.case()
            before = case.merged_into
            if not self.act(action, case.id, other.id):
                continue
            if action == "split":
                new = self.desk.steps[-1].id
                self.done.append(("undo_split", new, ""))
            elif (
                action == "undo_merge"
                and case.split_from == before
                and (
                    case.id not in self.desk.cases[before].children
                    and case.id in self.desk.cases[before].split_into
                )
            ):
                self.done.append(("undo_split", case.id, ""))
            else:
                self.done.append((INVERSE[action], case.id, before))
            return

    def go_on(self) -> None:
        """Let somebody say something of any case: it changes no link."""
        case = self.case()
        self.desk.do(CLERK, "attach", case, files=f"{case.version:032x}")


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32))
def test_links_when_twenty_of_them_are_undone_then_the_fold_is_the_same(seed: int) -> None:
    linked = Linked(Random(seed))  # noqa: S311
    before = standing(linked.desk)
    for _ in range(20):
        linked.anything()
    assert len(linked.done) == 20
    for action, target, into in reversed(linked.done):
        assert linked.act(action, target, into), (action, linked.desk.refused)
    assert standing(linked.desk) == before


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32))
def test_links_when_all_are_undone_in_any_order_then_the_fold_is_the_same(seed: int) -> None:
    linked = Linked(Random(seed))  # noqa: S311
    before = standing(linked.desk)
    for _ in range(20):
        linked.anything()
    undo_all(linked)
    assert standing(linked.desk) == before


def undo_all(linked: Linked) -> None:
    """Undo every merge, in any order, and then every split."""
    for _ in range(200):
        cases = linked.desk.cases.values()
        merged = [one for one in cases if one.id in _children(linked.desk, one)]
        if not merged:
            break
        assert linked.act("undo_merge", chosen(linked, merged))
    for _ in range(200):
        cases = linked.desk.cases.values()
        split = [one for one in cases if one.split_from and not one.merged_into]
        if not split:
            break
        assert linked.act("undo_split", chosen(linked, split))


def chosen(linked: Linked, cases: list[Case]) -> str:
    return linked.chance.choice(cases).id


def _children(desk: CaseDesk, case: Case) -> tuple[str, ...]:
    parent = desk.cases.get(case.merged_into)
    return parent.children if parent else ()


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32))
def test_links_when_cases_went_on_in_between_then_only_that_is_different(seed: int) -> None:
    linked = Linked(Random(seed))  # noqa: S311
    before = standing(linked.desk)
    for _ in range(10):
        linked.anything()
        linked.go_on()
    undo_all(linked)
    after = standing(linked.desk)
    assert {name: {**one, "attachments": ()} for name, one in after.items()} == before
