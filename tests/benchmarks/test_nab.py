"""Scores follow NAB's definition; every expected figure was worked out by hand."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import typer

from benchmarks import report
from benchmarks.nab.__main__ import main
from benchmarks.nab.corpus import Profile, Series, read_corpus, read_profiles, read_published
from benchmarks.nab.run import Run, run_series
from benchmarks.nab.scoring import (
    at_threshold,
    normalised,
    optimum,
    probation,
    rows_of,
    sigmoid,
    sweep,
)
from benchmarks.nab.tables import outcome

pytestmark = pytest.mark.slow

STANDARD = Profile("standard", hit=1.0, miss=1.0, false_alarm=0.11)
LOW_FN = Profile("reward_low_FN_rate", hit=1.0, miss=2.0, false_alarm=0.11)
START = datetime(2026, 1, 1)  # noqa: DTZ001 - NAB's times have no zone


def series(rows: int, *windows: tuple[int, int], name: str = "group/file.csv") -> Series:
    times = [START + timedelta(minutes=5 * row) for row in range(rows)]
    return Series(name, times, [0.0] * rows, [(times[a], times[b]) for a, b in windows])


def raw(one: Series, alarms: set[int], profile: Profile = STANDARD) -> float:
    scores = [1.0 if row in alarms else 0.0 for row in range(len(one.times))]
    return at_threshold(rows_of(one, scores, profile), profile, 0.5).raw


@pytest.mark.parametrize(
    ("position", "expected"),
    [(-1.0, 0.986614), (-0.5, 0.848284), (0.0, 0.0), (1.0, -0.986614), (3.01, -1.0)],
)
def test_sigmoid_at_a_place_is_that_of_nab(position: float, expected: float) -> None:
    assert sigmoid(position) == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize(("rows", "expected"), [(20, 3), (1000, 150), (5000, 750), (20_000, 750)])
def test_probation_is_15_percent_of_at_most_5000_rows(rows: int, expected: int) -> None:
    assert probation(rows) == expected


@pytest.mark.parametrize(
    ("alarms", "expected"),
    [
        pytest.param(set(), -1.0, id="missed"),
        pytest.param({10}, 1.0, id="first row"),
        pytest.param({12}, 0.917429, id="third of five rows: S(-3/5) / S(-1)"),
        pytest.param({14}, 0.468387, id="last row: S(-1/5) / S(-1)"),
        pytest.param({12, 13, 14}, 0.917429, id="only the earliest counts"),
        pytest.param({10, 2}, 1.0, id="probation does not count"),
        pytest.param({10, 5}, 0.89, id="before every window: the whole weight"),
        pytest.param({10, 16}, 0.906689, id="two rows behind: 0.11 * S(2/4)"),
        pytest.param({10, 26}, 0.890000, id="three widths behind: 0.11 * S(3)"),
        pytest.param({10, 27}, 0.89, id="farther: the whole weight"),
    ],
)
def test_raw_score_of_alarms_is_the_sum_of_their_worths(alarms: set[int], expected: float) -> None:
    assert raw(series(30, (10, 14)), alarms) == pytest.approx(expected, abs=1e-6)


def test_raw_score_of_a_miss_follows_the_profile() -> None:
    assert raw(series(30, (10, 14)), set(), LOW_FN) == -2.0


def test_false_alarm_between_windows_is_measured_from_the_one_before() -> None:
    one = series(60, (10, 14), (40, 48))
    # 34 is 20 rows behind the first window, far; 52 is 4 rows behind the second: S(4/8).
    assert raw(one, {10, 40, 34}) == pytest.approx(2.0 - 0.11, abs=1e-6)
    assert raw(one, {10, 40, 52}) == pytest.approx(2.0 - 0.11 * 0.848284, abs=1e-6)


def test_sweep_gives_every_threshold_from_the_highest_on() -> None:
    scores = [0.0] * 30
    scores[10], scores[5], scores[20] = 0.9, 0.8, 0.9
    found = sweep(rows_of(series(30, (10, 14)), scores, STANDARD), STANDARD)
    assert [one.threshold for one in found] == [1.1, 0.9, 0.8, 0.0]
    assert [one.false_alarms for one in found] == [0, 1, 2, 21]
    assert [one.found for one in found] == [0, 1, 1, 1]
    assert found[1].raw == pytest.approx(1.0 - 0.11 * 0.998894, abs=1e-6)  # S(6/4) behind


def test_optimum_of_equal_sums_is_the_highest_threshold() -> None:
    scores = [0.0] * 30
    scores[10], scores[11] = 0.9, 0.8
    best = optimum(rows_of(series(30, (10, 14)), scores, STANDARD), STANDARD)
    assert (best.threshold, best.raw) == (0.9, 1.0)


def test_optimum_of_two_files_is_one_threshold_for_both() -> None:
    first, second = series(30, (10, 14)), series(30, (10, 14), name="group/other.csv")
    low, high = [0.0] * 30, [0.0] * 30
    low[10], high[10] = 0.3, 0.6
    high[5] = 0.4
    rows = [*rows_of(first, low, STANDARD), *rows_of(second, high, STANDARD)]
    best = optimum(rows, STANDARD)
    assert (best.threshold, best.false_alarms) == (0.3, 1)
    assert best.raw == pytest.approx(2.0 - 0.11)


def test_threshold_below_all_scores_of_a_file_alarms_all_its_rows() -> None:
    rows = rows_of(series(30, (10, 14)), [0.5] * 30, STANDARD)
    assert at_threshold(rows, STANDARD, 0.1).false_alarms == 21


def test_threshold_above_all_scores_of_a_file_alarms_nothing() -> None:
    rows = rows_of(series(30, (10, 14)), [0.5] * 30, STANDARD)
    assert at_threshold(rows, STANDARD, 0.6).raw == -1.0


@pytest.mark.parametrize("profile", [STANDARD, LOW_FN], ids=lambda one: one.name)
def test_normalised_is_0_for_no_alarm_and_100_for_first_rows(profile: Profile) -> None:
    one = series(60, (20, 24), (40, 44))
    assert normalised(raw(one, set(), profile), 2, profile) == 0.0
    assert normalised(raw(one, {20, 40}, profile), 2, profile) == pytest.approx(100.0)


def test_normalised_without_windows_is_none() -> None:
    assert normalised(-0.11, 0, STANDARD) is None


def test_scores_of_another_length_are_refused() -> None:
    with pytest.raises(ValueError, match=r"group/file.csv: 2 scores for 30 rows"):
        rows_of(series(30), [0.0, 0.0], STANDARD)


def test_outcome_of_two_groups_sums_up_what_one_threshold_brings() -> None:
    hit, other = series(30, (10, 14), name="a/x.csv"), series(30, name="b/y.csv")
    scores, false = [0.0] * 30, [0.0] * 30
    scores[12], false[20] = 0.9, 0.95
    result = outcome([Run(hit, scores, 10.0), Run(other, false, 20.0)], [STANDARD])
    standard = result["profiles"]["standard"]
    assert (result["files"], result["rows"], result["micros_per_row"]) == (2, 60, 15.0)
    assert standard["score"] == 90.37  # (0.917429 - 0.11 + 1) / 2
    assert standard["groups"]["a"]["score"] == 95.87
    assert standard["shipped_score"] == 90.37
    assert standard["unseen_score"] == 90.37  # neither group is one that settings were chosen on
    clean = standard["groups"]["b"]
    assert (clean["score"], clean["found"], clean["false_alarms"]) == (None, 0, 1)


ROWS = "timestamp,value\n2026-01-01 00:00:00,1.5\n2026-01-01 00:05:00,2\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("data/b", "labels", "config"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "data/b/one.csv").write_text(ROWS)
    (tmp_path / "data/b/unlabelled.csv").write_text(ROWS)
    span = ["2026-01-01 00:00:00.000000", "2026-01-01 00:05:00.000000"]
    labels = {"b/one.csv": [span], "c/not_here.csv": []}
    (tmp_path / "labels/combined_windows.json").write_text(json.dumps(labels))
    cost = {"tpWeight": 1.0, "fnWeight": 1.0, "fpWeight": 0.11, "tnWeight": 1.0}
    profiles = {
        "standard": {"CostMatrix": cost},
        "reward_low_FN_rate": {"CostMatrix": cost | {"fnWeight": 2.0}},
    }
    (tmp_path / "config/profiles.json").write_text(json.dumps(profiles))
    return tmp_path


def test_corpus_is_read_as_nab_lays_it_out(folder: Path) -> None:
    (one,) = read_corpus(folder)
    assert (one.name, one.group, one.values) == ("b/one.csv", "b", [1.5, 2.0])
    assert one.times_ms() == [1_767_225_600_000, 1_767_225_900_000]
    assert one.windows == [(one.times[0], one.times[1])]
    assert read_profiles(folder) == [STANDARD, LOW_FN]


def test_published_scores_are_those_of_nabs_own_results(folder: Path) -> None:
    assert read_published(folder) == []
    head = "detector,standard,reward_low_FP_rate,reward_low_FN_rate,source\n"
    rows = "x,1,2,3,results/final_results.json\nx,1.0,2.0,3.0,README.md scoreboard\n"
    (folder / "published_scores.csv").write_text(head + rows)
    assert [one["standard"] for one in read_published(folder)] == ["1"]


def test_command_writes_what_it_found(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(report, "RESULTS", folder / "results")
    main(folder, 0, "nab")
    found = json.loads((folder / "results/nab.json").read_text())
    assert (found["files"], found["rows"], found["windows"]) == (1, 2, 1)
    # The window is the whole file, so an alarm at every row, at threshold 0, is the optimum.
    assert found["profiles"]["standard"]["threshold"] == 0.0
    assert found["profiles"]["standard"]["groups"]["b"]["found"] == 1
    assert found["profiles"]["reward_low_FN_rate"]["score"] == 100.0


def test_command_without_files_says_where_it_looked(folder: Path) -> None:
    (folder / "data/b/one.csv").unlink()
    with pytest.raises(typer.BadParameter, match=r"data: no CSV file that .*labels names"):
        main(folder, 0, "nab")


def test_run_gives_one_score_a_row() -> None:
    run = run_series(series(50))
    assert run.scores == [0.0] * 50
