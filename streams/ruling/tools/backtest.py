"""What rules would have told over a time that is past; by the engine that runs live.

Two rulebooks (the present one and another version) are judged side by side on the same events,
and compared alert by alert.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from statistics import median
from zoneinfo import ZoneInfo

from citybrain.alerts.records import Episode
from citybrain.city import City
from citybrain.floor.clock import from_millis
from citybrain.floor.levels import RANKS
from streams.ruling.engine import RuleEngine
from streams.ruling.intake.inputs import Excerpt, Pulse
from streams.ruling.over_alerts.composer import Composer
from streams.ruling.rulebook import Rulebook

NEVER_MS = 10**15
SAME = timedelta(hours=1)
"""Alerts of one rule and key that begin within this time of each other are the same one."""


@dataclass
class BacktestResult:
    """What one rulebook told.

    Attributes:
        alerts: the last that was told of each alert that fired and was not revised.
        quarantined: rules that raised → what.
        seconds: rule → what it took.
        events: events that were looked at by any rule, each as often as rules looked.
    """

    alerts: dict[str, Episode] = field(default_factory=dict)
    quarantined: dict[str, str] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    events: dict[str, int] = field(default_factory=dict)

    def narrowed(self, since: datetime, names: Collection[str]) -> BacktestResult:
        """Return what was told of the rules `names` (none: all) that fired at or after `since`."""
        return BacktestResult(
            {
                alert: one
                for alert, one in self.alerts.items()
                if _fired(one) >= since and (not names or one.rule in names)
            },
            self.quarantined,
            self.seconds,
            self.events,
        )


class Judge:
    """Runs one rulebook over records."""

    def __init__(self, rulebook: Rulebook, city: City) -> None:
        """Start with nothing known."""
        self._engine = RuleEngine(rulebook.over_events(), city, history_ms=NEVER_MS)
        self._composer = Composer(rulebook.over_alerts(), city)
        self._told: dict[str, Episode] = {}

    def take(self, records: Sequence[Excerpt | Pulse]) -> None:
        """Take records in, in the order of event time."""
        for episode in self._engine.take(records):
            self._note(episode)
        for composed in self._composer.tick(from_millis(self._engine.now_ms)):
            self._note(composed)

    def judged(self) -> BacktestResult:
        """Return what was told so far."""
        running = self._engine.running.values()
        return BacktestResult(
            alerts={
                name: one
                for name, one in self._told.items()
                if one.fired_at is not None and one.state != "revised"
            },
            quarantined=self._engine.quarantined.problems | self._composer.quarantined.problems,
            seconds={one.rule.id: one.seconds for one in running},
            events={one.rule.id: one.events for one in running},
        )

    def _note(self, episode: Episode) -> None:
        self._told[episode.alert] = episode
        for composed in self._composer.take(episode, episode.told_at):
            self._note(composed)


@dataclass(frozen=True)
class Difference:
    """How two versions differ.

    Attributes:
        added: alerts that only the new one tells; removed: only the old one.
        earlier: for those that both tell: how much earlier the new one fires (negative: later).
        raised, lowered: of those, how many reach a higher or lower level.
    """

    added: tuple[Episode, ...]
    removed: tuple[Episode, ...]
    earlier: tuple[timedelta, ...]
    raised: int
    lowered: int

    @property
    def median_earlier(self) -> timedelta:
        """Median of `earlier` over the alerts that moved at all; zero where none did."""
        moved = [step.total_seconds() for step in self.earlier if step]
        return timedelta(seconds=median(moved)) if moved else timedelta()


def run(judges: Sequence[Judge], records: Iterable[Excerpt | Pulse]) -> int:
    """Let all `judges` take `records`; return how many events there were."""
    events, batch = 0, list[Excerpt | Pulse]()
    for record in records:
        batch.append(record)
        if isinstance(record, Excerpt):
            events += record.table.num_rows
            continue
        for judge in judges:
            judge.take(batch)
        batch = []
    return events


def compare(old: Iterable[Episode], new: Iterable[Episode]) -> Difference:
    """Return how the alerts of `new` differ from those of `old`."""
    unmatched: dict[tuple[str, str], list[Episode]] = {}
    for episode in old:
        unmatched.setdefault(_place(episode), []).append(episode)
    added, pairs = [], []
    for episode in sorted(new, key=_fired):
        match = _nearest(episode, unmatched.get(_place(episode), []))
        if match is None:
            added.append(episode)
        else:
            unmatched[_place(episode)].remove(match)
            pairs.append((match, episode))
    return Difference(
        added=tuple(added),
        removed=tuple(one for rest in unmatched.values() for one in rest),
        earlier=tuple(_fired(before) - _fired(after) for before, after in pairs),
        raised=sum(RANKS[after.peak] > RANKS[before.peak] for before, after in pairs),
        lowered=sum(RANKS[after.peak] < RANKS[before.peak] for before, after in pairs),
    )


def per_day(alerts: Iterable[Episode], zone: ZoneInfo) -> Mapping[str, Counter[str]]:
    """Return date (ISO, of the city) → level → alerts that fired on it."""
    days: dict[str, Counter[str]] = {}
    for episode in alerts:
        day = _fired(episode).astimezone(zone).date().isoformat()
        days.setdefault(day, Counter())[episode.peak] += 1
    return dict(sorted(days.items()))


def _place(episode: Episode) -> tuple[str, str]:
    return episode.rule, "\x1f".join(
        f"{name}={value}" for name, value in sorted(episode.key.items())
    )


def _fired(episode: Episode) -> datetime:
    return episode.fired_at or episode.started_at


def _nearest(episode: Episode, others: Sequence[Episode]) -> Episode | None:
    """Return the one of `others` that is the same alert as `episode`."""
    near = [one for one in others if _overlap(one, episode)]
    return min(near, key=lambda one: abs(_fired(one) - _fired(episode)), default=None)


def _overlap(one: Episode, other: Episode) -> bool:
    if abs(_fired(one) - _fired(other)) <= SAME:
        return True
    first, second = sorted((one, other), key=_fired)
    return first.ended_at is None or first.ended_at >= _fired(second)
