from __future__ import annotations

from streams.watchdog import Watchdog


def test_watchdog_when_records_wait_for_the_limit_then_it_names_what_stands_still():
    dog: Watchdog[str] = Watchdog(60)

    looks = [dog.stalled(at, {"a": 5, "b": 9}, {"a": 7, "b": 9}) for at in (0, 10, 69, 70)]

    assert looks == [[], [], [], ["a"]]


def test_watchdog_when_there_is_progress_then_the_time_starts_anew():
    dog: Watchdog[str] = Watchdog(60)

    looks = [
        dog.stalled(at, {"a": position}, {"a": 99})
        for at, position in [(0, 5), (10, 5), (60, 6), (70, 6), (129, 6), (130, 6)]
    ]

    assert looks == [[], [], [], [], [], ["a"]]


def test_watchdog_when_the_broker_does_not_answer_then_nothing_is_held_against_the_worker():
    dog: Watchdog[str] = Watchdog(60)

    looks = [
        dog.stalled(at, {"a": 5}, ends)
        for at, ends in [(0, {"a": 7}), (10, {"a": 7}), (70, None), (80, {"a": 7}), (140, {"a": 7})]
    ]

    assert looks == [[], [], [], [], ["a"]]


def test_watchdog_when_a_long_idle_log_gets_a_record_then_that_moment_counts():
    dog: Watchdog[str] = Watchdog(60)

    looks = [dog.stalled(at, {"a": 5}, {"a": end}) for at, end in [(0, 5), (500, 6), (559, 6)]]

    assert looks == [[], [], []]
