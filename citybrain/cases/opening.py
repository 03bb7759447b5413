"""How a case begins: what is brought, what it is called, which workflow it goes by; pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache

import msgspec

from citybrain.cases.case_parts import Leg, Signal
from citybrain.cases.definition import CENTRE, HANDLER, WorkflowDefinition
from citybrain.cases.personal_numbers import masked
from citybrain.cases.records import Case, Source
from citybrain.city.references import RecordFault
from citybrain.floor.duration import seconds, words
from citybrain.floor.levels import LEVELS
from citybrain.floor.origins import Origin
from citybrain.floor.reason import Reason
from citybrain.floor.strict import suggest
from citybrain.floor.text import Text

ATTRIBUTE = "attrs."
LONGEST_WATCH_S, LONGEST_WITHIN_S = 12 * 3600, 31 * 86_400
"""A case that was closed is held for a day, so its signal is watched for less."""
LONGEST_TITLE, LONGEST_TEXT, MOST_SEVERE = 200, 10_000, 4
WORDS = {
    "bad_opening": Text("案件内容有误：{problem}", "that is no case: {problem}"),
    "bad_case_id": Text("案件标识不是 UUID：{given}", "the id of a case is a UUID, not {given}"),
    "case_exists": Text("案件已存在：{number}", "there is such a case already: {number}"),
    "no_kind": Text("没有“{given}”这个类型", "there is no kind '{given}'"),
    "no_area": Text("没有“{given}”这个区域", "there is no area '{given}'"),
    "no_workflow": Text("没有适用于“{kind}”的流程", "no workflow fits the kind '{kind}'"),
    "bad_title": Text("标题须有 1 至 {most} 字", "a title has 1 to {most} characters"),
    "text_too_long": Text("内容最多 {most} 字", "a text has {most} characters at the most"),
    "bad_severity": Text("紧急程度须为 0 至 4：{given}", "severity is 0 to 4, not {given}"),
}
"""Why a case is not opened."""
_SERIAL = re.compile(r"(?P<prefix>.+)-(?P<day>\d{8})-(?P<serial>\d{6,})")


class CaseOpening(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What somebody brings to open a case: the `record` of a command ``open``.

    Attributes:
        workflow: id of the workflow; "": the one that the city has for such a matter.
        signal: id of the signal that its alert tells of, which makes it the case of that signal's
            next alerts too; "": it is of none.
        watch_s: seconds for which that is watched once the case is said to be solved.
        handler: unit that has to deal with it, where that is known; "": a dispatcher says.
        others: as in `Case`.
    """

    kind: str
    title: str
    source: Source
    workflow: str = ""
    handler: str = ""
    condition: str = ""
    text: str = ""
    area: str = ""
    lon: float | None = None
    lat: float | None = None
    origin: Origin = "live"
    drill: str = ""
    outside: dict[str, str] = {}
    severity: int = 1
    attachments: tuple[str, ...] = ()
    alerts: tuple[str, ...] = ()
    events: tuple[str, ...] = ()
    signal: str = ""
    watch_s: int = 0

    def without_numbers(self) -> CaseOpening:
        """Return it with nobody's telephone, identity card or mail address in its words."""
        return msgspec.structs.replace(self, title=masked(self.title), text=masked(self.text))

    def as_record(self) -> msgspec.Raw:
        """Return it as a command carries it: what goes on the bus says nobody's numbers."""
        return msgspec.Raw(msgspec.json.encode(self.without_numbers()))


@dataclass(frozen=True)
class WorkflowChoice:
    """Which matters go by a workflow; what is not given fits all.

    Attributes:
        workflow: id of it.
        kinds, themes, sources: of the matter.
    """

    workflow: str
    kinds: tuple[str, ...] = ()
    themes: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()

    def fits(self, kind: str, theme: str, source: str) -> bool:
        """Return whether a matter goes by it."""
        asked = ((self.kinds, kind), (self.themes, theme), (self.sources, source))
        return all(not known or given in known for known, given in asked)


@dataclass(frozen=True)
class AlertMatter:
    """Which alerts become a case by themselves; what is not given fits all.

    Attributes:
        rules, themes, levels: of the alert.
        kind: of the case; "": the first kind of the alert.
        watch: for how long the signal is watched once the case is said to be solved.
    """

    rules: tuple[str, ...] = ()
    themes: tuple[str, ...] = ()
    levels: tuple[str, ...] = ()
    kind: str = ""
    watch: str = "2h"


@dataclass(frozen=True)
class EventMatter:
    """Which records of feeds become a case by themselves, and what moves it.

    Attributes:
        feeds: ids of the feeds; at least one.
        kinds: of the records that do; none: all, but for those of `closed_by`.
        workflow: by which it goes; "": the one that the city has for such a matter.
        record: name of the attribute (``attrs.<name>``) that names the matter; "": the record.
        closed_by: kinds of events that report the matter solved, as a status ``closed`` does.
        within: a record that is older when it comes becomes no case; it is history.
    """

    feeds: tuple[str, ...]
    kinds: tuple[str, ...] = ()
    workflow: str = ""
    record: str = ""
    closed_by: tuple[str, ...] = ()
    within: str = "3d"


@dataclass(frozen=True)
class CasesFile:
    """What a city's cases.yaml says.

    Attributes:
        number: how the numbers of its cases begin.
        workflows: which matter goes by which; the first that fits counts.
        alerts: which alerts become a case; the first that fits counts.
        events: which records of feeds do.
    """

    number: str
    workflows: tuple[WorkflowChoice, ...]
    alerts: tuple[AlertMatter, ...] = ()
    events: tuple[EventMatter, ...] = ()


def chosen(choices: tuple[WorkflowChoice, ...], kind: str, theme: str, source: str) -> str:
    """Return the workflow of a matter; "": none fits."""
    fitting = (one.workflow for one in choices if one.fits(kind, theme, source))
    return next(fitting, "")


def check_cases_file(
    found: CasesFile, known: Mapping[str, frozenset[str]]
) -> Iterator[RecordFault]:
    """Yield what is wrong with a cases.yaml.

    Args:
        found: that.
        known: ``workflow``, ``kind``, ``theme``, ``source`` → their ids.
    """
    if not re.fullmatch(r"[A-Z]{1,8}", found.number):
        yield RecordFault("number", f"{found.number!r} begins no number", "give 1 to 8 capitals")
    if not found.workflows:
        yield RecordFault("workflows", "no workflow", "say which matter goes by which")
    for index, choice in enumerate(found.workflows):
        item = f"workflows[{index}]"
        named = {"kind": choice.kinds, "theme": choice.themes, "source": choice.sources}
        if choice.workflow not in known["workflow"]:
            problem = f"unknown workflow {choice.workflow!r}"
            remedy = suggest(choice.workflow, known["workflow"])
            yield RecordFault(f"{item}.workflow", problem, remedy)
        yield from _unknown(item, named, known)
    for index, alerts in enumerate(found.alerts):
        item = f"alerts[{index}]"
        if alerts.kind and alerts.kind not in known["kind"]:
            problem, remedy = f"unknown kind {alerts.kind!r}", suggest(alerts.kind, known["kind"])
            yield RecordFault(f"{item}.kind", problem, remedy)
        named = {"theme": alerts.themes, "level": alerts.levels}
        yield from _unknown(item, named, {**known, "level": frozenset(LEVELS)})
        yield from _span(f"{item}.watch", alerts.watch, LONGEST_WATCH_S)
    for index, events in enumerate(found.events):
        yield from _events(f"events[{index}]", events, known)


def _events(
    item: str, one: EventMatter, known: Mapping[str, frozenset[str]]
) -> Iterator[RecordFault]:
    if not one.feeds:
        yield RecordFault(f"{item}.feeds", "no feed", "name those whose records become cases")
    named = {"feed": one.feeds, "kind": one.kinds}
    yield from _unknown(item, named, known)
    for place, name in enumerate(one.closed_by):
        if name not in known["kind"]:
            problem, remedy = f"unknown kind {name!r}", suggest(name, known["kind"])
            yield RecordFault(f"{item}.closed_by[{place}]", problem, remedy)
    if one.workflow and one.workflow not in known["workflow"]:
        problem, remedy = (
            f"unknown workflow {one.workflow!r}",
            suggest(one.workflow, known["workflow"]),
        )
        yield RecordFault(f"{item}.workflow", problem, remedy)
    if one.record and not one.record.startswith(ATTRIBUTE):
        remedy = f"give {ATTRIBUTE}<name>, or leave it out"
        yield RecordFault(f"{item}.record", f"{one.record!r} is no attribute", remedy)
    yield from _span(f"{item}.within", one.within, LONGEST_WITHIN_S)


def _span(item: str, given: str, most_s: int) -> Iterator[RecordFault]:
    try:
        found = seconds(given)
    except ValueError:
        found = 0
    if not 0 < found <= most_s:
        remedy = f"give 1m to {words(most_s)}"
        yield RecordFault(item, f"{given!r} is no such time", remedy)


def _unknown(
    item: str, named: Mapping[str, tuple[str, ...]], known: Mapping[str, frozenset[str]]
) -> Iterator[RecordFault]:
    for what, names in named.items():
        for place, name in enumerate(names):
            if name not in known[what]:
                problem, remedy = f"unknown {what} {name!r}", suggest(name, known[what])
                yield RecordFault(f"{item}.{what}s[{place}]", problem, remedy)


def words_refusal(opening: CaseOpening) -> Reason | None:
    """Return why the words or the severity of an opening cannot be."""
    if not 1 <= len(opening.title.strip()) <= LONGEST_TITLE:
        return Reason("bad_title", {"most": str(LONGEST_TITLE)})
    if len(opening.text) > LONGEST_TEXT:
        return Reason("text_too_long", {"most": str(LONGEST_TEXT)})
    severe = not 0 <= opening.severity <= MOST_SEVERE
    return Reason("bad_severity", {"given": str(opening.severity)}) if severe else None


def _signal(opening: CaseOpening, at: datetime) -> Signal | None:
    if not opening.signal:
        return None
    alert = next(iter(opening.alerts), "")
    return Signal(id=opening.signal, alert=alert, since=at, watch_s=opening.watch_s)


@lru_cache(maxsize=16)
def case_number(prefix: str, day: date, serial: int) -> str:
    """Return what people call the `serial`th case of a day of the city."""
    return f"{prefix}-{day:%Y%m%d}-{serial:06}"


def serial_of(number: str, prefix: str, day: date) -> int:
    """Return the serial in a number of that day, 0 where it is of another or none."""
    found = _SERIAL.fullmatch(number)
    ours = found and (found["prefix"], found["day"]) == (prefix, f"{day:%Y%m%d}")
    return int(found["serial"]) if found and ours else 0


def first_case(
    definition: WorkflowDefinition,
    opening: CaseOpening,
    *,
    case_id: str,
    number: str,
    by: str,
    at: datetime,
) -> Case:
    """Return a case as it begins, before its first step; what follows is not in it yet."""
    stage = definition.stages[definition.start]
    handler = opening.handler or definition.centre
    unit = {CENTRE: definition.centre, HANDLER: handler}.get(stage.at, stage.at)
    given = msgspec.structs.asdict(opening)
    del given["workflow"], given["watch_s"]
    given["signal"] = _signal(opening, at)
    return Case(
        **given,
        id=case_id,
        version=0,
        state=definition.start,
        updated_at=at,
        number=number,
        workflow=definition.id,
        workflow_version=definition.version,
        stage=definition.start,
        unit=unit,
        legs=(Leg(opened_at=at, opened_by=by),),
    )
