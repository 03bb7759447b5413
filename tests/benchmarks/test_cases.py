"""The cases of the benchmark are worked as the engine allows, and are the same each time."""

from __future__ import annotations

import msgspec

from benchmarks.cases.lives import A_DAY, LIVES, commands
from benchmarks.cases.replay import CaseReplay, new_owner, six_commands


def test_lives_when_replayed_then_nothing_is_refused_and_all_are_closed() -> None:
    found = CaseReplay(new_owner())
    kinds = set[str]()
    for chunk in commands(0, 80):
        found.take(chunk)
        opened = (one.record for one in chunk if one.action == "open")
        kinds |= {msgspec.json.decode(record)["kind"] for record in opened}

    assert not found.refused
    assert (found.commands, found.entries) == (898, 898)
    assert found.closed == 80
    assert found.steps > found.commands
    assert kinds == {life.kind for life in LIVES}


def test_commands_when_two_share_the_cases_then_together_they_have_all_in_order() -> None:
    first, last = A_DAY - 30, A_DAY + 30
    whole = [one for chunk in commands(first, last) for one in chunk]
    shares = [one for part in (0, 1) for chunk in commands(first + part, last, 2) for one in chunk]

    assert [one.at for one in whole] == sorted(one.at for one in whole)
    assert sorted(shares, key=lambda one: one.id) == sorted(whole, key=lambda one: one.id)
    assert sum(one.action == "open" for one in whole) == 60


def test_the_shortest_life_has_six_commands() -> None:
    told = six_commands(3)
    assert (told["commands"], told["closed"]) == (18, 3)
