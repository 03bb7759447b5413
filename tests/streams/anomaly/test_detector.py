"""The detector sees no future, forgets nothing on restore, and finds what it should, once."""

from __future__ import annotations

import math

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.anomaly.detector import AnomalyVerdict, Detector
from streams.anomaly.detector_settings import DetectorSettings
from streams.anomaly.novelty import Course

MINUTE_MS = 60_000
MONDAY_MS = 1_767_571_200_000  # 2026-01-05 00:00 UTC
STEP_MS = 5 * MINUTE_MS
SMALL = DetectorSettings(
    courses=(
        Course(1, 1, memory=300),
        Course(8, 4, memory=100),
    ),
    recent=30,
    shift=(12, 40),
    fade=500,
)
"""Settings whose memories fill soon."""


def noise(rows: int, seed: int = 1) -> list[float]:
    return (50 + np.random.default_rng(seed).normal(0, 2, rows)).tolist()


def feed(detector: Detector, values: list[float], first: int = 0) -> list[AnomalyVerdict]:
    return [
        detector.update(MONDAY_MS + (first + row) * STEP_MS, value)
        for row, value in enumerate(values)
    ]


def test_scores_of_a_prefix_are_the_prefix_of_the_scores() -> None:
    values = noise(900)
    values[700] = 200.0
    whole = feed(Detector(), values)
    for length in (1, 150, 701, 702):
        assert feed(Detector(), values[:length]) == whole[:length]


def test_scores_do_not_change_from_run_to_run() -> None:
    values = noise(600)
    assert feed(Detector(), values) == feed(Detector(), values)


@pytest.mark.parametrize("cut", [0, 10, 33, 150, 701, 2500])
def test_restore_from_packed_state_goes_on_as_if_nothing_had_happened(cut: int) -> None:
    values = noise(3000)
    values[700:705] = [90.0] * 5
    whole = feed(Detector(SMALL), values)
    before = Detector(SMALL)
    feed(before, values[:cut])
    packed = msgspec.msgpack.encode(before.state())
    after = Detector.restore(msgspec.msgpack.decode(packed), SMALL)
    assert feed(after, values[cut:], cut) == whole[cut:]


def test_state_of_any_age_is_bounded() -> None:
    detector = Detector(SMALL)
    values = noise(168 * 20)
    for hour, value in enumerate(values):
        detector.update(MONDAY_MS + hour * 60 * MINUTE_MS, value)
        if hour == 168 * 13:
            young = len(msgspec.msgpack.encode(detector.state()))
    assert len(msgspec.msgpack.encode(detector.state())) < 1.05 * young < 50_000


def test_spike_is_told_at_once_and_the_episode_only_once() -> None:
    values = noise(1000)
    values[800:806] = [95.0] * 6
    verdicts = feed(Detector(), values)
    told = [row for row, verdict in enumerate(verdicts) if verdict.score >= 0.6]
    assert told[0] == 800
    assert len(told) <= 2  # once more when the course, of several values, is rarer still
    assert all(verdict.rarity > 2 for verdict in verdicts[800:806])
    assert verdicts[801].score == 0.0


def test_values_that_are_usual_one_by_one_are_told_when_their_course_is_new() -> None:
    square = ([10.0] * 12 + [40.0] * 12) * 40
    jitter = np.random.default_rng(3).normal(0, 0.3, len(square))
    values = (np.array(square) + jitter).tolist()
    values[804:816] = [40.0, 10.0] * 6
    verdicts = feed(Detector(), values)
    told = [row for row, verdict in enumerate(verdicts) if verdict.score >= 0.6]
    assert told
    assert 804 <= told[0] <= 808
    assert verdicts[told[0]].cause == "course"


def test_value_that_is_usual_at_other_hours_is_told_where_it_is_not() -> None:
    random = np.random.default_rng(5)
    week = random.permutation(np.repeat([20.0, 60.0, 100.0], 56))
    values = np.tile(week, 8) + random.normal(0, 1, 168 * 8)
    flipped = 168 * 7 + int(np.flatnonzero(week == 20.0)[20])
    values[flipped] = 100.0
    detector = Detector()
    at = [MONDAY_MS + hour * 60 * MINUTE_MS for hour in range(len(values))]
    verdicts = [detector.update(*pair) for pair in zip(at, values.tolist(), strict=True)]
    assert verdicts[flipped].score >= 0.6
    assert verdicts[flipped].cause == "season"
    assert verdicts[flipped].expected == pytest.approx(20.0, abs=1)
    assert max(verdict.score for verdict in verdicts[168 * 6 : flipped]) < 0.6


def test_calm_series_is_left_alone() -> None:
    alarms = sum(verdict.score >= 0.6 for verdict in feed(Detector(), noise(2000)))
    assert alarms == 0


def test_constant_series_is_left_alone_until_it_moves() -> None:
    verdicts = feed(Detector(), [5.0] * 400 + [6.0])
    assert [verdict.score for verdict in verdicts[:400]] == [0.0] * 400
    assert verdicts[400].score >= 0.5


def test_nothing_is_told_before_enough_is_known() -> None:
    values = noise(100)
    values[99] = 500.0
    assert feed(Detector(), values)[99].score == 0.0


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, 3.4e38])
def test_value_that_is_no_number_is_refused_and_not_learnt(value: float) -> None:
    detector = Detector()
    feed(detector, noise(50))
    before = detector.state()
    with pytest.raises(ValueError, match="not a number within 1e30 of 0"):
        detector.update(MONDAY_MS + 50 * STEP_MS, value)
    assert detector.state() == before


def test_state_of_other_settings_is_refused() -> None:
    with pytest.raises(ValueError, match="shorter"):
        Detector.restore(Detector(SMALL).state())


def test_state_of_an_earlier_form_is_refused() -> None:
    state = Detector().state()
    del state["form"]
    with pytest.raises(ValueError, match="state of form 1, not 2"):
        Detector.restore(state)


def test_series_that_settles_on_another_level_is_told_though_no_value_of_it_is_strange() -> None:
    values = [value + 15 * (row % 10 == 0) for row, value in enumerate(noise(1500))]
    values[1000:] = [value + 4 for value in values[1000:]]
    verdicts = feed(Detector(), values)
    told = [row for row, verdict in enumerate(verdicts) if verdict.score >= 0.5 and row >= 1000]
    assert told[0] < 1040
    assert "shift" in {verdict.cause for verdict in verdicts[1000:1040]}


@pytest.mark.parametrize("background", [0, 1, 20])
def test_burst_after_a_calm_stretch_is_no_alarm_where_bursts_are_usual(background: int) -> None:
    random = np.random.default_rng(11)
    bursts = random.random(6000) < 0.03
    values = np.where(bursts, random.pareto(3, 6000) * 20 + 20, random.poisson(background, 6000))
    alarms = [verdict for verdict in feed(Detector(), values.tolist()) if verdict.score >= 0.5]
    assert len(alarms) <= 12  # two in a thousand values


@given(st.lists(st.floats(-1e30, 1e30) | st.sampled_from([0.0, 1.0, 2.0]), max_size=120))
@settings(max_examples=60, deadline=None)
def test_any_values_within_bounds_have_a_score_from_0_to_1(values: list[float]) -> None:
    usual = [float(row % 3) for row in range(150)]
    for verdict in feed(Detector(SMALL), usual + values):
        assert 0.0 <= verdict.score <= 1.0
        assert 0.0 <= verdict.rarity <= 16.0


def test_expected_of_few_values_is_what_was_usual_lately() -> None:
    verdicts = feed(Detector(), [float(10 + row % 3) for row in range(40)])
    assert verdicts[10].expected is None
    assert (verdicts[30].expected, verdicts[30].basis) == (11.0, "recent")


def test_expected_of_weeks_is_that_of_the_hour_of_the_week() -> None:
    detector = Detector()
    hours = [100.0 if hour % 168 == 8 else 20.0 for hour in range(168 * 4)]
    for hour, value in enumerate(hours):
        verdict = detector.update(MONDAY_MS + hour * 60 * MINUTE_MS, value)
        if hour == 168 * 3 + 8:
            assert (verdict.expected, verdict.basis) == (100.0, "slot")
        if hour == 168 * 3 + 9:
            assert (verdict.expected, verdict.basis) == (20.0, "slot")


def test_expected_of_a_slot_that_the_caller_names_is_that_of_its_visits() -> None:
    detector = Detector()
    day_ms = 24 * 60 * MINUTE_MS
    for day in range(4):
        verdict = detector.update(MONDAY_MS + day * day_ms, 7.0 + day, slot="holiday 08")
        detector.update(MONDAY_MS + day * day_ms + 1, 1.0, slot="working day 08")
    assert (verdict.expected, verdict.basis) == (8.0, "slot")


def test_restore_when_the_state_is_of_before_alarms_tired_then_none_weighs() -> None:
    state = Detector(SMALL).state()
    state["quiet"] = state["quiet"][:2]
    assert Detector.restore(state, SMALL).state() == Detector(SMALL).state()
