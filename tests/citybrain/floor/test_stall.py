from __future__ import annotations

from citybrain.floor.stall import Stall

A, B = ("city.events", 0), ("city.events", 1)
Place = tuple[str, int]


def test_look_when_records_wait_for_the_limit_then_names_the_place() -> None:
    stall = Stall[Place](60)

    looks = [stall.look(at, {A: 5, B: 9}, {A: 7, B: 9}) for at in (0, 10, 69, 70)]

    assert looks == [[], [], [], [A]]


def test_look_when_there_is_progress_then_the_time_starts_anew() -> None:
    stall = Stall[Place](60)
    seen = [(0, 5), (10, 5), (60, 6), (70, 6), (129, 6), (130, 6)]

    looks = [stall.look(at, {A: offset}, {A: 99}) for at, offset in seen]

    assert looks == [[], [], [], [], [], [A]]


def test_look_when_a_long_idle_log_gets_a_record_then_that_moment_counts() -> None:
    stall = Stall[Place](60)

    looks = [stall.look(at, {A: 5}, {A: end}) for at, end in ((0, 5), (500, 6), (559, 6), (560, 6))]

    assert looks == [[], [], [], [A]]


def test_look_when_several_stand_still_then_names_them_in_order() -> None:
    stall = Stall[Place](60)

    looks = [stall.look(at, {B: 1, A: 1}, {A: 2, B: 2}) for at in (0, 1, 61)]

    assert looks == [[], [], [B, A]]


def test_look_when_the_end_is_not_known_then_nothing_waits() -> None:
    stall = Stall[Place](0)

    assert [stall.look(at, {A: 5}, {}) for at in (0, 1)] == [[], []]


def test_look_when_a_place_went_to_another_owner_and_came_back_then_its_time_starts_anew() -> None:
    stall = Stall[Place](60)
    seen = [(0, {A: 5}), (1, {A: 5}), (30, {}), (31, {A: 5}), (32, {A: 5}), (91, {A: 5})]

    looks = [stall.look(at, committed, {A: 7}) for at, committed in seen]

    assert looks == [[]] * 6
    assert stall.look(92, {A: 5}, {A: 7}) == [A]


def test_forget_when_store_or_broker_were_away_then_the_time_starts_anew() -> None:
    stall = Stall[Place](60)
    for at in (0, 1, 59):
        stall.look(at, {A: 5}, {A: 7})

    stall.forget()

    assert [stall.look(at, {A: 5}, {A: 7}) for at in (61, 71, 130, 131)] == [[], [], [], [A]]
