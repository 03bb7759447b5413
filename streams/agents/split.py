"""First stage of the rules: excerpts of envelopes, and the flow's pulse, to the rules' shards."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from faust.types import TP

from citybrain.clock import Clock, millis, monotonic
from citybrain.topics import EVENTS, RULE_INPUTS
from streams.agents.delivery import Delivery, Message
from streams.agents.envelopes import EnvelopeReader
from streams.agents.progress import Progress
from streams.metrics import Metrics
from streams.partials import Source
from streams.rules.inputs import Pulse, encode
from streams.rules.split import Splitter

BEHIND_MS = 2_000
"""Where nothing waits, the flow counts as read up to so long ago: what was just sent to Kafka may
not have been heard of."""
SLOW_S = 2.0
WARY_S = 5.0
"""After a pulse that took `SLOW_S` to send, what Kafka said of waiting records is old."""


class Splits(EnvelopeReader):
    """Splits what the worker's partitions of `city.events` hold."""

    within_s = 0.01

    def __init__(  # noqa: PLR0913  the parts that it connects
        self,
        delivery: Delivery,
        progress: Progress,
        metrics: Metrics,
        *,
        splitter: Splitter,
        partitions: int,
        clock: Clock,
        read: Callable[[int, int, int], Iterable[tuple[int, bytes]]],
    ) -> None:
        """Send through `delivery`, to `partitions` shards."""
        super().__init__(delivery, progress, metrics, read=read)
        self.splitter = splitter
        self._partitions, self._clock = partitions, clock
        self._wary_until = 0.0

    def messages(self, sources: Sequence[Source]) -> list[Message]:
        """Return the excerpts of `sources`."""
        return [
            _message(shard, encode(excerpt))
            for source in sources
            for shard, excerpt in self.splitter.split(source)
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


def _message(shard: int, value: bytes) -> Message:
    return Message(RULE_INPUTS, shard, f"shard:{shard}".encode(), value)
