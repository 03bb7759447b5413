"""How people of a city have to handle alerts: what handling.yaml of its folder says."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from citybrain.city.references import RecordFault, check_id
from citybrain.floor.levels import LEVELS, RANKS
from citybrain.floor.strict import suggest
from citybrain.floor.text import Text

SHORTEST, LONGEST = timedelta(minutes=1), timedelta(hours=24)
RESULTS = {
    "handled": Text("已处置，隐患消除", "handled, the danger is gone"),
    "transferred": Text("已移交责任单位", "handed to who is responsible"),
    "watched": Text("继续观察，暂不处置", "watched, nothing to be done yet"),
    "false_alarm": Text("误报（现场核实无异常）", "false alarm, checked on the spot"),
    "device_fault": Text("设备或数据故障", "a fault of the device or the data"),
    "test": Text("测试或演练", "a test or an exercise"),
}
"""What can come of an alert, where the city says nothing else."""


@dataclass(frozen=True)
class HandlingPolicy:
    """What is asked of those who handle alerts.

    Attributes:
        answer_within: who was given an alert accepts or declines it in this time, or it goes back.
        explained: levels; who closes an alert that reached one says a result, and words.
        second_person: levels; an alert that reached one is closed by two people alone.
        results: id → what came of an alert, for people to choose from.
    """

    answer_within: timedelta = timedelta(minutes=15)
    explained: tuple[str, ...] = ("orange", "red")
    second_person: tuple[str, ...] = ()
    results: Mapping[str, Text] = field(default_factory=lambda: dict(RESULTS))

    def result_title(self, result: str) -> Text:
        """Return what a result is called; its id where the city no longer has it."""
        return self.results.get(result) or RESULTS.get(result) or Text(result, result)


def check_handling(policy: HandlingPolicy) -> Iterator[RecordFault]:
    """Yield what is wrong with a policy."""
    if not SHORTEST <= policy.answer_within <= LONGEST:
        yield RecordFault("answer_within", f"{policy.answer_within}", "give 1m to 24h")
    for name in ("explained", "second_person"):
        for index, level in enumerate(getattr(policy, name)):
            if level not in RANKS:
                item = f"{name}[{index}]"
                yield RecordFault(item, f"unknown level {level!r}", suggest(level, LEVELS))
    for result in policy.results:
        for found in check_id(result):
            yield RecordFault(f"results.{result}", found.problem, found.remedy)
    if not policy.results:
        yield RecordFault("results", "no result", "list what can come of an alert, or leave it out")
