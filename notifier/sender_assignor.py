"""How senders elect the one that sends: an assignor of their Kafka group."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from kafka import TopicPartition
from kafka.coordinator.assignors.abstract import AbstractPartitionAssignor
from kafka.protocol.consumer.metadata import (
    ConsumerProtocolAssignment,
    ConsumerProtocolSubscription,
)

from citybrain.floor.topics import NOTIFICATIONS

SPOT = TopicPartition(NOTIFICATIONS.name, 0)
"""Whoever has it sends."""


class StickySenderAssignor(AbstractPartitionAssignor):  # type: ignore[misc]
    """Elects the one who was elected last and is still there, otherwise the first by name.

    It does not look at what is known of the topic: just after a start that is nothing, and nobody
    would be elected.
    """

    name = "citybrain-incumbent"
    version = 0

    def __init__(self) -> None:
        """Start as somebody who never was elected."""
        self._elected = 0

    def assign(self, cluster: object, members: Iterable[Any]) -> dict[str, Any]:
        """Return what each of `members` gets: the spot, or nothing."""
        found = sorted(members, key=lambda one: (-int(one.metadata.user_data), one.member_id))
        spots = [[(SPOT.topic, [SPOT.partition])]] + [[]] * (len(found) - 1)
        return {
            member.member_id: ConsumerProtocolAssignment(self.version, spot, b"")
            for member, spot in zip(found, spots, strict=True)
        }

    def metadata(self, topics: Iterable[str]) -> Any:
        """Return what this member says of itself: at which election it was elected last."""
        return ConsumerProtocolSubscription(self.version, list(topics), b"%d" % self._elected)

    def on_assignment(self, assignment: Any, generation: int) -> None:
        """Remember whether this election, of number `generation`, was won."""
        self._elected = generation + 1 if assignment.partitions() else 0
