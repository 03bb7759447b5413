"""Rules over other rules' alerts: episodes in, episodes out; pure.

What is known are the episodes of the rules that are read, those that hold and those that ended
within a day. The episodes of a composite are a function of that set and of the present instant, by
arithmetic of time spans; so their order of arrival does not matter, and a desk that knows all
alerts can restore it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from msgspec.structs import replace

from citybrain.alerts.levels import RANKS
from citybrain.alerts.records import Episode, Evidence, Text, alert_id
from citybrain.config import City
from streams.conditions import composite
from streams.rules.rule import Rule
from streams.rules.tell import filled, level_of

REMEMBERED = timedelta(hours=24)
SHARD = "composer"
_CUT = {"district": 6, "street": 9, "area": 15}
_WHOLE = ("district", "street")
Key = tuple[str, ...]


class Span(NamedTuple):
    """A stretch of time; `end` None: it goes on."""

    start: datetime
    end: datetime | None


class Composer:
    """The composites of a city."""

    def __init__(self, rules: Sequence[Rule], city: City) -> None:
        """Evaluate `rules` with nothing known."""
        self._city = city
        self._rules = {rule.id: rule for rule in rules if rule.enabled}
        self._readers: dict[str, list[Rule]] = defaultdict(list)
        for rule in self._rules.values():
            for name in dict.fromkeys(composite.refers(rule)):
                self._readers[name].append(rule)
        self._known: dict[tuple[str, Key], dict[str, Episode]] = defaultdict(dict)
        self._told: dict[tuple[str, Key], dict[str, Episode]] = defaultdict(dict)

    def restore(self, episodes: Iterable[Episode]) -> None:
        """Take over what was told before, one's own episodes too; nothing is told of it."""
        for episode in episodes:
            rule = self._rules.get(episode.rule)
            if rule is not None:
                key = tuple(episode.key.get(name, "") for name in rule.by)
                self._told[rule.id, key][episode.alert] = episode
            self._note(episode)

    def take(self, episode: Episode, now: datetime) -> list[Episode]:
        """Return what is to be told because of `episode`."""
        return [
            told for rule, key in self._note(episode) for told in self._evaluate(rule, key, now)
        ]

    def tick(self, now: datetime) -> list[Episode]:
        """Return what time alone brings: alerts that ended are over for good after a while."""
        told = []
        for rule_id, key in list(self._told):
            rule = self._rules.get(rule_id)
            if rule is not None and rule.condition.within and self._told[rule_id, key]:
                told += self._evaluate(rule, key, now)
        self._forget(now)
        return told

    def _note(self, episode: Episode) -> list[tuple[Rule, Key]]:
        """Take note of an episode; return which composites it may change."""
        changed = []
        for rule in self._readers.get(episode.rule, ()):
            key = key_of(rule, episode)
            if key is None:
                continue
            known = self._known[rule.id, key]
            if episode.state in ("firing", "ended") and episode.fired_at is not None:
                known[episode.alert] = episode
            elif known.pop(episode.alert, None) is None:
                continue
            changed.append((rule, key))
        return changed

    def _evaluate(self, rule: Rule, key: Key, now: datetime) -> list[Episode]:
        known = list(self._known[rule.id, key].values())
        told = self._told[rule.id, key]
        fresh = {}
        for span in spans(rule, known, now):
            episode = self._episode(rule, key, span, known, now)
            fresh[episode.alert] = episode
        out = [one for name, one in fresh.items() if _differs(told.get(name), one)]
        for name, one in told.items():
            if name not in fresh and one.state != "revised" and _recent(one, now):
                out.append(replace(one, state="revised", told_at=now))
        self._told[rule.id, key] = {**told, **{one.alert: one for one in out}}
        return out

    def _episode(
        self, rule: Rule, key: Key, span: Span, known: Sequence[Episode], now: datetime
    ) -> Episode:
        named = dict(zip(rule.by, key, strict=True))
        behind = [one for one in known if _touches(one, span, rule.condition.within)]
        last = max(behind, key=lambda one: (one.fired_at or one.started_at, one.alert))
        level = level_of(RANKS[str(rule.level)])
        over = span.end is not None and span.end <= now
        words = _words(behind)
        return Episode(
            alert=alert_id(rule.id, named, span.start.isoformat()),
            rule=rule.id,
            version=rule.version,
            key=named,
            state="ended" if over else "firing",
            level=level,
            peak=level,
            started_at=span.start,
            fired_at=span.start,
            ended_at=span.end if over else None,
            told_at=now,
            title=Text(rule.title.zh, rule.title.en),
            summary=self._summary(rule, named, last, words),
            theme=rule.theme,
            kinds=_distinct(kind for one in behind for kind in one.kinds),
            feeds=_distinct(feed for one in behind for feed in one.feeds),
            departments=_distinct(name for one in behind for name in one.departments),
            area=_area(named, last),
            subject=last.subject,
            lon=last.lon,
            lat=last.lat,
            labels=dict(rule.labels),
            origin=min((one.origin for one in behind), key=_ORIGINS.index),
            response=Text(rule.response.zh, rule.response.en) if rule.response else Text("", ""),
            shard=SHARD,
            evidence=Evidence(
                measure=composite.KIND.measure(rule),
                words=words,
                events=_distinct(event for one in behind for event in one.evidence.events)[:10],
            ),
        )

    def _summary(self, rule: Rule, key: dict[str, str], last: Episode, words: Text) -> Text:
        area = self._city.areas.get(_area(key, last))
        place = (area.title.zh, area.title.en) if area else ("全市", "the city")
        facts = {name: (value, value) for name, value in key.items()}
        facts |= {"place": place, "subject": (last.subject, last.subject)}
        facts |= {"rule": (rule.title.zh, rule.title.en)}
        zh = filled(rule.summary.zh, facts, 0, words.zh)
        return Text(zh, filled(rule.summary.en, facts, 1, words.en))

    def _forget(self, now: datetime) -> None:
        for store in (self._known, self._told):
            for place in list(store):
                kept = {name: one for name, one in store[place].items() if _recent(one, now)}
                if kept:
                    store[place] = kept
                else:
                    del store[place]


_ORIGINS = ("exercise", "simulated", "replay", "live")


def key_of(rule: Rule, episode: Episode) -> Key | None:
    """Return what `rule` tells `episode` apart by; None where the episode does not have that."""
    parts = []
    for name in rule.by:
        digits = _CUT.get(name)
        value = episode.key.get(name, "") if digits is None else episode.area[:digits]
        if not value or (name in _WHOLE and len(value) != digits):
            return None
        parts.append(value)
    return tuple(parts)


def spans(rule: Rule, known: Iterable[Episode], now: datetime) -> list[Span]:
    """Return when `rule` holds, given the episodes of the rules that it reads."""
    options: composite.Options = rule.condition
    by_rule: dict[str, list[Span]] = defaultdict(list)
    for episode in known:
        start = episode.fired_at or episode.started_at
        end = episode.ended_at + options.within if episode.ended_at else None
        by_rule[episode.rule].append(Span(start, end))
    points = sorted({at for found in by_rule.values() for span in found for at in span if at})
    found: list[Span] = []
    for at in points:
        holds = _holds(options, by_rule, at)
        if holds and (not found or found[-1].end is not None):
            found.append(Span(at, None))
        elif not holds and found and found[-1].end is None:
            found[-1] = Span(found[-1].start, at)
    return [span for span in found if span.start <= now]


def _holds(options: composite.Options, by_rule: dict[str, list[Span]], at: datetime) -> bool:
    def on(name: str) -> bool:
        return any(s.start <= at and (s.end is None or at < s.end) for s in by_rule.get(name, ()))

    every = all(on(name) for name in options.all_)
    some = not options.any_ or any(on(name) for name in options.any_)
    return every and some and not any(on(name) for name in options.none)


def _touches(episode: Episode, span: Span, within: timedelta) -> bool:
    start = episode.fired_at or episode.started_at
    end = episode.ended_at + within if episode.ended_at else None
    return (span.end is None or start < span.end) and (end is None or span.start < end)


def _differs(before: Episode | None, after: Episode) -> bool:
    if before is None:
        return True
    return (before.state, before.ended_at) != (after.state, after.ended_at)


def _recent(episode: Episode, now: datetime) -> bool:
    return episode.ended_at is None or now - episode.ended_at < REMEMBERED


def _words(behind: Sequence[Episode]) -> Text:
    titles = {one.rule: one.title for one in sorted(behind, key=lambda one: one.rule)}
    zh = "、".join(title.zh for title in titles.values())
    return Text(zh, ", ".join(title.en for title in titles.values()))


def _area(key: dict[str, str], last: Episode) -> str:
    return next((key[name] for name in ("area", "street", "district") if key.get(name)), last.area)


def _distinct(words: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(words))
