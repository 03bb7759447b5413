"""Turn what a rule found into an `Episode`: titles, sentence, evidence, place, origin."""

from __future__ import annotations

import math
import string
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from citybrain.alerts.named_subjects import named
from citybrain.alerts.records import Episode, Evidence, Level, alert_id
from citybrain.city import City, Subject
from citybrain.floor.clock import from_millis
from citybrain.floor.levels import LEVELS, TITLES
from citybrain.floor.origins import least
from citybrain.floor.text import EN, NOTHING, ZH, Language, Text
from citybrain.rules.rule import Rule
from streams.ruling.fold import Spell
from streams.ruling.intake.rows import ATTRIBUTE
from streams.ruling.intake.witnesses import Witness
from streams.ruling.tracker import Telling, Tracker

MOST_POINTS = 120
_MORE_DIGITS, _LARGE = (100, 1_000), 10_000
_AREAS = ("area", "street", "district")
NAMES = (
    "place",
    "value",
    "threshold",
    "unit",
    "level",
    "words",
    "kind",
    "subject",
    "text",
    "feed",
    "rule",
)
"""What a summary may name besides the rule's key."""


@dataclass(frozen=True)
class EpisodeTeller:
    """Tells episodes of one shard.

    Attributes:
        city: whose titles are used.
        shard: the shard's name.
        mark: what is added to what names an episode, so that worlds stay apart.
    """

    city: City
    shard: str
    mark: str = ""

    def episode(
        self, tracker: Tracker, telling: Telling, seen: Sequence[Witness], now_ms: int
    ) -> Episode:
        """Return what is to be told of `telling`."""
        rule, spell, kind = tracker.rule, telling.spell, tracker.kind
        key = key_of(rule, tracker.condition.slots.keys[telling.slot])
        told = ToldSpell(rule, key, spell, seen, kind.unit(rule, self.city), self.city.subjects)
        words = tracker.condition.words(telling.slot, spell)
        facts = self._facts(told)
        lon, lat = tracker.condition.centre(telling.slot) or told.position
        unread = self._unread(spell)
        old = telling.supersedes
        found = Episode(
            alert=self.alert(rule, key, spell.start_ms),
            rule=rule.id,
            version=rule.version,
            key=key,
            state=telling.state,
            level=level_of(spell.rank),
            peak=level_of(spell.peak),
            started_at=from_millis(spell.start_ms),
            fired_at=None if spell.fired_ms is None else from_millis(spell.fired_ms),
            ended_at=None if spell.ended_ms is None else from_millis(spell.ended_ms),
            told_at=from_millis(now_ms),
            title=rule.title,
            last_read_at=None if spell.unknown_ms is None else from_millis(spell.unknown_ms),
            summary=Text(
                filled(rule.summary, facts, ZH, words) + unread.zh,
                filled(rule.summary, facts, EN, words) + unread.en,
            ),
            theme=rule.theme,
            kinds=rule.kinds,
            feeds=distinct(one.feed for one in seen) or ((key["feed"],) if "feed" in key else ()),
            departments=self._departments(key, seen),
            area=told.place,
            subject=told.subject,
            lon=lon,
            lat=lat,
            labels=dict(rule.labels),
            origin=least(one.origin for one in seen),
            response=rule.response or NOTHING,
            shard=self.shard,
            supersedes="" if old is None else self.alert(rule, key, old),
            evidence=_evidence(tracker, telling, told, words),
        )
        return named(found, self.city.subjects)

    def alert(self, rule: Rule, key: Mapping[str, str], start_ms: int) -> str:
        """Return the id of the alert of a spell."""
        return alert_id(rule.id, key, f"{from_millis(start_ms).isoformat()}{self.mark}")

    def _departments(self, key: Mapping[str, str], seen: Sequence[Witness]) -> tuple[str, ...]:
        feed = self.city.feeds.get(key.get("feed", ""))
        known = [key["department"]] if "department" in key else []
        known += [feed.department] if feed else []
        return distinct([*known, *(one.department for one in seen)])

    def _unread(self, spell: Spell) -> Text:
        """Return since when there is no reading, as an addition to a summary; mostly nothing."""
        if spell.unknown_ms is None:
            return NOTHING
        local = from_millis(spell.unknown_ms).astimezone(ZoneInfo(self.city.time_zone))
        when = f"{local:%m-%d %H:%M}"
        return Text(f"（自{when}起无读数，现状未知）", f" (no reading since {when}, now unknown)")

    def _facts(self, told: ToldSpell) -> dict[str, Text]:
        """Return what a summary can name, in both languages."""
        rule, city = told.rule, self.city
        both = {
            name.removeprefix(ATTRIBUTE): Text(value, value) for name, value in told.key.items()
        }
        limit = "" if told.threshold is None else _number(told.threshold)
        kind = told.seen[-1].kind if told.seen else next(iter(rule.kinds), "")
        feed = told.key.get("feed", told.seen[-1].feed if told.seen else "")
        place = _titles(city.areas, told.place) if told.place else Text("全市", "the city")
        unit, value = "" if told.unit == "1" else told.unit, _number(told.spell.value)
        return {
            **both,
            "place": place,
            "value": Text(value, value),
            "threshold": Text(limit, limit),
            "unit": Text(unit, unit),
            "level": TITLES[level_of(told.spell.rank)],
            "kind": _titles(city.kinds, kind),
            "subject": told.subject_said,
            "text": Text(told.text, told.text),
            "feed": _titles(city.feeds, feed),
            "department": _titles(city.departments, told.key.get("department", "")),
            "rule": rule.title,
        }


@dataclass(frozen=True)
class ToldSpell:
    """What one telling is about."""

    rule: Rule
    key: dict[str, str]
    spell: Spell
    seen: Sequence[Witness]
    unit: str
    subjects: Mapping[str, Subject] = field(default_factory=dict)

    @property
    def place(self) -> str:
        """Code of the area, "" where it is not known."""
        given = next((self.key[name] for name in _AREAS if self.key.get(name)), "")
        seen = given or next((one.area for one in reversed(self.seen) if one.area), "")
        known = self.subjects.get(self.subject)
        return seen or (known.area if known else "")

    @property
    def subject_said(self) -> Text:
        """What `subject` is called and where it stands; its id where nobody wrote that down."""
        known = self.subjects.get(self.subject)
        return known.said if known else Text(self.subject, self.subject)

    @property
    def text(self) -> str:
        """What the newest event says that says anything."""
        return next((one.text for one in reversed(self.seen) if one.text), "")

    @property
    def subject(self) -> str:
        """The sensor, asset or matter that it is about."""
        return self.key.get("subject", self.seen[-1].subject if self.seen else "")

    @property
    def threshold(self) -> float | None:
        """Threshold of the level that was reached."""
        return self.rule.thresholds.of_rank(self.spell.rank)

    @property
    def position(self) -> tuple[float | None, float | None]:
        """Longitude and latitude of the newest event that has them."""
        located = (one for one in reversed(self.seen) if not math.isnan(one.lon))
        found = next(located, None)
        return (found.lon, found.lat) if found else (None, None)


def key_of(rule: Rule, values: Sequence[str]) -> dict[str, str]:
    """Return a key as name → value; keys that a condition makes by itself are called `place`."""
    names = rule.by if len(rule.by) == len(values) else (*rule.by, "place")
    return dict(zip(names, values, strict=True))


def level_of(rank: int) -> Level:
    """Return the level of a rank from 1."""
    return LEVELS[rank - 1]  # type: ignore[return-value]


def names_in(template: str) -> set[str]:
    """Return the names in a summary.

    Raises:
        ValueError: its braces do not match.
    """
    return {name for _, name, _, _ in string.Formatter().parse(template) if name is not None}


def _evidence(tracker: Tracker, telling: Telling, told: ToldSpell, words: Text) -> Evidence:
    return Evidence(
        measure=tracker.kind.measure(told.rule),
        value=told.spell.value if math.isfinite(told.spell.value) else None,
        threshold=told.threshold,
        unit=told.unit,
        above=told.rule.thresholds.above,
        clear=told.rule.thresholds.clear,
        words=words,
        points=_points(tracker, telling),
        events=tuple(one.event for one in told.seen),
    )


def filled(template: Text, facts: Mapping[str, Text], language: Language, words: Text) -> str:
    """Return a summary in `language` with its names filled in."""
    plain = {name: fact.said(language) for name, fact in {**facts, "words": words}.items()}
    parts = []
    for literal, name, _, _ in string.Formatter().parse(template.said(language)):
        parts += [literal, plain.get(name or "", "")]
    return "".join(parts)


def _points(tracker: Tracker, telling: Telling) -> tuple[tuple[datetime, float], ...]:
    found = tracker.condition.points(telling.slot, telling.spell.at_ms)
    finite = [(from_millis(at), value) for at, value in found if math.isfinite(value)]
    return tuple(finite[-MOST_POINTS:])


def distinct(words: Iterable[str]) -> tuple[str, ...]:
    """Return each of `words` once, in their order."""
    return tuple(dict.fromkeys(words))


def _titles(records: Mapping[str, object], name: str) -> Text:
    title: Text | None = getattr(records.get(name), "title", None)
    return title or Text(name, name)


def _number(value: float) -> str:
    """Return a measure in a few digits, but not so few that 1076.2 m becomes its threshold."""
    if abs(value) >= _LARGE:
        return f"{value:.0f}"
    digits = 3 + sum(abs(value) >= size for size in _MORE_DIGITS)
    return f"{value:.{digits}g}"
