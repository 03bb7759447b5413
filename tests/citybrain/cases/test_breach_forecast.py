"""Whether a clock will be late: from what became of those like it, and how good that is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from benchmarks.forecast import year_of
from citybrain.cases.breach_forecast import LEAST, BreachForecast, ClockRun

BEGIN = datetime(2026, 3, 2, tzinfo=UTC)
HOUR = timedelta(hours=1)


def run(
    share: float, at: float = 0.0, hours: float | None = 1.0, unit: str = "sanitation"
) -> ClockRun:
    start = BEGIN + at * HOUR
    return ClockRun("handle", unit, start, None if hours is None else start + hours * HOUR, share)


def apart(count: int, *shares: float, unit: str = "sanitation") -> list[ClockRun]:
    """Return runs of which none comes into a queue."""
    return [run(shares[n % len(shares)], n * 2.0, unit=unit) for n in range(count)]


def test_forecast_when_too_few_have_finished_then_says_nothing() -> None:
    few = BreachForecast([*apart(LEAST - 1, 0.5), run(0.0, 1, None)])
    assert few.of("handle", "sanitation", 0.1, 1) is None
    assert BreachForecast([]).of("handle", "sanitation", 0.1, 1) is None


def test_forecast_when_a_third_was_late_then_says_that_and_more_with_the_time_used() -> None:
    forecast = BreachForecast(apart(300, 0.2, 0.8, 1.5))
    chances = [_chance(forecast, share) for share in (0.0, 0.5, 0.9)]
    assert chances == pytest.approx([1 / 3, 1 / 2, 1], abs=0.04)
    assert _chance(forecast, 1.01) == 1.0
    found = forecast.of("handle", "sanitation", 0.0, 1)
    assert found is not None
    assert found.clocks == 300


def test_forecast_when_units_differ_then_that_of_the_own_unit_counts_most() -> None:
    forecast = BreachForecast([*apart(200, 0.5), *apart(200, 1.5, unit="parks")])
    assert _chance(forecast, 0.0) < 0.15
    assert _chance(forecast, 0.0, unit="parks") > 0.85
    # Of a unit that has finished none, all count alike.
    assert _chance(forecast, 0.0, unit="new") == pytest.approx(0.5, abs=0.05)


def test_forecast_when_queues_differ_then_that_of_such_a_queue_counts_most() -> None:
    # Each tenth hour twenty come at once, and the last of them are late.
    quiet = [run(0.3, 1_000 + n * 2.0) for n in range(200)]
    crowds = [
        run(1.4 if n > 4 else 0.6, crowd * 10 + n / 100, 5.0)
        for crowd in range(20)
        for n in range(20)
    ]
    forecast = BreachForecast([*quiet, *crowds])
    assert _chance(forecast, 0.0, queue=1) < 0.1
    assert _chance(forecast, 0.0, queue=18) > 0.9


def test_runs_when_they_began_before_queues_are_known_then_they_only_stand_in_them() -> None:
    since = BEGIN + 100 * HOUR
    old = [run(1.5, n * 2.0) for n in range(LEAST)]
    new = [run(0.5, 100 + n * 2.0) for n in range(LEAST)]
    found = BreachForecast([*old, *new], since).of("handle", "sanitation", 0.0, 1)
    assert found is not None
    assert (found.clocks, found.chance) == (LEAST, 0.0)


def test_skill_when_queues_make_clocks_late_then_it_is_measured_and_good() -> None:
    forecast = BreachForecast(year_of(2, 8, 60))
    found = forecast.of("handle", "unit_0", 0.0, 1)
    assert found is not None
    assert found.skill is not None
    assert found.skill > 0.3


def test_skill_when_late_is_mere_chance_then_hardly_better_than_the_usual_share() -> None:
    shares = [((n * 7_919) % 101) / 80 for n in range(2_000)]
    found = BreachForecast([run(s, n * 2.0) for n, s in enumerate(shares)]).of(
        "handle", "sanitation", 0.0, 1
    )
    assert found is not None
    assert found.chance == pytest.approx(sum(s > 1 for s in shares) / 2_000, abs=0.02)


def _chance(
    forecast: BreachForecast, share: float, unit: str = "sanitation", queue: int = 1
) -> float:
    found = forecast.of("handle", unit, share, queue)
    assert found is not None
    return found.chance
