"""What a worker's heartbeat tells beside its loop: timers, assignment, each of its partitions."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping

from faust import App
from faust.types import TP

from citybrain.floor.heartbeat import Heart, PartProgress
from streams.runtime.delivery import Delivery
from streams.runtime.faust_app import guarded
from streams.runtime.progress import BROKER, Progress


class WorkerHeart:
    """The heart of one worker; judges nothing.

    Attributes:
        loading: returns the partitions whose state is not there yet.
    """

    def __init__(self, heart: Heart, app: App, delivery: Delivery, progress: Progress) -> None:
        """Tell of `app`, which sends through `delivery`, at each beat of `heart`."""
        self._app, self._delivery, self._progress = app, delivery, progress
        self._turns: dict[str, int] = {}
        self.loading: Callable[[], Iterable[TP]] = tuple
        heart.watch(self.parts)

    def timer(self, every_s: float, name: str, run: Callable[[], Awaitable[None]]) -> None:
        """Run `run` every `every_s` seconds, count its turns, end the process when it fails."""

        async def turn() -> None:
            await guarded(name, run)()
            self._turns[name] = self._turns.get(name, 0) + 1

        self._app.timer(every_s, name=name)(turn)

    def parts(self) -> Mapping[str, PartProgress]:
        """Return how far every part is."""
        out, attempts = self._delivery.is_out, self._delivery.attempts
        waits, tried = (BROKER, attempts) if out else ("", 0)
        turns = {
            name: PartProgress(done, waits_for=waits, tried=tried, of_broker=True)
            for name, done in list(self._turns.items())
        }
        return turns | self._progress.parts(waits, tried, frozenset(self.loading()))
