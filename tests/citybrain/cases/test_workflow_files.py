"""Each folder of `bad/` spoils the small city in one way; what is said must be said exactly so."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import pytest

from citybrain.cases.definition import ActionEntry
from citybrain.cases.dispatching import Matter
from citybrain.cases.workflow_files import CaseSetup, load_case_setup
from citybrain.city import City, load_city
from citybrain.floor.errors import ConfigError, Fault
from tests.citybrain.cases.city import HERE, small_city
from tests.citybrain.cases.sample import wuhai
from tests.repository import WUHAI

BAD = sorted(path for path in (HERE / "bad").iterdir() if path.is_dir())
PLAIN = "workflows/plain.yaml"


def faults_of(city: City) -> tuple[Fault, ...]:
    """Return all that is wrong with what a city says of cases."""
    try:
        load_case_setup(city)
    except ConfigError as error:
        return error.faults
    return ()


def faults(folder: Path, case: Path | None = None) -> list[str]:
    city = small_city(folder, case)
    return [str(fault).replace(f"{city.folder}/", "") for fault in faults_of(city)]


@pytest.mark.parametrize("case", BAD, ids=lambda path: path.name)
def test_load_when_spoilt_then_says_place_item_problem_and_remedy(
    case: Path, tmp_path: Path
) -> None:
    said = "".join(f"{fault}\n" for fault in faults(tmp_path, case))
    assert said == (case / "expected.txt").read_text("utf-8")


def test_load_when_right_then_holds_stages_units_and_stations(tmp_path: Path) -> None:
    setup = load_case_setup(small_city(tmp_path))

    plain = setup.definitions["plain"]
    assert (plain.version, plain.centre, plain.start) == (2, "centre", "waiting")
    assert plain.stages["working"].actions["return"] == ActionEntry(to="waiting", within="return")
    assert plain.stages["waiting"].words == plain.stages["waiting"].title
    assert plain.supervision.closes == ("supervisor",)
    assert setup.units.path("phoenix") == ("phoenix", "town")
    assert setup.units.title("police").en == "Police"
    assert setup.stations["centre"].on_duty(date(2026, 1, 12)) == {
        "phoenix": "turn",
        "police": "standing",
    }
    found = setup.dispatch.destination(Matter("accident", "traffic", "", ""), date(2026, 1, 5))
    assert found.unit == "police"


@pytest.mark.parametrize("name", ["units.yaml", "cases.yaml"])
def test_load_when_a_file_is_missing_then_says_so(name: str, tmp_path: Path) -> None:
    city = small_city(tmp_path)
    (city.folder / name).unlink()

    said = [str(fault) for fault in faults_of(city)]

    where = f"{city.folder}/{name}:1: file: missing; make it; docs/city.md shows what belongs in it"
    assert said == [where]


def test_load_when_a_workflow_is_empty_then_says_so(tmp_path: Path) -> None:
    city = small_city(tmp_path)
    (city.folder / PLAIN).write_text("")

    said = [str(fault) for fault in faults_of(city)]

    assert said == [
        f"{city.folder}/{PLAIN}:1: file: empty; docs/workflows.md shows what belongs in it"
    ]


def test_load_when_a_city_has_no_workflows_then_it_has_no_cases(tmp_path: Path) -> None:
    city = small_city(tmp_path)
    shutil.rmtree(city.folder / "workflows")

    setup = load_case_setup(city)
    assert (setup.definitions, setup.units.by_id, setup.cases) == ({}, {}, CaseSetup(city).cases)


def test_load_when_limits_are_known_then_each_clock_must_be_one(tmp_path: Path) -> None:
    city = small_city(tmp_path)

    with pytest.raises(ConfigError) as caught:
        load_case_setup(city, frozenset({"dispatch", "handling"}))

    assert str(caught.value).replace(f"{city.folder}/", "") == (
        f"{PLAIN}:16: stages.working.clock: unknown limit 'handle'; did you mean 'handling'?\n"
        f"{PLAIN}:18: stages.working.actions.return.within: unknown limit 'return'; "
        "known are dispatch, handling"
    )


def test_load_when_a_city_goes_by_profiles_then_its_clocks_are_held_against_them(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "wuhai"
    shutil.copytree(WUHAI, folder, ignore=shutil.ignore_patterns("replay"))
    path = folder / "workflows" / "dispute.yaml"
    path.write_text(path.read_text("utf-8").replace("clock: grade\n", "clock: grading\n"), "utf-8")

    (fault,) = faults_of(load_city(folder))

    assert (fault.item, fault.problem) == ("stages.grading.clock", "unknown limit 'grading'")


def earlier(folder: Path, name: str, version: int) -> list[str]:
    city = small_city(folder)
    text = (city.folder / PLAIN).read_text("utf-8").replace("version: 2", f"version: {version}")
    (city.folder / "workflows" / "earlier").mkdir()
    (city.folder / "workflows" / "earlier" / name).write_text(text, "utf-8")
    return [str(fault).replace(f"{city.folder}/", "") for fault in faults_of(city)]


def test_load_when_an_earlier_version_is_kept_then_cases_still_run_by_it(tmp_path: Path) -> None:
    assert earlier(tmp_path, "plain-1.yaml", 1) == []

    setup = load_case_setup(small_city(tmp_path))

    assert [one.name for one in setup.every_version()] == ["plain 1", "plain 2"]
    assert setup.definition("plain", 1) is not None
    assert setup.definition("plain", 3) is None


def test_load_when_an_earlier_version_is_called_otherwise_then_says_so(tmp_path: Path) -> None:
    assert earlier(tmp_path, "plain-0.yaml", 1) == [
        "workflows/earlier/plain-0.yaml:2: version: 1 stands in a file called 'plain-0.yaml'; "
        "call it plain-1.yaml"
    ]


def test_load_when_an_earlier_version_is_no_earlier_one_then_says_so(tmp_path: Path) -> None:
    assert earlier(tmp_path, "plain-2.yaml", 2) == [
        "workflows/earlier/plain-2.yaml:2: version: version 2 is no later one; "
        "give plain.yaml a higher version"
    ]


def test_wuhai_when_read_then_its_workflows_and_every_department_is_a_unit() -> None:
    setup = wuhai()
    assert sorted(setup.definitions) == [
        *("city_management", "dispute", "followed", "hotline", "leads")
    ]
    assert set(setup.city.departments) <= set(setup.units.by_id)
    streets = {code for code in setup.city.areas if len(code) == 9}
    assert {unit.area for unit in setup.units.by_id.values() if unit.level == "street"} == streets


def test_wuhai_when_each_kind_of_matter_comes_then_a_workflow_and_a_unit_are_there() -> None:
    setup = wuhai()
    day = date(2026, 3, 2)
    for kind in setup.city.kinds.values():
        if kind.is_reading:
            continue
        found = setup.dispatch.destination(Matter(kind.id, kind.theme, "", "150302003"), day)
        assert found.unit, kind.id


def test_load_when_an_earlier_version_is_faulty_then_its_faults_are_told_too(
    tmp_path: Path,
) -> None:
    city = small_city(tmp_path)
    (city.folder / "workflows" / "earlier").mkdir()
    (city.folder / "workflows" / "earlier" / "plain-1.yaml").write_text("title: x\n")
    (city.folder / "workflows" / "plain.yaml").unlink()

    said = [str(fault).replace(f"{city.folder}/", "") for fault in faults_of(city)]

    assert "workflows/earlier/plain-1.yaml:1: title: 'x' is not keys with values; " in said[0]
    assert said[-1].startswith("cases.yaml:3: workflows[0].workflow: unknown workflow 'plain'")


def test_load_when_a_city_has_units_alone_then_stations_may_be_missing(tmp_path: Path) -> None:
    city = small_city(tmp_path)
    path = city.folder / "units.yaml"
    path.write_text(path.read_text("utf-8").partition("stations:")[0], "utf-8")

    setup = load_case_setup(city)

    assert (setup.stations, "police" in setup.units) == ({}, True)
