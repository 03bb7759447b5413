"""Print rules and the outcome of their tests for people at a terminal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from citybrain.city import City
from citybrain.floor.levels import LEVELS
from citybrain.rules.rule import Rule
from streams.ruling.condition import named_kind_of


@dataclass(frozen=True)
class RuleTestOutcome:
    """What came of the tests of a rule.

    Attributes:
        rule: the rule.
        tests: (name, problems) of each; no problems: as expected.
    """

    rule: Rule
    tests: tuple[tuple[str, tuple[str, ...]], ...]

    @property
    def passed(self) -> bool:
        """Whether all tests came out as expected."""
        return not any(problems for _, problems in self.tests)


def summary(console: Console, rules: Iterable[Rule], city: City) -> None:
    """Print how many rules each theme has, of which kinds of conditions, up to which level."""
    found = list(rules)
    by_theme: dict[str, list[Rule]] = {}
    for rule in found:
        by_theme.setdefault(rule.theme, []).append(rule)
    table = Table("theme", "rules", "off", "tests", *LEVELS, "conditions", box=None)
    order = [*city.themes, *sorted(set(by_theme) - set(city.themes))]
    for theme in order:
        table.add_row(theme, *_counts(by_theme.get(theme, [])))
    console.print(table)
    tests = sum(len(rule.tests) for rule in found)
    console.print(f"[green]✓[/] {_many(len(found), 'rule')}, {_many(tests, 'test')}: no faults")


def outcomes(
    console: Console, found: Sequence[RuleTestOutcome], places: Mapping[str, str], *, every: bool
) -> None:
    """Print each test that came out wrong (with `every`, all), and the totals.

    Args:
        console: where to.
        found: the outcomes.
        places: rule → ``file:line``.
        every: print the tests that came out as expected too.
    """
    for outcome in found:
        for name, problems in outcome.tests:
            _rule_test(console, outcome.rule.id, name, problems, every=every)
        if not outcome.passed:
            console.print(f"  [dim]{escape(places[outcome.rule.id])}[/]", soft_wrap=True)
    results = [problems for outcome in found for _, problems in outcome.tests]
    wrong = sum(bool(problems) for problems in results)
    said = f"{_many(len(found), 'rule')}, {_many(len(results), 'test')}"
    console.print(f"[red]✗[/] {said}, {wrong} failed" if wrong else f"[green]✓[/] {said} passed")


def _rule_test(
    console: Console, rule: str, name: str, problems: tuple[str, ...], *, every: bool
) -> None:
    title = f"{rule}: {escape(name)}"
    if problems:
        console.print(f"[red]✗[/] {title}", soft_wrap=True)
    elif every:
        console.print(f"[green]✓[/] {title}", soft_wrap=True)
    for problem in problems:
        console.print(f"    {escape(problem)}", soft_wrap=True)


def _counts(rules: Sequence[Rule]) -> list[str]:
    kinds = Counter(_kind(rule) for rule in rules)
    tops = Counter(_top(rule) for rule in rules)
    return [
        str(len(rules)),
        str(sum(not rule.enabled for rule in rules)),
        str(sum(len(rule.tests) for rule in rules)),
        *(str(tops[level]) for level in LEVELS),
        ", ".join(f"{name} {count}" for name, count in sorted(kinds.items())),
    ]


def _kind(rule: Rule) -> str:
    return named_kind_of(rule)[0]


def _top(rule: Rule) -> str:
    """Return the highest level that a rule can reach."""
    given = rule.above or rule.below or {str(rule.level): "1"}
    return max(given, key=LEVELS.index)


def _many(count: int, word: str) -> str:
    return f"{count} {word}{'' if count == 1 else 's'}"
