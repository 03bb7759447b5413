"""`citybrain rules check|list|test`; `backtest` and `explain` stand in modules of their own."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from citybrain.city import City, load_city
from citybrain.floor.settings import from_environment
from citybrain.rules.rule import Rule
from streams.ruling.rulebook import Rulebook, load_rules
from streams.ruling.tools import rule_report
from streams.ruling.tools.arguments import chosen_rules
from streams.ruling.tools.backtest_command import backtest
from streams.ruling.tools.explain_command import explain
from streams.ruling.tools.rule_table import catalogue
from streams.ruling.tools.rule_tests import run_rule_test

rules = typer.Typer(help="The warning rules of a city.", no_args_is_help=True)

rules.command("backtest")(backtest)
rules.command("explain")(explain)

Folder = Annotated[Path | None, typer.Option("--city", help="A city's folder.")]


@rules.command("check")
def check_files(folder: Folder = None) -> None:
    """Print all that is wrong with the rules, or how many there are of what."""
    city = _city(folder)
    rule_report.summary(Console(highlight=False), load_rules(city).rules.values(), city)


@rules.command("list")
def print_catalogue(folder: Folder = None) -> None:
    """Print all rules as Markdown tables; docs/rulebook.md is this of Wuhai."""
    city = _city(folder)
    typer.echo(catalogue(load_rules(city).rules.values(), city), nl=False)


@rules.command("test")
def run_rule_tests(
    names: Annotated[list[str] | None, typer.Argument(metavar="[RULE]…", help="ids")] = None,
    folder: Folder = None,
) -> None:
    """Run the tests beside the rules, of all or of those named; fails where one comes out wrong."""
    city = _city(folder)
    rulebook = load_rules(city)
    chosen = _chosen(rulebook, names or [])
    outcomes = [_outcome(rule, city) for rule in chosen]
    console = Console(highlight=False)
    rule_report.outcomes(console, outcomes, rulebook.places, every=bool(names))
    if any(not outcome.passed for outcome in outcomes):
        raise typer.Exit(1)


def _chosen(rulebook: Rulebook, names: Sequence[str]) -> list[Rule]:
    return chosen_rules(rulebook.rules, list(dict.fromkeys(names)), "rules test")


def _outcome(rule: Rule, city: City) -> rule_report.RuleTestOutcome:
    tests = [
        (test.name, tuple(found.problem for found in run_rule_test(rule, test, city)))
        for test in rule.tests
    ]
    return rule_report.RuleTestOutcome(rule, tuple(tests))


def _city(folder: Path | None) -> City:
    return load_city(folder or from_environment().city_folder)
