"""How well the machine tells false closings from true ones: `python -m benchmarks.revisit`.

A thousand gas detectors give a reading a minute, noisy, some lost. Each tells of a leak once; rule
`gas_leak`, the owner of alerts and the owner of cases of the city as it ships make a case of it,
somebody says after a while that it is solved. Where that is true the gas thins out before or
shortly after. Where it is not, the leak goes on; or hovers below the threshold without clearing; or
stops for a while and comes back within the watch. Counted is which cases the machine sends back.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any
from uuid import UUID, uuid5

import numpy as np
import pyarrow as pa
import typer

from benchmarks import report
from benchmarks.harness import ROOT
from citybrain.cases.case_engine import CaseEngine
from citybrain.cases.records import CaseStep
from citybrain.city import City, load_city
from citybrain.floor.events import conform
from citybrain.floor.topics import CASES, COMMANDS
from citybrain.notices.pipeline import NoticePipeline
from citybrain.notices.routing_files import load_routing
from citybrain.workflow.command_seal import CommandSeal
from citybrain.workflow.commands import Actor, Command
from notifier.channel import channel_options
from streams.alerts.alert_cases import AlertCases
from streams.alerts.alert_owner import AlertOwner
from streams.cases.case_owner import CaseOwner
from streams.ruling.engine import RuleEngine
from streams.ruling.intake.inputs import COLUMNS, Excerpt, ExcerptHeader, Pulse
from streams.ruling.rulebook import load_rules

RULE, FEED, KIND = "gas_leak", "gas_detectors", "gas_concentration"
BEGIN = datetime(2026, 3, 2, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
LEAK_FROM, WATCH_MIN, LONGEST_MIN = 10, 120, 330
LOST, NOISE = 0.03, 0.25
FALSE_GOAL, TRUE_GOAL = 0.95, 0.01
_NAMES = UUID("5b0c7c66-55a1-5a0e-8f57-150300000001")
_CHIEF = Actor(user="chief", role="administrator")
_WAY: tuple[tuple[str, dict[str, str]], ...] = (
    ("accept", {}),
    ("file", {}),
    ("dispatch", {"unit": "gas"}),
    ("resolve", {"comment": "x"}),
)


@dataclass(frozen=True)
class Leak:
    """What one detector measures, and when somebody says that it is solved; minutes.

    Attributes:
        sort: ``solved``, ``goes on``, ``hovers`` or ``comes back``.
        claimed: when it is said to be solved.
        closed: when the gas begins to thin out; of one that goes on never.
        back: when it comes back; of others never.
    """

    sort: str
    claimed: int
    closed: float
    back: float

    def percent(self, minute: int) -> float:
        """Return the gas in the air, percent of what explodes, without noise."""
        if minute < LEAK_FROM:
            return 2.0
        if self.sort == "hovers" and minute > self.closed:
            return 7.5
        gone = max(0.0, minute - self.closed)
        leaking = 2.0 + 30.0 * float(np.exp(-gone / 4.0))
        return 32.0 if minute >= self.back else leaking


def main(
    detectors: Annotated[int, typer.Option(help="each with one leak")] = 1_000,
    false_share: Annotated[float, typer.Option(help="of them that are said to be solved")] = 0.3,
) -> None:
    """Let the machine judge, print which were sent back, write results/revisit.json."""
    dice = np.random.default_rng(11)
    leaks = [_leak(dice, false_share) for _ in range(detectors)]
    found = _Center(load_city(ROOT / "cities" / "wuhai")).judge(leaks, dice)
    rows = [
        {"sort": sort, "cases": count, "judged": found[sort, "judged"],
         "sent back": found[sort, "persists"], "share": round(found[sort, "persists"] / count, 4)}
        for sort, count in Counter(leak.sort for leak in leaks).items()
    ]  # fmt: skip
    report.show("closings and what the machine found", list(rows[0]), [[*r.values()] for r in rows])
    wrong = [row for row in rows if row["sort"] != "solved"]
    caught = sum(int(str(row["sent back"])) for row in wrong) / sum(
        int(str(row["cases"])) for row in wrong
    )
    blamed = next(float(str(row["share"])) for row in rows if row["sort"] == "solved")
    report.say(f"false closings sent back {caught:.1%}, true ones {blamed:.1%}")
    told = {"false sent back": caught, "true sent back": blamed}
    report.write("revisit", {"goals": [FALSE_GOAL, TRUE_GOAL], "sorts": rows, **told})
    if caught < FALSE_GOAL or blamed > TRUE_GOAL:
        raise typer.Exit(1)


def _leak(dice: np.random.Generator, false_share: float) -> Leak:
    claimed = LEAK_FROM + int(dice.integers(30, 90))
    never = float("inf")
    if dice.random() >= false_share:
        return Leak("solved", claimed, claimed + float(dice.uniform(-15, 20)), never)
    sort = str(dice.choice(["goes on", "hovers", "comes back"]))
    if sort == "goes on":
        return Leak(sort, claimed, never, never)
    closed = claimed - float(dice.uniform(1, 15))
    back = claimed + float(dice.uniform(10, WATCH_MIN - 15)) if sort == "comes back" else never
    return Leak(sort, claimed, closed, back)


class _Center:
    """Rule, alerts and cases of the city as the processes have them, wired without Kafka."""

    def __init__(self, city: City) -> None:
        rules = load_rules(city)
        engine = CaseEngine.of(city)
        rule = next(one for one in rules.over_events() if one.id == RULE)
        self.city, self.rules = city, RuleEngine([replace(rule, enabled=True)], city)
        pipeline = NoticePipeline(load_routing(city, channel_options()))
        seal = CommandSeal(b"k" * 32)
        self.alerts = AlertOwner(pipeline, AlertCases(engine.setup, seal))
        self.cases = CaseOwner(engine)
        self.found: Counter[tuple[str, str]] = Counter()
        self.leak_of: dict[str, int] = {}

    def judge(self, leaks: list[Leak], dice: np.random.Generator) -> Counter[tuple[str, str]]:
        """Let all leaks go by; return what was found, by sort and verdict."""
        for minute in range(LONGEST_MIN):
            now = BEGIN + minute * MINUTE
            for episode in self.rules.take([*self._readings(leaks, minute, dice)]):
                outcome = self.alerts.take_episode(episode, "rule", now)
                subject = int(episode.key["subject"])
                for one in outcome.on(COMMANDS):
                    if one.record.action == "open":
                        self.leak_of[one.record.target] = subject
                    self._do(one.record, leaks)
            self._work(leaks, minute, now)
            while self.cases.waits(now):
                self._note(self.cases.on_time(now), leaks)
        return self.found

    def _work(self, leaks: list[Leak], minute: int, now: datetime) -> None:
        for case, number in list(self.leak_of.items()):
            if leaks[number].claimed == minute and self.cases.records[case].stage == "reporting":
                for action, details in _WAY:
                    name = uuid5(_NAMES, f"{case} {action}")
                    given: Any = {"details": details, "noun": "case", "at": now}
                    command = Command(
                        id=str(name), action=action, target=case, actor=_CHIEF, **given
                    )
                    self._do(command, leaks)

    def _do(self, command: Command, leaks: list[Leak]) -> None:
        outcome = self.cases.take_command(command, "city.commands/0/0", command.at)
        refused = [entry.reason for entry in outcome.audit if entry.reason]
        if refused or outcome.failures:
            raise RuntimeError(f"{command.action}: {refused} {outcome.failures}")
        self._note(outcome, leaks)

    def _note(self, outcome: Any, leaks: list[Leak]) -> None:
        for one in outcome.on(CASES):
            step: CaseStep = one.record
            if step.what == "machine_revisited":
                sort = leaks[self.leak_of[step.id]].sort
                self.found[sort, step.details["result"]] += 1
                self.found[sort, "judged"] += 1

    def _readings(
        self, leaks: list[Leak], minute: int, dice: np.random.Generator
    ) -> tuple[Excerpt, Pulse]:
        at = BEGIN + minute * MINUTE
        heard = np.flatnonzero(dice.random(len(leaks)) >= LOST)
        values = np.array([leaks[n].percent(minute) for n in heard])
        values = np.maximum(0.0, values + dice.normal(0, NOISE, len(values)))
        rows, at_ms = len(heard), int(at.timestamp() * 1000)

        def all_of(word: str) -> pa.Array:
            return pa.array([word] * rows).dictionary_encode()

        table = pa.table(
            {
                "event_id": pa.array([dice.bytes(16) for _ in range(rows)], pa.binary(16)),
                "feed": all_of(FEED),
                "department": all_of(self.city.feeds[FEED].department),
                "kind": all_of(KIND),
                "occurred_at": pa.array([at] * rows, pa.timestamp("ms", tz="UTC")),
                "area": all_of("150302003"),
                "lon": pa.nulls(rows, pa.float64()),
                "lat": pa.nulls(rows, pa.float64()),
                "severity": pa.array([1] * rows, pa.uint8()),
                "value": pa.array(values),
                "subject": pa.array([str(n) for n in heard]),
                "text": pa.array([""] * rows),
                "attrs": pa.array([[]] * rows, pa.map_(pa.utf8(), pa.utf8())),
                "origin": all_of("live"),
            }
        )
        header = ExcerptHeader(
            partition=0, offset=minute, feed=FEED, department=self.city.feeds[FEED].department,
            accepted=rows, rejected=0, newest_ms=at_ms, received_ms=at_ms,
        )  # fmt: skip
        return Excerpt(header, conform(table, COLUMNS)), Pulse(at_ms, {"0": at_ms})


if __name__ == "__main__":
    typer.run(main)
