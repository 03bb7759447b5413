"""The packages' names are ours alone, and what gets installed is locked."""

from __future__ import annotations

import re
import tomllib
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from citybrain.floor import packaging
from citybrain.floor.errors import Fault
from tests.conftest import REPOSITORY

PROJECT = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]
LOCKS = ("requirements.lock", "requirements-test.lock")


def locked(name: str) -> set[tuple[str, str]]:
    pattern = r"^([a-z0-9-]+)(?:\[[a-z0-9,-]+\])?==([^ ;\\]+)"
    return set(re.findall(pattern, (REPOSITORY / name).read_text(), re.MULTILINE))


def _requires(name: str) -> list[str]:
    try:
        return metadata.requires(name) or []
    except metadata.PackageNotFoundError:  # of another system
        return []


def names(lock: str) -> set[str]:
    return {name for name, _ in locked(lock)}


def wanted(*extras: str) -> set[str]:
    lines = [*PROJECT["dependencies"]]
    for extra in extras:
        lines += PROJECT["optional-dependencies"][extra]
    return {re.split(r"[<>=~;\[ ]", line)[0].lower().replace("_", "-") for line in lines}


def test_packages_lie_together_and_belong_to_nobody_else() -> None:
    assert packaging.faults() == []


def test_package_from_elsewhere_is_told() -> None:
    found = {name: Path("/city") / name for name in packaging.PACKAGES}
    found["connectors"] = Path("/venv/site-packages/connectors")
    remedy = "make the environment anew: remove .venv and run './city up'"
    assert packaging.faults(found, {"connectors": ["connectors", packaging.DISTRIBUTION]}) == [
        Fault("/city", "connectors", "comes from /venv/site-packages, not from /city", remedy),
        Fault(
            "/city", "connectors", "also installed by connectors", f"uninstall that, then {remedy}"
        ),
    ]


def test_missing_package_is_told() -> None:
    found = {name: Path("/city") / name for name in packaging.PACKAGES if name != "sinks"}
    (fault,) = packaging.faults(found, {})
    assert (fault.item, fault.problem) == ("sinks", "the package is missing")


@pytest.mark.parametrize("name", LOCKS)
def test_lock_names_no_host_and_hashes_everything(name: str) -> None:
    text = (REPOSITORY / name).read_text()
    assert "://" not in text
    assert "--index" not in text
    pinned = [block for block in re.split(r"\n(?=\S)", text) if "==" in block.split("\n")[0]]
    assert len(pinned) == len(locked(name)) > 50
    assert all("--hash=sha256:" in block for block in pinned)


def test_locks_hold_what_pyproject_asks_for() -> None:
    assert wanted("build") - names("requirements.lock") == set()
    assert wanted("build", "test") - names("requirements-test.lock") == set()


def test_lock_has_the_extras_that_its_packages_want() -> None:
    """Without them pip takes the newest version, which has no hash here."""
    text = (REPOSITORY / "requirements-test.lock").read_text()
    lines = [line for name in names("requirements-test.lock") for line in _requires(name)]
    found = [
        one for one in map(Requirement, lines) if one.extras and "extra" not in str(one.marker)
    ]
    missing = [
        str(one)
        for one in found
        if one.marker is None or one.marker.evaluate()
        if not re.search(rf"^{one.name.lower()}\[[^]]*{min(one.extras)}", text, re.MULTILINE)
    ]
    assert found
    assert missing == []


def test_both_locks_agree() -> None:
    assert locked("requirements.lock") - locked("requirements-test.lock") == set()
