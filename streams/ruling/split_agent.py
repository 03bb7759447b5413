"""First stage of the rules: excerpts of envelopes, and the flow's pulse, to the rules' shards."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import msgspec
from faust.types import TP

from citybrain.floor.clock import Clock, millis, monotonic
from citybrain.floor.topics import COMMANDS, EVENTS, RULE_INPUTS
from streams.cases.event_cases import EventCases
from streams.ruling.intake.inputs import Pulse, encode
from streams.ruling.intake.splitter import Splitter
from streams.runtime.delivery import BusMessage, Delivery
from streams.runtime.envelope_reader import EnvelopeReader
from streams.runtime.metrics import StreamMetrics
from streams.runtime.progress import Progress
from streams.windows.partials import EnvelopeAt

BEHIND_MS = 2_000
"""Where nothing waits, the flow counts as read up to so long ago: what was just sent to Kafka may
not have been heard of."""
SLOW_S = 2.0
WARY_S = 5.0
"""After a pulse that took `SLOW_S` to send, what Kafka said of waiting records is old."""


class SplitAgent(EnvelopeReader):
    """Splits what the worker's partitions of `city.events` hold."""

    within_s = 0.01

    def __init__(  # noqa: PLR0913  the parts that it connects
        self,
        delivery: Delivery,
        progress: Progress,
        metrics: StreamMetrics,
        *,
        splitter: Splitter,
        cases: EventCases,
        partitions: int,
        clock: Clock,
        read: Callable[[int, int, int], Iterable[tuple[int, bytes]]],
    ) -> None:
        """Send through `delivery`, to `partitions` shards."""
        super().__init__(delivery, progress, metrics, read=read)
        self.splitter, self.cases = splitter, cases
        self._partitions, self._clock = partitions, clock
        self._wary_until = 0.0

    def messages(self, sources: Sequence[EnvelopeAt]) -> list[BusMessage]:
        """Return the excerpts of `sources`, and what they ask of cases."""
        excerpts = [
            _message(shard, encode(excerpt))
            for source in sources
            for shard, excerpt in self.splitter.split(source)
        ]
        commands = (one for source in sources for one in self.cases.commands(source))
        return excerpts + [
            BusMessage(COMMANDS, 0, one.target.encode(), msgspec.json.encode(one))
            for one in commands
        ]

    async def pulse(self) -> None:
        """Tell every shard how far this worker has read."""
        started = monotonic()
        value = encode(self._pulse(millis(self._clock.now()), started))
        await self._delivery.send([_message(shard, value) for shard in range(self._partitions)])
        if monotonic() - started > SLOW_S:
            self._wary_until = monotonic() + WARY_S

    def _pulse(self, now_ms: int, now_s: float) -> Pulse:
        reached = {}
        for tp in self._progress.assigned or ():
            if tp.topic == EVENTS.name:
                at = self._reached(tp, now_ms, wary=now_s < self._wary_until)
                if at is not None:
                    reached[str(tp.partition)] = at
        return Pulse(now_ms, reached)

    def _reached(self, tp: TP, now_ms: int, *, wary: bool) -> int | None:
        """Return the instant up to which `tp` is read; None where that is not known yet."""
        if self._progress.position(tp) is None:
            return None
        if self._progress.lag(tp) or wary:
            return self.read_ms.get(tp.partition)
        return now_ms - BEHIND_MS


def _message(shard: int, value: bytes) -> BusMessage:
    return BusMessage(RULE_INPUTS, shard, f"shard:{shard}".encode(), value)
