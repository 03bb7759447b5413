"""Which rules looked at an event or a place, and why they did or did not fire; pure.

The engine runs again over the time before; then each rule is asked what it measured of the keys in
question at the instant in question.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from citybrain.alerts.records import Episode
from citybrain.city import City
from citybrain.floor.clock import from_millis
from citybrain.rules.rule import Rule
from streams.ruling.engine import RuleEngine
from streams.ruling.fold import Observation
from streams.ruling.intake.inputs import Excerpt, Pulse
from streams.ruling.intake.rows import EventRows
from streams.ruling.rule_run import RuleRun
from streams.ruling.telling.teller import key_of, level_of

NEVER_MS = 10**15
MOST_KEYS = 20


@dataclass(frozen=True)
class ExplainTarget:
    """What is asked about: an event (`event`, 16 bytes), or an area's code, at an instant."""

    at_ms: int
    event: bytes = b""
    area: str = ""

    def of(self, table: pa.Table) -> pa.Table:
        """Return the events of `table` that are meant."""
        if self.event:
            wanted = pa.scalar(self.event, table.schema.field("event_id").type)
            return table.filter(pc.equal(table["event_id"], wanted))
        return table.filter(pc.starts_with(table["area"].cast(pa.utf8()), self.area))


@dataclass(frozen=True)
class RuleFinding:
    """What one rule made of one key.

    Attributes:
        rule: the rule.
        key: name → value; None: it looked at nothing of what is meant.
        reason: why it did or did not fire, a sentence.
        episode: the alert that held at the instant, where there was one.
    """

    rule: Rule
    key: dict[str, str] | None
    reason: str
    episode: Episode | None = None


@dataclass
class ExplainReplay:
    """The engine at work, and what it saw of the target."""

    engine: RuleEngine
    target: ExplainTarget
    met: list[pa.Table] = field(default_factory=list)
    told: dict[str, Episode] = field(default_factory=dict)

    def take(self, records: Iterable[Excerpt | Pulse]) -> None:
        """Take records in, in the order of event time."""
        for record in records:
            for episode in self.engine.take([record]):
                self.told[episode.alert] = episode
            if isinstance(record, Excerpt):
                found = self.target.of(record.table)
                if found.num_rows:
                    self.met.append(found)


def explained(
    rules: Sequence[Rule], city: City, records: Iterable[Excerpt | Pulse], target: ExplainTarget
) -> list[RuleFinding]:
    """Return what `rules` made of `target`, given the records of the time before and just after."""
    replay = ExplainReplay(RuleEngine(rules, city, history_ms=NEVER_MS), target)
    replay.take(records)
    rows = EventRows(pa.concat_tables(replay.met)) if replay.met else None
    found: list[RuleFinding] = []
    for rule in rules:
        running = replay.engine.running.get(rule.id)
        if running is None:
            problem = replay.engine.quarantined.problems.get(rule.id)
            reason = f"raised and was taken out of service: {problem}" if problem else "is off"
            found.append(RuleFinding(rule, None, reason))
        else:
            found += _of_rule(running, rows, replay)
    return found


def _of_rule(running: RuleRun, rows: EventRows | None, replay: ExplainReplay) -> list[RuleFinding]:
    rule, condition = running.rule, running.tracker.condition
    held = [one for one in replay.told.values() if _holds(one, rule, replay.target)]
    if condition.makes_keys:
        return [RuleFinding(rule, one.key, _fired(one), one) for one in held] or [
            RuleFinding(rule, None, "found nothing that belongs together")
        ]
    index = np.empty(0, np.int64) if rows is None else running.selection.of(rows)
    if rows is None or not len(index):
        return [RuleFinding(rule, None, f"looked at none of it{_where(rule)}")]
    known = len(condition.slots)  # an event that measures nothing has a key, but no slot yet
    slots = dict.fromkeys(condition.slots.of(rows, index, rule.by).tolist())
    by_key = {tuple(sorted(one.key.items())): one for one in held}
    findings = []
    for slot in slots:
        key = key_of(rule, condition.slots.keys[slot])
        episode = by_key.get(tuple(sorted(key.items())))
        measured = _measured(running, slot, replay.target.at_ms) if slot < known else None
        reason = _fired(episode) if episode and episode.fired_at else _quiet(measured)
        findings.append(RuleFinding(rule, key, f"{_said(running, measured)}{reason}", episode))
    return sorted(findings, key=lambda one: one.episode is None)[:MOST_KEYS]


def _measured(running: RuleRun, slot: int, at_ms: int) -> Observation | None:
    """Return the last that was measured of a key by the instant."""
    seen = running.tracker.condition.observations(slot, at_ms - 86_400_000)
    return max((one for one in seen if one.at_ms <= at_ms), default=None)


def _said(running: RuleRun, measured: Observation | None) -> str:
    """Return the measure against the nearest threshold: ``count of x in 1h: 3 of 5 (yellow); ``."""
    rule, limits = running.rule, running.rule.thresholds
    if measured is None:
        return ""
    words = running.tracker.kind.measure(rule)
    reached = [rank for rank in limits.ranks if rank <= measured.code]
    rank = reached[-1] if reached else limits.ranks[0]
    return f"{words}: {measured.value:g} of {limits.of_rank(rank):g} ({level_of(rank)}); "


def _quiet(measured: Observation | None) -> str:
    if measured is None:
        return "nothing was measured by then"
    if measured.code > 0:
        return "did not fire: not for long enough, or not often enough"
    return "did not fire: the threshold was not reached"


def _fired(episode: Episode) -> str:
    fired = episode.fired_at or episode.started_at
    until = f", ended {episode.ended_at:%Y-%m-%d %H:%M:%S}Z" if episode.ended_at else ""
    return f"fired {fired:%Y-%m-%d %H:%M:%S}Z at {episode.peak}{until}"


def _holds(episode: Episode, rule: Rule, target: ExplainTarget) -> bool:
    """Tell whether an alert of `rule` held at the instant that is asked about."""
    if episode.rule != rule.id or episode.state == "revised":
        return False
    if target.area and episode.area and not episode.area.startswith(target.area):
        return False
    starts = episode.started_at <= from_millis(target.at_ms)
    return starts and (episode.ended_at is None or episode.ended_at >= from_millis(target.at_ms))


def _where(rule: Rule) -> str:
    if not rule.where:
        return ""
    return ", as it asks for " + ", ".join(f"{name} {test}" for name, test in rule.where.items())
