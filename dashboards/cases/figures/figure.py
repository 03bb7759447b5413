"""What is counted of cases: each figure is defined once, as SQL over table ``case_figures``.

The same two conditions make the number and the list of the cases behind it: which cases a figure
is about in a period, and which of them it counts. `{since}` and `{until}` stand for the instants of
the period; the limit of signing for and those of closing are the city's, and bound by who asks.

What is counted of a case is what was until its first closing. A reopening is counted where it came
before the end of the period; between later closings a case counts as open.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from citybrain.floor.text import Text

Part = Literal["all", "hits", "rest"]
"""The cases that a figure is about; those that it counts; the others."""
FEWEST = 10
"""Of fewer cases no rate is said, but the counts alone: one case more would turn it over."""
GOOD = 4
"""A rating from which on somebody is satisfied."""
_CLOSED = "(closed_at >= {since} AND closed_at < {until})"
_SIGN = "indexOf(clocks, {sign_limit:String})"
_SIGN_FROM, _SIGN_TO = f"clocks_started[{_SIGN}]", f"clocks_stopped[{_SIGN}]"
_SIGN_LATE = "has(late_first, {sign_limit:String})"


@dataclass(frozen=True)
class Figure:
    """One figure.

    Attributes:
        title: what it is called.
        about: SQL: the cases that it is about.
        counts: SQL: which of them it counts; "": it is their number, no rate.
        better: whether it is good that it grows.
        unit: column of the unit that a case is counted with.
        told: what exactly is counted.
        has_mean: whether the mean rating is told beside it.
    """

    title: Text
    about: str
    told: Text
    counts: str = ""
    better: Literal["more", "less", ""] = ""
    unit: Literal["handler", "first_handler"] = "handler"
    has_mean: bool = False

    def condition(self, part: Part) -> str:
        """Return the SQL of the cases of a part of it."""
        if part == "all" or not self.counts:
            return self.about
        return f"({self.about} AND {'' if part == 'hits' else 'NOT '}({self.counts}))"


FIGURES: Mapping[str, Figure] = {
    "opened": Figure(
        Text("立案", "Opened"),
        "(opened_at >= {since} AND opened_at < {until})",
        Text("时段内登记的案件", "cases opened in the period"),
    ),
    "closed": Figure(
        Text("办结", "Closed"),
        _CLOSED,
        Text("时段内首次办结的案件", "cases closed for the first time in the period"),
        better="more",
    ),
    "open": Figure(
        Text("未结", "Still open"),
        "(opened_at < {until} AND (last_closed_at IS NULL OR last_closed_at >= {until})"
        " AND NOT follows"
        " AND (closed_at IS NULL OR closed_at >= {until} OR reopened_at < {until}))",
        Text("时段末未办结，不含已并案", "open at its end, but for those that follow another"),
        better="less",
    ),
    "signed": Figure(
        Text("按时签收率", "Signed in time"),
        f"({_SIGN_FROM} >= {{since}} AND {_SIGN_FROM} < {{until}}"
        f" AND ({_SIGN_TO} >= {_SIGN_FROM} OR {_SIGN_LATE}))",
        Text(
            "时段内首次派到单位、已签收或已超时的案件；按首个单位统计",
            "first given to a unit in the period, signed for or too late by now; by that unit",
        ),
        f"NOT {_SIGN_LATE}",
        "more",
        "first_handler",
    ),
    "on_time": Figure(
        Text("按时办结率", "Closed in time"),
        f"({_CLOSED} AND NOT exempt)",
        Text(
            "首次办结前整案时限未超（无整案时限的流程：各环节均未超）；申诉成立的不计",
            "no limit of the whole case ran out, or of no stage where the workflow has none; "
            "without those exempt after an appeal",
        ),
        "NOT hasAny(late, {closing_limits:Array(String)})",
        "more",
    ),
    "redone": Figure(
        Text("发回重办率", "Redone"),
        _CLOSED,
        Text("办结的案件中曾发回重办的", "closed, and sent back to be redone before"),
        "redos > 0",
        "less",
    ),
    "reopened": Figure(
        Text("重开率", "Reopened"),
        _CLOSED,
        Text("办结的案件中时段内又重开的", "closed, and opened again before the period's end"),
        "ifNull(reopened_at < {until}, false)",
        "less",
    ),
    "moved": Figure(
        Text("退转率", "Returned or transferred"),
        _CLOSED,
        Text(
            "办结的案件中曾退回或转办的；按首个单位统计",
            "closed, and returned or transferred before; by the first unit",
        ),
        "moves > 0",
        "less",
        "first_handler",
    ),
    "not_seen": Figure(
        Text("报结未消除率", "Said solved, and was not"),
        f"({_CLOSED} AND watched)",
        Text(
            "办结且有监测信号的案件中，报结后信号仍在或复现的",
            "closed and measured by a signal that was still there, or back, after it was said "
            "to be solved",
        ),
        "not_seen > 0",
        "less",
    ),
    "satisfied": Figure(
        Text("满意率", "Satisfied"),
        f"({_CLOSED} AND rating > 0)",
        Text(
            f"办结并有评价的案件中 {GOOD} 星及以上的", f"closed and rated, with {GOOD} of 5 or more"
        ),
        f"rating >= {GOOD}",
        "more",
        has_mean=True,
    ),
}
ALIVE = "(opened_at < {until} AND (last_closed_at IS NULL OR last_closed_at >= {since}))"
"""All cases that a figure can be about are among these; told by columns that are quick to read."""
STAGE_PASSED = f"({_CLOSED} AND has(stages, {{stage:String}}))"
"""The cases that the times of a stage are of."""
