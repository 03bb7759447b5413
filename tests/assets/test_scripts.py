"""The page's scripts: their own unit tests, run by the tool that checks them, and their form."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from dashboards.page_files import ASSETS, own_files

HERE = Path(__file__).parent
DENO = Path(sys.executable).with_name("deno")
LONGEST = 100
MOST_LINES = 300

pytestmark = pytest.mark.services


def test_scripts_when_their_own_tests_run_then_all_pass(tmp_path: Path) -> None:
    # The types of both were checked by ./city check already.
    command = [DENO, "test", "--no-remote", "--no-npm", "--no-check", f"--allow-read={ASSETS}"]
    environment = os.environ | {
        "DENO_DIR": str(tmp_path),
        "DENO_NO_UPDATE_CHECK": "1",
        "NO_COLOR": "1",
    }
    done = subprocess.run(
        [*command, str(HERE)], env=environment, capture_output=True, text=True, check=False
    )
    sys.stdout.write(done.stdout)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "0 failed" in done.stdout


@pytest.mark.parametrize("name", [name for name in own_files() if name.endswith(".js")])
def test_script_when_read_then_it_is_short_and_has_no_long_line(name: str) -> None:
    lines = (ASSETS / name).read_text().splitlines()
    assert len(lines) <= MOST_LINES
    assert [line for line in lines if len(line) > LONGEST] == []
    assert lines[0].startswith(("/**", "///"))
