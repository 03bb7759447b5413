"""The rule engine of one shard: excerpts and pulses in, episodes out.

It is a function of the records that it was given: no clock, no Kafka, no Faust. The same engine
runs live, in the tests beside the rules, and over history.

A rule that raises is quarantined: it stops, the others go on, and a platform alert says so until
the rule is changed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa
import structlog

from citybrain.alerts.records import Episode
from citybrain.city import City
from citybrain.city.city_box import CityBox, city_box
from citybrain.floor.clock import monotonic
from citybrain.floor.origins import EXERCISE, mark, origin_of_world, plain_of
from citybrain.rules.rule import Rule
from streams.ruling.condition import RuleTime, kind_of
from streams.ruling.intake.inputs import COLUMNS, Excerpt, ExcerptHeader, Pulse
from streams.ruling.intake.read_marks import ReadMarks
from streams.ruling.intake.rows import EventRows, Truths
from streams.ruling.rule_run import RuleRun
from streams.ruling.telling.failed_rules import Quarantine
from streams.ruling.telling.teller import EpisodeTeller, key_of
from streams.ruling.tracker import Telling
from streams.runtime.merged_offsets import MergedOffsets

log = structlog.get_logger(__name__)

HISTORY_MS = 3_600_000
"""A spell that was over for so long when it is first found is history, not an alert."""


class RuleEngine:
    """The rules of one shard."""

    def __init__(
        self,
        rules: Iterable[Rule],
        city: City,
        *,
        partitions: int = 1,
        shard: str = "0",
        history_ms: int = HISTORY_MS,
        world: str = "",
    ) -> None:
        """Start `rules` with nothing known.

        Args:
            rules: the rules of this shard.
            city: whose feeds, kinds and areas they speak of.
            partitions: how many partitions `city.events` has.
            shard: the shard's name.
            history_ms: spells that were over for longer when found are not told.
            world: what the events are of, "" the city's plain one; the ids of alerts differ between
                worlds. In a drill's, rules that wait for silence, or learn what is usual, are left
                out.
        """
        self._city, self._history_ms = city, history_ms
        self._box = city_box(city)
        plain = plain_of(feed.origin for feed in city.feeds.values())
        self._flow = ReadMarks(city.feeds.values(), partitions)
        self._merged = MergedOffsets()
        self._teller = EpisodeTeller(city, shard, mark(world or plain, plain))
        self._exercise = origin_of_world(world) == EXERCISE
        self.running: dict[str, RuleRun] = {}
        self.quarantined = Quarantine(shard)
        self._wanted: dict[str, Rule] = {}
        self._failed: list[tuple[Rule, Exception]] = []
        self._untold = self.rules(rules)

    @property
    def now_ms(self) -> int:
        """Instant that the flow has come to."""
        return self._flow.now_ms

    def rules(self, rules: Iterable[Rule]) -> list[Episode]:
        """Run exactly `rules` from now on; one that judges as before keeps what it knows.

        Return what is to be told: which are in quarantine no more, or are now.
        """
        self._wanted = {rule.id: rule for rule in rules if self._wants(rule)}
        told = self.quarantined.release(self._wanted, self.now_ms)
        before = self.running
        self.running, self._failed = {}, []
        for name, rule in self._wanted.items():
            known = before.get(name)
            if known is not None and known.rule.judgement == rule.judgement:
                known.reword(rule)
                self.running[name] = known
            elif name not in self.quarantined:
                told += self._started(rule)
        return told

    def take(self, records: Sequence[Excerpt | Pulse]) -> list[Episode]:
        """Take records of the shard in, in their order; return what is to be told."""
        told, self._untold = self._untold, []
        told += self._unmade(records)
        excerpts: list[Excerpt] = []
        for record in records:
            if isinstance(record, Excerpt):
                excerpts.append(record)
                continue
            told += self._excerpts(excerpts)
            excerpts = []
            self._flow.beat(record)
            told += self._all(None)
        return told + self._excerpts(excerpts)

    def standing(self) -> list[str]:
        """Return the ids of all alerts that are open."""
        return [
            self._teller.alert(running.rule, self._key(running, slot), spell.start_ms)
            for running in self.running.values()
            for slot, spell in running.tracker.open()
        ]

    def finished(self) -> list[Episode]:
        """Return the end of every open alert: what it was of is over by somebody's word."""
        now = self.now_ms
        return [
            self._teller.episode(
                running.tracker,
                Telling(slot, replace(spell, ended_ms=max(now, spell.start_ms)), "ended"),
                running.evidence(slot),
                now,
            )
            for running in self.running.values()
            for slot, spell in running.tracker.open()
        ]

    def pack(self) -> dict[str, Any]:
        """Return all that is known as plain msgpack values."""
        for running in self.running.values():
            running.wake()
        return {
            "flow": self._flow.pack(),
            "merged": self._merged.table().rows(),
            "quarantined": self.quarantined.pack(),
            "rules": {
                name: {
                    "judgement": running.rule.judgement,
                    "tracker": running.tracker.pack(),
                    "witnesses": running.witnesses.pack(running.tracker.slots),
                    "time": [
                        running.time.now_ms,
                        running.time.watermark_ms,
                        running.time.horizon_ms,
                    ],
                }
                for name, running in self.running.items()
            },
        }

    def unpack(self, state: Mapping[str, Any]) -> None:
        """Take over what `pack` returned, of the rules that still judge as they did."""
        self._flow.unpack(state["flow"])
        self._merged = MergedOffsets.of(state["merged"])
        self.quarantined.unpack(state.get("quarantined", []))
        self._untold += self.quarantined.release(self._wanted, self.now_ms)
        for name in self.quarantined.problems:
            self.running.pop(name, None)
        for name, packed in state["rules"].items():
            running = self.running.get(name)
            if running is not None and running.rule.judgement == packed.get("judgement"):
                running.tracker.unpack(packed["tracker"])
                running.witnesses.unpack(packed["witnesses"])
                running.time = RuleTime(*packed["time"])

    def _wants(self, rule: Rule) -> bool:
        return rule.enabled and (not self._exercise or kind_of(rule).exercised)

    def _excerpts(self, excerpts: Sequence[Excerpt]) -> list[Episode]:
        fresh = [
            one for one in excerpts if self._merged.add(one.header.partition, one.header.offset)
        ]
        if not fresh:
            return []
        limits = [self._flow.note(one.header) for one in fresh]
        told = self._heard([one.header for one in fresh])
        rows = _rows(fresh, limits, self._box)
        return told if rows is None else told + self._all(rows)

    def _heard(self, headers: Sequence[ExcerptHeader]) -> list[Episode]:
        told: list[Episode] = []
        for running in list(self.running.values()):
            if running.tracker.kind.reads == "feeds":
                try:
                    for header in headers:
                        running.tracker.condition.hear(header)
                except Exception as error:
                    told.append(self._quarantine(running.rule, error))
        return told

    def _all(self, rows: EventRows | None) -> list[Episode]:
        """Let every rule work: with `rows`, or with the time that has passed."""
        running = list(self.running.values())
        return [episode for one in running for episode in self._guarded(one, rows)]

    def _guarded(self, running: RuleRun, rows: EventRows | None) -> list[Episode]:
        """Let one rule work; quarantine it when it raises."""
        started = monotonic()
        try:
            seen = rows.changes if rows is not None and running.tracker.kind.changes else rows
            tellings = running.judge(self._flow, self._history_ms, seen)
            now = self._flow.now_ms
            return [
                self._teller.episode(running.tracker, telling, running.evidence(telling.slot), now)
                for telling in tellings
            ]
        except Exception as error:
            return [self._quarantine(running.rule, error)]
        finally:
            running.seconds += monotonic() - started

    def _started(self, rule: Rule) -> list[Episode]:
        try:
            self.running[rule.id] = RuleRun(rule, kind_of(rule), self._city)
        except Exception as error:
            if self.now_ms:
                return [self._quarantine(rule, error)]
            self._failed.append((rule, error))
        return []

    def _unmade(self, records: Sequence[Excerpt | Pulse]) -> list[Episode]:
        """Tell of rules that raised when made, as soon as it is known what time it is."""
        if not records:
            return []
        failed, self._failed = self._failed, []
        now_ms = max(self.now_ms, _instant(records[0]))
        return [
            self._quarantine(rule, error, now_ms)
            for rule, error in failed
            if rule.id not in self.quarantined
        ]

    def _quarantine(self, rule: Rule, error: Exception, now_ms: int | None = None) -> Episode:
        log.error("rule_quarantined", rule=rule.id, exc_info=error)
        self.running.pop(rule.id, None)
        return self.quarantined.put(rule, error, self.now_ms if now_ms is None else now_ms)

    def _key(self, running: RuleRun, slot: int) -> dict[str, str]:
        return key_of(running.rule, running.tracker.condition.slots.keys[slot])


def _instant(record: Excerpt | Pulse) -> int:
    return record.at_ms if isinstance(record, Pulse) else record.header.received_ms


def _rows(
    excerpts: Sequence[Excerpt], limits: Sequence[tuple[int, int]], box: CityBox
) -> EventRows | None:
    """Return the events of `excerpts` that are not too late; None where there are none.

    What changed is never too late: it counts from the first instant on that is still undecided.
    """
    counts = [one.table.num_rows for one in excerpts]
    if not any(counts):
        return None
    table = pa.concat_tables([one.table for one in excerpts]).select(COLUMNS.names)
    at = table["occurred_at"].cast(pa.int64()).to_numpy()
    oldest = np.repeat([low for low, _ in limits], counts)
    newest = np.repeat([high for _, high in limits], counts)
    in_time: Truths = (at >= oldest) & (at <= newest)
    changed = table["updated_at"].is_valid().to_numpy()
    rows = EventRows(table if in_time.all() else table.filter(pa.array(in_time)), box)
    if changed.any():
        since = table["updated_at"].cast(pa.int64()).fill_null(0).to_numpy()
        instants = np.where(changed, np.clip(since, oldest, newest), at)
        kept = in_time | changed
        rows.changes = EventRows(table.filter(pa.array(kept)), box, instants[kept])
    return rows if len(rows) or len(rows.changes) else None
