"""Waiting before a restart."""

from __future__ import annotations

from citybrain.roof.local.restart_delay import RestartDelay


def test_wait_doubles_up_to_the_longest() -> None:
    backoff = RestartDelay()
    assert [backoff.after(0.5) for _ in range(7)] == [1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0]


def test_wait_begins_anew_after_a_stable_run() -> None:
    backoff = RestartDelay()
    for _ in range(4):
        backoff.after(1.0)
    assert backoff.after(60.0) == 1.0
    assert backoff.after(1.0) == 2.0


def test_wait_is_longer_on_a_crowded_machine() -> None:
    loads = (0.0, 1.9, 4.0, 8.0, 50.0)
    assert [RestartDelay().after(0.5, load) for load in loads] == [1.0, 1.0, 2.0, 4.0, 4.0]
