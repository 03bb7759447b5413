"""Read what a city's folder says of cases, or everything that is wrong with it at once.

units.yaml                          units, and where they stand on duty
cases.yaml                          how numbers begin, which matter goes by which workflow
workflows/<id>.yaml                 the workflows, a file each
workflows/earlier/<id>-<n>.yaml     versions by which cases still run, none of which begin

A city without a folder `workflows` has no cases.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import get_args

from citybrain.cases.case_clocks import CaseClocks
from citybrain.cases.city_clocks import clocks_of
from citybrain.cases.definition import WorkflowDefinition
from citybrain.cases.definition_checks import KnownNames, check_definition
from citybrain.cases.dispatching import DispatchTable
from citybrain.cases.limit_files import limit_names
from citybrain.cases.opening import CasesFile, check_cases_file
from citybrain.cases.records import Source
from citybrain.cases.stations import Station
from citybrain.cases.units import Units
from citybrain.cases.units_reader import UNITS, read_units
from citybrain.city import City
from citybrain.floor.errors import ConfigError
from citybrain.floor.strict import Document

CASES, WORKFLOWS, EARLIER = "cases.yaml", "workflows", "earlier"


@dataclass(frozen=True)
class CaseSetup:
    """What a city says of cases.

    Attributes:
        city: whose it is.
        definitions: the workflows by which cases begin, by id.
        earlier: versions by which cases still run.
        units: who can own a case.
        stations: where units stand on duty, by the unit at which it is.
        cases: numbers, and which matter goes by which workflow.
    """

    city: City
    definitions: Mapping[str, WorkflowDefinition] = field(default_factory=dict)
    earlier: tuple[WorkflowDefinition, ...] = ()
    units: Units = field(default_factory=Units)
    stations: Mapping[str, Station] = field(default_factory=dict)
    cases: CasesFile = field(default_factory=lambda: CasesFile("", ()))

    def every_version(self) -> Iterator[WorkflowDefinition]:
        """Yield all workflows in all versions that there are."""
        yield from self.earlier
        yield from self.definitions.values()

    def definition(self, workflow: str, version: int) -> WorkflowDefinition | None:
        """Return one version of a workflow; None: it is not there."""
        asked = (workflow, version)
        return next((one for one in self.every_version() if (one.id, one.version) == asked), None)

    def theme_of(self, kind: str) -> str:
        """Return the theme of a kind, "" where it is unknown."""
        found = self.city.kinds.get(kind)
        return found.theme if found else ""

    @cached_property
    def clocks(self) -> CaseClocks:
        """How long what may take, and what counts.

        Raises:
            ConfigError: the city's calendar or its limits are faulty.
        """
        return replace(clocks_of(self.city), windows=self._windows())

    def _windows(self) -> frozenset[str]:
        """Return the limits that say until when something may be done, and nothing else."""
        within, clocks = set[str](), set[str]()
        for one in self.every_version():
            clocks |= {one.clock, *(stage.clock for stage in one.stages.values())}
            for _, _, entry in one.placed():
                within.add(entry.within)
                clocks.add(entry.clock)
        return frozenset(within - clocks)

    @cached_property
    def dispatch(self) -> DispatchTable:
        """Who is responsible for what."""
        return DispatchTable(self.units.by_id.values(), self.stations)


def load_case_setup(city: City, limits: frozenset[str] | None = None) -> CaseSetup:
    """Return what `city` says of cases; nothing where it has no workflows.

    Args:
        city: whose folder is read.
        limits: names of the limits that there are; None: those of the profiles that it goes by.

    Raises:
        ConfigError: something is wrong; it carries every fault of every file.
    """
    if not (city.folder / WORKFLOWS).is_dir():
        return CaseSetup(city)
    reader = _Reader(city, limit_names(city) if limits is None else limits)
    setup = reader.setup()
    faults = [fault for document in reader.documents for fault in document.sorted_faults()]
    if faults:
        raise ConfigError(faults)
    return setup


class _Reader:
    """One reading of the files."""

    def __init__(self, city: City, limits: frozenset[str] | None) -> None:
        self.city, self._limits = city, limits
        self.documents: list[Document] = []
        self._folder = city.folder / WORKFLOWS

    def setup(self) -> CaseSetup:
        units = read_units(self._document(self.city.folder / UNITS), self.city)
        known = KnownNames(frozenset(units.units) or None, self._limits)
        current = self._files(self._folder)
        definitions = {one.id: one for one in self._read(current, known)}
        earlier = tuple(self._earlier(known))
        for one in earlier:
            self._check_earlier(one, definitions)
        cases = self._cases({path.stem for path in current})
        return CaseSetup(
            city=self.city,
            definitions=definitions,
            earlier=earlier,
            units=Units(units.units.values()),
            stations=units.stations,
            cases=cases or CasesFile("", ()),
        )

    def _document(self, path: Path) -> Document:
        document = Document(path)
        self.documents.append(document)
        return document

    def _files(self, folder: Path) -> list[Path]:
        return sorted(folder.glob("*.y*ml"))

    def _read(self, paths: list[Path], known: KnownNames) -> Iterator[WorkflowDefinition]:
        for path in paths:
            found = self._definition(path, path.stem, known)
            if found is not None:
                yield found

    def _earlier(self, known: KnownNames) -> Iterator[WorkflowDefinition]:
        for path in self._files(self._folder / EARLIER):
            name, _, version = path.stem.rpartition("-")
            found = self._definition(path, name, known)
            if found is not None and str(found.version) != version:
                said = f"{found.version} stands in a file called {path.name!r}"
                self.documents[-1].fault("version", said, f"call it {name}-{found.version}.yaml")
            if found is not None:
                yield found

    def _definition(self, path: Path, name: str, known: KnownNames) -> WorkflowDefinition | None:
        document = self._document(path)
        root = document.root()
        if root is None:
            if not document.faults:
                document.fault("", "empty", "docs/workflows.md shows what belongs in it")
            return None
        found = document.record(root, WorkflowDefinition, "", {"id": name})
        for fault in check_definition(found, known) if found else ():
            document.fault(fault.item, fault.problem, fault.remedy)
        return found

    def _check_earlier(
        self, one: WorkflowDefinition, definitions: Mapping[str, WorkflowDefinition]
    ) -> None:
        path = self._folder / EARLIER / f"{one.id}-{one.version}.yaml"
        document = next((found for found in self.documents if found.path == path), None)
        newest = definitions.get(one.id)
        if document is not None and newest is not None and newest.version <= one.version:
            remedy = f"give {one.id}.yaml a higher version"
            document.fault("version", f"version {newest.version} is no later one", remedy)

    def _cases(self, workflows: set[str]) -> CasesFile | None:
        document = self._document(self.city.folder / CASES)
        root = document.root()
        found = document.record(root, CasesFile, "") if root is not None else None
        known = {
            "workflow": frozenset(workflows),
            "kind": frozenset(self.city.kinds),
            "feed": frozenset(self.city.feeds),
            "theme": frozenset(self.city.themes),
            "source": frozenset(get_args(Source)),
        }
        for fault in check_cases_file(found, known) if found else ():
            document.fault(fault.item, fault.problem, fault.remedy)
        return found
