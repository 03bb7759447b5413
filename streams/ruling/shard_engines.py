"""The engines of a shard, one a world: live, replay, simulated, each drill's run.

The same rules judge in each, and know nothing of the others: what is made up neither raises nor
hides nor teaches a real alert, also where both are of one street. A drill's engine is there from
its first event on until its end is told (`DRILL_END`), or some hours after its last event.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from citybrain.alerts.records import Episode, OpenAlertsOfShard
from citybrain.city import City
from citybrain.floor.clock import from_millis
from citybrain.floor.origins import (
    DRILL,
    DRILL_END,
    EXERCISE,
    LIVE,
    ORIGINS,
    mark,
    origin_of_world,
    plain_of,
)
from citybrain.rules.rule import Rule
from streams.ruling.engine import RuleEngine
from streams.ruling.intake.inputs import Excerpt, Pulse

REST_MS = 6 * 3_600_000
"""After so long without an event of a drill, what it left open is over."""


class ShardEngines:
    """The engines of one shard."""

    def __init__(self, rules: Iterable[Rule], city: City, *, partitions: int, shard: str) -> None:
        """Judge by `rules`; nothing is known.

        Args:
            rules: the rules of this shard.
            city: whose feeds, kinds and areas they speak of; a feed says which origin it has.
            partitions: how many partitions `city.events` has.
            shard: the shard's name.
        """
        self._rules, self._city = tuple(rules), city
        self._partitions, self._shard = partitions, shard
        self._origins = {feed.id: feed.origin for feed in city.feeds.values()}
        self._plain = plain_of(self._origins.values())
        self._engines: dict[str, RuleEngine] = {self._plain: self._made(self._plain)}
        self._heard_ms: dict[str, int] = {}

    def take(self, records: Sequence[Excerpt | Pulse]) -> list[Episode | OpenAlertsOfShard]:
        """Take records of the shard in, in their order; return what is to be told."""
        parts: dict[str, list[Excerpt | Pulse]] = {world: [] for world in self._engines}
        ends: set[str] = set()
        for record in records:
            if isinstance(record, Pulse):
                for part in parts.values():
                    part.append(record)
                continue
            for world, excerpt, over in self._apart(record):
                parts.setdefault(world, []).append(excerpt)
                ends.update([world] if over else [])
                self._hear(world, excerpt.header.received_ms)
        told: list[Episode | OpenAlertsOfShard] = []
        for world, part in parts.items():
            if world not in self._engines:
                self._engines[world] = self._made(world)
            told += self._engines[world].take(part)
        if EXERCISE in ends:  # of no run: of every one
            ends.update(self._heard_ms)
        finished = [world for world in self._heard_ms if world in ends or self._rests(world)]
        return [*told, *(ended for world in finished for ended in self._end(world))]

    def rules(self, rules: Iterable[Rule]) -> list[Episode]:
        """Judge by `rules` from now on; return what is to be told."""
        self._rules = tuple(rules)
        return [told for one in self._engines.values() for told in one.rules(self._rules)]

    def standing(self) -> list[OpenAlertsOfShard]:
        """Return which alerts are open, for who may have missed that others are not.

        One an origin, also of those of which nothing is known; all runs of drills are one.
        """
        told_at = from_millis(self._engines[self._plain].now_ms)
        found: dict[str, list[str]] = {origin: [] for origin in ORIGINS}
        for world, engine in self._engines.items():
            found[origin_of_world(world)] += engine.standing()
        return [
            OpenAlertsOfShard(shard=self._name(origin), open=tuple(open_ones), told_at=told_at)
            for origin, open_ones in found.items()
        ]

    def pack(self) -> dict[str, Any]:
        """Return all that is known as plain msgpack values."""
        worlds = {world: engine.pack() for world, engine in self._engines.items()}
        return {"worlds": worlds, "heard_ms": dict(self._heard_ms)}

    def unpack(self, state: Mapping[str, Any]) -> None:
        """Take over what `pack` returned, also that of the version before."""
        if "worlds" not in state:
            state = self._of_before(state)
        self._heard_ms = dict(state["heard_ms"])
        for world, packed in state["worlds"].items():
            engine = self._engines[world] = self._made(world)
            engine.unpack(packed)

    def _of_before(self, state: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return a state in which all that was no drill was of one world, as of today.

        Where the city's feeds are of one origin, all of it is of that; of several, what was learnt
        together cannot be told apart: it stays with what is live, if anything is.
        """
        known = self._plain in self._origins.values()
        worlds = {self._plain: state["real"]} if known else {}
        heard = {}
        if state.get("drill") is not None:
            worlds[EXERCISE], heard[EXERCISE] = state["drill"], state["heard_ms"]
        return {"worlds": worlds, "heard_ms": heard}

    def _apart(self, record: Excerpt) -> Iterator[tuple[str, Excerpt, bool]]:
        """Yield the world of each part of `record`, the part, and whether the world is over."""
        table = record.table
        if not table.num_rows:
            for world in self._hearing(record.header.feed):
                yield world, record, False
            return
        origins = pc.unique(table["origin"]).to_pylist()
        for origin in sorted(origins):
            rows = table if len(origins) == 1 else table.filter(pc.equal(table["origin"], origin))
            if origin == EXERCISE:
                yield from _runs(record, rows)
            else:
                yield origin, Excerpt(record.header, rows), False

    def _hearing(self, feed: str) -> list[str]:
        """Return which worlds have to know how far `feed` has come."""
        origin = self._origins.get(feed, LIVE)
        return [one for one in self._engines if origin_of_world(one) == origin]

    def _hear(self, world: str, at_ms: int) -> None:
        if origin_of_world(world) == EXERCISE:
            self._heard_ms[world] = max(self._heard_ms.get(world, 0), at_ms)

    def _rests(self, world: str) -> bool:
        return self._engines[world].now_ms - self._heard_ms[world] > REST_MS

    def _end(self, world: str) -> list[Episode | OpenAlertsOfShard]:
        engine = self._engines.pop(world)
        del self._heard_ms[world]
        ended = engine.finished()
        return [*ended, *engine.rules(())]  # its quarantine goes with it

    def _made(self, world: str) -> RuleEngine:
        shard, partitions = self._name(world), self._partitions
        return RuleEngine(self._rules, self._city, partitions=partitions, shard=shard, world=world)

    def _name(self, world: str) -> str:
        return f"{self._shard}{mark(world, self._plain)}"


def _runs(record: Excerpt, table: pa.Table) -> Iterator[tuple[str, Excerpt, bool]]:
    """Yield the runs of drills that `table` holds events of; the word that one is over is none."""
    runs = pc.fill_null(pc.map_lookup(table["attrs"], DRILL, "first"), "")
    said = pc.map_lookup(table["attrs"], DRILL_END, "first")
    ends = pc.equal(pc.fill_null(said, ""), "yes")
    for run in sorted(pc.unique(runs).to_pylist()):
        mine = pc.equal(runs, run)
        events = table.filter(pc.and_(mine, pc.invert(ends)))
        over = bool(pc.any(pc.and_(mine, ends)).as_py())
        world = f"{EXERCISE}-{run}" if run else EXERCISE
        yield world, Excerpt(record.header, events), over
