"""Who is elected among senders."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from notifier.sender_assignor import SPOT, StickySenderAssignor


def member(name: str, one: StickySenderAssignor) -> Any:
    return SimpleNamespace(member_id=name, metadata=one.metadata({SPOT.topic}))


def elect(senders: dict[str, StickySenderAssignor], generation: int) -> str:
    """Hold an election; return who has the spot."""
    given = StickySenderAssignor().assign(
        None, [member(name, one) for name, one in senders.items()]
    )
    for name, one in senders.items():
        one.on_assignment(given[name], generation)
    (elected,) = [name for name in senders if given[name].partitions() == [SPOT]]
    return elected


def test_first_by_name_is_elected_when_nobody_was_before() -> None:
    assert elect({"b": StickySenderAssignor(), "a": StickySenderAssignor()}, 1) == "a"


def test_newcomer_with_an_earlier_name_does_not_take_over() -> None:
    senders = {"b": StickySenderAssignor()}
    assert elect(senders, 0) == "b"
    assert elect(senders | {"a": StickySenderAssignor()}, 1) == "b"


def test_one_who_was_cut_off_does_not_take_over_from_its_successor() -> None:
    old, new = StickySenderAssignor(), StickySenderAssignor()
    assert elect({"a": old}, 1) == "a"
    assert elect({"b": new}, 2) == "b"
    assert elect({"a": old, "b": new}, 3) == "b"


@given(st.lists(st.sets(st.sampled_from("abcd"), min_size=1), min_size=1, max_size=20))
def test_whoever_stays_from_one_election_to_the_next_keeps_the_spot(
    present: list[set[str]],
) -> None:
    senders: dict[str, StickySenderAssignor] = {}
    leader = ""
    for generation, names in enumerate(present):
        senders = {name: senders.get(name) or StickySenderAssignor() for name in names}
        elected = elect(senders, generation)
        assert elected == leader or leader not in names
        leader = elected
