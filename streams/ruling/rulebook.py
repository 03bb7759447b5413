"""Read the rules of a city: `cities/<city>/rules/<theme>.yaml`, one entry one rule.

Everything that is wrong in any file is told at once, with file, line, rule, problem and remedy; a
rulebook with a fault never runs. `platform.yaml` holds the rules about the platform's own feeds.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from citybrain.city import City
from citybrain.floor.errors import ConfigError
from citybrain.floor.strict import Document, join, suggest
from citybrain.floor.topics import partition_of
from citybrain.rules.rule import Rule, version_of
from streams.ruling.checks.circles import check_circle, circles
from streams.ruling.checks.rule_checks import check_rule
from streams.ruling.condition import find_kinds, kind_of, named_kind_of

PLATFORM = "platform"
_OWN = ("condition",)
_NOT_IN_VERSION = ("tests", "basis")


@dataclass(frozen=True)
class Rulebook:
    """The rules of a city, by id.

    Attributes:
        rules: all of them.
        places: rule → ``file:line``.
    """

    rules: Mapping[str, Rule]
    places: Mapping[str, str]

    def of_shard(self, shard: int, partitions: int) -> list[Rule]:
        """Return the rules over events and feeds that partition `shard` evaluates."""
        return [rule for rule in self.over_events() if home(rule, partitions) == shard]

    def over_events(self) -> Iterator[Rule]:
        """Yield the rules that read events or feeds."""
        return (rule for rule in self.rules.values() if reads(rule) != "alerts")

    def over_alerts(self) -> list[Rule]:
        """Return the rules that read other rules' alerts."""
        return [rule for rule in self.rules.values() if reads(rule) == "alerts"]


def load_rules(city: City) -> Rulebook:
    """Return the rules of `city`; none where it has no folder of rules.

    Raises:
        ConfigError: something is wrong; it carries every fault of every file.
    """
    return _Reader(city).rulebook()


def home(rule: Rule, partitions: int) -> int:
    """Return the shard that evaluates `rule`: that of its first kind, so that it never moves."""
    return partition_of(rule.kinds[0] if rule.kinds else rule.id, partitions)


def reads(rule: Rule) -> str:
    """Return what `rule` reads: events, feeds or alerts."""
    return kind_of(rule).reads


class _Reader:
    """One reading of a city's rules."""

    def __init__(self, city: City) -> None:
        self._city = city
        self._kinds = find_kinds()
        self._documents: list[Document] = []
        self._rules: dict[str, Rule] = {}
        self._where: dict[str, tuple[Document, str]] = {}

    def rulebook(self) -> Rulebook:
        themes = [*self._city.themes, PLATFORM]
        for path in sorted((self._city.folder / "rules").glob("*.y*ml")):
            document = Document(path)
            self._documents.append(document)
            if path.stem in themes:
                self._read(document, path)
            else:
                remedy = f"rename the file; {suggest(path.stem, themes)}"
                document.fault("", f"unknown theme {path.stem!r}", remedy)
        self._check()
        faults = [fault for document in self._documents for fault in document.sorted_faults()]
        if faults:
            raise ConfigError(faults)
        places = {
            name: f"{document.path}:{document.line(item)}"
            for name, (document, item) in self._where.items()
        }
        return Rulebook(self._rules, places)

    def _read(self, document: Document, path: Path) -> None:
        root = document.root()
        if document.faults:
            return
        top = document.entries(root, "")
        for name in top:
            if name != "rules":
                document.fault(name, f"unknown key {name!r}", suggest(name, ["rules"]))
        if "rules" not in top:
            document.fault("", "key 'rules' is missing", "add 'rules:' with its records")
            return
        for name, node in document.entries(top["rules"], "rules").items():
            self._add(document, name, node, path.stem)

    def _add(self, document: Document, name: str, node: yaml.Node, theme: str) -> None:
        item = join("rules", name)
        if name in self._where:
            first, place = self._where[name]
            problem = f"id is taken by {first.path}:{first.line(place)}"
            document.fault(item, problem, "give it another")
            return
        self._where[name] = (document, item)
        rule = self._rule(document, item, node, {"id": name, "theme": theme})
        if rule is not None:
            self._rules[name] = rule

    def _rule(
        self, document: Document, item: str, node: yaml.Node, given: dict[str, Any]
    ) -> Rule | None:
        if not isinstance(node, yaml.MappingNode):
            document.record(node, Rule, item, given)  # says what is wrong with it
            return None
        try:
            version = version_of(_text_of(node))
        except RecursionError:
            document.fault(item, "too many brackets inside each other", "take most of them away")
            return None
        condition = self._condition(document, item, node)
        rest = _without(node, _OWN)
        given |= {"condition": condition, "version": version}
        rule = document.record(rest, Rule, item, given)
        return rule if condition is not None else None

    def _condition(self, document: Document, item: str, node: yaml.MappingNode) -> Any:
        found = next((value for key, value in node.value if key.value == "condition"), None)
        place = join(item, "condition")
        if found is None:
            document.fault(item, "key 'condition' is missing", "add 'condition: {<kind>: …}'")
            return None
        entries = document.entries(found, place)
        for name in entries:
            if name not in self._kinds:
                problem = f"unknown kind of condition {name!r}"
                document.fault(join(place, name), problem, suggest(name, self._kinds))
                return None
        if len(entries) != 1:
            if isinstance(found, yaml.MappingNode) and len(found.value) == len(entries):
                problem = f"{len(entries)} conditions" if entries else "no condition"
                remedy = "give one; see composite" if entries else "give one, as 'threshold: {}'"
                document.fault(place, problem, remedy)
            return None
        name, options = next(iter(entries.items()))
        return document.record(options, self._kinds[name].options, join(place, name))

    def _check(self) -> None:
        known = {name: self._rules.get(name) for name in self._where}
        told = {(fault.place, fault.item) for one in self._documents for fault in one.faults}
        for name, rule in self._rules.items():
            document, item = self._where[name]
            condition, kind = named_kind_of(rule)
            for found in check_rule(rule, kind, _option(condition), self._city, known):
                place = join(item, found.item) if found.item else item
                at = f"{document.path}:{document.line(place)}"
                if not found.item or (at, place) not in told:  # else it says so of a default
                    document.fault(place, found.problem, found.remedy)
        read = {name: tuple(kind_of(rule).refers(rule)) for name, rule in self._rules.items()}
        for circle in circles(read):
            document, item = self._where[circle[0]]
            condition, _ = named_kind_of(self._rules[circle[0]])
            found = check_circle(circle)
            document.fault(join(item, _option(condition)), found.problem, found.remedy)


def _without(node: yaml.MappingNode, names: tuple[str, ...]) -> yaml.MappingNode:
    kept = [pair for pair in node.value if pair[0].value not in names]
    return yaml.MappingNode(node.tag, kept, node.start_mark, node.end_mark)


def _text_of(node: yaml.MappingNode) -> str:
    """Return what the version is the hash of: all but tests and where thresholds come from."""
    return str(yaml.serialize(_without(node, _NOT_IN_VERSION)))


def _option(name: str) -> str:
    """Return where the options of a kind stand inside a rule."""
    return f"condition.{name}"
