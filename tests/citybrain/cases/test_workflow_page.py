"""What docs/workflows.md says of workflows is so."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

from citybrain.cases.action_kinds import ACTION_KINDS
from citybrain.cases.definition import ActionEntry, Stage, WorkflowDefinition
from citybrain.cases.definition_checks import KnownNames, check_definition
from citybrain.floor.strict import Document
from tests.citybrain.cases.sample import wuhai
from tests.repository import ROOT

PAGE = (ROOT / "docs" / "workflows.md").read_text("utf-8")


def test_page_when_it_lists_kinds_then_all_of_them_with_for_whom() -> None:
    rows = [row.split("|") for row in PAGE.splitlines() if row.startswith("| `")]
    named = {name: row[2] for row in rows for name in re.findall(r"`(\w+)`", row[1])}
    assert set(named) == set(ACTION_KINDS)
    centre = {name for name, whose in named.items() if whose.strip() == "centre"}
    assert {name for name in centre if ACTION_KINDS[name].by != "centre"} == set()
    owner = {name for name, whose in named.items() if whose.strip() == "owner"}
    assert {name for name in owner if ACTION_KINDS[name].by != "owner"} == set()


def test_page_when_it_shows_a_workflow_then_nothing_is_wrong_with_it(tmp_path: Path) -> None:
    block = re.search(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    assert block
    path = tmp_path / "plain.yaml"
    path.write_text(block.group(1), "utf-8")
    document = Document(path)
    root = document.root()
    assert root is not None
    found = document.record(root, WorkflowDefinition, "", {"id": "plain"})
    assert document.faults == []
    assert found is not None
    known = KnownNames(frozenset(wuhai().units.by_id))
    assert list(check_definition(found, known)) == []


def test_page_when_a_workflow_has_a_key_then_it_is_named() -> None:
    keys = {
        field.name for kind in (WorkflowDefinition, Stage, ActionEntry) for field in fields(kind)
    } - {"id"}
    said = set(re.findall(r"\w+", PAGE))
    assert {key for key in keys if key not in said} == set()
