"""First stage of windows: envelopes become partials on `city.partials`. No state."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from citybrain.topics import PARTIALS, partition_of
from streams.agents.delivery import Delivery, Message
from streams.agents.envelopes import EnvelopeReader
from streams.agents.progress import Progress
from streams.metrics import Metrics
from streams.partials import Source, encode_partial, reduce_envelopes


class Reducer(EnvelopeReader):
    """Reduces what the worker's partitions of `city.events` hold."""

    def __init__(
        self,
        delivery: Delivery,
        progress: Progress,
        metrics: Metrics,
        *,
        partitions: int,
        read: Callable[[int, int, int], Iterable[tuple[int, bytes]]],
    ) -> None:
        """Send through `delivery`, for owners of `partitions` partitions of `city.partials`."""
        super().__init__(delivery, progress, metrics, read=read)
        self._partitions = partitions

    def messages(self, sources: Sequence[Source]) -> list[Message]:
        """Return the partials of `sources`, each to the owner of its department."""
        return [
            Message(
                PARTIALS,
                partition_of(partial.header.department, self._partitions),
                partial.header.department.encode(),
                encode_partial(partial),
            )
            for partial in reduce_envelopes(sources)
        ]
