"""The rules of a city, read and checked, and which shard evaluates which of them.

`citybrain.rules.reader` reads the files; what needs the kinds of conditions is checked here.
Everything that is wrong in any file is told at once, with file, line, rule, problem and remedy; a
rulebook with a fault never runs.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from citybrain.city import City
from citybrain.city.references import RecordFault
from citybrain.floor.topics import partition_of
from citybrain.rules.reader import RuleFiles, read_rules
from citybrain.rules.rule import Rule
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


def circles(reads: Mapping[str, Sequence[str]]) -> Iterator[tuple[str, ...]]:
    """Yield each circle of two or more rules over alerts: they would never come to rest.

    A circle begins with the rule of it that is reached first.

    Args:
        reads: rule → ids of the rules that it reads; what is not in it reads nothing.
    """
    done: set[str] = set()
    for name in reads:
        yield from _circles_from(name, (), reads, done)


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
        files.note(circle[0], _circle_fault(circle, _option(condition)))


def _circle_fault(circle: Sequence[str], option: str) -> RecordFault:
    """Return what to say at `option` of the first rule of a circle."""
    problem = f"reads itself, by way of {', '.join(circle[1:])}"
    return RecordFault(option, problem, "take one of these references away")


def _option(name: str) -> str:
    """Return where the options of a kind stand inside a rule."""
    return f"condition.{name}"


def _circles_from(
    name: str, path: tuple[str, ...], reads: Mapping[str, Sequence[str]], done: set[str]
) -> Iterator[tuple[str, ...]]:
    if name in path:
        circle = path[path.index(name) :]
        if len(circle) > 1:  # one that reads itself is told as that by its kind
            yield circle
        return
    if name in done:
        return
    for other in dict.fromkeys(reads.get(name, ())):
        yield from _circles_from(other, (*path, name), reads, done)
    done.add(name)
