"""What steps, details and refusals of cases are called, for people; and what a citizen reads."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from citybrain.accounts.roles import ROLES
from citybrain.cases import opening
from citybrain.cases.action_kinds import ACTION_KINDS, WORDS
from citybrain.cases.definition import WorkflowDefinition
from citybrain.cases.linking import followed
from citybrain.cases.records import DEFERRED, ENGINE, MERGED, SUSPENDED, Case
from citybrain.cases.units import Units
from citybrain.floor.reason import Phrases
from citybrain.floor.text import NOTHING, Text
from citybrain.workflow import refusals

HELD_STATES = {
    SUSPENDED: Text("已中止", "suspended"),
    DEFERRED: Text("已挂账", "put aside"),
    MERGED: Text("已并案", "merged into another case"),
}
"""What a case that stands still is called at work."""
DETAILS: Mapping[str, Text] = {
    "alerts": Text("告警", "alerts"),
    "comment": Text("说明", "a few words"),
    "condition": Text("情形", "a condition"),
    "due_at": Text("期限", "a due time"),
    "events": Text("事件", "events"),
    "files": Text("附件", "files"),
    "holds": Text("信号是否出现", "whether its signal is there"),
    "into": Text("并入的案件", "a case to merge into"),
    "kind": Text("类型", "a kind"),
    "level": Text("督办级别", "a level of supervision"),
    "person": Text("经办人", "a person"),
    "rating": Text("评价", "a rating"),
    "result": Text("结果", "a result"),
    "status": Text("来源状态", "how it is at its source"),
    "text": Text("内容", "a text"),
    "title": Text("标题", "a title"),
    "unit": Text("单位", "a unit"),
    "until": Text("挂账至", "until when"),
    "verdict": Text("审核结论", "a verdict"),
}
"""What the details of commands are called."""
_ENGINE_STEPS = {
    "opened": Text("登记", "opened"),
    "warned": Text("即将超期", "nearly out of time"),
    "overdue": Text("超期", "out of time"),
    "flagged": Text("列为问题工单，自动提级督办", "marked as a problem order and escalated"),
    "gathered": Text("并入其他案件", "another case was merged into it"),
    "ungathered": Text("撤销并入", "a merged case stands alone again"),
    "part_split": Text("拆出案件", "a part was split off"),
    "part_rejoined": Text("拆出案件并回", "a part that was split off came back"),
    "moved": Text("流程升级", "moved to another version of its workflow"),
}
STEPS_IN_WORDS: Mapping[str, Text] = {
    **{kind.done: kind.told for kind in ACTION_KINDS.values()},
    **_ENGINE_STEPS,
}
"""What steps of a case's life are called; a workflow may say it otherwise."""
PARTS = {ENGINE: Text("系统", "the system")}
_PHRASES = {
    **WORDS,
    **opening.WORDS,
    "no_case": Text("没有这个案件", "there is no such case"),
    "case_state": Text("案件处于{state}", "the case is in {state}"),
    "case_state_by": Text(
        "案件处于{state}（{by} 操作：{what}）", "the case is in {state} ({what} by {by})"
    ),
    "case_changed": Text(
        "您看到的是第 {expected} 版，之后 {by} 已改动（{what}），"
        "案件处于{state}（第 {version} 版）",
        "you saw version {expected}; since then {by} changed it ({what}), and it is in {state} "
        "(version {version})",
    ),
    "not_your_role_here": Text("此环节由{role}办理", "here that is for: {role}"),
    "not_your_unit": Text("由{unit}办理", "that is for {unit}"),
    "no_workflow_of_case": Text(
        "没有流程 {workflow} 的第 {version} 版",
        "nobody knows version {version} of the workflow {workflow} any more",
    ),
    "no_workflow_version": Text("流程没有第 {version} 版", "there is no version {version} of it"),
    "history_cut": Text("历史不完整，首步缺失", "its first step is missing"),
    "no_such_stage": Text("新版流程没有环节 {stage}", "that version has no stage {stage}"),
}


def phrases_of(definition: WorkflowDefinition | None, units: Units) -> Phrases:
    """Return the words of refusals about a case of a workflow; None: of no known one."""
    stages = definition.stages if definition else {}
    states = {name: stage.title for name, stage in stages.items()} | HELD_STATES
    levels = definition.supervision.levels if definition else {}
    told = _told(definition) if definition else {}
    terms = {
        "state": states,
        "what": {**STEPS_IN_WORDS, **told},
        "name": DETAILS,
        "by": PARTS,
        "level": dict(levels),
        "role": {role.id: role.title for role in ROLES.values()},
        "unit": {name: units.title(name) for name in units.by_id},
    }
    return Phrases(_PHRASES, terms).joined(refusals.PHRASES)


def _told(definition: WorkflowDefinition) -> dict[str, Text]:
    """Return what a workflow calls steps, where it has one name for all that are called so."""
    found: dict[str, set[Text]] = {}
    for _, name, entry in definition.placed():
        kind = ACTION_KINDS[entry.does or name]
        done = kind.done if name == kind.name else name
        found.setdefault(done, set()).add(kind.told if entry.told == NOTHING else entry.told)
    return {done: words.pop() for done, words in found.items() if len(words) == 1}


def citizen_words(
    case: Case, cases: Mapping[str, Case], definitions: Callable[[Case], WorkflowDefinition | None]
) -> Text:
    """Return what a citizen reads of a case; a duplicate says what the one says that it follows."""
    case = followed(case, cases)
    definition = definitions(case)
    if definition is None:
        return NOTHING
    stage = definition.stages.get(case.stage)
    return definition.words.get(case.state) or (stage.words if stage else NOTHING)


def citizen_answer(case: Case, cases: Mapping[str, Case]) -> str:
    """Return what was answered to who reported a case, or the case that it follows."""
    return followed(case, cases).answer
