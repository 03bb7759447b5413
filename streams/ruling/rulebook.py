"""The rules of a city, read and checked, and which shard evaluates which of them.

`citybrain.rules.reader` reads the files; here is added what knows the kinds of conditions. Everything
that is wrong in any file is told at once, with file, line, rule, problem and remedy; a rulebook with
a fault never runs.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from citybrain.city import City
from citybrain.floor.topics import partition_of
from citybrain.rules.reader import RuleFiles, read_rules
from citybrain.rules.rule import Rule
from streams.ruling.checks.circles import check_circle, circles
from streams.ruling.checks.rule_checks import check_rule
from streams.ruling.condition import find_kinds, kind_of, named_kind_of


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
    files = read_rules(city, {name: kind.options for name, kind in find_kinds().items()})
    _check(files, city)
    files.raise_faults()
    return Rulebook(files.rules, {name: files.place(name) for name in files.by_id()})


def home(rule: Rule, partitions: int) -> int:
    """Return the shard that evaluates `rule`: that of its first kind, so that it never moves."""
    return partition_of(rule.kinds[0] if rule.kinds else rule.id, partitions)


def reads(rule: Rule) -> str:
    """Return what `rule` reads: events, feeds or alerts."""
    return kind_of(rule).reads


def _check(files: RuleFiles, city: City) -> None:
    """Note what only somebody who knows the kinds of conditions can find wrong."""
    known = files.by_id()
    for name, rule in files.rules.items():
        condition, kind = named_kind_of(rule)
        for found in check_rule(rule, kind, _option(condition), city, known):
            files.note(name, found)
    reads_of = {name: tuple(kind_of(rule).refers(rule)) for name, rule in files.rules.items()}
    for circle in circles(reads_of):
        condition, _ = named_kind_of(files.rules[circle[0]])
        files.note(circle[0], check_circle(circle, _option(condition)))


def _option(name: str) -> str:
    """Return where the options of a kind stand inside a rule."""
    return f"condition.{name}"
