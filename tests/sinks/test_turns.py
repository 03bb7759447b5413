"""One at a time changes a topic's tables, and the flow goes before repair."""

from __future__ import annotations

import threading

from sinks.turns import Turns
from tests.waiting import eventually


def test_turns_when_flow_and_repair_wait_then_one_at_a_time_and_the_flow_first() -> None:
    turns, order = Turns(), list[str]()
    began = threading.Event()

    def repair() -> None:
        began.set()
        with turns.of_repair():
            order.append("repair")

    def flow() -> None:
        with turns.of_flow():
            order.append("flow")

    with turns.of_flow():
        waiting = [threading.Thread(target=repair), threading.Thread(target=flow)]
        waiting[0].start()
        began.wait(30)
        waiting[1].start()
        eventually(lambda: turns._flow_waits == 1)
        assert order == []
    for one in waiting:
        one.join(30)

    assert order == ["flow", "repair"]


def test_turns_when_a_piece_fails_then_the_next_has_its_turn() -> None:
    turns = Turns()
    try:
        with turns.of_repair():
            raise ValueError
    except ValueError:
        pass

    with turns.of_flow():
        assert turns._busy
