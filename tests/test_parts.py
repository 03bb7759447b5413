"""Which part of the tests a test is of."""

from __future__ import annotations

import tomllib

import pytest

from tests import parts
from tests.conftest import REPOSITORY
from tests.parts import SLOW_FILES, part_of


def test_every_slow_file_is_there() -> None:
    names = {path.name for path in (REPOSITORY / "tests").rglob("test_*.py")}
    assert names >= SLOW_FILES


def test_every_shell_that_is_left_out_of_the_coverage_is_there() -> None:
    settings = tomllib.loads((REPOSITORY / "pyproject.toml").read_text("utf-8"))["tool"]
    coverage = settings["slipcover"]
    for name in coverage["omit"]:
        found = [
            path
            for top in coverage["source"]
            for path in (REPOSITORY / top).rglob("*.py")
            if path.relative_to(REPOSITORY).match(name)
        ]
        assert found, name


def test_part_follows_from_the_fixtures(request: pytest.FixtureRequest) -> None:
    item = request.node
    assert part_of(item) == ""
    for fixtures, part in (
        (["tmp_path", "_machine", "broker_settings"], "services"),
        (["store_settings", "_store_process", "_machine"], "services"),
        (["house", "browser", "_machine"], "acceptance"),
        (["city_center"], "acceptance"),
    ):
        item.fixturenames[:] = fixtures
        assert part_of(item) == part


def test_pure_test_that_starts_a_process_fails_and_is_told_how_to_mark_it() -> None:
    with pytest.raises(pytest.fail.Exception, match=r"pytestmark = pytest\.mark\.services"):
        parts._forbid("subprocess.Popen", ("ls", ["ls"]))
