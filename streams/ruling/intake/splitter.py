"""The first stage of the rules: of each envelope what some rule looks at, to the rule's shard."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping

import numpy as np
import pyarrow as pa

from citybrain.city import City
from streams.ruling.intake.inputs import COLUMNS, Excerpt, ExcerptHeader
from streams.ruling.rulebook import Rulebook, home, reads
from streams.windows.partials import EnvelopeAt

Shards = frozenset[int]
_NONE: Shards = frozenset()


class Splitter:
    """Knows which shards look at which kinds, and which hear of which feeds."""

    def __init__(self, rulebook: Rulebook, city: City, partitions: int) -> None:
        """Split for the rules of `rulebook`, over `partitions` shards."""
        kinds: dict[str, set[int]] = defaultdict(set)
        everywhere: set[int] = set()
        for rule in rulebook.over_events():
            shard = home(rule, partitions)
            if reads(rule) == "feeds":
                everywhere.add(shard)
            for kind in rule.kinds:
                kinds[kind].add(shard)
        self._kinds: Mapping[str, Shards] = {kind: frozenset(at) for kind, at in kinds.items()}
        self._everywhere = frozenset(everywhere)
        self._feeds = {
            feed.id: self._everywhere.union(*(self._kinds.get(kind, _NONE) for kind in feed.kinds))
            for feed in city.feeds.values()
        }

    def split(self, source: EnvelopeAt) -> Iterator[tuple[int, Excerpt]]:
        """Yield (shard, excerpt) of one envelope.

        A shard that hears of the feed gets the header also where no event is for it: it has to
        know how far the feed has come.
        """
        header = _header(source)
        table = source.envelope.table
        parts = self._parts(table) if table.num_rows else {}
        hearing = self._feeds.get(header.feed, self._everywhere)
        for shard in sorted(hearing | parts.keys()):
            part = parts.get(shard)
            yield shard, Excerpt(header, COLUMNS.empty_table() if part is None else part)

    def _parts(self, table: pa.Table) -> dict[int, pa.Table]:
        """Return the events of `table` by shard."""
        kinds = table["kind"].combine_chunks()
        kinds = kinds if isinstance(kinds, pa.DictionaryArray) else kinds.chunk(0)
        shards = [self._kinds.get(kind, _NONE) for kind in kinds.dictionary.to_pylist()]
        codes = kinds.indices.to_numpy(zero_copy_only=False)
        used = np.unique(codes)
        columns = table.select(COLUMNS.names)
        parts = {}
        for shard in sorted(frozenset[int]().union(*(shards[code] for code in used))):
            wanted = np.array([shard in found for found in shards], np.bool_)
            whole = wanted[used].all()
            parts[shard] = columns if whole else columns.filter(pa.array(wanted[codes]))
        return parts


def _header(source: EnvelopeAt) -> ExcerptHeader:
    envelope = source.envelope
    newest, received = _newest(envelope.table)
    return ExcerptHeader(
        partition=source.partition,
        offset=source.offset,
        feed=envelope.feed,
        department=envelope.department,
        accepted=envelope.events,
        rejected=envelope.rejected,
        newest_ms=newest,
        received_ms=source.at_ms if received is None else received,
    )


def _newest(table: pa.Table) -> tuple[int | None, int | None]:
    """Return the newest `occurred_at`, never ahead of `received_at`, and the newest of these."""
    if not table.num_rows:
        return None, None
    occurred, received = (
        table[name].cast(pa.int64()).to_numpy() for name in ("occurred_at", "received_at")
    )
    return int(np.minimum(occurred, received).max()), int(received.max())
