"""Cases that are one, and cases that are two: merge, split, and the way back from both; pure.

Nothing is ever copied: a case that follows another one is linked to it, and keeps its own stage,
its own words and its own legs. So undoing a link gives back what was there, whatever went on in
between: the case stands where it stood, and has lost only the time for which it followed.

A split makes a case of its own; undoing the split lets it follow what it came from, which goes on
naming it.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping

from msgspec.structs import replace

from citybrain.accounts.roles import DISPATCH_CASES
from citybrain.cases.action_kind import ActionKind, Also, CaseContext, PlacedAction
from citybrain.cases.opening import CaseOpening, first_case, words_refusal
from citybrain.cases.records import DEFERRED, MERGED, SUSPENDED, Case
from citybrain.floor.origins import Deed, permits
from citybrain.floor.reason import Reason
from citybrain.floor.text import Text
from citybrain.workflow import refusals
from citybrain.workflow.commands import Actor, Command
from citybrain.workflow.scope import Scope

WORDS = {
    "no_other_case": Text("没有这个案件：{given}", "there is no such case: {given}"),
    "same_case": Text("不能并入自身", "a case does not follow itself"),
    "merge_circle": Text("{number}已并入本案", "{number} follows this case already"),
    "other_is_closed": Text("{number}已结案", "{number} is closed"),
    "other_out_of_scope": Text(
        "{number}不在您负责的部门或区域内", "{number} is outside what you act for"
    ),
    "lesser_case": Text(
        "模拟、回放或演练的案件不能并入更真实的案件",
        "a case that is simulated, replayed or an exercise gathers nothing that is more real",
    ),
    "not_split": Text("案件不是拆分出来的", "it was not split from another case"),
    "not_its_own": Text(
        "拆出的{what}不属于本案：{given}", "what is split off is not its own: {given}"
    ),
    "no_number": Text("没有可用的案件编号", "there is no number for a new case"),
}
"""Why cases are not put together or taken apart."""
_NAMESPACE = uuid.UUID("2a0d6b5e-6f0b-5a58-9c55-1503004a1e27")
_MOST_LINKS = 1_000


def followed(case: Case, cases: Mapping[str, Case]) -> Case:
    """Return the case that `case` follows in the end, itself where it stands alone."""
    for _ in range(_MOST_LINKS):
        parent = cases.get(case.merged_into)
        if parent is None:
            break
        case = parent
    return case


def followers(case: Case, cases: Mapping[str, Case]) -> list[Case]:
    """Return the cases that follow `case`, however far; each hears what `case` is told."""
    found: list[Case] = []
    waiting = [*case.children, *case.split_into]
    while waiting and len(found) < _MOST_LINKS:
        one = cases.get(waiting.pop())
        if one is not None and one.merged_into:
            found.append(one)
            waiting += [*one.children, *one.split_into]
    return sorted(found, key=lambda one: one.number)


def split_id(command: str) -> str:
    """Return the id of the case that a command splits off, the same for the same command."""
    return str(uuid.uuid5(_NAMESPACE, command))


def _may_gather(
    placed: PlacedAction, case: Case, command: Command, context: CaseContext
) -> Reason | None:
    del placed
    given = command.details["into"]
    parent = context.cases.get(given)
    if parent is None:
        return Reason("no_other_case", {"given": given})
    if parent.id == case.id:
        return Reason("same_case")
    last = followed(parent, context.cases)
    reasons = {
        "other_out_of_scope": not Scope.of(command.actor).covers(parent),
        "merge_circle": last.id == case.id,
        "other_is_closed": not last.open,
        "lesser_case": not permits(Deed.GROUP, parent.world, case.world),
    }
    refused = next((code for code, holds in reasons.items() if holds), None)
    return Reason(refused, {"number": parent.number}) if refused else None


def _merge(placed: PlacedAction, case: Case, command: Command) -> Case:
    del placed
    return replace(case, merged_into=command.details["into"])


def _gathered(
    placed: PlacedAction, case: Case, command: Command, context: CaseContext
) -> Iterable[Also]:
    del placed
    parent = context.cases[command.details["into"]]
    children = tuple(sorted({*parent.children, case.id}))
    return (Also(parent, "gathered", replace(parent, children=children)),)


def _undo_merge(placed: PlacedAction, case: Case, command: Command) -> Case:
    del placed, command
    return replace(case, merged_into="")


def _ungathered(
    placed: PlacedAction, case: Case, command: Command, context: CaseContext
) -> Iterable[Also]:
    del placed, command
    parent = context.cases.get(case.merged_into)
    if parent is None:
        return ()
    if case.id not in parent.children:  # it is a split that was undone, and is done again
        return (Also(parent, "part_split", parent),)
    children = tuple(one for one in parent.children if one != case.id)
    return (Also(parent, "ungathered", replace(parent, children=children)),)


def _names(command: Command, name: str) -> tuple[str, ...]:
    given = command.details.get(name, "")
    return tuple(one for one in given.split(",") if one)


def _own_parts(placed: PlacedAction, case: Case, command: Command) -> Reason | None:
    opening = _part(case, command)
    if not placed.knows_kind(opening.kind):
        return Reason("no_kind", {"given": opening.kind})
    for name, own in (("alerts", case.alerts), ("events", case.events)):
        for given in _names(command, name):
            if given not in own:
                return Reason("not_its_own", {"what": name, "given": given})
    return words_refusal(opening)


def _has_number(
    placed: PlacedAction, case: Case, command: Command, context: CaseContext
) -> Reason | None:
    del placed, case, command
    return None if context.number else Reason("no_number")


def _split(placed: PlacedAction, case: Case, command: Command) -> Case:
    del placed
    return replace(case, split_into=tuple(sorted({*case.split_into, split_id(command.id)})))


def _was_split(placed: PlacedAction, actor: Actor, case: Case) -> Reason | None:
    del placed, actor
    return None if case.split_from else Reason("not_split")


def _may_rejoin(
    placed: PlacedAction, case: Case, command: Command, context: CaseContext
) -> Reason | None:
    del placed
    origin = context.cases.get(case.split_from)
    if origin is None:
        return Reason("no_other_case", {"given": case.split_from})
    if not Scope.of(command.actor).covers(origin):
        return refusals.SCOPE
    circle = followed(origin, context.cases).id == case.id
    return Reason("merge_circle", {"number": origin.number}) if circle else None


def _undo_split(placed: PlacedAction, case: Case, command: Command) -> Case:
    del placed, command
    return replace(case, merged_into=case.split_from)


def _rejoined(
    placed: PlacedAction, case: Case, command: Command, context: CaseContext
) -> Iterable[Also]:
    del placed, command
    origin = context.cases[case.split_from]
    return (Also(origin, "part_rejoined", origin),)


def _part(case: Case, command: Command) -> CaseOpening:
    """Return what is split off: where it is and how urgent as the case, in words of its own."""
    given = command.details
    return CaseOpening(
        kind=given.get("kind") or case.kind,
        title=given["title"],
        text=given.get("text", ""),
        source=case.source,
        area=case.area,
        lon=case.lon,
        lat=case.lat,
        origin=case.origin,
        drill=case.drill,
        severity=case.severity,
        alerts=_names(command, "alerts"),
        events=_names(command, "events"),
    )


def _split_off(
    placed: PlacedAction, case: Case, command: Command, context: CaseContext
) -> Iterable[Also]:
    one = first_case(
        placed.definition,
        _part(case, command),
        case_id=split_id(command.id),
        number=context.number,
        by=command.actor.user,
        at=command.at,
    )
    return (Also(None, "opened", replace(one, split_from=case.id)),)


KINDS = (
    ActionKind(
        name="merge",
        done="merged",
        title=Text("并案", "Merge"),
        told=Text("并案", "merged"),
        grant=DISPATCH_CASES,
        apply=_merge,
        by="anyone",
        needs=("into", "comment"),
        held=(SUSPENDED, DEFERRED),
        answered_by=("undo_merge",),
        linked=_may_gather,
        also=_gathered,
    ),
    ActionKind(
        name="undo_merge",
        done="unmerged",
        title=Text("撤销并案", "Undo the merge"),
        told=Text("撤销并案", "merge undone"),
        grant=DISPATCH_CASES,
        apply=_undo_merge,
        by="anyone",
        needs=("comment",),
        held=(MERGED,),
        only_held=True,
        also=_ungathered,
    ),
    ActionKind(
        name="split",
        done="split",
        title=Text("拆分", "Split"),
        told=Text("拆分", "split"),
        grant=DISPATCH_CASES,
        apply=_split,
        by="anyone",
        needs=("title", "comment"),
        answered_by=("undo_split",),
        fits=_own_parts,
        linked=_has_number,
        also=_split_off,
    ),
    ActionKind(
        name="undo_split",
        done="unsplit",
        title=Text("撤销拆分", "Undo the split"),
        told=Text("撤销拆分", "split undone"),
        grant=DISPATCH_CASES,
        apply=_undo_split,
        by="anyone",
        needs=("comment",),
        held=(SUSPENDED, DEFERRED),
        allowed=_was_split,
        linked=_may_rejoin,
        also=_rejoined,
    ),
)
