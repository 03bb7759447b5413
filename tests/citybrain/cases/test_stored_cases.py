"""`workflows compare` and `limits compare` over the cases of a real store."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from msgspec import structs
from typer.testing import CliRunner

from citybrain.cases import commands, stored_cases
from citybrain.cases.commands import workflows
from citybrain.cases.files.clean_file import CleanFile
from citybrain.cases.files.file_store import FileStore
from citybrain.cases.limit_commands import limits
from citybrain.floor.clock import SystemClock
from citybrain.floor.errors import StoreError
from citybrain.floor.settings import Settings, to_environment
from citybrain.floor.store import connect
from citybrain.roof.case_commands import cases
from tests.citybrain.cases.sample import CLERK, CaseDesk
from tests.dashboards.desk.stored import make_tables, put
from tests.repository import WUHAI

pytestmark = pytest.mark.services


@pytest.fixture(scope="module")
def desk(store_settings: Settings) -> CaseDesk:
    """Return a desk of which every step is in the store, those of one case twice."""
    desk = CaseDesk()
    desk.closed()
    desk.do(CLERK, "accept", desk.open())
    desk.handled()
    with connect(store_settings) as client:
        make_tables(client)
        put(client, "case_steps", desk.steps, 0)
        put(client, "case_steps", desk.steps[:3], 500)
    return desk


@pytest.fixture(autouse=True)
def environment(store_settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in to_environment(replace(store_settings, city="wuhai")).items():
        monkeypatch.setenv(name, value)


def test_histories_when_steps_were_inserted_twice_then_each_stands_there_once_in_order(
    desk: CaseDesk, store_settings: Settings
) -> None:
    with connect(store_settings) as client:
        found = list(stored_cases.histories(client, "city_management"))
        assert list(stored_cases.histories(client, "hotline")) == []
        newest = {one.id: one for one in stored_cases.newest(client)}
    told = {steps[0].id: steps for steps in found}
    assert sorted(told) == sorted({step.id for step in desk.steps})
    for name, steps in told.items():
        assert steps == [step for step in desk.steps if step.id == name]
        assert newest[name] == steps[-1].after


def test_workflows_compare_when_the_files_are_as_they_were_then_every_stored_case_is_as_before(
    desk: CaseDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert desk.steps
    monkeypatch.setattr(commands, "AT_ONCE", 2)
    done = CliRunner().invoke(workflows, ["compare", "city_management", "--city", str(WUHAI)])
    assert (done.exit_code, done.stdout) == (
        0,
        "city_management 1: 3 cases: 3 as before, 0 otherwise, 0 could not go on\n",
    )


def test_limits_compare_when_the_store_has_cases_then_counts_their_clocks_by_both(
    desk: CaseDesk,
) -> None:
    assert desk.steps
    words = ["compare", "yuncheng_2026", "shandong_2020", "--city", str(WUHAI)]
    done = CliRunner().invoke(limits, words)
    head, *lines = done.stdout.splitlines()
    assert head.endswith("clocks  late by yuncheng_2026  late by shandong_2020")
    counts = {line.split()[0]: line.split()[-3:] for line in lines if line.split()[1] == "–"}
    # One was taken and never looked at again; two wait to be given back, longer than they may.
    assert counts == {
        "accept": ["3", "0", "0"],
        "verify": ["3", "1", "0"],
        "dispatch": ["2", "0", "0"],
        "return": ["2", "0", "1"],
        "close": ["0", "0", "0"],
        "extend": ["0", "0", "0"],
    }


def test_compare_when_the_store_is_away_then_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CITYBRAIN_STORE_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("CITYBRAIN_DATA", str(tmp_path))
    for app, words in ((workflows, []), (limits, ["yuncheng_2026", "shandong_2020"])):
        done = CliRunner().invoke(app, ["compare", *words, "--city", str(WUHAI)])
        assert isinstance(done.exception, StoreError)
        assert "http://127.0.0.1:9" in str(done.exception)


def test_files_when_no_case_carries_one_then_it_is_named_and_dropped_when_asked(
    desk: CaseDesk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, store_settings: Settings
) -> None:
    monkeypatch.setenv("CITYBRAIN_FILES_URL", str(tmp_path / "files"))
    files, old = FileStore(str(tmp_path / "files")), datetime(2026, 3, 2, tzinfo=UTC)
    names = {}
    for name, at in (("carried", old), ("refused", old), ("gone", old), ("new", None)):
        paper = CleanFile(b"%PDF-1.7", "application/pdf")
        note = files.put(paper, name, "zhang", at or SystemClock().now())
        files.keep(note, "gone" if name == "gone" else desk.steps[0].id)
        names[name] = note.id
    last = [step for step in desk.steps if step.id == desk.steps[0].id][-1]
    after = structs.replace(last.after, version=last.version + 1, attachments=(names["carried"],))
    step = structs.replace(last, version=last.version + 1, what="attached", after=after)
    with connect(store_settings) as client:
        put(client, "case_steps", [step], 900)

    listed = CliRunner().invoke(cases, ["files"]).stdout.splitlines()
    assert sorted(line.split()[-1] for line in listed[:-1]) == ["gone", "refused"]
    assert listed[-1] == "2 files, 16 bytes: carried by no case; '--drop' deletes them"
    assert len(list(files.all_kept())) == 4
    assert CliRunner().invoke(cases, ["files", "--drop"]).stdout.endswith("16 bytes: dropped\n")
    assert {note.name for note in files.all_kept()} == {"carried", "new"}
    assert CliRunner().invoke(cases, ["files"]).stdout == "every file is carried by a case\n"
