"""The detector on generated families of series: few false alarms, and the faults that it finds."""

from __future__ import annotations

import pytest

from benchmarks.nab.families import FAMILIES, FAULTS, trial

pytestmark = pytest.mark.slow

CERTAIN = ("spike", "level shift")
"""Faults that stand out in any family; a sensor that is stuck at a usual value does not."""


@pytest.mark.parametrize("name", FAMILIES)
def test_family_when_a_fault_is_put_in_then_it_is_found_among_few_false_alarms(name: str) -> None:
    trials = {fault: trial(FAMILIES[name], fault, number) for number, fault in enumerate(FAULTS)}

    assert {fault for fault in CERTAIN if not trials[fault].found} == set()
    judged = sum(one.judged for one in trials.values())
    assert sum(one.false_alarms for one in trials.values()) <= 3.5 * judged / 1000


def test_trial_when_made_again_then_it_is_the_same() -> None:
    family = FAMILIES["Hawkes bursts"]

    assert trial(family, "spike", 7) == trial(family, "spike", 7)
    assert trial(family, "spike", 7) != trial(family, "spike", 8)
