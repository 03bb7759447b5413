"""One rule at work in one shard: its events, its keys, its time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from citybrain.config import City
from streams.rules.condition import Kind, RuleTime
from streams.rules.flow import Flow
from streams.rules.rows import Rows
from streams.rules.rule import Rule
from streams.rules.selection import Selection, Slots
from streams.rules.tracker import Tracker
from streams.rules.witnesses import Witness, Witnesses

STEP_MS = 20 * 60_000
"""How far time goes at once; less than the spare buckets of any ring."""
LIVE_MS = 24 * 3_600_000
"""For how long of an outage time goes by steps where an alert is open: it may end in it."""


class Running:
    """One rule at work.

    Attributes:
        rule: the rule.
        tracker: its keys.
        witnesses: the events behind them.
        time: how far the flow has come for it.
        events: events that it looked at; seconds: what that took.
    """

    def __init__(self, rule: Rule, kind: Kind, city: City) -> None:
        """Start `rule` with nothing known."""
        self.rule = rule
        self.feeds = feeds_of(rule, city)
        lateness = max((city.feeds[feed].lateness_s for feed in self.feeds), default=600)
        condition = kind.make(rule, Slots(), lateness * 1000, city)
        self.tracker = Tracker(rule, kind, condition)
        self.witnesses = Witnesses()
        self.selection = Selection(rule)
        self.time = RuleTime(0, 0, 0)
        self.events, self.seconds = 0, 0.0

    def take(self, rows: Rows) -> bool:
        """Take in what the rule looks at; return whether there was any."""
        condition, index = self.tracker.condition, self.selection.of(rows)
        self.events += len(index)
        index = condition.chosen(rows, index) if len(index) else index
        if not len(index):
            return False
        if condition.makes_keys:
            condition.take(rows, index, np.zeros(len(index), np.int64))
            return True
        slots = condition.slots.of(rows, index, self.rule.by)
        self.tracker.room()
        condition.take(rows, index, slots)
        chosen = condition.witnesses(rows, index)
        self.witnesses.add(rows, index[chosen], slots[chosen], condition.live)
        return True

    def reword(self, rule: Rule) -> None:
        """Go on as `rule`, which differs from the one so far only in what it says."""
        self.rule = self.tracker.rule = rule

    def evidence(self, slot: int) -> list[Witness]:
        """Return the newest events behind a key."""
        condition = self.tracker.condition
        return condition.evidence(slot) if condition.makes_keys else self.witnesses.of(slot)

    def judge(self, flow: Flow, history_ms: int, *, sweep: bool) -> list[Any]:
        """Return what is to be told now.

        The horizon moves with pulses alone, so that nothing is final between two pulses and it
        does not matter into which batches the envelopes between them were split.
        """
        time = flow.time(self.feeds)
        reached = RuleTime(
            max(time.now_ms, self.time.now_ms),
            max(time.watermark_ms, self.time.watermark_ms),
            max(time.horizon_ms, self.time.horizon_ms) if sweep else self.time.horizon_ms,
        )
        self.tracker.room()
        tellings = []
        for step in self._steps(reached):
            self.time = step
            self.tracker.condition.advance(step)
            tellings += self.tracker.judge(step, flow.now_ms - history_ms, sweep=sweep)
        if sweep and not tellings:  # what was just told is said with its key
            self.witnesses.drop(self.tracker.forget())
        return tellings

    def _steps(self, reached: RuleTime) -> Iterator[RuleTime]:
        """Yield the instants by which the rule comes to `reached`, mostly that alone.

        After an outage time jumps. What is known is then made final step by step, before rings of
        buckets let go of it: else an alert would be undone that nothing undid.
        """
        time = before = self.time
        while before.horizon_ms and time.horizon_ms + STEP_MS < reached.horizon_ms:
            last = before.watermark_ms + (LIVE_MS if self.tracker.live else 0)
            if time.horizon_ms >= last:
                break
            time = RuleTime(
                min(time.now_ms + STEP_MS, reached.now_ms),
                min(time.watermark_ms + STEP_MS, reached.watermark_ms),
                time.horizon_ms + STEP_MS,
            )
            yield time
        yield reached


def feeds_of(rule: Rule, city: City) -> tuple[str, ...]:
    """Return the feeds that may carry what `rule` looks at; of a rule over feeds all."""
    if not rule.kinds:
        return tuple(city.feeds)
    kinds = frozenset(rule.kinds)
    return tuple(feed.id for feed in city.feeds.values() if kinds & frozenset(feed.kinds))
