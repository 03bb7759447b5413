"""`citybrain workflows check|paths|compare`: the workflows of a city's cases."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from citybrain.cases import stage_graph, step_lines
from citybrain.cases.case_words import phrases_of
from citybrain.cases.definition import WorkflowDefinition
from citybrain.cases.version_compare import ReplayedCase, compare, told
from citybrain.cases.workflow_files import CaseSetup, load_case_setup
from citybrain.city import load_city
from citybrain.floor.errors import ConfigError, Fault
from citybrain.floor.settings import from_environment
from citybrain.floor.strict import suggest

workflows = typer.Typer(help="The workflows of a city's cases.", no_args_is_help=True)

Folder = Annotated[Path | None, typer.Option("--city", help="A city's folder.")]
Names = Annotated[list[str] | None, typer.Argument(metavar="[WORKFLOW]…", help="ids")]


@workflows.command("check")
def check_files(folder: Folder = None) -> None:
    """Print all that is wrong with units.yaml, cases.yaml and the workflows, or a summary."""
    setup = _setup(folder)
    console = _console()
    for one in setup.every_version():
        actions = {(stage, name) for stage, name, _ in one.placed()}
        console.print(
            f"{one.name}: {len(one.stages)} stages, {len(actions)} actions, "
            f"{len(stage_graph.paths(one))} paths"
        )
    console.print(f"{len(setup.units.by_id)} units: no faults")


@workflows.command("paths")
def print_paths(names: Names = None, folder: Folder = None) -> None:
    """Print every path from the start of a workflow to an end that is in no stage twice."""
    setup = _setup(folder)
    console = _console()
    for one in _chosen(setup, names or []):
        console.print(f"{one.name}:")
        for path in stage_graph.paths(one):
            console.print(f"  {stage_graph.said(one, path)}")


@workflows.command("compare")
def compare_versions(
    file: Annotated[Path, typer.Argument(help="Recorded steps of cases, a JSON object a line.")],
    names: Names = None,
    folder: Folder = None,
) -> None:
    """Take recorded cases through the workflows as the files say now; fails where one stops."""
    setup = _setup(folder)
    steps = step_lines.read(file)
    stopped = False
    for one in _chosen(setup, names or []):
        found = compare(one, steps, setup.units, frozenset(setup.city.kinds))
        stopped |= any(case.refusal is not None for case in found)
        _report(_console(), setup, one, found)
    if stopped:
        raise typer.Exit(1)


def _report(
    console: Console, setup: CaseSetup, one: WorkflowDefinition, found: list[ReplayedCase]
) -> None:
    halted = sum(case.refusal is not None for case in found)
    same = sum(case.same for case in found)
    console.print(
        f"{one.name}: {len(found)} cases: {same} as before, "
        f"{len(found) - same - halted} otherwise, {halted} could not go on"
    )
    phrases = phrases_of(one, setup.units)
    for case in told(found):
        if case.refusal is None:
            console.print(f"  {case.number}: in {case.is_}, was in {case.was}")
            continue
        what = phrases.terms["what"].get(case.what)
        words = what.en if what else case.what
        why = phrases.say(case.refusal).en
        console.print(f"  {case.number}: step {case.step} ({words} by {case.by}): {why}")


def _chosen(setup: CaseSetup, names: list[str]) -> list[WorkflowDefinition]:
    faults = [
        Fault("workflows", name, "no such workflow", suggest(name, setup.definitions))
        for name in names
        if name not in setup.definitions
    ]
    if faults:
        raise ConfigError(faults)
    return [setup.definitions[name] for name in names or setup.definitions]


def _setup(folder: Path | None) -> CaseSetup:
    return load_case_setup(load_city(folder or from_environment().city_folder))


def _console() -> Console:
    return Console(highlight=False, soft_wrap=True)
