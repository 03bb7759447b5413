"""Bring a shard of the rules up to date: the newest snapshot, then what stands behind it."""

from __future__ import annotations

import time
from itertools import islice

import structlog

from citybrain.alerts.records import Episode, OpenAlertsOfShard
from citybrain.city import City
from citybrain.floor import bus
from citybrain.floor.errors import BusError
from citybrain.floor.settings import Settings
from citybrain.floor.topics import RULE_INPUTS, RULE_SNAPSHOTS
from streams.ruling.rulebook import Rulebook
from streams.ruling.shard import Shard, newest_whole

log = structlog.get_logger(__name__)

LOOK_BACK = 64
"""Records of snapshots that are read back; a snapshot has a few parts."""
CHUNK = 500
PAUSE_S = 1.0


class ShardRecovery:
    """Loads shards from Kafka, in a thread; waits for Kafka as long as it takes.

    Attributes:
        rulebook: the rules that a shard starts with.
    """

    def __init__(self, settings: Settings, city: City, rulebook: Rulebook, partitions: int) -> None:
        """Load for `rulebook`."""
        self.rulebook = rulebook
        self._settings, self._city, self._partitions = settings, city, partitions

    def load(self, number: int) -> tuple[Shard, list[Episode | OpenAlertsOfShard]]:
        """Return the shard as of the end of its log, and all that it told on the way.

        The last of it is what stands: whoever heard things that later data undid while nobody
        could say so learns it from that.
        """
        told = False
        while True:
            try:
                return self._load(number)
            except BusError as error:
                if not told:
                    log.warning("shard_not_loaded", shard=number, problem=str(error))
                told = True
                time.sleep(PAUSE_S)

    def _load(self, number: int) -> tuple[Shard, list[Episode | OpenAlertsOfShard]]:
        shard = self._restored(number)
        restored, last = shard.offset, dict[str, Episode]()
        end = bus.end_offset(self._settings, RULE_INPUTS, number)
        records = bus.read_range(self._settings, RULE_INPUTS, number, restored + 1, end - 1)
        while chunk := list(islice(records, CHUNK)):
            # Only what stands in the end: what ended meanwhile must not seem to begin anew.
            told = [one for one in shard.merge(chunk) if isinstance(one, Episode)]
            last |= {episode.alert: episode for episode in told}
        log.info("shard_loaded", shard=number, snapshot=restored, offset=shard.offset)
        return shard, [*last.values(), *shard.standing()]

    def _restored(self, number: int) -> Shard:
        """Return the shard as of its newest snapshot; an empty one where there is none."""
        end = bus.end_offset(self._settings, RULE_SNAPSHOTS, number)
        records = bus.read_range(self._settings, RULE_SNAPSHOTS, number, end - LOOK_BACK, end - 1)
        shard = Shard(number, self.rulebook, self._city, self._partitions)
        try:
            found = newest_whole([value for _, value in records])
            if found is not None:
                shard.restore(*found)
        except (ValueError, KeyError, TypeError) as error:
            log.error("shard_snapshot_unreadable", shard=number, problem=repr(error))
            return Shard(number, self.rulebook, self._city, self._partitions)
        return shard
