"""What the case desk says of clocks that will be late: learned from its own cases, live apart."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

import pytest
from msgspec import structs

from citybrain.cases.clock_facts import ClockFact
from citybrain.cases.records import Case
from dashboards.cases import forecasts
from dashboards.cases.forecasts import CaseForecasts
from tests.dashboards.cases.test_case_service import Desk, setup  # noqa: F401  a fixture
from tests.dashboards.making import NOW


@pytest.fixture
def desk(setup: Any, monkeypatch: pytest.MonkeyPatch) -> Desk:  # noqa: F811  the fixture
    monkeypatch.setattr(forecasts, "PAUSE_S", 0.0)
    return Desk(setup)


def taken(case: Case, minutes: float, ago_h: float, **more: Any) -> Case:
    """Return a closed case that was taken so many minutes after it had come."""
    begun = NOW - timedelta(hours=ago_h)
    facts = (
        ClockFact(what="started", at=begun, limit="accept", kind=case.kind),
        ClockFact(what="stopped", at=begun + timedelta(minutes=minutes), limit="accept"),
    )
    return structs.replace(case, clock=facts, updated_at=begun + timedelta(hours=1), **more)


async def learned(desk: Desk, closed: Iterable[Case]) -> CaseForecasts:
    known = list(closed)

    async def answer(_question: Any) -> list[Case]:
        return known

    found = desk.service.forecasts
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(found._archive, "answer", answer)
        await found.learn(desk.service.book.clocks)
    return found


async def test_case_when_like_ones_were_late_then_its_clock_says_how_likely_it_is(
    desk: Desk,
) -> None:
    case = desk.registry.open(NOW - timedelta(minutes=5))
    desk.hear()
    (before,) = (await desk.case(case))["clocks"]
    assert before["forecast"] is None
    # Those that are not taken within five minutes are taken too late.
    await learned(desk, (taken(case, 4 if n % 3 else 40, 3 + 2 * n) for n in range(300)))
    (clock,) = (await desk.case(case))["clocks"]
    assert clock["limit"] == "accept"
    assert clock["forecast"]["chance"] > 0.9
    assert clock["forecast"]["clocks"] == 300
    assert clock["forecast"]["skill"] > 0.1


async def test_forecast_when_only_simulated_ones_are_known_then_nothing_is_said_of_a_live_one(
    desk: Desk,
) -> None:
    live = desk.registry.open(NOW - timedelta(minutes=5))
    made_up = structs.replace(live, origin="simulated")
    desk.hear()
    given = (taken(made_up, 4 if n % 3 else 40, 3 + 2 * n) for n in range(300))
    found = await learned(desk, given)
    clocks = desk.service.book.clocks
    reading = clocks.readings(live, NOW)["accept"]
    assert found.of(live, "accept", reading) is None
    assert found.of(made_up, "accept", reading) is not None


async def test_forecast_when_it_is_hardly_better_than_the_usual_share_then_not_shown(
    desk: Desk,
) -> None:
    case = desk.registry.open(NOW)
    desk.hear()
    await learned(desk, (taken(case, 10, 3 + 2 * n) for n in range(300)))
    (clock,) = (await desk.case(case))["clocks"]
    assert clock["forecast"] is None
