"""The topics, and which partition a key belongs to."""

from __future__ import annotations

import pytest
from aiokafka.partitioner import DefaultPartitioner
from hypothesis import given
from hypothesis import strategies as st

from citybrain.floor.topics import TOPICS, department_topic, partition_of


def test_names_are_unique_and_of_one_form() -> None:
    names = [topic.name for topic in TOPICS]
    assert names == [
        "city.events",
        "city.partials",
        "city.windows",
        "city.feed-health",
        "city.dead-letters",
        "city.letter-marks",
        "city.snapshots",
        "city.rule-inputs",
        "city.rule-snapshots",
        "city.episodes",
        "city.commands",
        "city.alerts",
        "city.notifications",
        "city.desk-snapshots",
        "city.cases",
        "city.case-snapshots",
        "city.audit",
        "city.heartbeats",
    ]


def test_department_topic_carries_the_department() -> None:
    assert department_topic("fire_rescue").name == "departments.fire_rescue"


@pytest.mark.parametrize(
    ("key", "partition"),
    [("", 1), ("hotline", 3), ("海勃湾", 1)],
    ids=["empty", "ascii", "chinese"],
)
def test_partition_of_known_keys(key: str, partition: int) -> None:
    assert partition_of(key, 4) == partition


@given(st.text(), st.integers(1, 64))
def test_partition_of_agrees_with_kafkas_own_clients(key: str, partitions: int) -> None:
    spots = list(range(partitions))
    assert partition_of(key, partitions) == DefaultPartitioner()(key.encode(), spots, spots)
