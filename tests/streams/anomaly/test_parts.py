"""The detector's parts, each by figures that were worked out by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from streams.anomaly.baseline import HOUR_MS, MOST_VALUES, Baseline, Season, Usual, hour_of_week
from streams.anomaly.detector import TIRED_FOR, TIRING, Quiet
from streams.anomaly.level import Level, LevelShift
from streams.anomaly.log_scale import LogScale
from streams.anomaly.novelty import Course, Novelty
from streams.anomaly.rarity import Rarity
from streams.anomaly.recent import Recent, middle
from streams.anomaly.ring import SLACK, Ring
from streams.anomaly.typical import Typical


def test_ring_that_overflows_keeps_the_newest_in_order() -> None:
    ring = Ring(3)
    for value in range(SLACK + 10):
        ring.append(float(value))
    assert ring.view.tolist() == [SLACK + 7.0, SLACK + 8.0, SLACK + 9.0]
    assert Ring(3, ring.dump()).view.tolist() == ring.view.tolist()


def test_novelty_of_one_value_is_the_gap_to_the_nearest_seen() -> None:
    novelty = Novelty(Course(1, 1, memory=100))
    for value in [10.0, 20.0] * 20:
        novelty.update(value)
    assert [novelty.update(value) for value in (13.0, 24.0, 13.5, 20.0)] == [3.0, 4.0, 0.5, 0.0]


def test_novelty_of_a_course_is_its_distance_to_the_nearest_course() -> None:
    novelty = Novelty(Course(1, 2, memory=100))
    for value in [10.0, 20.0] * 20:
        novelty.update(value)
    # (20, 20): |20-10| + |20-20| or |20-20| + |20-10|; then (20, 10) was often seen.
    assert [novelty.update(value) for value in (20.0, 10.0)] == [10.0, 0.0]


def test_novelty_of_means_compares_means_that_do_not_overlap() -> None:
    novelty = Novelty(Course(2, 2, memory=100))
    for value in [0.0] * 60:
        novelty.update(value)
    # The newest mean is (0 + 4) / 2 = 2, the one before it 0.
    assert novelty.update(4.0) == 2.0


def test_novelty_forgets_what_is_beyond_its_memory() -> None:
    novelty = Novelty(Course(1, 1, memory=50))
    for value in [99.0] + [1.0] * 60:
        novelty.update(value)
    assert novelty.update(99.0) == 98.0


def test_novelty_of_little_is_not_told() -> None:
    novelty = Novelty(Course(2, 2, memory=100))
    assert [novelty.update(value) for value in [1.0] * 37] == [None] * 37
    assert novelty.update(1.0) == 0.0


def test_course_with_a_memory_too_short_for_it_is_refused() -> None:
    with pytest.raises(ValueError, match="memory must be more than 32, two courses"):
        Course(4, 4, memory=32)


def test_recent_gives_median_and_deviation_of_the_window() -> None:
    recent = Recent(window=21)
    for value in [1000.0] * 5 + [float(value) for value in range(21)]:
        recent.append(value)
    # Median 10; the deviations 0, 1, 1, ..., 10, 10 have the median 5.
    usual = recent.usual()
    assert usual is not None
    assert usual[0] == 10.0
    assert usual[1] == pytest.approx(1.4826 * 5 + 0.01, abs=1e-6)


def test_recent_of_few_values_tells_nothing() -> None:
    recent = Recent(window=100)
    for value in range(19):
        recent.append(float(value))
    assert recent.usual() is None


@pytest.mark.parametrize(("ordered", "expected"), [([1.0], 1.0), ([1.0, 2.0], 1.5)])
def test_middle_of_values_is_their_median(ordered: list[float], expected: float) -> None:
    assert middle(ordered) == expected


def test_rarity_of_a_pareto_tail_is_its_exponent_times_the_decades() -> None:
    rarity = Rarity(warm=100, limit=10**9)
    uniform = (np.arange(20_000) + 0.5) / 20_000
    for distance in np.random.default_rng(1).permutation(uniform ** (-1 / 3)):
        rarity.update(float(distance))
    # P(distance > d) = d ** -3, so at 10 it is 1 in 1,000 and at 100 1 in a million.
    assert rarity.update(10.0) == pytest.approx(3.0, abs=0.1)
    assert rarity.update(100.0) == pytest.approx(6.0, abs=0.2)
    assert rarity.update(1.2) == 0.0


def test_rarity_of_anything_after_zeros_only_is_one_in_what_was_seen() -> None:
    rarity = Rarity(warm=100, limit=20_000)
    assert [rarity.update(0.0) for _ in range(9998)] == [0.0] * 9998
    assert rarity.update(1.0) == 4.0


def test_rarity_of_a_first_move_is_worth_telling_however_little_was_seen() -> None:
    rarity = Rarity(warm=100, limit=10_000)
    assert [rarity.update(0.0) for _ in range(100)][-1] == 0.0
    assert rarity.update(1.0) == 3.0


def test_rarity_before_it_is_warm_is_0() -> None:
    rarity = Rarity(warm=100, limit=10_000)
    assert [rarity.update(float(value)) for value in range(100)] == [0.0] * 100


def test_rarity_that_fades_takes_a_new_usual_for_usual() -> None:
    keeps, fades = Rarity(warm=100, limit=10**9), Rarity(warm=100, limit=500)
    random = np.random.default_rng(1)
    for distance in [*random.uniform(1, 2, 5000), *random.uniform(4, 8, 1200)]:
        keeps.update(float(distance))
        fades.update(float(distance))
    assert fades.update(8.0) < 1.2 < keeps.update(8.0)


def told(rarities: list[float]) -> list[int]:
    quiet = Quiet(rest=3, alarm=2.5)
    return [seen for seen, rarity in enumerate(rarities, 1) if quiet.lets(seen, rarity)]


def test_quiet_after_an_alarm_lets_only_the_clearly_rarer_through() -> None:
    assert told([0.0, 3.0, 3.0, 4.4, 4.8, 4.7, 1.0]) == [2, 5]


def test_quiet_below_an_alarm_lets_all_that_is_rarer_through() -> None:
    assert told([1.0, 1.0, 1.1, 1.2, 2.6, 2.7]) == [1, 3, 4, 5]


def test_quiet_after_its_rest_lets_the_same_through_again() -> None:
    assert told([3.0, 3.0, 3.0, 3.0, 3.0, 3.0]) == [1, 5]


def test_quiet_after_many_alarms_tells_only_what_is_rarer_and_after_a_calm_time_all() -> None:
    quiet = Quiet(rest=3, alarm=2.5)
    told = [quiet.lets(seen, 3.0) for seen in range(10, 200, 10)]
    assert told[0] == 3.0
    assert told[1] == pytest.approx(3.0 - TIRING * math.exp(-10 / TIRED_FOR))
    assert max(told[3:]) < 2.5  # no alarm any more
    assert quiet.lets(210, 3.0 + 4 * TIRING) >= 2.5
    assert quiet.lets(210 + 10 * TIRED_FOR, 3.0) == pytest.approx(3.0, abs=0.01)


@pytest.mark.parametrize(
    ("at_ms", "offset_ms", "expected"),
    [
        pytest.param(0, 0, 72, id="1970-01-01 was a Thursday"),
        pytest.param(1_767_571_200_000, 0, 0, id="Monday 2026-01-05 00:00 UTC"),
        pytest.param(1_767_571_200_000, 8 * HOUR_MS, 8, id="is 08:00 in Shanghai"),
        pytest.param(1_767_571_199_999, 0, 167, id="Sunday's last millisecond"),
    ],
)
def test_hour_of_week_counts_from_monday(at_ms: int, offset_ms: int, expected: int) -> None:
    assert hour_of_week(at_ms, offset_ms) == expected


def test_baseline_of_few_weeks_falls_back_on_the_same_hour_of_all_days() -> None:
    baseline = Baseline(visits=6)
    found = []
    for hour in range(24 * 4):
        found.append(baseline.enter(hour * HOUR_MS, hour % 168))
        baseline.append(float(hour % 24))
    assert found[24 * 3 - 1] is None
    last = found[24 * 3 + 5]
    assert last is not None
    assert (last.expected, last.basis) == (5.0, "hour")


def test_baseline_does_not_judge_a_visit_by_itself() -> None:
    baseline = Baseline(visits=6)
    for visit in range(3):
        baseline.enter(visit * 48 * HOUR_MS, "night")
        baseline.append(10.0)
    before = baseline.enter(200 * HOUR_MS, "night")
    baseline.append(500.0)
    assert baseline.enter(200 * HOUR_MS + 1000, "night") == before
    assert before is not None
    assert (before.expected, before.basis) == (10.0, "slot")


def test_baseline_remembers_so_many_visits_and_no_more() -> None:
    baseline = Baseline(visits=3)
    for visit, value in enumerate([900.0] * 5 + [1.0, 2.0, 3.0]):
        baseline.enter(visit * 48 * HOUR_MS, "night")
        baseline.append(value)
    found = baseline.enter(999 * HOUR_MS, "night")
    assert found is not None
    assert found.expected == 2.0


def test_baseline_of_a_long_visit_holds_few_values() -> None:
    baseline = Baseline(visits=3)
    baseline.enter(0, "night")
    for value in range(10_000):
        baseline.append(float(value))
    assert len(baseline.state()["values"]) <= MOST_VALUES
    baseline.enter(1, "day")
    assert baseline.state()["slots"][0][1] == pytest.approx([1666, 5000, 8333], abs=150)


def test_season_gives_the_distance_in_deviations_of_slot_and_series() -> None:
    season = Season(typical=3.0)
    # hypot(4, 3) = 5; then the typical distance is 3 + 0.01 * (10 - 3) = 3.07.
    assert season.update(110.0, Usual(100.0, 4.0, "slot")) == 2.0
    assert season.typical.mean == pytest.approx(3.07)


def test_season_of_an_outlier_hardly_moves_what_is_typical() -> None:
    season = Season(typical=3.0)
    season.update(1e9, Usual(100.0, 4.0, "slot"))
    assert season.typical.mean == pytest.approx(3.12)  # as if it were 5 * 3 off


def test_typical_distance_is_a_mean_that_an_outlier_hardly_moves() -> None:
    typical = Typical(2.0)
    assert typical.measure(6.0) == 3.0
    assert typical.mean == pytest.approx(2.04)
    assert typical.measure(1e9) == pytest.approx(1e9 / 2.04)
    assert typical.mean == pytest.approx(2.04 + 0.01 * 4 * 2.04)


def test_level_is_measured_by_what_is_typical_and_not_by_the_calm_of_the_moment() -> None:
    level = Level()
    for row in range(2000):
        level.update(10.0 if row % 10 == 0 else 2.0, 0.0)
    for _ in range(20):
        level.update(0.0, 0.0)
    burst = level.update(10.0, 0.0)
    assert burst is not None
    assert burst < 15
    assert level.update(1.0, None) is None


def test_shift_of_a_series_that_settles_elsewhere_grows_until_it_is_the_usual() -> None:
    shift = LevelShift(4, 40)
    random = np.random.default_rng(1)
    before = [shift.update(value) for value in random.normal(50, 1, 300)]
    after = [shift.update(value) for value in random.normal(58, 1, 80)]
    assert before[:23] == [None] * 23
    assert max(one for one in before if one is not None) < 8 < max(one or 0 for one in after[:8])
    assert (after[-1] or 0) < 3


def test_log_scale_places_by_ratio_and_tells_nothing_before_it_is_fitted() -> None:
    scale, values = LogScale(), np.exp(np.random.default_rng(1).normal(3, 1, 2000))
    for value in values[:31]:
        scale.append(float(value))
    assert scale.place(values[:2]) is None
    for value in values[31:]:
        scale.append(float(value))
    placed = scale.place(np.array([values.max(), 4 * values.max()]))
    assert placed is not None
    assert placed[1] - placed[0] == pytest.approx(np.log(4), abs=0.1)


@pytest.mark.parametrize("usual", [None, Usual(100.0, 4.0, "hour"), Usual(100.0, 4.0, "recent")])
def test_season_without_visits_of_the_slot_tells_nothing(usual: Usual | None) -> None:
    assert Season(typical=3.0).update(110.0, usual) is None
