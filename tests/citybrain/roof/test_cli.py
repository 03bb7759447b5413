"""The command line, as a person meets it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import REPOSITORY

pytestmark = pytest.mark.services


def cli(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "citybrain.roof.cli", *arguments],
        cwd=REPOSITORY,
        env=os.environ | variables,
        capture_output=True,
        text=True,
        check=False,
    )


def test_help_names_every_command() -> None:
    said = cli("--help").stdout
    names = {line.split()[1] for line in said.splitlines() if line.startswith("│ ")}
    assert names >= {
        *("up", "down", "status", "reset", "check"),
        *("kafka", "store", "gateway", "stream", "ruler", "notify", "sink", "screens", "casework"),
        *("replay", "keys", "dead-letters", "batches", "routes"),
    }


def test_help_imports_no_stage() -> None:
    ask = (
        "import sys\nfrom citybrain.roof.cli import app\n"
        "try: app(['--help'])\nexcept SystemExit: pass\n"
        "heavy = ('kafka', 'polars', 'pyarrow', 'chdb', 'dash', 'faust', 'connectors', 'streams')\n"
        "print([name for name in heavy if name in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", ask], cwd=REPOSITORY, capture_output=True, text=True, check=True
    )
    assert done.stderr == "[]\n"


def test_version_is_printed() -> None:
    assert cli("--version").stdout == "0.1.0\n"


def test_unknown_setting_is_one_line_without_a_trace() -> None:
    done = cli("status", CITYBRAIN_KAFAK="x")
    assert done.returncode == 1
    assert done.stderr == (
        "citybrain: environment: CITYBRAIN_KAFAK: unknown setting; "
        "did you mean 'CITYBRAIN_KAFKA'?\n"
    )


def test_status_of_an_empty_folder_says_how_to_start(tmp_path: Path) -> None:
    done = cli("status", CITYBRAIN_DATA=str(tmp_path))
    assert (done.returncode, done.stdout) == (3, "not running; './city up' starts it\n")


def test_check_reads_the_shipped_city() -> None:
    done = cli("check", "cities/wuhai")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("cities/wuhai: 48 departments, ")
    assert re.search(r" kinds, \d{2,} rules: no faults\n$", done.stdout)


def test_check_names_unknown_sources_and_tables(tmp_path: Path) -> None:
    shutil.copytree(REPOSITORY / "cities" / "wuhai", tmp_path / "wuhai")
    city, feeds = (
        tmp_path / "wuhai" / "city.yaml",
        tmp_path / "wuhai" / "feeds" / "agriculture.yaml",
    )
    city.write_text(city.read_text("utf-8") + "  evnts: 3\n", "utf-8")
    text = feeds.read_text("utf-8")
    feeds.write_text(text.replace("source: http_push", "source: http_psh", 1), "utf-8")
    done = cli("check", str(tmp_path / "wuhai"))
    assert done.returncode == 1
    assert "unknown source 'http_psh'; did you mean 'http_push'?\n" in done.stderr
    assert (f"{city}: retention_days.evnts: unknown table 'evnts'; use one of ") in done.stderr


def test_feeds_check_reads_the_shipped_city_and_its_mappings() -> None:
    done = cli("feeds", "check", "--city", "cities/wuhai")
    assert re.fullmatch(r"cities/wuhai: \d+ feeds: no faults\n", done.stdout), done.stderr


def test_check_of_a_missing_city_names_it() -> None:
    done = cli("check", "cities/atlantis")
    assert done.returncode == 1
    assert done.stderr.startswith("citybrain: cities/atlantis")


def test_local_store_on_another_machine_is_refused() -> None:
    done = cli("store", CITYBRAIN_STORE_URL="http://10.0.0.7:8123")
    assert done.returncode == 1
    assert done.stderr.endswith(
        "citybrain: environment: CITYBRAIN_STORE_URL: 'http://10.0.0.7:8123' is not of this "
        "machine; the local store needs one like 'http://127.0.0.1:18123'\n"
    )
