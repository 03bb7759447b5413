"""From observations to spells, in minutes."""

from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from citybrain.rules.rule import Damping
from streams.ruling.fold import CLEAR, HOLD, QUIET, Memory, Observation, Spell, fold

MINUTE = 60_000
NEVER = 0
YELLOW, ORANGE, RED = 2, 3, 4


def seen(*codes: int, since: int = 0) -> list[Observation]:
    """Return one observation a minute."""
    return [
        Observation((since + number) * MINUTE, code, float(code))
        for number, code in enumerate(codes)
    ]


def folded(*codes: int, until: int = NEVER, **damping: int) -> tuple[Memory, list[Spell]]:
    return fold(QUIET, seen(*codes), Damping(**damping), until * MINUTE)


def spans(spells: list[Spell]) -> list[tuple[int | None, ...]]:
    """Return start, firing and end of spells in minutes."""
    instants = [(one.start_ms, one.fired_ms, one.ended_ms) for one in spells]
    return [tuple(at if at is None else at // MINUTE for at in three) for three in instants]


def test_fold_when_it_holds_then_it_fires_at_once_and_ends_with_the_first_clear() -> None:
    memory, ended = folded(CLEAR, YELLOW, YELLOW, CLEAR)

    assert spans(ended) == [(1, 1, 3)]
    assert memory == QUIET


def test_fold_when_between_clear_and_threshold_then_it_neither_begins_nor_ends() -> None:
    memory, ended = folded(HOLD, YELLOW, HOLD, HOLD)

    assert ended == []
    assert memory.spell is not None
    assert spans([memory.spell]) == [(1, 1, None)]


def test_fold_when_it_has_to_hold_for_a_time_then_time_alone_fires_it() -> None:
    held, _ = folded(YELLOW, until=4, for_ms=5 * MINUTE)
    fired, _ = folded(YELLOW, until=5, for_ms=5 * MINUTE)

    assert held.spell is not None
    assert fired.spell is not None
    assert spans([held.spell, fired.spell]) == [(0, None, None), (0, 5, None)]


def test_fold_when_interrupted_before_it_fires_then_the_time_begins_again() -> None:
    memory, ended = folded(YELLOW, YELLOW, HOLD, YELLOW, until=5, for_ms=3 * MINUTE)

    assert ended == []
    assert memory.spell is not None
    assert spans([memory.spell]) == [(3, None, None)]


def test_fold_when_it_fires_after_three_then_not_before_the_third_in_a_row() -> None:
    memory, _ = folded(YELLOW, YELLOW, CLEAR, YELLOW, YELLOW, YELLOW, fires_after=3)

    assert memory.spell is not None
    assert spans([memory.spell]) == [(3, 5, None)]


def test_fold_when_it_clears_after_two_then_one_clear_between_ends_nothing() -> None:
    _, ended = folded(YELLOW, CLEAR, YELLOW, CLEAR, CLEAR, clears_after=2)

    assert spans(ended) == [(0, 0, 3)]


def test_fold_when_held_open_then_it_ends_so_much_later_or_goes_on() -> None:
    open_, none = folded(YELLOW, CLEAR, until=10, hold_ms=10 * MINUTE)
    _, ended = folded(YELLOW, CLEAR, until=11, hold_ms=10 * MINUTE)
    again, _ = folded(YELLOW, CLEAR, CLEAR, YELLOW, until=20, hold_ms=10 * MINUTE)

    assert none == []
    assert open_.spell is not None
    assert spans(ended) == [(0, 0, 11)]
    assert again.spell is not None
    assert spans([again.spell]) == [(0, 0, None)]


def test_fold_when_the_level_changes_then_up_at_once_and_down_after_so_many() -> None:
    ranks = []
    memory = QUIET
    for one in seen(YELLOW, RED, YELLOW, ORANGE, YELLOW, YELLOW, YELLOW):
        memory, _ = fold(memory, [one], Damping(clears_after=3), one.at_ms)
        assert memory.spell is not None
        ranks.append((memory.spell.rank, memory.spell.peak))

    assert ranks == [
        (YELLOW, YELLOW),
        (RED, RED),
        (RED, RED),
        (RED, RED),
        (ORANGE, RED),
        (ORANGE, RED),
        (ORANGE, RED),
    ]


def test_fold_when_both_for_and_fires_after_then_both_have_to_be_met() -> None:
    given_ = {"for_ms": 90_000, "fires_after": 2}
    once, _ = folded(YELLOW, until=9, **given_)
    early, _ = fold(QUIET, seen(YELLOW, YELLOW), Damping(**given_), 89_999)
    late, _ = fold(QUIET, seen(YELLOW, YELLOW), Damping(**given_), 90_000)

    assert [one.spell and one.spell.fired_ms for one in (once, early, late)] == [None, None, 90_000]


dampings = st.builds(
    Damping,
    for_ms=st.sampled_from([0, MINUTE, 90_000, 3 * MINUTE]),
    fires_after=st.integers(1, 3),
    clears_after=st.integers(1, 3),
    hold_ms=st.sampled_from([0, MINUTE, 90_000, 3 * MINUTE]),
)
codes_ = st.lists(st.sampled_from([CLEAR, HOLD, YELLOW, ORANGE, RED]), max_size=25)


@given(codes_, dampings, st.integers(0, 25))
def test_fold_when_done_in_two_parts_then_as_in_one(
    codes: list[int], damping: Damping, at: int
) -> None:
    every, cut = seen(*codes), min(at, len(codes))

    memory, first = fold(QUIET, every[:cut], damping, cut * MINUTE)
    again, rest = fold(memory, every[cut:], damping, 99 * MINUTE)

    assert (again, [*first, *rest]) == fold(QUIET, every, damping, 99 * MINUTE)


@given(codes_, dampings)
def test_fold_when_spells_end_then_they_held_for_long_enough_and_do_not_overlap(
    codes: list[int], damping: Damping
) -> None:
    memory, ended = fold(QUIET, seen(*codes), damping, 99 * MINUTE)

    for one in ended:
        assert one.fired_ms is not None
        assert one.ended_ms is not None
        assert one.start_ms + damping.for_ms <= one.fired_ms <= one.ended_ms
        assert one.rank <= one.peak
    starts = [one.start_ms for one in ended[1:]] + ([memory.spell.start_ms] if memory.spell else [])
    assert all((one.ended_ms or 0) <= start for one, start in zip(ended, starts, strict=False))
    assert all(one < after for one, after in itertools.pairwise(starts))
