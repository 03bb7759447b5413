"""The script `city`: what it says when the machine lacks something, and what it installs."""

from __future__ import annotations

import ast
import importlib.util
import os
import re
import shutil
import sys
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import TextIO

import pytest

from tests.conftest import REPOSITORY

SCRIPT = REPOSITORY / "city"


@pytest.fixture
def city(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    loader = SourceFileLoader("city_script", str(SCRIPT))
    spec = importlib.util.spec_from_loader("city_script", loader)
    assert spec is not None
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    script = importlib.util.module_from_spec(spec)
    loader.exec_module(script)
    (tmp_path / ".venv").mkdir()
    for name in ("requirements.lock", "requirements-test.lock"):
        (tmp_path / name).write_text(f"{name}\n")
    (tmp_path / "pyproject.toml").write_text("[project]\nname = 'x'\n[tool.ruff]\n")
    monkeypatch.setattr(script, "ROOT", str(tmp_path))
    monkeypatch.setattr(script, "VENV", str(tmp_path / ".venv"))
    monkeypatch.setattr(script, "PYTHON", str(tmp_path / ".venv/bin/python"))
    monkeypatch.setattr(script, "DONE", str(tmp_path / ".venv/installed"))
    return script


def test_script_is_read_by_a_python_that_is_far_too_old() -> None:
    ast.parse(SCRIPT.read_text(), feature_version=(3, 6))
    assert os.access(SCRIPT, os.X_OK)


def test_old_python_without_a_newer_one_is_told(
    city: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(city.sys, "version_info", (3, 9, 2))
    monkeypatch.setattr(city.shutil, "which", lambda _name: None)
    with pytest.raises(SystemExit) as caught:
        city.need_python(["up"])
    assert caught.value.code == (
        "city: Python 3.9 is too old, 3.11 or newer is needed; install one, "
        "for example with 'apt install python3.11 python3.11-venv'"
    )


def test_old_python_hands_over_to_a_newer_one(
    city: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    called: list[list[str]] = []
    here = {"python3.12": "/usr/bin/python3.12", "python3.11": "/usr/bin/python3.11"}
    monkeypatch.setattr(city.sys, "version_info", (3, 9, 2))
    monkeypatch.setattr(city.shutil, "which", here.get)
    monkeypatch.setattr(city.os, "execv", lambda _program, line: called.append(line))
    with pytest.raises(SystemExit):
        city.need_python(["up", "-d"])
    assert called[0] == ["/usr/bin/python3.12", str(SCRIPT), "up", "-d"]


def test_python_without_a_part_is_told(city: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(city, "has_part", lambda name: name != "_sqlite3")
    with pytest.raises(SystemExit) as caught:
        city.need_python(["up"])
    assert caught.value.code == (
        "city: this Python was built without sqlite3; install a whole one, "
        "for example with 'apt install python3'"
    )


def test_python_without_venv_is_told_which_package(
    city: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(city.importlib.util, "find_spec", lambda _name: None)
    with pytest.raises(SystemExit) as caught:
        city.make_venv()
    package = f"python3.{sys.version_info.minor}-venv"
    assert caught.value.code == (
        f"city: this Python cannot make virtual environments; install {package}, "
        f"for example with 'apt install {package}'"
    )


def test_full_disk_is_told_before_anything_is_made(
    city: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(city.shutil, "disk_usage", lambda _: SimpleNamespace(free=500 * 1024**2))
    with pytest.raises(SystemExit) as caught:
        city.install(city.LOCK)
    assert caught.value.code == "city: 500 MB free on this disk, 3000 MB are needed; free some"


def test_installs_once_and_again_when_the_lock_changed(
    city: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran: list[str] = []
    monkeypatch.setattr(city, "make_venv", lambda: ran.append("venv"))
    monkeypatch.setattr(city, "pip", lambda *given: ran.append(given[-1]))
    city.install(city.LOCK)
    city.install(city.LOCK)
    assert ran == ["venv", "requirements.lock", "."]
    (tmp_path / "pyproject.toml").write_text("[project]\nname = 'x'\n[tool.mypy]\n")
    city.install(city.LOCK)
    assert len(ran) == 3
    (tmp_path / "requirements.lock").write_text("changed\n")
    city.install(city.LOCK)
    assert len(ran) == 6


def test_test_packages_come_on_top(city: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[str] = []
    monkeypatch.setattr(city, "make_venv", lambda: None)
    monkeypatch.setattr(city, "pip", lambda *given: ran.append(given[-1]))
    for lock in (city.LOCK, city.TEST_LOCK, city.LOCK, city.TEST_LOCK):
        city.install(lock)
    assert ran == ["requirements.lock", ".", "requirements-test.lock", "."]


def test_interrupted_install_is_gone_on_with(
    city: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_given: str) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(city, "make_venv", lambda: None)
    monkeypatch.setattr(city, "pip", interrupt)
    with pytest.raises(KeyboardInterrupt):
        city.install(city.LOCK)
    assert city.installed() == []


@pytest.mark.services
def test_half_a_venv_does_not_count(city: ModuleType, tmp_path: Path) -> None:
    assert not city.works(str(tmp_path / "none"))
    dead = tmp_path / "python"
    dead.write_text("#!/bin/sh\nexit 1\n")
    dead.chmod(0o755)
    assert not city.works(str(dead))
    assert city.works(sys.executable)


def test_pip_asks_for_hashes(city: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[tuple[str, ...]] = []
    monkeypatch.setattr(city, "make_venv", lambda: None)
    monkeypatch.setattr(city, "pip", lambda *given: ran.append(given))
    city.install(city.LOCK)
    assert "--require-hashes" in ran[0]
    assert ran[1][2:4] == ("--no-deps", "--no-build-isolation")


def test_failed_pip_is_told_with_the_end_of_its_log(
    city: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fails(*_given: object, stdout: TextIO, **_named: object) -> int:
        stdout.write("".join(f"line {n}\n" for n in range(100)))
        return 1

    monkeypatch.setattr(city.subprocess, "call", fails)
    with pytest.raises(SystemExit) as caught:
        city.pip("installing", "install")
    log = Path(city.VENV) / "pip.log"
    assert caught.value.code == (
        "city: pip could not install the packages; the lines above say why, all of them are in "
        f"{log}. './city' goes on where it was"
    )
    said = capsys.readouterr().err.splitlines()
    assert said == ["city: installing", *(f"line {n}" for n in range(80, 100))]
    assert len(log.read_text().splitlines()) == 100


@pytest.mark.services
def test_pip_when_all_goes_well_then_a_step_is_told_in_two_lines(
    city: ModuleType, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(city, "PYTHON", "/bin/echo")
    city.pip("installing the packages", "install", "noise")
    shown = capfd.readouterr()
    assert (shown.out, shown.err) == (
        "",
        "city: installing the packages\ncity:   done in 0 s\n",
    )
    assert "noise" in (Path(city.VENV) / "pip.log").read_text()


@pytest.mark.services
def test_run_all_runs_all_tells_of_one_failure_and_what_each_took(
    city: ModuleType, capfd: pytest.CaptureFixture[str]
) -> None:
    failing, fine = [sys.executable, "-c", "exit(3)"], [sys.executable, "-c", ""]
    assert city.run_all(("lint", failing), ("types", fine)) == 1
    said = capfd.readouterr().err.splitlines()[-1]
    assert re.fullmatch(
        r"city: CPU seconds: lint \d+\.\d FAILED, types \d+\.\d; together \d+\.\d", said
    )
    assert city.run_all(("lint", fine), ("types", fine)) == 0


def test_failed_check_ends_the_test_run_and_is_told(
    city: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(city, "check", lambda: 1)
    monkeypatch.setattr(city, "run", lambda command: pytest.fail(f"ran {command}"))
    with pytest.raises(SystemExit) as caught:
        city.test([])
    assert caught.value.code == (
        "city: a check failed, so no test was run; './city test tests' runs the tests alone"
    )


def test_chosen_tests_run_once_without_the_checks(
    city: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran: list[list[str]] = []

    def run(command: list[str]) -> int:
        ran.append(command)
        return 5

    monkeypatch.setattr(city, "check", lambda: pytest.fail("checked"))
    monkeypatch.setattr(city, "run", run)
    assert city.test(["--fast", "tests/test_compose.py"]) == 5
    assert ran == [[city.PYTHON, "-m", "pytest", "--fast", "tests/test_compose.py"]]


def test_fix_mends_and_formats_what_is_chosen_or_everything(
    city: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran: list[list[str]] = []
    monkeypatch.setattr(city, "run", lambda command: ran.append(command[1:]) or 0)
    (tmp_path / "tests").mkdir()
    (tmp_path / "streams").mkdir()
    assert city.fix([]) == 0
    assert city.fix(["streams/ruling"]) == 0
    assert ran == [
        ["check", "--fix", "streams", "tests"],
        ["format", "streams", "tests"],
        ["check", "--fix", "streams/ruling"],
        ["format", "streams/ruling"],
    ]


def test_bytecode_is_kept_in_the_environment_where_the_machine_forbids_it(
    city: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    monkeypatch.delenv("PYTHONPYCACHEPREFIX", raising=False)
    city.keep_bytecode()
    assert "PYTHONDONTWRITEBYTECODE" not in os.environ
    assert os.environ["PYTHONPYCACHEPREFIX"] == str(Path(city.VENV) / "bytecode")
    monkeypatch.setenv("PYTHONPYCACHEPREFIX", "/elsewhere")
    city.keep_bytecode()
    assert os.environ["PYTHONPYCACHEPREFIX"] == "/elsewhere"


def test_marked_when_people_set_the_marker_then_only_the_files_that_name_it(
    city: ModuleType, tmp_path: Path
) -> None:
    tests = tmp_path / "tests" / "deep"
    tests.mkdir(parents=True)
    (tests / "test_a.py").write_text("@pytest.mark.timed\ndef test_a(): pass\n")
    (tests / "test_b.py").write_text("def test_b(): pass\n")

    assert city.marked("timed") == [os.path.join("tests", "deep", "test_a.py")]
    assert city.marked("acceptance and not timed") == []


def project(folder: Path) -> None:
    """Make a project with tests of two parts, of which one of the first fails."""
    markers = "['acceptance: a', 'services: s', 'slow: s', 'timed: t']"
    options = "addopts = '-ra -p no:dash -p no:asyncio'"
    (folder / "pyproject.toml").write_text(
        f"[tool.pytest.ini_options]\n{options}\nmarkers = {markers}\n"
    )
    (folder / "conftest.py").write_text("pytest_plugins = ('parts',)\n")
    shutil.copy(REPOSITORY / "tests" / "parts.py", folder)
    (folder / "test_code.py").write_text(
        "def test_fine(): pass\ndef test_broken(): assert 1 == 2\n"
    )
    (folder / "test_center.py").write_text(
        "import pytest\n@pytest.fixture\ndef city_center(): pass\n"
        "def test_center(city_center): pass\n@pytest.mark.timed\ndef test_quick(): pass\n"
    )


@pytest.fixture
def testing(city: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """Return the script of a project with tests, which the Python of these tests runs."""
    project(tmp_path)
    monkeypatch.setattr(city, "PYTHON", sys.executable)
    return city


@pytest.mark.services
def test_parts_run_side_by_side_and_the_last_line_is_pytests_own(
    testing: ModuleType, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    rows = [
        [("timed", testing.PARTS[0][0][1], False, 60)],
        [
            ("acceptance", testing.PARTS[1][0][1], False, 0),
            ("code", testing.PARTS[1][1][1], False, 600),
        ],
    ]
    monkeypatch.setattr(testing, "PARTS", rows)
    assert testing.Tests([("checks", 7.0, 90)]).run() == 1
    said, told = capfd.readouterr()
    assert re.search(r"^code +\| test_code\.py \.F", said, re.MULTILINE)
    closing = [re.sub(r" in [\d.]+s", "", line).strip("= ") for line in said.splitlines()[-3:]]
    assert closing == [
        "1 passed, 3 deselected",
        "1 passed, 3 deselected",
        "1 failed, 1 passed, 2 deselected",
    ]
    assert "city: checks         7 s of   90 s\n" in told
    assert re.search(r"^city: acceptance +\d+ s of +0 s  <== OVER ITS BUDGET$", told, re.MULTILINE)
    assert re.search(r"^city: +\d+\.\d +\d+\.\d  test_center\.py$", told, re.MULTILINE)
    assert "city: FAILED: code: FAILED test_code.py::test_broken - assert 1 == 2\n" in told
    assert told.endswith(
        "city: FAILED: code: ended with code 1\ncity: timed:\ncity: acceptance:\ncity: code:\n"
    )


@pytest.mark.services
def test_part_that_covers_less_than_is_asked_says_so(
    testing: ModuleType,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    with (tmp_path / "pyproject.toml").open("a") as settings:
        settings.write("[tool.slipcover]\nsource = ['house']\nfail-under = 95\n")
    (tmp_path / "house").mkdir()
    (tmp_path / "house" / "door.py").write_text("def open():\n    return 1\n")
    (tmp_path / "test_code.py").write_text("import house.door\ndef test_fine(): pass\n")
    monkeypatch.setenv("PYTEST_ADDOPTS", "-W ignore::pytest.PytestAssertRewriteWarning")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setattr(testing, "PARTS", [[("code", testing.PARTS[1][1][1], True, 600)]])
    assert testing.Tests([], cover=True).run() == 1
    said, told = capfd.readouterr()
    assert "house/door.py" in said
    assert (
        "city: FAILED: code: ended with code 2: less is covered than [tool.slipcover] in "
        "pyproject.toml asks; see the table above\n"
    ) in told


def test_lock_without_uv_is_told(city: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(city.shutil, "which", lambda _name: None)
    with pytest.raises(SystemExit) as caught:
        city.lock()
    assert caught.value.code == (
        "city: 'uv' is needed to write the lock files; install it with 'pip install uv'"
    )


def test_windows_is_told_of_wsl(city: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(city, "os", SimpleNamespace(name="nt"))
    with pytest.raises(SystemExit) as caught:
        city.need_python(["up"])
    assert caught.value.code == (
        "city: Linux or macOS is needed; on Windows use WSL, and run './city' there"
    )
