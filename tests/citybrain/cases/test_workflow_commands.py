"""`citybrain workflows check|paths|compare`, as people see them."""

from __future__ import annotations

import shutil
from pathlib import Path

import msgspec
import pytest
from typer.testing import CliRunner

from citybrain.cases.commands import workflows
from citybrain.floor.errors import ConfigError
from tests.citybrain.cases.city import HERE, small_city
from tests.citybrain.cases.sample import CLERK, CaseDesk
from tests.repository import WUHAI

RUN = CliRunner()


def run(*arguments: str, folder: Path = WUHAI) -> tuple[int, str]:
    done = RUN.invoke(workflows, [*arguments, "--city", str(folder)])
    if isinstance(done.exception, ConfigError):
        raise done.exception
    return done.exit_code, done.stdout


def test_check_when_right_then_says_how_much_there_is() -> None:
    assert run("check") == (
        0,
        "city_management 1: 7 stages, 64 actions, 3 paths\n"
        "dispute 1: 9 stages, 87 actions, 6 paths\n"
        "followed 1: 3 stages, 15 actions, 2 paths\n"
        "hotline 1: 11 stages, 89 actions, 6 paths\n"
        "leads 1: 7 stages, 62 actions, 3 paths\n"
        "75 units: no faults\n",
    )


def test_check_when_wrong_then_every_fault_is_told(tmp_path: Path) -> None:
    city = small_city(tmp_path, HERE / "bad" / "all_at_once")
    with pytest.raises(ConfigError) as caught:
        run("check", folder=city.folder)
    assert len(caught.value.faults) == 4


def test_paths_when_asked_then_each_is_a_line(tmp_path: Path) -> None:
    city = small_city(tmp_path)
    assert run("paths", "plain", folder=city.folder) == (
        0,
        "plain 2:\n  waiting -dispatch→ working -resolve→ done\n",
    )


def test_paths_when_there_is_no_such_workflow_then_says_so() -> None:
    with pytest.raises(ConfigError) as caught:
        run("paths", "hotlin")
    assert str(caught.value) == ("workflows: hotlin: no such workflow; did you mean 'hotline'?")


def steps_file(folder: Path) -> Path:
    desk = CaseDesk()
    desk.closed()
    desk.do(CLERK, "accept", desk.open())
    path = folder / "steps.jsonl"
    path.write_bytes(b"\n".join(msgspec.json.encode(step) for step in desk.steps))
    return path


def test_compare_when_all_go_on_then_says_so(tmp_path: Path) -> None:
    assert run("compare", "city_management", "--steps", str(steps_file(tmp_path))) == (
        0,
        "city_management 1: 2 cases: 2 as before, 0 otherwise, 0 could not go on\n",
    )


def test_compare_when_some_could_not_go_on_then_names_them_and_fails(tmp_path: Path) -> None:
    file, folder = steps_file(tmp_path), tmp_path / "wuhai"
    shutil.copytree(WUHAI, folder)
    path = folder / "workflows" / "city_management.yaml"
    text = path.read_text("utf-8").replace("accept: filing", "accept: dispatching")
    # Nothing leads to filing any more, so another way does.
    dispatch = "      dispatch: handling\n"
    text = text.replace(dispatch, f"{dispatch}      verify: {{does: move, to: filing}}\n")
    path.write_text(text, "utf-8")
    assert run("compare", "city_management", "--steps", str(file), folder=folder) == (
        1,
        "city_management 1: 2 cases: 0 as before, 1 otherwise, 1 could not go on\n"
        "  WH-20260302-000001: step 3 (filed by cao): the case is in To be dispatched "
        "(accepted by cao)\n"
        "  WH-20260302-000002: in dispatching, was in filing\n",
    )
