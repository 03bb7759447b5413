"""Which of what was seen completes a plan of steps."""

from __future__ import annotations

from itertools import combinations, permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.ruling.memory.step_plans import SeenStep, StepPlan, chains, overdue, seen

A, B, C = 0b001, 0b010, 0b100
TWO = StepPlan(2, 10)
THREE = StepPlan(3, 10)
MISSING = StepPlan(2, 10, missing=True)


def sight(*things: tuple[int, int]) -> list[SeenStep]:
    return sorted(seen(at, fits) for at, fits in things)


@pytest.mark.parametrize(
    ("plan", "things", "expected"),
    [
        pytest.param(TWO, [(0, A), (10, B)], [((0, 0), (10, 1))], id="in-time"),
        pytest.param(TWO, [(0, A), (11, B)], [], id="too-late"),
        pytest.param(TWO, [(0, B), (5, A)], [], id="reversed"),
        pytest.param(TWO, [(5, B), (5, A)], [((5, 0), (5, 1))], id="at-once"),
        pytest.param(
            TWO, [(0, A), (9, A), (15, B)], [((9, 0), (15, 1))], id="from-the-last-first-step"
        ),
        pytest.param(
            TWO,
            [(0, A), (3, B), (6, B)],
            [((0, 0), (3, 1)), ((0, 0), (6, 1))],
            id="completed-twice",
        ),
        pytest.param(TWO, [(0, A | B)], [], id="one-is-not-two"),
        pytest.param(TWO, [(0, A | B), (4, A | B)], [((0, 0), (4, 1))], id="the-same-again"),
        pytest.param(THREE, [(0, A), (4, B), (8, C)], [((0, 0), (4, 1), (8, 2))], id="three"),
        pytest.param(THREE, [(0, A), (8, B), (12, C)], [], id="the-last-too-late"),
        pytest.param(
            StepPlan(3, 10, some=2), [(3, C), (9, A)], [((3, 2), (9, 0))], id="two-of-three"
        ),
        pytest.param(StepPlan(3, 10, some=2), [(3, C), (9, C)], [], id="one-of-three-twice"),
        pytest.param(StepPlan(3, 10, some=2), [(3, A | C)], [], id="one-counts-once"),
        pytest.param(
            StepPlan(2, 10, some=2), [(0, A), (4, A | B)], [((0, 0), (4, 1))], id="inside-another"
        ),
        pytest.param(
            StepPlan(2, 10, some=2), [(0, A | B), (4, A)], [((0, 1), (4, 0))], id="makes-room"
        ),
        pytest.param(
            StepPlan(2, 10, some=2),
            [(0, A | B), (4, A | B)],
            [((0, 0), (4, 1))],
            id="the-same-twice",
        ),
        pytest.param(
            StepPlan(3, 10, some=3),
            [(0, A | B), (1, B | C), (2, A)],
            [((0, 1), (1, 2), (2, 0))],
            id="one-makes-room-for-another",
        ),
        pytest.param(MISSING, [(0, A)], [((0, 0),)], id="before-a-missing-one"),
    ],
)
def test_chains_when_things_are_seen_then_yields_what_completes_the_plan(
    plan: StepPlan, things: list[tuple[int, int]], expected: list[object]
) -> None:
    assert list(chains(plan, sight(*things))) == expected


@pytest.mark.parametrize(
    ("things", "expected"),
    [
        pytest.param([(0, A)], [10], id="never-came"),
        pytest.param([(0, A), (10, B)], [], id="came-at-the-last-instant"),
        pytest.param([(0, A), (11, B)], [10], id="came-too-late"),
        pytest.param([(0, B), (1, A)], [11], id="came-before"),
        pytest.param([(5, B), (5, A)], [], id="came-at-once"),
        pytest.param([(0, A), (6, A), (13, B)], [10], id="came-for-the-second"),
        pytest.param([(0, A | B)], [10], id="itself-does-not-count"),
        pytest.param([(0, A | B), (8, A | B)], [18], id="the-same-again"),
    ],
)
def test_overdue_when_the_last_step_is_missing_then_yields_when_it_was_due(
    things: list[tuple[int, int]], expected: list[int]
) -> None:
    assert [due for due, _ in overdue(MISSING, sight(*things))] == expected


@pytest.mark.parametrize(
    ("plan", "fits", "expected"),
    [
        pytest.param(TWO, A, False, id="first-only"),
        pytest.param(TWO, A | B, True, id="both"),
        pytest.param(MISSING, A, True, id="all-but-the-missing"),
        pytest.param(StepPlan(3, 10, some=2), A | C, True, id="two-of-three"),
        pytest.param(StepPlan(3, 10, some=2), C, False, id="one-of-three"),
    ],
)
def test_possible_when_steps_were_seen_then_says_whether_they_may_be_enough(
    plan: StepPlan, fits: int, expected: bool
) -> None:
    assert plan.possible(fits) is expected


things = st.lists(st.tuples(st.integers(0, 25), st.integers(1, 7)), max_size=9)


@given(things)
def test_chains_when_in_order_then_completes_exactly_where_some_choice_of_things_would(
    found: list[tuple[int, int]],
) -> None:
    seen_ = sight(*((at, fits) for at, fits in found if fits in (A, B, C)))
    expected = {
        c.at_ms
        for a, b, c in combinations(seen_, 3)
        if (a.fits, b.fits, c.fits) == (A, B, C) and c.at_ms - a.at_ms <= THREE.within_ms
    }

    assert {chain[-1][0] for chain in chains(THREE, seen_)} == expected


@given(things, st.integers(2, 3))
def test_chains_when_any_of_several_then_completes_exactly_where_some_choice_of_things_would(
    found: list[tuple[int, int]], some: int
) -> None:
    plan, seen_ = StepPlan(3, 10, some=some), sight(*found)
    steps = list(permutations((A, B, C), some))
    expected = {
        chosen[-1].at_ms
        for chosen in combinations(seen_, some)
        if chosen[-1].at_ms - chosen[0].at_ms <= plan.within_ms
        and any(
            all(one.fits & step for one, step in zip(chosen, each, strict=True)) for each in steps
        )
    }

    for chain in chains(plan, seen_):
        assert len({step for _, step in chain}) == len(chain) >= some
        assert all(
            any(one.fits >> step & 1 and one.at_ms == at for one in seen_) for at, step in chain
        )
    assert {chain[-1][0] for chain in chains(plan, seen_)} == expected


@given(things, st.integers(0, 40))
def test_chains_when_what_is_long_past_is_forgotten_then_the_rest_is_the_same(
    found: list[tuple[int, int]], since: int
) -> None:
    for plan in (TWO, THREE, StepPlan(3, 10, some=2)):
        whole = [chain for chain in chains(plan, sight(*found)) if chain[-1][0] >= since]
        late = [one for one in sight(*found) if one.at_ms >= since - plan.within_ms]

        assert [chain for chain in chains(plan, late) if chain[-1][0] >= since] == whole


@given(st.lists(st.tuples(st.integers(0, 25), st.integers(1, 7)), max_size=4))
def test_sight_when_things_come_in_any_order_then_it_is_the_same(
    found: list[tuple[int, int]],
) -> None:
    results = {tuple(chains(TWO, sight(*order))) for order in permutations(found)}

    assert len(results) == 1
