"""Which labels and values an alert of this city can have, so that a typing error is found."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from citybrain.alerts.records import PLATFORM
from citybrain.alerts.silence_records import Matcher
from citybrain.city import City
from citybrain.city.references import RecordFault
from citybrain.floor.events import ORIGINS
from citybrain.floor.levels import LEVELS
from citybrain.floor.strict import suggest
from citybrain.floor.text import Text
from citybrain.notices.matchers import holds

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
    "origin",
    "exercise",
)
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


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

    def check_label(self, name: str, item: str) -> Iterator[RecordFault]:
        """Yield what is wrong with the name of a label."""
        if name not in self.labels:
            yield RecordFault(item, f"unknown label {name!r}", suggest(name, self.labels))


def label_names_of(city: City) -> LabelNames:
    """Return what is known of `city`: its folder's ids, and the labels of its rules."""
    rules = list(_rules(city.folder))
    own = {name for _, rule in rules for name in (*_names(rule, "labels"), *_names(rule, "by"))}
    return LabelNames(
        labels=frozenset({*LABELS, *own, *(name.removeprefix("attrs.") for name in own)}),
        values={
            "level": frozenset(LEVELS),
            "theme": frozenset(city.themes),
            "department": frozenset(city.departments),
            "feed": frozenset(city.feeds),
            "kind": frozenset(city.kinds),
            "origin": frozenset(ORIGINS),
            "rule": frozenset(name for name, _ in rules),
        },
    )


@dataclass(frozen=True)
class RuleFacts:
    """What a rule's entry says of its alerts, as far as it can be read."""

    theme: str
    kinds: tuple[str, ...]
    labels: Mapping[str, str]
    title: Text


def facts_of(city: City, rule: str) -> RuleFacts:
    """Return what the entry of `rule` says; nothing where there is none."""
    for path in _files(city.folder):
        entry = _entries(path).get(rule)
        if isinstance(entry, dict):
            kinds = tuple(one for one in _names(entry, "kinds") if one in city.kinds)
            labels = entry.get("labels")
            title = entry.get("title")
            both = title if isinstance(title, dict) else {}
            return RuleFacts(
                theme=path.stem if path.stem in city.themes else "",
                kinds=kinds,
                labels={str(k): str(v) for k, v in labels.items()}
                if isinstance(labels, dict)
                else {},
                title=Text(str(both.get("zh", rule)), str(both.get("en", rule))),
            )
    return RuleFacts("", (), {}, Text(rule, rule))


def _plain(matcher: Matcher) -> Matcher:
    return Matcher(matcher.name, "=~", matcher.value)


def _rules(folder: Path) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield the rules by id, of files that can be read; `citybrain rules check` tells the rest."""
    for path in _files(folder):
        yield from _entries(path).items()


def _files(folder: Path) -> list[Path]:
    return sorted((folder / "rules").glob("*.y*ml"))


def _entries(path: Path) -> dict[str, Any]:
    try:
        rules = yaml.load(path.read_text("utf-8"), Loader=_Loader)["rules"]  # noqa: S506  safe
        return {str(name): rule for name, rule in rules.items()}
    except (yaml.YAMLError, OSError, UnicodeDecodeError, KeyError, TypeError, AttributeError):
        return {}


def _names(rule: object, key: str) -> Iterator[str]:
    found = rule.get(key) if isinstance(rule, dict) else None
    if isinstance(found, str):
        yield found
    elif isinstance(found, list | dict):
        yield from map(str, found)
