"""Rules over other rules' alerts: episodes in, episodes out; pure.

What is known are the episodes of the rules that are read, those that hold and those that ended so
lately that they may have counted within a day. The episodes of a composite are a function of that
set and of the present instant, by arithmetic of time spans; so their order of arrival does not
matter, and an owner that knows all alerts can restore it. What was over a day ago is settled: it is
not told again, and what went on then keeps the beginning that it was told with, though what it
began with is forgotten. After a restart more is settled: the owner knows of a day alone.

A rule that raises is quarantined, as in the engine.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta

import structlog
from msgspec.structs import replace

from citybrain.alerts.records import Episode, Evidence, alert_id
from citybrain.city import City
from citybrain.floor.clock import millis
from citybrain.floor.levels import RANKS
from citybrain.floor.origins import least, mark, plain_of
from citybrain.floor.text import EN, NOTHING, ZH, Text
from citybrain.rules.rule import Rule
from streams.ruling.condition import kind_of
from streams.ruling.intake.selection import Slots
from streams.ruling.over_alerts.read_alerts import Key, Place, ReadAlerts
from streams.ruling.over_alerts.settled import is_settled, lasting
from streams.ruling.over_alerts.spans import REMEMBERED, AlertSpan, OverAlerts
from streams.ruling.telling.failed_rules import Quarantine
from streams.ruling.telling.teller import distinct, filled, level_of

log = structlog.get_logger(__name__)

SWEEP_EVERY = timedelta(minutes=10)
SHARD = "composer"
AT_ONCE = datetime.min.replace(tzinfo=UTC)


class Composer:
    """The rules over alerts of a city."""

    def __init__(self, rules: Sequence[Rule], city: City, *, world: str = "") -> None:
        """Evaluate `rules` with nothing known.

        Args:
            rules: the rules over alerts.
            city: whose areas they speak of.
            world: what the alerts are of, "" the city's plain one; the ids of composites differ
                between worlds.
        """
        self._city = city
        plain = plain_of(feed.origin for feed in city.feeds.values())
        self._mark = mark(world or plain, plain)
        self._shard = f"{SHARD}{self._mark}"
        self._rules = {rule.id: rule for rule in rules if rule.enabled}
        self._readers: dict[str, list[Rule]] = defaultdict(list)
        self._conditions: dict[str, OverAlerts] = {}
        for rule in self._rules.values():
            kind = kind_of(rule)
            self._conditions[rule.id] = kind.make(rule, Slots(), 0, city)
            for name in dict.fromkeys(kind.refers(rule)):
                self._readers[name].append(rule)
        self._heard = ReadAlerts()
        self._whole_since: datetime | None = AT_ONCE
        self._told: dict[Place, dict[str, Episode]] = defaultdict(dict)
        self._due: dict[Place, datetime] = {}
        self._orphans: dict[str, Episode] = {}
        self.quarantined = Quarantine(self._shard)
        self._swept = AT_ONCE

    def restore(self, episodes: Iterable[Episode]) -> None:
        """Take over what was told before, one's own episodes too.

        Nothing is told of it yet; the next `tick` tells what has changed since, and ends what
        rules told that are there no more.
        """
        self._whole_since = None
        for episode in episodes:
            self._recall(episode)
            for rule, key in self._note(episode):
                self._due[rule.id, key] = AT_ONCE
        self._orphans |= {one.alert: one for one in self.quarantined.release(self._rules, 0)}

    def take(self, episode: Episode, now: datetime) -> list[Episode]:
        """Return what is to be told because of `episode`.

        What is told has to be taken in too, where composites read composites.
        """
        return self.take_all((episode,), now)

    def take_all(self, episodes: Iterable[Episode], now: datetime) -> list[Episode]:
        """Return what is to be told because of all `episodes`; each composite is looked at once.

        That keeps a storm of alerts that one composite reads from being looked at alert by alert.
        """
        self._came_to(now)
        places = {(rule.id, key): rule for episode in episodes for rule, key in self._note(episode)}
        return [told for (_, key), rule in places.items() for told in self._guarded(rule, key, now)]

    def tick(self, now: datetime) -> list[Episode]:
        """Return what time alone brings: alerts that ended are over for good after a while."""
        self._came_to(now)
        orphans, self._orphans = self._orphans, {}
        told = [replace(one, state="ended", ended_at=now, told_at=now) for one in orphans.values()]
        for rule_id, key in [place for place, due in self._due.items() if due <= now]:
            told += self._guarded(self._rules[rule_id], key, now)
        if now >= self._swept + SWEEP_EVERY:
            self._swept = now
            for place in {*self._heard.places(), *self._told}:
                self._prune(place, now)
        return told

    def _recall(self, episode: Episode) -> None:
        """Take note of an episode that this told itself once."""
        self.quarantined.recall(episode)
        if not episode.shard.startswith(SHARD):
            return
        rule = self._rules.get(episode.rule)
        ours = episode.shard == self._shard  # else of a city whose feeds were of other origins
        if ours and rule is not None and set(rule.by) == set(episode.key):
            place = rule.id, tuple(episode.key[name] for name in rule.by)
            self._told[place][episode.alert] = episode
            self._due[place] = AT_ONCE
        elif episode.state == "firing":
            self._orphans[episode.alert] = episode

    def _came_to(self, now: datetime) -> None:
        """Know, the first time after `restore`, since when all that ended is known."""
        if self._whole_since is None:
            self._whole_since = now - REMEMBERED

    def _note(self, episode: Episode) -> list[tuple[Rule, Key]]:
        """Take note of an episode; return which composites it may change."""
        readers = self._readers.get(episode.rule, ())
        return [(rule, key) for rule in readers for key in self._heard.note(rule, episode)]

    def _guarded(self, rule: Rule, key: Key, now: datetime) -> list[Episode]:
        """Let one rule work; quarantine it when it raises."""
        if rule.id in self.quarantined:
            self._due.pop((rule.id, key), None)
            return []
        try:
            return self._evaluate(rule, key, now)
        except Exception as error:
            log.exception("rule_quarantined", rule=rule.id)
            return [self.quarantined.put(rule, error, millis(now))]

    def _evaluate(self, rule: Rule, key: Key, now: datetime) -> list[Episode]:
        place, condition = (rule.id, key), self._conditions[rule.id]
        known, told = self._heard.at(place), self._told[place]
        settled = self._settled(condition, now)
        holding, out = set(), []
        found = lasting(condition.spans(known), told.values(), settled, exact=condition.exact)
        for span in [one for one in found if one.start <= now]:
            name = self._id(rule, _named(rule, key), span)
            holding.add(name)
            if _differs(told.get(name), span, now):
                out.append(self._episode(rule, key, span, known, now))
        for name, one in told.items():
            if name not in holding and one.state != "revised" and not is_settled(one, settled):
                out.append(replace(one, state="revised", told_at=now))
        told |= {one.alert: one for one in out}
        self._plan(place, found, now)
        self._prune(place, now)
        return out

    def _settled(self, condition: OverAlerts, now: datetime) -> datetime:
        """Return the instant up to which something that is forgotten may have counted."""
        return max(now - REMEMBERED, (self._whole_since or AT_ONCE) + condition.keeps)

    def _plan(self, place: Place, found: Sequence[AlertSpan], now: datetime) -> None:
        """Remember when time alone changes something at `place`."""
        instants = [at for span in found for at in span if at is not None and at > now]
        if instants:
            self._due[place] = min(instants)
        else:
            self._due.pop(place, None)

    def _prune(self, place: Place, now: datetime) -> None:
        """Forget at `place` what is settled, and what counted for nothing else."""
        settled = now - REMEMBERED
        self._heard.forget(place, settled - self._conditions[place[0]].keeps)
        kept = {name: one for name, one in self._told[place].items() if _kept(one, settled)}
        if kept:
            self._told[place] = kept
        else:
            self._told.pop(place)

    def _episode(
        self, rule: Rule, key: Key, span: AlertSpan, known: Sequence[Episode], now: datetime
    ) -> Episode:
        named, condition = _named(rule, key), self._conditions[rule.id]
        behind = condition.behind(known, span)
        last = behind[-1]
        level = level_of(RANKS[str(rule.level)])
        over = span.end is not None and span.end <= now
        words = condition.words(behind)
        return Episode(
            alert=self._id(rule, named, span),
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
            title=rule.title,
            summary=self._summary(rule, named, last, words),
            theme=rule.theme,
            kinds=distinct(kind for one in behind for kind in one.kinds),
            feeds=distinct(feed for one in behind for feed in one.feeds),
            departments=distinct(name for one in behind for name in one.departments),
            area=_area(named, last),
            subject=last.subject,
            lon=last.lon,
            lat=last.lat,
            labels=dict(rule.labels),
            origin=least(one.origin for one in behind),
            response=rule.response or NOTHING,
            shard=self._shard,
            evidence=Evidence(
                measure=kind_of(rule).measure(rule),
                words=words,
                events=distinct(event for one in behind for event in one.evidence.events)[:10],
            ),
        )

    def _id(self, rule: Rule, key: Mapping[str, str], span: AlertSpan) -> str:
        return alert_id(rule.id, key, f"{span.start.isoformat()}{self._mark}")

    def _summary(self, rule: Rule, key: dict[str, str], last: Episode, words: Text) -> Text:
        area = self._city.areas.get(_area(key, last))
        place = area.title if area else Text("全市", "the city")
        facts = {name: Text(value, value) for name, value in key.items()}
        facts |= {"place": place, "subject": Text(last.subject, last.subject)}
        facts |= {"rule": rule.title}
        zh = filled(rule.summary, facts, ZH, words)
        return Text(zh, filled(rule.summary, facts, EN, words))


def _named(rule: Rule, key: Key) -> dict[str, str]:
    return dict(zip(rule.by, key, strict=True))


def _kept(episode: Episode, oldest: datetime) -> bool:
    over = episode.told_at if episode.state == "revised" else episode.ended_at
    return over is None or over >= oldest


def _differs(before: Episode | None, span: AlertSpan, now: datetime) -> bool:
    if before is None or before.state == "revised":
        return True
    return before.ended_at != (span.end if span.end is not None and span.end <= now else None)


def _area(key: dict[str, str], last: Episode) -> str:
    return next((key[name] for name in ("area", "street", "district") if key.get(name)), last.area)
