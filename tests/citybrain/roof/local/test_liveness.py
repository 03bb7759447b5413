"""Whether a process moves, judged from outside: the matrix of states and signs, and properties."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from citybrain.floor.heartbeat import PartProgress
from citybrain.roof.local.liveness import (
    HUNG_CPU_S,
    RESTART_S,
    SHOWN_S,
    WAIT_S,
    Liveness,
    LivenessHistory,
    ProcessSigns,
    judge,
)

LOOK_S = 5
LOG = "city.rule-inputs[2]"


def log(done: int, end: int | None, **more: Any) -> PartProgress:
    return PartProgress(done, end, "city.rule-inputs", 2, **more)


def looks(  # noqa: PLR0913  each may be other than it should
    seconds: float,
    *,
    beats: bool = True,
    loop: bool = True,
    part: PartProgress | None = None,
    moves: int = 0,
    tries: int = 0,
    cpu: float = 0.0,
    in_line: float = 0.0,
    needs: float = 0.0,
    reachable: bool = True,
    store: bool = True,
) -> Iterator[ProcessSigns]:
    """Yield a look every five seconds; shares `in_line`, `needs` and `cpu` are of each second."""
    for number in range(int(seconds // LOOK_S) + 1):
        at = float(number * LOOK_S)
        parts = {"loop": PartProgress(number if loop else 7)}
        if part is not None:
            done, tried = part.done + number * moves, part.tried + number * tries
            parts[LOG] = msgspec.structs.replace(part, done=done, tried=tried)
        yield ProcessSigns(
            at,
            number if beats else 3,
            parts,
            cpu * at,
            {1: in_line * at, 2: 0.0},
            {9: needs * at},
            reachable,
            store,
        )


def judged(signs: Iterable[ProcessSigns]) -> list[Liveness]:
    history: LivenessHistory | None = None
    found = []
    for sign in signs:
        history, liveness = judge(history, sign)
        found.append(liveness)
    return found


def stuck_after(signs: Iterable[ProcessSigns]) -> int | None:
    """Return after how many seconds it is to be started anew; None: never."""
    return next((i * LOOK_S for i, one in enumerate(judged(signs)) if one.is_stuck), None)


STATES = {
    # what it is: (signs, state after a minute, words, whether to be started anew)
    "at work": ({"part": log(5, 10**9), "moves": 3}, "moving", ""),
    "nothing waits": ({"part": log(5, 5)}, "idle", ""),
    "end of the log unknown": ({"part": log(5, None)}, "idle", ""),
    "broker away": ({"part": log(5, 9), "reachable": False}, "idle", "waits for the broker"),
    "store hangs": (
        {"part": log(5, 9, of_store=True), "store": False},
        "idle",
        "waits for the store",
    ),
    "store hangs, who needs it not is dead": (
        {"part": log(5, 9), "store": False},
        "stalled",
        "city.rule-inputs[2] stands at 5 of 9 for 60 s",
    ),
    "stopped (SIGSTOP)": ({"beats": False, "loop": False}, "stalled", "no heartbeat for 60 s"),
    "interpreter held": (
        {"beats": False, "loop": False, "cpu": 1.0},
        "stalled",
        "no heartbeat for 60 s",
    ),
    "loop held": ({"loop": False}, "stalled", "loop stands for 60 s"),
    "task dead": (
        {"part": log(5, 9)},
        "stalled",
        "city.rule-inputs[2] stands at 5 of 9 for 60 s",
    ),
    "store away, tried again": (
        {"part": log(5, 9, waits_for="the store"), "tries": 1},
        "moving",
        "waits for the store",
    ),
    "starved, at work": ({"part": log(5, 10**9), "moves": 1, "in_line": 0.9}, "slow", "*"),
    "starved, nothing moves yet": ({"part": log(5, 9), "in_line": 0.9}, "slow", "*"),
    "starved, loop late": ({"loop": False, "in_line": 0.9}, "slow", "*"),
    "starved, beat late": ({"beats": False, "loop": False, "in_line": 0.9}, "slow", "*"),
    "broker starved": ({"part": log(5, 9), "needs": 0.9}, "moving", ""),
}


@pytest.mark.parametrize("name", STATES)
def test_state_after_a_minute(name: str) -> None:
    signs, state, words = STATES[name]
    last = judged(looks(60, **signs))[-1]  # type: ignore[arg-type]
    assert last.state == state
    assert last.is_stuck == (state == "stalled")
    assert words in {"*", last.words}


@pytest.mark.parametrize(
    "signs",
    [
        {"beats": False, "loop": False},
        {"beats": False, "loop": False, "needs": 1.0},  # what it needs has no say in this
        {"loop": False},
        {"part": log(5, 9)},
    ],
)
def test_stuck_is_shown_early_and_ended_in_time(signs: dict[str, Any]) -> None:
    states = judged(looks(80, **signs))
    assert [one.state for one in states].index("stalled") * LOOK_S == SHOWN_S
    assert stuck_after(looks(80, **signs)) == RESTART_S


def test_interpreter_that_hangs_is_found_on_a_starved_machine_by_the_processor_it_used() -> None:
    signs = {"beats": False, "loop": False, "in_line": 0.87, "cpu": 0.13}
    assert stuck_after(looks(300, **signs)) == 80  # 0.13 × 80 > HUNG_CPU_S
    assert HUNG_CPU_S == 10


def test_stopped_process_is_found_on_a_starved_machine_too() -> None:
    stopped = {"beats": False, "loop": False, "in_line": 0.0, "needs": 0.9}
    assert stuck_after(looks(300, **stopped)) == RESTART_S


def test_waiting_without_trying_has_an_end() -> None:
    waits = {"part": log(5, 9, waits_for="the state of its partition")}
    assert stuck_after(looks(WAIT_S + 60, **waits)) == WAIT_S


def test_who_looked_was_away_itself_then_one_look_condemns_nobody() -> None:
    first, *_ = looks(0, part=log(5, 9))
    late = msgspec.structs.replace(first, at_s=3600.0)
    assert [one.is_stuck for one in judged([first, late])] == [False, False]


def test_a_part_that_comes_later_begins_with_a_clean_slate() -> None:
    before = list(looks(45))
    after = [
        msgspec.structs.replace(one, at_s=one.at_s + 50, beat=100 + n)
        for n, one in enumerate(looks(45, part=log(5, 9), loop=True))
    ]
    assert not any(one.is_stuck for one in judged([*before, *after]))


steps = st.tuples(
    st.floats(0, 30),  # seconds to the next look
    st.booleans(),  # beats
    st.integers(0, 3),  # records done
    st.integers(0, 5),  # records that came
    st.floats(0, 1),  # share in line
    st.floats(0, 1),  # share of the needs in line
    st.floats(0, 2),  # processors used
    st.booleans(),  # broker answers
    st.sampled_from(["", "the store"]),
)


@given(st.lists(steps, max_size=60))
def test_nothing_that_moves_each_time_is_ever_stuck(given_steps: list[Any]) -> None:
    at = cpu = line = need = 0.0
    done, end, found = 0, 10**6, []
    for number, (wait, _, moved, _, share, needs, used, reachable, waits) in enumerate(given_steps):
        at, cpu = at + wait, cpu + wait * used
        line, need, done = line + wait * share, need + wait * needs, done + 1 + moved
        parts = {"loop": PartProgress(number), LOG: log(done, end, waits_for=waits)}
        found.append(ProcessSigns(at, number, parts, cpu, {1: line}, {9: need}, reachable))
    assert not any(one.is_stuck or one.state == "stalled" for one in judged(found))


@given(st.lists(steps, max_size=60))
def test_nothing_is_stuck_that_could_not_have_moved_for_so_long(given_steps: list[Any]) -> None:
    """Whatever is seen: stuck means a part had its limit of time, or used that much processor."""
    at = cpu = line = need = 0.0
    done = end = beat = 0
    history: LivenessHistory | None = None
    could = used_cpu = 0.0
    for wait, beats, moved, came, share, needs, used, reachable, waits in given_steps:
        at, cpu, line, need = (
            at + wait,
            cpu + wait * used,
            line + wait * share,
            need + wait * needs,
        )
        could, used_cpu = could + wait * (1 - share), used_cpu + wait * used
        end, beat = end + came, beat + beats
        done = min(end, done + moved)
        parts = {LOG: log(done, end, waits_for=waits)}
        signs = ProcessSigns(at, beat, parts, cpu, {1: line}, {9: need}, reachable)
        history, found = judge(history, signs)
        if found.is_stuck:
            assert could >= RESTART_S - 1e-6 or used_cpu >= HUNG_CPU_S
