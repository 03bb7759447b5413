"""Who runs on a data folder."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from citybrain.floor.errors import LaunchError
from citybrain.floor.settings import Settings
from citybrain.roof.local import running_state
from citybrain.roof.local.running_state import ProcessesSnapshot, ProcessState
from tests.conftest import REPOSITORY
from tests.waiting import eventually

AT = datetime(2026, 3, 1, tzinfo=UTC)


def test_second_one_is_told_of_the_first(tmp_path: Path) -> None:
    settings = replace(Settings(), data=tmp_path)
    with running_state.sole(settings):
        running_state.write(settings, ProcessesSnapshot(4711, AT, ()))
        assert running_state.is_running(settings)
        with pytest.raises(LaunchError) as caught, running_state.sole(settings):
            pass
    assert str(caught.value) == (
        f"{tmp_path}: the system already runs on this folder (supervisor 4711); "
        "see './city status', stop it with './city down'"
    )
    assert not running_state.is_running(settings)


@pytest.mark.services
def test_lock_of_a_killed_holder_is_free(tmp_path: Path) -> None:
    settings = replace(Settings(), data=tmp_path)
    hold = (
        "import sys, time; from pathlib import Path; from dataclasses import replace\n"
        "from citybrain.floor.settings import Settings\n"
        "from citybrain.roof.local import running_state\n"
        "with running_state.sole(replace(Settings(), data=Path(sys.argv[1]))): time.sleep(60)"
    )
    holder = subprocess.Popen([sys.executable, "-c", hold, str(tmp_path)], cwd=REPOSITORY)
    eventually(lambda: running_state.is_running(settings))
    holder.kill()
    holder.wait()
    with running_state.sole(settings):
        pass


def test_state_file_round_trip(tmp_path: Path) -> None:
    settings = replace(Settings(), data=tmp_path)
    assert running_state.read(settings) is None
    running_state.run_folder(settings).mkdir()
    snapshot = ProcessesSnapshot(
        7, AT, (ProcessState("store", "up", 8, AT, 1, "exited by signal 9 after 3 s"),)
    )
    running_state.write(settings, snapshot)
    assert running_state.read(settings) == snapshot


def test_broken_state_file_counts_as_none(tmp_path: Path) -> None:
    settings = replace(Settings(), data=tmp_path)
    running_state.run_folder(settings).mkdir()
    (tmp_path / "run" / "state.json").write_text("{half")
    assert running_state.read(settings) is None
