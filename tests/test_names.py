"""One noun, one meaning: a public name that stands for two things cannot be found with grep."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path

from citybrain.floor.packaging import PACKAGES
from tests.conftest import REPOSITORY

GENERIC_CLASSES = frozenset({"Options"})
"""`Options`: what one kind of condition takes; always met as `<kind>.Options`."""

GENERIC_MODULES = frozenset(
    {
        "commands",  # a command line's own part; citybrain/workflow's: what people want done
        "metrics",  # of one process
        "queries",  # all SQL of one page
        "records",  # the records of one subject
        "routes",  # HTTP paths of one page
        "workflow",  # what the records of one subject can go through
    }
)
"""What many subjects have alike: the folder says whose it is."""

FOLDERS_OF_IDS = (
    "citybrain/roof/replay/datasets",
    "connectors/sources",
    "dashboards/screens",
    "dashboards/tiles",
    "notifier/channels",
    "sinks/tables",
    "streams/conditions",
)
"""One file is one extension, called as YAML, SQL or a page calls it, and found by its folder.

A table `events` has to lie in `events.py` whatever else is called so. Their classes count.
"""

MUTE = frozenset(
    {
        *("base", "common", "helper", "helpers", "manager", "misc", "shared", "util", "utils"),
        *("book", "guide", "heard", "incumbent", "known", "lead", "meeting", "moment", "once"),
        *("outlet", "peer", "picture", "porter", "seat", "shape", "shift", "signs", "spots"),
        *("tell", "tools", "waiting", "world"),
    }
)
"""Names that do not say what they are about; a word more does."""

MUTE_BUT_FOLDERS = frozenset({"streams/ruling/tools"})
"""The commands beside the engine; each module in it says what it does."""


def modules() -> Iterator[Path]:
    """Yield every module of ours, but `__init__`, by its path in the repository."""
    for package in PACKAGES:
        for path in sorted((REPOSITORY / package).rglob("*.py")):
            yield path.relative_to(REPOSITORY)


def twice(found: Mapping[str, list[str]]) -> dict[str, list[str]]:
    """Return the names that stand in more than one place."""
    return {name: places for name, places in sorted(found.items()) if len(places) > 1}


def is_id(path: Path) -> bool:
    """Whether a module is an extension, called by its id."""
    return path.parent.as_posix() in FOLDERS_OF_IDS


def public_classes(path: Path) -> Iterator[str]:
    """Yield the names of a module's public classes."""
    for node in ast.parse((REPOSITORY / path).read_text("utf-8")).body:
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            yield node.name


def test_class_names_when_public_then_each_stands_for_one_thing() -> None:
    found = defaultdict(list)
    for path in modules():
        for name in public_classes(path):
            found[name].append(path.as_posix())
    assert {
        name: places for name, places in twice(found).items() if name not in GENERIC_CLASSES
    } == {}


def test_module_names_then_each_stands_for_one_thing() -> None:
    found = defaultdict(list)
    for path in modules():
        if path.name != "__init__.py" and not is_id(path):
            found[path.stem].append(path.as_posix())
    assert {
        name: places for name, places in twice(found).items() if name not in GENERIC_MODULES
    } == {}


def test_module_and_folder_names_say_what_they_are_about() -> None:
    said = {
        (path.parent if path.name == "__init__.py" else path.with_suffix("")) for path in modules()
    }
    mute = {path.as_posix() for path in said if path.name in MUTE and not is_id(path)}
    assert mute - MUTE_BUT_FOLDERS == set()


def test_generic_names_are_few_and_each_is_needed() -> None:
    assert len(GENERIC_CLASSES | GENERIC_MODULES) <= 12
    stems, classes = defaultdict(list), defaultdict(list)
    for path in modules():
        stems[path.stem].append(path.as_posix())
        for name in public_classes(path):
            classes[name].append(path.as_posix())
    assert set(twice(stems)) >= GENERIC_MODULES
    assert set(twice(classes)) >= GENERIC_CLASSES
    for folder in FOLDERS_OF_IDS:
        assert (REPOSITORY / folder / "__init__.py").exists(), folder
