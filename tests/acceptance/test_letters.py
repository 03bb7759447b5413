"""A row that is refused, found among the dead letters, and replayed once the mapping knows it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from benchmarks.city import KINDS, KINDS_BY_THEME, feed_of
from benchmarks.harness import ROOT
from citybrain.floor.clock import SystemClock
from citybrain.floor.settings import Settings, to_environment
from tests.acceptance.center import Center
from tests.acceptance.test_faults import assert_exactly_once
from tests.waiting import eventually

pytestmark = pytest.mark.acceptance
FEED, KIND = feed_of("city_management"), KINDS_BY_THEME["city_management"][0]


def letters(settings: Settings, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "citybrain.roof.cli", "dead-letters", *arguments],
        cwd=ROOT,
        env=os.environ | to_environment(settings) | {"COLUMNS": "300"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def knowing(settings: Settings, word: str, folder: Path) -> Settings:
    """Return settings of the same city, where the feed's value map knows `word` as a kind."""
    shutil.copytree(settings.city_folder, folder / settings.city)
    path = folder / settings.city / "feeds" / "city_management.yaml"
    feeds = yaml.safe_load(path.read_text("utf-8"))
    values = {**{kind: kind for kind in KINDS}, word: KIND}
    feeds["feeds"][FEED]["mapping"]["kind"] = {"fields": "kind", "values": values}
    path.write_text(yaml.safe_dump(feeds, allow_unicode=True), "utf-8")
    return replace(settings, cities=folder)


def test_a_refused_row_is_listed_shown_and_replayed_once(
    city_center: Center, tmp_path: Path
) -> None:
    settings = city_center.settings
    event = {
        "id": f"refused-{time.time_ns()}",
        "at": SystemClock().now().isoformat(),
        "kind": "ufo_sighted",
        "area": "150302003",
        "severity": 1,
        "value": None,
        "subject": "x",
        "text": "a light above the river",
    }
    status, said = city_center.push(event)
    assert (status, said["error"]["code"], said["rejected"]) == (422, "nothing_accepted", 1)

    def listed(*options: str) -> list[str]:
        lines = letters(settings, "list", *options).splitlines()
        return [line for line in lines if "ufo_sighted" in line]

    (line,) = eventually(listed, 60)
    ident = line.split()[0]
    assert FEED in line
    assert "… is no kind of this feed" in letters(settings, "list", "--by", "reason")
    shown = letters(settings, "show", ident)
    assert f"raw: {json.dumps(event)}" in shown
    assert letters(settings, "replay", "--id", ident).endswith(
        "0 replayed as 0 events, 0 replayed before, 1 still refused\n"
    )

    today = knowing(settings, "ufo_sighted", tmp_path)
    assert letters(today, "replay", "--id", ident) == (
        "1 replayed as 1 events, 0 replayed before, 0 still refused\n"
    )
    assert letters(today, "replay", "--id", ident) == (
        "0 replayed as 0 events, 1 replayed before, 0 still refused\n"
    )
    city_center.accepted += 1
    eventually(lambda: not listed(), 60)
    (marked,) = listed("--all")
    assert f"[replayed {SystemClock().now():%Y-%m-%d}" in marked
    assert_exactly_once(city_center)
    stored = city_center.client().query(
        "SELECT kind, text FROM events WHERE text = 'a light above the river'"
    )
    assert stored.result_rows == [(KIND, event["text"])]
