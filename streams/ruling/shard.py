"""One shard of the rules: the engine of one partition of `city.rule-inputs`, with its offset.

It is a function of its partition's log, so any worker can take it over: restore the newest
snapshot, read on from there, say what stands, and go on.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import structlog

from citybrain.alerts.records import Episode, OpenAlertsOfShard
from citybrain.city import City
from citybrain.floor.dead_letters import FailedRecord, failed_record
from citybrain.floor.errors import EnvelopeError
from citybrain.floor.topics import RULE_INPUTS
from streams.ruling.intake.inputs import Excerpt, Pulse, decode
from streams.ruling.rulebook import Rulebook
from streams.ruling.shard_engines import ShardEngines

log = structlog.get_logger(__name__)


class Shard:
    """The rules of one partition.

    Attributes:
        offset: the last record that was taken; -1: none.
        refused: records that could not be taken, until somebody takes them from here.
        engines: its rules at work, for what happens and for exercises.
    """

    def __init__(self, number: int, rulebook: Rulebook, city: City, partitions: int) -> None:
        """Start with nothing known."""
        self.offset = -1
        self.refused: list[FailedRecord] = []
        self._number, self._partitions = number, partitions
        self._city = city
        self.engines = self._made(rulebook)

    def merge(self, records: Sequence[tuple[int, bytes]]) -> list[Episode | OpenAlertsOfShard]:
        """Take (offset, value) records of the partition, in order; known ones are skipped."""
        fresh: list[Excerpt | Pulse] = []
        for offset, value in records:
            if offset <= self.offset:
                continue
            self.offset = offset
            try:
                fresh.append(decode(value))
            except EnvelopeError as error:
                self.refused.append(self._failed(offset, value, error))
        try:
            return self.engines.take(fresh)
        except Exception as error:  # no rule's: those are quarantined
            log.exception("records_not_taken", shard=self._number, last=self.offset)
            self.refused += [self._failed(offset, value, error) for offset, value in records]
            return []

    def _failed(self, offset: int, value: bytes, error: Exception) -> FailedRecord:
        return failed_record(RULE_INPUTS, self._number, offset, value, error)

    def reload(self, rulebook: Rulebook, city: City) -> list[Episode | OpenAlertsOfShard]:
        """Run the rules of `rulebook` in `city` from now on; what they hold open no more is told.

        Another city's kinds and feeds are in all that a rule knows: as after a restart, the rules
        begin with it and take over what was known.
        """
        if city != self._city:
            known = self.snapshot()
            self._city = city
            self.engines = self._made(rulebook)
            self.restore(*known)
            return [*self.standing()]
        ended = self.engines.rules(rulebook.of_shard(self._number, self._partitions))
        return [*ended, *self.standing()]

    def _made(self, rulebook: Rulebook) -> ShardEngines:
        rules = rulebook.of_shard(self._number, self._partitions)
        number, partitions = str(self._number), self._partitions
        return ShardEngines(rules, self._city, partitions=partitions, shard=number)

    def standing(self) -> list[OpenAlertsOfShard]:
        """Return which alerts are open, for who may have missed that others are not."""
        return self.engines.standing()

    @property
    def changes(self) -> int:
        """It changes by records alone."""
        return self.offset

    def snapshot(self) -> tuple[int, bytes]:
        """Return the offset and all that is known as of it, not compressed yet."""
        return self.offset, msgspec.msgpack.encode(self.engines.pack())

    def restore(self, offset: int, state: bytes) -> None:
        """Take over a snapshot."""
        self.offset = offset
        self.engines.unpack(msgspec.msgpack.decode(state))
