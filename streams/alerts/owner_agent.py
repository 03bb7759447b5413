"""The alerts' owner as a part of the ruler.

While two workers both believe to be the owner (a few seconds at worst) both may write; versions of
alerts then occur twice, and the first one counts.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

import msgspec

from citybrain.alerts.records import Episode, OpenAlertsOfShard
from citybrain.alerts.snapshot import AlertsSnapshot
from citybrain.floor.dead_letters import failed_record
from citybrain.floor.topics import (
    ALERT_SNAPSHOTS,
    ALERTS,
    AUDIT,
    COMMANDS,
    EPISODES,
    NOTIFICATIONS,
)
from citybrain.notices.pipeline import NoticePipeline
from streams.alerts.alert_cases import AlertCases
from streams.alerts.alert_owner import AlertOwner
from streams.owned.outcome import InputOutcome
from streams.owned.owned import Records
from streams.owned.records_agent import OwnerWays, RecordsAgent
from streams.ruling.over_alerts.composers import Composers
from streams.runtime.delivery import Delivery
from streams.runtime.progress import Progress

STAGES = ((NOTIFICATIONS, EPISODES, COMMANDS), (ALERTS,), (AUDIT,))
"""Who is to hear of what happened and what follows; what happened; who wanted it."""
_EPISODE = msgspec.json.Decoder(Episode | OpenAlertsOfShard)


@dataclass(eq=False)
class OwnedAlerts:
    """The alerts as they were restored, with what is said of them.

    Attributes:
        owner: of the alerts.
        composer: the rules over alerts.
        episodes, commands: offsets from which to read on.
        begun: what could not be taken over when they were restored.
        changes: rises with whatever is to be snapshotted.
    """

    owner: AlertOwner
    composer: Composers
    episodes: int
    commands: int
    begun: InputOutcome = field(default_factory=InputOutcome)
    changes: int = -1

    @property
    def offset(self) -> int:
        """The last record of `city.episodes` that is taken in."""
        return self.episodes - 1

    def note_change(self) -> None:
        """Take note that there is something to be snapshotted."""
        self.changes += 1

    def snapshot(self) -> bytes:
        """Return all that is known."""
        alerts, silences = self.owner.records.values(), self.owner.silences.values()
        leases = self.owner.held.outside.leases
        kept = AlertsSnapshot(
            list(alerts), list(silences), self.episodes, self.commands, dict(leases)
        )
        return msgspec.msgpack.encode(kept)


class AlertOwnerAgent(RecordsAgent[OwnedAlerts]):
    """Owns the alerts while this worker owns `city.episodes`."""

    def __init__(
        self, ways: OwnerWays[OwnedAlerts], delivery: Delivery, progress: Progress
    ) -> None:
        """Own nothing yet; see `RecordsAgent`."""
        super().__init__(
            *(ways, delivery, progress), inputs=EPISODES, snapshots=ALERT_SNAPSHOTS, stages=STAGES
        )

    async def tick(self) -> None:
        """Do what time brings."""
        for alerts in self.loaded().values():
            now = self.clock.now()
            async with self.lock:
                outcome = alerts.owner.tick(now)
                outcome.join(self._composed(alerts, partial(alerts.composer.tick, now)))
                await self.write(alerts, outcome)
            await self.on_time(alerts)

    async def reload(
        self, pipeline: NoticePipeline, composer: Composers, cases: AlertCases | None = None
    ) -> None:
        """Decide by these from now on, where there are alerts."""
        for partition in list(self._slots):
            alerts = await self.state(partition)
            if alerts is not None:
                async with self.lock:
                    await self.write(alerts, alerts.owner.reroute(pipeline, cases))
                    composer.restore(alert.episode for alert in alerts.owner.records.values())
                    alerts.composer = composer

    async def begun(self, alerts: OwnedAlerts) -> None:
        """Write what a crash left half done."""
        await super().begun(alerts)
        await self.write(alerts, alerts.owner.catch_up(self.clock.now()))

    async def take(self, partition: int, alerts: OwnedAlerts, records: Records) -> None:
        """Take what the engine told in."""
        del partition
        async with self.lock:
            outcome = InputOutcome()
            for offset, value in records:
                alerts.episodes = offset + 1
                outcome.join(self._told(alerts, offset, value))
            now = self.clock.now()
            taken = partial(alerts.composer.take_all, list(outcome.taken), now)
            outcome.join(self._composed(alerts, taken))
            await self.write(alerts, outcome)

    def _told(self, alerts: OwnedAlerts, offset: int, value: bytes) -> InputOutcome:
        now = self.clock.now()

        def take() -> InputOutcome:
            told = _EPISODE.decode(value)
            return alerts.owner.take_episode(told, f"{EPISODES.name}/0/{offset}", now)

        return self.attempt(alerts, take, partial(failed_record, EPISODES, 0, offset, value))

    def _composed(self, alerts: OwnedAlerts, compose: Callable[[], list[Episode]]) -> InputOutcome:
        """Return what the rules over alerts say; where they raise, alerts go on."""

        def tell() -> InputOutcome:
            outcome = InputOutcome()
            for episode in compose():
                outcome.add(EPISODES, episode.rule, episode)
            return outcome

        return self.attempt(alerts, tell, partial(failed_record, EPISODES, 0, alerts.offset, b""))
