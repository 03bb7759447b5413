"""One rule at work in one shard: its events, its keys, its time."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from citybrain.city import City
from citybrain.rules.rule import Rule
from streams.ruling.condition import ConditionKind, RuleTime
from streams.ruling.intake.read_marks import ReadMarks
from streams.ruling.intake.rows import EventRows, Ints
from streams.ruling.intake.selection import Selection, Slots
from streams.ruling.intake.witnesses import Witness, Witnesses
from streams.ruling.reading_age import stale_ms_of
from streams.ruling.tracker import Telling, Tracker

STEP_MS = 10 * 60_000
"""How far time goes at once: a third of the spare buckets of any ring, as events are ahead of the
horizon's last step by one, and of the clock by another."""
_NONE: Ints = np.zeros(0, np.int64)
LIVE_MS = 24 * 3_600_000
"""For how long of an outage time goes by steps where an alert is open: it may end in it."""


class RuleRun:
    """One rule at work.

    Attributes:
        rule: the rule.
        tracker: its keys.
        witnesses: the events behind them.
        time: how far the flow has come for it.
        events: events that it looked at; seconds: what that took.
    """

    def __init__(self, rule: Rule, kind: ConditionKind, city: City) -> None:
        """Start `rule` with nothing known."""
        self.rule = rule
        self.feeds = feeds_of(rule, city)
        lateness = max((city.feeds[feed].lateness_s for feed in self.feeds), default=600)
        self._lateness_ms = lateness * 1000
        condition = kind.make(rule, Slots(), self._lateness_ms, city)
        stale_ms = stale_ms_of(rule, kind, city)
        self.tracker = Tracker(rule, kind, condition, stale_ms and stale_ms + condition.delay_ms)
        self.witnesses = Witnesses()
        self.selection = Selection(rule)
        self.time = RuleTime(0, 0, 0)
        self._slept_until: RuleTime | None = None
        self.events, self.seconds = 0, 0.0

    def reword(self, rule: Rule) -> None:
        """Go on as `rule`, which differs from the one so far only in what it says."""
        self.rule = self.tracker.rule = rule

    def evidence(self, slot: int) -> list[Witness]:
        """Return the newest events behind a key."""
        condition = self.tracker.condition
        return condition.evidence(slot) if condition.makes_keys else self.witnesses.of(slot)

    def judge(self, flow: ReadMarks, history_ms: int, rows: EventRows | None) -> list[Telling]:
        """Take in what the rule looks at of `rows`; return what is to be told now.

        Args:
            flow: how far it has come, `rows` included.
            history_ms: what was over for longer when it is found is not told.
            rows: events that came; None: a pulse did.
        """
        if rows is None and self._sleeps(flow):
            return []
        index = _NONE if rows is None else self._chosen(rows)
        if rows is not None and not len(index):
            return []
        self.wake()
        tellings, done, since = [], 0, flow.now_ms - history_ms
        reached = self._reached(flow.time(self.feeds), pulse=rows is None)
        at_ms = _NONE
        if rows is not None and reached.horizon_ms - self.time.horizon_ms > STEP_MS:
            index = index[np.argsort(rows.at_ms[index], kind="stable")]
            at_ms = rows.at_ms[index]
        for step, count in self._steps(reached, at_ms):
            last = len(index) if step is reached else count
            if rows is not None and last > done:
                self._take(rows, index[done:last])
                done = last
            self.time = step
            self.tracker.room()
            self.tracker.condition.advance(step)
            tellings += self.tracker.judge(step, since, sweep=rows is None)
        if rows is None:
            self.witnesses.drop(self.tracker.forget(tellings))
        return tellings

    def wake(self) -> None:
        """Come to the time of the last pulse, after pulses that were slept through."""
        time, self._slept_until = self._slept_until, None
        if time is None:
            return
        for step, _ in self._steps(self._reached(time, pulse=True), _NONE):
            self.time = step
            self.tracker.condition.advance(step)
            self.tracker.judge(step, step.now_ms, sweep=True)

    def _sleeps(self, flow: ReadMarks) -> bool:
        """Sleep through a pulse that can change nothing; most rules have no key in most shards."""
        condition = self.tracker.condition
        if not condition.sleeps or len(condition.slots):
            return False
        self._slept_until = flow.time(self.feeds)
        return True

    def _chosen(self, rows: EventRows) -> Ints:
        index, condition = self.selection.of(rows), self.tracker.condition
        if len(index) and rows.takes_back and not condition.takes_back:
            index = self._news(rows, index)
        self.events += len(index)
        return condition.chosen(rows, index) if len(index) else index

    def _news(self, rows: EventRows, index: Ints) -> Ints:
        columns = self.tracker.condition.news
        if columns is None:
            return index[rows.signs[index] > 0]
        return rows.news(index, (*self.rule.by, *columns))

    def _take(self, rows: EventRows, index: Ints) -> None:
        condition = self.tracker.condition
        if condition.makes_keys:
            condition.take(rows, index, np.zeros(len(index), np.int64))
            return
        slots = condition.slots.of(rows, index, self.rule.by)
        self.tracker.room()
        condition.take(rows, index, slots)
        chosen = condition.witnesses(rows, index)
        if rows.takes_back:
            chosen = chosen & (rows.signs[index] > 0)
        self.witnesses.add(rows, index[chosen], slots[chosen], condition.live)

    def _reached(self, time: RuleTime, *, pulse: bool) -> RuleTime:
        """Return how far the flow has come.

        Between two pulses the horizon moves only from one line of a grid to the next, so that it
        does not matter into which batches the envelopes between them were split.
        """
        last = self.time
        horizon = time.horizon_ms if pulse else time.horizon_ms // STEP_MS * STEP_MS
        return RuleTime(
            max(time.now_ms, last.now_ms),
            max(time.watermark_ms, last.watermark_ms),
            max(horizon, last.horizon_ms),
        )

    def _steps(self, reached: RuleTime, at_ms: Ints) -> Iterator[tuple[RuleTime, int]]:
        """Yield the instants by which the rule comes to `reached`, mostly that alone.

        After an outage, or while a worker catches up, time jumps. What is known is then made final
        step by step, before rings of buckets let go of it: else an alert would be undone that
        nothing undid.

        Args:
            reached: where it ends.
            at_ms: instants of the events that came, in their order.

        Yields:
            the time, and how many of the events are taken in by then.
        """
        time, taken = self.time, 0
        if not time.horizon_ms and len(at_ms):
            time = self._before(int(at_ms[0]), reached)
        known = time.watermark_ms
        while time.horizon_ms and time.horizon_ms + STEP_MS < reached.horizon_ms:
            if time.horizon_ms >= known + (LIVE_MS if self.tracker.live else 0):
                # Nothing is undecided, or has been for too long: on to the next event.
                ahead = self._before(int(at_ms[taken]), reached) if taken < len(at_ms) else reached
                time = max(time, ahead, key=lambda one: one.horizon_ms)
                if time.horizon_ms + STEP_MS >= reached.horizon_ms:
                    break
            time = RuleTime(
                min(time.now_ms + STEP_MS, reached.now_ms),
                min(time.watermark_ms + STEP_MS, reached.watermark_ms),
                time.horizon_ms + STEP_MS,
            )
            taken = int(np.searchsorted(at_ms, time.horizon_ms + self._lateness_ms))
            known = max(known, int(at_ms[taken - 1])) if taken else known
            yield time, taken
        yield reached, len(at_ms)

    def _before(self, at_ms: int, reached: RuleTime) -> RuleTime:
        """Return the time at which an event of `at_ms` is still to come."""
        return RuleTime(
            min(at_ms, reached.now_ms),
            min(at_ms - STEP_MS, reached.watermark_ms),
            min(at_ms - self._lateness_ms - STEP_MS, reached.horizon_ms),
        )


def feeds_of(rule: Rule, city: City) -> tuple[str, ...]:
    """Return the feeds that may carry what `rule` looks at; of a rule over feeds all."""
    if not rule.kinds:
        return tuple(city.feeds)
    kinds = frozenset(rule.kinds)
    return tuple(feed.id for feed in city.feeds.values() if kinds & frozenset(feed.kinds))
