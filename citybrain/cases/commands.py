"""`citybrain workflows check|paths|compare`: the workflows of a city's cases."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import chain, islice
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from citybrain.cases import stage_graph, step_lines, stored_cases
from citybrain.cases.case_words import phrases_of
from citybrain.cases.definition import WorkflowDefinition
from citybrain.cases.records import CaseStep
from citybrain.cases.stored_cases import TIMEOUT_S
from citybrain.cases.version_compare import ReplayedCase, compare, told
from citybrain.cases.workflow_files import CaseSetup, load_case_setup
from citybrain.city import load_city
from citybrain.floor.errors import ConfigError, Fault
from citybrain.floor.settings import from_environment
from citybrain.floor.store import connect_reader
from citybrain.floor.strict import suggest

workflows = typer.Typer(help="The workflows of a city's cases.", no_args_is_help=True)

AT_ONCE = 1_000
"""Cases that are in memory at once."""

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
    names: Names = None,
    steps: Annotated[
        Path | None,
        typer.Option(help="Recorded steps, a JSON object a line; the store's if not given."),
    ] = None,
    folder: Folder = None,
) -> None:
    """Take all stored cases through the workflows as the files say now; fails where one stops.

    Changes nothing: running cases stay with the version that they began with.
    """
    setup = _setup(folder)
    histories = _recorded(steps) if steps else _stored
    stopped = False
    for one in _chosen(setup, names or []):
        found = _compared(setup, one, histories(one.id))
        stopped |= found.stopped > 0
        _report(_console(), setup, one, found)
    if stopped:
        raise typer.Exit(1)


Histories = Callable[[str], Iterator[list[CaseStep]]]


def _recorded(file: Path) -> Histories:
    steps = step_lines.read(file)
    return lambda _workflow: iter([steps])


def _stored(workflow: str) -> Iterator[list[CaseStep]]:
    with connect_reader(from_environment(), timeout_s=TIMEOUT_S) as client:
        yield from stored_cases.histories(client, workflow)


@dataclass
class _Compared:
    """What became of all cases; those that come out where they were are only counted."""

    count: int = 0
    same: int = 0
    stopped: int = 0
    told: list[ReplayedCase] = field(default_factory=list)


def _compared(
    setup: CaseSetup, one: WorkflowDefinition, histories: Iterator[list[CaseStep]]
) -> _Compared:
    kinds, total = frozenset(setup.city.kinds), _Compared()
    while some := list(islice(histories, AT_ONCE)):
        found = compare(one, chain.from_iterable(some), setup.units, kinds)
        total.count += len(found)
        total.same += sum(case.same for case in found)
        total.stopped += sum(case.refusal is not None for case in found)
        total.told += told(found)
    return total


def _report(console: Console, setup: CaseSetup, one: WorkflowDefinition, found: _Compared) -> None:
    console.print(
        f"{one.name}: {found.count} cases: {found.same} as before, "
        f"{found.count - found.same - found.stopped} otherwise, {found.stopped} could not go on"
    )
    phrases = phrases_of(one, setup.units)
    for case in told(found.told):
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
