"""`citybrain rules …` as people see it, without colours."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from citybrain.floor.errors import ConfigError
from streams.ruling.tools.commands import rules
from tests.repository import WUHAI

Run = Callable[..., tuple[int, str]]

TRAFFIC = """\
rules:
  closed:
    title: {zh: 封闭, en: Closed}
    summary: {zh: '{place}', en: '{place}'}
    kinds: [road_closure]
    by: [street]
    condition: {threshold: {of: count, window: 1h}}
    above: {blue: 1, yellow: 3}
    tests:
      - name: one is blue
        events:
          - {at: '08:00', area: '150302003'}
        expect:
          - {level: blue, at: '08:00', state: firing}
  slow:
    title: {zh: 缓行, en: Slow}
    summary: {zh: '{place}', en: '{place}'}
    kinds: [traffic_speed]
    by: [subject]
    condition: {threshold: {}}
    below: {yellow: 10}
    enabled: false
    tests:
      - name: slow [at] night
        events:
          - {at: '08:00', value: 8, subject: d1}
        expect:
          - {level: yellow, at: '08:01', state: firing}
      - name: free is silent
        events:
          - {at: '08:00', value: 60, subject: d1}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A city with two rules; a test of the second comes out wrong."""
    city = tmp_path / "wuhai"
    shutil.copytree(WUHAI, city, ignore=shutil.ignore_patterns("rules", "replay"))
    (city / "rules").mkdir()
    (city / "rules" / "traffic.yaml").write_text(TRAFFIC, encoding="utf-8")
    return city


@pytest.fixture
def run(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a command on that city, on a wide terminal."""
    monkeypatch.setenv("COLUMNS", "400")
    monkeypatch.delenv("FORCE_COLOR", raising=False)

    def call(*words: str) -> tuple[int, str]:
        done = CliRunner().invoke(rules, [*words, "--city", str(folder)])
        if done.exception is not None and not isinstance(done.exception, SystemExit):
            raise done.exception
        said = "\n".join(line.rstrip() for line in done.stdout.splitlines())
        return done.exit_code, said.replace(str(folder), "CITY")

    return call


def test_check_when_right_then_counts_by_theme(run: Run) -> None:
    code, said = run("check")

    assert code == 0
    assert [line.split() for line in said.splitlines()] == [
        ["theme", "rules", "off", "tests", "blue", "yellow", "orange", "red", "conditions"],
        ["city_management", "0", "0", "0", "0", "0", "0", "0"],
        ["governance", "0", "0", "0", "0", "0", "0", "0"],
        ["services", "0", "0", "0", "0", "0", "0", "0"],
        ["traffic", "2", "1", "3", "0", "2", "0", "0", "threshold", "2"],
        ["✓", "2", "rules,", "3", "tests:", "no", "faults"],
    ]


def test_check_when_wrong_then_gives_all_faults(run: Run, folder: Path) -> None:
    path = folder / "rules" / "traffic.yaml"
    wrong = TRAFFIC.replace("road_closure", "road_closed").replace("by: [street]", "by: [road]")
    path.write_text(wrong, encoding="utf-8")

    with pytest.raises(ConfigError) as raised:
        run("check")

    assert str(raised.value).splitlines() == [
        f"{path}:5: rules.closed.kinds[0]: unknown kind 'road_closed'; "
        "did you mean 'road_closure'?",
        f"{path}:6: rules.closed.by[0]: unknown column 'road'; known are area, department, "
        "district, feed, kind, street, subject",
    ]


def test_test_when_a_case_comes_out_wrong_then_shows_it_and_fails(run: Run) -> None:
    code, said = run("test")

    assert code == 1
    assert said.splitlines() == [
        "✗ slow: slow [at] night",
        "    expected yellow at 08:01 firing, got yellow subject=d1 at 08:00:00 firing",
        "  CITY/rules/traffic.yaml:15",
        "✗ 2 rules, 3 tests, 1 failed",
    ]


def test_test_when_rules_are_named_then_shows_each_test(run: Run) -> None:
    code, said = run("test", "closed", "closed")

    assert code == 0
    assert said.splitlines() == ["✓ closed: one is blue", "✓ 1 rule, 1 test passed"]


def test_test_when_there_is_no_such_rule_then_says_so(run: Run) -> None:
    with pytest.raises(ConfigError) as raised:
        run("test", "closd")

    assert str(raised.value) == "rules test: closd: no such rule; did you mean 'closed'?"
