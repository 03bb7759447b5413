"""Which labels and values an alert of this city can have, so that a typing error is found."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from citybrain.alerts.matchers import holds
from citybrain.alerts.records import PLATFORM
from citybrain.alerts.silence_records import Matcher
from citybrain.city import City
from citybrain.city.references import RecordFault
from citybrain.floor.levels import LEVELS
from citybrain.floor.origins import ORIGINS
from citybrain.floor.strict import suggest
from citybrain.floor.text import NOTHING, Text
from citybrain.rules.reader import read_facts
from citybrain.rules.rule import RuleFacts

LABELS = (
    "rule",
    "level",
    "theme",
    "kind",
    "feed",
    "department",
    "area",
    "district",
    "street",
    "subject",
    "hazard",
    "origin",
    "exercise",
)
PLACE = frozenset(
    {"level", "theme", "department", "area", "district", "street", "origin", "exercise"}
)
"""Labels that two alerts can share without having anything to do with each other."""


@dataclass(frozen=True)
class LabelNames:
    """What is known.

    Attributes:
        labels: names of labels.
        values: label → all its values, for labels whose values are known.
    """

    labels: frozenset[str]
    values: Mapping[str, frozenset[str]] = field(default_factory=dict)

    def check(self, matcher: Matcher, item: str) -> Iterator[RecordFault]:
        """Yield what is wrong with the names in `matcher`."""
        if matcher.name not in self.labels:
            yield RecordFault(
                item, f"unknown label {matcher.name!r}", suggest(matcher.name, self.labels)
            )
            return
        values = self.values.get(matcher.name)
        if not values or (matcher.name == "rule" and matcher.value.startswith(PLATFORM)):
            return
        if matcher.op in ("=", "!="):
            if matcher.value not in values | {""}:
                problem = f"unknown {matcher.name} {matcher.value!r}"
                yield RecordFault(item, problem, suggest(matcher.value, values))
        elif not any(holds(_plain(matcher), {matcher.name: (value,)}) for value in values):
            problem = f"{matcher.value!r} fits no {matcher.name}"
            yield RecordFault(item, problem, suggest(matcher.value, values))


def label_names_of(city: City) -> LabelNames:
    """Return what is known of `city`: its folder's ids, and the labels of its rules."""
    rules = read_facts(city)
    own = {name for rule in rules.values() for name in (*rule.labels, *rule.by)}
    return LabelNames(
        labels=frozenset({*LABELS, *own, *(name.removeprefix("attrs.") for name in own)}),
        values={
            "level": frozenset(LEVELS),
            "theme": frozenset(city.themes),
            "department": frozenset(city.departments),
            "feed": frozenset(city.feeds),
            "kind": frozenset(city.kinds),
            "origin": frozenset(ORIGINS),
            "rule": frozenset(rules),
        },
    )


def facts_of(city: City, rule: str) -> RuleFacts:
    """Return what the entry of `rule` says; its id as title and no more where there is none."""
    found = read_facts(city).get(rule, RuleFacts(rule))
    title = found.title if found.title != NOTHING else Text(rule, rule)
    return replace(found, title=title, kinds=tuple(one for one in found.kinds if one in city.kinds))


def _plain(matcher: Matcher) -> Matcher:
    return Matcher(matcher.name, "=~", matcher.value)
