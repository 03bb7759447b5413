"""First stage of windows: envelopes become partials on `city.partials`. No state."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from citybrain.floor.topics import PARTIALS, partition_of
from streams.runtime.delivery import BusMessage, Delivery
from streams.runtime.envelope_reader import EnvelopeReader
from streams.runtime.metrics import StreamMetrics
from streams.runtime.progress import Progress
from streams.windows.partials import EnvelopeAt, encode_partial, reduce_envelopes


class Reducer(EnvelopeReader):
    """Reduces what the worker's partitions of `city.events` hold."""

    def __init__(
        self,
        delivery: Delivery,
        progress: Progress,
        metrics: StreamMetrics,
        *,
        partitions: int,
        read: Callable[[int, int, int], Iterable[tuple[int, bytes]]],
    ) -> None:
        """Send through `delivery`, for owners of `partitions` partitions of `city.partials`."""
        super().__init__(delivery, progress, metrics, read=read)
        self._partitions = partitions

    def messages(self, sources: Sequence[EnvelopeAt]) -> list[BusMessage]:
        """Return the partials of `sources`, each to the owner of its department."""
        return [
            BusMessage(
                PARTIALS,
                partition_of(partial.header.department, self._partitions),
                partial.header.department.encode(),
                encode_partial(partial),
            )
            for partial in reduce_envelopes(sources)
        ]
